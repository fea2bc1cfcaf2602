/* Tables of the database: their names, and their columns as dpone sees them. */
#ifndef DPONE_CONNECTOR_POSTGRES_TABLE_H
#define DPONE_CONNECTOR_POSTGRES_TABLE_H

#include "session.h"

/* A column, and the type that it has on the server. Texts are copies. */
struct postgres_column {
    struct dpone_column as; /* as dpone sees it */
    char *declared;         /* as SQL spells the type; NULL for a column that no table has yet */
    int foreign;            /* 1: a type that dpone has not; `as` is utf8 */
    int narrow;             /* 1: a type that holds less than dpone's */
};

/* A list of columns; begins with all zero. */
struct postgres_columns {
    struct postgres_column *items;
    size_t count;
};

void postgres_columns_clear(struct postgres_columns *columns);

/* Appends a copy. `declared` may be NULL. */
int32_t postgres_columns_add(struct postgres_columns *columns, const struct dpone_column *column,
                             const char *declared, struct dpone_error *error);

/* The column of that name; NULL when there is none. */
struct postgres_column *postgres_columns_find(const struct postgres_columns *columns,
                                              struct dpone_string name);

/* Appends the columns of a schema. */
int32_t postgres_columns_of_schema(struct postgres_columns *out, const struct ArrowSchema *schema,
                                   struct dpone_error *error);

/* Makes the schema of a list. */
int32_t postgres_columns_to_schema(struct ArrowSchema *out, const struct postgres_columns *columns,
                                   struct dpone_error *error);

/* What else is known of a table. */
struct postgres_table_facts {
    int64_t pages;    /* of its file */
    int has_place;    /* rows have a ctid that tells them apart */
    int has_children; /* partitions or heirs, each with places of its own */
    int is_writable;  /* a table, no view */
};

/* Appends the columns of a table. DPONE_NOT_FOUND when there is none. `facts` may be NULL. */
int32_t postgres_columns_of_table(struct postgres_columns *out, struct postgres_session *session,
                                  const struct postgres_table *table, struct postgres_table_facts *facts,
                                  struct dpone_error *error);

/* The table that a request names. DPONE_INVALID_ARGUMENT for a name that is empty, longer than PostgreSQL
 * keeps, or reserved. */
int32_t postgres_table_of(struct postgres_table *out, const struct dpone_instance *instance,
                          const struct dpone_table *table, struct dpone_error *error);

/* DPONE_INVALID_ARGUMENT for a column's name that PostgreSQL would cut. */
int32_t postgres_check_column_name(const char *name, struct dpone_error *error);

/* 1 when both hold the same values. */
int postgres_column_same_type(const struct dpone_column *left, const struct dpone_column *right);

/* Adds a column's type as SQL spells it: `declared`, or the type that holds what dpone has. */
void postgres_add_type(struct postgres_sql *sql, const struct postgres_column *column);

/* Adds "a","b". */
void postgres_add_names(struct postgres_sql *sql, const struct postgres_columns *columns);

#endif
