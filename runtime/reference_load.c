/* One load of the reference connector, from its first batch to its staged stream. */
#include "runtime/reference_load.h"

#include <stdlib.h>
#include <string.h>

#include <dpone/stream.h>

#include "runtime/files.h"
#include "runtime/reference_rows.h"
#include "runtime/reference_value.h"

#define STAGED_BATCH_BYTES (8 * 1024 * 1024)

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a load");
}

static int32_t out_of_order(const struct load *load, const char *what, struct dpone_error *error) {
    static const char *const phases[] = {"open", "staged", "published", "aborted"};
    return dpone_error_set(error, DPONE_INVALID_STATE, "%s: load %s is %s", what, load->key,
                           phases[load->phase]);
}

/* ---- Rows of the stage */

int32_t dpone_reference_renew_lease(const struct load *load, struct dpone_store *store,
                                    struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    const struct dpone_host *host = load->instance->host;
    int32_t status = dpone_store_prepare(store, &statement, error,
                                         "UPDATE __dpone__loads SET lease_until_us = ?1 WHERE stage = ?2");
    if (status != DPONE_OK) {
        return status;
    }
    (void)sqlite3_bind_int64(statement, 1, host->wall_clock_us(host->context) + load->lease_ms * 1000);
    dpone_store_bind_string(statement, 2, dpone_string_of(load->stage));
    status = dpone_store_finish(store, statement, error);
    if (status == DPONE_OK && sqlite3_changes(store->db) == 0) {
        status = dpone_error_set(error, DPONE_CONFLICT,
                                 "load %s was swept because its lease of %lld ms ran out; run it again",
                                 load->key, (long long)load->lease_ms);
    }
    return status;
}

static char *insert_sql(const struct load *load, sqlite3 *db) {
    sqlite3_str *sql = sqlite3_str_new(db);
    sqlite3_str_appendf(sql, "INSERT INTO \"%w\" VALUES(", load->stage);
    for (size_t i = 0; i < load->columns.count; i++) {
        sqlite3_str_appendf(sql, "?%d,", (int)i + 1);
    }
    sqlite3_str_appendf(sql, "%lld,%lld)", load->partition, load->attempt);
    return sqlite3_str_finish(sql);
}

static int32_t insert_row(const struct load *load, struct dpone_store *store, sqlite3_stmt *statement,
                          int64_t row, struct dpone_error *error) {
    int done = 0;
    for (size_t i = 0; i < load->columns.count; i++) {
        int code = dpone_reference_bind(statement, (int)i + 1, &load->view->columns[i], row);
        if (code != SQLITE_OK) {
            return dpone_store_error(store, code, "bind a value", error);
        }
    }
    int32_t status = dpone_store_step(store, statement, &done, error);
    (void)sqlite3_reset(statement);
    return status;
}

