/* The sink: targets, plans, and the beginning of loads; load.c and publish.c do the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger.h"
#include "target.h"

/* ---- Targets ---- */

/* A column that cannot hold every value of its type must not be filled. */
static int32_t sink_check_target(const struct postgres_columns *columns, const struct postgres_table *table,
                                 const struct postgres_table_facts *facts, struct dpone_error *error) {
    if (!facts->is_writable) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "\"%s\" is no table; choose one", table->name);
    }
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->items[i].foreign || columns->items[i].narrow) {
            return dpone_error_set(
                error, DPONE_UNSUPPORTED_TYPE,
                "column \"%s\" of \"%s\" is %s, which no type of dpone fills exactly; change it",
                columns->items[i].as.name, table->name, columns->items[i].declared);
        }
    }
    return DPONE_OK;
}

static int32_t sink_describe(struct dpone_instance *instance, const struct dpone_table *target,
                             struct dpone_description *out, struct dpone_error *error) {
    struct postgres_session *session = NULL;
    struct postgres_table table;
    struct postgres_columns columns = {0};
    struct postgres_table_facts facts = {0};
    int32_t status = postgres_table_of(&table, instance, target, error);
    if (status == DPONE_OK) {
        status = postgres_session_of(&session, instance, error);
    }
    if (status == DPONE_OK) {
        status = postgres_columns_of_table(&columns, session, &table, &facts, error);
    }
    if (status == DPONE_OK) {
        status = sink_check_target(&columns, &table, &facts, error);
    }
    if (status == DPONE_OK) {
        status = postgres_columns_to_schema(&out->schema, &columns, error);
    }
    if (status == DPONE_OK) {
        status = postgres_plan_version(&out->version, &columns, error);
    }
    postgres_columns_clear(&columns);
    return status;
}

static int32_t sink_plan(struct dpone_instance *instance, const struct dpone_schema_change *change,
                         struct dpone_buffer *out, struct dpone_error *error) {
    (void)instance;
    return change->current == NULL ? DPONE_OK : postgres_plan_make(out, change, error);
}

/* ---- What a load asks for ---- */

static int32_t sink_check_columns(const struct postgres_columns *columns, struct dpone_error *error) {
    int32_t status = columns->count > 0
                         ? DPONE_OK
                         : dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a load needs one column at least");
    for (size_t i = 0; status == DPONE_OK && i < columns->count; i++) {
        const char *name = columns->items[i].as.name;
        status = postgres_check_column_name(name, error);
        if (status == DPONE_OK &&
            strncmp(name, POSTGRES_RESERVED_PREFIX, sizeof(POSTGRES_RESERVED_PREFIX) - 1) == 0) {
            status = dpone_error_set(error, DPONE_CONFLICT,
                                     "column \"%s\": names that begin with " POSTGRES_RESERVED_PREFIX
                                     " are reserved; rename it in the source",
                                     name);
        }
    }
    return status;
}

/* A column that decides which old rows go must stay where it is. */
static int32_t sink_check_stays(const struct postgres_load *load, const struct postgres_plan *plan,
                                const char *name, struct dpone_error *error) {
    for (size_t i = 0; i < load->columns.count && i < plan->targets.count; i++) {
        if (strcmp(load->columns.items[i].as.name, name) == 0 &&
            strcmp(plan->targets.items[i].as.name, name) != 0) {
            return dpone_error_set(
                error, DPONE_CONFLICT,
                "column \"%s\" has another type in the target, so it cannot tell which rows to "
                "replace; change the target by hand",
                name);
        }
    }
    return DPONE_OK;
}

static int32_t sink_check_plan(const struct postgres_load *load, struct dpone_error *error) {
    struct postgres_plan plan = {0};
    if (load->plan.size == 0) {
        return DPONE_OK;
    }
    int32_t status = postgres_plan_read(&plan, dpone_buffer_view(&load->plan), error);
    if (status == DPONE_OK && plan.targets.count != load->columns.count) {
        status =
            dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the schema plan is of a load with other columns");
    }
    for (size_t i = 0; status == DPONE_OK && i < load->key.count; i++) {
        status = sink_check_stays(load, &plan, load->key.items[i].as.name, error);
    }
    if (status == DPONE_OK && load->window_column != NULL) {
        status = sink_check_stays(load, &plan, load->window_column, error);
    }
    postgres_plan_clear(&plan);
    return status;
}

