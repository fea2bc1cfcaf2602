/* run.json. */
#include "runtime/run_record.h"

#include <stdlib.h>
#include <string.h>

#include <dpone/value_text.h>

#include "runtime/digest.h"
#include "runtime/files.h"
#include "runtime/pipeline.h"

/* Every maker below answers NULL when memory is short; json_pack() then answers NULL too, and frees the
 * others. */

static json_t *text(const char *value) {
    return value == NULL ? json_null() : json_string(value);
}

static json_t *view(struct dpone_string value) {
    return json_stringn(value.size == 0 ? "" : value.data, value.size);
}

static json_t *hex(const void *data, size_t size) {
    char *digits = dpone_hex_of((struct dpone_bytes){data, size});
    json_t *json = digits == NULL ? NULL : json_string(digits);
    free(digits);
    return json;
}

static json_t *checkpoint(const struct dpone_buffer *buffer) {
    return buffer->size == 0 ? json_null() : hex(buffer->data, buffer->size);
}

static json_t *moment(int64_t time_us) {
    static const struct dpone_column column = {.name = "", .type = DPONE_TYPE_TIMESTAMP_US};
    char written[DPONE_VALUE_TEXT_BYTES];
    if (time_us == 0) {
        return json_null();
    }
    (void)dpone_value_text_write(written, &column, &time_us);
    return json_string(written);
}

static json_t *milliseconds(int64_t duration_us) {
    return json_real((double)duration_us / 1000.0);
}

static json_t *connector_json(const struct dpone_run_connector *side) {
    if (side->connector == NULL) {
        return json_null();
    }
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "name", view(side->connector->name), "version",
                     view(side->connector->version), "type", view(side->connector->connector_type), "plugin",
                     text(side->plugin_path), "plugin_sha256", text(side->plugin_sha256));
}

static json_t *table_json(const struct dpone_table *table) {
    return json_pack("{s:o,s:o}", "schema", view(table->schema), "name", view(table->name));
}

static json_t *column_json(const struct ArrowSchema *schema, int64_t index) {
    struct dpone_column column;
    if (dpone_schema_column(schema, index, &column, NULL) != DPONE_OK) {
        return NULL;
    }
    return json_pack("{s:s,s:s,s:b,s:i,s:i}", "name", column.name, "type", dpone_type_name(column.type),
                     "nullable", column.nullable, "precision", column.precision, "scale", column.scale);
}

json_t *dpone_run_schema_json(const struct ArrowSchema *schema) {
    if (schema->release == NULL) {
        return json_null();
    }
    json_t *list = json_array();
    for (int64_t i = 0; i < schema->n_children; i++) {
        (void)json_array_append_new(list, column_json(schema, i));
    }
    return list;
}

static json_t *gate_json(const struct dpone_gate_result *result) {
    const struct dpone_gate_spec *spec = result->spec;
    json_t *columns = json_array();
    for (size_t i = 0; i < spec->column_count; i++) {
        (void)json_array_append_new(columns, json_string(spec->columns[i]));
    }
    return json_pack("{s:s,s:s,s:s,s:o,s:b,s:I,s:s,s:s}", "id", spec->id, "type",
                     dpone_gate_type_names[spec->type], "severity",
                     spec->severity == DPONE_GATE_ERROR ? "error" : "warning", "columns", columns, "passed",
                     result->passed, "failed_rows", (json_int_t)result->failed_rows, "expected",
                     result->expected, "observed", result->observed);
}

static json_t *gates_json(const struct dpone_run_record *record) {
    json_t *list = json_array();
    for (size_t i = 0; i < record->gate_count; i++) {
        (void)json_array_append_new(list, gate_json(record->gate_results[i]));
    }
    return list;
}

static json_t *state_json(const struct dpone_run_record *record) {
    if (record->spec->state.type == NULL) {
        return json_null();
    }
    const char *key = record->spec->state_key == NULL ? record->spec->name : record->spec->state_key;
    return json_pack("{s:s,s:b,s:b}", "key", key, "advanced", record->state_advanced, "committed",
                     record->state_committed);
}

