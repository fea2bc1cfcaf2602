/* crash_atomicity: a load that is killed at any system call of stage() or publish() leaves the old target or
 * the new one, the position agrees with it, and the next run succeeds and cleans up. This proves the death of
 * a process, not the loss of power. */
#include "../check.h"

#include "../crash_point.h"
#include "../live.h"

#include "runtime/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET "accounts"
#define OLD_ROWS 50
#define ROWS 1000
#define KEY "crash-1"

/* What tears is the publication, not its values: few columns leave time for every point. */
#define COLUMNS 4

/* More points of stage() than this are sampled; publish() is always tried completely. */
#define STAGE_POINTS_MAXIMUM 60
#define PUBLISH_POINTS_MAXIMUM 2000

struct crash {
    struct dpone_live *live;
    struct dpone_live_load load;
    struct dpone_digest digest;
    struct dpone_publish_request publish;
    char old_path[4096];
    char new_path[4096];
};

/* ---- The load that dies ---- */

static int stage_and_publish(struct dpone_crash_self *self, void *context) {
    const struct crash *crash = context;
    struct dpone_live_instance instance;
    struct dpone_load load;
    return dpone_live_instance_open(&instance, crash->live) &&
           dpone_live_load_write(&instance, &crash->load, &load) &&
           dpone_crash_enter(self, DPONE_CRASH_STAGE) && dpone_live_load_stage(&instance, &load) &&
           dpone_crash_enter(self, DPONE_CRASH_PUBLISH) &&
           dpone_call_load_publish(&load, &crash->publish, NULL) == DPONE_OK;
}

/* Runs the load on the old target until the point. 0 when the check was given up. */
static int run_until(const struct crash *crash, int32_t phase, int64_t ordinal,
                     struct dpone_crash_result *out) {
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_prepare_target(crash->live, TARGET, 0, OLD_ROWS)) {
        return 0;
    }
    if (dpone_crash_point_run(out, phase, ordinal, stage_and_publish, (void *)crash, &error) != DPONE_OK) {
        dpone_check_environment(crash->live->run, "a process to kill", &error);
        return 0;
    }
    if (out->end == DPONE_CRASH_UNWATCHED) {
        dpone_check_skip(crash->live->run, "no system-call filter here: %s", out->message);
        return 0;
    }
    return 1;
}

/* ---- What must be true after it ---- */

/* 1 new, 0 old, -1 neither, and said so. */
static int target_state(const struct crash *crash, const char *where, int may_be_new) {
    struct dpone_live *live = crash->live;
    const char *observed = dpone_live_path(live, "observed.dump");
    struct dpone_difference from_old = {0};
    struct dpone_difference from_new = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_observe(live, TARGET, observed, NULL)) {
        return -1;
    }
    if (dpone_canonical_compare(&from_old, crash->old_path, observed, DPONE_COMPARE_AS_MULTISET, &error) !=
            DPONE_OK ||
        dpone_canonical_compare(&from_new, crash->new_path, observed, DPONE_COMPARE_AS_MULTISET, &error) !=
            DPONE_OK) {
        dpone_check_environment(live->run, "comparing what a crash left", &error);
        return -1;
    }
    int holds = dpone_expect(live->run, from_old.equal || (may_be_new && from_new.equal), where,
                             may_be_new ? "the old target or the new one" : "the old target",
                             from_new.equal ? "the new one" : "a torn target of %lld rows",
                             (long long)from_new.observed_rows);
    return holds ? from_new.equal : -1;
}

/* The system's own record of publications agrees with its rows. */
static int position_agrees(const struct crash *crash, const char *where, int is_new) {
    struct dpone_live *live = crash->live;
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *publications = NULL;
    if (dpone_fixture_observe_publications(live->fixture, TARGET, &publications, &error) != DPONE_OK) {
        dpone_check_environment(live->run, "observing publications", &error);
        return 0;
    }
    const json_t *last = json_array_get(publications, json_array_size(publications) - 1);
    const char *key = json_string_value(json_object_get(last, "idempotency_key"));
    char position[64];
    dpone_hex_write(position, (struct dpone_bytes){(const uint8_t *)KEY, strlen(KEY)});
    const char *observed = json_string_value(json_object_get(last, "position"));
    int holds = is_new ? dpone_expect(live->run, key != NULL && strcmp(key, KEY) == 0, where, KEY,
                                      "the publication of %s", key == NULL ? "nobody" : key) &&
                             dpone_expect_text(live->run, where, position, observed == NULL ? "" : observed)
                       : dpone_expect(live->run, last == NULL, where, "no publication with the old target",
                                      "the publication of %s", key == NULL ? "?" : key);
    json_decref(publications);
    return holds;
}

/* Recovers, loads once more with the same key, and looks. */
static int next_run_succeeds(const struct crash *crash) {
    struct dpone_live *live = crash->live;
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
    dpone_live_instance_close(&instance);
    return dpone_expect_status(live->run, "recover(target) of the next run", DPONE_OK, status, &error) &&
           dpone_live_load_run(live, &crash->load) &&
           dpone_live_expect_target(live, TARGET, "target after the next run", crash->new_path) &&
           dpone_live_expect_no_staging(live, "after the next run");
}

