/* Calling a load that is under way (dpone/call.h). */
#include "call_support.h"

#include <dpone/row_hash.h>

int32_t dpone_call_load_write(struct dpone_load *load, const struct ArrowArray *batch,
                              struct dpone_error *error) {
    static const char slot[] = "load.write";
    if (load->close == NULL)
        return dpone_call_closed(slot, error);
    if (batch == NULL || batch->release == NULL)
        return dpone_call_refuse(slot, "the batch is missing, or has been released", error);
    dpone_error_clear(error);
    return dpone_call_finish(load->write(load, batch, error), slot, error);
}

int32_t dpone_call_load_stage(struct dpone_load *load, struct dpone_buffer *receipt,
                              struct dpone_error *error) {
    static const char slot[] = "load.stage";
    if (load->close == NULL)
        return dpone_call_closed(slot, error);
    if (!dpone_call_buffer_ready(receipt))
        return dpone_call_refuse(slot, "the receipt's buffer is not empty: clear it first", error);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(load->stage(load, receipt, error), slot, error);
    if (status != DPONE_OK && receipt != NULL)
        dpone_buffer_clear(receipt);
    return status;
}

int32_t dpone_call_load_open_staged(struct dpone_load *load, struct ArrowArrayStream *out,
                                    struct dpone_error *error) {
    static const char slot[] = "load.open_staged";
    *out = (struct ArrowArrayStream){0};
    if (load->close == NULL)
        return dpone_call_closed(slot, error);
    if (load->open_staged == NULL)
        return dpone_call_absent(slot, error);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(load->open_staged(load, out, error), slot, error);
    if (status == DPONE_OK && (out->release == NULL || out->get_next == NULL || out->get_schema == NULL ||
                               out->get_last_error == NULL))
        status = dpone_call_defect(slot, "DPONE_OK, but the stream lacks a function", error);
    if (status != DPONE_OK) {
        if (out->release != NULL)
            out->release(out);
        *out = (struct ArrowArrayStream){0};
    }
    return status;
}

static const char *call_bad_publish_request(const struct dpone_publish_request *request) {
    if (request == NULL || !DPONE_HAS(request, struct dpone_publish_request, receipt_count))
        return "the request is missing, or shorter than its struct_size must be";
    if (request->rows < 0)
        return "rows must be 0 or more";
    if (request->content_digest.size != DPONE_DIGEST_BYTES)
        return "the content digest must have 16 bytes";
    if (request->receipt_count > 0 && request->receipts == NULL)
        return "the receipts are missing";
    return NULL;
}

int32_t dpone_call_load_publish(struct dpone_load *load, const struct dpone_publish_request *request,
                                struct dpone_error *error) {
    static const char slot[] = "load.publish";
    if (load->close == NULL)
        return dpone_call_closed(slot, error);
    if (load->publish == NULL)
        return dpone_call_absent(slot, error);
    const char *reason = call_bad_publish_request(request);
    if (reason != NULL)
        return dpone_call_refuse(slot, reason, error);
    dpone_error_clear(error);
    return dpone_call_finish(load->publish(load, request, error), slot, error);
}

int32_t dpone_call_load_abort(struct dpone_load *load, struct dpone_error *error) {
    static const char slot[] = "load.abort";
    if (load->close == NULL)
        return dpone_call_closed(slot, error);
    dpone_error_clear(error);
    return dpone_call_finish(load->abort(load, error), slot, error);
}

int32_t dpone_call_load_token(struct dpone_load *load, struct dpone_buffer *out, struct dpone_error *error) {
    static const char slot[] = "load.token";
    if (load->close == NULL)
        return dpone_call_closed(slot, error);
    if (load->token == NULL)
        return dpone_call_absent(slot, error);
    if (!dpone_call_buffer_ready(out))
        return dpone_call_refuse(slot, "the buffer is not empty: clear it first", error);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(load->token(load, out, error), slot, error);
    if (status != DPONE_OK)
        dpone_buffer_clear(out);
    return status;
}

void dpone_call_load_close(struct dpone_load *load) {
    if (load->close != NULL)
        load->close(load);
    dpone_call_zero(load);
}
