/* load_concurrency: two publications of one target are serialised or one gets CONFLICT, and recover() leaves
 * a load alone that somebody still works on. */
#include "../check.h"

#include "../live.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TARGET "stock"
#define OLD_ROWS 60
#define ROWS 400
#define ROUNDS 5

/* How the process of a publisher ends when publish() answered ... */
enum publisher_end { PUBLISHER_OK = 0, PUBLISHER_CONFLICT = 2, PUBLISHER_FAILED = 3 };

/* ---- Two processes that publish at the same time ---- */

struct publisher {
    pid_t process;
    int ready; /* a byte arrives when it has staged */
    int go;    /* a byte lets it publish */
    int end;   /* enum publisher_end */
};

_Noreturn static void publish_when_told(struct dpone_live *live, const struct dpone_live_load *request,
                                        int ready, int go) {
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_error error = DPONE_ERROR_INIT;
    char byte = 0;
    int32_t status = DPONE_INTERNAL;
    if (dpone_live_instance_open(&instance, live) && dpone_live_load_write(&instance, request, &load) &&
        dpone_live_load_stage(&instance, &load) && write(ready, "r", 1) == 1 && read(go, &byte, 1) == 1) {
        status = dpone_live_load_try_publish(&instance, request, &load, &error);
        if (status != DPONE_OK) {
            (void)dpone_call_load_abort(&load, NULL);
        }
    }
    _exit(status == DPONE_OK         ? PUBLISHER_OK
          : status == DPONE_CONFLICT ? PUBLISHER_CONFLICT
                                     : PUBLISHER_FAILED);
}

static int start_publisher(struct publisher *out, struct dpone_live *live,
                           const struct dpone_live_load *request) {
    int ready[2];
    int go[2];
    if (pipe(ready) != 0) {
        return 0;
    }
    if (pipe(go) != 0) {
        (void)close(ready[0]);
        (void)close(ready[1]);
        return 0;
    }
    out->process = fork();
    if (out->process == 0) {
        (void)close(ready[0]);
        (void)close(go[1]);
        publish_when_told(live, request, ready[1], go[0]);
    }
    (void)close(ready[1]);
    (void)close(go[0]);
    out->ready = ready[0];
    out->go = go[1];
    return out->process > 0;
}

static void end_publisher(struct publisher *publisher) {
    int status = 0;
    (void)close(publisher->go);
    (void)close(publisher->ready);
    while (waitpid(publisher->process, &status, 0) < 0 && errno == EINTR) {
    }
    publisher->end = WIFEXITED(status) ? WEXITSTATUS(status) : PUBLISHER_FAILED;
}

/* Both stage, then both publish as nearly at once as two processes can. */
static int race(struct dpone_live *live, const struct dpone_live_load requests[2],
                struct publisher publishers[2]) {
    char byte = 0;
    int holds = start_publisher(&publishers[0], live, &requests[0]);
    if (!holds || !start_publisher(&publishers[1], live, &requests[1])) {
        return dpone_expect(live->run, 0, "two processes", "started", "the machine refused");
    }
    for (int i = 0; i < 2; i++) {
        holds = (read(publishers[i].ready, &byte, 1) == 1) & holds;
    }
    for (int i = 0; i < 2; i++) {
        holds = (write(publishers[i].go, "g", 1) == 1) & holds;
    }
    end_publisher(&publishers[0]);
    end_publisher(&publishers[1]);
    return dpone_expect(live->run, holds, "two loads of one target", "both staged",
                        "one ended before it had staged");
}

static void expect_ends(struct dpone_live *live, const struct publisher publishers[2]) {
    static const char *const names[] = {"OK", "?", "CONFLICT", "another status, or it died"};
    int ends[2] = {publishers[0].end & 3, publishers[1].end & 3};
    (void)dpone_expect(live->run,
                       (ends[0] == PUBLISHER_OK || ends[1] == PUBLISHER_OK) && ends[0] != PUBLISHER_FAILED &&
                           ends[1] != PUBLISHER_FAILED,
                       "two publish() at the same time", "OK and OK, or OK and CONFLICT", "%s and %s",
                       names[ends[0]], names[ends[1]]);
}

