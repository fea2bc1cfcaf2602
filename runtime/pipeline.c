/* One pipeline, run once: the order of its steps, what each leaves in the record, and cancellation. */
#include "runtime/pipeline_internal.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/files.h"
#include "runtime/reference.h"

#define RESOLVE_ATTEMPTS 6

typedef int32_t (*step_body)(struct dpone_pipeline *pipeline, struct dpone_error *error);

static int always(const struct dpone_pipeline *pipeline) {
    (void)pipeline;
    return 1;
}

static int has_rows(const struct dpone_pipeline *pipeline) {
    return !dpone_pipeline_is_idle(pipeline);
}

static int has_gates(const struct dpone_pipeline *pipeline) {
    return has_rows(pipeline) && pipeline->spec->gate_count > 0;
}

static int state_is_behind(const struct dpone_pipeline *pipeline) {
    const struct dpone_buffer *last = &pipeline->last_position;
    const struct dpone_buffer *value = &pipeline->state_value.value;
    return dpone_pipeline_has_state(pipeline) && last->size > 0 &&
           (!pipeline->state_value.exists || value->size != last->size ||
            memcmp(value->data, last->data, last->size) != 0);
}

/* A run that read nothing new moves no state, and never replaces a position by none. */
static int state_moves(const struct dpone_pipeline *pipeline) {
    const struct dpone_run_record *record = &pipeline->record;
    int nothing_new = pipeline->spec->read_mode == DPONE_READ_INCREMENTAL && record->read_rows == 0;
    return dpone_pipeline_has_state(pipeline) && record->published && record->checkpoint_after.size > 0 &&
           !nothing_new;
}

/* The steps in the order of enum dpone_step. WRITE and RESOLVE repeat: they have functions of their own
 * below. */
static const struct step {
    const char *name;
    int (*applies)(const struct dpone_pipeline *pipeline);
    step_body body;
} steps[DPONE_STEP_COUNT] = {
    [DPONE_STEP_OPEN] = {"open", always, dpone_step_open},
    [DPONE_STEP_RECOVER] = {"recover", always, dpone_step_recover},
    [DPONE_STEP_LAST_PUBLISHED] = {"last_published", always, dpone_step_last_published},
    [DPONE_STEP_STATE_READ] = {"state_read", dpone_pipeline_has_state, dpone_step_state_read},
    [DPONE_STEP_STATE_ADVANCE] = {"state_advance", state_is_behind, dpone_step_state_advance},
    [DPONE_STEP_READ] = {"read", always, dpone_step_read},
    [DPONE_STEP_PLAN] = {"plan", always, dpone_step_plan},
    [DPONE_STEP_BEGIN] = {"begin", always, dpone_step_begin},
    [DPONE_STEP_WRITE] = {"write", always, NULL},
    [DPONE_STEP_STAGE] = {"stage", has_rows, dpone_step_stage},
    [DPONE_STEP_GATES] = {"gates", has_gates, dpone_step_gates},
    [DPONE_STEP_PUBLISH] = {"publish", has_rows, dpone_step_publish},
    [DPONE_STEP_RESOLVE] = {"resolve", has_rows, NULL},
    [DPONE_STEP_STATE_COMMIT] = {"state_commit", state_moves, dpone_step_state_commit},
};

const char *dpone_step_name(int32_t step) {
    return step >= 0 && step < DPONE_STEP_COUNT ? steps[step].name : NULL;
}

int64_t dpone_pipeline_wall_us(const struct dpone_pipeline *pipeline) {
    const struct dpone_host *host = pipeline->sink.host;
    return host->wall_clock_us(host->context);
}

static int64_t monotonic_us(const struct dpone_pipeline *pipeline) {
    const struct dpone_host *host = pipeline->sink.host;
    return host->monotonic_ns(host->context) / 1000;
}

int dpone_pipeline_has_state(const struct dpone_pipeline *pipeline) {
    return pipeline->spec->state.type != NULL;
}

int dpone_pipeline_is_idle(const struct dpone_pipeline *pipeline) {
    return pipeline->spec->read_mode == DPONE_READ_INCREMENTAL && pipeline->record.read_rows == 0 &&
           pipeline->target_exists;
}

/* ---- One step */

static int32_t call_hook(struct dpone_pipeline *pipeline, int32_t step, int32_t phase, int32_t status,
                         int64_t ordinal, struct dpone_error *error) {
    if (pipeline->environment->hook == NULL) {
        return status;
    }
    struct dpone_step_event event = {step, phase, status, ordinal, pipeline->record.read_rows};
    int32_t outcome = pipeline->environment->hook(pipeline->environment->hook_context, &event, error);
    if (outcome != DPONE_OK && error->message[0] == '\0') {
        (void)dpone_error_set(error, outcome, "%s, said the hook", dpone_status_name(outcome));
    }
    return outcome;
}

