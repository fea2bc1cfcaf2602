/* Tables of the database. */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists of columns ---- */

void postgres_columns_clear(struct postgres_columns *columns) {
    for (size_t i = 0; i < columns->count; i++) {
        free((char *)(uintptr_t)columns->items[i].as.name);
        free(columns->items[i].declared);
    }
    free(columns->items);
    *columns = (struct postgres_columns){0};
}

int32_t postgres_columns_add(struct postgres_columns *columns, const struct dpone_column *column,
                             const char *declared, struct dpone_error *error) {
    struct postgres_column *items = realloc(columns->items, (columns->count + 1) * sizeof(*items));
    if (items != NULL) {
        columns->items = items;
    }
    struct postgres_column added = {.as = *column};
    added.as.name = strdup(column->name);
    added.declared = declared == NULL ? NULL : strdup(declared);
    if (items == NULL || added.as.name == NULL || (declared != NULL && added.declared == NULL)) {
        free((char *)(uintptr_t)added.as.name);
        free(added.declared);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for columns");
    }
    items[columns->count++] = added;
    return DPONE_OK;
}

struct postgres_column *postgres_columns_find(const struct postgres_columns *columns,
                                              struct dpone_string name) {
    for (size_t i = 0; i < columns->count; i++) {
        if (dpone_string_equal(dpone_string_of(columns->items[i].as.name), name)) {
            return &columns->items[i];
        }
    }
    return NULL;
}

int32_t postgres_columns_of_schema(struct postgres_columns *out, const struct ArrowSchema *schema,
                                   struct dpone_error *error) {
    int32_t status = DPONE_OK;
    for (int64_t i = 0; status == DPONE_OK && i < schema->n_children; i++) {
        struct dpone_column column;
        status = dpone_schema_column(schema, i, &column, error);
        if (status == DPONE_OK) {
            status = postgres_columns_add(out, &column, NULL, error);
        }
    }
    return status;
}

int32_t postgres_columns_to_schema(struct ArrowSchema *out, const struct postgres_columns *columns,
                                   struct dpone_error *error) {
    struct dpone_column *items = calloc(columns->count + 1, sizeof(*items));
    if (items == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a schema");
    }
    for (size_t i = 0; i < columns->count; i++) {
        items[i] = columns->items[i].as;
    }
    int32_t status = dpone_schema_make(out, items, columns->count, error);
    free(items);
    return status;
}

/* ---- Types ---- */

/* The first row of a type of dpone is what its columns are declared as. */
static const struct {
    const char *name; /* in pg_type */
    int32_t type;
    int narrow; /* 1: it holds less than dpone's type */
} table_types[] = {
    {"bool", DPONE_TYPE_BOOL, 0},
    {"int4", DPONE_TYPE_INT32, 0},
    {"int2", DPONE_TYPE_INT32, 1},
    {"int8", DPONE_TYPE_INT64, 0},
    {"float8", DPONE_TYPE_FLOAT64, 0},
    {"float4", DPONE_TYPE_FLOAT64, 1},
    {"text", DPONE_TYPE_UTF8, 0},
    {"varchar", DPONE_TYPE_UTF8, 0}, /* too long a text is refused, not cut */
    {"bytea", DPONE_TYPE_BINARY, 0},
    {"date", DPONE_TYPE_DATE32, 0},
    {"timestamptz", DPONE_TYPE_TIMESTAMP_US, 0},
    {"timestamp", DPONE_TYPE_TIMESTAMP_US, 0}, /* is UTC */
    {"numeric", DPONE_TYPE_DECIMAL128, 0},
};

#define TABLE_TYPE_COUNT (sizeof(table_types) / sizeof(table_types[0]))

void postgres_add_type(struct postgres_sql *sql, const struct postgres_column *column) {
    char modifier[32] = "";
    size_t row = 0;
    if (column->declared != NULL) {
        postgres_sql_add(sql, "%s", column->declared);
        return;
    }
    while (table_types[row].type != column->as.type) {
        row++;
    }
    if (column->as.type == DPONE_TYPE_DECIMAL128) {
        (void)snprintf(modifier, sizeof(modifier), "(%d,%d)", (int)column->as.precision,
                       (int)column->as.scale);
    }
    postgres_sql_add(sql, "%s%s", table_types[row].name, modifier);
}

/* A modifier of numeric is precision << 16 and scale, plus 4; the scale may be negative or more than the
 * precision, and there may be no modifier. */
static int table_parse_numeric(struct dpone_column *column, int64_t modifier) {
    column->precision = (int32_t)((modifier - 4) >> 16);
    column->scale = (int32_t)((modifier - 4) & 0x7ff);
    return modifier >= 4 && column->precision <= 38 && column->scale <= column->precision;
}

/* Fills type, precision and scale; a type that dpone has not is read as its text. */
static void table_parse_type(struct postgres_column *column, struct dpone_string name, int64_t modifier) {
    size_t row = 0;
    while (row < TABLE_TYPE_COUNT && !dpone_string_equal(dpone_string_of(table_types[row].name), name)) {
        row++;
    }
    column->as.type = row < TABLE_TYPE_COUNT ? table_types[row].type : DPONE_TYPE_COUNT;
    column->narrow = row < TABLE_TYPE_COUNT && table_types[row].narrow;
    column->foreign = row == TABLE_TYPE_COUNT || (column->as.type == DPONE_TYPE_DECIMAL128 &&
                                                  !table_parse_numeric(&column->as, modifier));
    if (column->foreign) {
        column->as.type = DPONE_TYPE_UTF8;
        column->as.precision = column->as.scale = 0;
    }
}

