/* The reference connector as a sink: targets, plans, and the beginning of loads. reference_load.c does the
 * rest. */
#include <stdlib.h>
#include <string.h>

#include "runtime/files.h"
#include "runtime/reference_instance.h"
#include "runtime/reference_plan.h"
#include "runtime/reference_value.h"

#define STRATEGIES                                                                                           \
    (1u << DPONE_FULL_REFRESH | 1u << DPONE_INCREMENTAL_APPEND | 1u << DPONE_INCREMENTAL_MERGE |             \
     1u << DPONE_REPLACE)

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a load");
}

/* ---- The target */

static int32_t fill_description(struct dpone_description *out, const struct dpone_columns *columns,
                                struct dpone_error *error) {
    char version[DPONE_SHA256_TEXT_BYTES];
    int32_t status = dpone_schema_make(&out->schema, columns->items, columns->count, error);
    if (status == DPONE_OK && (dpone_columns_version(version, columns) != DPONE_OK ||
                               dpone_buffer_copy(&out->version, version, strlen(version)) != DPONE_OK)) {
        status = out_of_memory(error);
    }
    return status;
}

static int32_t sink_describe(struct dpone_instance *instance, const struct dpone_table *target,
                             struct dpone_description *out, struct dpone_error *error) {
    char *table = NULL;
    struct dpone_store *store = NULL;
    struct dpone_columns columns = {NULL, 0};
    int32_t status = dpone_reference_table_name(&table, target, error);
    if (status == DPONE_OK) {
        status = dpone_reference_store(instance, &store, error);
    }
    if (status == DPONE_OK) {
        status = dpone_columns_of_table(&columns, store, table, error);
    }
    if (status == DPONE_OK) {
        status = fill_description(out, &columns, error);
    }
    dpone_columns_clear(&columns);
    free(table);
    return status;
}

static int32_t sink_plan(struct dpone_instance *instance, const struct dpone_schema_change *change,
                         struct dpone_buffer *out, struct dpone_error *error) {
    (void)instance;
    if (change->current == NULL) {
        return DPONE_OK;
    }
    struct dpone_columns current = {NULL, 0};
    struct dpone_columns wanted = {NULL, 0};
    struct dpone_reference_plan plan = {0};
    int32_t status = dpone_columns_of_schema(&current, change->current, error);
    if (status == DPONE_OK) {
        status = dpone_columns_of_schema(&wanted, change->wanted, error);
    }
    if (status == DPONE_OK) {
        status = dpone_reference_plan_make(&plan, &current, &wanted, change->policy, error);
    }
    if (status == DPONE_OK && plan.changes) {
        status = dpone_reference_plan_write(&plan, out, error);
    }
    dpone_reference_plan_clear(&plan);
    dpone_columns_clear(&wanted);
    dpone_columns_clear(&current);
    return status;
}

/* ---- What begin() is asked for */

static int32_t check_columns(const struct dpone_columns *columns, struct dpone_error *error) {
    if (columns->count == 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a load needs one column at least");
    }
    for (size_t i = 0; i < columns->count; i++) {
        const char *name = columns->items[i].name;
        if (sqlite3_strnicmp(name, DPONE_RESERVED_PREFIX, (int)strlen(DPONE_RESERVED_PREFIX)) == 0) {
            return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                   "column \"%s\": names beginning with " DPONE_RESERVED_PREFIX
                                   " are reserved; rename it in the source",
                                   name);
        }
        for (size_t before = 0; before < i; before++) {
            if (sqlite3_stricmp(columns->items[before].name, name) == 0) {
                return dpone_error_set(
                    error, DPONE_INVALID_ARGUMENT,
                    "columns \"%s\" and \"%s\" differ in case only, which SQLite cannot hold",
                    columns->items[before].name, name);
            }
        }
    }
    return DPONE_OK;
}

static int32_t check_window(const struct dpone_window *window, const struct dpone_columns *columns,
                            struct dpone_store *store, struct dpone_error *error) {
    char *name = dpone_format("%.*s", (int)window->column.size, window->column.data);
    if (name == NULL) {
        return out_of_memory(error);
    }
    const struct dpone_column *column = dpone_columns_find(columns, name);
    int32_t status = DPONE_OK;
    if (column == NULL) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "the load has no column \"%s\" for its window", name);
    } else if (column->type == DPONE_TYPE_BOOL || column->type == DPONE_TYPE_FLOAT64 ||
               column->type == DPONE_TYPE_BINARY || column->type == DPONE_TYPE_DECIMAL128) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "column \"%s\" is %s; a window needs an integer, date, timestamp or text",
                                 name, dpone_type_name(column->type));
    }
    sqlite3_stmt *probe = NULL; /* proves that both bounds can be bound */
    if (status == DPONE_OK) {
        status = dpone_store_prepare(store, &probe, error, "SELECT ?1, ?2");
    }
    if (status == DPONE_OK) {
        status = dpone_reference_bind_text(probe, 1, column, window->from, error);
    }
    if (status == DPONE_OK) {
        status = dpone_reference_bind_text(probe, 2, column, window->to, error);
    }
    (void)sqlite3_finalize(probe);
    free(name);
    return status;
}

