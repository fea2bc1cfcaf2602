/* The manifest, the connectors and their hosts, the run, and its record read back. */
#include "live_pipeline.h"

#include "subject.h"

#include "runtime/files.h"
#include "runtime/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One file a table: what an earlier case left in another one is never in the way. */
#define REFERENCE_FILE "reference-%s.sqlite"

/* Source, sink and state, in the order of enum dpone_live_side. */
#define SIDES 3

static int gave_up(struct dpone_live *live, const char *what, const struct dpone_error *error) {
    dpone_check_environment(live->run, what, error);
    return 0;
}

/* ---- The reference connector as a live connector of its own ---- */

static int open_reference(struct dpone_live *out, struct dpone_live *live, const char *table) {
    struct dpone_error error = DPONE_ERROR_INIT;
    *out = *live;
    out->connector = dpone_reference_connector();
    out->options = NULL;
    int32_t status = dpone_option_tree_of_string(&out->options, "path",
                                                 dpone_live_path(live, REFERENCE_FILE, table), &error);
    return status == DPONE_OK || gave_up(live, "the reference connector", &error);
}

int dpone_live_fill_reference(struct dpone_live *live, const char *table, int64_t rows) {
    struct dpone_live reference;
    char key[96];
    struct dpone_live_load load = {
        .target = table, .key = key, .strategy = DPONE_FULL_REFRESH, .rows = rows, .batch_rows = 1000};
    (void)snprintf(key, sizeof(key), "%s-%lld", table, (long long)rows);
    if (!open_reference(&reference, live, table)) {
        return 0;
    }
    int holds = dpone_live_load_run(&reference, &load);
    dpone_option_tree_free(reference.options);
    return holds;
}

int dpone_live_dump_reference(struct dpone_live *live, const char *table, const char *path, int64_t *rows,
                              struct dpone_digest *digest) {
    struct dpone_live reference;
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_read_request request = dpone_live_read_request(table, 0);
    int holds = 0;
    if (!open_reference(&reference, live, table)) {
        return 0;
    }
    if (dpone_live_instance_open(&instance, &reference)) {
        if (dpone_live_read(&instance, &request, &reader)) {
            FILE *file = fopen(path, "w");
            int32_t status = file == NULL
                                 ? dpone_error_set(&error, DPONE_IO, "cannot write %s", path)
                                 : dpone_canonical_dump_stream(file, &reader.stream, rows, digest, &error);
            if (file != NULL) {
                (void)fclose(file);
            }
            holds = status == DPONE_OK || gave_up(live, "reading the reference connector's table", &error);
            dpone_call_reader_close(&reader);
        }
        dpone_live_instance_close(&instance);
    }
    dpone_option_tree_free(reference.options);
    return holds;
}

/* ---- The manifest ---- */

/* The connector's options from the file that dpone_live_write_options() wrote. */
static json_t *connector_options(struct dpone_live *live, const json_t *extra) {
    const char *path = dpone_live_path(live, "pipeline-options.json");
    return dpone_live_write_options(live, path, extra) ? json_load_file(path, 0, NULL) : NULL;
}

/* One side of the manifest; NULL when the check was given up. */
static json_t *side_json(struct dpone_live *live, const struct dpone_live_pipeline *pipeline, int32_t side) {
    int elsewhere = side == DPONE_LIVE_SINK && pipeline->side == DPONE_LIVE_STATE;
    int own = side == pipeline->side;
    json_t *table = json_sprintf("%s%s", pipeline->table, elsewhere ? DPONE_LIVE_PUBLISHED : "");
    const char *path = dpone_live_path(live, REFERENCE_FILE, json_string_value(table));
    json_t *options = own ? connector_options(live, pipeline->extra) : json_pack("{s:s}", "path", path);
    const char *type = own ? live->run->subject->package->connector : "reference";
    if (options == NULL) {
        json_decref(table);
        return NULL;
    }
    return side == DPONE_LIVE_STATE
               ? json_pack("{s:s, s:o, s:o}", "type", type, "key", table, "options", options)
               : json_pack("{s:s, s:{s:o}, s:o}", "type", type, "table", "name", table, "options", options);
}

/* NULL likewise. */
static json_t *manifest_json(struct dpone_live *live, const struct dpone_live_pipeline *pipeline) {
    int with_state = pipeline->side == DPONE_LIVE_STATE;
    json_t *source = side_json(live, pipeline, DPONE_LIVE_SOURCE);
    json_t *sink = side_json(live, pipeline, DPONE_LIVE_SINK);
    json_t *state = with_state ? side_json(live, pipeline, DPONE_LIVE_STATE) : json_null();
    json_t *strategy = json_pack("{s:s}", "mode", with_state ? "incremental_append" : "full_refresh");
    if (sink != NULL) {
        (void)json_object_set(sink, "strategy", strategy);
    }
    json_decref(strategy);
    json_t *manifest = json_pack("{s:s, s:o, s:o, s:o}", "name", "certification", "source", source, "sink",
                                 sink, "state", state);
    if (manifest != NULL && !with_state) {
        (void)json_object_del(manifest, "state");
    }
    return manifest;
}