static int32_t sink_find(const struct postgres_load *load, struct dpone_string name, const char *what,
                         const struct postgres_column **out, struct dpone_error *error) {
    *out = postgres_columns_find(&load->columns, name);
    return *out != NULL
               ? DPONE_OK
               : dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the load has no column \"%.*s\" for its %s",
                                 (int)name.size, name.data, what);
}

static int32_t sink_copy_key(struct postgres_load *load, const struct dpone_load_request *request,
                             struct dpone_error *error) {
    const struct postgres_column *column = NULL;
    int32_t status = request->unique_key_count > 0
                         ? DPONE_OK
                         : dpone_error_set(error, DPONE_INVALID_ARGUMENT, "a merge needs a unique_key");
    for (size_t i = 0; status == DPONE_OK && i < request->unique_key_count; i++) {
        status = sink_find(load, *request->unique_key[i], "unique_key", &column, error);
        if (status == DPONE_OK) {
            status = postgres_columns_add(&load->key, &column->as, NULL, error);
        }
    }
    return status;
}

/* Texts are compared byte by byte, whatever the collation of the column. */
static int32_t sink_add_bound(struct postgres_load *load, const struct postgres_column *column,
                              const char *operator, struct dpone_string bound, struct dpone_error *error) {
    postgres_sql_add(&load->window,
                     column->as.type == DPONE_TYPE_UTF8 ? "%I COLLATE pg_catalog.\"C\" %s " : "%I %s ",
                     column->as.name, operator);
    return postgres_value_add_literal(&load->window, column, bound, error);
}

static int32_t sink_copy_window(struct postgres_load *load, const struct dpone_window *window,
                                struct dpone_error *error) {
    const struct postgres_column *column = NULL;
    int32_t status = sink_find(load, window->column, "window", &column, error);
    if (status == DPONE_OK) {
        status = sink_add_bound(load, column, ">=", window->from, error);
    }
    if (status == DPONE_OK) {
        postgres_sql_add(&load->window, " AND ");
        status = sink_add_bound(load, column, "<", window->to, error);
    }
    if (status == DPONE_OK) {
        load->window_column = strdup(column->as.name);
        status = load->window_column != NULL && !load->window.failed
                     ? DPONE_OK
                     : dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a window");
    }
    return status;
}

static int32_t sink_copy_request(struct postgres_load *load, const struct dpone_load_request *request,
                                 struct dpone_error *error) {
    load->strategy = request->strategy;
    load->lease_ms = request->lease_ms > 0 ? request->lease_ms : load->instance->config.lease_ms;
    load->pipeline =
        strndup(request->pipeline.size == 0 ? "" : request->pipeline.data, request->pipeline.size);
    load->idempotency_key = strndup(request->idempotency_key.data, request->idempotency_key.size);
    if (load->pipeline == NULL || load->idempotency_key == NULL ||
        dpone_buffer_copy(&load->plan, request->plan.data, request->plan.size) != DPONE_OK) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a load");
    }
    int32_t status = postgres_columns_of_schema(&load->columns, request->schema, error);
    if (status == DPONE_OK) {
        status = sink_check_columns(&load->columns, error);
    }
    if (status == DPONE_OK) {
        status = dpone_schema_copy(&load->schema, request->schema, error);
    }
    if (status == DPONE_OK) {
        status = dpone_batch_view_new(&load->view, &load->schema, error);
    }
    if (status == DPONE_OK && request->strategy == DPONE_INCREMENTAL_MERGE) {
        status = sink_copy_key(load, request, error);
    }
    if (status == DPONE_OK && request->strategy == DPONE_REPLACE) {
        status = sink_copy_window(load, request->window, error);
    }
    return status == DPONE_OK ? sink_check_plan(load, error) : status;
}

/* ---- Staging ---- */