/* A column that decides which old rows go must stay where it was. */
static int32_t check_stays(const struct dpone_reference_plan *plan, const struct dpone_columns *columns,
                           struct dpone_string name, struct dpone_error *error) {
    for (size_t i = 0; i < columns->count; i++) {
        const char *target = json_string_value(json_array_get(plan->targets, i));
        if (dpone_string_equal(dpone_string_of(columns->items[i].name), name) &&
            (target == NULL || strcmp(target, columns->items[i].name) != 0)) {
            return dpone_error_set(
                error, DPONE_CONFLICT,
                "column \"%s\" has another type than in the target, so it cannot select the rows to "
                "replace; change the target by hand",
                columns->items[i].name);
        }
    }
    return DPONE_OK;
}

static int32_t check_plan(const struct dpone_load_request *request, const struct dpone_columns *columns,
                          struct dpone_error *error) {
    if (request->plan.size == 0) {
        return DPONE_OK;
    }
    struct dpone_reference_plan plan = {0};
    int32_t status = dpone_reference_plan_read(&plan, request->plan, error);
    if (status == DPONE_OK && json_array_size(plan.targets) != columns->count) {
        status =
            dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the schema plan is of a load with other columns");
    }
    for (size_t i = 0; status == DPONE_OK && i < request->unique_key_count; i++) {
        status = check_stays(&plan, columns, *request->unique_key[i], error);
    }
    if (status == DPONE_OK && request->strategy == DPONE_REPLACE) {
        status = check_stays(&plan, columns, request->window->column, error);
    }
    dpone_reference_plan_clear(&plan);
    return status;
}

static json_t *string_json(struct dpone_string text) {
    return json_stringn(text.size == 0 ? "" : text.data, text.size);
}

static json_t *unique_key_json(const struct dpone_load_request *request) {
    json_t *list = json_array();
    for (size_t i = 0; i < request->unique_key_count; i++) {
        (void)json_array_append_new(list, string_json(*request->unique_key[i]));
    }
    return list;
}

static json_t *window_json(const struct dpone_load_request *request) {
    if (request->strategy != DPONE_REPLACE) {
        return json_null();
    }
    return json_pack("{s:o,s:o,s:o}", "column", string_json(request->window->column), "from",
                     string_json(request->window->from), "to", string_json(request->window->to));
}

static json_t *plan_json(struct dpone_bytes plan) {
    return plan.size == 0 ? json_null() : json_stringn((const char *)plan.data, plan.size);
}

/* What is kept of a request; reference_load.c reads it back. NULL when memory is short. */
static json_t *request_json(const struct dpone_load_request *request, const char *table,
                            const struct dpone_columns *columns, int64_t lease_ms) {
    return json_pack("{s:s,s:o,s:o,s:i,s:o,s:o,s:o,s:o,s:I,s:I}", "target", table, "pipeline",
                     string_json(request->pipeline), "key", string_json(request->idempotency_key), "strategy",
                     request->strategy, "columns", dpone_columns_to_json(columns), "unique_key",
                     unique_key_json(request), "window", window_json(request), "plan",
                     plan_json(request->plan), "lease_ms", (json_int_t)lease_ms, "partitions",
                     (json_int_t)request->partition_count);
}

/* ---- Opening staging */

/* A name of fixed length that no other load has, also none with the same key. */
static char *stage_name(const struct dpone_instance *instance, const char *request) {
    char digest[DPONE_SHA256_TEXT_BYTES];
    uint8_t random[16];
    char salt[2 * sizeof random + 1];
    instance->host->random(instance->host->context, random, sizeof random);
    dpone_hex_write(salt, (struct dpone_bytes){random, sizeof random});
    char *salted = dpone_format("%s%lld%s", salt,
                                (long long)instance->host->monotonic_ns(instance->host->context), request);
    int32_t status =
        salted == NULL ? DPONE_OUT_OF_MEMORY
                       : dpone_sha256_bytes(digest, (struct dpone_bytes){(uint8_t *)salted, strlen(salted)});
    free(salted);
    return status == DPONE_OK ? dpone_format(DPONE_RESERVED_PREFIX "stage_%.24s", digest) : NULL;
}

