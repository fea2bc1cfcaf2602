# Sinks that must be rejected.

dpone_fault(staging_first_load publishes_when_staged CASE invisible_until_publish
  EXPECTED "\\(40 rows\\)$" OBSERVED "\\(260 rows. "
  FILE sink.c
  FROM [[        status = demo_api_staging_seal(load->instance, load->area.data, load->parts, load->rows, error);]]
  TO [[        struct dpone_digest digest = {{0}};
        struct dpone_publish_request early = {.struct_size = sizeof(early),
                                              .rows = load->rows,
                                              .content_digest = {digest.bytes, sizeof(digest.bytes)}};
        status = demo_api_staging_seal(load->instance, load->area.data, load->parts, load->rows, error);
        if (status == DPONE_OK) {
            status = demo_api_staging_publish(load->instance, load->area.data, load->idempotency_key, &early, error);
        }]])

dpone_fault(staging_first_load abort_keeps_staging CASE abort_leaves_nothing
  EXPECTED "^no staging area on the system$" OBSERVED "^1, the first [0-9a-f]+ for target ledger in state open$"
  FILE sink.c
  FROM [[    int32_t status = demo_api_staging_remove(load->instance, load->area.data, error);]]
  TO [[    int32_t status = error == NULL ? demo_api_staging_remove(load->instance, load->area.data, error) : DPONE_OK;]])

dpone_fault(staging_first_load recover_sweeps_nothing CASE recover_sweeps_the_dead
  EXPECTED "^no staging area on the system$" OBSERVED "^1, the first [0-9a-f]+ for target ledger in state sealed$"
  FILE sink.c
  FROM [[    int32_t status = demo_api_staging_recover(instance, target, &count, error);]]
  TO [[    int32_t status = count == 0 ? DPONE_OK : demo_api_staging_recover(instance, target, &count, error);]])