static int write_manifest(struct dpone_live *live, const struct dpone_live_pipeline *pipeline,
                          const char *path) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *manifest = manifest_json(live, pipeline);
    if (manifest == NULL) {
        return 0;
    }
    int failed =
        (pipeline->sections != NULL && json_object_update(manifest, (json_t *)pipeline->sections) != 0) ||
        json_dump_file(manifest, path, JSON_INDENT(1)) != 0;
    json_decref(manifest);
    if (failed) {
        (void)dpone_error_set(&error, DPONE_IO, "cannot write %s", path);
        return gave_up(live, "the manifest", &error);
    }
    return 1;
}

/* ---- The run ---- */

static void keep_log(void *context, int32_t level, struct dpone_string message) {
    (void)dprintf(((const struct dpone_live *)context)->log, "%d: %.*s\n", level, (int)message.size,
                  message.data);
}

/* The connector, or the reference connector. */
static struct dpone_pipeline_side side_of(const struct dpone_live *live, int own,
                                          const struct dpone_system_host *host) {
    struct dpone_pipeline_side side = {.host = dpone_system_host_get(host)};
    if (own) {
        side.connector = live->connector;
        side.plugin_path = live->run->subject->plugin;
        side.plugin_sha256 = live->run->subject->plugin_sha256;
    }
    return side;
}

static int32_t run_manifest(struct dpone_live_outcome *out, struct dpone_live *live,
                            const struct dpone_live_pipeline *how, const struct dpone_pipeline_spec *spec,
                            struct dpone_error *error) {
    struct dpone_system_host_options settings = {
        .time = how->time, .temporary_parent = live->run->directory, .log_context = live, .log = keep_log};
    struct dpone_pipeline_environment environment = {
        .run_directory = dpone_live_path(live, "runs"), .hook = how->hook, .hook_context = how->hook_context};
    struct dpone_pipeline_side *const sides[] = {&environment.source, &environment.sink, &environment.state};
    struct dpone_system_host *hosts[SIDES] = {NULL};
    struct dpone_pipeline *pipeline = NULL; /* borrows the environment until it is freed */
    int32_t status = DPONE_OK;
    for (int32_t i = 0; i < SIDES && status == DPONE_OK; i++) {
        status = dpone_system_host_new(&hosts[i], &settings, error);
        if (status == DPONE_OK) {
            *sides[i] = side_of(live, how->side == DPONE_LIVE_SOURCE + i, hosts[i]);
        }
    }
    if (status == DPONE_OK) {
        status = dpone_pipeline_new(&pipeline, spec, &environment, error);
    }
    if (status == DPONE_OK) {
        status = dpone_pipeline_run(pipeline, error);
        out->record_path = strdup(dpone_pipeline_record_path(pipeline));
        out->record = json_load_file(out->record_path, JSON_REJECT_DUPLICATES, NULL);
    }
    dpone_pipeline_free(pipeline);
    for (int32_t i = 0; i < SIDES; i++) {
        dpone_system_host_free(hosts[i]);
    }
    return status;
}

int dpone_live_pipeline_run(struct dpone_live_outcome *out, struct dpone_live *live,
                            const struct dpone_live_pipeline *pipeline) {
    struct dpone_pipeline_manifest *manifest = NULL;
    *out = (struct dpone_live_outcome){.error = DPONE_ERROR_INIT};
    out->manifest_path = strdup(dpone_live_path(live, "manifest.json"));
    if (out->manifest_path == NULL || !write_manifest(live, pipeline, out->manifest_path)) {
        return 0;
    }
    if (dpone_pipeline_manifest_read(&manifest, out->manifest_path, &out->error) != DPONE_OK) {
        return gave_up(live, "the manifest", &out->error);
    }
    out->status = run_manifest(out, live, pipeline, dpone_pipeline_manifest_spec(manifest), &out->error);
    dpone_pipeline_manifest_free(manifest);
    return 1;
}

void dpone_live_outcome_clear(struct dpone_live_outcome *outcome) {
    json_decref(outcome->record);
    free(outcome->record_path);
    free(outcome->manifest_path);
    *outcome = (struct dpone_live_outcome){0};
}
