/* staging_first_load: nothing of a load is visible before publish(), all of it after, and no staging stays
 * behind. */
#include "../check.h"

#include "../live.h"
#include "../steady.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TARGET "ledger"
#define OLD_FIRST 100000
#define OLD_ROWS 40
#define ROWS 260
#define READER_ROWS 2000

/* More than any page or part that a connector moves at once should hold. */
#define STAGED_ROWS 12000

#define LEAK_ROUNDS 20
#define LEAK_BYTES_PER_ROUND 512

static const struct dpone_live_load standard_load = {
    .target = TARGET, .key = "staging-first", .strategy = DPONE_FULL_REFRESH, .first_row = 0, .rows = ROWS};

/* The target as it was before the load. */
struct before {
    struct dpone_live *live;
    const char *path;
};

static int prepare(struct dpone_live *live, struct before *before) {
    before->live = live;
    before->path = dpone_live_path(live, "before.dump");
    return dpone_live_prepare_target(live, TARGET, OLD_FIRST, OLD_ROWS) &&
           dpone_live_observe(live, TARGET, before->path, NULL);
}

static int expect_unchanged(const struct before *before, const char *where) {
    const char *observed = dpone_live_path(before->live, "observed.dump");
    return dpone_live_observe(before->live, TARGET, observed, NULL) &&
           dpone_expect_dump(before->live->run, where, before->path, observed, DPONE_COMPARE_IN_ORDER);
}

static int unchanged_after_batch(void *context, int64_t batch) {
    char where[96];
    (void)snprintf(where, sizeof(where),
                   batch < 0 ? "target after begin(), before publish()"
                             : "target after write(batch %lld), before publish()",
                   (long long)batch);
    return expect_unchanged(context, where);
}

/* ---- Cases ---- */

static void case_invisible_until_publish(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct before before;
    struct dpone_live_instance instance;
    struct dpone_load load;
    const char *expected = dpone_live_path(live, "expected.dump");
    dpone_case_remedy(run, "Write batches to staging; only publish() may touch the target.");
    if (!prepare(live, &before) || !dpone_live_dump_rows(live, expected, 0, ROWS) ||
        !dpone_live_instance_open(&instance, live)) {
        return;
    }
    struct dpone_live_load request = standard_load;
    request.after_batch = unchanged_after_batch;
    request.context = &before;
    if (dpone_live_load_write(&instance, &request, &load)) {
        if (dpone_live_load_stage(&instance, &load) &&
            expect_unchanged(&before, "target after stage(), before publish()") &&
            dpone_live_load_publish(&instance, &request, &load)) {
            (void)dpone_live_expect_target(live, TARGET, "target after publish()", expected);
            (void)dpone_live_expect_no_staging(live, "after publish()");
        }
        dpone_call_load_close(&load);
    }
    dpone_live_instance_close(&instance);
}

/* Streams what is staged into a dump. */
static int dump_staged(struct dpone_live *live, struct dpone_load *load, const char *path) {
    struct ArrowArrayStream stream = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_expect_status(live->run, "open_staged()", DPONE_OK,
                             dpone_call_load_open_staged(load, &stream, &error), &error)) {
        return 0;
    }
    FILE *file = fopen(path, "w");
    int32_t status = file == NULL ? dpone_error_set(&error, DPONE_IO, "cannot write %s", path)
                                  : dpone_canonical_dump_stream(file, &stream, NULL, NULL, &error);
    if (file != NULL) {
        (void)fclose(file);
    }
    stream.release(&stream);
    return dpone_expect_status(live->run, "stream of open_staged()", DPONE_OK, status, &error);
}

