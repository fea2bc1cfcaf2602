/* state_read_write_round_trip: values are opaque bytes; whatever is committed comes back exactly, also in a
 * process that was not there when it was written. */
#include "../check.h"

#include "../live_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 1000
#define KEY_BYTES_MAXIMUM 512

/* ---- Values ---- */

#define LITERAL(text) sizeof(text) - 1, (text)

static const struct {
    const char *name;
    size_t size;
    const char *text; /* NULL: random bytes */
} values[] = {{"no byte", LITERAL("")},
              {"one NUL", LITERAL("\0")},
              {"NUL in the middle", LITERAL("abc\0def")},
              {"text", LITERAL("{\"page\": 3}")},
              {"no UTF-8", LITERAL("\xff\xfe\x80\xc3")},
              {"random bytes", 4099, NULL},
              {"1 MiB of random bytes", (size_t)1 << 20, NULL},
              {"16 MiB of random bytes", (size_t)16 << 20, NULL},
              {"short after long", LITERAL("ok")}};

/* A value on the heap, the same for the same seed. */
static uint8_t *make_value(const struct dpone_live_state *state, size_t index) {
    uint8_t *bytes = malloc(values[index].size + 1);
    uint64_t noise = dpone_dataset_salt(state->live.run->seed, values[index].name) | 1u;
    for (size_t i = 0; bytes != NULL && i < values[index].size; i++) {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        bytes[i] = values[index].text == NULL ? (uint8_t)(noise >> 24) : (uint8_t)values[index].text[i];
    }
    return bytes;
}

static int comes_back(struct dpone_live_state *state, const struct dpone_live_instance *instance,
                      size_t index) {
    char where[96];
    uint8_t *bytes = make_value(state, index);
    struct dpone_bytes value = {bytes, values[index].size};
    if (bytes == NULL) {
        struct dpone_error error = DPONE_ERROR_INIT;
        (void)dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "no memory for a value");
        dpone_check_environment(state->live.run, "a value", &error);
        return 0;
    }
    (void)snprintf(where, sizeof(where), "%s, read by the writer", values[index].name);
    int holds = dpone_live_state_put(instance, "round-trip", value) &&
                dpone_live_state_expect_here(state, instance, where, "round-trip", value);
    (void)snprintf(where, sizeof(where), "%s, read by a new process", values[index].name);
    holds = holds && dpone_live_state_expect_fresh(state, where, "round-trip", value);
    free(bytes);
    return holds;
}

static void case_any_bytes(struct dpone_check_run *run, void *context) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance instance;
    dpone_case_remedy(run, "Store a value with its length, as bytes: no C string, no text column.");
    if (!dpone_live_instance_open(&instance, &state->live)) {
        return;
    }
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && !dpone_check_given_up(run); i++) {
        (void)comes_back(state, &instance, i);
    }
    dpone_live_instance_close(&instance);
}

/* ---- Absent keys ---- */

static void case_absent_key(struct dpone_check_run *run, void *context) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance instance;
    dpone_case_remedy(run, "A key that was never written has no value, exists 0, and a token to write from.");
    if (!dpone_live_instance_open(&instance, &state->live)) {
        return;
    }
    if (dpone_live_state_expect_here(state, &instance, "a key never written", "never-written",
                                     DPONE_LIVE_ABSENT) &&
        dpone_live_state_put(&instance, "written-empty", (struct dpone_bytes){NULL, 0})) {
        (void)dpone_live_state_expect_here(state, &instance, "a key with an empty value", "written-empty",
                                           dpone_live_text(""));
        (void)dpone_live_state_expect_fresh(state, "a key never written, read by a new process",
                                            "never-written", DPONE_LIVE_ABSENT);
    }
    dpone_live_instance_close(&instance);
}

/* ---- Keys ---- */

/* Keys that a system may take for one, or for something else than a key. */
static const char *const awkward_keys[] = {"a",
                                           "A",
                                           "a ",
                                           " a",
                                           "a/b",
                                           "a/../a",
                                           "..",
                                           "*",
                                           "a%",
                                           "a_",
                                           "a'",
                                           "a\"",
                                           "'; drop",
                                           "a\\",
                                           "a\nb",
                                           "\xc3\xa4",
                                           "a\xcc\x88",
                                           "\xe6\x97\xa5\xe6\x9c\xac",
                                           "\xf0\x9f\x98\x80",
                                           "null",
                                           "0",
                                           "00",
                                           "1e0",
                                           "SELECT"};
