/* What dpone keeps beside the targets of a schema. */
#include "ledger.h"

#include <stdio.h>

/* Columns of each table. `owner` and the times are for people. */
static const struct {
    const char *name;
    const char *columns;
} ledger_tables[] = {
    {POSTGRES_LOADS,
     "(stage text PRIMARY KEY, target text NOT NULL, owner text NOT NULL DEFAULT session_user,"
     " lease_until_us bigint NOT NULL)"},
    {POSTGRES_PUBLICATIONS,
     "(sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, target text NOT NULL, pipeline text NOT "
     "NULL,"
     " idempotency_key text NOT NULL, content_digest bytea NOT NULL, position bytea NOT NULL, rows bigint "
     "NOT NULL,"
     " published_at timestamptz NOT NULL DEFAULT now(), UNIQUE (target, pipeline, idempotency_key))"},
    {POSTGRES_STATE, "(key text PRIMARY KEY, value bytea NOT NULL, version bigint NOT NULL)"},
};

#define LEDGER_TABLE_COUNT ((int64_t)(sizeof(ledger_tables) / sizeof(ledger_tables[0])))

static int32_t ledger_count(struct postgres_session *session, const char *schema, int64_t *out,
                            struct dpone_error *error) {
    struct postgres_query query = {
        .sql = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
               " WHERE n.nspname = $1 AND c.relname IN ($2, $3, $4)"};
    PGresult *result = NULL;
    postgres_query_add_text(&query, dpone_string_of(schema));
    for (int64_t i = 0; i < LEDGER_TABLE_COUNT; i++) {
        postgres_query_add_text(&query, dpone_string_of(ledger_tables[i].name));
    }
    int32_t status = postgres_session_ask(session, &query, &result, error);
    *out = status == DPONE_OK ? postgres_result_integer(result, 0, 0) : 0;
    PQclear(result);
    return status;
}

/* IF NOT EXISTS alone fails when two make the same table at once, so one after the other. The request is one
 * transaction, and the lock ends with it. */
int32_t postgres_ledger_make(struct postgres_session *session, const char *schema,
                             struct dpone_error *error) {
    struct postgres_sql sql = {0};
    int64_t count = 0;
    int32_t status = ledger_count(session, schema, &count, error);
    if (status != DPONE_OK || count == LEDGER_TABLE_COUNT) {
        return status;
    }
    postgres_sql_add(&sql, "SELECT pg_advisory_xact_lock(hashtextextended(%L, 0))", POSTGRES_RESERVED_PREFIX);
    for (int64_t i = 0; i < LEDGER_TABLE_COUNT; i++) {
        postgres_sql_add(&sql, "; CREATE TABLE IF NOT EXISTS %I.%I %s", schema, ledger_tables[i].name,
                         ledger_tables[i].columns);
    }
    return postgres_session_run_sql(session, &sql, NULL, error);
}

int32_t postgres_ledger_ask(struct postgres_session *session, const char *schema, const char *table,
                            const char *format, struct postgres_query *query, PGresult **out,
                            struct dpone_error *error) {
    struct postgres_table name;
    struct postgres_sql sql = {0};
    *out = NULL;
    (void)snprintf(name.schema, sizeof(name.schema), "%s", schema);
    (void)snprintf(name.name, sizeof(name.name), "%s", table);
    postgres_sql_add(&sql, format, &name);
    query->sql = sql.data;
    int32_t status = sql.failed ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for SQL")
                                : postgres_session_ask(session, query, out, error);
    postgres_sql_clear(&sql);
    query->sql = NULL;
    return status;
}

int32_t postgres_ledger_run(struct postgres_session *session, const char *schema, const char *table,
                            const char *format, struct postgres_query *query, int64_t *changed,
                            struct dpone_error *error) {
    PGresult *result = NULL;
    int32_t status = postgres_ledger_ask(session, schema, table, format, query, &result, error);
    if (status == DPONE_OK && changed != NULL) {
        *changed = postgres_result_changed(result);
    }
    PQclear(result);
    return status;
}
