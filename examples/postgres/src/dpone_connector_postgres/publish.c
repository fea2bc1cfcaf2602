/* Publication: the schema plan, the rows, the position and the end of staging in one transaction, which
 * happens as a whole or not at all. */
#include "ledger.h"
#include "target.h"

/* ---- The ledger ---- */

/* `*published` is 1 when this key was published with this digest before. */
static int32_t publish_find(const struct postgres_load *load, struct dpone_bytes digest, int *published,
                            struct dpone_error *error) {
    struct postgres_query query = {0};
    PGresult *result = NULL;
    postgres_query_add_text(&query, dpone_string_of(load->target.name));
    postgres_query_add_text(&query, dpone_string_of(load->pipeline));
    postgres_query_add_text(&query, dpone_string_of(load->idempotency_key));
    postgres_query_add_bytes(&query, digest);
    int32_t status =
        postgres_ledger_ask(load->session, load->target.schema, POSTGRES_PUBLICATIONS,
                            "SELECT content_digest = $4 FROM %T WHERE target = $1 AND pipeline = $2"
                            " AND idempotency_key = $3",
                            &query, &result, error);
    int found = status == DPONE_OK && PQntuples(result) > 0;
    *published = found && postgres_result_bool(result, 0, 0);
    PQclear(result);
    return !found || *published
               ? status
               : dpone_error_set(error, DPONE_CONFLICT, "key %s was published before with other content",
                                 load->idempotency_key);
}

