# More sinks that must be rejected: values, names, concurrency, faults, schema changes, crashes, gates, measurements.

dpone_fault(type_fidelity truncates_floats CASE float64.exact
  EXPECTED "^.0\\.1. \\(60 rows\\)$" OBSERVED "^.0\\.10000000149011612. "
  FILE wire.c
  FROM [[    size_t size = dpone_value_text_write(text, column, &value);]]
  TO [[    value = (double)(float)value;
    size_t size = dpone_value_text_write(text, column, &value);]])

dpone_fault(type_fidelity ends_text_at_nul CASE utf8.exact
  EXPECTED "^.a.u0000b. \\(60 rows\\)$" OBSERVED "^.a. "
  FILE wire.c
  FROM [[        demo_api_wire_add_string(out, text.data, text.size);]]
  TO [[        demo_api_wire_add_string(out, text.data, strnlen(text.data, text.size));]])

dpone_fault(type_fidelity ends_binary_at_nul CASE binary.exact
  EXPECTED "^.00. \\(60 rows\\)$" OBSERVED "^.. \\(60 rows. "
  FILE wire.c
  FROM [[    default: /* canonical text needs no escape */]]
  TO [[    case DPONE_TYPE_BINARY: {
        struct dpone_bytes bytes = dpone_view_bytes(view, row);
        demo_api_text_add_string(out, "\"");
        static const char digits[] = "0123456789abcdef";
        for (size_t i = 0; i < bytes.size && bytes.data[i] != 0; i++) {
            demo_api_text_add(out, &digits[bytes.data[i] >> 4], 1);
            demo_api_text_add(out, &digits[bytes.data[i] & 15], 1);
        }
        demo_api_text_add_string(out, "\"");
        return;
    }
    default: /* canonical text needs no escape */]])

# Takes NaN for a value that the system cannot hold, although it can.
dpone_fault(type_fidelity refuses_nan CASE float64.exact
  EXPECTED "^OK$" OBSERVED "^UNSUPPORTED_TYPE: not a number$"
  FILE sink.c
  FROM [[        demo_api_wire_add_row(&load->part, load->view, row);]]
  TO [[        for (int64_t i = 0; i < load->view->column_count; i++) {
            const struct dpone_column_view *column = &load->view->columns[i];
            if (column->column.type == DPONE_TYPE_FLOAT64 && !dpone_view_is_null(column, row) &&
                dpone_view_float64(column, row) != dpone_view_float64(column, row)) {
                return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE, "not a number");
            }
        }
        demo_api_wire_add_row(&load->part, load->view, row);]])

# Names are put between quotes as they are, so that one can end the string and add a member of its own.
dpone_fault(identifier_safety puts_names_in_text CASE table.second_member
  EXPECTED "\\(25 rows\\)$" OBSERVED "\\(40 rows. "
  FILE staging.c
  FROM [[    struct demo_api_call call = {.method = method, .url = url->data};]]
  TO [[    char *unescaped = text;
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        at += at[0] == '\\' && at[1] == '"';
        *unescaped++ = *at;
    }
    if (text != NULL) {
        *unescaped = '\0';
    }
    struct demo_api_call call = {.method = method, .url = url->data};]])

dpone_fault(identifier_safety puts_names_in_addresses CASE table.address
  EXPECTED "^OK$" OBSERVED "^NOT_FOUND: "
  FILE url.c
  FROM [[            memchr("-._~", byte, 4) != NULL) {]]
  TO [[            memchr("-._~?=&#+", byte, 9) != NULL) {]])

# Tables are found whatever the case of their names is, so two of them are one.
dpone_fault(identifier_safety folds_names CASE table.case_clash
  EXPECTED "\\(25 rows\\)$" OBSERVED "\\(40 rows. "
  FILE staging.c
  FROM [[    demo_api_text_add(out, table->name.data, table->name.size);]]
  TO [[    for (size_t i = 0; i < table->name.size; i++) {
        char byte = table->name.data[i];
        byte = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
        demo_api_text_add(out, &byte, 1);
    }]])

dpone_fault(load_concurrency sweeps_the_living CASE recover_spares_the_living
  EXPECTED "^OK$" OBSERVED "^NOT_FOUND: "
  FILE staging.c
  FROM [[    if (!json_is_integer(expires) || json_integer_value(expires) > 0) {
        return DPONE_OK;
    }]]
  TO [[    if (json_is_integer(expires) && json_integer_value(expires) > 0) {
        struct dpone_string living = {json_string_value(id), json_string_length(id)};
        status = staging_url(&url, instance, error);
        status = status == DPONE_OK ? demo_api_url_add_segment(&url, "staging area", living, error) : status;
        status = status == DPONE_OK ? demo_api_staging_remove(instance, url.data, error) : status;
        demo_api_text_clear(&url);
        return status;
    }]])

# Counts a part as sent whatever the API said of it; the numbers that seal then do not agree.
dpone_fault(sink_fault_tolerance unchecked_write CASE storage_full.stage.stays
  EXPECTED "^RESOURCE_EXHAUSTED$" OBSERVED "^(OK|INVALID_STATE.*)$"
  FILE sink.c
  FROM [[    load->parts += status == DPONE_OK;
    demo_api_text_reset(&load->part);
    return status;]]
  TO [[    load->parts++;
    demo_api_text_reset(&load->part);
    return DPONE_OK;]])

