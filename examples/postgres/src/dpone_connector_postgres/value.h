/* Values in the binary format of COPY, and as literals of SQL. */
#ifndef DPONE_CONNECTOR_POSTGRES_VALUE_H
#define DPONE_CONNECTOR_POSTGRES_VALUE_H

#include "table.h"

/* Bytes for COPY under construction; begins with all zero. */
struct postgres_wire {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

void postgres_wire_clear(struct postgres_wire *wire);

/* What every binary COPY begins and ends with. */
int32_t postgres_wire_add_header(struct postgres_wire *wire, struct dpone_error *error);
int32_t postgres_wire_add_trailer(struct postgres_wire *wire, struct dpone_error *error);

/* Adds one row of a batch, which was checked. */
int32_t postgres_wire_add_row(struct postgres_wire *wire, const struct dpone_batch_view *view, int64_t row,
                              struct dpone_error *error);

/* DPONE_UNSUPPORTED_TYPE for the first value that PostgreSQL cannot hold: U+0000 in a text, a date or a time
 * before 4714 BC or too far ahead. */
int32_t postgres_values_check(const struct dpone_batch_view *view, struct dpone_error *error);

/* Appends a field of COPY to a row. DPONE_UNSUPPORTED_TYPE for infinite times and numbers,
 * DPONE_DATA_CORRUPT. */
int32_t postgres_value_append(struct dpone_batch_builder *builder, int64_t index,
                              const struct dpone_column *column, const uint8_t *data, size_t size,
                              struct dpone_error *error);

/* Adds the canonical text of a field of COPY. */
int32_t postgres_value_add_text(struct postgres_sql *text, const struct dpone_column *column,
                                const uint8_t *data, size_t size, struct dpone_error *error);

/* Adds a canonical text as a literal of the column's type. DPONE_INVALID_ARGUMENT when it is none, or too far
 * ahead or back for PostgreSQL. */
int32_t postgres_value_add_literal(struct postgres_sql *sql, const struct postgres_column *column,
                                   struct dpone_string text, struct dpone_error *error);

#endif
