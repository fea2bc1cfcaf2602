/* Room for the rows of a column, and the bookkeeping of its NULLs. */
#include "batch_internal.h"

#include <string.h>

/* Rows that a column begins with when nothing is known. */
#define FIRST_ROWS 256

/* Bytes of the fixed buffer for so many rows: values, bits, or one offset more than rows. */
static size_t builder_fixed_bytes(const struct builder_column *column, int64_t rows) {
    if (dpone_type_has_offsets(column->type))
        return ((size_t)rows + 1) * sizeof(int32_t);
    size_t width = dpone_type_width(column->type);
    return width == 0 ? ((size_t)rows + 7) / 8 : (size_t)rows * width;
}

/* The inverse: rows that a fixed buffer has room for. */
static int64_t builder_fixed_rows(const struct builder_column *column, size_t bytes) {
    if (dpone_type_has_offsets(column->type))
        return (int64_t)(bytes / sizeof(int32_t)) - 1;
    size_t width = dpone_type_width(column->type);
    return (int64_t)(width == 0 ? bytes * 8 : bytes / width);
}

/* Grows the bitmap to `rows` rows; new bits are 1. */
static int builder_grow_validity(struct builder_column *column, int64_t rows) {
    struct storage_block *block = &column->storage->validity;
    size_t used = ((size_t)column->row_capacity + 7) / 8;
    if (!dpone_storage_grow(block, used, ((size_t)rows + 7) / 8))
        return 0;
    memset(block->data + used, 0xFF, block->capacity - used);
    column->validity = block->data;
    return 1;
}

static int builder_grow_rows(struct builder_column *column, int64_t rows) {
    struct storage_block *block = &column->storage->fixed;
    size_t used = column->row_capacity == 0 ? 0 : builder_fixed_bytes(column, column->length);
    if (!dpone_storage_grow(block, used, builder_fixed_bytes(column, rows)))
        return 0;
    column->fixed = block->data;
    int64_t capacity = builder_fixed_rows(column, block->capacity);
    if (column->has_validity && !builder_grow_validity(column, capacity))
        return 0;
    column->row_capacity = capacity;
    return 1;
}

/* The first rows of a batch: storage, with the room of what the last batch needed. */
static int builder_begin_column(struct dpone_batch_builder *builder, struct builder_column *column,
                                int64_t rows) {
    if (column->storage == NULL)
        column->storage = dpone_storage_take(builder->pool, (size_t)(column - builder->columns));
    if (column->storage == NULL)
        return 0;
    int64_t wanted = rows > 1 ? rows : FIRST_ROWS;
    if (!builder_grow_rows(column, column->last_rows > wanted ? column->last_rows : wanted))
        return 0;
    if (dpone_type_has_offsets(column->type))
        memset(column->fixed, 0, sizeof(int32_t));
    return 1;
}

static int builder_grow_bytes(struct builder_column *column, size_t bytes) {
    struct storage_block *block = &column->storage->bytes;
    if (column->bytes == NULL && bytes < column->last_bytes)
        bytes = column->last_bytes;
    if (!dpone_storage_grow(block, column->bytes_size, bytes))
        return 0;
    column->bytes = block->data;
    column->bytes_capacity = block->capacity;
    return 1;
}

int dpone_builder_reserve(struct dpone_batch_builder *builder, struct builder_column *column, int64_t rows,
                          size_t bytes) {
    if (column->row_capacity == 0 && !builder_begin_column(builder, column, rows))
        return 0;
    if (rows > column->row_capacity && !builder_grow_rows(column, rows))
        return 0;
    return bytes <= column->bytes_capacity || builder_grow_bytes(column, bytes);
}

int dpone_builder_add_validity(struct builder_column *column) {
    if (column->has_validity)
        return 1;
    struct storage_block *block = &column->storage->validity;
    size_t bytes = ((size_t)column->row_capacity + 7) / 8;
    if (!dpone_storage_grow(block, 0, bytes))
        return 0;
    memset(block->data, 0xFF, block->capacity);
    column->validity = block->data;
    column->has_validity = 1;
    return 1;
}

void dpone_builder_clear_bit(struct builder_column *column, int64_t row) {
    column->validity[row / 8] = (uint8_t)(column->validity[row / 8] & ~(1 << (row % 8)));
    column->null_count++;
}

void dpone_builder_truncate(struct builder_column *column, int64_t rows) {
    for (int64_t row = rows; column->has_validity && row < column->length; row++) {
        uint8_t bit = (uint8_t)(1 << (row % 8));
        if ((column->validity[row / 8] & bit) == 0) {
            column->validity[row / 8] |= bit;
            column->null_count--;
        }
    }
    if (column->length > rows && dpone_type_has_offsets(column->type))
        column->bytes_size = (size_t)((const int32_t *)(const void *)column->fixed)[rows];
    if (column->length > rows)
        column->length = rows;
}