/* What each publisher that was told OK brought must be there, whole. */
static void case_append(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const char *expected = dpone_live_path(live, "expected.dump");
    const struct dpone_live_load requests[2] = {{.target = TARGET,
                                                 .key = "append-1",
                                                 .strategy = DPONE_INCREMENTAL_APPEND,
                                                 .first_row = OLD_ROWS,
                                                 .rows = ROWS},
                                                {.target = TARGET,
                                                 .key = "append-2",
                                                 .strategy = DPONE_INCREMENTAL_APPEND,
                                                 .first_row = 5000,
                                                 .rows = ROWS}};
    dpone_case_remedy(run, "Read and change the target in one transaction, or answer CONFLICT.");
    for (int round = 0; round < ROUNDS; round++) {
        struct publisher publishers[2] = {{0}, {0}};
        if (!dpone_live_prepare_target(live, TARGET, 0, OLD_ROWS) || !race(live, requests, publishers)) {
            return;
        }
        const struct dpone_live_part parts[] = {
            {.rows = OLD_ROWS},
            {.first_row = OLD_ROWS, .rows = publishers[0].end == PUBLISHER_OK ? ROWS : 0},
            {.first_row = 5000, .rows = publishers[1].end == PUBLISHER_OK ? ROWS : 0}};
        expect_ends(live, publishers);
        if (!dpone_live_dump_parts(live, expected, parts, 3) ||
            !dpone_live_expect_target(live, TARGET, "target after two appends at the same time", expected) ||
            !dpone_live_expect_no_staging(live, "after two appends at the same time")) {
            return;
        }
    }
}

/* The target is one load or the other, never a mixture. */
static void case_refresh(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const char *observed = dpone_live_path(live, "observed.dump");
    const char *wanted[2] = {dpone_live_path(live, "one.dump"), dpone_live_path(live, "other.dump")};
    const struct dpone_live_load requests[2] = {
        {.target = TARGET, .key = "refresh-1", .strategy = DPONE_FULL_REFRESH, .rows = ROWS},
        {.target = TARGET,
         .key = "refresh-2",
         .strategy = DPONE_FULL_REFRESH,
         .first_row = 5000,
         .rows = ROWS - 50}};
    dpone_case_remedy(run, "Publish under the system's lock, or answer CONFLICT.");
    for (int round = 0; round < ROUNDS; round++) {
        struct publisher publishers[2] = {{0}, {0}};
        struct dpone_error error = DPONE_ERROR_INIT;
        int matches = 0;
        if (!dpone_live_prepare_target(live, TARGET, 9000, OLD_ROWS) ||
            !dpone_live_dump_rows(live, wanted[0], 0, ROWS) ||
            !dpone_live_dump_rows(live, wanted[1], 5000, ROWS - 50) || !race(live, requests, publishers)) {
            return;
        }
        expect_ends(live, publishers);
        if (!dpone_live_observe(live, TARGET, observed, NULL)) {
            return;
        }
        for (int i = 0; i < 2; i++) {
            struct dpone_difference difference = {0};
            matches |= publishers[i].end == PUBLISHER_OK &&
                       dpone_canonical_compare(&difference, wanted[i], observed, DPONE_COMPARE_AS_MULTISET,
                                               &error) == DPONE_OK &&
                       difference.equal;
        }
        if (!dpone_expect(run, matches, "target after two refreshes at the same time",
                          "the rows of one load that was told OK, and no others", "something else") ||
            !dpone_live_expect_no_staging(live, "after two refreshes at the same time")) {
            return;
        }
    }
}

/* ---- recover() beside a load ---- */

