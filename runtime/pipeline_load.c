/* The middle of a run: from the open reader to rows that are staged and judged. */
#include "runtime/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>

#include <dpone/validate.h>

#include "runtime/files.h"

/* ---- Reading */

/* Where this run reads on: the state's value, or without a state the last publication's position. */
static struct dpone_bytes start_position(const struct dpone_pipeline *pipeline) {
    if (!dpone_pipeline_has_state(pipeline)) {
        return dpone_buffer_view(&pipeline->last_position);
    }
    return dpone_buffer_view(&pipeline->state_value.value);
}

/* A stream's own failure, with the status behind it where the reader knows one. */
static int32_t stream_failure(struct dpone_pipeline *pipeline, const char *doing, struct dpone_error *error) {
    struct dpone_reader *reader = &pipeline->reader;
    int32_t status = reader->last_error == NULL ? DPONE_OK : reader->last_error(reader, error);
    if (status != DPONE_OK) {
        return status;
    }
    const char *reason = reader->stream.get_last_error(&reader->stream);
    return dpone_error_set(error, DPONE_INTERNAL, "cannot %s: %s", doing,
                           reason == NULL ? "no reason given" : reason);
}

static int32_t learn_schema(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct ArrowSchema *schema = &pipeline->record.schema;
    struct ArrowArrayStream *stream = &pipeline->reader.stream;
    if (stream->get_schema(stream, schema) != 0) {
        return stream_failure(pipeline, "learn the schema", error);
    }
    int32_t status = dpone_schema_validate(schema, error);
    return status == DPONE_OK ? dpone_batch_view_new(&pipeline->view, schema, error) : status;
}

static int32_t copy_position(struct dpone_buffer *out, struct dpone_bytes position,
                             struct dpone_error *error) {
    int32_t status = position.size == 0 ? DPONE_OK : dpone_buffer_copy(out, position.data, position.size);
    return status == DPONE_OK ? DPONE_OK : dpone_error_set(error, status, "no memory for a checkpoint");
}

int32_t dpone_step_read(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    const struct dpone_pipeline_spec *spec = pipeline->spec;
    struct dpone_run_record *record = &pipeline->record;
    if (spec->read_mode == DPONE_READ_INCREMENTAL) {
        int32_t status = copy_position(&record->checkpoint_before, start_position(pipeline), error);
        if (status != DPONE_OK) {
            return status;
        }
    }
    struct dpone_read_request request = {
        .struct_size = (uint32_t)sizeof request,
        .mode = spec->read_mode,
        .stream = spec->source.table,
        .cursor_column = spec->cursor_column,
        .after = dpone_buffer_view(&record->checkpoint_before),
        .partition = spec->partition,
        .batch_rows = spec->batch_rows,
        .batch_bytes = spec->batch_bytes,
    };
    pipeline->reader.struct_size = (uint32_t)sizeof pipeline->reader;
    int32_t status = dpone_call_read(pipeline->source.connector, pipeline->source.instance, &request,
                                     &pipeline->reader, error);
    return status == DPONE_OK ? learn_schema(pipeline, error) : status;
}

/* ---- The target */

int32_t dpone_step_plan(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    const struct dpone_endpoint *sink = &pipeline->sink;
    struct dpone_error asking = DPONE_ERROR_INIT;
    int32_t status =
        dpone_call_describe(sink->connector, sink->instance, &sink->spec->table, &pipeline->target, &asking);
    if (status != DPONE_OK && status != DPONE_NOT_FOUND) {
        return dpone_error_set_retry(error, status, asking.retry_after_ms, "%s", asking.message);
    }
    pipeline->target_exists = status == DPONE_OK;
    struct dpone_schema_change change = {
        .struct_size = (uint32_t)sizeof change,
        .target = sink->spec->table,
        .current = pipeline->target_exists ? &pipeline->target.schema : NULL,
        .current_version = dpone_buffer_view(&pipeline->target.version),
        .wanted = &pipeline->record.schema,
        .policy = pipeline->spec->evolution,
    };
    return dpone_call_plan(sink->connector, sink->instance, &change, &pipeline->plan, error);
}

int32_t dpone_step_begin(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    const struct dpone_pipeline_spec *spec = pipeline->spec;
    const struct dpone_endpoint *sink = &pipeline->sink;
    struct dpone_load_request request = {
        .struct_size = (uint32_t)sizeof request,
        .strategy = spec->strategy,
        .target = sink->spec->table,
        .pipeline = dpone_string_of(spec->name),
        .idempotency_key = dpone_string_of(pipeline->record.load_id),
        .schema = &pipeline->record.schema,
        .unique_key = spec->unique_key,
        .unique_key_count = spec->unique_key_count,
        .window = spec->window,
        .position = dpone_buffer_view(&pipeline->record.checkpoint_before),
        .plan = dpone_buffer_view(&pipeline->plan),
        .lease_ms = spec->lease_ms,
    };
    pipeline->load.struct_size = (uint32_t)sizeof pipeline->load;
    return dpone_call_begin(sink->connector, sink->instance, &request, &pipeline->load, error);
}

/* ---- Batches */

static int32_t take_batch(struct dpone_pipeline *pipeline, const struct ArrowArray *batch,
                          struct dpone_error *error) {
    struct dpone_run_record *record = &pipeline->record;
    int32_t status = dpone_batch_validate(&record->schema, batch, error);
    if (status == DPONE_OK) {
        status = dpone_batch_view_set(pipeline->view, batch, error);
    }
    if (status == DPONE_OK) {
        status = dpone_digest_add_batch(&record->content_digest, pipeline->view, error);
    }
    if (status == DPONE_OK) {
        status = dpone_call_load_write(&pipeline->load, batch, error);
    }
    if (status == DPONE_OK) {
        record->read_rows += batch->length;
        record->batches++;
    } else {
        dpone_error_prepend(error, "batch %lld", (long long)record->batches);
    }
    return status;
}