/* The entry of a step in the record: one over all its repetitions. */
static struct dpone_run_step *step_entry(struct dpone_pipeline *pipeline, int32_t step) {
    struct dpone_run_record *record = &pipeline->record;
    if (record->step_count > 0 && record->steps[record->step_count - 1].step == step) {
        return &record->steps[record->step_count - 1];
    }
    struct dpone_run_step *entry = &record->steps[record->step_count++];
    *entry = (struct dpone_run_step){.step = step, .started_us = dpone_pipeline_wall_us(pipeline)};
    return entry;
}

/* Before every step but those that complete a publication. */
static int32_t check_cancelled(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    pthread_mutex_lock(&pipeline->lock);
    int stop = pipeline->cancelled && !pipeline->publishing;
    pthread_mutex_unlock(&pipeline->lock);
    return stop ? dpone_error_set(error, DPONE_CANCELLED, "the run was cancelled") : DPONE_OK;
}

/* A repetition of WRITE or RESOLVE answers in `*flag`; the other steps have a body in the table. */
static int32_t call_body(struct dpone_pipeline *pipeline, int32_t step, int64_t ordinal, int *flag,
                         struct dpone_error *error) {
    if (step == DPONE_STEP_WRITE) {
        return dpone_step_write(pipeline, flag, error);
    }
    return step == DPONE_STEP_RESOLVE ? dpone_step_resolve(pipeline, ordinal, flag, error)
                                      : steps[step].body(pipeline, error);
}

static int32_t run_step(struct dpone_pipeline *pipeline, int32_t step, int64_t ordinal, int *flag,
                        struct dpone_error *error) {
    struct dpone_run_step *entry = step_entry(pipeline, step);
    int64_t started_us = monotonic_us(pipeline);
    int32_t status = check_cancelled(pipeline, error);
    if (status == DPONE_OK) {
        status = call_hook(pipeline, step, DPONE_STEP_BEFORE, DPONE_OK, ordinal, error);
    }
    if (status == DPONE_OK) {
        status = call_body(pipeline, step, ordinal, flag, error);
    }
    entry->ended_us = dpone_pipeline_wall_us(pipeline);
    entry->duration_us += monotonic_us(pipeline) - started_us;
    status = call_hook(pipeline, step, DPONE_STEP_AFTER, status, ordinal, error);
    entry->status = status;
    return status;
}

/* ---- All steps */

static int32_t run_writes(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    int32_t status = DPONE_OK;
    int more = 1;
    for (int64_t ordinal = 0; status == DPONE_OK && more; ordinal++) {
        status = run_step(pipeline, DPONE_STEP_WRITE, ordinal, &more, error);
    }
    return status;
}

/* The answer of a publish was lost: asks, and publishes again with the same key, until somebody knows. */
static int32_t run_resolve(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    int32_t status = DPONE_OUTCOME_UNKNOWN;
    int resolved = 0;
    for (int64_t attempt = 0; !resolved && status == DPONE_OUTCOME_UNKNOWN && attempt < RESOLVE_ATTEMPTS;
         attempt++) {
        status = run_step(pipeline, DPONE_STEP_RESOLVE, attempt, &resolved, error);
    }
    pipeline->outcome_unknown = status == DPONE_OUTCOME_UNKNOWN || status == DPONE_CANCELLED;
    return status;
}

static int32_t run_publish(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    pthread_mutex_lock(&pipeline->lock);
    pipeline->publishing = !pipeline->cancelled;
    pthread_mutex_unlock(&pipeline->lock);
    int32_t status = run_step(pipeline, DPONE_STEP_PUBLISH, 0, NULL, error);
    if (status == DPONE_OUTCOME_UNKNOWN) {
        pipeline->record.published = 0;
        status = run_resolve(pipeline, error);
    }
    if (status == DPONE_OK) {
        pipeline->record.published = 1;
        pipeline->record.published_rows = pipeline->record.read_rows;
    }
    return status;
}

static int32_t run_one(struct dpone_pipeline *pipeline, int32_t step, struct dpone_error *error) {
    switch (step) {
    case DPONE_STEP_WRITE:
        return run_writes(pipeline, error);
    case DPONE_STEP_PUBLISH:
        return run_publish(pipeline, error);
    case DPONE_STEP_RESOLVE: /* entered by run_publish() */
        return DPONE_OK;
    default:
        return run_step(pipeline, step, 0, NULL, error);
    }
}

