/* state_commit_after_success: a change shows to nobody before commit(), and a pipeline commits it after the
 * rows it speaks of were published. */
#include "../check.h"

#include "../live_pipeline.h"
#include "../live_state.h"

#include <stdio.h>
#include <string.h>

#define TABLE "orders"
#define FIRST_ROWS 40
#define ROWS 90

/* ---- One change ---- */

/* Before commit() nobody sees the change, after it everybody. `key` holds `before`. */
static void expect_commit_shows(struct dpone_live_state *state, const struct dpone_live_instance *writer,
                                const char *key, struct dpone_bytes before) {
    struct dpone_bytes after = dpone_live_text("after");
    struct dpone_state_change change;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_state_prepare(writer, key, after, &change)) {
        return;
    }
    (void)dpone_live_state_expect_fresh(state, "a new process, before commit()", key, before);
    (void)dpone_live_state_expect_here(state, writer, "the writer, before commit()", key, before);
    int32_t status = dpone_call_state_commit(&change, NULL, &error);
    if (dpone_expect_status(state->live.run, "commit()", DPONE_OK, status, &error)) {
        (void)dpone_live_state_expect_fresh(state, "a new process, after commit()", key, after);
        (void)dpone_live_state_expect_here(state, writer, "the writer, after commit()", key, after);
    }
    dpone_call_state_close(&change);
}

static void case_invisible_until_commit(struct dpone_check_run *run, void *context) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance writer;
    struct dpone_bytes before = dpone_live_text("before");
    dpone_case_remedy(run, "Keep a change in memory, or in a transaction, until commit().");
    if (!dpone_live_instance_open(&writer, &state->live)) {
        return;
    }
    expect_commit_shows(state, &writer, "new", DPONE_LIVE_ABSENT);
    if (dpone_live_state_put(&writer, "old", before)) {
        expect_commit_shows(state, &writer, "old", before);
    }
    dpone_live_instance_close(&writer);
}

/* commit() says what is there now, with the token for the next change. */
static void case_commit_answers_current(struct dpone_check_run *run, void *context) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance writer;
    struct dpone_state_change change;
    struct dpone_state_value current = DPONE_STATE_VALUE_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_case_remedy(run, "Fill `current` with value and token after a commit, as read() would.");
    if (!dpone_live_instance_open(&writer, &state->live)) {
        return;
    }
    if (dpone_live_state_prepare(&writer, "current", dpone_live_text("one"), &change)) {
        int32_t status = dpone_call_state_commit(&change, &current, &error);
        dpone_call_state_close(&change);
        change = (struct dpone_state_change){.struct_size = sizeof(change)};
        if (dpone_expect_status(run, "commit() with `current`", DPONE_OK, status, &error) &&
            dpone_live_state_expect_bytes(state, "`current` after commit()", dpone_live_text("one"),
                                          dpone_buffer_view(&current.value))) {
            status = dpone_call_state_write(state->live.connector, writer.instance,
                                            dpone_string_of("current"), dpone_live_text("two"),
                                            dpone_buffer_view(&current.token), &change, &error);
            status = status == DPONE_OK ? dpone_call_state_commit(&change, NULL, &error) : status;
            (void)dpone_expect_status(run, "a change from the token of `current`", DPONE_OK, status, &error);
            dpone_call_state_close(&change);
        }
    }
    dpone_state_value_clear(&current);
    dpone_live_instance_close(&writer);
}

/* ---- A whole pipeline ---- */

/* What the hook of a run looks at. */
struct trace {
    struct dpone_live_state *state;
    struct dpone_bytes before; /* the value until this run commits */
    int published;             /* publish() has returned */
    int committed;
    int looked; /* times that a new process read the state */
};

