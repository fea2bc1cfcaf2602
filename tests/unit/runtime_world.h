/* A small world for tests of the runtime: a private folder, SQLite files looked into with SQLite itself,
 * virtual time, and one pipeline after the other over the reference connector. */
#ifndef DPONE_TEST_RUNTIME_WORLD_H
#define DPONE_TEST_RUNTIME_WORLD_H

#include "support.h"

#include <stdio.h>
#include <unistd.h>

#include <jansson.h>
#include <sqlite3.h>

#include "runtime/files.h"
#include "runtime/pipeline.h"
#include "runtime/reference.h"
#include "runtime/system_host.h"
#include "runtime/virtual_time.h"

enum { WORLD_PATH_BYTES = 512, WORLD_DUMP_BYTES = 65536 };

struct world {
    char *folder;
    struct dpone_virtual_time *time;
    const struct dpone_connector *source, *sink, *state; /* NULL: the reference connector */
    dpone_step_hook hook;
    void *hook_context;
    const char *load_id;
    struct dpone_pipeline *pipeline; /* while it runs */
    struct dpone_error error;        /* of the last run */
    json_t *record;                  /* run.json of the last run */
};

static inline void world_path(char out[WORLD_PATH_BYTES], const struct world *world, const char *name) {
    assert_true(snprintf(out, WORLD_PATH_BYTES, "%s/%s", world->folder, name) < WORLD_PATH_BYTES);
}

static inline void world_write(const struct world *world, const char *name, const char *content) {
    char path[WORLD_PATH_BYTES];
    world_path(path, world, name);
    assert_int_equal(dpone_file_write(path, content, strlen(content), NULL), DPONE_OK);
}

static inline sqlite3 *world_open(const struct world *world, const char *file) {
    char path[WORLD_PATH_BYTES];
    sqlite3 *db = NULL;
    world_path(path, world, file);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    return db;
}

