/* Opening and closing what live checks share, and their environment. */
#include "live.h"

#include "fixture_self_test.h"
#include "live_options.h"
#include "live_rows.h"
#include "path.h"
#include "recorder.h"
#include "subject.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIESCE_MS 10000

const char *const dpone_live_inputs[] = {DPONE_PACKAGE_MANIFEST, DPONE_PACKAGE_CONTRACT, NULL};

/* 1 when `status` is fine; else the check is given up for a reason of the environment. */
static int environment_holds(struct dpone_live *live, const char *what, int32_t status,
                             const struct dpone_error *error) {
    if (status != DPONE_OK) {
        dpone_check_environment(live->run, what, error);
    }
    return status == DPONE_OK;
}

const char *dpone_live_path(const struct dpone_live *live, const char *format, ...) {
    static char paths[8][4096];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    int used = snprintf(path, sizeof(paths[0]), "%s/", live->run->directory);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(path + used, sizeof(paths[0]) - (size_t)used, format, arguments);
    va_end(arguments);
    return path;
}

/* ---- Opening ---- */

/* 1 when nobody but this check sees what it mounts (guard.c). */
static int mounts_are_own(void) {
    char path[64];
    struct stat own;
    struct stat parents;
    (void)snprintf(path, sizeof(path), "/proc/%ld/ns/mnt", (long)getppid());
    return stat("/proc/self/ns/mnt", &own) == 0 && stat(path, &parents) == 0 && own.st_ino != parents.st_ino;
}

/* What a system stores for a check need not survive the power: in memory a sync costs nothing, and no rate
 * depends on the disk. */
static void keep_in_memory(const char *directory) {
    if (mounts_are_own() && mkdir(directory, 0700) == 0) {
        (void)mount("dpone", directory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700");
    }
}

static int open_fixture(struct dpone_live *live) {
    const struct dpone_contract *contract = live->run->subject->package->contract;
    struct dpone_error error = DPONE_ERROR_INIT;
    char *name = strndup(contract->fixture.data, contract->fixture.size);
    json_t *options = contract->fixture_options == NULL
                          ? json_object()
                          : dpone_live_node_to_json(contract->fixture_options, NULL);
    char *text = options == NULL ? NULL : json_dumps(options, JSON_COMPACT);
    struct dpone_fixture_settings settings = {.name = name,
                                              .beside = live->run->subject->plugin,
                                              .directory = dpone_live_path(live, "fixture"),
                                              .options = text,
                                              .seed = live->run->seed};
    keep_in_memory(settings.directory);
    int32_t status = dpone_fixture_open(&live->fixture, &settings, &error);
    if (status == DPONE_NOT_FOUND) {
        dpone_check_skip(live->run, "%s", error.message);
    } else if (environment_holds(live, "the fixture", status, &error)) {
        const struct dpone_fixture_facts *facts = dpone_fixture_facts(live->fixture);
        dpone_recorder_note(live->run->recorder, "fixture",
                            json_pack("{s:s, s:s, s:s}", "name", facts->name, "system", facts->system,
                                      "module_sha256", facts->module_sha256));
    }
    free(text);
    json_decref(options);
    free(name);
    return status == DPONE_OK;
}

/* A plug-in that does not load is a failure of the connector, in a case of its own. */
static int open_plugin(struct dpone_live *live) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_plugin_open(&live->plugin, live->run->subject->plugin, &error);
    if (status != DPONE_OK) {
        if (dpone_case_begin(live->run, "load")) {
            (void)dpone_expect_status(live->run, "dpone_connector_init", DPONE_OK, status, &error);
            dpone_case_end(live->run);
        }
        return 0;
    }
    live->connector = dpone_plugin_connector(live->plugin);
    return 1;
}

static int open_options(struct dpone_live *live) {
    const char *path = dpone_live_path(live, "options.json");
    struct dpone_error error = DPONE_ERROR_INIT;
    return dpone_live_write_options(live, path, NULL) &&
           environment_holds(live, "environment.connector_options",
                             dpone_option_tree_read(&live->options, path, &error), &error);
}

/* Can the system carry ordinary values (or those with the feature) of the type? */
static int carries(const struct dpone_live *live, int32_t side, int32_t type, int32_t feature) {
    const struct dpone_fixture_mapping *mapping = dpone_fixture_find_mapping(live->fixture, type, feature);
    return mapping != NULL && (side == DPONE_LIVE_SOURCE ? mapping->source_type != -1 : mapping->sink_exact);
}

