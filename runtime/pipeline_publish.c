/* The end of a run: publication, what became of one whose answer was lost, and closing. */
#include "runtime/pipeline_internal.h"

#include <string.h>

#define FIRST_PAUSE_MS 200

static int equals(const struct dpone_buffer *buffer, const void *data, size_t size) {
    return buffer->size == size && (size == 0 || memcmp(buffer->data, data, size) == 0);
}

static int32_t ask_last(struct dpone_pipeline *pipeline, struct dpone_publication *out,
                        struct dpone_error *error) {
    const struct dpone_endpoint *sink = &pipeline->sink;
    return dpone_call_last_published(sink->connector, sink->instance, &sink->spec->table,
                                     dpone_string_of(pipeline->spec->name), out, error);
}

/* Two runs that read on from one position would add the same rows twice: the later one gives up. */
static int32_t check_alone(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct dpone_publication last = DPONE_PUBLICATION_INIT;
    const struct dpone_buffer *seen = &pipeline->last_key;
    const struct dpone_buffer *now = &last.idempotency_key;
    int32_t status = ask_last(pipeline, &last, error);
    int is_own = equals(now, pipeline->record.load_id, strlen(pipeline->record.load_id));
    if (status == DPONE_OK && !is_own && !equals(now, seen->data, seen->size)) {
        status = dpone_error_set(error, DPONE_CONFLICT,
                                 "another run of pipeline %s published meanwhile; run it again",
                                 pipeline->spec->name);
    }
    dpone_publication_clear(&last);
    return status == DPONE_NOT_FOUND ? DPONE_OK : status;
}

static int32_t publish(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    struct dpone_run_record *record = &pipeline->record;
    struct dpone_publish_request request = {
        .struct_size = (uint32_t)sizeof request,
        .rows = record->read_rows,
        .content_digest = {record->content_digest.bytes, sizeof record->content_digest.bytes},
        .position = dpone_buffer_view(&record->checkpoint_after),
    };
    record->publish_attempts++;
    return dpone_call_load_publish(&pipeline->load, &request, error);
}

int32_t dpone_step_publish(struct dpone_pipeline *pipeline, struct dpone_error *error) {
    int32_t status =
        pipeline->spec->read_mode == DPONE_READ_INCREMENTAL ? check_alone(pipeline, error) : DPONE_OK;
    return status == DPONE_OK ? publish(pipeline, error) : status;
}

/* Asks the sink: is our key the last one published? */
static int32_t ask(struct dpone_pipeline *pipeline, int *found, struct dpone_error *error) {
    const struct dpone_run_record *record = &pipeline->record;
    struct dpone_publication last = DPONE_PUBLICATION_INIT;
    *found = 0;
    int32_t status = ask_last(pipeline, &last, error);
    if (status == DPONE_OK && equals(&last.idempotency_key, record->load_id, strlen(record->load_id))) {
        *found = 1;
        if (!equals(&last.content_digest, record->content_digest.bytes,
                    sizeof record->content_digest.bytes)) {
            status = dpone_error_set(error, DPONE_CONFLICT, "key %s is published with other content",
                                     record->load_id);
        }
    }
    dpone_publication_clear(&last);
    return status == DPONE_NOT_FOUND ? DPONE_OK : status;
}

static int passes_with_time(int32_t status) {
    return status == DPONE_UNAVAILABLE || status == DPONE_TIMEOUT || status == DPONE_THROTTLED;
}

int32_t dpone_step_resolve(struct dpone_pipeline *pipeline, int64_t attempt, int *resolved,
                           struct dpone_error *error) {
    const struct dpone_host *host = pipeline->sink.host;
    struct dpone_error asking = DPONE_ERROR_INIT;
    if (attempt > 0 && host->sleep_ms(host->context, FIRST_PAUSE_MS << (attempt - 1)) != DPONE_OK) {
        return dpone_error_set(error, DPONE_CANCELLED,
                               "cancelled while the outcome of the publication was unknown");
    }
    int32_t status = ask(pipeline, resolved, &asking);
    if (status == DPONE_OK && !*resolved) {
        status = publish(pipeline, &asking);
        *resolved = status == DPONE_OK;
    }
    if (status == DPONE_OK) {
        return DPONE_OK;
    }
    return dpone_error_set_retry(error, passes_with_time(status) ? DPONE_OUTCOME_UNKNOWN : status,
                                 asking.retry_after_ms, "%s", asking.message);
}

/* Staging that may have become the target is left to recover(): it knows. */
static void close_load(struct dpone_pipeline *pipeline) {
    if (pipeline->load.close == NULL) {
        return;
    }
    if (!pipeline->record.published && !pipeline->outcome_unknown) {
        (void)dpone_call_load_abort(&pipeline->load, NULL);
    }
    dpone_call_load_close(&pipeline->load);
}

static void close_endpoint(struct dpone_pipeline *pipeline, struct dpone_endpoint *endpoint) {
    pthread_mutex_lock(&pipeline->lock);
    struct dpone_instance *instance = endpoint->instance;
    endpoint->instance = NULL;
    pthread_mutex_unlock(&pipeline->lock);
    if (instance != NULL) {
        dpone_call_close(endpoint->connector, instance);
    }
}

void dpone_pipeline_close_all(struct dpone_pipeline *pipeline) {
    close_load(pipeline);
    if (pipeline->reader.close != NULL) {
        dpone_call_reader_close(&pipeline->reader);
    }
    close_endpoint(pipeline, &pipeline->source);
    close_endpoint(pipeline, &pipeline->sink);
    close_endpoint(pipeline, &pipeline->state);
}