static json_t *steps_json(const struct dpone_run_record *record) {
    json_t *list = json_array();
    for (size_t i = 0; i < record->step_count; i++) {
        const struct dpone_run_step *step = &record->steps[i];
        json_t *json =
            json_pack("{s:s,s:s,s:o,s:o,s:o}", "step", dpone_step_name(step->step), "status",
                      dpone_status_name(step->status), "started_at", moment(step->started_us), "ended_at",
                      moment(step->ended_us), "duration_ms", milliseconds(step->duration_us));
        (void)json_array_append_new(list, json);
    }
    return list;
}

static json_t *error_json(const struct dpone_run_record *record) {
    if (record->error.status == DPONE_OK) {
        return json_null();
    }
    return json_pack("{s:s,s:s,s:b,s:o}", "status", dpone_status_name(record->error.status), "message",
                     record->error.message, "retryable", record->error.retryable, "step",
                     text(dpone_step_name(record->failed_step)));
}

static json_t *plan_json(const struct dpone_run_record *record) {
    const struct dpone_pipeline_spec *spec = record->spec;
    return json_pack("{s:o,s:o,s:s,s:s}", "source_table", table_json(&spec->source.table), "target",
                     table_json(&spec->sink.table), "strategy", dpone_strategy_name(spec->strategy), "read",
                     spec->read_mode == DPONE_READ_INCREMENTAL ? "incremental" : "full");
}

static json_t *rows_json(const struct dpone_run_record *record) {
    return json_pack("{s:I,s:I,s:I,s:I}", "read", (json_int_t)record->read_rows, "staged",
                     (json_int_t)record->staged_rows, "published", (json_int_t)record->published_rows,
                     "rejected", (json_int_t)record->rejected_rows);
}

static json_t *publication_json(const struct dpone_run_record *record) {
    return json_pack("{s:s,s:b,s:i,s:I}", "idempotency_key", record->load_id, "published", record->published,
                     "attempts", record->publish_attempts, "swept_loads", (json_int_t)record->swept_loads);
}

/* The parts of the document, in its order. */
static json_t *head_json(const struct dpone_run_record *record) {
    static const char *const names[] = {"running", "succeeded", "failed", "cancelled"};
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o}", "format_version", "1", "dpone_version",
                     DPONE_VERSION, "run_id", record->run_id, "load_id", record->load_id, "pipeline",
                     record->spec->name, "status", names[record->status], "started_at",
                     moment(record->started_us), "ended_at", moment(record->ended_us), "duration_ms",
                     milliseconds(record->duration_us));
}

static json_t *middle_json(const struct dpone_run_record *record) {
    const struct dpone_pipeline_spec *spec = record->spec;
    json_t *manifest =
        json_pack("{s:o,s:o}", "path", text(spec->manifest_path), "sha256", text(spec->manifest_sha256));
    json_t *connectors = json_pack("{s:o,s:o,s:o}", "source", connector_json(&record->source), "sink",
                                   connector_json(&record->sink), "state", connector_json(&record->state));
    json_t *checkpoints = json_pack("{s:o,s:o}", "before", checkpoint(&record->checkpoint_before), "after",
                                    checkpoint(&record->checkpoint_after));
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:I,s:o,s:o}", "manifest", manifest, "connectors", connectors,
                     "plan", plan_json(record), "schema", dpone_run_schema_json(&record->schema), "rows",
                     rows_json(record), "batches", (json_int_t)record->batches, "content_digest",
                     hex(record->content_digest.bytes, sizeof record->content_digest.bytes), "checkpoints",
                     checkpoints);
}

static json_t *tail_json(const struct dpone_run_record *record) {
    return json_pack("{s:o,s:o,s:o,s:o,s:o}", "gates", gates_json(record), "publication",
                     publication_json(record), "state", state_json(record), "steps", steps_json(record),
                     "error", error_json(record));
}

json_t *dpone_run_record_json(const struct dpone_run_record *record) {
    json_t *json = head_json(record);
    json_t *middle = middle_json(record);
    json_t *tail = tail_json(record);
    if (json_object_update(json, middle) != 0 || json_object_update(json, tail) != 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(middle);
    json_decref(tail);
    return json;
}

int32_t dpone_run_record_write(const struct dpone_run_record *record, const char *path,
                               struct dpone_error *error) {
    json_t *json = dpone_run_record_json(record);
    char *document = json == NULL ? NULL : json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    json_decref(json);
    if (document == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to write %s", path);
    }
    size_t size = strlen(document);
    document[size++] = '\n'; /* in the place of the terminator */
    int32_t status = dpone_file_write(path, document, size, error);
    free(document);
    return status;
}