int postgres_column_same_type(const struct dpone_column *left, const struct dpone_column *right) {
    return left->type == right->type && left->precision == right->precision && left->scale == right->scale;
}

void postgres_add_names(struct postgres_sql *sql, const struct postgres_columns *columns) {
    for (size_t i = 0; i < columns->count; i++) {
        postgres_sql_add(sql, i == 0 ? "%I" : ",%I", columns->items[i].as.name);
    }
}

/* ---- Tables ---- */

static int32_t table_add_column(struct postgres_columns *out, const PGresult *result, int row,
                                struct dpone_error *error) {
    struct dpone_column column = {.name = PQgetvalue(result, row, 0),
                                  .nullable = !postgres_result_bool(result, row, 3)};
    int32_t status = postgres_columns_add(out, &column, PQgetvalue(result, row, 4), error);
    if (status == DPONE_OK) {
        table_parse_type(&out->items[out->count - 1], postgres_result_text(result, row, 1),
                         postgres_result_integer(result, row, 2));
    }
    return status;
}

int32_t postgres_columns_of_table(struct postgres_columns *out, struct postgres_session *session,
                                  const struct postgres_table *table, struct postgres_table_facts *facts,
                                  struct dpone_error *error) {
    struct postgres_query query = {
        .sql = "SELECT a.attname::text, t.typname::text, a.atttypmod::bigint, a.attnotnull,"
               " format_type(a.atttypid, a.atttypmod), pg_relation_size(c.oid) / "
               "current_setting('block_size')::bigint,"
               " c.relkind IN ('r', 'p', 'm'), c.relkind = 'p' OR c.relhassubclass, c.relkind IN ('r', 'p')"
               " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
               " LEFT JOIN (pg_attribute a JOIN pg_type t ON t.oid = a.atttypid)"
               " ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
               " WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY "
               "a.attnum"};
    PGresult *result = NULL;
    postgres_query_add_text(&query, dpone_string_of(table->schema));
    postgres_query_add_text(&query, dpone_string_of(table->name));
    int32_t status = postgres_session_ask(session, &query, &result, error);
    if (status == DPONE_OK && PQntuples(result) == 0) {
        status = dpone_error_set(error, DPONE_NOT_FOUND, "there is no table \"%s\".\"%s\"", table->schema,
                                 table->name);
    }
    for (int row = 0; status == DPONE_OK && row < PQntuples(result); row++) {
        status = PQgetisnull(result, row, 0) ? DPONE_OK : table_add_column(out, result, row, error);
    }
    if (status == DPONE_OK && facts != NULL) {
        *facts = (struct postgres_table_facts){.pages = postgres_result_integer(result, 0, 5),
                                               .has_place = postgres_result_bool(result, 0, 6),
                                               .has_children = postgres_result_bool(result, 0, 7),
                                               .is_writable = postgres_result_bool(result, 0, 8)};
    }
    PQclear(result);
    return status;
}

/* ---- Names ---- */

static int32_t table_copy_name(char out[POSTGRES_NAME_MAXIMUM_BYTES + 1], const char *what,
                               struct dpone_string name, struct dpone_error *error) {
    if (name.size == 0 || name.size > POSTGRES_NAME_MAXIMUM_BYTES ||
        memchr(name.data, '\0', name.size) != NULL) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "%s \"%.*s\": a name has 1 to %d bytes in PostgreSQL, not %zu; choose another",
                               what, (int)name.size, name.size == 0 ? "" : name.data,
                               POSTGRES_NAME_MAXIMUM_BYTES, name.size);
    }
    if (name.size >= sizeof(POSTGRES_RESERVED_PREFIX) - 1 &&
        memcmp(name.data, POSTGRES_RESERVED_PREFIX, sizeof(POSTGRES_RESERVED_PREFIX) - 1) == 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "%s \"%.*s\": names that begin with " POSTGRES_RESERVED_PREFIX
                               " are reserved; choose another",
                               what, (int)name.size, name.data);
    }
    memcpy(out, name.data, name.size);
    out[name.size] = '\0';
    return DPONE_OK;
}

int32_t postgres_table_of(struct postgres_table *out, const struct dpone_instance *instance,
                          const struct dpone_table *table, struct dpone_error *error) {
    struct dpone_string schema =
        table->schema.size > 0 ? table->schema : dpone_string_of(instance->config.schema);
    int32_t status = table_copy_name(out->schema, "schema", schema, error);
    return status == DPONE_OK ? table_copy_name(out->name, "table", table->name, error) : status;
}

int32_t postgres_check_column_name(const char *name, struct dpone_error *error) {
    size_t size = strlen(name);
    return size >= 1 && size <= POSTGRES_NAME_MAXIMUM_BYTES
               ? DPONE_OK
               : dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "column \"%s\": a name has 1 to %d bytes in PostgreSQL, not %zu; rename it "
                                 "in the source",
                                 name, POSTGRES_NAME_MAXIMUM_BYTES, size);
}
