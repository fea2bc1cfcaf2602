/* Targets: making them, and bringing them to the columns of a plan. */
#include "target.h"

#include <string.h>

/* ---- Making tables ---- */

static void target_add_column(struct postgres_sql *sql, const struct postgres_column *column) {
    postgres_sql_add(sql, "%I ", column->as.name);
    postgres_add_type(sql, column);
    postgres_sql_add(sql, column->as.nullable ? "" : " NOT NULL");
}

int32_t postgres_target_create(struct postgres_session *session, const struct postgres_table *table,
                               const struct postgres_columns *columns, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    postgres_sql_add(&sql, "CREATE TABLE %T (", table);
    for (size_t i = 0; i < columns->count; i++) {
        postgres_sql_add(&sql, i == 0 ? "" : ", ");
        target_add_column(&sql, &columns->items[i]);
    }
    postgres_sql_add(&sql, ")");
    return postgres_session_run_sql(session, &sql, NULL, error);
}

/* ---- Taking the place of a table ---- */

/* What pg_class says of the table $1.<parameter>. */
#define TARGET_CLASS(parameter)                                                                              \
    "(SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"                              \
    " WHERE n.nspname = $1 AND c.relname = " parameter ")"

/* Everything that a column has of its own. Some releases count its versions among the options. */
#define TARGET_COLUMNS(table)                                                                                \
    "(SELECT array_agg((a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attcollation, a.attstorage,"     \
    " a.attcompression, a.atthasdef, a.attidentity, a.attgenerated, a.attstattarget, a.attacl,"              \
    " ARRAY(SELECT o FROM unnest(a.attoptions) o WHERE NOT starts_with(o, 'pg_attver=')))::text"             \
    " ORDER BY a.attnum)"                                                                                    \
    " FROM pg_attribute a WHERE a.attrelid = " table ".oid AND a.attnum > 0 AND NOT a.attisdropped)"

/* 1 row when the target $2 has nothing that staging $3 has not: what depends on it (but for its own row type,
 * its TOAST table and NOT NULL), what it depends on, grants, settings, comments, labels, publications,
 * columns. */
static const char target_loses_nothing[] = "SELECT 1::bigint FROM " TARGET_CLASS("$2") " t, " TARGET_CLASS(
    "$3") " s"
          " WHERE t.relkind = 'r' AND t.relpersistence = 'p' AND t.relowner = s.relowner"
          " AND t.relacl IS NOT DISTINCT FROM s.relacl AND t.reloptions IS NOT DISTINCT FROM s.reloptions"
          " AND t.reltablespace = s.reltablespace AND t.relam = s.relam AND t.relreplident = s.relreplident"
          " AND t.reloftype = s.reloftype AND NOT t.relhasrules AND NOT "
          "t.relhastriggers"
          " AND NOT t.relrowsecurity AND NOT t.relforcerowsecurity AND NOT t.relispartition AND NOT "
          "t.relhassubclass"
          " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.deptype <> 'i'"
          " AND (d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid"
          " OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (SELECT unnest(ARRAY[y.oid, y.typarray])"
          " FROM pg_type y WHERE y.oid = t.reltype))"
          " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE d.classid = 'pg_constraint'::regclass AND "
          "k.oid = d.objid"
          " AND k.contype = 'n'))"
          " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = "
          "t.oid"
          " AND d.deptype IN ('e', 'x'))"
          " AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = t.oid)"
          " AND NOT EXISTS (SELECT FROM pg_description d WHERE d.classoid = 'pg_class'::regclass AND "
          "d.objoid = t.oid)"
          " AND NOT EXISTS (SELECT FROM pg_seclabel l WHERE l.classoid = 'pg_class'::regclass AND l.objoid = "
          "t.oid)"
          " AND NOT EXISTS (SELECT FROM pg_publication_tables p WHERE p.schemaname = $1 AND p.tablename = $2)"
          " AND " TARGET_COLUMNS("t") " = " TARGET_COLUMNS("s");

/* Asks about the target $2 in the schema $1; `*found` tells whether there was a row. */
static int32_t target_ask(const struct postgres_load *load, const char *sql, int *found,
                          struct dpone_error *error) {
    struct postgres_query query = {.sql = sql};
    PGresult *result = NULL;
    postgres_query_add_text(&query, dpone_string_of(load->target.schema));
    postgres_query_add_text(&query, dpone_string_of(load->target.name));
    postgres_query_add_text(&query, dpone_string_of(load->stage.name));
    int32_t status = postgres_session_ask(load->session, &query, &result, error);
    *found = status == DPONE_OK && PQntuples(result) > 0;
    PQclear(result);
    return status;
}

int32_t postgres_target_exists(const struct postgres_load *load, int *out, struct dpone_error *error) {
    return target_ask(load, "SELECT 1::bigint FROM " TARGET_CLASS("$2") " t WHERE $3 <> ''", out, error);
}

int32_t postgres_target_can_swap(const struct postgres_load *load, int exists, int *out,
                                 struct dpone_error *error) {
    *out = !exists;
    return exists && load->strategy == DPONE_FULL_REFRESH && load->plan.size == 0
               ? target_ask(load, target_loses_nothing, out, error)
               : DPONE_OK;
}

/* ---- Columns ---- */