/* A name of fixed length that nobody else makes. */
static void sink_name_stage(struct postgres_load *load) {
    const struct dpone_host *host = load->instance->host;
    struct {
        uint8_t random[16];
        int64_t wall_clock_us;
        int64_t monotonic_ns;
        int64_t process;
    } seed = {.wall_clock_us = host->wall_clock_us(host->context),
              .monotonic_ns = host->monotonic_ns(host->context),
              .process = getpid()};
    struct dpone_digest digest = {0};
    host->random(host->context, seed.random, sizeof(seed.random));
    dpone_digest_add_row(&digest, &seed, sizeof(seed));
    load->stage = load->target;
    int size = snprintf(load->stage.name, sizeof(load->stage.name), POSTGRES_RESERVED_PREFIX "stage_");
    for (size_t i = 0; i < DPONE_DIGEST_BYTES; i++, size += 2) {
        (void)snprintf(load->stage.name + size, 3, "%02x", digest.bytes[i]);
    }
}

/* Staging that can never become the target need not be logged: that is written twice anyway. */
static int32_t sink_choose_kind(struct postgres_load *load, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    int exists = 0;
    int32_t status = postgres_target_exists(load, &exists, error);
    if (status == DPONE_OK) {
        status = postgres_target_can_swap(load, exists, &load->is_logged, error);
    }
    if (status == DPONE_OK && !load->is_logged) {
        postgres_sql_add(&sql, "ALTER TABLE %T SET UNLOGGED", &load->stage);
        status = postgres_session_run_sql(load->session, &sql, NULL, error);
    }
    return status;
}

static int32_t sink_insert_lease(const struct postgres_load *load, struct dpone_error *error) {
    const struct dpone_host *host = load->instance->host;
    struct postgres_query query = {0};
    postgres_query_add_text(&query, dpone_string_of(load->stage.name));
    postgres_query_add_text(&query, dpone_string_of(load->target.name));
    postgres_query_add_integer(&query, host->wall_clock_us(host->context) + load->lease_ms * 1000);
    return postgres_ledger_run(load->session, load->stage.schema, POSTGRES_LOADS,
                               "INSERT INTO %T (stage, target, lease_until_us) VALUES ($1, $2, $3)", &query,
                               NULL, error);
}

static int32_t sink_make_stage(struct postgres_load *load, struct dpone_error *error) {
    int taken = 0;
    sink_name_stage(load);
    int32_t status = postgres_load_lock(load->session, load->stage.name, 0, &taken, error);
    if (status == DPONE_OK) {
        status = postgres_session_begin(load->session, error);
    }
    if (status == DPONE_OK) {
        status = postgres_target_create(load->session, &load->stage, &load->columns, error);
    }
    if (status == DPONE_OK) {
        status = sink_choose_kind(load, error);
    }
    if (status == DPONE_OK) {
        status = sink_insert_lease(load, error);
    }
    return status == DPONE_OK ? postgres_load_begin_copy(load, error) : status;
}

static int32_t sink_begin(struct dpone_instance *instance, const struct dpone_load_request *request,
                          struct dpone_load *out, struct dpone_error *error) {
    if (request->partition_count > 0) {
        return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "postgres offers no distributed loads");
    }
    struct postgres_load *load = calloc(1, sizeof(*load));
    if (load == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a load");
    }
    load->instance = instance;
    load->plan = (struct dpone_buffer)DPONE_BUFFER_INIT;
    int32_t status = postgres_table_of(&load->target, instance, &request->target, error);
    if (status == DPONE_OK) {
        status = sink_copy_request(load, request, error);
    }
    if (status == DPONE_OK) {
        status = postgres_session_open(&load->session, instance, error);
    }
    if (status == DPONE_OK) {
        status = postgres_ledger_make(load->session, load->target.schema, error);
    }
    if (status == DPONE_OK) {
        status = sink_make_stage(load, error);
    }
    if (status != DPONE_OK) {
        postgres_load_free(load);
        return status;
    }
    postgres_load_fill(out, load);
    return DPONE_OK;
}

/* ---- After a crash ---- */

static int32_t sink_copy_publication(struct dpone_publication *out, const PGresult *result,
                                     struct dpone_error *error) {
    struct dpone_buffer *const buffers[] = {&out->idempotency_key, &out->content_digest, &out->position};
    int32_t status = DPONE_OK;
    for (int i = 0; status == DPONE_OK && i < 3; i++) {
        status = postgres_result_copy(buffers[i], result, 0, i, error);
    }
    out->rows = postgres_result_integer(result, 0, 3);
    return status;
}

