/* Spike: a sink over PostgreSQL. Staging is a logged table filled by COPY, publication a rename inside one
 * transaction together with the ledger's row, a lease is an advisory lock of the loading session. */
#include "spike.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dpone_instance {
    struct spike_instance base;
    PGconn *connection; /* NULL until it is needed */
};

struct postgres_load {
    struct spike_load base;
    struct dpone_instance *instance;
};

static const char ledger[] =
    "SET client_min_messages = warning; CREATE TABLE IF NOT EXISTS dpone_publications(number bigserial, "
    "target text, pipeline text, key text,"
    " digest bytea, position bytea, rows bigint, PRIMARY KEY (target, pipeline, key));"
    "CREATE TABLE IF NOT EXISTS dpone_stages(stage text PRIMARY KEY, target text)";

/* The number of an advisory lock from the name of a stage. */
#define STAGE_LOCK "('x' || substr(md5($1), 1, 16))::bit(64)::bigint"

/* By class or whole SQLSTATE. */
static int32_t postgres_status(const char *state) {
    static const struct {
        const char *prefix;
        int32_t status;
    } rows[] = {
        {"28", DPONE_UNAUTHENTICATED},  {"42501", DPONE_PERMISSION_DENIED}, {"42P01", DPONE_NOT_FOUND},
        {"40", DPONE_CONFLICT},         {"55P03", DPONE_CONFLICT},          {"53", DPONE_RESOURCE_EXHAUSTED},
        {"57014", DPONE_CANCELLED},     {"57", DPONE_UNAVAILABLE},          {"08", DPONE_UNAVAILABLE},
        {"22", DPONE_UNSUPPORTED_TYPE}, {"23", DPONE_INVALID_ARGUMENT}};
    for (size_t i = 0; state != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strncmp(state, rows[i].prefix, strlen(rows[i].prefix)) == 0)
            return rows[i].status;
    return state == NULL ? DPONE_UNAVAILABLE : DPONE_INTERNAL;
}

static int32_t postgres_fail(struct dpone_instance *instance, const PGresult *result,
                             struct dpone_error *error) {
    const char *state = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return dpone_error_set(error, postgres_status(state), "%s: %s", instance->base.address,
                           PQerrorMessage(instance->connection));
}

/* libpq takes what is not given from the environment and from ~/.pgpass, and complains on stderr about a
 * password file that is no plain file: the path is one that does not exist. */
static int32_t postgres_connect(struct dpone_instance *instance, struct dpone_error *error) {
    static const char *const names[] = {
        "host", "dbname", "user", "passfile", "client_encoding", "connect_timeout", NULL};
    const char *const values[] = {
        instance->base.address, "postgres", "postgres", "/nonexistent/pgpass", "UTF8", "10", NULL};
    if (instance->connection != NULL)
        return DPONE_OK;
    instance->connection = PQconnectdbParams(names, values, 0);
    if (instance->connection != NULL && PQstatus(instance->connection) == CONNECTION_OK)
        return DPONE_OK;
    int32_t status = postgres_fail(instance, NULL, error);
    PQfinish(instance->connection);
    instance->connection = NULL;
    return status;
}

/* Runs statements without parameters. */
static int32_t postgres_run(struct dpone_instance *instance, const char *sql, struct dpone_error *error) {
    PGresult *result = PQexec(instance->connection, sql);
    ExecStatusType got = PQresultStatus(result);
    int32_t status =
        got == PGRES_COMMAND_OK || got == PGRES_TUPLES_OK ? DPONE_OK : postgres_fail(instance, result, error);
    PQclear(result);
    return status;
}

/* Runs one with text parameters; the caller clears `out`. */
static int32_t postgres_query(struct dpone_instance *instance, PGresult **out, const char *sql, int count,
                              const char *const *values, struct dpone_error *error) {
    *out = PQexecParams(instance->connection, sql, count, NULL, values, NULL, NULL, 0);
    ExecStatusType got = PQresultStatus(*out);
    if (got == PGRES_COMMAND_OK || got == PGRES_TUPLES_OK)
        return DPONE_OK;
    int32_t status = postgres_fail(instance, *out, error);
    PQclear(*out);
    *out = NULL;
    return status;
}

/* The same without an answer. */
static int32_t postgres_tell(struct dpone_instance *instance, const char *sql, int count,
                             const char *const *values, struct dpone_error *error) {
    PGresult *result = NULL;
    int32_t status = postgres_query(instance, &result, sql, count, values, error);
    PQclear(result);
    return status;
}