static inline void world_sql(const struct world *world, const char *file, const char *sql) {
    sqlite3 *db = world_open(world, file);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline int world_add_row(void *context, int count, char **values, char **names) {
    char *out = context;
    (void)names;
    for (int i = 0; i < count; i++) {
        size_t used = strlen(out);
        (void)snprintf(out + used, WORLD_DUMP_BYTES - used, "%s%s", i == 0 ? "" : "|",
                       values[i] == NULL ? "NULL" : values[i]);
    }
    strncat(out, "\n", WORLD_DUMP_BYTES - strlen(out) - 1);
    return 0;
}

/* What a query answers, "a|b\n" a row: SQLite's own word, not the connector's. `out` has WORLD_DUMP_BYTES. */
static inline void world_dump(char *out, const struct world *world, const char *file, const char *sql) {
    sqlite3 *db = world_open(world, file);
    char *message = NULL;
    out[0] = '\0';
    if (sqlite3_exec(db, sql, world_add_row, out, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline void assert_query(const struct world *world, const char *file, const char *sql,
                                const char *expected) {
    static char dump[WORLD_DUMP_BYTES];
    world_dump(dump, world, file, sql);
    assert_string_equal(dump, expected);
}

static inline struct world world_make(void) {
    struct world world = {.error = DPONE_ERROR_INIT};
    const char *parent = getenv("TMPDIR") == NULL ? "/tmp" : getenv("TMPDIR");
    assert_int_equal(dpone_directory_make_temporary(&world.folder, parent, NULL), DPONE_OK);
    world.time = dpone_virtual_time_new();
    assert_non_null(world.time);
    return world;
}

static inline void world_clear(struct world *world) {
    dpone_directory_remove(world->folder);
    assert_int_equal(access(world->folder, F_OK), -1);
    free(world->folder);
    dpone_virtual_time_free(world->time);
    json_decref(world->record);
}

static inline struct dpone_system_host *world_host(const struct world *world) {
    struct dpone_system_host_options options = {.time = dpone_virtual_time_functions(world->time),
                                                .temporary_parent = world->folder};
    struct dpone_system_host *host = NULL;
    assert_int_equal(dpone_system_host_new(&host, &options, NULL), DPONE_OK);
    return host;
}

/* Writes `text` to pipe.yaml; every `@` in it becomes the world's folder. */
static inline void world_manifest(const struct world *world, const char *text) {
    static char written[16384];
    size_t size = 0;
    for (; *text != '\0'; text++) {
        int added = snprintf(written + size, sizeof written - size, *text == '@' ? "%s" : "%.1s",
                             *text == '@' ? world->folder : text);
        size += (size_t)added;
        assert_true(size < sizeof written);
    }
    world_write(world, "pipe.yaml", written);
}

/* Runs pipe.yaml; the run's error and run.json stay in the world. */
static inline int32_t world_run(struct world *world) {
    char path[WORLD_PATH_BYTES];
    char runs[WORLD_PATH_BYTES];
    struct dpone_pipeline_manifest *manifest = NULL;
    struct dpone_pipeline *pipeline = NULL;
    struct dpone_system_host *hosts[3] = {world_host(world), world_host(world), world_host(world)};
    world_path(path, world, "pipe.yaml");
    world_path(runs, world, "runs");
    dpone_error_clear(&world->error);
    int32_t status = dpone_pipeline_manifest_read(&manifest, path, &world->error);
    if (status == DPONE_OK) {
        struct dpone_pipeline_environment environment = {
            .source = {.connector = world->source, .host = dpone_system_host_get(hosts[0])},
            .sink = {.connector = world->sink, .host = dpone_system_host_get(hosts[1])},
            .state = {.connector = world->state, .host = dpone_system_host_get(hosts[2])},
            .run_directory = runs,
            .load_id = world->load_id,
            .hook = world->hook,
            .hook_context = world->hook_context,
        };
        status = dpone_pipeline_new(&pipeline, dpone_pipeline_manifest_spec(manifest), &environment,
                                    &world->error);
        if (status == DPONE_OK) {
            world->pipeline = pipeline;
            status = dpone_pipeline_run(pipeline, &world->error);
            world->pipeline = NULL;
            json_decref(world->record);
            world->record = json_load_file(dpone_pipeline_record_path(pipeline), 0, NULL);
            assert_non_null(world->record);
        }
    }
    dpone_pipeline_free(pipeline);
    dpone_pipeline_manifest_free(manifest);
    for (size_t i = 0; i < 3; i++) {
        dpone_system_host_free(hosts[i]);
    }
    return status;
}

static inline void assert_run_ok(struct world *world) {
    int32_t status = world_run(world);
    if (status != DPONE_OK) {
        fail_msg("%s: %s", dpone_status_name(status), world->error.message);
    }
}

/* A value of run.json by its way: "rows.read". */
static inline const json_t *world_value(const struct world *world, const char *way) {
    const json_t *value = world->record;
    char part[64];
    while (*way != '\0') {
        size_t size = strcspn(way, ".");
        (void)snprintf(part, sizeof part, "%.*s", (int)size, way);
        value = json_is_array(value) ? json_array_get(value, (size_t)strtoul(part, NULL, 10))
                                     : json_object_get(value, part);
        way += size + (way[size] == '.');
    }
    return value;
}

/* A run that fails with exactly this message. */
#define assert_run_fails(world, expected_status, expected_message)                                           \
    do {                                                                                                     \
        int32_t run_status = world_run(world);                                                               \
        assert_error((world)->error, expected_status, expected_message);                                     \
        assert_int_equal(run_status, expected_status);                                                       \
    } while (0)

#define assert_record_integer(world, way, expected)                                                          \
    assert_int_equal(json_integer_value(world_value(world, way)), expected)
#define assert_record_string(world, way, expected)                                                           \
    assert_string_equal(json_string_value(world_value(world, way)), expected)

#endif