#define AWKWARD_KEYS (sizeof(awkward_keys) / sizeof(awkward_keys[0]))

static void make_key(char out[KEY_BYTES_MAXIMUM + 1], size_t index) {
    if (index < AWKWARD_KEYS) {
        (void)snprintf(out, KEY_BYTES_MAXIMUM + 1, "%s", awkward_keys[index]);
    } else if (index < AWKWARD_KEYS + 2) { /* two of the greatest length, different in the last byte */
        memset(out, 'k', KEY_BYTES_MAXIMUM);
        out[KEY_BYTES_MAXIMUM - 1] = index == AWKWARD_KEYS ? 'x' : 'y';
        out[KEY_BYTES_MAXIMUM] = '\0';
    } else {
        (void)snprintf(out, KEY_BYTES_MAXIMUM + 1, "pipeline/%zu", index);
    }
}

static struct dpone_bytes key_value(char out[32], size_t index) {
    (void)snprintf(out, 32, "value of key %zu", index);
    return dpone_live_text(out);
}

/* Writes a line for each key whose value is another one. */
static int32_t read_all_job(void *context, struct dpone_bytes question, FILE *answer,
                            struct dpone_error *error) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance instance;
    int32_t status = dpone_live_instance_try_open(&instance, &state->live, error);
    (void)question;
    if (status != DPONE_OK) {
        return status;
    }
    for (size_t i = 0; i < KEYS && status == DPONE_OK; i++) {
        struct dpone_state_value value;
        char key[KEY_BYTES_MAXIMUM + 1];
        char text[32];
        make_key(key, i);
        struct dpone_bytes expected = key_value(text, i);
        status = dpone_live_state_try_read(&instance, key, &value, error);
        if (status == DPONE_OK && (value.value.size != expected.size ||
                                   memcmp(value.value.data, expected.data, expected.size) != 0)) {
            (void)fprintf(answer, "key \"%.40s\": %.*s\n", key,
                          (int)(value.value.size < 40 ? value.value.size : 40),
                          value.value.data == NULL ? "" : (const char *)value.value.data);
        }
        dpone_state_value_clear(&value);
    }
    dpone_live_instance_close(&instance);
    return status;
}

static void case_thousand_keys(struct dpone_check_run *run, void *context) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance instance;
    int holds = dpone_live_instance_open(&instance, &state->live);
    dpone_case_remedy(run, "Tell keys apart byte by byte, over their whole length.");
    for (size_t i = 0; i < KEYS && holds; i++) {
        char key[KEY_BYTES_MAXIMUM + 1];
        char text[32];
        make_key(key, i);
        holds = dpone_live_state_put(&instance, key, key_value(text, i));
    }
    dpone_live_instance_close(&instance);
    struct dpone_fresh_end end = {.answer = DPONE_BUFFER_INIT};
    if (holds && dpone_live_state_ask(state, "1,000 keys, read by a new process", read_all_job,
                                      (struct dpone_bytes){NULL, 0}, &end)) {
        const char *first = (const char *)end.answer.data;
        const char *line_end = end.answer.size == 0 ? NULL : memchr(first, '\n', end.answer.size);
        (void)dpone_expect(run, end.answer.size == 0, "1,000 keys, read by a new process",
                           "each key with its own value", "%.*s",
                           line_end == NULL ? 0 : (int)(line_end - first), first);
    }
    dpone_fresh_end_clear(&end);
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {{"any_bytes", case_any_bytes},
                                                   {"absent_key", case_absent_key},
                                                   {"thousand_keys", case_thousand_keys}};
    dpone_live_state_run_cases(run, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct dpone_check dpone_check_state_read_write_round_trip = {
    .id = "state_read_write_round_trip",
    .title = "State keeps bytes",
    .proves = "Any bytes under any of a thousand keys come back exactly, also in a new process.",
    .remedy = "Store values with their length.",
    .group = DPONE_GROUP_STATE,
    .capabilities = DPONE_CAPABILITY_STATE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 300,
    .run = run_check,
};
