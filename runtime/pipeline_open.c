/* The first steps of a run: instances, dead loads, the last publication, the state. */
#include "runtime/pipeline_internal.h"

#include <string.h>

#define COMMIT_ATTEMPTS 4

static int32_t open_endpoint(struct dpone_pipeline *pipeline, struct dpone_endpoint *endpoint,
                             const char *side, struct dpone_error *error) {
    struct dpone_instance *instance = NULL;
    int32_t status =
        dpone_call_open(endpoint->connector, &instance, endpoint->host, endpoint->spec->options, error);
    if (status != DPONE_OK) {
        dpone_error_prepend(error, "%s", side);
        return status;
    }
    pthread_mutex_lock(&pipeline->lock);
    endpoint->instance = instance;
    if (pipeline->cancelled) {
        dpone_call_cancel(endpoint->connector, instance);
    }
    pthread_mutex_unlock(&pipeline->lock);
    return DPONE_OK;
}

int32_t dpone_step_open(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    int32_t status = open_endpoint(pipeline, &pipeline->source, "source", error);
    if (status == DPONE_OK) {
        status = open_endpoint(pipeline, &pipeline->sink, "sink", error);
    }
    if (status == DPONE_OK && dpone_pipeline_has_state(pipeline)) {
        status = open_endpoint(pipeline, &pipeline->state, "state", error);
    }
    return status;
}

int32_t dpone_step_recover(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    return dpone_call_recover(pipeline->sink.connector, pipeline->sink.instance, &pipeline->sink.spec->table,
                              &pipeline->record.swept_loads, error);
}

int32_t dpone_step_last_published(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct dpone_publication last = DPONE_PUBLICATION_INIT;
    struct dpone_error asking = DPONE_ERROR_INIT;
    int32_t status = dpone_call_last_published(pipeline->sink.connector, pipeline->sink.instance,
                                               &pipeline->sink.spec->table,
                                               dpone_string_of(pipeline->spec->name), &last, &asking);
    if (status == DPONE_OK) {
        pipeline->last_position = last.position; /* takes both over */
        pipeline->last_key = last.idempotency_key;
        last.position = (struct dpone_buffer)DPONE_BUFFER_INIT;
        last.idempotency_key = (struct dpone_buffer)DPONE_BUFFER_INIT;
    }
    dpone_publication_clear(&last);
    if (status == DPONE_OK || status == DPONE_NOT_FOUND) {
        return DPONE_OK;
    }
    return dpone_error_set_retry(error, status, asking.retry_after_ms, "%s", asking.message);
}

/* ---- The state */

static struct dpone_string state_key(const struct dpone_pipeline *pipeline) {
    const struct dpone_pipeline_spec *spec = pipeline->spec;
    return dpone_string_of(spec->state_key == NULL ? spec->name : spec->state_key);
}

static int32_t read_state(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct dpone_state_value value = DPONE_STATE_VALUE_INIT;
    int32_t status = dpone_call_state_read(pipeline->state.connector, pipeline->state.instance,
                                           state_key(pipeline), &value, error);
    if (status == DPONE_OK) {
        dpone_state_value_clear(&pipeline->state_value);
        pipeline->state_value = value;
    }
    return status;
}

int32_t dpone_step_state_read(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    return read_state(pipeline, error);
}

static int holds(const struct dpone_state_value *value, struct dpone_bytes wanted) {
    return value->exists && value->value.size == wanted.size &&
           (wanted.size == 0 || memcmp(value->value.data, wanted.data, wanted.size) == 0);
}

static int32_t try_commit(struct dpone_pipeline *pipeline, struct dpone_bytes wanted,
                          struct dpone_error *error) {
    struct dpone_state_change change = {.struct_size = (uint32_t)sizeof change};
    struct dpone_state_value current = DPONE_STATE_VALUE_INIT;
    int32_t status =
        dpone_call_state_write(pipeline->state.connector, pipeline->state.instance, state_key(pipeline),
                               wanted, dpone_buffer_view(&pipeline->state_value.token), &change, error);
    if (status != DPONE_OK) {
        return status;
    }
    status = dpone_call_state_commit(&change, &current, error);
    if (status == DPONE_CONFLICT && holds(&current, wanted)) {
        status = DPONE_OK; /* somebody brought it to the same place */
    }
    dpone_state_value_clear(&current);
    dpone_call_state_close(&change);
    return status;
}

/* Compare-and-set. A commit whose answer was lost is looked up, and repeated only from the version it started
 * from. */
static int32_t commit_state(struct dpone_pipeline *pipeline, struct dpone_bytes wanted,
                            struct dpone_error *error) {
    int32_t status = DPONE_OUTCOME_UNKNOWN;
    for (int attempt = 0; status == DPONE_OUTCOME_UNKNOWN && attempt < COMMIT_ATTEMPTS; attempt++) {
        status = try_commit(pipeline, wanted, error);
        if (status == DPONE_OUTCOME_UNKNOWN) {
            struct dpone_bytes before = dpone_buffer_view(&pipeline->state_value.value);
            struct dpone_state_value kept = pipeline->state_value;
            pipeline->state_value = (struct dpone_state_value)DPONE_STATE_VALUE_INIT;
            int32_t seen = read_state(pipeline, NULL);
            if (seen != DPONE_OK) {
                pipeline->state_value = kept;
                continue;
            }
            if (holds(&pipeline->state_value, wanted)) {
                status = DPONE_OK;
            } else if (pipeline->state_value.exists != kept.exists ||
                       (kept.exists && !holds(&pipeline->state_value, before))) {
                status = dpone_error_set(error, DPONE_CONFLICT, "the state was changed by somebody else");
            }
            dpone_state_value_clear(&kept);
        }
    }
    return status;
}

int32_t dpone_step_state_advance(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    int32_t status = commit_state(pipeline, dpone_buffer_view(&pipeline->last_position), error);
    if (status == DPONE_OK) {
        pipeline->record.state_advanced = 1;
        status = read_state(pipeline, error);
    }
    return status;
}

int32_t dpone_step_state_commit(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    int32_t status = commit_state(pipeline, dpone_buffer_view(&pipeline->record.checkpoint_after), error);
    pipeline->record.state_committed = status == DPONE_OK;
    return status;
}