# api_two_publications(<check> <fault> <target> <case> <expected> <observed>): the old rows of <target> go in one publication, the
# new ones come in another, a moment later.
function(api_two_publications check fault target case expected observed)
  dpone_fault(${check} ${fault} CASE ${case} EXPECTED "${expected}" OBSERVED "${observed}"
    FILE sink.c
    FROM [[    int32_t status =
        demo_api_staging_publish(load->instance, load->area.data, load->idempotency_key, request, error);]]
    TO "    struct dpone_load_request emptying = {.struct_size = sizeof(emptying),
                                          .strategy = DPONE_FULL_REFRESH,
                                          .target = {.name = dpone_string_of(\"${target}\")},
                                          .pipeline = dpone_string_of(\"emptying\"),
                                          .idempotency_key = dpone_string_of(\"emptying\"),
                                          .schema = &load->schema};
    struct dpone_publish_request nothing = *request;
    struct demo_api_text area = {0};
    nothing.rows = 0;
    int32_t status = demo_api_staging_open(&area, load->instance, &emptying, error);
    status = status == DPONE_OK ? demo_api_staging_seal(load->instance, area.data, 0, 0, error) : status;
    status = status == DPONE_OK
                 ? demo_api_staging_publish(load->instance, area.data, \"emptying\", &nothing, error)
                 : status;
    demo_api_text_clear(&area);
    load->instance->host->sleep_ms(load->instance->host->context, 50);
    status =
        demo_api_staging_publish(load->instance, load->area.data, load->idempotency_key, request, error);")
endfunction()

api_two_publications(staging_first_load empties_then_fills ledger reader_sees_one_step
  "^the old rows or the new rows$" "^something between: 0 rows$")

dpone_fault(full_refresh_load appends CASE replaces_old_rows
  EXPECTED "\\(300 rows\\)$" OBSERVED "\\(350 rows. 0 missing, 50 too many\\)$"
  FILE sink.c
  FROM [[        status = demo_api_staging_open(&load->area, instance, request, error);]]
  TO [[        struct dpone_load_request appending = *request;
        appending.strategy = DPONE_INCREMENTAL_APPEND;
        status = demo_api_staging_open(&load->area, instance, &appending, error);]])

dpone_fault(full_refresh_load refuses_empty_load CASE empty_input_empties
  EXPECTED "^OK$" OBSERVED "^INVALID_ARGUMENT: nothing to load$"
  FILE sink.c
  FROM [[    int32_t status = load->part.size > 0 ? sink_send_part(load, error) : DPONE_OK;]]
  TO [[    if (load->rows == 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "nothing to load");
    }
    int32_t status = load->part.size > 0 ? sink_send_part(load, error) : DPONE_OK;]])

# Each part takes the place of the one before: only a load of several parts shows it.
dpone_fault(full_refresh_load keeps_only_the_last_part CASE replaces_old_rows
  EXPECTED "^OK$" OBSERVED "^INVALID_STATE: .* with 300 rows, but 1 parts with [0-9]+ rows are there"
  FILE sink.c
  FROM [[        status = demo_api_staging_put(load->instance, load->area.data, load->parts, &load->part, error);]]
  TO [[        status = demo_api_staging_put(load->instance, load->area.data, 0, &load->part, error);
        load->parts = 0;]])

dpone_fault(run_artifact_evidence hard_coded_rows CASE sink_recounted
  EXPECTED "^730$" OBSERVED "^1000$"
  FILE sink.c
  FROM [[        out->rows = json_integer_value(rows);]] TO [[        out->rows = 1000;]])

# Sinks that do something else than the strategy they were asked for, each <fault> by <enum> instead.
function(api_strategy_fault check fault asked done case expected observed)
  dpone_fault(${check} ${fault} CASE ${case} EXPECTED "${expected}" OBSERVED "${observed}"
    FILE sink.c
    FROM [[        status = demo_api_staging_open(&load->area, instance, request, error);]]
    TO "        struct dpone_load_request other = *request;
        other.strategy = request->strategy == ${asked} ? ${done} : request->strategy;
        status = demo_api_staging_open(&load->area, instance, &other, error);")
endfunction()

api_strategy_fault(incremental_append_load truncates DPONE_INCREMENTAL_APPEND DPONE_FULL_REFRESH keeps_old_rows
  "\\(370 rows\\)$" "\\(250 rows. 120 missing, 0 too many\\)$")
api_strategy_fault(incremental_merge_load inserts_duplicates DPONE_INCREMENTAL_MERGE DPONE_INCREMENTAL_APPEND
  updates_and_inserts "\\(220 rows\\)$" "\\(270 rows. 0 missing, 50 too many\\)$")
api_strategy_fault(replace_load replaces_everything DPONE_REPLACE DPONE_FULL_REFRESH replaces_the_window
  "\\(180 rows\\)$" "\\(30 rows. 150 missing, 0 too many\\)$")

dpone_fault(incremental_merge_load first_key_column_alone CASE composite_key
  EXPECTED "^OK$|rows\\)$" OBSERVED "duplicate_key|too many"
  FILE sink.c
  FROM [[        status = demo_api_staging_open(&load->area, instance, request, error);]]
  TO [[        struct dpone_load_request narrow = *request;
        narrow.unique_key_count = request->unique_key_count > 1 ? 1 : request->unique_key_count;
        status = demo_api_staging_open(&load->area, instance, &narrow, error);]])

dpone_fault(load_idempotency forgets_the_key CASE replayed_load
  EXPECTED "\\(170 rows\\)$" OBSERVED "\\(310 rows. 0 missing, 140 too many\\)$"
  FILE sink.c
  FROM [[        status = demo_api_staging_open(&load->area, instance, request, error);]]
  TO [[        static char attempt[] = "attempt-a";
        struct dpone_load_request unkeyed = *request;
        attempt[8]++;
        free(load->idempotency_key);
        load->idempotency_key = strdup(attempt);
        unkeyed.idempotency_key = dpone_string_of(attempt);
        status = demo_api_staging_open(&load->area, instance, &unkeyed, error);]])

dpone_fault(load_idempotency trusts_a_lost_answer CASE lost_answer
  EXPECTED "^OUTCOME_UNKNOWN$" OBSERVED "^OK$"
  FILE sink.c
  FROM [[    if (status == DPONE_OK) {
        load->phase = SINK_PUBLISHED;]]
  TO [[    status = status == DPONE_OUTCOME_UNKNOWN ? DPONE_OK : status;
    if (status == DPONE_OK) {
        load->phase = SINK_PUBLISHED;]])

dpone_fault(staging_first_load reads_back_one_page CASE staged_equals_input
  EXPECTED "\\(12000 rows\\)$" OBSERVED "\\(1000 rows. 11000 missing, 0 too many\\)$"
  FILE sink.c
  FROM [[    if (staged->after < 0) {]] TO [[    if (staged->after < 0 || staged->after >= SINK_READ_ROWS) {]])

dpone_fault(staging_first_load leaks_a_load CASE loads_leak_nothing
  EXPECTED "bytes more a load" OBSERVED "^[0-9]+ bytes more$"
  FILE sink.c
  FROM [[    dpone_batch_view_free(load->view);
]] TO "")

dpone_fault(load_idempotency republishes_other_rows CASE publish_twice
  EXPECTED "^CONFLICT$" OBSERVED "^OK$"
  FILE sink.c
  FROM [[    if (memcmp(request->content_digest.data, &load->digest, sizeof(load->digest)) == 0) {]]
  TO [[    if (memcmp(request->content_digest.data, &load->digest, sizeof(load->digest)) < 256) {]])

dpone_fault(run_artifact_evidence forgets_the_position CASE sink_recounted
  EXPECTED "^[0-9a-f]+$" OBSERVED "^$|^\\(none\\)$|^\\(nothing\\)$"
  FILE sink.c
  FROM [[        status = sink_copy_bytes(&out->position, json_object_get(answer.json, "position"), error);]]
  TO [[        status = DPONE_OK;]])
