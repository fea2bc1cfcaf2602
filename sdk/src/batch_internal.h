/* A batch builder from the inside, shared by its four parts: rows, whole columns, storage and finish.
 * Internal. */
#ifndef DPONE_SRC_BATCH_INTERNAL_H
#define DPONE_SRC_BATCH_INTERNAL_H

#include <dpone/batch_builder.h>

#include "batch_storage.h"
#include "schema.h"

/* A column under construction. Bits of the validity bitmap from `length` on are 1, so that only a NULL has to
 * touch it; it exists only once there is a NULL. The pointers are those of `storage`, kept close. */
struct builder_column {
    int32_t type;
    int32_t has_validity;
    int64_t length; /* rows that it holds; one more than the builder's while a row is under construction */
    int64_t row_capacity; /* rows that validity and fixed buffers have room for */
    uint8_t *fixed;
    uint8_t *bytes;
    size_t bytes_size;
    size_t bytes_capacity;
    uint8_t *validity;
    int64_t null_count;
    struct column_storage *storage; /* NULL until the first row of a batch */
    struct dpone_column column;     /* names borrowed from the builder's schema */
    int64_t last_rows;              /* of the last batch: room to begin with */
    size_t last_bytes;
};

struct dpone_batch_builder {
    int64_t rows;     /* rows that every column has */
    int32_t row_open; /* a value was appended since the last row's end */
    int32_t uneven;   /* whole columns were appended to some only */
    size_t count;
    struct builder_column *columns;
    struct storage_pool *pool;
    struct ArrowSchema schema;
    struct dpone_error failure; /* the first one of the row under construction */
};

/* Makes room for `rows` rows in all, and `bytes` bytes of data in all; 0 when out of memory. */
int dpone_builder_reserve(struct dpone_batch_builder *builder, struct builder_column *column, int64_t rows,
                          size_t bytes);

/* Gives the column a bitmap, all ones, if it has none; 0 when out of memory. */
int dpone_builder_add_validity(struct builder_column *column);

/* Clears the bit of `row` in a bitmap that is there, and counts it. */
void dpone_builder_clear_bit(struct builder_column *column, int64_t row);

/* Drops rows from `rows` on. */
void dpone_builder_truncate(struct builder_column *column, int64_t rows);

/* Sets one bit of a bool column; bits above it in its byte are cleared. */
static inline void dpone_builder_set_bool(struct builder_column *column, int64_t row, int truth) {
    uint8_t *byte = column->fixed + row / 8;
    int bit = (int)(row % 8);
    /* The byte of a first bit has never been written. */
    uint8_t kept = (uint8_t)(bit == 0 ? 0 : *byte & ((1 << bit) - 1));
    *byte = (uint8_t)(kept | (truth ? 1 << bit : 0));
}

#endif
