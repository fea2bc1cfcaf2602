/* SQL under construction. Names and values are data: they are always quoted, by one function. */
#ifndef DPONE_CONNECTOR_POSTGRES_SQL_H
#define DPONE_CONNECTOR_POSTGRES_SQL_H

#include <stddef.h>

#include <dpone/dpone.h>

/* Names of PostgreSQL are cut at 63 bytes; longer ones are refused instead. */
#define POSTGRES_NAME_MAXIMUM_BYTES 63

/* Names that begin so belong to dpone. */
#define POSTGRES_RESERVED_PREFIX "__dpone__"

struct postgres_table {
    char schema[POSTGRES_NAME_MAXIMUM_BYTES + 1];
    char name[POSTGRES_NAME_MAXIMUM_BYTES + 1];
};

/* Begins with all zero. Memory that runs out is remembered in `failed`. */
struct postgres_sql {
    char *data; /* NUL-terminated once something was added */
    size_t size;
    size_t capacity;
    int failed;
};

/* Adds a text in which `%s` stands for a C string as it is, `%c` for a character, `%I` for a C string as an
 * identifier in quotes, `%L` for a C string as a literal, and `%T` for a `const struct postgres_table *`. */
void postgres_sql_add(struct postgres_sql *sql, const char *format, ...);

/* Adds bytes as they are. */
void postgres_sql_add_bytes(struct postgres_sql *sql, const void *data, size_t size);

void postgres_sql_clear(struct postgres_sql *sql);

/* The same, for a text that holds a secret. */
void postgres_sql_wipe(struct postgres_sql *sql);

#endif
