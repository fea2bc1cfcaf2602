/* One load on its way to a crash, and the look at what it left. */
#include "crash_load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY "crash-1"
#define COLUMNS 4

/* ---- The load ---- */

int dpone_crash_load_prepare(struct dpone_crash_load *out, struct dpone_live *live, const char *target,
                             int32_t strategy, int64_t old_rows, int64_t rows) {
    const struct dpone_live_part parts[] = {{.rows = strategy == DPONE_FULL_REFRESH ? 0 : old_rows},
                                            {.first_row = old_rows, .rows = rows}};
    live->column_count = live->column_count < COLUMNS ? live->column_count : COLUMNS;
    *out = (struct dpone_crash_load){.live = live,
                                     .load = {.target = target,
                                              .key = KEY,
                                              .strategy = strategy,
                                              .first_row = old_rows,
                                              .rows = rows,
                                              .batch_rows = rows},
                                     .old_rows = old_rows};
    out->publish = dpone_live_publish_request(live, &out->load, &out->digest);
    (void)snprintf(out->old_path, sizeof(out->old_path), "%s/old.dump", live->run->directory);
    (void)snprintf(out->new_path, sizeof(out->new_path), "%s/new.dump", live->run->directory);
    return dpone_live_dump_rows(live, out->old_path, 0, old_rows) &&
           dpone_live_dump_parts(live, out->new_path, parts, 2) && !dpone_check_given_up(live->run);
}

/* An instance that dies with the process. */
static int open_instance(struct dpone_live_instance *out, const struct dpone_crash_load *crash) {
    struct dpone_virtual_time *time = crash->failure == ECONNRESET ? dpone_virtual_time_new() : NULL;
    return dpone_live_instance_open_with(out, crash->live, dpone_option_tree_root(crash->live->options),
                                         time == NULL ? NULL : dpone_virtual_time_functions(time));
}

static int write_and_stage(const struct dpone_crash_load *crash, struct dpone_crash_self *self,
                           struct dpone_load *load, int32_t *status) {
    struct dpone_live_instance instance;
    if (!open_instance(&instance, crash) || !dpone_live_load_write(&instance, &crash->load, load) ||
        !dpone_crash_enter(self, DPONE_CRASH_STAGE)) {
        return 0;
    }
    *status = dpone_call_load_stage(load, NULL, NULL);
    return 1;
}

static int stage_and_publish(struct dpone_crash_self *self, void *context) {
    const struct dpone_crash_load *crash = context;
    struct dpone_load load;
    int32_t status = DPONE_OK;
    if (!write_and_stage(crash, self, &load, &status)) {
        return 0;
    }
    if (status == DPONE_OK && dpone_crash_enter(self, DPONE_CRASH_PUBLISH)) {
        status = dpone_call_load_publish(&load, &crash->publish, NULL);
    }
    dpone_crash_tell(self, status);
    return 1;
}

static int stage_and_abort(struct dpone_crash_self *self, void *context) {
    struct dpone_load load;
    int32_t status = DPONE_OK;
    if (!write_and_stage(context, self, &load, &status)) {
        return 0;
    }
    if (status == DPONE_OK && dpone_crash_enter(self, DPONE_CRASH_ABORT)) {
        status = dpone_call_load_abort(&load, NULL);
    }
    dpone_crash_tell(self, status);
    return 1;
}

static int32_t recover(const struct dpone_crash_load *crash, const struct dpone_live_instance *instance,
                       struct dpone_error *error) {
    const struct dpone_table target = {.name = dpone_string_of(crash->load.target)};
    return dpone_call_recover(crash->live->connector, instance->instance, &target, NULL, error);
}

static int recover_the_dead(struct dpone_crash_self *self, void *context) {
    const struct dpone_crash_load *crash = context;
    struct dpone_live_instance instance;
    if (!open_instance(&instance, crash) || !dpone_crash_enter(self, DPONE_CRASH_RECOVER)) {
        return 0;
    }
    dpone_crash_tell(self, recover(crash, &instance, NULL));
    return 1;
}

/* Runs one process. 0 when the check was given up. */
static int run_process(struct dpone_crash_load *crash, const struct dpone_crash_point *point,
                       dpone_crash_function function, struct dpone_crash_result *out) {
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_crash_point_run(out, point, function, crash, &error) != DPONE_OK) {
        dpone_check_environment(crash->live->run, "a process to kill", &error);
        return 0;
    }
    if (out->end == DPONE_CRASH_UNWATCHED) {
        dpone_check_skip(crash->live->run, "no system-call filter here: %s", out->message);
        return 0;
    }
    return 1;
}

static int expire_leases(const struct dpone_crash_load *crash) {
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_fixture_expire_leases(crash->live->fixture, &error) != DPONE_OK) {
        dpone_check_environment(crash->live->run, "expiring leases", &error);
        return 0;
    }
    return 1;
}

