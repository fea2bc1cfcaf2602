/* Calling a state backend and its changes (dpone/call.h). */
#include "call_support.h"

#include <dpone/validate.h>

#define MAXIMUM_KEY_BYTES 512
#define MAXIMUM_VALUE_BYTES (16u << 20)

static const char *call_bad_key(struct dpone_string key) {
    if (key.size == 0 || key.size > MAXIMUM_KEY_BYTES)
        return "a key has 1 to 512 bytes";
    return dpone_utf8_valid_prefix(key.data, key.size) == key.size ? NULL : "the key is not UTF-8";
}

int32_t dpone_call_state_read(const struct dpone_connector *connector, struct dpone_instance *instance,
                              struct dpone_string key, struct dpone_state_value *out,
                              struct dpone_error *error) {
    static const char slot[] = "state.read";
    const struct dpone_state_functions *state = connector->state;
    if (DPONE_SLOT(state, struct dpone_state_functions, read) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    const char *reason = call_bad_key(key);
    if (reason == NULL && !DPONE_HAS(out, struct dpone_state_value, token))
        reason = "set out->struct_size to sizeof(struct dpone_state_value)";
    if (reason != NULL)
        return dpone_call_refuse(slot, reason, error);
    dpone_state_value_clear(out);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(state->read(instance, key, out, error), slot, error);
    if (status == DPONE_OK && out->token.size == 0)
        status = dpone_call_defect(slot, "a value without a token, which an absent one has too", error);
    if (status != DPONE_OK)
        dpone_state_value_clear(out);
    return status;
}

int32_t dpone_call_state_write(const struct dpone_connector *connector, struct dpone_instance *instance,
                               struct dpone_string key, struct dpone_bytes value, struct dpone_bytes token,
                               struct dpone_state_change *out, struct dpone_error *error) {
    static const char slot[] = "state.write";
    const struct dpone_state_functions *state = connector->state;
    if (DPONE_SLOT(state, struct dpone_state_functions, write) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    const char *reason = call_bad_key(key);
    if (reason == NULL && value.size > MAXIMUM_VALUE_BYTES)
        reason = "a value has at most 16 MiB";
    if (reason == NULL && token.size == 0)
        reason = "the token is empty: pass the one that read() gave";
    if (reason == NULL && !DPONE_HAS(out, struct dpone_state_change, close))
        reason = "set out->struct_size to sizeof(struct dpone_state_change)";
    if (reason != NULL)
        return dpone_call_refuse(slot, reason, error);
    dpone_call_zero(out);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(state->write(instance, key, value, token, out, error), slot, error);
    if (status == DPONE_OK && (out->commit == NULL || out->rollback == NULL || out->close == NULL))
        status = dpone_call_defect(slot, "DPONE_OK, but the change lacks a function", error);
    if (status != DPONE_OK)
        dpone_call_state_close(out);
    return status;
}

int32_t dpone_call_state_commit(struct dpone_state_change *change, struct dpone_state_value *current,
                                struct dpone_error *error) {
    static const char slot[] = "state_change.commit";
    if (change->close == NULL)
        return dpone_call_closed(slot, error);
    if (current != NULL)
        dpone_state_value_clear(current);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(change->commit(change, current, error), slot, error);
    if (status != DPONE_OK && status != DPONE_CONFLICT && current != NULL)
        dpone_state_value_clear(current);
    return status;
}

int32_t dpone_call_state_rollback(struct dpone_state_change *change, struct dpone_error *error) {
    static const char slot[] = "state_change.rollback";
    if (change->close == NULL)
        return dpone_call_closed(slot, error);
    dpone_error_clear(error);
    return dpone_call_finish(change->rollback(change, error), slot, error);
}

void dpone_call_state_close(struct dpone_state_change *change) {
    if (change->close != NULL)
        change->close(change);
    dpone_call_zero(change);
}
