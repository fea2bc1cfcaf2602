/* Appending whole columns (dpone/batch_builder.h). A column is checked before anything of it is stored, so a
 * failure leaves the builder as it was. */
#include "batch_internal.h"

#include <inttypes.h>
#include <string.h>

#include <dpone/validate.h>

#include "column_checks.h"
#include "number_text.h"

/* Rows that even offsets of 32 bits can count. */
#define MAXIMUM_ROWS (INT64_C(1) << 40)

/* The next row at or after `row` that is NULL; `rows` when there is none. */
static int64_t whole_next_null(const uint8_t *validity, int64_t row, int64_t rows) {
    const uint8_t *null = validity == NULL ? NULL : memchr(validity + row, 0, (size_t)(rows - row));
    return null == NULL ? rows : null - validity;
}

/* What must hold for any column, and room for it. */
static int32_t whole_prepare(struct dpone_batch_builder *builder, int64_t index, int64_t rows,
                             struct dpone_error *error) {
    if (index < 0 || (uint64_t)index >= builder->count)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "column %" PRId64 ": the batch has %zu columns",
                               index, builder->count);
    if (rows < 0 || rows > MAXIMUM_ROWS)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "column \"%s\": %" PRId64 " rows cannot be appended",
                               builder->columns[index].column.name, rows);
    if (builder->row_open)
        return dpone_error_set(error, DPONE_INVALID_STATE,
                               "column \"%s\": end the row that is under construction first",
                               builder->columns[index].column.name);
    return DPONE_OK;
}

static int32_t whole_refuse_type(const struct builder_column *column, const char *function,
                                 struct dpone_error *error) {
    char type[DPONE_TYPE_TEXT_BYTES];
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "column \"%s\" is %s: use %s", column->column.name,
                           dpone_column_type_text(type, &column->column), function);
}

static int32_t whole_check_nulls(const struct builder_column *column, const uint8_t *validity, int64_t rows,
                                 struct dpone_error *error) {
    int64_t null = column->column.nullable ? rows : whole_next_null(validity, 0, rows);
    if (null == rows)
        return DPONE_OK;
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                           "column \"%s\" is not nullable, and row %" PRId64 " is NULL", column->column.name,
                           null);
}

static int32_t whole_out_of_memory(const struct builder_column *column, int64_t rows,
                                   struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "column \"%s\": out of memory for %" PRId64 " rows",
                           column->column.name, rows);
}

/* Room for the rows, their bytes, and a bitmap where there is a NULL. */
static int whole_reserve(struct dpone_batch_builder *builder, struct builder_column *column,
                         const uint8_t *validity, int64_t rows, size_t bytes) {
    return dpone_builder_reserve(builder, column, column->length + rows, column->bytes_size + bytes) &&
           (whole_next_null(validity, 0, rows) == rows || dpone_builder_add_validity(column));
}

/* The rows of the column are stored: count them, and see whether all columns have as many. */
static void whole_finish(struct dpone_batch_builder *builder, struct builder_column *column, int64_t rows) {
    column->length += rows;
    builder->uneven = 0;
    builder->rows = column->length;
    for (size_t i = 0; i < builder->count; i++) {
        builder->uneven |= builder->columns[i].length != column->length;
        if (builder->columns[i].length < builder->rows)
            builder->rows = builder->columns[i].length;
    }
}

static int32_t whole_check_decimals(const struct builder_column *column, const uint8_t *values,
                                    const uint8_t *validity, int64_t rows, struct dpone_error *error) {
    for (int64_t row = 0; row < rows; row++) {
        if ((validity != NULL && validity[row] == 0) ||
            dpone_number_decimal_fits(values + 16 * row, column->column.precision))
            continue;
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "column \"%s\", row %" PRId64 ": more digits than decimal128(%d,%d)",
                               column->column.name, row, (int)column->column.precision,
                               (int)column->column.scale);
    }
    return DPONE_OK;
}

/* Clears the bits of the NULLs, and the values under them, so that what is sent is determined. */
static void whole_store_nulls(struct builder_column *column, const uint8_t *validity, int64_t rows) {
    size_t width = dpone_type_width(column->type);
    for (int64_t row = whole_next_null(validity, 0, rows); row < rows;
         row = whole_next_null(validity, row + 1, rows)) {
        int64_t at = column->length + row;
        dpone_builder_clear_bit(column, at);
        if (width > 0)
            memset(column->fixed + (size_t)at * width, 0, width);
    }
}

static void whole_store_bools(struct builder_column *column, const uint8_t *values, const uint8_t *validity,
                              int64_t rows) {
    for (int64_t row = 0; row < rows; row++)
        dpone_builder_set_bool(column, column->length + row,
                               values[row] != 0 && (validity == NULL || validity[row] != 0));
}

