/* sink_fault_tolerance: every fault while loading gets its status; the target is the old one until it is the
 * new one, whole, and nobody is told of a success that was none. Time is virtual where the fixture
 * injects every wait. */
#include "../check.h"

#include "../crash_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TARGET "bookings"
#define OLD_FIRST 7000
#define OLD_ROWS 30
#define ROWS 240

/* Points of one operation at which a fault may strike; a load of this size has fewer. */
#define POINTS_MAXIMUM 12

/* One fault in one operation, and what the target may be. */
struct strike {
    struct dpone_live *live;
    const struct dpone_fixture_fault *fault;
    struct dpone_virtual_time *time;
    const char *old_path;
    const char *new_path;
};

static const struct dpone_live_load booking_load = {
    .target = TARGET, .key = "booking-1", .strategy = DPONE_FULL_REFRESH, .rows = ROWS};

/* ---- Steps ---- */

static int prepare(const struct strike *strike) {
    struct dpone_live *live = strike->live;
    return dpone_live_prepare_target(live, TARGET, OLD_FIRST, OLD_ROWS) &&
           dpone_live_dump_rows(live, strike->old_path, OLD_FIRST, OLD_ROWS) &&
           dpone_live_dump_rows(live, strike->new_path, 0, ROWS);
}

static int open_instance(const struct strike *strike, struct dpone_live_instance *out) {
    return dpone_live_instance_open_with(out, strike->live, dpone_option_tree_root(strike->live->options),
                                         dpone_virtual_time_functions(strike->time));
}

static int arm(const struct strike *strike, int32_t operation, int64_t skip, int64_t times) {
    const struct dpone_fixture_arming arming = {.struct_size = sizeof(arming),
                                                .fault = strike->fault->id,
                                                .operation = operation,
                                                .skip = skip,
                                                .times = times};
    return dpone_live_arm(strike->live, &arming);
}

static int64_t disarm(const struct strike *strike) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int64_t struck = 0;
    if (dpone_fixture_arm(strike->live->fixture, NULL, &struck, &error) != DPONE_OK) {
        dpone_check_environment(strike->live->run, "disarming a fault", &error);
    }
    return struck;
}

/* The status of the fault, or the one that is as good. */
static int expect_fault(const struct strike *strike, const char *where, int32_t status,
                        const struct dpone_error *error) {
    const struct dpone_fixture_fault *fault = strike->fault;
    int32_t expected = fault->other_status != 0 && status == fault->other_status ? fault->other_status
                                                                                 : fault->expected_status;
    return dpone_expect_status(strike->live->run, where, expected, status, error);
}

/* A whole load on which nothing strikes any more; it must leave exactly its rows. */
static int expect_next_load(const struct strike *strike, const char *key) {
    struct dpone_live *live = strike->live;
    struct dpone_live_load next = booking_load;
    next.key = key;
    return dpone_live_load_run(live, &next) &&
           dpone_live_expect_target(live, TARGET, "target after the next load", strike->new_path);
}