static int32_t run_all(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    int32_t status = DPONE_OK;
    for (int32_t step = 0; status == DPONE_OK && step < DPONE_STEP_COUNT; step++) {
        if (steps[step].applies(pipeline)) {
            status = run_one(pipeline, step, error);
        }
    }
    if (status != DPONE_OK) {
        const struct dpone_run_record *record = &pipeline->record;
        pipeline->record.failed_step = record->steps[record->step_count - 1].step;
        dpone_error_prepend(error, "%s", steps[pipeline->record.failed_step].name);
    }
    return status;
}

/* ---- The record */

static int32_t start_record(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct dpone_run_record *record = &pipeline->record;
    record->started_us = dpone_pipeline_wall_us(pipeline);
    dpone_ulid_make(record->run_id, record->started_us);
    dpone_ulid_make(record->load_id, record->started_us);
    if (pipeline->environment->load_id != NULL) {
        memcpy(record->load_id, pipeline->environment->load_id, strlen(pipeline->environment->load_id) + 1);
    }
    pipeline->run_directory = dpone_format("%s/%s", pipeline->environment->run_directory, record->run_id);
    pipeline->record_path =
        dpone_format("%s/%s/run.json", pipeline->environment->run_directory, record->run_id);
    if (pipeline->run_directory == NULL || pipeline->record_path == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a run");
    }
    int32_t status = dpone_directory_make(pipeline->run_directory, error);
    return status == DPONE_OK ? dpone_run_record_write(record, pipeline->record_path, error) : status;
}

static int32_t run_status(int32_t status) {
    if (status == DPONE_CANCELLED) {
        return DPONE_RUN_CANCELLED;
    }
    return status == DPONE_OK ? DPONE_RUN_SUCCEEDED : DPONE_RUN_FAILED;
}

static int32_t finish_record(struct dpone_pipeline *pipeline, int64_t started_us, int32_t status,
                             struct dpone_error *error) {
    struct dpone_run_record *record = &pipeline->record;
    record->status = run_status(status);
    record->ended_us = dpone_pipeline_wall_us(pipeline);
    record->duration_us = monotonic_us(pipeline) - started_us;
    struct dpone_error writing = DPONE_ERROR_INIT;
    int32_t written = dpone_run_record_write(record, pipeline->record_path, &writing);
    if (status == DPONE_OK && written != DPONE_OK) {
        return dpone_error_set(error, DPONE_IO, "%s", writing.message);
    }
    return status;
}

int32_t dpone_pipeline_run(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct dpone_run_record *record = &pipeline->record;
    int64_t started_us = monotonic_us(pipeline);
    if (record->run_id[0] != '\0') {
        return dpone_error_set(error, DPONE_INVALID_STATE, "a pipeline runs once; make another one");
    }
    int32_t status = start_record(pipeline, error);
    if (status != DPONE_OK) {
        return status;
    }
    status = run_all(pipeline, &record->error);
    dpone_pipeline_close_all(pipeline);
    if (status == DPONE_OK) {
        dpone_error_clear(&record->error); /* what was said on the way and turned out well */
    } else {
        (void)dpone_error_set_retry(error, status, record->error.retry_after_ms, "%s", record->error.message);
    }
    return finish_record(pipeline, started_us, status, error);
}

/* ---- Lifetime */

static int32_t missing(struct dpone_error *error, const struct dpone_endpoint *endpoint, const char *what) {
    return dpone_error_set(error, DPONE_NOT_IMPLEMENTED,
                           "connector %.*s is no %s; its manifest declares other capabilities",
                           (int)endpoint->connector->name.size, endpoint->connector->name.data, what);
}

static int32_t check_capabilities(const struct dpone_pipeline *pipeline, struct dpone_error *error) {
    if (pipeline->source.connector->source == NULL) {
        return missing(error, &pipeline->source, "source");
    }
    if (pipeline->sink.connector->sink == NULL) {
        return missing(error, &pipeline->sink, "sink");
    }
    if (dpone_pipeline_has_state(pipeline) && pipeline->state.connector->state == NULL) {
        return missing(error, &pipeline->state, "state backend");
    }
    const char *strategy = dpone_strategy_name(pipeline->spec->strategy);
    if (strategy == NULL ||
        (pipeline->sink.connector->sink->strategies >> pipeline->spec->strategy & 1u) == 0) {
        return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "connector %.*s does not offer strategy %s",
                               (int)pipeline->sink.connector->name.size, pipeline->sink.connector->name.data,
                               strategy == NULL ? "that" : strategy);
    }
    const char *load_id = pipeline->environment->load_id;
    return load_id == NULL || strlen(load_id) < sizeof pipeline->record.load_id
               ? DPONE_OK
               : dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a load id has at most %zu bytes",
                                 sizeof pipeline->record.load_id - 1);
}