/* Around every step from the publication on, the state is what it was until its commit has returned. */
static int32_t look(void *context, const struct dpone_step_event *event, struct dpone_error *error) {
    struct trace *trace = context;
    char where[96];
    (void)error;
    if (event->step < DPONE_STEP_STAGE) {
        return event->status;
    }
    if (event->phase == DPONE_STEP_AFTER && event->status == DPONE_OK) {
        trace->published |= event->step == DPONE_STEP_PUBLISH;
        trace->committed |= event->step == DPONE_STEP_STATE_COMMIT;
    }
    if (trace->committed) {
        (void)dpone_expect(trace->state->live.run, trace->published, "order of the steps",
                           "publish before state_commit", "state_commit first");
        return event->status;
    }
    (void)snprintf(where, sizeof(where), "a new process, %s %s",
                   event->phase == DPONE_STEP_BEFORE ? "before" : "after", dpone_step_name(event->step));
    (void)dpone_live_state_expect_fresh(trace->state, where, TABLE, trace->before);
    trace->looked++;
    return event->status;
}

/* One run of the pipeline over the rows there are by now. 1 when it went well. */
static int traced_run(struct trace *trace, struct dpone_bytes before) {
    struct dpone_live *live = &trace->state->live;
    const struct dpone_live_pipeline pipeline = {
        .side = DPONE_LIVE_STATE, .table = TABLE, .hook = look, .hook_context = trace};
    struct dpone_live_outcome outcome;
    *trace = (struct trace){.state = trace->state, .before = before};
    if (!dpone_live_pipeline_run(&outcome, live, &pipeline)) {
        return 0;
    }
    int holds = dpone_expect_status(live->run, "dpone run", DPONE_OK, outcome.status, &outcome.error) &&
                dpone_expect(live->run, trace->committed && trace->looked > 0, "steps of the run",
                             "publish and state_commit", "no state_commit");
    dpone_live_outcome_clear(&outcome);
    return holds;
}

/* The state is the position that the sink recorded with the rows. */
static int read_state_job_holds(struct dpone_live_state *state, struct dpone_state_value *out,
                                const struct dpone_live_instance *instance) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_live_state_try_read(instance, TABLE, out, &error);
    return dpone_expect_status(state->live.run, "read of the pipeline's key", DPONE_OK, status, &error) &&
           dpone_expect(state->live.run, out->exists, "state after a run", "a position", "no value");
}

static void case_publish_precedes_commit(struct dpone_check_run *run, void *context) {
    struct dpone_live_state *state = context;
    struct trace trace = {.state = state};
    struct dpone_live_instance instance;
    struct dpone_state_value first = DPONE_STATE_VALUE_INIT;
    dpone_case_remedy(run, "Change the system in commit() alone: a pipeline calls it after publish().");
    if (!dpone_live_fill_reference(&state->live, TABLE, FIRST_ROWS) ||
        !traced_run(&trace, DPONE_LIVE_ABSENT) || !dpone_live_instance_open(&instance, &state->live)) {
        return;
    }
    if (read_state_job_holds(state, &first, &instance) &&
        dpone_live_fill_reference(&state->live, TABLE, ROWS) &&
        traced_run(&trace, dpone_buffer_view(&first.value))) {
        struct dpone_state_value second = DPONE_STATE_VALUE_INIT;
        (void)read_state_job_holds(state, &second, &instance);
        (void)dpone_expect(run,
                           second.value.size != first.value.size ||
                               memcmp(second.value.data, first.value.data, first.value.size) != 0,
                           "state after a run with new rows", "another position", "the one before");
        dpone_state_value_clear(&second);
    }
    dpone_state_value_clear(&first);
    dpone_live_instance_close(&instance);
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {{"invisible_until_commit", case_invisible_until_commit},
                                                   {"commit_answers_current", case_commit_answers_current},
                                                   {"publish_precedes_commit", case_publish_precedes_commit}};
    dpone_live_state_run_cases(run, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct dpone_check dpone_check_state_commit_after_success = {
    .id = "state_commit_after_success",
    .title = "State after publication",
    .proves = "A change is visible only after commit(), and the commit follows the publication.",
    .remedy = "Write nothing that others can see before commit().",
    .group = DPONE_GROUP_STATE,
    .capabilities = DPONE_CAPABILITY_STATE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 120,
    .run = run_check,
};
