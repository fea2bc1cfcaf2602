/* The rules that all call wrappers share (dpone/call.h). */
#include "call_support.h"

#include <string.h>

int32_t dpone_call_absent(const char *slot, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "%s is not offered by this connector", slot);
}

int32_t dpone_call_refuse(const char *slot, const char *reason, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s: %s", slot, reason);
}

int32_t dpone_call_closed(const char *slot, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_INVALID_STATE, "%s: the handle was never opened, or is closed", slot);
}

int32_t dpone_call_defect(const char *slot, const char *defect, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_INTERNAL, "%s: a defect of the connector: %s", slot, defect);
}

int32_t dpone_call_finish(int32_t status, const char *slot, struct dpone_error *error) {
    if (status == DPONE_OK) {
        dpone_error_clear(error);
        return DPONE_OK;
    }
    if (status < 0 || status > DPONE_INTERNAL)
        return dpone_error_set(error, DPONE_INTERNAL, "%s: a defect of the connector: %d is no status", slot,
                               (int)status);
    if (error == NULL || error->struct_size <= offsetof(struct dpone_error, message))
        return status;
    if (error->message[0] == '\0')
        return dpone_error_set(error, status, "%s failed with %s and gave no reason", slot,
                               dpone_status_name(status));
    error->status = status;
    return status;
}

void dpone_call_zero(void *handle) {
    uint32_t size;
    memcpy(&size, handle, sizeof(size));
    if (size > sizeof(size))
        memset((char *)handle + sizeof(size), 0, size - sizeof(size));
}

int dpone_call_buffer_ready(const struct dpone_buffer *buffer) {
    return buffer == NULL || buffer->release == NULL;
}