static struct dpone_endpoint endpoint_of(const struct dpone_pipeline_side *side,
                                         const struct dpone_side_spec *spec) {
    return (struct dpone_endpoint){
        .connector = side->connector == NULL ? dpone_reference_connector() : side->connector,
        .host = side->host,
        .spec = spec,
    };
}

static struct dpone_run_connector connector_of(const struct dpone_pipeline_side *side,
                                               const struct dpone_endpoint *endpoint) {
    return (struct dpone_run_connector){endpoint->connector, side->plugin_path, side->plugin_sha256};
}

static void fill(struct dpone_pipeline *pipeline) {
    const struct dpone_pipeline_environment *environment = pipeline->environment;
    pipeline->source = endpoint_of(&environment->source, &pipeline->spec->source);
    pipeline->sink = endpoint_of(&environment->sink, &pipeline->spec->sink);
    pipeline->state_value = (struct dpone_state_value)DPONE_STATE_VALUE_INIT;
    pipeline->last_position = (struct dpone_buffer)DPONE_BUFFER_INIT;
    pipeline->last_key = (struct dpone_buffer)DPONE_BUFFER_INIT;
    pipeline->target = (struct dpone_description)DPONE_DESCRIPTION_INIT;
    pipeline->plan = (struct dpone_buffer)DPONE_BUFFER_INIT;
    struct dpone_run_record *record = &pipeline->record;
    record->spec = pipeline->spec;
    record->source = connector_of(&environment->source, &pipeline->source);
    record->sink = connector_of(&environment->sink, &pipeline->sink);
    if (dpone_pipeline_has_state(pipeline)) {
        pipeline->state = endpoint_of(&environment->state, &pipeline->spec->state);
        record->state = connector_of(&environment->state, &pipeline->state);
    }
    record->checkpoint_before = (struct dpone_buffer)DPONE_BUFFER_INIT;
    record->checkpoint_after = (struct dpone_buffer)DPONE_BUFFER_INIT;
    record->failed_step = -1;
    record->error = (struct dpone_error)DPONE_ERROR_INIT;
}

int32_t dpone_pipeline_new(struct dpone_pipeline **out, const struct dpone_pipeline_spec *spec,
                           const struct dpone_pipeline_environment *environment, struct dpone_error *error) {
    *out = NULL;
    struct dpone_pipeline *pipeline = calloc(1, sizeof *pipeline);
    if (pipeline == NULL || pthread_mutex_init(&pipeline->lock, NULL) != 0) {
        free(pipeline);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a pipeline");
    }
    pipeline->spec = spec;
    pipeline->environment = environment;
    fill(pipeline);
    int32_t status = check_capabilities(pipeline, error);
    if (status != DPONE_OK) {
        dpone_pipeline_free(pipeline);
        return status;
    }
    *out = pipeline;
    return DPONE_OK;
}

void dpone_pipeline_cancel(struct dpone_pipeline *pipeline) {
    pthread_mutex_lock(&pipeline->lock);
    pipeline->cancelled = 1;
    const struct dpone_endpoint *const endpoints[] = {&pipeline->source, &pipeline->sink, &pipeline->state};
    for (size_t i = 0; !pipeline->publishing && i < sizeof endpoints / sizeof endpoints[0]; i++) {
        if (endpoints[i]->instance != NULL) {
            dpone_call_cancel(endpoints[i]->connector, endpoints[i]->instance);
        }
    }
    pthread_mutex_unlock(&pipeline->lock);
}

const struct dpone_run_record *dpone_pipeline_record(const struct dpone_pipeline *pipeline) {
    return &pipeline->record;
}

const char *dpone_pipeline_record_path(const struct dpone_pipeline *pipeline) {
    return pipeline->record_path == NULL ? "" : pipeline->record_path;
}

void dpone_pipeline_free(struct dpone_pipeline *pipeline) {
    if (pipeline == NULL) {
        return;
    }
    dpone_pipeline_close_all(pipeline);
    dpone_state_value_clear(&pipeline->state_value);
    dpone_buffer_clear(&pipeline->last_position);
    dpone_buffer_clear(&pipeline->last_key);
    dpone_description_clear(&pipeline->target);
    dpone_buffer_clear(&pipeline->plan);
    dpone_batch_view_free(pipeline->view);
    dpone_gates_free(pipeline->gates);
    free(pipeline->gate_results);
    if (pipeline->record.schema.release != NULL) {
        pipeline->record.schema.release(&pipeline->record.schema);
    }
    dpone_buffer_clear(&pipeline->record.checkpoint_before);
    dpone_buffer_clear(&pipeline->record.checkpoint_after);
    free(pipeline->run_directory);
    free(pipeline->record_path);
    pthread_mutex_destroy(&pipeline->lock);
    free(pipeline);
}