static int choose_columns(struct dpone_live *live, int32_t side) {
    static const int32_t types[] = {DPONE_TYPE_FLOAT64, DPONE_TYPE_UTF8, DPONE_TYPE_DATE32,
                                    DPONE_TYPE_TIMESTAMP_US};
    size_t count = 0;
    const struct dpone_dataset_column *narrow = dpone_dataset_narrow(&count);
    struct dpone_error error = DPONE_ERROR_INIT;
    live->columns = calloc(count, sizeof(*live->columns));
    if (live->columns == NULL) {
        return environment_holds(live, "the data set",
                                 dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "no memory"), &error);
    }
    for (size_t i = 0; i < count; i++) {
        if (carries(live, side, narrow[i].column.type, DPONE_FIXTURE_ORDINARY)) {
            live->columns[live->column_count++] = narrow[i];
        }
    }
    for (int32_t feature = DPONE_FIXTURE_NAN; feature < DPONE_FIXTURE_FEATURE_COUNT; feature++) {
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
            if (!carries(live, side, types[i], feature)) {
                live->without |= 1u << feature;
            }
        }
    }
    return 1;
}

/* Dpone's own fixtures are proven by its tests; another one proves here that its observer sees everything. */
static int trust_fixture(struct dpone_live *live, int32_t side) {
    if (side != DPONE_LIVE_SINK || dpone_fixture_facts(live->fixture)->comes_with_dpone) {
        return 1;
    }
    struct dpone_dataset_spec spec = dpone_live_spec(live, 0);
    struct dpone_error error = DPONE_ERROR_INIT;
    return environment_holds(live, "the fixture",
                             dpone_fixture_self_test(live->fixture, &spec, live->run->directory, &error),
                             &error);
}

int dpone_live_open(struct dpone_live *out, struct dpone_check_run *run, int32_t side) {
    *out = (struct dpone_live){.run = run, .log = -1};
    out->log = open(dpone_live_path(out, DPONE_LIVE_LOG), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (open_plugin(out) && open_fixture(out) && open_options(out) && choose_columns(out, side) &&
        trust_fixture(out, side)) {
        return 1;
    }
    dpone_live_close(out);
    return 0;
}

void dpone_live_close(struct dpone_live *live) {
    free(live->columns);
    dpone_option_tree_free(live->options);
    dpone_plugin_free(live->plugin);
    dpone_fixture_close(live->fixture);
    if (live->log >= 0) {
        (void)close(live->log);
    }
    *live = (struct dpone_live){.log = -1};
}

void dpone_live_run_cases(struct dpone_check_run *run, int32_t side, const struct dpone_live_case *cases,
                          size_t count) {
    struct dpone_live live;
    if (!dpone_live_open(&live, run, side)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        dpone_case_run(run, cases[i].id, cases[i].function, &live);
    }
    dpone_live_close(&live);
}

struct dpone_dataset_spec dpone_live_spec(const struct dpone_live *live, int64_t first_row) {
    struct dpone_dataset_spec spec = {.seed = live->run->seed,
                                      .first_row = first_row,
                                      .columns = live->columns,
                                      .column_count = live->column_count,
                                      .without = live->without};
    return spec;
}

/* ---- Instances ---- */

static void append_log(void *context, int32_t level, struct dpone_string message) {
    const struct dpone_live *live = context;
    static const char *const names[] = {"debug", "info", "warning", "error"};
    (void)dprintf(live->log, "%s: %.*s\n", level >= 0 && level < 4 ? names[level] : "?", (int)message.size,
                  message.data);
}

static int32_t new_host(struct dpone_live_instance *out, struct dpone_live *live,
                        const struct dpone_host_time *time, struct dpone_error *error) {
    struct dpone_system_host_options settings = {.time = time,
                                                 .seeded = 1,
                                                 .seed = live->run->seed,
                                                 .temporary_parent = live->run->directory,
                                                 .log_context = live,
                                                 .log = append_log};
    *out = (struct dpone_live_instance){.live = live};
    return dpone_system_host_new(&out->host, &settings, error);
}

static int32_t open_on_host(struct dpone_live_instance *out, const struct dpone_option *options,
                            struct dpone_error *error) {
    int32_t status = dpone_call_open(out->live->connector, &out->instance, dpone_system_host_get(out->host),
                                     options, error);
    if (status != DPONE_OK) {
        dpone_live_instance_close(out);
    }
    return status;
}

int32_t dpone_live_instance_try_open(struct dpone_live_instance *out, struct dpone_live *live,
                                     struct dpone_error *error) {
    int32_t status = new_host(out, live, NULL, error);
    return status == DPONE_OK ? open_on_host(out, dpone_option_tree_root(live->options), error) : status;
}

int dpone_live_instance_open_with(struct dpone_live_instance *out, struct dpone_live *live,
                                  const struct dpone_option *options, const struct dpone_host_time *time) {
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!environment_holds(live, "the host", new_host(out, live, time, &error), &error)) {
        return 0;
    }
    int32_t status = open_on_host(out, options, &error);
    return status == DPONE_OK || dpone_expect_status(live->run, "open(options)", DPONE_OK, status, &error);
}