static int32_t publish_record(const struct postgres_load *load, const struct dpone_publish_request *request,
                              struct dpone_error *error) {
    struct postgres_query query = {0};
    postgres_query_add_text(&query, dpone_string_of(load->target.name));
    postgres_query_add_text(&query, dpone_string_of(load->pipeline));
    postgres_query_add_text(&query, dpone_string_of(load->idempotency_key));
    postgres_query_add_bytes(&query, request->content_digest);
    postgres_query_add_bytes(&query, request->position);
    postgres_query_add_integer(&query, request->rows);
    return postgres_ledger_run(
        load->session, load->target.schema, POSTGRES_PUBLICATIONS,
        "INSERT INTO %T (target, pipeline, idempotency_key, content_digest, position, rows)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        &query, NULL, error);
}

/* ---- The rows ---- */

/* Adds t.<target column> = s.<column of the load> for each column of the key, or for all others. */
static size_t publish_add_pairs(struct postgres_sql *sql, const struct postgres_load *load,
                                const struct postgres_columns *targets, int keys) {
    size_t count = 0;
    for (size_t i = 0; i < targets->count; i++) {
        const char *name = load->columns.items[i].as.name;
        int is_key = postgres_columns_find(&load->key, dpone_string_of(name)) != NULL;
        if (is_key == keys) {
            postgres_sql_add(sql, count++ == 0 ? "" : keys ? " AND " : ", ");
            postgres_sql_add(sql, keys ? "t.%I = s.%I" : "%I = s.%I", targets->items[i].as.name, name);
        }
    }
    return count;
}

/* Rows that stay are changed in place, so that what refers to them goes on referring to them. */
static int32_t publish_update(const struct postgres_load *load, const struct postgres_columns *targets,
                              struct dpone_error *error) {
    struct postgres_sql sql = {0};
    postgres_sql_add(&sql, "UPDATE %T AS t SET ", &load->target);
    size_t changed = publish_add_pairs(&sql, load, targets, 0);
    postgres_sql_add(&sql, " FROM %T AS s WHERE ", &load->stage);
    (void)publish_add_pairs(&sql, load, targets, 1);
    if (changed == 0) { /* a key and nothing else: rows that are there are right */
        postgres_sql_clear(&sql);
        return DPONE_OK;
    }
    return postgres_session_run_sql(load->session, &sql, NULL, error);
}

/* What happens to old rows before those of the load come. */
static int32_t publish_make_room(const struct postgres_load *load, const struct postgres_columns *targets,
                                 struct dpone_error *error) {
    struct postgres_sql sql = {0};
    switch (load->strategy) {
    case DPONE_FULL_REFRESH: /* not TRUNCATE, after which older snapshots see no rows at all */
        postgres_sql_add(&sql, "DELETE FROM %T", &load->target);
        break;
    case DPONE_REPLACE:
        postgres_sql_add(&sql, "DELETE FROM %T WHERE %s", &load->target, load->window.data);
        break;
    case DPONE_INCREMENTAL_MERGE:
        return publish_update(load, targets, error);
    default:
        return DPONE_OK;
    }
    return postgres_session_run_sql(load->session, &sql, NULL, error);
}

/* Staging that is not logged is empty after a crash of the server. */
static int32_t publish_check_stage(const struct postgres_load *load, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    int64_t rows = load->rows;
    int32_t status = DPONE_OK;
    if (!load->is_logged) {
        postgres_sql_add(&sql, "SELECT count(*) FROM %T", &load->stage);
        status = postgres_session_count(load->session, &sql, &rows, error);
    }
    return status != DPONE_OK || rows == load->rows
               ? status
               : dpone_error_set(
                     error, DPONE_UNAVAILABLE,
                     "the server restarted and holds %lld of %lld staged rows; run the load again",
                     (long long)rows, (long long)load->rows);
}

static int32_t publish_insert(const struct postgres_load *load, const struct postgres_columns *targets,
                              struct dpone_error *error) {
    struct postgres_sql sql = {0};
    postgres_sql_add(&sql, "INSERT INTO %T (", &load->target);
    postgres_add_names(&sql, targets);
    postgres_sql_add(&sql, ") OVERRIDING SYSTEM VALUE SELECT ");
    postgres_add_names(&sql, &load->columns);
    postgres_sql_add(&sql, " FROM %T AS s", &load->stage);
    if (load->strategy == DPONE_INCREMENTAL_MERGE) {
        postgres_sql_add(&sql, " WHERE NOT EXISTS (SELECT FROM %T AS t WHERE ", &load->target);
        (void)publish_add_pairs(&sql, load, targets, 1);
        postgres_sql_add(&sql, ")");
    }
    return postgres_session_run_sql(load->session, &sql, NULL, error);
}

static int32_t publish_rows(const struct postgres_load *load, const struct postgres_columns *targets,
                            struct dpone_error *error) {
    int32_t status = publish_check_stage(load, error);
    if (status == DPONE_OK) {
        status = publish_make_room(load, targets, error);
    }
    return status == DPONE_OK ? publish_insert(load, targets, error) : status;
}

/* The rows are there already, and every snapshot sees them: only the name changes. */
static int32_t publish_swap(const struct postgres_load *load, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    postgres_sql_add(&sql, "DROP TABLE IF EXISTS %T; ALTER TABLE %T RENAME TO %I", &load->target,
                     &load->stage, load->target.name);
    return postgres_session_run_sql(load->session, &sql, NULL, error);
}

/* ---- All of it ---- */

static int32_t publish_new(struct postgres_load *load, const struct dpone_publish_request *request,
                           const struct postgres_plan *plan, struct dpone_error *error) {
    int swaps = 0;
    int32_t status = postgres_target_prepare(load, plan, &swaps, error);
    if (status == DPONE_OK) {
        status = swaps ? publish_swap(load, error)
                       : publish_rows(load, plan == NULL ? &load->columns : &plan->targets, error);
    }
    return status == DPONE_OK ? publish_record(load, request, error) : status;
}

/* Publishers of one target come one after the other, also of one that does not exist yet. */
static int32_t publish_begin(const struct postgres_load *load, struct dpone_error *error) {
    struct postgres_sql name = {0};
    struct postgres_sql sql = {0};
    postgres_sql_add(&name, "%T", &load->target);
    postgres_sql_add(&sql, "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(%L, 1))",
                     name.failed ? "" : name.data);
    sql.failed |= name.failed;
    postgres_sql_clear(&name);
    return postgres_session_run_sql(load->session, &sql, NULL, error);
}

static int32_t publish_in_transaction(struct postgres_load *load, const struct dpone_publish_request *request,
                                      const struct postgres_plan *plan, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    int published = 0;
    int32_t status = publish_find(load, request->content_digest, &published, error);
    if (status == DPONE_OK && !published) {
        status = publish_new(load, request, plan, error);
    }
    if (status == DPONE_OK) {
        postgres_sql_add(&sql, "SELECT 1");
        postgres_load_add_drop(&sql, &load->stage);
        status = postgres_session_run_sql(load->session, &sql, NULL, error);
    }
    return status;
}

int32_t postgres_load_publish(struct postgres_load *load, const struct dpone_publish_request *request,
                              struct dpone_error *error) {
    struct postgres_plan plan = {0};
    int has_plan = load->plan.size > 0;
    int32_t status = has_plan ? postgres_plan_read(&plan, dpone_buffer_view(&load->plan), error) : DPONE_OK;
    if (status == DPONE_OK) {
        status = postgres_load_connect(load, error);
    }
    if (status == DPONE_OK) {
        status = publish_begin(load, error);
        if (status == DPONE_OK) {
            status = publish_in_transaction(load, request, has_plan ? &plan : NULL, error);
        }
        status = postgres_session_end(load->session, status, error);
    }
    postgres_plan_clear(&plan);
    return status;
}