int32_t dpone_step_write(struct dpone_pipeline *pipeline, int *more, struct dpone_error *error) {
    struct ArrowArray batch = {0};
    int32_t status = dpone_call_reader_next(&pipeline->reader, &batch, error);
    *more = status == DPONE_OK && batch.release != NULL;
    if (*more) {
        status = take_batch(pipeline, &batch, error);
        batch.release(&batch);
    } else if (status == DPONE_OK) {
        status = dpone_call_reader_checkpoint(&pipeline->reader, &pipeline->record.checkpoint_after, error);
    }
    return status;
}

int32_t dpone_step_stage(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct dpone_buffer receipt = DPONE_BUFFER_INIT;
    int32_t status = dpone_call_load_stage(&pipeline->load, &receipt, error);
    dpone_buffer_clear(&receipt);
    if (status == DPONE_OK) {
        pipeline->record.staged_rows = pipeline->record.read_rows;
    }
    return status;
}

/* ---- Gates */

static int32_t staged_failure(struct ArrowArrayStream *stream, struct dpone_error *error) {
    const char *reason = stream->get_last_error(stream);
    return dpone_error_set(error, DPONE_UNAVAILABLE, "cannot read back what is staged: %s",
                           reason == NULL ? "no reason given" : reason);
}

static int32_t judge_batch(struct dpone_pipeline *pipeline, const struct ArrowSchema *schema,
                           struct dpone_batch_view *view, const struct ArrowArray *batch,
                           struct dpone_error *error) {
    int32_t status = dpone_batch_validate(schema, batch, error);
    if (status == DPONE_OK) {
        status = dpone_batch_view_set(view, batch, error);
    }
    return status == DPONE_OK ? dpone_gates_add_batch(pipeline->gates, view, error) : status;
}

static int32_t judge_batches(struct dpone_pipeline *pipeline, struct ArrowArrayStream *stream,
                             const struct ArrowSchema *schema, struct dpone_batch_view *view,
                             struct dpone_error *error) {
    for (;;) {
        struct ArrowArray batch = {0};
        if (stream->get_next(stream, &batch) != 0) {
            return staged_failure(stream, error);
        }
        if (batch.release == NULL) {
            return DPONE_OK;
        }
        int32_t status = judge_batch(pipeline, schema, view, &batch, error);
        batch.release(&batch);
        if (status != DPONE_OK) {
            return status;
        }
    }
}

static int32_t judge_stream(struct dpone_pipeline *pipeline, struct ArrowArrayStream *stream,
                            const struct ArrowSchema *schema, struct dpone_error *error) {
    const struct dpone_pipeline_spec *spec = pipeline->spec;
    const struct dpone_host *host = pipeline->sink.host;
    struct dpone_batch_view *view = NULL;
    char *folder = dpone_format("%.*s", (int)host->temporary_directory.size, host->temporary_directory.data);
    int32_t status = folder == NULL
                         ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for quality gates")
                         : dpone_schema_validate(schema, error);
    if (status == DPONE_OK) {
        status = dpone_batch_view_new(&view, schema, error);
    }
    if (status == DPONE_OK) {
        status = dpone_gates_new(&pipeline->gates, spec->gates, spec->gate_count, schema, folder, 0, error);
    }
    if (status == DPONE_OK) {
        status = judge_batches(pipeline, stream, schema, view, error);
    }
    if (status == DPONE_OK) {
        status = dpone_gates_finish(pipeline->gates, pipeline->record.read_rows,
                                    dpone_pipeline_wall_us(pipeline), error);
    }
    dpone_batch_view_free(view);
    free(folder);
    return status;
}

/* Puts the verdicts into the record; a failed gate of severity error ends the run. */
static int32_t report_gates(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct dpone_run_record *record = &pipeline->record;
    size_t count = dpone_gates_count(pipeline->gates);
    pipeline->gate_results = calloc(count + 1, sizeof(struct dpone_gate_result *));
    if (pipeline->gate_results == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for quality gates");
    }
    for (size_t i = 0; i < count; i++) {
        pipeline->gate_results[i] = dpone_gates_result(pipeline->gates, i);
    }
    record->gate_results = pipeline->gate_results;
    record->gate_count = count;
    record->staged_rows = dpone_gates_rows(pipeline->gates);
    record->stopped_by_gate = dpone_gates_stop(pipeline->gates);
    if (record->stopped_by_gate == NULL) {
        return DPONE_OK;
    }
    const struct dpone_gate_result *gate = record->stopped_by_gate;
    record->rejected_rows = record->staged_rows;
    return dpone_error_set(error, DPONE_DATA_CORRUPT,
                           "quality gate \"%s\" (%s): expected %s, observed %s; nothing was published",
                           gate->spec->id, dpone_gate_type_names[gate->spec->type], gate->expected,
                           gate->observed);
}

int32_t dpone_step_gates(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct ArrowArrayStream stream = {0};
    struct ArrowSchema schema = {0};
    int32_t status = dpone_call_load_open_staged(&pipeline->load, &stream, error);
    if (status != DPONE_OK) {
        return status;
    }
    if (stream.get_schema(&stream, &schema) != 0) {
        status = staged_failure(&stream, error);
    } else {
        status = judge_stream(pipeline, &stream, &schema, error);
        schema.release(&schema);
    }
    stream.release(&stream);
    return status == DPONE_OK ? report_gates(pipeline, error) : status;
}
