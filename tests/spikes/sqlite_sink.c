/* Spike: a sink over SQLite. Staging is a table, publication a rename inside one transaction together with
 * the ledger's row, a lease is a row with a time from the host's clock. */
#include "spike.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dpone_instance {
    struct spike_instance base;
    sqlite3 *database; /* NULL until it is needed */
};

struct sqlite_load {
    struct spike_load base;
    struct dpone_instance *instance;
};

static const char ledger[] =
    "CREATE TABLE IF NOT EXISTS dpone_publications(number INTEGER PRIMARY KEY, target TEXT, pipeline TEXT,"
    " key TEXT, digest BLOB, position BLOB, rows INTEGER, UNIQUE(target, pipeline, key));"
    "CREATE TABLE IF NOT EXISTS dpone_leases(stage TEXT PRIMARY KEY, target TEXT, expires_us INTEGER)";

static int32_t sqlite_status(int code) {
    static const struct {
        int code;
        int32_t status;
    } rows[] = {{SQLITE_BUSY, DPONE_UNAVAILABLE},           {SQLITE_LOCKED, DPONE_UNAVAILABLE},
                {SQLITE_CANTOPEN, DPONE_UNAVAILABLE},       {SQLITE_FULL, DPONE_RESOURCE_EXHAUSTED},
                {SQLITE_TOOBIG, DPONE_RESOURCE_EXHAUSTED},  {SQLITE_IOERR, DPONE_IO},
                {SQLITE_CORRUPT, DPONE_DATA_CORRUPT},       {SQLITE_NOTADB, DPONE_DATA_CORRUPT},
                {SQLITE_READONLY, DPONE_PERMISSION_DENIED}, {SQLITE_PERM, DPONE_PERMISSION_DENIED},
                {SQLITE_NOMEM, DPONE_OUT_OF_MEMORY},        {SQLITE_INTERRUPT, DPONE_CANCELLED}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].code == code)
            return rows[i].status;
    return DPONE_INTERNAL;
}

static int32_t sqlite_fail(struct dpone_instance *instance, struct dpone_error *error) {
    return dpone_error_set(error, sqlite_status(sqlite3_errcode(instance->database) & 0xFF), "%s: %s",
                           instance->base.address, sqlite3_errmsg(instance->database));
}