static void text_add_identifier(struct spike_text *text, struct dpone_instance *instance, const char *name) {
    char *quoted = PQescapeIdentifier(instance->connection, name, strlen(name));
    spike_text_add(text, quoted, strlen(quoted));
    PQfreemem(quoted);
}

/* "DROP TABLE IF EXISTS " and so on, each followed by a quoted name: pairs of verb and name, ended by NULL.
 */
static int32_t postgres_run_on(struct dpone_instance *instance, struct dpone_error *error, ...) {
    struct spike_text sql = {0};
    va_list arguments;
    va_start(arguments, error);
    for (const char *verb = va_arg(arguments, const char *); verb != NULL;
         verb = va_arg(arguments, const char *)) {
        spike_text_add(&sql, verb, strlen(verb));
        text_add_identifier(&sql, instance, va_arg(arguments, const char *));
    }
    va_end(arguments);
    int32_t status = postgres_run(instance, sql.data, error);
    free(sql.data);
    return status;
}

static int32_t postgres_open(struct dpone_instance **out, const struct dpone_host *host,
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

static int32_t postgres_check(struct dpone_instance *instance, struct dpone_error *error) {
    int32_t status = postgres_connect(instance, error);
    return status == DPONE_OK ? postgres_run(instance, "SELECT 1", error) : status;
}

static void postgres_cancel(struct dpone_instance *instance) {
    char message[256];
    PGcancel *cancel = instance->connection == NULL ? NULL : PQgetCancel(instance->connection);
    if (cancel != NULL)
        PQcancel(cancel, message, sizeof(message));
    PQfreeCancel(cancel);
}

static void postgres_close(struct dpone_instance *instance) {
    if (instance == NULL)
        return;
    PQfinish(instance->connection);
    spike_instance_close(&instance->base);
    free(instance);
}

static int32_t postgres_read_schema(struct dpone_instance *instance, const char *table,
                                    struct ArrowSchema *out, struct dpone_error *error) {
    struct dpone_column columns[32] = {{0}};
    PGresult *result = NULL;
    int32_t status = postgres_query(
        instance, &result,
        "SELECT attname, format_type(atttypid, NULL), attnotnull FROM pg_attribute WHERE attrelid ="
        " to_regclass(quote_ident($1)) AND attnum > 0 AND NOT attisdropped ORDER BY attnum LIMIT 32",
        1, &table, error);
    if (status != DPONE_OK)
        return status;
    size_t count = (size_t)PQntuples(result);
    for (size_t i = 0; i < count; i++) {
        const char *type = PQgetvalue(result, (int)i, 1);
        columns[i].name = PQgetvalue(result, (int)i, 0);
        columns[i].nullable = PQgetvalue(result, (int)i, 2)[0] == 'f';
        columns[i].type = strcmp(type, "bigint") == 0             ? DPONE_TYPE_INT64
                          : strcmp(type, "double precision") == 0 ? DPONE_TYPE_FLOAT64
                                                                  : DPONE_TYPE_UTF8;
    }
    status = count == 0 ? dpone_error_set(error, DPONE_NOT_FOUND, "table \"%s\" does not exist", table)
                        : dpone_schema_make(out, columns, count, error);
    PQclear(result);
    return status;
}

static int32_t postgres_describe(struct dpone_instance *instance, const struct dpone_table *target,
                                 struct dpone_description *out, struct dpone_error *error) {
    char table[SPIKE_NAME_BYTES];
    (void)snprintf(table, sizeof(table), "%.*s", (int)target->name.size, target->name.data);
    int32_t status = postgres_connect(instance, error);
    if (status == DPONE_OK)
        status = postgres_read_schema(instance, table, &out->schema, error);
    return status == DPONE_OK ? spike_describe_schema(&out->schema, &out->version, error) : status;
}

static int32_t postgres_create_stage(struct postgres_load *load, struct dpone_error *error) {
    static const char *const types[] = {[DPONE_TYPE_INT64] = " bigint",
                                        [DPONE_TYPE_FLOAT64] = " double precision",
                                        [DPONE_TYPE_UTF8] = " text"};
    struct spike_text sql = {0};
    spike_text_add(&sql, "CREATE TABLE ", 13);
    text_add_identifier(&sql, load->instance, load->base.stage);
    for (int64_t i = 0; i < load->base.view->column_count; i++) {
        const struct dpone_column *column = &load->base.view->columns[i].column;
        spike_text_add(&sql, i == 0 ? "(" : ", ", i == 0 ? 1 : 2);
        text_add_identifier(&sql, load->instance, column->name);
        spike_text_add(&sql, types[column->type], strlen(types[column->type]));
        if (!column->nullable)
            spike_text_add(&sql, " NOT NULL", 9);
    }
    spike_text_add(&sql, ")", 1);
    int32_t status = postgres_run(load->instance, sql.data, error);
    free(sql.data);
    return status;
}

/* The lock comes first: recover() takes a stage without one for dead. */
static int32_t postgres_prepare(struct postgres_load *load, struct dpone_error *error) {
    const char *const values[] = {load->base.stage, load->base.target};
    int32_t status =
        postgres_tell(load->instance, "SELECT pg_advisory_lock(" STAGE_LOCK ")", 1, values, error);
    if (status == DPONE_OK)
        status = postgres_tell(load->instance, "INSERT INTO dpone_stages VALUES($1, $2)", 2, values, error);
    return status == DPONE_OK ? postgres_create_stage(load, error) : status;
}

static int32_t postgres_unlock(struct postgres_load *load, struct dpone_error *error) {
    const char *const values[] = {load->base.stage};
    load->base.ended = 1;
    return postgres_tell(load->instance, "SELECT pg_advisory_unlock(" STAGE_LOCK ")", 1, values, error);
}

static int32_t postgres_drop_stage(struct dpone_instance *instance, const char *stage,
                                   struct dpone_error *error) {
    int32_t status = postgres_run_on(instance, error, "DROP TABLE IF EXISTS ", stage, NULL);
    return status == DPONE_OK
               ? postgres_tell(instance, "DELETE FROM dpone_stages WHERE stage = $1", 1, &stage, error)
               : status;
}

/* One value in COPY's text format. */
static int32_t postgres_add_value(void *context, const char *data, size_t size) {
    struct spike_text *text = context;
    for (size_t i = 0; i < size; i++) {
        const char *escaped = data[i] == '\\'   ? "\\\\"
                              : data[i] == '\t' ? "\\t"
                              : data[i] == '\n' ? "\\n"
                              : data[i] == '\r' ? "\\r"
                                                : NULL;
        if (data[i] == '\0')
            return DPONE_UNSUPPORTED_TYPE;
        spike_text_add(text, escaped != NULL ? escaped : data + i, escaped != NULL ? 2 : 1);
    }
    return DPONE_OK;
}

static int32_t postgres_add_rows(struct spike_text *text, const struct dpone_batch_view *view,
                                 struct dpone_error *error) {
    int32_t status = DPONE_OK;
    for (int64_t row = 0; row < view->rows; row++)
        for (int64_t i = 0; i < view->column_count && status == DPONE_OK; i++) {
            if (dpone_view_is_null(&view->columns[i], row))
                spike_text_add(text, "\\N", 2);
            else
                status = dpone_value_text_of_view(&view->columns[i], row, postgres_add_value, text);
            spike_text_add(text, i + 1 < view->column_count ? "\t" : "\n", 1);
        }
    if (status != DPONE_OK)
        dpone_error_set(error, status, "a text with a NUL byte: PostgreSQL cannot hold it");
    return status;
}

/* The data in text format of one COPY that is open; its end, whatever happened. */
static int32_t postgres_copy_data(struct postgres_load *load, const struct spike_text *text,
                                  struct dpone_error *error) {
    PGconn *connection = load->instance->connection;
    int32_t status = DPONE_OK;
    if ((text->size > 0 && PQputCopyData(connection, text->data, (int)text->size) != 1) ||
        PQputCopyEnd(connection, NULL) != 1)
        status = postgres_fail(load->instance, NULL, error);
    for (PGresult *result = PQgetResult(connection); result != NULL; result = PQgetResult(connection)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && status == DPONE_OK)
            status = postgres_fail(load->instance, result, error);
        PQclear(result);
    }
    return status;
}