static int32_t sink_last_published(struct dpone_instance *instance, const struct dpone_table *target,
                                   struct dpone_string pipeline, struct dpone_publication *out,
                                   struct dpone_error *error) {
    struct postgres_session *session = NULL;
    struct postgres_table table;
    struct postgres_query query = {0};
    PGresult *result = NULL;
    int32_t status = postgres_table_of(&table, instance, target, error);
    if (status == DPONE_OK) {
        status = postgres_session_of(&session, instance, error);
    }
    if (status == DPONE_OK) {
        postgres_query_add_text(&query, dpone_string_of(table.name));
        postgres_query_add_text(&query, pipeline);
        status = postgres_ledger_ask(session, table.schema, POSTGRES_PUBLICATIONS,
                                     "SELECT idempotency_key, content_digest, position, rows FROM %T"
                                     " WHERE target = $1 AND pipeline = $2 ORDER BY sequence DESC LIMIT 1",
                                     &query, &result, error);
    }
    if (status == DPONE_NOT_FOUND || (status == DPONE_OK && PQntuples(result) == 0)) {
        status = dpone_error_set(error, DPONE_NOT_FOUND, "pipeline %.*s published nothing into \"%s\" yet",
                                 (int)pipeline.size, pipeline.data, table.name);
    } else if (status == DPONE_OK) {
        status = sink_copy_publication(out, result, error);
    }
    PQclear(result);
    return status;
}

/* Removes what a load left whose lock nobody holds. */
static int32_t sink_sweep_one(struct postgres_session *session, const struct postgres_table *stage,
                              int is_over, int64_t *removed, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    int taken = 0;
    int32_t status = postgres_load_lock(session, stage->name, is_over, &taken, error);
    if (status != DPONE_OK || !taken) {
        return status;
    }
    postgres_sql_add(&sql, "BEGIN");
    postgres_load_add_drop(&sql, stage);
    postgres_sql_add(&sql, "; COMMIT; SELECT pg_advisory_unlock(hashtextextended(%L, 0))", stage->name);
    status = postgres_session_run_sql(session, &sql, NULL, error);
    *removed += status == DPONE_OK;
    return status;
}

static int32_t sink_sweep(struct postgres_session *session, const struct postgres_table *target,
                          int64_t now_us, int64_t *removed, struct dpone_error *error) {
    struct postgres_query query = {0};
    struct postgres_table stage = *target;
    PGresult *result = NULL;
    postgres_query_add_text(&query, dpone_string_of(target->name));
    postgres_query_add_integer(&query, now_us);
    int32_t status = postgres_ledger_ask(session, target->schema, POSTGRES_LOADS,
                                         "SELECT stage, lease_until_us < $2 FROM %T WHERE target = $1",
                                         &query, &result, error);
    if (status == DPONE_NOT_FOUND) {
        return DPONE_OK; /* no load was ever made here */
    }
    for (int row = 0; status == DPONE_OK && row < PQntuples(result); row++) {
        (void)snprintf(stage.name, sizeof(stage.name), "%s", PQgetvalue(result, row, 0));
        status = sink_sweep_one(session, &stage, postgres_result_bool(result, row, 1), removed, error);
    }
    PQclear(result);
    return status;
}

static int32_t sink_recover(struct dpone_instance *instance, const struct dpone_table *target,
                            int64_t *removed, struct dpone_error *error) {
    struct postgres_session *session = NULL;
    struct postgres_table table;
    int64_t count = 0;
    int32_t status = postgres_table_of(&table, instance, target, error);
    if (status == DPONE_OK) {
        status = postgres_session_of(&session, instance, error);
    }
    if (status == DPONE_OK) {
        status = sink_sweep(session, &table, instance->host->wall_clock_us(instance->host->context), &count,
                            error);
    }
    if (status == DPONE_OK && removed != NULL) {
        *removed = count;
    }
    return status;
}

const struct dpone_sink_functions postgres_sink_functions = {
    .struct_size = sizeof(struct dpone_sink_functions),
    .staging_first = 1,
    .strategies = 1u << DPONE_FULL_REFRESH | 1u << DPONE_INCREMENTAL_APPEND | 1u << DPONE_INCREMENTAL_MERGE |
                  1u << DPONE_REPLACE,
    .describe = sink_describe,
    .plan = sink_plan,
    .begin = sink_begin,
    .last_published = sink_last_published,
    .recover = sink_recover,
};
