/* Keys and values of a state backend, looked at from this process and from new ones. */
#include "live_state.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 16

struct dpone_bytes dpone_live_text(const char *text) {
    return (struct dpone_bytes){(const uint8_t *)text, strlen(text)};
}

static int is_absent(struct dpone_bytes value) {
    return value.data == NULL && value.size == SIZE_MAX;
}

/* What a read found, as bytes to compare. */
static struct dpone_bytes bytes_of(const struct dpone_state_value *value) {
    return value->exists ? dpone_buffer_view(&value->value) : DPONE_LIVE_ABSENT;
}

/* ---- Calls ---- */

int32_t dpone_live_state_try_read(const struct dpone_live_instance *instance, const char *key,
                                  struct dpone_state_value *out, struct dpone_error *error) {
    *out = (struct dpone_state_value)DPONE_STATE_VALUE_INIT;
    return dpone_call_state_read(instance->live->connector, instance->instance, dpone_string_of(key), out,
                                 error);
}

int32_t dpone_live_state_try_prepare(const struct dpone_live_instance *instance, const char *key,
                                     struct dpone_bytes value, struct dpone_state_change *out,
                                     struct dpone_error *error) {
    struct dpone_state_value before;
    *out = (struct dpone_state_change){.struct_size = sizeof(*out)};
    int32_t status = dpone_live_state_try_read(instance, key, &before, error);
    if (status == DPONE_OK) {
        status = dpone_call_state_write(instance->live->connector, instance->instance, dpone_string_of(key),
                                        value, dpone_buffer_view(&before.token), out, error);
    }
    dpone_state_value_clear(&before);
    return status;
}

int32_t dpone_live_state_try_put(const struct dpone_live_instance *instance, const char *key,
                                 struct dpone_bytes value, struct dpone_error *error) {
    struct dpone_state_change change;
    int32_t status = dpone_live_state_try_prepare(instance, key, value, &change, error);
    if (status == DPONE_OK) {
        status = dpone_call_state_commit(&change, NULL, error);
        dpone_call_state_close(&change);
    }
    return status;
}

int dpone_live_state_put(const struct dpone_live_instance *instance, const char *key,
                         struct dpone_bytes value) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_live_state_try_put(instance, key, value, &error);
    return dpone_expect_status(instance->live->run, "read, write and commit of a key", DPONE_OK, status,
                               &error);
}

int dpone_live_state_prepare(const struct dpone_live_instance *instance, const char *key,
                             struct dpone_bytes value, struct dpone_state_change *out) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_live_state_try_prepare(instance, key, value, out, &error);
    return dpone_expect_status(instance->live->run, "read and write of a key", DPONE_OK, status, &error);
}

/* ---- Comparing ---- */

static size_t first_difference(struct dpone_bytes left, struct dpone_bytes right) {
    size_t i = 0;
    while (i < left.size && i < right.size && left.data[i] == right.data[i]) {
        i++;
    }
    return i;
}

/* "5 bytes, 6100 from byte 3", or "no value". */
static void describe(char *out, size_t out_bytes, struct dpone_bytes value, size_t from) {
    char digits[2 * SHOWN_BYTES + 1] = "";
    if (is_absent(value)) {
        (void)snprintf(out, out_bytes, "no value");
        return;
    }
    for (size_t i = from; i < value.size && i < from + SHOWN_BYTES; i++) {
        (void)snprintf(digits + 2 * (i - from), 3, "%02x", value.data[i]);
    }
    (void)snprintf(out, out_bytes, "%zu bytes, %s from byte %zu", value.size,
                   digits[0] == '\0' ? "none" : digits, from);
}

static int equals(struct dpone_bytes left, struct dpone_bytes right) {
    return is_absent(left) || is_absent(right)
               ? is_absent(left) == is_absent(right)
               : left.size == right.size && first_difference(left, right) == left.size;
}