static int32_t postgres_copy(struct postgres_load *load, const struct spike_text *text,
                             struct dpone_error *error) {
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "COPY \"%s\" FROM STDIN", load->base.stage);
    PGresult *result = PQexec(load->instance->connection, sql);
    int32_t status =
        PQresultStatus(result) == PGRES_COPY_IN ? DPONE_OK : postgres_fail(load->instance, result, error);
    PQclear(result);
    return status == DPONE_OK ? postgres_copy_data(load, text, error) : status;
}

static int32_t postgres_write(struct dpone_load *handle, const struct ArrowArray *batch,
                              struct dpone_error *error) {
    struct postgres_load *load = handle->private_data;
    struct spike_text text = {0};
    int32_t status = spike_load_expect_open(&load->base, error);
    if (status == DPONE_OK)
        status = dpone_batch_view_set(load->base.view, batch, error);
    if (status == DPONE_OK)
        status = postgres_add_rows(&text, load->base.view, error);
    if (status == DPONE_OK)
        status = postgres_copy(load, &text, error);
    free(text.data);
    return status;
}

static int32_t postgres_stage(struct dpone_load *handle, struct dpone_buffer *receipt,
                              struct dpone_error *error) {
    struct postgres_load *load = handle->private_data;
    (void)receipt;
    int32_t status = spike_load_expect_open(&load->base, error);
    load->base.sealed = 1;
    return status;
}