/* A load that died when it had staged, and whose lease is over. */
static int leave_a_dead_load(struct dpone_crash_load *crash) {
    const struct dpone_crash_point staged = {.phase = DPONE_CRASH_PUBLISH};
    struct dpone_crash_result result;
    return run_process(crash, &staged, stage_and_publish, &result) && expire_leases(crash);
}

int dpone_crash_load_run(struct dpone_crash_load *crash, const struct dpone_crash_point *point,
                         struct dpone_crash_result *out) {
    static const dpone_crash_function functions[DPONE_CRASH_PHASE_COUNT] = {
        stage_and_publish, stage_and_publish, stage_and_abort, recover_the_dead};
    crash->failure = point->failure;
    if (!dpone_live_prepare_target(crash->live, crash->load.target, 0, crash->old_rows) ||
        (point->phase == DPONE_CRASH_RECOVER && !leave_a_dead_load(crash)) ||
        !run_process(crash, point, functions[point->phase], out)) {
        return 0;
    }
    int ended_by_itself = out->end == DPONE_CRASH_FAILED || (point->failure == 0 && out->status != DPONE_OK);
    return dpone_expect(crash->live->run, !ended_by_itself, "a load that runs until its point",
                        "it gets there", "it ended by itself: %s %s", dpone_status_name(out->status),
                        out->message);
}

int dpone_crash_load_rehearse(struct dpone_crash_load *crash, int32_t phase, int32_t failure,
                              struct dpone_crash_result *out) {
    const struct dpone_crash_point nowhere = {phase, -1, failure};
    return dpone_crash_load_run(crash, &nowhere, out) &&
           dpone_expect_status(crash->live->run, "a load that nobody disturbs", DPONE_OK, out->status, NULL);
}

int64_t dpone_crash_load_ordinal(uint64_t seed, int64_t index, int64_t chosen, int64_t count) {
    int64_t begin = index * count / chosen;
    int64_t size = (index + 1) * count / chosen - begin;
    char name[48];
    (void)snprintf(name, sizeof(name), "crash point %lld", (long long)index);
    return begin + (int64_t)(dpone_dataset_salt(seed, name) % (uint64_t)size);
}

/* ---- What must be true after it ---- */

/* The target that is there, 0 when it is none of the allowed ones. */
static int expect_target(const struct dpone_crash_load *crash, const char *where, int allowed) {
    static const char *const names[] = {"", "the old target", "the new target",
                                        "the old target or the new one"};
    struct dpone_live *live = crash->live;
    const char *observed = dpone_live_path(live, "observed.dump");
    struct dpone_difference from_old = {0};
    struct dpone_difference from_new = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_observe(live, crash->load.target, observed, NULL)) {
        return 0;
    }
    if (dpone_canonical_compare(&from_old, crash->old_path, observed, DPONE_COMPARE_AS_MULTISET, &error) !=
            DPONE_OK ||
        dpone_canonical_compare(&from_new, crash->new_path, observed, DPONE_COMPARE_AS_MULTISET, &error) !=
            DPONE_OK) {
        dpone_check_environment(live->run, "comparing what a crash left", &error);
        return 0;
    }
    int target = from_old.equal ? DPONE_CRASH_OLD : from_new.equal ? DPONE_CRASH_NEW : 0;
    return dpone_expect(live->run, (target & allowed) != 0, where, names[allowed],
                        target == 0 ? "a torn target of %lld rows" : "the other one, of %lld rows",
                        (long long)from_new.observed_rows)
               ? target
               : 0;
}

/* The system's own record of publications agrees with its rows. */
static int position_agrees(const struct dpone_crash_load *crash, const char *where, int is_new) {
    struct dpone_live *live = crash->live;
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *publications = NULL;
    if (dpone_fixture_observe_publications(live->fixture, crash->load.target, &publications, &error) !=
        DPONE_OK) {
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
static int next_run_succeeds(const struct dpone_crash_load *crash) {
    struct dpone_live *live = crash->live;
    struct dpone_live_instance instance;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!expire_leases(crash) || !dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    int32_t status = recover(crash, &instance, &error);
    dpone_live_instance_close(&instance);
    return dpone_expect_status(live->run, "recover(target) of the next run", DPONE_OK, status, &error) &&
           dpone_live_load_run(live, &crash->load) &&
           dpone_live_expect_target(live, crash->load.target, "target after the next run", crash->new_path) &&
           dpone_live_expect_no_staging(live, "after the next run");
}

int dpone_crash_load_judge(const struct dpone_crash_load *crash, const char *where, int allowed) {
    int target = expect_target(crash, where, allowed);
    return target != 0 && position_agrees(crash, where, target == DPONE_CRASH_NEW) && next_run_succeeds(crash)
               ? target
               : 0;
}