static int32_t insert_rows(const struct load *load, struct dpone_store *store, struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int32_t status = dpone_store_prepare_owned(store, &statement, insert_sql(load, store->db), error);
    for (int64_t row = 0; status == DPONE_OK && row < load->view->rows; row++) {
        status = insert_row(load, store, statement, row, error);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

/* One batch is one transaction: a crash leaves whole batches behind. */
static int32_t load_write(struct dpone_load *handle, const struct ArrowArray *batch,
                          struct dpone_error *error) {
    struct load *load = handle->private_data;
    struct dpone_store *store = NULL;
    if (load->phase != LOAD_OPEN) {
        return out_of_order(load, "write", error);
    }
    int32_t status = dpone_batch_view_set(load->view, batch, error);
    if (status == DPONE_OK) {
        status = dpone_reference_store(load->instance, &store, error);
    }
    if (status == DPONE_OK) {
        status = dpone_store_begin(store, error);
    }
    if (status != DPONE_OK) {
        return status;
    }
    status = dpone_reference_renew_lease(load, store, error);
    if (status == DPONE_OK) {
        status = insert_rows(load, store, error);
    }
    return dpone_store_end(store, status, error);
}

/* ---- Sealing */

char *dpone_reference_key_list(const struct load *load, sqlite3 *db) {
    const json_t *key = json_object_get(load->request, "unique_key");
    sqlite3_str *list = sqlite3_str_new(db);
    for (size_t i = 0; i < json_array_size(key); i++) {
        sqlite3_str_appendf(list, "%s\"%w\"", i == 0 ? "" : ",", json_string_value(json_array_get(key, i)));
    }
    return sqlite3_str_finish(list);
}

/* Refuses the load when the query counts anything. */
static int32_t refuse_any(struct dpone_store *store, sqlite3_stmt *statement, const char *what,
                          struct dpone_error *error) {
    int64_t count = 0;
    int32_t status = dpone_store_integer(store, statement, &count, error);
    return status == DPONE_OK && count > 0
               ? dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "%s in %lld rows of the load; the target is unchanged", what,
                                 (long long)count)
               : status;
}

static int32_t check_key(const struct load *load, struct dpone_store *store, const char *where,
                         struct dpone_error *error) {
    const json_t *key = json_object_get(load->request, "unique_key");
    sqlite3_stmt *statement = NULL;
    int32_t status = DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < json_array_size(key); i++) {
        const char *name = json_string_value(json_array_get(key, i));
        char *what = dpone_format("unique_key column \"%s\" is NULL", name);
        status = dpone_store_prepare(store, &statement, error,
                                     "SELECT count(*) FROM \"%w\" WHERE (%s) AND \"%w\" IS NULL", load->stage,
                                     where, name);
        if (status == DPONE_OK) {
            status = refuse_any(store, statement, what == NULL ? "a unique_key column is NULL" : what, error);
        }
        free(what);
    }
    if (status != DPONE_OK) {
        return status;
    }
    char *list = dpone_reference_key_list(load, store->db);
    status = list == NULL
                 ? out_of_memory(error)
                 : dpone_store_prepare(store, &statement, error,
                                       "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM \"%w\""
                                       " WHERE (%s) GROUP BY %s HAVING count(*) > 1)",
                                       load->stage, where, list);
    sqlite3_free(list);
    return status == DPONE_OK ? refuse_any(store, statement, "the unique_key is not unique", error) : status;
}

static struct dpone_string window_member(const struct load *load, const char *member) {
    const json_t *text = json_object_get(json_object_get(load->request, "window"), member);
    return (struct dpone_string){json_string_value(text), json_string_length(text)};
}

static int32_t check_window(const struct load *load, struct dpone_store *store, const char *where,
                            struct dpone_error *error) {
    const char *name = window_member(load, "column").data;
    const struct dpone_column *column = dpone_columns_find(&load->columns, name);
    sqlite3_stmt *statement = NULL;
    int32_t status = dpone_store_prepare(
        store, &statement, error,
        "SELECT count(*) FROM \"%w\" WHERE (%s) AND NOT coalesce(\"%w\" >= ?1 AND \"%w\" < ?2, 0)",
        load->stage, where, name, name);
    if (status != DPONE_OK) {
        return status;
    }
    status = dpone_reference_bind_text(statement, 1, column, window_member(load, "from"), error);
    if (status == DPONE_OK) {
        status = dpone_reference_bind_text(statement, 2, column, window_member(load, "to"), error);
    }
    if (status != DPONE_OK) {
        (void)sqlite3_finalize(statement);
        return status;
    }
    return refuse_any(store, statement, "the window column lies outside the window", error);
}

int32_t dpone_reference_check_rows(const struct load *load, struct dpone_store *store, const char *where,
                                   struct dpone_error *error) {
    if (load->strategy == DPONE_INCREMENTAL_MERGE) {
        return check_key(load, store, where, error);
    }
    return load->strategy == DPONE_REPLACE ? check_window(load, store, where, error) : DPONE_OK;
}

static char *own_rows(const struct load *load) {
    return dpone_format("__dpone__partition = %lld AND __dpone__attempt = %lld", (long long)load->partition,
                        (long long)load->attempt);
}

static int32_t load_stage(struct dpone_load *handle, struct dpone_buffer *receipt,
                          struct dpone_error *error) {
    struct load *load = handle->private_data;
    struct dpone_store *store = NULL;
    if (load->phase != LOAD_OPEN) {
        return out_of_order(load, "stage", error);
    }
    char *where = own_rows(load);
    int32_t status =
        where == NULL ? out_of_memory(error) : dpone_reference_store(load->instance, &store, error);
    if (status == DPONE_OK) {
        status = dpone_reference_renew_lease(load, store, error);
    }
    if (status == DPONE_OK) {
        status = dpone_reference_check_rows(load, store, where, error);
    }
    free(where);
    if (status == DPONE_OK && receipt != NULL) {
        status = dpone_reference_json_buffer(receipt,
                                             json_pack("{s:s,s:I,s:I}", "stage", load->stage, "partition",
                                                       (json_int_t)load->partition, "attempt",
                                                       (json_int_t)load->attempt),
                                             error);
    }
    if (status == DPONE_OK) {
        load->phase = LOAD_STAGED;
    }
    return status;
}