static int32_t postgres_fill(void *context, struct dpone_batch_builder *builder, struct dpone_error *error) {
    struct postgres_load *load = context;
    PGresult *result = NULL;
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\"", load->base.stage);
    int32_t status = postgres_query(load->instance, &result, sql, 0, NULL, error);
    for (int row = 0; status == DPONE_OK && row < PQntuples(result); row++) {
        for (int i = 0; i < PQnfields(result); i++)
            if (!PQgetisnull(result, row, i))
                dpone_batch_append_text(builder, i, PQgetvalue(result, row, i),
                                        (size_t)PQgetlength(result, row, i));
        status = dpone_batch_end_row(builder, error);
    }
    PQclear(result);
    return status;
}

static int32_t postgres_open_staged(struct dpone_load *handle, struct ArrowArrayStream *out,
                                    struct dpone_error *error) {
    struct postgres_load *load = handle->private_data;
    int32_t status = spike_load_expect_sealed(&load->base, error);
    return status == DPONE_OK ? spike_stream_open(out, &load->base.schema, postgres_fill, load, error)
                              : status;
}

/* `*seen`: 1 when the key was published with this digest; DPONE_CONFLICT when with another. */
static int32_t postgres_look_up(struct postgres_load *load, const char *digest, int *seen,
                                struct dpone_error *error) {
    const char *const values[] = {load->base.target, load->base.pipeline, load->base.key};
    PGresult *result = NULL;
    int32_t status = postgres_query(
        load->instance, &result,
        "SELECT digest FROM dpone_publications WHERE target = $1 AND pipeline = $2 AND key = $3", 3, values,
        error);
    if (status != DPONE_OK)
        return status;
    *seen = PQntuples(result) == 1;
    if (*seen && strcmp(PQgetvalue(result, 0, 0), digest) != 0)
        status =
            dpone_error_set(error, DPONE_CONFLICT, "key %s was published with other content", load->base.key);
    PQclear(result);
    return status;
}

static int32_t postgres_check_target(struct postgres_load *load, struct dpone_error *error) {
    struct ArrowSchema current = {0};
    int32_t status = postgres_read_schema(load->instance, load->base.target, &current, error);
    if (status == DPONE_NOT_FOUND)
        return DPONE_OK;
    if (status == DPONE_OK && !dpone_schema_equal(&current, &load->base.schema))
        status = dpone_error_set(error, DPONE_CONFLICT,
                                 "the columns of table \"%s\" are not those of the load", load->base.target);
    if (current.release != NULL)
        current.release(&current);
    return status;
}