static void case_staged_equals_input(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct before before;
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_live_load request = standard_load;
    const char *expected = dpone_live_path(live, "expected.dump");
    const char *staged = dpone_live_path(live, "staged.dump");
    dpone_case_remedy(run, "open_staged() must read back from the system exactly what write() was given.");
    request.rows = STAGED_ROWS;
    request.batch_rows = 1000;
    if (!prepare(live, &before) || !dpone_live_dump_rows(live, expected, 0, STAGED_ROWS) ||
        !dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (dpone_live_load_write(&instance, &request, &load)) {
        if (dpone_live_load_stage(&instance, &load) && dump_staged(live, &load, staged) &&
            dpone_expect_dump(run, "open_staged()", expected, staged, DPONE_COMPARE_AS_MULTISET) &&
            dpone_live_load_publish(&instance, &request, &load)) {
            (void)dpone_live_expect_target(live, TARGET, "target, compared with what was staged", staged);
        }
        dpone_call_load_close(&load);
    }
    dpone_live_instance_close(&instance);
}

static void case_abort_leaves_nothing(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct before before;
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_case_remedy(run, "abort() removes the staging area of its load and leaves the target alone.");
    if (!prepare(live, &before) || !dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (dpone_live_load_write(&instance, &standard_load, &load)) {
        (void)dpone_expect_status(run, "abort()", DPONE_OK, dpone_call_load_abort(&load, &error), &error);
        (void)dpone_expect_status(run, "abort() a second time", DPONE_OK,
                                  dpone_call_load_abort(&load, &error), &error);
        dpone_call_load_close(&load);
        (void)expect_unchanged(&before, "target after abort()");
        (void)dpone_live_expect_no_staging(live, "after abort()");
    }
    dpone_live_instance_close(&instance);
}

/* Stages the load in a process of its own, which then dies. */
static int stage_and_die(struct dpone_live *live) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct dpone_live_instance instance;
        struct dpone_load load;
        if (dpone_live_instance_open(&instance, live) &&
            dpone_live_load_write(&instance, &standard_load, &load) &&
            dpone_live_load_stage(&instance, &load)) {
            (void)raise(SIGKILL);
        }
        _exit(1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

static void case_recover_sweeps_the_dead(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct before before;
    struct dpone_live_instance instance;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_table target = {.name = dpone_string_of(TARGET)};
    int64_t removed = 0;
    dpone_case_remedy(run,
                      "recover() removes staging whose lease or lock is dead, and leaves the target alone.");
    if (!prepare(live, &before)) {
        return;
    }
    if (!dpone_expect(run, stage_and_die(live), "a process killed after stage()", "killed by SIGKILL",
                      "it ended before it had staged")) {
        return;
    }
    (void)expect_unchanged(&before, "target after the process was killed");
    if (dpone_fixture_expire_leases(live->fixture, &error) != DPONE_OK) {
        dpone_check_environment(run, "expiring leases", &error);
        return;
    }
    if (dpone_live_instance_open(&instance, live)) {
        int32_t status = dpone_call_recover(live->connector, instance.instance, &target, &removed, &error);
        if (dpone_expect_status(run, "recover(target)", DPONE_OK, status, &error)) {
            (void)dpone_live_expect_no_staging(live, "after recover(target)");
            (void)expect_unchanged(&before, "target after recover(target)");
        }
        dpone_live_instance_close(&instance);
    }
}

/* ---- What loads leave in the process ---- */

/* One load to its end: published, or aborted. */
static int one_load(void *context, int round) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct dpone_load load;
    char key[64];
    struct dpone_live_load request = standard_load;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)snprintf(key, sizeof(key), "leak-%d", round);
    request.key = key;
    request.rows = 20;
    if (!dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    int holds = dpone_live_load_write(&instance, &request, &load);
    if (holds) {
        holds = round % 3 == 0 ? dpone_expect_status(live->run, "abort()", DPONE_OK,
                                                     dpone_call_load_abort(&load, &error), &error)
                               : dpone_live_load_stage(&instance, &load) &&
                                     dpone_live_load_publish(&instance, &request, &load);
        dpone_call_load_close(&load);
    }
    dpone_live_instance_close(&instance);
    return holds;
}

static void case_loads_leak_nothing(struct dpone_check_run *run, void *context) {
    struct before target;
    const struct dpone_steady steady = {.rounds = LEAK_ROUNDS,
                                        .bytes_per_round = LEAK_BYTES_PER_ROUND,
                                        .what = "load",
                                        .round = one_load,
                                        .context = context};
    dpone_case_remedy(run,
                      "Free in close() everything that begin() made, after publish() and after abort().");
    if (prepare(context, &target)) {
        (void)dpone_expect_steady(run, &steady);
    }
}

/* ---- A reader beside the publication ---- */

/* Stages in a process of its own, says so, and publishes when told. */
static void publish_when_told(struct dpone_live *live, const struct dpone_live_load *request, int ready,
                              int go) {
    struct dpone_live_instance instance;
    struct dpone_load load;
    char byte = 0;
    int holds = dpone_live_instance_open(&instance, live) &&
                dpone_live_load_write(&instance, request, &load) && dpone_live_load_stage(&instance, &load) &&
                write(ready, "r", 1) == 1 && read(go, &byte, 1) == 1 &&
                dpone_live_load_publish(&instance, request, &load);
    _exit(holds ? 0 : 1);
}

/* Looks at the target until the publisher has ended; every look must show the old rows or the new ones. */
static int watch(struct dpone_live *live, pid_t publisher, const char *old_path, const char *new_path,
                 int *status) {
    const char *observed = dpone_live_path(live, "look.dump");
    struct dpone_error error = DPONE_ERROR_INIT;
    int holds = 1;
    for (int look = 0, ended = 0; holds && !ended; look++) {
        struct dpone_difference from_old = {0};
        struct dpone_difference from_new = {0};
        ended = waitpid(publisher, status, WNOHANG) == publisher;
        int32_t seen = dpone_fixture_observe_target(live->fixture, TARGET, observed, &error);
        if (seen == DPONE_OK && (dpone_canonical_compare(&from_old, old_path, observed,
                                                         DPONE_COMPARE_AS_MULTISET, &error) != DPONE_OK ||
                                 dpone_canonical_compare(&from_new, new_path, observed,
                                                         DPONE_COMPARE_AS_MULTISET, &error) != DPONE_OK)) {
            dpone_check_environment(live->run, "comparing what a reader saw", &error);
            return 0;
        }
        char where[64];
        (void)snprintf(where, sizeof(where), "look %d beside publish()", look);
        holds = dpone_expect(live->run, seen == DPONE_OK && (from_old.equal || from_new.equal), where,
                             "the old rows or the new rows",
                             seen != DPONE_OK ? "no target (%lld rows)" : "something between: %lld rows",
                             (long long)from_new.observed_rows);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return holds;
}

static void case_reader_sees_one_step(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct before before;
    struct dpone_live_load request = standard_load;
    const char *expected = dpone_live_path(live, "expected.dump");
    int ready[2];
    int go[2];
    int status = 0;
    char byte = 0;
    request.rows = READER_ROWS;
    request.batch_rows = 500;
    dpone_case_remedy(run, "Publish in one step of the system: one transaction, one rename, one request.");
    if (!prepare(live, &before) || !dpone_live_dump_rows(live, expected, 0, READER_ROWS) ||
        pipe(ready) != 0 || pipe(go) != 0) {
        return;
    }
    pid_t publisher = fork();
    if (publisher == 0) {
        (void)close(ready[0]);
        (void)close(go[1]);
        publish_when_told(live, &request, ready[1], go[0]);
    }
    (void)close(ready[1]);
    (void)close(go[0]);
    if (read(ready[0], &byte, 1) == 1 && write(go[1], "g", 1) == 1) {
        if (watch(live, publisher, before.path, expected, &status)) {
            (void)dpone_expect(run, WIFEXITED(status) && WEXITSTATUS(status) == 0,
                               "publish() beside a reader", "DPONE_OK", "the publishing process failed");
            (void)dpone_live_expect_target(live, TARGET, "target after publish()", expected);
        }
    } else {
        (void)dpone_expect(run, 0, "staging in a process of its own", "staged", "the process ended before");
    }
    (void)close(ready[0]);
    (void)close(go[1]);
    while (publisher > 0 && waitpid(publisher, NULL, 0) < 0 && errno == EINTR) {
    }
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {{"invisible_until_publish", case_invisible_until_publish},
                                                   {"staged_equals_input", case_staged_equals_input},
                                                   {"abort_leaves_nothing", case_abort_leaves_nothing},
                                                   {"recover_sweeps_the_dead", case_recover_sweeps_the_dead},
                                                   {"loads_leak_nothing", case_loads_leak_nothing},
                                                   {"reader_sees_one_step", case_reader_sees_one_step}};
    dpone_live_run_cases(run, DPONE_LIVE_SINK, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct dpone_check dpone_check_staging_first_load = {
    .id = "staging_first_load",
    .title = "Staging first",
    .proves = "Until publish() the target is untouched, then it changes in one step to exactly what was "
              "staged, and no staging stays.",
    .remedy = "Write to a staging area of the load's own and publish it in one atomic step.",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 120,
    .run = run_check,
};