static int32_t target_changed(const struct postgres_load *load, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_CONFLICT,
                           "the columns of \"%s\" are not those that the load was planned for; run it again",
                           load->target.name);
}

/* Adds the columns that stand behind those of the target, and widens those that have another type. */
static int32_t target_alter(const struct postgres_load *load, const struct postgres_columns *current,
                            const struct postgres_columns *wanted, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    for (size_t i = 0; i < wanted->count; i++) {
        const struct postgres_column *column = &wanted->items[i];
        if (i >= current->count) {
            postgres_sql_add(&sql, ", ADD COLUMN ");
            target_add_column(&sql, column);
        } else if (!postgres_column_same_type(&current->items[i].as, &column->as)) {
            postgres_sql_add(&sql, ", ALTER COLUMN %I TYPE ", column->as.name);
            postgres_add_type(&sql, column);
        }
    }
    if (sql.size == 0) {
        return DPONE_OK;
    }
    struct postgres_sql statement = {0};
    postgres_sql_add(&statement, "ALTER TABLE %T %s", &load->target, sql.failed ? "" : sql.data + 1);
    statement.failed |= sql.failed;
    postgres_sql_clear(&sql);
    return postgres_session_run_sql(load->session, &statement, NULL, error);
}

static int32_t target_apply(const struct postgres_load *load, const struct postgres_columns *current,
                            const struct postgres_plan *plan, struct dpone_error *error) {
    struct dpone_buffer version = DPONE_BUFFER_INIT;
    int32_t status = postgres_plan_version(&version, current, error);
    struct dpone_string seen = {(const char *)version.data, version.size};
    if (status == DPONE_OK) {
        status = dpone_string_equal(seen, plan->version) ? target_alter(load, current, &plan->columns, error)
                                                         : target_changed(load, error);
    }
    dpone_buffer_clear(&version);
    return status;
}

/* Without a plan the target must take the columns of the load as they are. */
static int target_fits(const struct postgres_load *load, const struct postgres_columns *current) {
    for (size_t i = 0; i < load->columns.count; i++) {
        const struct dpone_column *wanted = &load->columns.items[i].as;
        const struct postgres_column *there = postgres_columns_find(current, dpone_string_of(wanted->name));
        if (there == NULL || there->foreign || there->narrow ||
            !postgres_column_same_type(&there->as, wanted) || (wanted->nullable && !there->as.nullable)) {
            return 0;
        }
    }
    return 1;
}

/* ---- In a publication ---- */

/* Rows that go would take rows of other tables with them. */
static int32_t target_check_dependents(const struct postgres_load *load, struct dpone_error *error) {
    int found = 0;
    int32_t status =
        target_ask(load,
                   "SELECT 1::bigint FROM pg_constraint k JOIN " TARGET_CLASS(
                       "$2") " t ON k.confrelid = t.oid"
                             " WHERE k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd') AND $3 <> ''",
                   &found, error);
    return status != DPONE_OK || !found
               ? status
               : dpone_error_set(
                     error, DPONE_CONFLICT,
                     "rows of other tables refer to rows of \"%s\" and would go with them; use the strategy "
                     "incremental_merge, which keeps rows",
                     load->target.name);
}

/* Readers go on in every mode but the last; other writers wait. */
static int32_t target_lock(const struct postgres_load *load, int swaps, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    const char *mode = swaps                                        ? "ACCESS EXCLUSIVE"
                       : load->strategy == DPONE_INCREMENTAL_APPEND ? "ROW EXCLUSIVE"
                                                                    : "SHARE ROW EXCLUSIVE";
    postgres_sql_add(&sql, "LOCK TABLE %T IN %s MODE", &load->target, mode);
    return postgres_session_run_sql(load->session, &sql, NULL, error);
}

static int32_t target_check_columns(const struct postgres_load *load, const struct postgres_plan *plan,
                                    struct dpone_error *error) {
    struct postgres_columns current = {0};
    int32_t status = postgres_columns_of_table(&current, load->session, &load->target, NULL, error);
    if (status == DPONE_OK && plan != NULL) {
        status = target_apply(load, &current, plan, error);
    } else if (status == DPONE_OK && !target_fits(load, &current)) {
        status = target_changed(load, error);
    }
    postgres_columns_clear(&current);
    return status;
}

int32_t postgres_target_prepare(struct postgres_load *load, const struct postgres_plan *plan, int *swaps,
                                struct dpone_error *error) {
    int exists = 0;
    int32_t status = postgres_target_exists(load, &exists, error);
    if (status == DPONE_OK && !exists && plan != NULL) {
        return target_changed(load, error);
    }
    if (status == DPONE_OK) {
        status = postgres_target_can_swap(load, exists, swaps, error);
    }
    *swaps = *swaps && load->is_logged;
    if (status == DPONE_OK && !exists) {
        return *swaps ? DPONE_OK
                      : postgres_target_create(load->session, &load->target, &load->columns, error);
    }
    if (status == DPONE_OK) {
        status = target_lock(load, *swaps, error);
    }
    if (status == DPONE_OK) {
        status = target_check_columns(load, plan, error);
    }
    return status == DPONE_OK && !*swaps &&
                   (load->strategy == DPONE_FULL_REFRESH || load->strategy == DPONE_REPLACE)
               ? target_check_dependents(load, error)
               : status;
}
