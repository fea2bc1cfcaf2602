/* state_no_advance_after_failure: a run that fails or is killed before its state commit leaves the state byte
 * for byte as it was, and so does a run without new rows; the next run brings rows and state to where they
 * belong. */
#include "../check.h"

#include "../crash_point.h"
#include "../live_pipeline.h"
#include "../live_state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define FIRST_ROWS 30
#define ROWS_PER_RUN 7

/* ---- Runs, each in a new process ---- */

/* Where a run ends; a step beyond the last one: nowhere. */
struct stop {
    int32_t step;
    int32_t phase;
    int32_t kill;      /* 1: SIGKILL, 0: the step fails */
    const char *table; /* static: it is there in the new process too */
};

static int32_t stop_here(void *context, const struct dpone_step_event *event, struct dpone_error *error) {
    const struct stop *stop = context;
    if (event->step != stop->step || event->phase != stop->phase) {
        return event->status;
    }
    if (stop->kill) {
        (void)raise(SIGKILL);
    }
    return dpone_error_set(error, DPONE_UNAVAILABLE, "the check made this step fail");
}

/* The question is a struct stop. */
static int32_t run_job(void *context, struct dpone_bytes question, FILE *answer, struct dpone_error *error) {
    struct dpone_live_state *state = context;
    struct stop stop;
    struct dpone_live_outcome outcome;
    (void)answer;
    memcpy(&stop, question.data, sizeof(stop));
    const struct dpone_live_pipeline pipeline = {
        .side = DPONE_LIVE_STATE, .table = stop.table, .hook = stop_here, .hook_context = &stop};
    if (!dpone_live_pipeline_run(&outcome, &state->live, &pipeline)) {
        return dpone_error_set(error, DPONE_INTERNAL, "the pipeline did not start");
    }
    int32_t status = outcome.status;
    *error = outcome.error;
    dpone_live_outcome_clear(&outcome);
    return status;
}

/* What a pipeline of its own did, and what its key, named after its table, holds. */
struct history {
    struct dpone_live_state *state;
    const char *table;
    int64_t rows;              /* of the source by now */
    struct dpone_buffer value; /* after the last run that succeeded */
};

static int run_once(const struct history *history, const char *where, struct stop stop) {
    struct dpone_fresh_end end;
    stop.table = history->table;
    const struct dpone_bytes question = {(const uint8_t *)&stop, sizeof(stop)};
    struct dpone_check_run *check = history->state->live.run;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_fresh_ask(history->state->others[0], run_job, question, &end, &error) != DPONE_OK) {
        dpone_check_environment(check, "a new process", &error);
        return 0;
    }
    int32_t wanted = stop.step == DPONE_STEP_COUNT ? DPONE_OK : DPONE_UNAVAILABLE;
    int holds = stop.kill ? dpone_expect_integer(check, where, SIGKILL, end.signal)
                          : dpone_expect_status(check, where, wanted, end.status, &end.error);
    dpone_fresh_end_clear(&end);
    return holds;
}

static int add_rows(struct history *history, int64_t rows) {
    history->rows += rows;
    return dpone_live_fill_reference(&history->state->live, history->table, history->rows);
}

/* The value of the pipeline's key, now. */
static int note_value(struct history *history) {
    struct dpone_live_instance instance;
    struct dpone_state_value value;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_instance_open(&instance, &history->state->live)) {
        return 0;
    }
    int32_t status = dpone_live_state_try_read(&instance, history->table, &value, &error);
    int holds =
        dpone_expect_status(history->state->live.run, "read of the pipeline's key", DPONE_OK, status,
                            &error) &&
        dpone_expect(history->state->live.run, value.exists, "state after a run", "a position", "no value");
    dpone_buffer_clear(&history->value);
    history->value = value.value;
    value.value = (struct dpone_buffer)DPONE_BUFFER_INIT;
    dpone_state_value_clear(&value);
    dpone_live_instance_close(&instance);
    return holds;
}

