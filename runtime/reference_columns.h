/* A list of columns: of a table in the file, of a load, of a plan. */
#ifndef DPONE_RUNTIME_REFERENCE_COLUMNS_H
#define DPONE_RUNTIME_REFERENCE_COLUMNS_H

#include <jansson.h>

#include <dpone/schema.h>
#include <dpone/source.h>

#include "runtime/digest.h"
#include "runtime/reference_store.h"

/* Begin with all zero; names are copies. */
struct dpone_columns {
    struct dpone_column *items;
    size_t count;
};

void dpone_columns_clear(struct dpone_columns *columns);

/* Appends a copy. DPONE_OK or DPONE_OUT_OF_MEMORY. */
int32_t dpone_columns_add(struct dpone_columns *columns, const struct dpone_column *column);

/* The column of that name, or NULL. */
struct dpone_column *dpone_columns_find(const struct dpone_columns *columns, const char *name);

int32_t dpone_columns_of_schema(struct dpone_columns *out, const struct ArrowSchema *schema,
                                struct dpone_error *error);

/* Reads the columns of a table. An unknown table has none: DPONE_NOT_FOUND. */
int32_t dpone_columns_of_table(struct dpone_columns *out, struct dpone_store *store, const char *table,
                               struct dpone_error *error);

/* [{"name", "type": its declaration, "nullable"}], and back. NULL when memory is short;
 * DPONE_INVALID_ARGUMENT. */
json_t *dpone_columns_to_json(const struct dpone_columns *columns);
int32_t dpone_columns_of_json(struct dpone_columns *out, const json_t *json, struct dpone_error *error);

/* A digest of names, types, nullability and order: the version of a table's schema. */
int32_t dpone_columns_version(char out[DPONE_SHA256_TEXT_BYTES], const struct dpone_columns *columns);

/* Creates a table. `suffix` is SQL of the program's own behind the columns, or "". */
int32_t dpone_columns_create_table(const struct dpone_columns *columns, struct dpone_store *store,
                                   const char *table, const char *suffix, struct dpone_error *error);

/* Names the table in the file for a table of a manifest, on the heap. DPONE_INVALID_ARGUMENT for an empty
 * name or one of dpone's own. */
int32_t dpone_reference_table_name(char **out, const struct dpone_table *table, struct dpone_error *error);

#endif