/* Recovers in a process of its own, as a run that starts beside another one does. */
static int32_t recover_elsewhere(struct dpone_live *live) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct dpone_live_instance instance;
        struct dpone_table target = {.name = dpone_string_of(TARGET)};
        int32_t answer = DPONE_INTERNAL;
        if (dpone_live_instance_open(&instance, live)) {
            answer = dpone_call_recover(live->connector, instance.instance, &target, NULL, NULL);
            dpone_live_instance_close(&instance);
        }
        _exit(answer);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : DPONE_INTERNAL;
}

static int expect_recovered(struct dpone_live *live, const char *where) {
    return dpone_expect_status(live->run, where, DPONE_OK, recover_elsewhere(live), NULL);
}

static int recover_after_batch(void *context, int64_t batch) {
    return batch == 1 || batch == -1 ? expect_recovered(context, "recover() beside an open load") : 1;
}

static void case_recover_spares_the_living(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct dpone_load load;
    const char *expected = dpone_live_path(live, "expected.dump");
    const struct dpone_live_load request = {.target = TARGET,
                                            .key = "living",
                                            .strategy = DPONE_FULL_REFRESH,
                                            .rows = ROWS,
                                            .after_batch = recover_after_batch,
                                            .context = live};
    dpone_case_remedy(run, "Let recover() remove only staging whose lease has run out or whose lock nobody "
                           "holds, and decide that in one step with the removal.");
    if (!dpone_live_prepare_target(live, TARGET, 0, OLD_ROWS) ||
        !dpone_live_dump_rows(live, expected, 0, ROWS) || !dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (dpone_live_load_write(&instance, &request, &load)) {
        if (dpone_live_load_stage(&instance, &load) &&
            expect_recovered(live, "recover() beside a staged load") &&
            dpone_live_load_publish(&instance, &request, &load)) {
            (void)dpone_live_expect_target(live, TARGET, "target after publish() of a load beside recover()",
                                           expected);
        }
        dpone_call_load_close(&load);
    }
    dpone_live_instance_close(&instance);
}

/* The same instance may clean up before its next load, while another load of its own is under way. */
static void case_recover_spares_its_own(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_table target = {.name = dpone_string_of(TARGET)};
    const char *expected = dpone_live_path(live, "expected.dump");
    const struct dpone_live_load request = {
        .target = TARGET, .key = "own", .strategy = DPONE_FULL_REFRESH, .rows = ROWS};
    (void)run;
    if (!dpone_live_prepare_target(live, TARGET, 0, OLD_ROWS) ||
        !dpone_live_dump_rows(live, expected, 0, ROWS) || !dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (dpone_live_load_write(&instance, &request, &load)) {
        int32_t status = dpone_call_recover(live->connector, instance.instance, &target, NULL, &error);
        if (dpone_expect_status(run, "recover() of the instance that loads", DPONE_OK, status, &error) &&
            dpone_live_load_stage(&instance, &load) && dpone_live_load_publish(&instance, &request, &load)) {
            (void)dpone_live_expect_target(live, TARGET, "target after publish() and recover()", expected);
        }
        dpone_call_load_close(&load);
    }
    dpone_live_instance_close(&instance);
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    if (!dpone_live_open(&live, run, DPONE_LIVE_SINK)) {
        return;
    }
    uint32_t strategies = live.connector->sink == NULL ? 0 : live.connector->sink->strategies;
    if (strategies >> DPONE_FULL_REFRESH & 1u) {
        dpone_case_run(run, "two_refreshes", case_refresh, &live);
        dpone_case_run(run, "recover_spares_the_living", case_recover_spares_the_living, &live);
        dpone_case_run(run, "recover_spares_its_own", case_recover_spares_its_own, &live);
    }
    if (strategies >> DPONE_INCREMENTAL_APPEND & 1u) {
        dpone_case_run(run, "two_appends", case_append, &live);
    }
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_load_concurrency = {
    .id = "load_concurrency",
    .title = "Two loads of one target",
    .proves = "Two publications are serialised or one gets CONFLICT, and a live load is never swept.",
    .remedy = "Take the system's lock while publishing, and sweep only what is dead.",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