int32_t dpone_batch_append_column(struct dpone_batch_builder *builder, int64_t column, const void *values,
                                  const uint8_t *validity, int64_t rows, struct dpone_error *error) {
    int32_t status = whole_prepare(builder, column, rows, error);
    if (status != DPONE_OK)
        return status;
    struct builder_column *to = &builder->columns[column];
    if (dpone_type_has_offsets(to->type))
        return whole_refuse_type(to, "dpone_batch_append_column_bytes()", error);
    status = whole_check_nulls(to, validity, rows, error);
    if (status == DPONE_OK && to->type == DPONE_TYPE_DECIMAL128)
        status = whole_check_decimals(to, values, validity, rows, error);
    if (status != DPONE_OK || rows == 0)
        return status;
    if (!whole_reserve(builder, to, validity, rows, 0))
        return whole_out_of_memory(to, rows, error);
    size_t width = dpone_type_width(to->type);
    if (to->type == DPONE_TYPE_BOOL)
        whole_store_bools(to, values, validity, rows);
    else
        memcpy(to->fixed + (size_t)to->length * width, values, (size_t)rows * width);
    whole_store_nulls(to, validity, rows);
    whole_finish(builder, to, rows);
    return DPONE_OK;
}

/* The first row whose text is there and is not UTF-8; `rows` when there is none. */
static int64_t whole_first_not_utf8(const uint8_t *data, const int32_t *offsets, const uint8_t *validity,
                                    int64_t rows) {
    if (dpone_utf8_values_valid(data, offsets, rows))
        return rows;
    int64_t row = 0;
    for (; row < rows; row++) {
        size_t size = (size_t)(offsets[row + 1] - offsets[row]);
        if ((validity == NULL || validity[row] != 0) && size > 0 &&
            dpone_utf8_valid_prefix(data + offsets[row], size) != size)
            break;
    }
    return row;
}

static int32_t whole_check_bytes(const struct builder_column *column, const uint8_t *data,
                                 const int32_t *offsets, const uint8_t *validity, int64_t rows,
                                 struct dpone_error *error) {
    int64_t row = dpone_offsets_first_decrease(offsets, rows);
    if (row < rows || offsets[0] < 0)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "column \"%s\", row %" PRId64
                               ": offsets must begin at 0 or above and never decrease",
                               column->column.name, row < rows ? row : 0);
    if ((size_t)(offsets[rows] - offsets[0]) > (size_t)INT32_MAX - column->bytes_size)
        return dpone_error_set(
            error, DPONE_RESOURCE_EXHAUSTED,
            "column \"%s\": a column of a batch holds at most 2147483647 bytes: finish the batch before",
            column->column.name);
    row = column->type == DPONE_TYPE_UTF8 ? whole_first_not_utf8(data, offsets, validity, rows) : rows;
    if (row < rows)
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "column \"%s\", row %" PRId64 ": not UTF-8",
                               column->column.name, row);
    return DPONE_OK;
}

/* A stretch of rows without a NULL: one copy, and offsets moved by a constant. */
static void whole_store_run(struct builder_column *column, int64_t at, const uint8_t *data,
                            const int32_t *offsets, int64_t rows) {
    int32_t *to = (int32_t *)(void *)column->fixed + at;
    int32_t shift = (int32_t)column->bytes_size - offsets[0];
    size_t size = (size_t)(offsets[rows] - offsets[0]);
    if (size > 0)
        memcpy(column->bytes + column->bytes_size, data + offsets[0], size);
    column->bytes_size += size;
    if (shift == 0) {
        memcpy(to + 1, offsets + 1, (size_t)rows * sizeof(*to));
        return;
    }
    for (int64_t row = 1; row <= rows; row++)
        to[row] = offsets[row] + shift;
}

int32_t dpone_batch_append_column_bytes(struct dpone_batch_builder *builder, int64_t column, const void *data,
                                        const int32_t *offsets, const uint8_t *validity, int64_t rows,
                                        struct dpone_error *error) {
    int32_t status = whole_prepare(builder, column, rows, error);
    if (status != DPONE_OK)
        return status;
    struct builder_column *to = &builder->columns[column];
    if (!dpone_type_has_offsets(to->type))
        return whole_refuse_type(to, "dpone_batch_append_column()", error);
    if (rows == 0)
        return DPONE_OK;
    status = whole_check_nulls(to, validity, rows, error);
    if (status == DPONE_OK)
        status = whole_check_bytes(to, data, offsets, validity, rows, error);
    if (status != DPONE_OK)
        return status;
    if (!whole_reserve(builder, to, validity, rows, (size_t)(offsets[rows] - offsets[0])))
        return whole_out_of_memory(to, rows, error);
    for (int64_t row = 0; row < rows; row++) {
        int64_t null = whole_next_null(validity, row, rows);
        if (null > row)
            whole_store_run(to, to->length + row, data, offsets + row, null - row);
        if (null < rows)
            ((int32_t *)(void *)to->fixed)[to->length + null + 1] = (int32_t)to->bytes_size;
        row = null;
    }
    whole_store_nulls(to, validity, rows);
    whole_finish(builder, to, rows);
    return DPONE_OK;
}