/* Inside the transaction of publish(); publishers of one target wait for each other. */
static int32_t postgres_switch(struct postgres_load *load, const struct dpone_publish_request *request,
                               struct dpone_error *error) {
    struct dpone_instance *instance = load->instance;
    const char *const target[] = {load->base.target};
    struct spike_text digest = {0};
    struct spike_text position = {0};
    char rows[32];
    int seen = 0;
    (void)snprintf(rows, sizeof(rows), "%" PRId64, request->rows);
    spike_text_add_bytea(&digest, request->content_digest);
    spike_text_add_bytea(&position, request->position);
    int32_t status =
        postgres_tell(instance, "SELECT pg_advisory_xact_lock(" STAGE_LOCK ")", 1, target, error);
    if (status == DPONE_OK)
        status = postgres_look_up(load, digest.data, &seen, error);
    if (status == DPONE_OK && !seen)
        status = postgres_check_target(load, error);
    if (status == DPONE_OK && !seen)
        status = postgres_run_on(instance, error, "DROP TABLE IF EXISTS ", load->base.target,
                                 "; ALTER TABLE ", load->base.stage, " RENAME TO ", load->base.target, NULL);
    if (status == DPONE_OK && !seen) {
        const char *const values[] = {load->base.target, load->base.pipeline, load->base.key,
                                      digest.data,       position.data,       rows};
        status = postgres_tell(instance,
                               "INSERT INTO dpone_publications(target, pipeline, key, digest, position, rows)"
                               " VALUES($1, $2, $3, $4, $5, $6)",
                               6, values, error);
    }
    if (status == DPONE_OK)
        status = postgres_drop_stage(instance, load->base.stage, error);
    free(digest.data);
    free(position.data);
    return status;
}

static int32_t postgres_publish(struct dpone_load *handle, const struct dpone_publish_request *request,
                                struct dpone_error *error) {
    struct postgres_load *load = handle->private_data;
    struct dpone_instance *instance = load->instance;
    int32_t status = spike_load_expect_sealed(&load->base, error);
    if (status == DPONE_OK)
        status = postgres_run(instance, "BEGIN", error);
    if (status != DPONE_OK)
        return status;
    status = postgres_switch(load, request, error);
    if (status != DPONE_OK) {
        postgres_run(instance, "ROLLBACK", NULL);
        return status;
    }
    status = postgres_run(instance, "COMMIT", error);
    if (status != DPONE_OK && PQstatus(instance->connection) != CONNECTION_OK)
        return dpone_error_set(error, DPONE_OUTCOME_UNKNOWN,
                               "the connection was lost during COMMIT: ask last_published()");
    return status == DPONE_OK ? postgres_unlock(load, error) : status;
}

static int32_t postgres_abort(struct dpone_load *handle, struct dpone_error *error) {
    struct postgres_load *load = handle->private_data;
    if (load->base.ended)
        return DPONE_OK;
    int32_t status = postgres_drop_stage(load->instance, load->base.stage, error);
    return status == DPONE_OK ? postgres_unlock(load, error) : status;
}

static void postgres_close_load(struct dpone_load *handle) {
    struct postgres_load *load = handle->private_data;
    if (!load->base.ended)
        postgres_unlock(load, NULL);
    spike_load_clear(&load->base);
    free(load);
    handle->close = NULL;
}

static int32_t postgres_begin(struct dpone_instance *instance, const struct dpone_load_request *request,
                              struct dpone_load *out, struct dpone_error *error) {
    struct postgres_load *load = calloc(1, sizeof(*load));
    if (load == NULL)
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a load");
    load->instance = instance;
    int32_t status = spike_load_init(&load->base, &instance->base, request, error);
    if (status == DPONE_OK)
        status = postgres_connect(instance, error);
    if (status == DPONE_OK)
        status = postgres_run(instance, ledger, error);
    if (status == DPONE_OK)
        status = postgres_prepare(load, error);
    if (status != DPONE_OK) {
        spike_load_clear(&load->base);
        free(load);
        return status;
    }
    const struct dpone_load filled = {.struct_size = sizeof(filled),
                                      .private_data = load,
                                      .write = postgres_write,
                                      .stage = postgres_stage,
                                      .open_staged = postgres_open_staged,
                                      .publish = postgres_publish,
                                      .abort = postgres_abort,
                                      .close = postgres_close_load};
    dpone_struct_fill(out, &filled);
    return DPONE_OK;
}

static int32_t postgres_read_publication(const PGresult *result, struct dpone_publication *out,
                                         struct dpone_error *error) {
    struct dpone_bytes parts[3];
    unsigned char *unescaped[3] = {NULL, NULL, NULL};
    for (int i = 0; i < 3; i++) {
        const char *text = PQgetvalue(result, 0, i);
        parts[i] = (struct dpone_bytes){(const uint8_t *)text, strlen(text)};
        if (i > 0) {
            unescaped[i] = PQunescapeBytea((const unsigned char *)text, &parts[i].size);
            parts[i].data = unescaped[i];
        }
    }
    int32_t status = spike_publication(out, parts[0], parts[1], parts[2],
                                       strtoll(PQgetvalue(result, 0, 3), NULL, 10), error);
    PQfreemem(unescaped[1]);
    PQfreemem(unescaped[2]);
    return status;
}

