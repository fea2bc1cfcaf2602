/* Calling native transfers (dpone/call.h). */
#include "call_support.h"

typedef int32_t (*transfer_slot)(struct dpone_instance *instance,
                                 const struct dpone_transfer_request *request, struct dpone_transfer *out,
                                 struct dpone_error *error);

static const char *const transfer_names[] = {
    [DPONE_STREAM_EXPORT] = "native_transfer.stream_export",
    [DPONE_FILE_EXPORT] = "native_transfer.file_export",
    [DPONE_STREAM_STAGING_LOAD] = "native_transfer.stream_staging_load",
    [DPONE_FILE_STAGING_LOAD] = "native_transfer.file_staging_load",
};

static transfer_slot transfer_slot_of(const struct dpone_native_transfer_functions *functions, int32_t kind) {
    switch (kind) {
    case DPONE_STREAM_EXPORT:
        return DPONE_SLOT(functions, struct dpone_native_transfer_functions, stream_export);
    case DPONE_FILE_EXPORT:
        return DPONE_SLOT(functions, struct dpone_native_transfer_functions, file_export);
    case DPONE_STREAM_STAGING_LOAD:
        return DPONE_SLOT(functions, struct dpone_native_transfer_functions, stream_staging_load);
    default:
        return DPONE_SLOT(functions, struct dpone_native_transfer_functions, file_staging_load);
    }
}

static const char *call_bad_transfer_request(const struct dpone_transfer_request *request, int32_t kind) {
    int exports = kind == DPONE_STREAM_EXPORT || kind == DPONE_FILE_EXPORT;
    int files = kind == DPONE_FILE_EXPORT || kind == DPONE_FILE_STAGING_LOAD;
    if (request == NULL || !DPONE_HAS(request, struct dpone_transfer_request, path))
        return "the request is missing, or shorter than its struct_size must be";
    if (request->format != DPONE_FORMAT_TABSEPARATED && request->format != DPONE_FORMAT_JSONL)
        return "the format is none of enum dpone_transfer_format";
    if (request->maximum_bytes < 0)
        return "maximum_bytes must be 0 or more";
    if (exports ? request->read == NULL : request->load == NULL)
        return exports ? "the read request is missing" : "the load request is missing";
    if (files && (request->path.size == 0 || request->path.data[0] != '/'))
        return "the path must be absolute";
    return NULL;
}

int32_t dpone_call_transfer(const struct dpone_connector *connector, struct dpone_instance *instance,
                            int32_t kind, const struct dpone_transfer_request *request,
                            struct dpone_transfer *out, struct dpone_error *error) {
    if (kind < DPONE_STREAM_EXPORT || kind > DPONE_FILE_STAGING_LOAD)
        return dpone_call_refuse("native_transfer", "the kind is none of enum dpone_transfer_kind", error);
    const char *slot = transfer_names[kind];
    transfer_slot begin = transfer_slot_of(connector->native_transfer, kind);
    if (begin == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    const char *reason = call_bad_transfer_request(request, kind);
    if (reason == NULL && !DPONE_HAS(out, struct dpone_transfer, close))
        reason = "set out->struct_size to sizeof(struct dpone_transfer)";
    if (reason != NULL)
        return dpone_call_refuse(slot, reason, error);
    dpone_call_zero(out);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(begin(instance, request, out, error), slot, error);
    if (status == DPONE_OK && (out->finish == NULL || out->abort == NULL || out->close == NULL))
        status = dpone_call_defect(slot, "DPONE_OK, but the transfer lacks a function", error);
    if (status != DPONE_OK)
        dpone_call_transfer_close(out);
    return status;
}

int32_t dpone_call_transfer_read(struct dpone_transfer *transfer, void *buffer, size_t capacity, size_t *size,
                                 struct dpone_error *error) {
    static const char slot[] = "transfer.read";
    *size = 0;
    if (transfer->close == NULL)
        return dpone_call_closed(slot, error);
    if (transfer->read == NULL)
        return dpone_call_absent(slot, error);
    if (capacity == 0)
        return dpone_call_refuse(slot, "the buffer has no room", error);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(transfer->read(transfer, buffer, capacity, size, error), slot, error);
    if (status == DPONE_OK && *size > capacity)
        status = dpone_call_defect(slot, "it filled more than the buffer holds", error);
    if (status != DPONE_OK)
        *size = 0;
    return status;
}

int32_t dpone_call_transfer_write(struct dpone_transfer *transfer, const void *data, size_t size,
                                  struct dpone_error *error) {
    static const char slot[] = "transfer.write";
    if (transfer->close == NULL)
        return dpone_call_closed(slot, error);
    if (transfer->write == NULL)
        return dpone_call_absent(slot, error);
    dpone_error_clear(error);
    return dpone_call_finish(transfer->write(transfer, data, size, error), slot, error);
}

int32_t dpone_call_transfer_finish(struct dpone_transfer *transfer, uint8_t *checksum, int64_t *rows,
                                   struct dpone_load *load, struct dpone_error *error) {
    static const char slot[] = "transfer.finish";
    if (transfer->close == NULL)
        return dpone_call_closed(slot, error);
    if (checksum == NULL)
        return dpone_call_refuse(slot, "the checksum is missing: it has 32 bytes", error);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(transfer->finish(transfer, checksum, rows, load, error), slot, error);
    if (status != DPONE_OK && load != NULL)
        dpone_call_load_close(load);
    return status;
}

int32_t dpone_call_transfer_abort(struct dpone_transfer *transfer, struct dpone_error *error) {
    static const char slot[] = "transfer.abort";
    if (transfer->close == NULL)
        return dpone_call_closed(slot, error);
    dpone_error_clear(error);
    return dpone_call_finish(transfer->abort(transfer, error), slot, error);
}

void dpone_call_transfer_close(struct dpone_transfer *transfer) {
    if (transfer->close != NULL)
        transfer->close(transfer);
    dpone_call_zero(transfer);
}