/* What was left behind is gone when its lease has run out and somebody recovers. */
static int expect_recovery(const struct strike *strike) {
    struct dpone_live *live = strike->live;
    struct dpone_live_instance instance;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_table target = {.name = dpone_string_of(TARGET)};
    if (dpone_fixture_expire_leases(live->fixture, &error) != DPONE_OK) {
        dpone_check_environment(live->run, "expiring leases", &error);
        return 0;
    }
    if (!dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    int32_t status = dpone_call_recover(live->connector, instance.instance, &target, NULL, &error);
    int holds = dpone_expect_status(live->run, "recover(target) after the fault", DPONE_OK, status, &error) &&
                dpone_live_expect_no_staging(live, "after recover(target)");
    dpone_live_instance_close(&instance);
    return holds;
}

/* ---- Faults before the publication ---- */

/* Strikes at one point: for ever when the fault is to be retried, else once, which nothing after it may cover
 * up. 0 when there is no such point any more, or the case failed. */
static int strike_stage(const struct strike *strike, int64_t point) {
    struct dpone_live *live = strike->live;
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_error error = DPONE_ERROR_INIT;
    char where[96];
    int goes_on = 0;
    if (!prepare(strike) || !open_instance(strike, &instance)) {
        return 0;
    }
    if (arm(strike, DPONE_FIXTURE_STAGE, point, strike->fault->retryable ? 0 : 1)) {
        int32_t status = dpone_live_load_try_stage(&instance, &booking_load, &load, &error);
        int64_t struck = disarm(strike);
        (void)snprintf(where, sizeof(where), "a load whose staging fails at request %lld",
                       (long long)point + 1);
        goes_on = struck > 0 && expect_fault(strike, where, status, &error) &&
                  dpone_live_expect_target(live, TARGET, "target after a load that was not published",
                                           strike->old_path);
        dpone_live_load_give_up(&load);
    }
    dpone_live_instance_close(&instance);
    return goes_on && expect_recovery(strike) && expect_next_load(strike, "booking-2");
}

static void stage_stays(const struct strike *strike) {
    dpone_case_remedy(strike->live->run,
                      "Check the answer of every request of the staging area, and report the first failure.");
    int64_t point = 0;
    while (point < POINTS_MAXIMUM && strike_stage(strike, point)) {
        point++;
    }
    (void)dpone_expect(strike->live->run, point > 0, "points at which the fault struck", "at least 1", "%lld",
                       (long long)point);
}

/* How long a fault stays that nobody counts. */
#define PASSING_MS 300

/* Strikes twice, or for a while, and goes away: the load must arrive as if nothing had been. */
static void passes(const struct strike *strike, int32_t operation) {
    struct dpone_live *live = strike->live;
    struct dpone_live_instance instance;
    struct dpone_load load;
    dpone_case_remedy(live->run, "Retry %s within limits, with the same part or the same key.",
                      strike->fault->id);
    int counts = dpone_fixture_counts_requests(live->fixture);
    const struct dpone_fixture_arming arming = {.struct_size = sizeof(arming),
                                                .fault = strike->fault->id,
                                                .operation = operation,
                                                .times = counts ? 2 : 0,
                                                .delay_ms = counts ? 0 : PASSING_MS};
    if (!prepare(strike) ||
        !(counts ? open_instance(strike, &instance) : dpone_live_instance_open(&instance, live))) {
        return;
    }
    if (dpone_live_arm(live, &arming)) {
        if (dpone_live_load_write(&instance, &booking_load, &load)) {
            if (dpone_live_load_stage(&instance, &load) &&
                dpone_live_load_publish(&instance, &booking_load, &load)) {
                (void)dpone_expect_integer(live->run, "times that the fault struck", counts ? 2 : 1,
                                           disarm(strike));
                (void)dpone_live_expect_target(live, TARGET, "target after a load in which a fault passed",
                                               strike->new_path);
            }
            dpone_call_load_close(&load);
        }
        (void)disarm(strike);
    }
    dpone_live_instance_close(&instance);
    (void)expect_recovery(strike);
}

/* ---- Faults of the publication ---- */

static void expect_resolved(const struct strike *strike, const struct dpone_live_instance *instance,
                            struct dpone_load *load) {
    struct dpone_live *live = strike->live;
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_table target = {.name = dpone_string_of(TARGET)};
    int applied = strike->fault->effect == DPONE_FIXTURE_APPLIED;
    int32_t status = dpone_call_last_published(live->connector, instance->instance, &target,
                                               dpone_string_of("certification"), &publication, &error);
    (void)dpone_expect_status(live->run, "last_published() after the fault",
                              applied ? DPONE_OK : DPONE_NOT_FOUND, status, &error);
    dpone_publication_clear(&publication);
    if (dpone_live_load_publish(instance, &booking_load, load)) {
        (void)dpone_live_expect_target(live, TARGET, "target after publish() was repeated", strike->new_path);
        (void)dpone_live_expect_no_staging(live, "after publish() was repeated");
    }
}

static void publish_stays(const struct strike *strike) {
    struct dpone_live *live = strike->live;
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_error error = DPONE_ERROR_INIT;
    int applied = strike->fault->effect == DPONE_FIXTURE_APPLIED;
    dpone_case_remedy(live->run, "Answer OUTCOME_UNKNOWN when it is not known whether the publication "
                                 "happened, and the status of the fault when it is.");
    if (!prepare(strike) || !open_instance(strike, &instance)) {
        return;
    }
    if (dpone_live_load_write(&instance, &booking_load, &load)) {
        if (dpone_live_load_stage(&instance, &load) && arm(strike, DPONE_FIXTURE_PUBLISH, 0, 0)) {
            int32_t status = dpone_live_load_try_publish(&instance, &booking_load, &load, &error);
            int64_t struck = disarm(strike);
            (void)dpone_expect(live->run, struck > 0, "times that the fault struck", "at least 1", "%lld",
                               (long long)struck);
            (void)expect_fault(strike, "publish() on which the fault stays", status, &error);
            if (!strike->fault->retryable) {
                (void)dpone_expect_integer(live->run, "attempts of what cannot pass", 1, struck);
            }
            (void)dpone_live_expect_target(live, TARGET, "target after the fault",
                                           applied ? strike->new_path : strike->old_path);
            expect_resolved(strike, &instance, &load);
        }
        dpone_call_load_close(&load);
    }
    dpone_live_instance_close(&instance);
}

/* ---- Faults while looking ---- */

static void describe_stays(const struct strike *strike) {
    struct dpone_live *live = strike->live;
    struct dpone_live_instance instance;
    struct dpone_description description = DPONE_DESCRIPTION_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_table target = {.name = dpone_string_of(TARGET)};
    dpone_case_remedy(live->run, "Report what describe() met; an answer that is not whole is none.");
    if (!prepare(strike) || !open_instance(strike, &instance)) {
        return;
    }
    if (arm(strike, DPONE_FIXTURE_DESCRIBE, 0, 0)) {
        int32_t status =
            dpone_call_describe(live->connector, instance.instance, &target, &description, &error);
        (void)disarm(strike);
        (void)expect_fault(strike, "describe() on which the fault stays", status, &error);
        dpone_description_clear(&description);
    }
    dpone_live_instance_close(&instance);
}

/* ---- A stream that fails ---- */

/* The rows end in the middle, as when the source fails: begin, some batches, abort. */
static void input_fails(const struct strike *strike, int64_t batches) {
    struct dpone_live *live = strike->live;
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_live_load partial = booking_load;
    partial.rows = batches * 40;
    partial.batch_rows = 40;
    if (!prepare(strike) || !open_instance(strike, &instance)) {
        return;
    }
    if (dpone_live_load_write(&instance, &partial, &load)) {
        (void)dpone_expect_status(live->run, "abort() after the input failed", DPONE_OK,
                                  dpone_call_load_abort(&load, &error), &error);
        dpone_call_load_close(&load);
        (void)dpone_live_expect_target(live, TARGET, "target after the input failed", strike->old_path);
        (void)dpone_live_expect_no_staging(live, "after the input failed");
    }
    dpone_live_instance_close(&instance);
    (void)expect_next_load(strike, booking_load.key);
}

static void run_input_cases(struct dpone_check_run *run, const struct strike *strike) {
    for (int64_t batches = 0; batches < 4; batches++) {
        char id[64];
        (void)snprintf(id, sizeof(id), "input_fails_at_batch_%lld", (long long)batches);
        if (dpone_case_begin(run, id)) {
            dpone_case_remedy(run, "abort() leaves the target alone, however far the load had come.");
            input_fails(strike, batches);
            dpone_case_end(run);
        }
    }
}

/* ---- System calls that fail ---- */

/* What fails, and what the sink is told to do about it. */
static const struct call_failure {
    const char *id;
    int32_t failure;
    const char *remedy;
} call_failures[] = {
    {"disk_fails", EIO,
     "Check every write and sync; after one that failed in publish() answer OUTCOME_UNKNOWN, or undo what "
     "was done."},
    {"disk_full", ENOSPC,
     "Check every write and sync; after one that failed in publish() answer OUTCOME_UNKNOWN, or undo what "
     "was done."},
    {"interrupted", EINTR, "Repeat a call that a signal interrupted, or fail before anything changed."},
    {"short_write", DPONE_CRASH_SHORT, "Write the rest when write() took a part."},
    {"connection_reset", ECONNRESET,
     "After a request was sent and its answer lost answer OUTCOME_UNKNOWN, or ask what became of it."}};

/* Points of an operation that are tried; publication always completely. */
static const struct call_phase {
    const char *suffix;
    int64_t points_maximum;
} call_phases[DPONE_CRASH_PHASE_COUNT] = {{"stage", 40}, {"publish", 2000}, {"abort", 20}, {"recover", 20}};

/* What a target may be, by the phase and the status that it ended with. */
static int allowed_target(int32_t phase, int32_t status) {
    if (phase == DPONE_CRASH_ABORT || phase == DPONE_CRASH_RECOVER) {
        return DPONE_CRASH_OLD;
    }
    return status == DPONE_OK                ? DPONE_CRASH_NEW
           : status == DPONE_OUTCOME_UNKNOWN ? DPONE_CRASH_OLD | DPONE_CRASH_NEW
                                             : DPONE_CRASH_OLD;
}

/* At every call of one operation that can fail so, or at a sample of them. */
static void calls_fail(struct dpone_crash_load *crash, struct dpone_crash_point point, int64_t calls) {
    int64_t maximum = call_phases[point.phase].points_maximum;
    int64_t chosen = calls < maximum ? calls : maximum;
    for (int64_t i = 0; i < chosen; i++) {
        struct dpone_crash_result result;
        char where[160];
        point.ordinal = dpone_crash_load_ordinal(crash->live->run->seed, i, chosen, calls);
        if (!dpone_crash_load_run(crash, &point, &result)) {
            return;
        }
        (void)snprintf(where, sizeof(where), "a load that ended with %s after call %lld, %s, failed",
                       dpone_status_name(result.status), (long long)point.ordinal, result.call);
        if (!dpone_crash_load_judge(crash, where, allowed_target(point.phase, result.status))) {
            return; /* one point says enough */
        }
    }
}

/* What a server does with its disk is its fixture's affair: these are calls of the process of the sink. */
static void run_call_cases(struct dpone_check_run *run, struct dpone_live *live) {
    struct dpone_crash_load crash;
    if (!dpone_crash_load_prepare(&crash, live, TARGET, DPONE_FULL_REFRESH, OLD_ROWS, ROWS)) {
        return;
    }
    for (size_t i = 0; i < sizeof(call_failures) / sizeof(call_failures[0]); i++) {
        for (int32_t phase = 0; phase < DPONE_CRASH_PHASE_COUNT; phase++) {
            const struct dpone_crash_point point = {.phase = phase, .failure = call_failures[i].failure};
            struct dpone_crash_result rehearsal;
            char id[48];
            (void)snprintf(id, sizeof(id), "%s.%s", call_failures[i].id, call_phases[phase].suffix);
            if (!dpone_crash_load_rehearse(&crash, phase, point.failure, &rehearsal)) {
                return;
            }
            if (rehearsal.calls[phase] > 0 && dpone_case_begin(run, id)) {
                dpone_case_remedy(run, "%s", call_failures[i].remedy);
                calls_fail(&crash, point, rehearsal.calls[phase]);
                dpone_case_end(run);
            }
        }
    }
}

/* ---- All of it ---- */

static void stage_passes(const struct strike *strike) {
    passes(strike, DPONE_FIXTURE_STAGE);
}

static void publish_passes(const struct strike *strike) {
    passes(strike, DPONE_FIXTURE_PUBLISH);
}

static const struct {
    const char *suffix;
    int32_t operation;
    int only_retryable;
    void (*function)(const struct strike *strike);
} rows[] = {
    {"stage.passes", DPONE_FIXTURE_STAGE, 1, stage_passes},
    {"stage.stays", DPONE_FIXTURE_STAGE, 0, stage_stays},
    {"publish.passes", DPONE_FIXTURE_PUBLISH, 1, publish_passes},
    {"publish.stays", DPONE_FIXTURE_PUBLISH, 0, publish_stays},
    {"describe.stays", DPONE_FIXTURE_DESCRIBE, 0, describe_stays},
};

static void run_fault(struct dpone_check_run *run, const struct strike *strike) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char id[128];
        (void)snprintf(id, sizeof(id), "%s.%s", strike->fault->id, rows[i].suffix);
        if ((strike->fault->operations & rows[i].operation) &&
            (!rows[i].only_retryable || strike->fault->retryable == 1) && dpone_case_begin(run, id)) {
            rows[i].function(strike);
            dpone_case_end(run);
        }
    }
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    struct strike strike = {.live = &live, .time = dpone_virtual_time_new()};
    if (strike.time != NULL && dpone_live_open(&live, run, DPONE_LIVE_SINK)) {
        const struct dpone_fixture_facts *facts = dpone_fixture_facts(live.fixture);
        char old_path[4096];
        char new_path[4096];
        (void)snprintf(old_path, sizeof(old_path), "%s/old.dump", run->directory);
        (void)snprintf(new_path, sizeof(new_path), "%s/new.dump", run->directory);
        strike.old_path = old_path;
        strike.new_path = new_path;
        run_input_cases(run, &strike);
        for (size_t i = 0; i < facts->fault_count; i++) {
            strike.fault = &facts->faults[i];
            run_fault(run, &strike);
        }
        if (live.connector->sink != NULL && (live.connector->sink->strategies >> DPONE_FULL_REFRESH & 1u)) {
            run_call_cases(run, &live);
        }
        dpone_live_close(&live);
    }
    dpone_virtual_time_free(strike.time);
}

const struct dpone_check dpone_check_sink_fault_tolerance = {
    .id = "sink_fault_tolerance",
    .title = "Faults while loading",
    .proves = "Every fault gets its status, the target is intact, and nothing reports a false success.",
    .remedy = "Check every write, and answer OUTCOME_UNKNOWN when the acknowledgement of a publication is "
              "lost.",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 600,
    .run = run_check,
};