static int32_t postgres_last_published(struct dpone_instance *instance, const struct dpone_table *target,
                                       struct dpone_string pipeline, struct dpone_publication *out,
                                       struct dpone_error *error) {
    char names[2][SPIKE_NAME_BYTES];
    const char *const values[] = {names[0], names[1]};
    PGresult *result = NULL;
    (void)snprintf(names[0], sizeof(names[0]), "%.*s", (int)target->name.size, target->name.data);
    (void)snprintf(names[1], sizeof(names[1]), "%.*s", (int)pipeline.size, pipeline.data);
    int32_t status = postgres_connect(instance, error);
    if (status == DPONE_OK)
        status = postgres_run(instance, ledger, error);
    if (status == DPONE_OK)
        status = postgres_query(instance, &result,
                                "SELECT key, digest, position, rows FROM dpone_publications WHERE target = $1"
                                " AND pipeline = $2 ORDER BY number DESC LIMIT 1",
                                2, values, error);
    if (status != DPONE_OK)
        return status;
    if (PQntuples(result) == 0)
        status =
            dpone_error_set(error, DPONE_NOT_FOUND, "nothing was published into this table by this pipeline");
    else
        status = postgres_read_publication(result, out, error);
    PQclear(result);
    return status;
}

/* Removes one stage if nobody holds its lock. */
static int32_t postgres_recover_stage(struct dpone_instance *instance, const char *stage, int64_t *removed,
                                      struct dpone_error *error) {
    PGresult *result = NULL;
    int32_t status =
        postgres_query(instance, &result, "SELECT pg_try_advisory_lock(" STAGE_LOCK ")", 1, &stage, error);
    if (status != DPONE_OK)
        return status;
    int dead = PQgetvalue(result, 0, 0)[0] == 't';
    PQclear(result);
    if (!dead)
        return DPONE_OK;
    status = postgres_drop_stage(instance, stage, error);
    if (status == DPONE_OK && removed != NULL)
        ++*removed;
    int32_t unlocked = postgres_tell(instance, "SELECT pg_advisory_unlock(" STAGE_LOCK ")", 1, &stage, error);
    return status == DPONE_OK ? unlocked : status;
}

/* On a connection of its own: a session is granted its own locks again, so this instance's live loads would
 * look dead to it. */
static int32_t postgres_recover(struct dpone_instance *instance, const struct dpone_table *target,
                                int64_t *removed, struct dpone_error *error) {
    struct dpone_instance sweeper = {instance->base, NULL};
    char name[SPIKE_NAME_BYTES];
    const char *const values[] = {name};
    PGresult *result = NULL;
    (void)snprintf(name, sizeof(name), "%.*s", (int)target->name.size, target->name.data);
    int32_t status = postgres_connect(&sweeper, error);
    if (status == DPONE_OK)
        status = postgres_run(&sweeper, ledger, error);
    if (status == DPONE_OK)
        status = postgres_query(&sweeper, &result, "SELECT stage FROM dpone_stages WHERE target = $1", 1,
                                values, error);
    for (int i = 0; status == DPONE_OK && i < PQntuples(result); i++)
        status = postgres_recover_stage(&sweeper, PQgetvalue(result, i, 0), removed, error);
    PQclear(result);
    PQfinish(sweeper.connection);
    return status;
}

static const struct dpone_sink_functions sink = {.struct_size = sizeof(sink),
                                                 .staging_first = 1,
                                                 .strategies = 1u << DPONE_FULL_REFRESH,
                                                 .describe = postgres_describe,
                                                 .plan = spike_plan,
                                                 .begin = postgres_begin,
                                                 .last_published = postgres_last_published,
                                                 .recover = postgres_recover};

static const struct dpone_connector self = {.struct_size = sizeof(self),
                                            .abi_version = DPONE_ABI_VERSION,
                                            .name = {"spike_postgres", 14},
                                            .version = {"1.0.0", 5},
                                            .connector_type = {"database", 8},
                                            .open = postgres_open,
                                            .check_connection = postgres_check,
                                            .cancel = postgres_cancel,
                                            .close = postgres_close,
                                            .sink = &sink};

int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out, struct dpone_error *error) {
    return dpone_connector_fill(abi_version, out, &self, error);
}