/* ---- Reading back */

static char *staged_sql(const struct load *load, sqlite3 *db) {
    sqlite3_str *sql = sqlite3_str_new(db);
    sqlite3_str_appendall(sql, "SELECT ");
    for (size_t i = 0; i < load->columns.count; i++) {
        sqlite3_str_appendf(sql, "\"%w\",", load->columns.items[i].name);
    }
    sqlite3_str_appendf(sql, "%s FROM \"%w\"", load->rowid, load->stage);
    if (load->partition_count > 0) {
        sqlite3_str_appendf(sql, " WHERE __dpone__partition = %lld AND __dpone__attempt = %lld",
                            load->partition, load->attempt);
    }
    sqlite3_str_appendf(sql, " ORDER BY %s", load->rowid);
    return sqlite3_str_finish(sql);
}

static int32_t staged_next(void *context, struct ArrowArray *out, struct dpone_error *error) {
    return dpone_rows_next(context, out, error);
}

static void staged_close(void *context) {
    dpone_rows_free(context);
}

static const struct dpone_stream_functions staged_functions = {staged_next, NULL, staged_close};

static int32_t load_open_staged(struct dpone_load *handle, struct ArrowArrayStream *out,
                                struct dpone_error *error) {
    struct load *load = handle->private_data;
    if (load->phase != LOAD_STAGED) {
        return out_of_order(load, "open_staged", error);
    }
    struct dpone_rows_request request = {.columns = &load->columns,
                                         .batch_rows = load->instance->config.batch_rows,
                                         .batch_bytes = STAGED_BATCH_BYTES};
    struct dpone_store *store = NULL;
    int32_t status = dpone_reference_store(load->instance, &store, error);
    if (status == DPONE_OK) {
        status = dpone_reference_renew_lease(load, store, error);
    }
    if (status == DPONE_OK) {
        status = dpone_reference_reader_store(load->instance, &request.store, error);
    }
    if (status == DPONE_OK) {
        status = dpone_store_prepare_owned(request.store, &request.statement,
                                           staged_sql(load, request.store->db), error);
    }
    if (status != DPONE_OK) {
        dpone_store_close(request.store);
        return status;
    }
    struct dpone_rows *rows = NULL;
    status = dpone_rows_new(&rows, &request, error);
    if (status == DPONE_OK) {
        status = dpone_stream_open(out, dpone_rows_schema(rows), &staged_functions, rows, error);
        if (status != DPONE_OK) {
            dpone_rows_free(rows);
        }
    }
    return status;
}

/* ---- The end */

static int32_t load_publish(struct dpone_load *handle, const struct dpone_publish_request *request,
                            struct dpone_error *error) {
    struct load *load = handle->private_data;
    struct dpone_store *store = NULL;
    int ready = load->phase == LOAD_STAGED || load->phase == LOAD_PUBLISHED ||
                (load->phase == LOAD_OPEN && load->partition_count > 0);
    if (!ready) {
        return out_of_order(load, "publish", error);
    }
    int32_t status = dpone_reference_store(load->instance, &store, error);
    if (status == DPONE_OK) {
        status = dpone_reference_publish(load, store, request, error);
    }
    if (status == DPONE_OK) {
        load->phase = LOAD_PUBLISHED;
    }
    return status;
}

int32_t dpone_reference_stage_drop(struct dpone_store *store, const char *stage, struct dpone_error *error) {
    int32_t status = dpone_store_run(store, error, "DROP TABLE IF EXISTS \"%w\"", stage);
    return status == DPONE_OK
               ? dpone_store_run(store, error, "DELETE FROM __dpone__loads WHERE stage = %Q", stage)
               : status;
}

