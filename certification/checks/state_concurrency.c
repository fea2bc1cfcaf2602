/* state_concurrency: of two writers that read the same version one commits and the other gets CONFLICT; so a
 * thousand changes by two processes at once are a thousand changes. */
#include "../check.h"

#include "../live_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNTER "counter"
#define ROUNDS 1000

/* ---- Two writers, step by step ---- */

/* Both read what is there, both write, one commits before the other. */
static void expect_second_conflicts(struct dpone_live_state *state, struct dpone_live_instance writers[2],
                                    const char *key) {
    struct dpone_check_run *run = state->live.run;
    struct dpone_state_change first;
    struct dpone_state_change second;
    struct dpone_state_value current = DPONE_STATE_VALUE_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_state_prepare(&writers[0], key, dpone_live_text("of the first"), &first)) {
        return;
    }
    if (dpone_live_state_prepare(&writers[1], key, dpone_live_text("of the second"), &second)) {
        int32_t status = dpone_call_state_commit(&first, NULL, &error);
        (void)dpone_expect_status(run, "commit() of the first writer", DPONE_OK, status, &error);
        status = dpone_call_state_commit(&second, &current, &error);
        (void)dpone_expect_status(run, "commit() of the second writer", DPONE_CONFLICT, status, &error);
        (void)dpone_live_state_expect_bytes(state, "`current` of the second writer",
                                            dpone_live_text("of the first"),
                                            dpone_buffer_view(&current.value));
        dpone_call_state_close(&second);
        (void)dpone_live_state_expect_fresh(state, "after both", key, dpone_live_text("of the first"));
    }
    dpone_state_value_clear(&current);
    dpone_call_state_close(&first);
}

static void case_second_gets_conflict(struct dpone_check_run *run, void *context) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance writers[2];
    dpone_case_remedy(run,
                      "Compare the token of write() with the one that is there, in the step that sets the "
                      "value, also for a key that nobody wrote yet.");
    if (!dpone_live_instance_open(&writers[0], &state->live)) {
        return;
    }
    if (dpone_live_instance_open(&writers[1], &state->live)) {
        expect_second_conflicts(state, writers, "new-for-both");
        if (dpone_live_state_put(&writers[0], "old-for-both", dpone_live_text("old"))) {
            expect_second_conflicts(state, writers, "old-for-both");
        }
        if (dpone_live_state_put(&writers[0], "neighbour", dpone_live_text("mine"))) {
            (void)dpone_live_state_expect_fresh(state, "a key beside them", "neighbour",
                                                dpone_live_text("mine"));
        }
        dpone_live_instance_close(&writers[1]);
    }
    dpone_live_instance_close(&writers[0]);
}

/* ---- A thousand rounds ---- */

/* Raises the counter by one from what it is. */
static int32_t raise(const struct dpone_live_instance *instance, struct dpone_error *error) {
    struct dpone_state_value before;
    struct dpone_state_change change = {.struct_size = sizeof(change)};
    char text[32] = "";
    int32_t status = dpone_live_state_try_read(instance, COUNTER, &before, error);
    if (status == DPONE_OK) {
        memcpy(text, before.value.data,
               before.value.size < sizeof(text) ? before.value.size : sizeof(text) - 1);
        (void)snprintf(text, sizeof(text), "%ld", strtol(text, NULL, 10) + 1);
        status =
            dpone_call_state_write(instance->live->connector, instance->instance, dpone_string_of(COUNTER),
                                   dpone_live_text(text), dpone_buffer_view(&before.token), &change, error);
    }
    if (status == DPONE_OK) {
        status = dpone_call_state_commit(&change, NULL, error);
        dpone_call_state_close(&change);
    }
    dpone_state_value_clear(&before);
    return status;
}

/* Half of the rounds; CONFLICT means once more. */
static int32_t raise_job(void *context, struct dpone_bytes question, FILE *answer,
                         struct dpone_error *error) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance instance;
    long conflicts = 0;
    (void)question;
    int32_t status = dpone_live_instance_try_open(&instance, &state->live, error);
    if (status != DPONE_OK) {
        return status;
    }
    for (int round = 0; round < ROUNDS / 2 && status == DPONE_OK;) {
        status = raise(&instance, error);
        round += status == DPONE_OK;
        if (status == DPONE_CONFLICT) {
            conflicts++;
            status = DPONE_OK;
        }
    }
    dpone_live_instance_close(&instance);
    (void)fprintf(answer, "%ld", conflicts);
    return status;
}

/* Both processes at once. 1 when both came to their end. */
static int race(struct dpone_live_state *state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = DPONE_OK;
    int holds = 1;
    for (size_t i = 0; i < DPONE_LIVE_OTHERS && status == DPONE_OK; i++) {
        status = dpone_fresh_begin(state->others[i], raise_job, (struct dpone_bytes){NULL, 0}, &error);
    }
    for (size_t i = 0; i < DPONE_LIVE_OTHERS && status == DPONE_OK; i++) {
        struct dpone_fresh_end end;
        char where[64];
        (void)snprintf(where, sizeof(where), "%d rounds of writer %zu", ROUNDS / 2, i + 1);
        status = dpone_fresh_await(state->others[i], &end, &error);
        holds = status == DPONE_OK &&
                dpone_expect_status(state->live.run, where, DPONE_OK, end.status, &end.error) && holds;
        dpone_fresh_end_clear(&end);
    }
    if (status != DPONE_OK) {
        dpone_check_environment(state->live.run, "two writers", &error);
    }
    return holds && status == DPONE_OK;
}

static void case_thousand_rounds(struct dpone_check_run *run, void *context) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance instance;
    char last[16];
    dpone_case_remedy(run, "Compare and set in one transaction or one request of the system.");
    if (!dpone_live_instance_open(&instance, &state->live)) {
        return;
    }
    int ready = dpone_live_state_put(&instance, COUNTER, dpone_live_text("0"));
    dpone_live_instance_close(&instance);
    (void)snprintf(last, sizeof(last), "%d", ROUNDS);
    if (ready && race(state)) {
        (void)dpone_live_state_expect_fresh(state, "a counter raised 1,000 times", COUNTER,
                                            dpone_live_text(last));
    }
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {{"second_gets_conflict", case_second_gets_conflict},
                                                   {"thousand_rounds", case_thousand_rounds}};
    dpone_live_state_run_cases(run, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct dpone_check dpone_check_state_concurrency = {
    .id = "state_concurrency",
    .title = "Two writers of one key",
    .proves = "One of two writers commits, the other gets CONFLICT, and no change is ever lost.",
    .remedy = "Compare the token and set the value in one step.",
    .group = DPONE_GROUP_STATE,
    .capabilities = DPONE_CAPABILITY_STATE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 300,
    .run = run_check,
};