# A publication without an answer is called a success, although it may not have happened.
dpone_fault(sink_fault_tolerance success_without_answer CASE publish_not_applied.publish.stays
  EXPECTED "^OUTCOME_UNKNOWN$" OBSERVED "^OK$"
  FILE staging.c
  FROM [[        status = dpone_error_set(
            error, DPONE_OUTCOME_UNKNOWN,]]
  TO [[        status = DPONE_OK;
        (void)dpone_error_set(
            error, DPONE_OUTCOME_UNKNOWN,]])

# A publication without an answer is called a failure, although it may have happened.
dpone_fault(sink_fault_tolerance failure_without_answer CASE publish_lost_answer.publish.stays
  EXPECTED "^OUTCOME_UNKNOWN$" OBSERVED "^UNAVAILABLE"
  FILE staging.c
  FROM [[    if (status != DPONE_OK && answer.unanswered) {]]
  TO [[    if (status != DPONE_OK && answer.unanswered && request->rows < 0) {]])

# Takes a narrower type for a change as safe as a wider one.
dpone_fault(schema_evolution_contracts narrows_silently CASE narrow_integer.apply
  EXPECTED "^CONFLICT$" OBSERVED "^OK$"
  FILE plan.c
  FROM [[    return (current->type == DPONE_TYPE_INT32 && wanted->type == DPONE_TYPE_INT64) ||]]
  TO [[    return (current->type == DPONE_TYPE_INT32 && wanted->type == DPONE_TYPE_INT64) ||
           (current->type == DPONE_TYPE_INT64 && wanted->type == DPONE_TYPE_INT32) ||]])

dpone_fault(schema_evolution_contracts adds_required CASE add_required.apply
  EXPECTED "^CONFLICT$" OBSERVED "^OK$"
  FILE plan.c
  FROM [[    if (!column->nullable) {]] TO [[    if (!column->nullable && column->name[0] == '\0') {]])

dpone_fault(schema_evolution_contracts drops_silently CASE drop.apply
  EXPECTED "^CONFLICT$" OBSERVED "^OK$"
  FILE plan.c
  FROM [[        if (!plan_is_reserved(name) &&]] TO [[        if (plan_is_reserved(name) &&]])

# The plan is applied to whatever the target has become since.
dpone_fault(schema_evolution_contracts forgets_version CASE stale_plan
  EXPECTED "^CONFLICT$" OBSERVED "^OK$"
  FILE staging.c
  FROM [[    int32_t status = demo_api_plan_read(&plan, request->plan, error);]]
  TO [[    int32_t status = demo_api_plan_read(&plan, request->plan, error);
    if (plan != NULL) {
        struct demo_api_answer now = {0};
        (void)demo_api_target_describe(&now, instance, &request->target, NULL);
        (void)json_object_set(plan, "version", json_object_get(now.json, "version"));
        demo_api_answer_clear(&now);
    }]])

# Two publications for one load: a process that dies between them leaves an empty target.
api_two_publications(crash_atomicity tears_the_target accounts full_refresh.killed_in_publish
  "^the old target or the new one$" "^a torn target of 0 rows$")

# Whoever stages holds the target, also when dead: the next run waits for ever.
dpone_fault(crash_atomicity stuck_lock CASE full_refresh.killed_in_stage
  EXPECTED "^OK$" OBSERVED "^CONFLICT: another load holds the target$"
  FILE staging.c
  FROM [[    if (!json_is_integer(expires) || json_integer_value(expires) > 0) {
        return DPONE_OK;
    }]]
  TO [[    if (json_is_integer(expires)) {
        return dpone_error_set(error, DPONE_CONFLICT, "another load holds the target");
    }]])

# Streams what the gates would find nothing wrong with: rows without NULL, instead of what is staged.
dpone_fault(quality_contracts gate_always_passes CASE sink.not_null
  EXPECTED "^it did not pass$" OBSERVED "^it passed$"
  FILE sink.c
  FROM [[    for (size_t i = 0; status == DPONE_OK && i < json_array_size(rows); i++) {]]
  TO [[    for (size_t i = 0; status == DPONE_OK && i < json_array_size(rows); i++) {
        if (json_is_null(json_array_get(json_array_get(rows, i), 12))) {
            continue;
        }]])

# The connector that publishes in stage() has published before any gate could judge.
dpone_faulty_test(quality_contracts publishes_before_gates PLUGIN api_publishes_when_staged PACKAGE "${faulty_package}"
  CASE sink.unique EXPECTED "\\(15 rows\\)$" OBSERVED "\\(640 rows. ")

# Measures less than was asked for: the last page is missing, or every column after the hundredth.
dpone_faulty_test(benchmark fewer_rows PLUGIN api_drops_last_page PACKAGE "${faulty_package}"
  CASE source.narrow EXPECTED "^10000$" OBSERVED "^9[0-9]+$")

dpone_fault(benchmark fewer_columns CASE source.wide
  EXPECTED "^[a-z0-9_]+ \"wide_[0-9]+\"" OBSERVED "^.no such column. "
  FILE columns.c
  FROM [[    int32_t status = columns_make(out, items, sample->count, error);]]
  TO [[    int32_t status = columns_make(out, items, sample->count < 100 ? sample->count : 100, error);
    out->declared = 1;]])