int dpone_live_state_expect_bytes(struct dpone_live_state *state, const char *where,
                                  struct dpone_bytes expected, struct dpone_bytes observed) {
    char expected_text[128];
    char observed_text[128];
    size_t from = is_absent(expected) || is_absent(observed) ? 0 : first_difference(expected, observed);
    describe(expected_text, sizeof(expected_text), expected, from);
    describe(observed_text, sizeof(observed_text), observed, from);
    return dpone_expect(state->live.run, equals(expected, observed), where, expected_text, "%s",
                        observed_text);
}

int dpone_live_state_expect_here(struct dpone_live_state *state, const struct dpone_live_instance *instance,
                                 const char *where, const char *key, struct dpone_bytes expected) {
    struct dpone_state_value value;
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_live_state_try_read(instance, key, &value, &error);
    int holds = dpone_expect_status(state->live.run, where, DPONE_OK, status, &error) &&
                dpone_live_state_expect_bytes(state, where, expected, bytes_of(&value));
    dpone_state_value_clear(&value);
    return holds;
}

/* ---- In a new process ---- */

int dpone_live_state_ask(struct dpone_live_state *state, const char *where, dpone_fresh_job job,
                         struct dpone_bytes question, struct dpone_fresh_end *out) {
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_fresh_ask(state->others[0], job, question, out, &error) != DPONE_OK) {
        dpone_check_environment(state->live.run, "a new process", &error);
        return 0;
    }
    return dpone_expect_status(state->live.run, where, DPONE_OK, out->status, &out->error);
}

/* The question is the key; the answer 'v' and the value, or nothing when it is absent. */
static int32_t read_job(void *context, struct dpone_bytes question, FILE *answer, struct dpone_error *error) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance instance;
    struct dpone_state_value value;
    char key[513] = "";
    memcpy(key, question.data, question.size < sizeof(key) ? question.size : sizeof(key) - 1);
    int32_t status = dpone_live_instance_try_open(&instance, &state->live, error);
    if (status != DPONE_OK) {
        return status;
    }
    status = dpone_live_state_try_read(&instance, key, &value, error);
    if (status == DPONE_OK && value.exists) {
        (void)fputc('v', answer);
        (void)fwrite(value.value.data, 1, value.value.size, answer);
    }
    dpone_state_value_clear(&value);
    dpone_live_instance_close(&instance);
    return status;
}

int dpone_live_state_expect_fresh_either(struct dpone_live_state *state, const char *where, const char *key,
                                         struct dpone_bytes expected, struct dpone_bytes or_this) {
    struct dpone_fresh_end end;
    int holds = dpone_live_state_ask(state, where, read_job, dpone_live_text(key), &end);
    if (holds) {
        struct dpone_bytes answer = dpone_buffer_view(&end.answer);
        struct dpone_bytes value =
            answer.size == 0 ? DPONE_LIVE_ABSENT : (struct dpone_bytes){answer.data + 1, answer.size - 1};
        holds = equals(value, or_this) || dpone_live_state_expect_bytes(state, where, expected, value);
    }
    dpone_fresh_end_clear(&end);
    return holds;
}

int dpone_live_state_expect_fresh(struct dpone_live_state *state, const char *where, const char *key,
                                  struct dpone_bytes expected) {
    return dpone_live_state_expect_fresh_either(state, where, key, expected, expected);
}

/* ---- The whole check ---- */

void dpone_live_state_run_cases(struct dpone_check_run *run, const struct dpone_live_case *cases,
                                size_t count) {
    struct dpone_live_state state = {.others = {NULL}};
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_open(&state.live, run, DPONE_LIVE_STATE)) {
        return;
    }
    int32_t status = DPONE_OK;
    for (size_t i = 0; i < DPONE_LIVE_OTHERS && status == DPONE_OK; i++) {
        status = dpone_fresh_start(&state.others[i], &state, &error);
    }
    if (status != DPONE_OK) {
        dpone_check_environment(run, "new processes", &error);
    }
    for (size_t i = 0; i < count && status == DPONE_OK; i++) {
        dpone_case_run(run, cases[i].id, cases[i].function, &state);
    }
    for (size_t i = 0; i < DPONE_LIVE_OTHERS; i++) {
        dpone_fresh_stop(state.others[i]);
    }
    dpone_live_close(&state.live);
}