static int32_t insert_load(struct dpone_store *store, const struct dpone_instance *instance,
                           const char *stage, const char *table, const char *request, int64_t lease_ms,
                           struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int32_t status = dpone_store_prepare(
        store, &statement, error,
        "INSERT INTO __dpone__loads(stage, target, request, lease_until_us) VALUES(?1, ?2, ?3, ?4)");
    if (status != DPONE_OK) {
        return status;
    }
    dpone_store_bind_string(statement, 1, dpone_string_of(stage));
    dpone_store_bind_string(statement, 2, dpone_string_of(table));
    dpone_store_bind_string(statement, 3, dpone_string_of(request));
    (void)sqlite3_bind_int64(statement, 4,
                             instance->host->wall_clock_us(instance->host->context) + lease_ms * 1000);
    return dpone_store_finish(store, statement, error);
}

/* The stage holds the load's columns, and which partition and attempt brought a row. */
static int32_t make_stage(struct dpone_store *store, const struct dpone_instance *instance, const char *stage,
                          const char *table, const char *request, const struct dpone_columns *columns,
                          int64_t lease_ms, struct dpone_error *error) {
    int32_t status = dpone_store_begin(store, error);
    if (status != DPONE_OK) {
        return status;
    }
    status = insert_load(store, instance, stage, table, request, lease_ms, error);
    if (status == DPONE_OK) {
        status = dpone_columns_create_table(
            columns, store, stage, ",__dpone__partition INTEGER NOT NULL,__dpone__attempt INTEGER NOT NULL",
            error);
    }
    return dpone_store_end(store, status, error);
}

static int32_t begin_load(struct dpone_instance *instance, struct dpone_store *store,
                          const struct dpone_load_request *request, const char *table,
                          const struct dpone_columns *columns, struct dpone_load *out,
                          struct dpone_error *error) {
    int64_t lease_ms = request->lease_ms > 0 ? request->lease_ms : instance->config.lease_ms;
    json_t *json = request_json(request, table, columns, lease_ms);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    char *stage = text == NULL ? NULL : stage_name(instance, text);
    int32_t status = stage == NULL
                         ? out_of_memory(error)
                         : make_stage(store, instance, stage, table, text, columns, lease_ms, error);
    if (status == DPONE_OK) {
        status = dpone_reference_load_open(instance, stage, 0, 0, out, error);
    }
    free(stage);
    free(text);
    json_decref(json);
    return status;
}

static int32_t sink_begin(struct dpone_instance *instance, const struct dpone_load_request *request,
                          struct dpone_load *out, struct dpone_error *error) {
    char *table = NULL;
    struct dpone_store *store = NULL;
    struct dpone_columns columns = {NULL, 0};
    int32_t status = dpone_reference_table_name(&table, &request->target, error);
    if (status == DPONE_OK) {
        status = dpone_columns_of_schema(&columns, request->schema, error);
    }
    if (status == DPONE_OK) {
        status = check_columns(&columns, error);
    }
    if (status == DPONE_OK) {
        status = dpone_reference_store(instance, &store, error);
    }
    if (status == DPONE_OK && request->strategy == DPONE_REPLACE) {
        status = check_window(request->window, &columns, store, error);
    }
    if (status == DPONE_OK) {
        status = check_plan(request, &columns, error);
    }
    if (status == DPONE_OK) {
        status = begin_load(instance, store, request, table, &columns, out, error);
    }
    dpone_columns_clear(&columns);
    free(table);
    return status;
}

static int32_t sink_attach(struct dpone_instance *instance, struct dpone_bytes token, int64_t partition,
                           int64_t attempt, struct dpone_load *out, struct dpone_error *error) {
    json_t *json = NULL;
    int32_t status = dpone_reference_json(&json, token, "load token", error);
    const char *stage = json_string_value(json_object_get(json, "stage"));
    if (status == DPONE_OK && stage == NULL) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the load token names no stage");
    }
    if (status == DPONE_OK) {
        status = dpone_reference_load_open(instance, stage, partition, attempt, out, error);
    }
    json_decref(json);
    return status;
}

/* ---- After a crash */

