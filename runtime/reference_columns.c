/* A list of columns. */
#include "runtime/reference_columns.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/files.h"
#include "runtime/reference_value.h"

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for columns");
}

void dpone_columns_clear(struct dpone_columns *columns) {
    for (size_t i = 0; i < columns->count; i++) {
        free((char *)(uintptr_t)columns->items[i].name);
    }
    free(columns->items);
    *columns = (struct dpone_columns){NULL, 0};
}

int32_t dpone_columns_add(struct dpone_columns *columns, const struct dpone_column *column) {
    struct dpone_column *grown = realloc(columns->items, (columns->count + 1) * sizeof *grown);
    if (grown == NULL) {
        return DPONE_OUT_OF_MEMORY;
    }
    columns->items = grown;
    struct dpone_column copy = *column;
    copy.name = dpone_format("%s", column->name);
    if (copy.name == NULL) {
        return DPONE_OUT_OF_MEMORY;
    }
    columns->items[columns->count++] = copy;
    return DPONE_OK;
}

struct dpone_column *dpone_columns_find(const struct dpone_columns *columns, const char *name) {
    for (size_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->items[i].name, name) == 0) {
            return &columns->items[i];
        }
    }
    return NULL;
}

int32_t dpone_columns_of_schema(struct dpone_columns *out, const struct ArrowSchema *schema,
                                struct dpone_error *error) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct dpone_column column;
        int32_t status = dpone_schema_column(schema, i, &column, error);
        if (status == DPONE_OK && dpone_columns_add(out, &column) != DPONE_OK) {
            status = out_of_memory(error);
        }
        if (status != DPONE_OK) {
            return status;
        }
    }
    return DPONE_OK;
}

static int32_t add_declared(struct dpone_columns *out, const char *name, const char *declared, int nullable,
                            struct dpone_error *error) {
    struct dpone_column column = {.name = name, .nullable = nullable};
    int32_t status = dpone_reference_parse_declared(&column, declared, error);
    if (status == DPONE_OK && dpone_columns_add(out, &column) != DPONE_OK) {
        status = out_of_memory(error);
    }
    return status;
}

int32_t dpone_columns_of_table(struct dpone_columns *out, struct dpone_store *store, const char *table,
                               struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int32_t status = dpone_store_prepare(store, &statement, error,
                                         "SELECT name, type, \"notnull\" FROM pragma_table_info(%Q)", table);
    for (int row = 1; status == DPONE_OK && row;) {
        status = dpone_store_step(store, statement, &row, error);
        if (status == DPONE_OK && row) {
            status = add_declared(out, (const char *)sqlite3_column_text(statement, 0),
                                  (const char *)sqlite3_column_text(statement, 1),
                                  !sqlite3_column_int(statement, 2), error);
        }
    }
    (void)sqlite3_finalize(statement);
    if (status == DPONE_OK && out->count == 0) {
        status = dpone_error_set(error, DPONE_NOT_FOUND, "there is no table \"%s\"", table);
    }
    return status;
}

json_t *dpone_columns_to_json(const struct dpone_columns *columns) {
    json_t *list = json_array();
    for (size_t i = 0; i < columns->count; i++) {
        char declared[DPONE_DECLARED_BYTES];
        dpone_reference_declared(declared, &columns->items[i]);
        json_t *item = json_pack("{s:s,s:s,s:b}", "name", columns->items[i].name, "type", declared,
                                 "nullable", columns->items[i].nullable);
        if (item == NULL || json_array_append_new(list, item) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

int32_t dpone_columns_of_json(struct dpone_columns *out, const json_t *json, struct dpone_error *error) {
    for (size_t i = 0; i < json_array_size(json); i++) {
        const char *name = NULL;
        const char *declared = NULL;
        int nullable = 0;
        if (json_unpack(json_array_get(json, i), "{s:s,s:s,s:b}", "name", &name, "type", &declared,
                        "nullable", &nullable) != 0) {
            return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "column %zu is not described", i);
        }
        int32_t status = add_declared(out, name, declared, nullable, error);
        if (status != DPONE_OK) {
            return status;
        }
    }
    return DPONE_OK;
}

int32_t dpone_columns_version(char out[DPONE_SHA256_TEXT_BYTES], const struct dpone_columns *columns) {
    out[0] = '\0';
    json_t *json = dpone_columns_to_json(columns);
    char *text = json_dumps(json, JSON_COMPACT);
    int32_t status = text == NULL
                         ? DPONE_OUT_OF_MEMORY
                         : dpone_sha256_bytes(out, (struct dpone_bytes){(uint8_t *)text, strlen(text)});
    free(text);
    json_decref(json);
    return status;
}

int32_t dpone_columns_create_table(const struct dpone_columns *columns, struct dpone_store *store,
                                   const char *table, const char *suffix, struct dpone_error *error) {
    sqlite3_str *sql = sqlite3_str_new(store->db);
    sqlite3_str_appendf(sql, "CREATE TABLE \"%w\"(", table);
    for (size_t i = 0; i < columns->count; i++) {
        char declared[DPONE_DECLARED_BYTES];
        dpone_reference_declared(declared, &columns->items[i]);
        sqlite3_str_appendf(sql, "%s\"%w\" %s%s", i == 0 ? "" : ",", columns->items[i].name, declared,
                            columns->items[i].nullable ? "" : " NOT NULL");
    }
    sqlite3_str_appendf(sql, "%s)", suffix);
    sqlite3_stmt *statement = NULL;
    int32_t status = dpone_store_prepare_owned(store, &statement, sqlite3_str_finish(sql), error);
    return status == DPONE_OK ? dpone_store_finish(store, statement, error) : status;
}

int32_t dpone_reference_table_name(char **out, const struct dpone_table *table, struct dpone_error *error) {
    *out = NULL;
    if (table->name.size == 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the table has no name; set table.name");
    }
    char *name = table->schema.size == 0
                     ? dpone_format("%.*s", (int)table->name.size, table->name.data)
                     : dpone_format("%.*s.%.*s", (int)table->schema.size, table->schema.data,
                                    (int)table->name.size, table->name.data);
    if (name == NULL) {
        return out_of_memory(error);
    }
    if (sqlite3_strnicmp(name, DPONE_RESERVED_PREFIX, (int)strlen(DPONE_RESERVED_PREFIX)) == 0 ||
        sqlite3_strnicmp(name, "sqlite_", 7) == 0) {
        int32_t status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                         "table \"%s\": names beginning with " DPONE_RESERVED_PREFIX
                                         " or sqlite_ are reserved; choose another",
                                         name);
        free(name);
        return status;
    }
    *out = name;
    return DPONE_OK;
}
