/* Calling a source and its readers (dpone/call.h). */
#include "call_support.h"

#include <string.h>

#include <dpone/validate.h>

static const char *call_bad_read_request(const struct dpone_read_request *request) {
    if (request == NULL || !DPONE_HAS(request, struct dpone_read_request, batch_bytes))
        return "the request is missing, or shorter than its struct_size must be";
    if (request->mode != DPONE_READ_FULL && request->mode != DPONE_READ_INCREMENTAL)
        return "the mode is neither DPONE_READ_FULL nor DPONE_READ_INCREMENTAL";
    if (request->batch_rows < 0 || request->batch_bytes < 0)
        return "batch_rows and batch_bytes must be 0 or more";
    return NULL;
}

int32_t dpone_call_schema(const struct dpone_connector *connector, struct dpone_instance *instance,
                          const struct dpone_read_request *request, struct ArrowSchema *out,
                          struct dpone_error *error) {
    static const char slot[] = "source.schema";
    const struct dpone_source_functions *source = connector->source;
    memset(out, 0, sizeof(*out));
    if (DPONE_SLOT(source, struct dpone_source_functions, schema) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    const char *reason = call_bad_read_request(request);
    if (reason != NULL)
        return dpone_call_refuse(slot, reason, error);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(source->schema(instance, request, out, error), slot, error);
    if (status == DPONE_OK)
        status = dpone_schema_validate(out, error);
    if (status != DPONE_OK && out->release != NULL)
        out->release(out);
    return status;
}

static int call_reader_complete(const struct dpone_reader *reader) {
    return reader->stream.get_schema != NULL && reader->stream.get_next != NULL &&
           reader->stream.get_last_error != NULL && reader->stream.release != NULL &&
           reader->checkpoint != NULL && reader->last_error != NULL && reader->close != NULL;
}

int32_t dpone_call_read(const struct dpone_connector *connector, struct dpone_instance *instance,
                        const struct dpone_read_request *request, struct dpone_reader *out,
                        struct dpone_error *error) {
    static const char slot[] = "source.read";
    const struct dpone_source_functions *source = connector->source;
    if (DPONE_SLOT(source, struct dpone_source_functions, read) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    const char *reason = call_bad_read_request(request);
    if (reason == NULL && !DPONE_HAS(out, struct dpone_reader, close))
        reason = "set out->struct_size to sizeof(struct dpone_reader)";
    if (reason != NULL)
        return dpone_call_refuse(slot, reason, error);
    dpone_call_zero(out);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(source->read(instance, request, out, error), slot, error);
    if (status == DPONE_OK && !call_reader_complete(out))
        status = dpone_call_defect(slot, "DPONE_OK, but the reader lacks a function", error);
    if (status != DPONE_OK)
        dpone_call_reader_close(out);
    return status;
}

static const char *call_bad_partitions(const struct dpone_partitions *partitions) {
    if (partitions->release == NULL || partitions->count == 0 || partitions->items == NULL)
        return "DPONE_OK without a partition";
    for (size_t i = 0; i < partitions->count; i++)
        if (partitions->items[i] == NULL || partitions->items[i]->size == 0)
            return "a partition is empty";
    return NULL;
}

int32_t dpone_call_partitions(const struct dpone_connector *connector, struct dpone_instance *instance,
                              const struct dpone_read_request *request, size_t wanted,
                              struct dpone_partitions *out, struct dpone_error *error) {
    static const char slot[] = "source.partitions";
    const struct dpone_source_functions *source = connector->source;
    if (DPONE_SLOT(source, struct dpone_source_functions, partitions) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    const char *reason = call_bad_read_request(request);
    if (reason == NULL && wanted == 0)
        reason = "ask for 1 partition or more";
    if (reason == NULL && !DPONE_HAS(out, struct dpone_partitions, release))
        reason = "set out->struct_size to sizeof(struct dpone_partitions)";
    if (reason != NULL)
        return dpone_call_refuse(slot, reason, error);
    dpone_call_zero(out);
    dpone_error_clear(error);
    int32_t status =
        dpone_call_finish(source->partitions(instance, request, wanted, out, error), slot, error);
    const char *defect = status == DPONE_OK ? call_bad_partitions(out) : NULL;
    if (defect != NULL)
        status = dpone_call_defect(slot, defect, error);
    if (status != DPONE_OK && out->release != NULL)
        out->release(out);
    return status;
}

/* The reason behind an errno value of get_next(): the reader's, in the stream's words where it has none. */
static int32_t call_reader_reason(struct dpone_reader *reader, const char *slot, struct dpone_error *error) {
    struct dpone_error reason = DPONE_ERROR_INIT;
    int32_t status = reader->last_error(reader, &reason);
    if (status == DPONE_OK)
        return dpone_call_defect(slot, "get_next failed, but last_error says DPONE_OK", error);
    const char *text = reader->stream.get_last_error(&reader->stream);
    if (reason.message[0] == '\0' && text != NULL)
        dpone_error_set(&reason, status, "%s", text);
    status = dpone_call_finish(status, slot, &reason);
    return dpone_error_set_retry(error, status, reason.retry_after_ms, "%s", reason.message);
}

int32_t dpone_call_reader_next(struct dpone_reader *reader, struct ArrowArray *out,
                               struct dpone_error *error) {
    static const char slot[] = "reader.get_next";
    memset(out, 0, sizeof(*out));
    if (reader->close == NULL || reader->stream.release == NULL)
        return dpone_call_closed(slot, error);
    dpone_error_clear(error);
    if (reader->stream.get_next(&reader->stream, out) == 0)
        return DPONE_OK;
    if (out->release != NULL)
        out->release(out);
    memset(out, 0, sizeof(*out));
    return call_reader_reason(reader, slot, error);
}

int32_t dpone_call_reader_checkpoint(struct dpone_reader *reader, struct dpone_buffer *out,
                                     struct dpone_error *error) {
    static const char slot[] = "reader.checkpoint";
    if (reader->close == NULL)
        return dpone_call_closed(slot, error);
    if (!dpone_call_buffer_ready(out))
        return dpone_call_refuse(slot, "the buffer is not empty: clear it first", error);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(reader->checkpoint(reader, out, error), slot, error);
    if (status != DPONE_OK)
        dpone_buffer_clear(out);
    return status;
}

void dpone_call_reader_close(struct dpone_reader *reader) {
    if (reader->stream.release != NULL)
        reader->stream.release(&reader->stream);
    if (reader->close != NULL)
        reader->close(reader);
    dpone_call_zero(reader);
}