static int check_point(const struct crash *crash, int32_t phase, int64_t ordinal) {
    static const char *const names[] = {"stage()", "publish()"};
    struct dpone_crash_result result;
    char where[160];
    if (!run_until(crash, phase, ordinal, &result)) {
        return 0;
    }
    (void)snprintf(where, sizeof(where), "killed at call %lld of %s, %s", (long long)ordinal, names[phase],
                   result.call);
    if (!dpone_expect(crash->live->run, result.end != DPONE_CRASH_FAILED, where, "killed, or done",
                      "it ended by itself %s", result.message)) {
        return 0;
    }
    int is_new = target_state(crash, where, phase == DPONE_CRASH_PUBLISH || result.end == DPONE_CRASH_DONE);
    return is_new >= 0 && position_agrees(crash, where, is_new) && next_run_succeeds(crash);
}

/* ---- Which points ---- */

/* Point `index` of `chosen` out of `count`, one in each of as many equal parts. */
static int64_t sampled(const struct crash *crash, int64_t index, int64_t chosen, int64_t count) {
    int64_t begin = index * count / chosen;
    int64_t size = (index + 1) * count / chosen - begin;
    char name[48];
    (void)snprintf(name, sizeof(name), "crash point %lld", (long long)index);
    return begin + (int64_t)(dpone_dataset_salt(crash->live->run->seed, name) % (uint64_t)size);
}

static void check_phase(const struct crash *crash, int32_t phase, int64_t count, int64_t maximum) {
    int64_t chosen = count < maximum ? count : maximum;
    (void)dpone_expect(crash->live->run, count > 0, "system calls of the operation", "at least 1", "none");
    for (int64_t i = 0; i < chosen; i++) {
        int64_t ordinal = chosen == count ? i : sampled(crash, i, chosen, count);
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

static int prepare(struct crash *crash, int32_t strategy) {
    struct dpone_live *live = crash->live;
    const struct dpone_live_part parts[] = {{.rows = strategy == DPONE_FULL_REFRESH ? 0 : OLD_ROWS},
                                            {.first_row = OLD_ROWS, .rows = ROWS}};
    crash->load = (struct dpone_live_load){.target = TARGET,
                                           .key = KEY,
                                           .strategy = strategy,
                                           .first_row = OLD_ROWS,
                                           .rows = ROWS,
                                           .batch_rows = ROWS};
    crash->publish = dpone_live_publish_request(live, &crash->load, &crash->digest);
    (void)snprintf(crash->old_path, sizeof(crash->old_path), "%s/old.dump", live->run->directory);
    (void)snprintf(crash->new_path, sizeof(crash->new_path), "%s/new.dump", live->run->directory);
    return dpone_live_dump_rows(live, crash->old_path, 0, OLD_ROWS) &&
           dpone_live_dump_parts(live, crash->new_path, parts, 2);
}

/* Opens case `<strategy>.<suffix>`. */
static int begin_case(struct dpone_check_run *run, const char *strategy, const char *suffix) {
    char id[64];
    (void)snprintf(id, sizeof(id), "%s.%s", strategy, suffix);
    return dpone_case_begin(run, id);
}

static void run_strategy(const struct crash *crash, const char *name) {
    struct dpone_check_run *run = crash->live->run;
    struct dpone_crash_result rehearsal;
    if (!run_until(crash, DPONE_CRASH_STAGE, -1, &rehearsal) ||
        !dpone_expect(run, rehearsal.end == DPONE_CRASH_DONE, "a load that nobody kills", "done",
                      "it failed %s", rehearsal.message)) {
        return;
    }
    if (begin_case(run, name, "killed_in_stage")) {
        dpone_case_remedy(run, "Write to staging only; let recover() remove what a dead load left.");
        check_phase(crash, DPONE_CRASH_STAGE, rehearsal.calls[DPONE_CRASH_STAGE], STAGE_POINTS_MAXIMUM);
        dpone_case_end(run);
    }
    if (begin_case(run, name, "killed_in_publish")) {
        dpone_case_remedy(run, "Change rows and position in one transaction, one rename or one request.");
        check_phase(crash, DPONE_CRASH_PUBLISH, rehearsal.calls[DPONE_CRASH_PUBLISH], PUBLISH_POINTS_MAXIMUM);
        dpone_case_end(run);
    }
    if (begin_case(run, name, "killed_when_done")) {
        dpone_case_remedy(run, "Repeating a load with its key changes nothing.");
        (void)check_point(crash, DPONE_CRASH_PUBLISH, -1);
        dpone_case_end(run);
    }
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    struct crash crash = {.live = &live};
    if (!dpone_live_open(&live, run, DPONE_LIVE_SINK)) {
        return;
    }
    live.column_count = live.column_count < COLUMNS ? live.column_count : COLUMNS;
    uint32_t declared = live.connector->sink == NULL ? 0 : live.connector->sink->strategies;
    for (size_t i = 0; i < sizeof(strategies) / sizeof(strategies[0]); i++) {
        if ((declared >> strategies[i].strategy & 1u) && prepare(&crash, strategies[i].strategy) &&
            !dpone_check_given_up(run)) {
            run_strategy(&crash, strategies[i].name);
        }
    }
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
    .time_limit_s = 300,
    .run = run_check,
};