int dpone_live_instance_open(struct dpone_live_instance *out, struct dpone_live *live) {
    return dpone_live_instance_open_with(out, live, dpone_option_tree_root(live->options), NULL);
}

void dpone_live_instance_close(struct dpone_live_instance *instance) {
    if (instance->instance != NULL) {
        dpone_call_close(instance->live->connector, instance->instance);
    }
    dpone_system_host_free(instance->host);
    *instance = (struct dpone_live_instance){0};
}

/* ---- The environment ---- */

int dpone_live_publish_stream(struct dpone_live *live, const char *name, int64_t rows) {
    struct dpone_dataset_spec spec = dpone_live_spec(live, 0);
    struct dpone_error error = DPONE_ERROR_INIT;
    return environment_holds(live, "publishing a stream",
                             dpone_fixture_publish_stream(live->fixture, name, &spec, rows, &error), &error);
}

int dpone_live_prepare_target(struct dpone_live *live, const char *name, int64_t first_row, int64_t rows) {
    struct dpone_dataset_spec spec = dpone_live_spec(live, first_row);
    struct dpone_error error = DPONE_ERROR_INIT;
    return environment_holds(live, "preparing a target",
                             dpone_fixture_prepare_target(live->fixture, name, &spec, rows, &error), &error);
}

int dpone_live_drop_target(struct dpone_live *live, const char *name) {
    struct dpone_error error = DPONE_ERROR_INIT;
    return environment_holds(live, "dropping a target",
                             dpone_fixture_drop_target(live->fixture, name, &error), &error);
}

int dpone_live_arm(struct dpone_live *live, const struct dpone_fixture_arming *arming) {
    struct dpone_error error = DPONE_ERROR_INIT;
    return environment_holds(live, "arming a fault", dpone_fixture_arm(live->fixture, arming, NULL, &error),
                             &error);
}

int dpone_live_observe(struct dpone_live *live, const char *name, const char *path, int *missing) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_fixture_quiesce(live->fixture, QUIESCE_MS, &error);
    if (!environment_holds(live, "waiting for quiet", status, &error)) {
        return 0;
    }
    status = dpone_fixture_observe_target(live->fixture, name, path, &error);
    if (missing != NULL) {
        *missing = status == DPONE_NOT_FOUND;
    }
    if (status == DPONE_NOT_FOUND) {
        return missing != NULL
                   ? 0
                   : dpone_expect(live->run, 0, name, "a target of that name", "%s", error.message);
    }
    return environment_holds(live, "observing a target", status, &error);
}

int dpone_live_dump_parts(struct dpone_live *live, const char *path, const struct dpone_live_part *parts,
                          size_t part_count) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_live_rows rows;
    if (!dpone_live_rows_open(&rows, live, parts, part_count)) {
        return 0;
    }
    FILE *file = fopen(path, "w");
    int32_t status = file == NULL ? dpone_error_set(&error, DPONE_IO, "cannot write %s", path)
                                  : dpone_canonical_dump_rows(file, &rows.rows, &error);
    if (file != NULL) {
        (void)fclose(file);
    }
    dpone_live_rows_close(&rows);
    return environment_holds(live, "the expected rows", status, &error);
}

int dpone_live_dump_rows(struct dpone_live *live, const char *path, int64_t first_row, int64_t rows) {
    struct dpone_live_part part = {.first_row = first_row, .rows = rows};
    return dpone_live_dump_parts(live, path, &part, 1);
}

int dpone_live_expect_no_staging(struct dpone_live *live, const char *when) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *staging = NULL;
    if (!environment_holds(live, "observing staging",
                           dpone_fixture_observe_staging(live->fixture, &staging, &error), &error)) {
        return 0;
    }
    const json_t *first = json_array_get(staging, 0);
    int holds = dpone_expect(live->run, first == NULL, when, "no staging area on the system",
                             "%zu, the first %s for target %s in state %s", json_array_size(staging),
                             first == NULL ? "" : json_string_value(json_object_get(first, "id")),
                             first == NULL ? "" : json_string_value(json_object_get(first, "target")),
                             first == NULL ? "" : json_string_value(json_object_get(first, "state")));
    json_decref(staging);
    return holds;
}

int dpone_live_expect_target(struct dpone_live *live, const char *name, const char *where,
                             const char *expected_path) {
    const char *observed = dpone_live_path(live, "observed.dump");
    return dpone_live_observe(live, name, observed, NULL) &&
           dpone_expect_dump(live->run, where, expected_path, observed, DPONE_COMPARE_AS_MULTISET);
}
