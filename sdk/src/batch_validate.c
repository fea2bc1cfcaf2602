/* Full validation of batches (dpone/validate.h). Order matters: a buffer is read only after what bounds it
 * has been proven. Every scan asks the whole column first, and looks for the row only when something is
 * wrong. */
#include <dpone/validate.h>

#include "array_shape.h"
#include "column_checks.h"
#include "number_text.h"
#include "schema.h"

/* One column under validation; the shape of its array has been checked. */
struct validated {
    const struct dpone_column *column;
    const struct ArrowArray *array;
    const uint8_t *validity;
    int64_t nulls;
};

static int validate_is_null(const struct validated *in, int64_t row) {
    int64_t bit = in->array->offset + row;
    return in->validity != NULL && (in->validity[bit / 8] >> (bit % 8) & 1) == 0;
}

/* Counts the NULLs, and compares them with what the array and the schema say. */
static int32_t validate_nulls(struct validated *in, struct dpone_error *error) {
    const struct ArrowArray *array = in->array;
    in->validity = array->buffers[0];
    in->nulls = in->validity == NULL
                    ? 0
                    : array->length - dpone_bits_count(in->validity, array->offset, array->length);
    if (array->null_count >= 0 && array->null_count != in->nulls)
        return dpone_error_set(error, DPONE_DATA_CORRUPT,
                               "column \"%s\": null_count is %lld, its validity buffer says %lld",
                               in->column->name, (long long)array->null_count, (long long)in->nulls);
    if (in->column->nullable || in->nulls == 0)
        return DPONE_OK;
    int64_t row = 0;
    while (!validate_is_null(in, row))
        row++;
    return dpone_error_set(error, DPONE_DATA_CORRUPT,
                           "column \"%s\", row %lld: NULL, though the column is not nullable",
                           in->column->name, (long long)row);
}

static int32_t validate_offsets(const struct validated *in, const int32_t *offsets,
                                struct dpone_error *error) {
    int64_t rows = in->array->length;
    if (offsets[0] < 0)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "column \"%s\", row 0: offset %ld is below 0",
                               in->column->name, (long)offsets[0]);
    int64_t row = dpone_offsets_first_decrease(offsets, rows);
    if (row < rows)
        return dpone_error_set(error, DPONE_DATA_CORRUPT,
                               "column \"%s\", row %lld: ends at offset %ld, before its start at %ld",
                               in->column->name, (long long)row, (long)offsets[row + 1], (long)offsets[row]);
    if (offsets[rows] > 0 && in->array->buffers[2] == NULL)
        return dpone_error_set(error, DPONE_DATA_CORRUPT,
                               "column \"%s\": the data buffer is missing, though the offsets end at %ld",
                               in->column->name, (long)offsets[rows]);
    return DPONE_OK;
}

static int32_t validate_utf8(const struct validated *in, const int32_t *offsets, struct dpone_error *error) {
    const uint8_t *data = in->array->buffers[2];
    int64_t rows = in->array->length;
    if (dpone_utf8_values_valid(data, offsets, rows))
        return DPONE_OK;
    /* Bytes behind a NULL may be anything, so only a value that is there is an error. */
    for (int64_t row = 0; row < rows; row++) {
        size_t size = (size_t)(offsets[row + 1] - offsets[row]);
        if (size == 0 || validate_is_null(in, row))
            continue;
        size_t valid = dpone_utf8_valid_prefix(data + offsets[row], size);
        if (valid != size)
            return dpone_error_set(
                error, DPONE_DATA_CORRUPT, "column \"%s\", row %lld: byte %zu (0x%02x) of %zu is not UTF-8",
                in->column->name, (long long)row, valid, (unsigned)data[(size_t)offsets[row] + valid], size);
    }
    return DPONE_OK;
}

static int32_t validate_bytes(const struct validated *in, struct dpone_error *error) {
    const int32_t *offsets = in->array->buffers[1];
    if (offsets == NULL) /* no rows */
        return DPONE_OK;
    offsets += in->array->offset;
    int32_t status = validate_offsets(in, offsets, error);
    if (status == DPONE_OK && in->column->type == DPONE_TYPE_UTF8)
        status = validate_utf8(in, offsets, error);
    return status;
}

static int32_t validate_decimals(const struct validated *in, struct dpone_error *error) {
    const uint8_t *values = in->array->buffers[1];
    for (int64_t row = 0; row < in->array->length; row++) {
        const uint8_t *value = values + 16 * (in->array->offset + row);
        if (!validate_is_null(in, row) && !dpone_number_decimal_fits(value, in->column->precision)) {
            char text[DPONE_VALUE_TEXT_BYTES];
            dpone_number_write_decimal128(text, value, in->column->scale);
            return dpone_error_set(error, DPONE_DATA_CORRUPT,
                                   "column \"%s\", row %lld: %s has more digits than decimal128(%d,%d)",
                                   in->column->name, (long long)row, text, (int)in->column->precision,
                                   (int)in->column->scale);
        }
    }
    return DPONE_OK;
}

static int32_t validate_column(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                               int64_t index, struct dpone_error *error) {
    struct dpone_column column;
    struct validated in = {&column, batch->children[index], NULL, 0};
    int32_t status = dpone_schema_column(schema, index, &column, error);
    if (status == DPONE_OK)
        status = dpone_array_check_column(in.array, &column, batch->length, error);
    if (status == DPONE_OK)
        status = validate_nulls(&in, error);
    if (status == DPONE_OK && dpone_type_has_offsets(column.type))
        status = validate_bytes(&in, error);
    else if (status == DPONE_OK && column.type == DPONE_TYPE_DECIMAL128)
        status = validate_decimals(&in, error);
    return status;
}

/* The struct itself: a row of a batch is never NULL. */
static int32_t validate_struct(const struct ArrowArray *batch, struct dpone_error *error) {
    int64_t nulls = batch->null_count < 0 ? 0 : batch->null_count;
    if (nulls == 0 && batch->buffers[0] != NULL)
        nulls = batch->length - dpone_bits_count(batch->buffers[0], 0, batch->length);
    if (nulls != 0 || batch->null_count < -1)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "the batch: expected no NULL rows, found %lld",
                               (long long)(nulls != 0 ? nulls : batch->null_count));
    return DPONE_OK;
}

int32_t dpone_batch_validate(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                             struct dpone_error *error) {
    int32_t status = dpone_array_check_batch(batch, schema->n_children, error);
    if (status == DPONE_OK)
        status = validate_struct(batch, error);
    for (int64_t i = 0; i < schema->n_children && status == DPONE_OK; i++)
        status = validate_column(schema, batch, i, error);
    return status;
}