static int32_t sqlite_connect(struct dpone_instance *instance, struct dpone_error *error) {
    if (instance->database != NULL)
        return DPONE_OK;
    if (sqlite3_open_v2(instance->base.address, &instance->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK)
        return DPONE_OK;
    int32_t status = sqlite_fail(instance, error);
    sqlite3_close(instance->database);
    instance->database = NULL;
    return status;
}

static int32_t sqlite_run(struct dpone_instance *instance, const char *sql, struct dpone_error *error) {
    return sqlite3_exec(instance->database, sql, NULL, NULL, NULL) == SQLITE_OK
               ? DPONE_OK
               : sqlite_fail(instance, error);
}

/* Runs SQL with %w identifiers and %Q values. */
static int32_t sqlite_runf(struct dpone_instance *instance, struct dpone_error *error, const char *format,
                           ...) {
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    if (sql == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a statement");
    int32_t status = sqlite_run(instance, sql, error);
    sqlite3_free(sql);
    return status;
}

static int32_t sqlite_prepare(struct dpone_instance *instance, sqlite3_stmt **out, const char *sql,
                              struct dpone_error *error) {
    return sqlite3_prepare_v2(instance->database, sql, -1, out, NULL) == SQLITE_OK
               ? DPONE_OK
               : sqlite_fail(instance, error);
}

static struct dpone_bytes sqlite_blob(sqlite3_stmt *statement, int column) {
    struct dpone_bytes bytes = {sqlite3_column_blob(statement, column),
                                (size_t)sqlite3_column_bytes(statement, column)};
    return bytes;
}

static int32_t sqlite_open(struct dpone_instance **out, const struct dpone_host *host,
                           const struct dpone_option *options, struct dpone_error *error) {
    struct dpone_instance *instance = calloc(1, sizeof(*instance));
    if (instance == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for an instance");
    int32_t status = spike_instance_open(&instance->base, host, options, error);
    if (status != DPONE_OK)
        free(instance);
    else
        *out = instance;
    return status;
}

static int32_t sqlite_check(struct dpone_instance *instance, struct dpone_error *error) {
    int32_t status = sqlite_connect(instance, error);
    return status == DPONE_OK ? sqlite_run(instance, "SELECT count(*) FROM sqlite_master", error) : status;
}

static void sqlite_cancel(struct dpone_instance *instance) {
    if (instance->database != NULL)
        sqlite3_interrupt(instance->database);
}

static void sqlite_close(struct dpone_instance *instance) {
    if (instance == NULL)
        return;
    sqlite3_close(instance->database);
    spike_instance_close(&instance->base);
    free(instance);
}

/* One column of PRAGMA table_info as a struct dpone_column. */
static void sqlite_column(sqlite3_stmt *statement, struct dpone_column *out) {
    const char *type = (const char *)sqlite3_column_text(statement, 2);
    memset(out, 0, sizeof(*out));
    out->type = strcmp(type, "BIGINT") == 0   ? DPONE_TYPE_INT64
                : strcmp(type, "DOUBLE") == 0 ? DPONE_TYPE_FLOAT64
                                              : DPONE_TYPE_UTF8;
    out->nullable = sqlite3_column_int(statement, 3) == 0;
    out->name = sqlite3_mprintf("%s", sqlite3_column_text(statement, 1));
}

static int32_t sqlite_read_schema(struct dpone_instance *instance, const char *table, struct ArrowSchema *out,
                                  struct dpone_error *error) {
    struct dpone_column columns[32];
    size_t count = 0;
    sqlite3_stmt *statement = NULL;
    int32_t status = sqlite_prepare(instance, &statement, "SELECT * FROM pragma_table_info(?1)", error);
    if (status != DPONE_OK)
        return status;
    sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
    while (count < 32 && sqlite3_step(statement) == SQLITE_ROW)
        sqlite_column(statement, &columns[count++]);
    sqlite3_finalize(statement);
    if (count == 0)
        status = dpone_error_set(error, DPONE_NOT_FOUND, "table \"%s\" does not exist", table);
    else
        status = dpone_schema_make(out, columns, count, error);
    for (size_t i = 0; i < count; i++)
        sqlite3_free((char *)columns[i].name);
    return status;
}

static int32_t sqlite_describe(struct dpone_instance *instance, const struct dpone_table *target,
                               struct dpone_description *out, struct dpone_error *error) {
    char table[SPIKE_NAME_BYTES];
    (void)snprintf(table, sizeof(table), "%.*s", (int)target->name.size, target->name.data);
    int32_t status = sqlite_connect(instance, error);
    if (status == DPONE_OK)
        status = sqlite_read_schema(instance, table, &out->schema, error);
    return status == DPONE_OK ? spike_describe_schema(&out->schema, &out->version, error) : status;
}

static int32_t sqlite_create_stage(struct sqlite_load *load, struct dpone_error *error) {
    static const char *const types[] = {
        [DPONE_TYPE_INT64] = "BIGINT", [DPONE_TYPE_FLOAT64] = "DOUBLE", [DPONE_TYPE_UTF8] = "TEXT"};
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "CREATE TABLE \"%w\"(", load->base.stage);
    for (int64_t i = 0; i < load->base.view->column_count; i++) {
        const struct dpone_column *column = &load->base.view->columns[i].column;
        sqlite3_str_appendf(sql, "%s\"%w\" %s%s", i == 0 ? "" : ", ", column->name, types[column->type],
                            column->nullable ? "" : " NOT NULL");
    }
    sqlite3_str_appendf(sql, ")");
    char *text = sqlite3_str_finish(sql);
    int32_t status = text == NULL
                         ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a statement")
                         : sqlite_run(load->instance, text, error);
    sqlite3_free(text);
    return status;
}

static int32_t sqlite_touch_lease(struct sqlite_load *load, struct dpone_error *error) {
    const struct dpone_host *host = load->instance->base.host;
    int64_t expires = host->wall_clock_us(host->context) + load->base.lease_ms * 1000;
    return sqlite_runf(load->instance, error, "INSERT OR REPLACE INTO dpone_leases VALUES(%Q, %Q, %lld)",
                       load->base.stage, load->base.target, (long long)expires);
}

static int32_t sqlite_drop_stage(struct sqlite_load *load, struct dpone_error *error) {
    int32_t status = sqlite_runf(load->instance, error, "DROP TABLE IF EXISTS \"%w\"", load->base.stage);
    if (status == DPONE_OK)
        status =
            sqlite_runf(load->instance, error, "DELETE FROM dpone_leases WHERE stage = %Q", load->base.stage);
    return status;
}

static void sqlite_bind(sqlite3_stmt *statement, int index, const struct dpone_column_view *column,
                        int64_t row) {
    if (dpone_view_is_null(column, row)) {
        sqlite3_bind_null(statement, index);
    } else if (column->column.type == DPONE_TYPE_INT64) {
        sqlite3_bind_int64(statement, index, dpone_view_int64(column, row));
    } else if (column->column.type == DPONE_TYPE_FLOAT64) {
        sqlite3_bind_double(statement, index, dpone_view_float64(column, row));
    } else {
        struct dpone_string text = dpone_view_utf8(column, row);
        sqlite3_bind_text64(statement, index, text.data, text.size, SQLITE_STATIC, SQLITE_UTF8);
    }
}

static int32_t sqlite_prepare_insert(struct sqlite_load *load, sqlite3_stmt **out,
                                     struct dpone_error *error) {
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "INSERT INTO \"%w\" VALUES(", load->base.stage);
    for (int64_t i = 0; i < load->base.view->column_count; i++)
        sqlite3_str_appendall(sql, i == 0 ? "?" : ", ?");
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    int32_t status = text == NULL
                         ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a statement")
                         : sqlite_prepare(load->instance, out, text, error);
    sqlite3_free(text);
    return status;
}

static int32_t sqlite_insert_rows(struct sqlite_load *load, struct dpone_error *error) {
    const struct dpone_batch_view *view = load->base.view;
    sqlite3_stmt *statement = NULL;
    int32_t status = sqlite_prepare_insert(load, &statement, error);
    for (int64_t row = 0; row < view->rows && status == DPONE_OK; row++) {
        for (int64_t i = 0; i < view->column_count; i++)
            sqlite_bind(statement, (int)i + 1, &view->columns[i], row);
        if (sqlite3_step(statement) != SQLITE_DONE)
            status = sqlite_fail(load->instance, error);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    return status;
}

/* Commits when all went well, rolls back otherwise; a commit that fails leaves everything as it was. */
static int32_t sqlite_end(struct dpone_instance *instance, int32_t status, struct dpone_error *error) {
    if (status == DPONE_OK)
        status = sqlite_run(instance, "COMMIT", error);
    if (status != DPONE_OK)
        sqlite3_exec(instance->database, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

static int32_t sqlite_write(struct dpone_load *handle, const struct ArrowArray *batch,
                            struct dpone_error *error) {
    struct sqlite_load *load = handle->private_data;
    int32_t status = spike_load_expect_open(&load->base, error);
    if (status == DPONE_OK)
        status = dpone_batch_view_set(load->base.view, batch, error);
    if (status == DPONE_OK)
        status = sqlite_run(load->instance, "BEGIN IMMEDIATE", error);
    if (status != DPONE_OK)
        return status;
    status = sqlite_insert_rows(load, error);
    if (status == DPONE_OK)
        status = sqlite_touch_lease(load, error);
    return sqlite_end(load->instance, status, error);
}

static int32_t sqlite_stage(struct dpone_load *handle, struct dpone_buffer *receipt,
                            struct dpone_error *error) {
    struct sqlite_load *load = handle->private_data;
    (void)receipt;
    int32_t status = spike_load_expect_open(&load->base, error);
    load->base.sealed = 1;
    return status;
}

static int32_t sqlite_fill(void *context, struct dpone_batch_builder *builder, struct dpone_error *error) {
    struct sqlite_load *load = context;
    sqlite3_stmt *statement = NULL;
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" ORDER BY rowid", load->base.stage);
    int32_t status = sqlite_prepare(load->instance, &statement, sql, error);
    while (status == DPONE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            int type = sqlite3_column_type(statement, i);
            if (type == SQLITE_INTEGER)
                dpone_batch_append_int64(builder, i, sqlite3_column_int64(statement, i));
            else if (type == SQLITE_FLOAT)
                dpone_batch_append_float64(builder, i, sqlite3_column_double(statement, i));
            else if (type == SQLITE_TEXT)
                dpone_batch_append_utf8(builder, i, (const char *)sqlite3_column_text(statement, i),
                                        (size_t)sqlite3_column_bytes(statement, i));
        }
        status = dpone_batch_end_row(builder, error);
    }
    sqlite3_finalize(statement);
    return status;
}

static int32_t sqlite_open_staged(struct dpone_load *handle, struct ArrowArrayStream *out,
                                  struct dpone_error *error) {
    struct sqlite_load *load = handle->private_data;
    int32_t status = spike_load_expect_sealed(&load->base, error);
    return status == DPONE_OK ? spike_stream_open(out, &load->base.schema, sqlite_fill, load, error) : status;
}

/* Was this key published? 1: with this digest, -1: with another, 0: no. */
static int sqlite_published(struct sqlite_load *load, struct dpone_bytes digest) {
    sqlite3_stmt *statement = NULL;
    int answer = 0;
    if (sqlite_prepare(
            load->instance, &statement,
            "SELECT digest FROM dpone_publications WHERE target = ?1 AND pipeline = ?2 AND key = ?3",
            NULL) != DPONE_OK)
        return 0;
    sqlite3_bind_text(statement, 1, load->base.target, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, load->base.pipeline, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, load->base.key, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        struct dpone_bytes stored = sqlite_blob(statement, 0);
        answer = stored.size == digest.size && memcmp(stored.data, digest.data, digest.size) == 0 ? 1 : -1;
    }
    sqlite3_finalize(statement);
    return answer;
}

static int32_t sqlite_remember(struct sqlite_load *load, const struct dpone_publish_request *request,
                               struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int32_t status = sqlite_prepare(load->instance, &statement,
                                    "INSERT INTO dpone_publications(target, pipeline, key, digest, position, "
                                    "rows) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                                    error);
    if (status != DPONE_OK)
        return status;
    sqlite3_bind_text(statement, 1, load->base.target, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, load->base.pipeline, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, load->base.key, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 4, request->content_digest.data, request->content_digest.size,
                        SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 5, request->position.size == 0 ? (const void *)"" : request->position.data,
                        request->position.size, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 6, request->rows);
    if (sqlite3_step(statement) != SQLITE_DONE)
        status = sqlite_fail(load->instance, error);
    sqlite3_finalize(statement);
    return status;
}

/* The target's columns are still those of the load, or there is no target. */
static int32_t sqlite_check_target(struct sqlite_load *load, struct dpone_error *error) {
    struct ArrowSchema current = {0};
    int32_t status = sqlite_read_schema(load->instance, load->base.target, &current, error);
    if (status == DPONE_NOT_FOUND)
        return DPONE_OK;
    if (status == DPONE_OK && !dpone_schema_equal(&current, &load->base.schema))
        status = dpone_error_set(error, DPONE_CONFLICT,
                                 "the columns of table \"%s\" are not those of the load", load->base.target);
    if (current.release != NULL)
        current.release(&current);
    return status;
}

/* Inside the transaction of publish(). */
static int32_t sqlite_switch(struct sqlite_load *load, const struct dpone_publish_request *request,
                             struct dpone_error *error) {
    int published = sqlite_published(load, request->content_digest);
    if (published < 0)
        return dpone_error_set(error, DPONE_CONFLICT, "key %s was published with other content",
                               load->base.key);
    if (published > 0)
        return sqlite_drop_stage(load, error);
    int32_t status = sqlite_check_target(load, error);
    if (status == DPONE_OK)
        status = sqlite_runf(load->instance, error,
                             "DROP TABLE IF EXISTS \"%w\"; ALTER TABLE \"%w\" RENAME TO \"%w\"",
                             load->base.target, load->base.stage, load->base.target);
    if (status == DPONE_OK)
        status = sqlite_remember(load, request, error);
    if (status == DPONE_OK)
        status =
            sqlite_runf(load->instance, error, "DELETE FROM dpone_leases WHERE stage = %Q", load->base.stage);
    return status;
}

static int32_t sqlite_publish(struct dpone_load *handle, const struct dpone_publish_request *request,
                              struct dpone_error *error) {
    struct sqlite_load *load = handle->private_data;
    int32_t status = spike_load_expect_sealed(&load->base, error);
    if (status == DPONE_OK)
        status = sqlite_run(load->instance, "BEGIN IMMEDIATE", error);
    if (status != DPONE_OK)
        return status;
    status = sqlite_end(load->instance, sqlite_switch(load, request, error), error);
    load->base.ended = status == DPONE_OK;
    return status;
}

static int32_t sqlite_abort(struct dpone_load *handle, struct dpone_error *error) {
    struct sqlite_load *load = handle->private_data;
    if (load->base.ended)
        return DPONE_OK;
    int32_t status = sqlite_drop_stage(load, error);
    load->base.ended = status == DPONE_OK;
    return status;
}

static void sqlite_close_load(struct dpone_load *handle) {
    struct sqlite_load *load = handle->private_data;
    spike_load_clear(&load->base);
    free(load);
    handle->close = NULL;
}

static int32_t sqlite_begin(struct dpone_instance *instance, const struct dpone_load_request *request,
                            struct dpone_load *out, struct dpone_error *error) {
    struct sqlite_load *load = calloc(1, sizeof(*load));
    if (load == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a load");
    load->instance = instance;
    int32_t status = spike_load_init(&load->base, &instance->base, request, error);
    if (status == DPONE_OK)
        status = sqlite_connect(instance, error);
    if (status == DPONE_OK)
        status = sqlite_run(instance, ledger, error);
    if (status == DPONE_OK)
        status = sqlite_run(instance, "BEGIN IMMEDIATE", error);
    if (status == DPONE_OK) {
        status = sqlite_create_stage(load, error);
        if (status == DPONE_OK)
            status = sqlite_touch_lease(load, error);
        status = sqlite_end(instance, status, error);
    }
    if (status != DPONE_OK) {
        spike_load_clear(&load->base);
        free(load);
        return status;
    }
    const struct dpone_load filled = {.struct_size = sizeof(filled),
                                      .private_data = load,
                                      .write = sqlite_write,
                                      .stage = sqlite_stage,
                                      .open_staged = sqlite_open_staged,
                                      .publish = sqlite_publish,
                                      .abort = sqlite_abort,
                                      .close = sqlite_close_load};
    dpone_struct_fill(out, &filled);
    return DPONE_OK;
}

static int32_t sqlite_last_published(struct dpone_instance *instance, const struct dpone_table *target,
                                     struct dpone_string pipeline, struct dpone_publication *out,
                                     struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int32_t status = sqlite_connect(instance, error);
    if (status == DPONE_OK)
        status = sqlite_run(instance, ledger, error);
    if (status == DPONE_OK)
        status = sqlite_prepare(instance, &statement,
                                "SELECT key, digest, position, rows FROM dpone_publications"
                                " WHERE target = ?1 AND pipeline = ?2 ORDER BY number DESC LIMIT 1",
                                error);
    if (status != DPONE_OK)
        return status;
    sqlite3_bind_text(statement, 1, target->name.data, (int)target->name.size, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, pipeline.data, (int)pipeline.size, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW)
        status = spike_publication(out, sqlite_blob(statement, 0), sqlite_blob(statement, 1),
                                   sqlite_blob(statement, 2), sqlite3_column_int64(statement, 3), error);
    else
        status =
            dpone_error_set(error, DPONE_NOT_FOUND, "nothing was published into this table by this pipeline");
    sqlite3_finalize(statement);
    return status;
}

static int32_t sqlite_recover(struct dpone_instance *instance, const struct dpone_table *target,
                              int64_t *removed, struct dpone_error *error) {
    char stages[16][SPIKE_STAGE_BYTES];
    size_t count = 0;
    sqlite3_stmt *statement = NULL;
    int32_t status = sqlite_connect(instance, error);
    if (status == DPONE_OK)
        status = sqlite_run(instance, ledger, error);
    if (status == DPONE_OK)
        status =
            sqlite_prepare(instance, &statement,
                           "SELECT stage FROM dpone_leases WHERE target = ?1 AND expires_us < ?2", error);
    if (status != DPONE_OK)
        return status;
    sqlite3_bind_text(statement, 1, target->name.data, (int)target->name.size, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, instance->base.host->wall_clock_us(instance->base.host->context));
    while (count < 16 && sqlite3_step(statement) == SQLITE_ROW)
        (void)snprintf(stages[count++], SPIKE_STAGE_BYTES, "%s",
                       (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    for (size_t i = 0; i < count && status == DPONE_OK; i++) {
        status = sqlite_runf(
            instance, error,
            "BEGIN IMMEDIATE; DROP TABLE IF EXISTS \"%w\"; DELETE FROM dpone_leases WHERE stage = %Q",
            stages[i], stages[i]);
        status = sqlite_end(instance, status, error);
        if (status == DPONE_OK && removed != NULL)
            ++*removed;
    }
    return status;
}

static const struct dpone_sink_functions sink = {.struct_size = sizeof(sink),
                                                 .staging_first = 1,
                                                 .strategies = 1u << DPONE_FULL_REFRESH,
                                                 .describe = sqlite_describe,
                                                 .plan = spike_plan,
                                                 .begin = sqlite_begin,
                                                 .last_published = sqlite_last_published,
                                                 .recover = sqlite_recover};

static const struct dpone_connector self = {.struct_size = sizeof(self),
                                            .abi_version = DPONE_ABI_VERSION,
                                            .name = {"spike_sqlite", 12},
                                            .version = {"1.0.0", 5},
                                            .connector_type = {"database", 8},
                                            .open = sqlite_open,
                                            .check_connection = sqlite_check,
                                            .cancel = sqlite_cancel,
                                            .close = sqlite_close,
                                            .sink = &sink};

int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out, struct dpone_error *error) {
    return dpone_connector_fill(abi_version, out, &self, error);
}