/* Works after a cancellation too: what was staged has no other use. */
static int32_t load_abort(struct dpone_load *handle, struct dpone_error *error) {
    struct load *load = handle->private_data;
    struct dpone_store *store = load->instance->store;
    if (load->phase == LOAD_PUBLISHED || load->phase == LOAD_ABORTED || store == NULL) {
        return DPONE_OK;
    }
    const atomic_int *kept = store->cancelled;
    store->cancelled = NULL;
    int32_t status = dpone_store_begin(store, error);
    if (status == DPONE_OK) {
        status = dpone_store_end(store, dpone_reference_stage_drop(store, load->stage, error), error);
    }
    store->cancelled = kept;
    if (status == DPONE_OK) {
        load->phase = LOAD_ABORTED;
    }
    return status;
}

static int32_t load_token(struct dpone_load *handle, struct dpone_buffer *out, struct dpone_error *error) {
    const struct load *load = handle->private_data;
    return dpone_reference_json_buffer(out, json_pack("{s:s}", "stage", load->stage), error);
}

static void load_free(struct load *load) {
    if (load != NULL) {
        dpone_batch_view_free(load->view);
        if (load->schema.release != NULL) {
            load->schema.release(&load->schema);
        }
        dpone_columns_clear(&load->columns);
        json_decref(load->request);
        free(load->stage);
        free(load);
    }
}

static void load_close(struct dpone_load *handle) {
    load_free(handle->private_data);
    handle->private_data = NULL;
    handle->close = NULL;
}

/* ---- Opening */

static int32_t fetch_request(struct load *load, struct dpone_store *store, struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int row = 0;
    int32_t status =
        dpone_store_prepare(store, &statement, error, "SELECT request FROM __dpone__loads WHERE stage = ?1");
    if (status != DPONE_OK) {
        return status;
    }
    dpone_store_bind_string(statement, 1, dpone_string_of(load->stage));
    status = dpone_store_step(store, statement, &row, error);
    if (status == DPONE_OK) {
        status =
            row ? dpone_reference_json(&load->request, dpone_store_bytes(statement, 0), "load request", error)
                : dpone_error_set(error, DPONE_NOT_FOUND, "load %s does not exist any more", load->stage);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

static int32_t parse_request(struct load *load, struct dpone_error *error) {
    json_int_t lease_ms = 0;
    json_int_t partitions = 0;
    json_t *columns = NULL;
    if (json_unpack(load->request, "{s:s,s:s,s:s,s:i,s:o,s:I,s:I}", "target", &load->target, "pipeline",
                    &load->pipeline, "key", &load->key, "strategy", &load->strategy, "columns", &columns,
                    "lease_ms", &lease_ms, "partitions", &partitions) != 0) {
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "the request of load %s is damaged", load->stage);
    }
    load->lease_ms = lease_ms;
    load->partition_count = partitions;
    int32_t status = dpone_columns_of_json(&load->columns, columns, error);
    load->rowid = dpone_reference_rowid(&load->columns);
    if (status == DPONE_OK && load->rowid == NULL) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "columns named rowid, _rowid_ and oid hide the row id; rename one");
    }
    if (status == DPONE_OK) {
        status = dpone_schema_make(&load->schema, load->columns.items, load->columns.count, error);
    }
    return status == DPONE_OK ? dpone_batch_view_new(&load->view, &load->schema, error) : status;
}

int32_t dpone_reference_load_open(struct dpone_instance *instance, const char *stage, int64_t partition,
                                  int64_t attempt, struct dpone_load *out, struct dpone_error *error) {
    struct dpone_store *store = NULL;
    struct load *load = calloc(1, sizeof *load);
    if (load == NULL) {
        return out_of_memory(error);
    }
    load->instance = instance;
    load->partition = partition;
    load->attempt = attempt;
    load->stage = dpone_format("%s", stage);
    int32_t status =
        load->stage == NULL ? out_of_memory(error) : dpone_reference_store(instance, &store, error);
    if (status == DPONE_OK) {
        status = fetch_request(load, store, error);
    }
    if (status == DPONE_OK) {
        status = parse_request(load, error);
    }
    if (status != DPONE_OK) {
        load_free(load);
        return status;
    }
    out->private_data = load;
    out->write = load_write;
    out->stage = load_stage;
    out->open_staged = load_open_staged;
    out->publish = load_publish;
    out->abort = load_abort;
    out->token = load_token;
    out->close = load_close;
    return DPONE_OK;
}