/* A run that nothing stops, and what must be true after it. */
static int good_run(struct history *history, const char *where) {
    struct dpone_live *live = &history->state->live;
    const char *expected = dpone_live_path(live, "expected.dump");
    const char *observed = dpone_live_path(live, "observed.dump");
    struct dpone_digest digest = {{0}};
    char target[64];
    int64_t rows = 0;
    (void)snprintf(target, sizeof(target), "%s" DPONE_LIVE_PUBLISHED, history->table);
    return run_once(history, where, (struct stop){.step = DPONE_STEP_COUNT}) && note_value(history) &&
           dpone_live_dump_rows(live, expected, 0, history->rows) &&
           dpone_live_dump_reference(live, target, observed, &rows, &digest) &&
           dpone_expect_dump(live->run, where, expected, observed, DPONE_COMPARE_AS_MULTISET);
}

/* A pipeline that has run once. */
static int begin_history(struct history *out, struct dpone_live_state *state, const char *table) {
    *out = (struct history){.state = state, .table = table, .value = DPONE_BUFFER_INIT};
    return add_rows(out, FIRST_ROWS) && good_run(out, "the first run");
}

static int expect_unchanged(const struct history *history, const char *where) {
    return dpone_live_state_expect_fresh(history->state, where, history->table,
                                         dpone_buffer_view(&history->value));
}

/* ---- Cases of pipelines ---- */

/* New rows, a run that ends at the point, the state as before, and a run that brings everything in order. */
static int stop_at(struct history *history, struct stop stop) {
    char where[96];
    (void)snprintf(where, sizeof(where), "state after a run that %s %s %s",
                   stop.kill ? "was killed" : "failed", stop.phase == DPONE_STEP_BEFORE ? "before" : "after",
                   dpone_step_name(stop.step));
    return add_rows(history, ROWS_PER_RUN) && run_once(history, where, stop) &&
           expect_unchanged(history, where) && good_run(history, "the run after it");
}

/* Every step of a run with rows, up to where the state commit begins. */
static void stop_at_every_step(struct dpone_live_state *state, const char *table, int32_t kill) {
    struct history history;
    int holds = begin_history(&history, state, table);
    for (int32_t step = DPONE_STEP_OPEN; step <= DPONE_STEP_STATE_COMMIT && holds; step++) {
        for (int32_t phase = DPONE_STEP_BEFORE; phase <= DPONE_STEP_AFTER && holds; phase++) {
            int skipped =
                step == DPONE_STEP_STATE_ADVANCE || step == DPONE_STEP_GATES || step == DPONE_STEP_RESOLVE;
            int committed = step == DPONE_STEP_STATE_COMMIT && phase == DPONE_STEP_AFTER;
            holds = skipped || committed ||
                    stop_at(&history, (struct stop){.step = step, .phase = phase, .kill = kill});
        }
    }
    dpone_buffer_clear(&history.value);
}

static void case_failed_runs(struct dpone_check_run *check, void *context) {
    dpone_case_remedy(check,
                      "Change the system in commit() alone, which comes after everything that can fail.");
    stop_at_every_step(context, "failed_runs", 0);
}

static void case_killed_runs(struct dpone_check_run *check, void *context) {
    dpone_case_remedy(check, "Leave nothing behind that a later process would take for the state.");
    stop_at_every_step(context, "killed_runs", 1);
}

static void case_zero_row_run(struct dpone_check_run *check, void *context) {
    struct history history;
    dpone_case_remedy(check,
                      "Write nothing but in commit(): opening, reading and closing leave every key alone.");
    if (begin_history(&history, context, "zero_rows") &&
        expect_unchanged(&history, "state that was only read") &&
        run_once(&history, "a run without new rows", (struct stop){.step = DPONE_STEP_COUNT}) &&
        expect_unchanged(&history, "state after a run without new rows") &&
        add_rows(&history, ROWS_PER_RUN)) {
        (void)good_run(&history, "the run after it");
    }
    dpone_buffer_clear(&history.value);
}

/* ---- Cases of one change ---- */

static const char key[] = "given-up";

/* A process that ends with a change under way; the question says by SIGKILL or by leaving. */
static int32_t leave_job(void *context, struct dpone_bytes question, FILE *answer,
                         struct dpone_error *error) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance instance;
    struct dpone_state_change change;
    (void)answer;
    int32_t status = dpone_live_instance_try_open(&instance, &state->live, error);
    if (status == DPONE_OK) {
        status = dpone_live_state_try_prepare(&instance, key, dpone_live_text("killed"), &change, error);
    }
    if (status == DPONE_OK && question.data[0] == 'k') {
        (void)raise(SIGKILL);
    }
    return status;
}