static int32_t fill_publication(struct dpone_publication *out, sqlite3_stmt *statement,
                                struct dpone_error *error) {
    struct dpone_buffer *const buffers[] = {&out->idempotency_key, &out->content_digest, &out->position};
    for (int i = 0; i < 3; i++) {
        struct dpone_bytes bytes = dpone_store_bytes(statement, i);
        if (dpone_buffer_copy(buffers[i], bytes.data, bytes.size) != DPONE_OK) {
            return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a publication");
        }
    }
    out->rows = sqlite3_column_int64(statement, 3);
    return DPONE_OK;
}

static int32_t read_publication(struct dpone_store *store, const char *table, struct dpone_string pipeline,
                                struct dpone_publication *out, struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int row = 0;
    int32_t status =
        dpone_store_prepare(store, &statement, error,
                            "SELECT CAST(idempotency_key AS BLOB), content_digest, position, rows"
                            " FROM __dpone__publications WHERE target = ?1 AND pipeline = ?2"
                            " ORDER BY sequence DESC LIMIT 1");
    if (status != DPONE_OK) {
        return status;
    }
    dpone_store_bind_string(statement, 1, dpone_string_of(table));
    dpone_store_bind_string(statement, 2, pipeline);
    status = dpone_store_step(store, statement, &row, error);
    if (status == DPONE_OK) {
        status =
            row ? fill_publication(out, statement, error)
                : dpone_error_set(error, DPONE_NOT_FOUND, "pipeline %.*s published nothing into \"%s\" yet",
                                  (int)pipeline.size, pipeline.data, table);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

static int32_t sink_last_published(struct dpone_instance *instance, const struct dpone_table *target,
                                   struct dpone_string pipeline, struct dpone_publication *out,
                                   struct dpone_error *error) {
    char *table = NULL;
    struct dpone_store *store = NULL;
    int32_t status = dpone_reference_table_name(&table, target, error);
    if (status == DPONE_OK) {
        status = dpone_reference_store(instance, &store, error);
    }
    if (status == DPONE_OK) {
        status = read_publication(store, table, pipeline, out, error);
    }
    free(table);
    return status;
}

/* A stage of the target whose lease is dead, on the heap; NULL when there is none. */
static int32_t find_dead(struct dpone_store *store, const char *table, int64_t now_us, char **out,
                         struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int row = 0;
    *out = NULL;
    int32_t status = dpone_store_prepare(
        store, &statement, error,
        "SELECT stage FROM __dpone__loads WHERE target = ?1 AND lease_until_us < ?2 LIMIT 1");
    if (status != DPONE_OK) {
        return status;
    }
    dpone_store_bind_string(statement, 1, dpone_string_of(table));
    (void)sqlite3_bind_int64(statement, 2, now_us);
    status = dpone_store_step(store, statement, &row, error);
    if (status == DPONE_OK && row) {
        *out = dpone_format("%s", (const char *)sqlite3_column_text(statement, 0));
        status = *out == NULL ? out_of_memory(error) : DPONE_OK;
    }
    (void)sqlite3_finalize(statement);
    return status;
}

static int32_t sweep(struct dpone_instance *instance, struct dpone_store *store, const char *table,
                     int64_t *removed, struct dpone_error *error) {
    int64_t now_us = instance->host->wall_clock_us(instance->host->context);
    int64_t count = 0;
    int32_t status = dpone_store_begin(store, error);
    if (status != DPONE_OK) {
        return status;
    }
    char *stage = NULL;
    do {
        free(stage);
        status = find_dead(store, table, now_us, &stage, error);
        if (status == DPONE_OK && stage != NULL) {
            status = dpone_reference_stage_drop(store, stage, error);
            count++;
        }
    } while (status == DPONE_OK && stage != NULL);
    free(stage);
    status = dpone_store_end(store, status, error);
    if (status == DPONE_OK && removed != NULL) {
        *removed = count;
    }
    return status;
}

static int32_t sink_recover(struct dpone_instance *instance, const struct dpone_table *target,
                            int64_t *removed, struct dpone_error *error) {
    char *table = NULL;
    struct dpone_store *store = NULL;
    int32_t status = dpone_reference_table_name(&table, target, error);
    if (status == DPONE_OK) {
        status = dpone_reference_store(instance, &store, error);
    }
    if (status == DPONE_OK) {
        status = sweep(instance, store, table, removed, error);
    }
    free(table);
    return status;
}

const struct dpone_sink_functions dpone_reference_sink = {
    .struct_size = (uint32_t)sizeof dpone_reference_sink,
    .staging_first = 1,
    .strategies = STRATEGIES,
    .describe = sink_describe,
    .plan = sink_plan,
    .begin = sink_begin,
    .attach = sink_attach,
    .last_published = sink_last_published,
    .recover = sink_recover,
};
