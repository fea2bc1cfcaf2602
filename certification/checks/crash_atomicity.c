/* crash_atomicity: a load that is killed at any system call of stage(), publish(), abort() or recover()
 * leaves the old target or the new one, the position agrees with it, and the next run succeeds and cleans up.
 */
#include "../check.h"

#include "../crash_load.h"
#include "../recorder.h"

#include <stdio.h>

#define TARGET "accounts"
#define OLD_ROWS 50
#define ROWS 1000

/* One row a phase. Phases of which the first strategy says everything are tried with it alone. */
static const struct phase {
    const char *suffix;
    const char *operation;
    const char *remedy;
    int64_t points_maximum; /* more are sampled */
    int32_t rehearsal;      /* the phase whose run counts the calls */
    int of_each_strategy;
} phases[DPONE_CRASH_PHASE_COUNT] = {
    {"killed_in_stage", "stage()", "Write to staging only; let recover() remove what a dead load left.", 60,
     DPONE_CRASH_STAGE, 1},
    {"killed_in_publish", "publish()",
     "Change rows and position in one transaction, one rename or one request.", 2000, DPONE_CRASH_STAGE, 1},
    {"killed_in_abort", "abort()", "Let recover() finish what an abort() began.", 60, DPONE_CRASH_ABORT, 0},
    {"killed_in_recover", "recover()", "Let the next recover() finish what a dead one began.", 60,
     DPONE_CRASH_RECOVER, 0}};

static int check_point(struct dpone_crash_load *crash, int32_t phase, int64_t ordinal) {
    const struct dpone_crash_point point = {.phase = phase, .ordinal = ordinal};
    struct dpone_crash_result result;
    char where[160];
    if (!dpone_crash_load_run(crash, &point, &result)) {
        return 0;
    }
    (void)snprintf(where, sizeof(where), "killed at call %lld of %s, %s", (long long)ordinal,
                   phases[phase].operation, result.call);
    return dpone_crash_load_judge(
        crash, where, phase == DPONE_CRASH_PUBLISH ? DPONE_CRASH_OLD | DPONE_CRASH_NEW : DPONE_CRASH_OLD);
}

/* ---- Which points ---- */

/* `points` receives how many there are, and how many are tried: all, or a sample that the seed chooses. */
static void check_phase(struct dpone_crash_load *crash, int32_t phase, int64_t count, json_t *points) {
    struct dpone_check_run *run = crash->live->run;
    int64_t maximum = phases[phase].points_maximum;
    int64_t chosen = count < maximum ? count : maximum;
    (void)json_array_append_new(points, json_pack("{s:s, s:I, s:I}", "operation", phases[phase].operation,
                                                  "points", (json_int_t)count, "tried", (json_int_t)chosen));
    (void)dpone_expect(run, count > 0, "system calls of the operation", "at least 1", "none");
    for (int64_t i = 0; i < chosen; i++) {
        int64_t ordinal = dpone_crash_load_ordinal(run->seed, i, chosen, count);
        if (!check_point(crash, phase, ordinal)) {
            return; /* one point says enough; the others would say the same */
        }
    }
}

/* The strategies whose publication changes rows in ways of its own. */
static const struct {
    const char *name;
    int32_t strategy;
} strategies[] = {{"full_refresh", DPONE_FULL_REFRESH}, {"incremental_append", DPONE_INCREMENTAL_APPEND}};

/* Opens case `<strategy>.<suffix>`. */
static int begin_case(struct dpone_check_run *run, const char *strategy, const char *suffix) {
    char id[64];
    (void)snprintf(id, sizeof(id), "%s.%s", strategy, suffix);
    return dpone_case_begin(run, id);
}

static void run_strategy(struct dpone_crash_load *crash, const char *name, int is_first, json_t *points) {
    struct dpone_check_run *run = crash->live->run;
    for (int32_t phase = 0; phase < DPONE_CRASH_PHASE_COUNT; phase++) {
        struct dpone_crash_result rehearsal;
        if (!phases[phase].of_each_strategy && !is_first) {
            continue;
        }
        if (!dpone_crash_load_rehearse(crash, phases[phase].rehearsal, 0, &rehearsal)) {
            return;
        }
        if (begin_case(run, name, phases[phase].suffix)) {
            dpone_case_remedy(run, "%s", phases[phase].remedy);
            check_phase(crash, phase, rehearsal.calls[phase], points);
            dpone_case_end(run);
        }
    }
    if (begin_case(run, name, "killed_when_done")) {
        dpone_case_remedy(run, "Repeating a load with its key changes nothing.");
        (void)check_point(crash, DPONE_CRASH_PUBLISH, -1);
        dpone_case_end(run);
    }
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    struct dpone_crash_load crash;
    if (!dpone_live_open(&live, run, DPONE_LIVE_SINK)) {
        return;
    }
    int is_first = 1;
    json_t *points = json_array();
    uint32_t declared = live.connector->sink == NULL ? 0 : live.connector->sink->strategies;
    for (size_t i = 0; i < sizeof(strategies) / sizeof(strategies[0]); i++) {
        if ((declared >> strategies[i].strategy & 1u) &&
            dpone_crash_load_prepare(&crash, &live, TARGET, strategies[i].strategy, OLD_ROWS, ROWS)) {
            run_strategy(&crash, strategies[i].name, is_first, points);
            is_first = 0;
        }
    }
    dpone_recorder_note(run->recorder, "crash_points", points);
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_crash_atomicity = {
    .id = "crash_atomicity",
    .title = "Killed at any moment",
    .proves = "Killed at any system call, the target is the old or the new one, and the next run succeeds.",
    .remedy = "Publish data and position in one transaction, and clean up in recover().",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 600,
    .run = run_check,
};