static void expect_leaving_keeps(struct dpone_live_state *state, const char *where, const char *how,
                                 struct dpone_bytes before) {
    struct dpone_fresh_end end;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_fresh_ask(state->others[0], leave_job, dpone_live_text(how), &end, &error) != DPONE_OK) {
        dpone_check_environment(state->live.run, "a new process", &error);
        return;
    }
    (void)dpone_live_state_expect_fresh(state, where, key, before);
    dpone_fresh_end_clear(&end);
}

static void expect_giving_up_keeps(struct dpone_live_state *state, const struct dpone_live_instance *writer,
                                   struct dpone_bytes before) {
    struct dpone_state_change change;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_live_state_prepare(writer, key, dpone_live_text("rolled back"), &change)) {
        for (int i = 0; i < 2; i++) {
            int32_t status = dpone_call_state_rollback(&change, &error);
            (void)dpone_expect_status(state->live.run, i == 0 ? "rollback()" : "rollback() once more",
                                      DPONE_OK, status, &error);
        }
        dpone_call_state_close(&change);
        (void)dpone_live_state_expect_fresh(state, "after rollback()", key, before);
    }
    if (dpone_live_state_prepare(writer, key, dpone_live_text("closed"), &change)) {
        dpone_call_state_close(&change);
        (void)dpone_live_state_expect_fresh(state, "after close without commit()", key, before);
    }
    expect_leaving_keeps(state, "after a process that left with a change under way", "leave", before);
    expect_leaving_keeps(state, "after a process that was killed with a change under way", "kill", before);
}

static void case_given_up_changes(struct dpone_check_run *check, void *context) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance writer;
    struct dpone_state_change change;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_case_remedy(check,
                      "Forget a change that is rolled back or closed; undo nothing that was committed.");
    if (!dpone_live_instance_open(&writer, &state->live)) {
        return;
    }
    expect_giving_up_keeps(state, &writer, DPONE_LIVE_ABSENT);
    if (dpone_live_state_put(&writer, key, dpone_live_text("kept"))) {
        expect_giving_up_keeps(state, &writer, dpone_live_text("kept"));
    }
    if (dpone_live_state_prepare(&writer, key, dpone_live_text("committed"), &change)) {
        int32_t status = dpone_call_state_commit(&change, NULL, &error);
        (void)dpone_expect_status(check, "commit()", DPONE_OK, status, &error);
        (void)dpone_call_state_rollback(&change, NULL);
        dpone_call_state_close(&change);
        (void)dpone_live_state_expect_fresh(state, "after rollback() behind a commit()", key,
                                            dpone_live_text("committed"));
    }
    dpone_live_instance_close(&writer);
}

/* ---- System calls of write() and commit() ---- */

/* The phases under which their calls are counted. */
enum { IN_WRITE = DPONE_CRASH_STAGE, IN_COMMIT = DPONE_CRASH_PUBLISH };

static const char crash_key[] = "crash";

static int write_and_commit(struct dpone_crash_self *self, void *context) {
    struct dpone_live_state *state = context;
    struct dpone_live_instance instance;
    struct dpone_state_value before;
    struct dpone_state_change change = {.struct_size = sizeof(change)};
    if (dpone_live_instance_try_open(&instance, &state->live, NULL) != DPONE_OK ||
        dpone_live_state_try_read(&instance, crash_key, &before, NULL) != DPONE_OK ||
        !dpone_crash_enter(self, IN_WRITE)) {
        return 0;
    }
    int32_t status =
        dpone_call_state_write(state->live.connector, instance.instance, dpone_string_of(crash_key),
                               dpone_live_text("after"), dpone_buffer_view(&before.token), &change, NULL);
    if (status == DPONE_OK && dpone_crash_enter(self, IN_COMMIT)) {
        status = dpone_call_state_commit(&change, NULL, NULL);
    }
    dpone_crash_tell(self, status);
    return 1;
}

/* The key holds "before"; then the process runs until its point. */
static int run_until(struct dpone_live_state *state, const struct dpone_crash_point *point,
                     struct dpone_crash_result *out) {
    struct dpone_live_instance instance;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_instance_open(&instance, &state->live)) {
        return 0;
    }
    int holds = dpone_live_state_put(&instance, crash_key, dpone_live_text("before"));
    dpone_live_instance_close(&instance);
    if (!holds) {
        return 0;
    }
    if (dpone_crash_point_run(out, point, write_and_commit, state, &error) != DPONE_OK) {
        dpone_check_environment(state->live.run, "a process to kill", &error);
        return 0;
    }
    if (out->end == DPONE_CRASH_UNWATCHED) {
        dpone_case_skip(state->live.run, "no system-call filter here: %s", out->message);
        return 0;
    }
    return dpone_expect(state->live.run, out->end != DPONE_CRASH_FAILED, "a change that runs until its point",
                        "it gets there", "it ended by itself %s", out->message);
}

/* A definite answer is true; without one, in commit(), the value is the one before or the one after. */
static int judge(struct dpone_live_state *state, const struct dpone_crash_point *point,
                 const struct dpone_crash_result *result) {
    struct dpone_bytes before = dpone_live_text("before");
    struct dpone_bytes after = dpone_live_text("after");
    int is_done = result->end == DPONE_CRASH_DONE && result->status == DPONE_OK;
    int is_unknown = point->phase == IN_COMMIT &&
                     (result->end == DPONE_CRASH_KILLED || result->status == DPONE_OUTCOME_UNKNOWN);
    char where[160];
    (void)snprintf(where, sizeof(where), "%s call %lld of %s, %s: it answered %s",
                   point->failure == 0 ? "killed at" : "after a failing", (long long)point->ordinal,
                   point->phase == IN_WRITE ? "write()" : "commit()", result->call,
                   result->end == DPONE_CRASH_KILLED ? "nothing" : dpone_status_name(result->status));
    return dpone_live_state_expect_fresh_either(state, where, crash_key, is_done ? after : before,
                                                is_unknown || is_done ? after : before);
}

/* Every point of write() and of commit(); each run begins with a change that must succeed. */
static void try_every_call(struct dpone_live_state *state, int32_t failure) {
    for (int32_t phase = IN_WRITE; phase <= IN_COMMIT; phase++) {
        struct dpone_crash_point point = {.phase = phase, .ordinal = -1, .failure = failure};
        struct dpone_crash_result rehearsal;
        int holds = run_until(state, &point, &rehearsal) &&
                    dpone_expect_status(state->live.run, "a change that nobody disturbs", DPONE_OK,
                                        rehearsal.status, NULL);
        for (point.ordinal = 0; holds && point.ordinal < rehearsal.calls[phase]; point.ordinal++) {
            struct dpone_crash_result result;
            holds = run_until(state, &point, &result) && judge(state, &point, &result);
        }
    }
}

static void case_killed_calls(struct dpone_check_run *check, void *context) {
    dpone_case_remedy(check, "Change the value in one transaction, one rename or one request.");
    try_every_call(context, 0);
}

static void case_failing_calls(struct dpone_check_run *check, void *context) {
    static const int32_t failures[] = {EIO, ENOSPC, EINTR, DPONE_CRASH_SHORT, ECONNRESET};
    dpone_case_remedy(check,
                      "Check every call; after one that failed in commit() answer OUTCOME_UNKNOWN, or undo "
                      "what was done.");
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        try_every_call(context, failures[i]);
    }
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {
        {"zero_row_run", case_zero_row_run}, {"failed_runs", case_failed_runs},
        {"killed_runs", case_killed_runs},   {"given_up_changes", case_given_up_changes},
        {"killed_calls", case_killed_calls}, {"failing_calls", case_failing_calls}};
    dpone_live_state_run_cases(run, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct dpone_check dpone_check_state_no_advance_after_failure = {
    .id = "state_no_advance_after_failure",
    .title = "State stays after a failure",
    .proves = "After a failed, killed or empty run the state is byte for byte what it was.",
    .remedy = "Roll back everything that was not committed.",
    .group = DPONE_GROUP_STATE,
    .capabilities = DPONE_CAPABILITY_STATE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 600,
    .run = run_check,
};
