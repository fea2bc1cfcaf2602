/* The shape of a batch, shared by the view, which trusts the rest, and the validator, which goes on. */
#include "array_shape.h"

#include "schema.h"

/* What the ABI requires of a buffer's address; 64 is advised. */
#define REQUIRED_ALIGNMENT 8

/* Rows that any buffer of 16-byte values can have. */
#define MAXIMUM_ROWS (INT64_MAX / 32)

int32_t dpone_array_check_batch(const struct ArrowArray *batch, int64_t columns, struct dpone_error *error) {
    const char *expected = NULL;
    int64_t found = 0;
    if (batch->release == NULL)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "the batch has been released");
    if (batch->length < 0 || batch->length > MAXIMUM_ROWS) {
        expected = "a length from 0 to 2^58";
        found = batch->length;
    } else if (batch->offset != 0) {
        expected = "offset 0";
        found = batch->offset;
    } else if (batch->n_buffers != 1) {
        expected = "1 buffer";
        found = batch->n_buffers;
    }
    if (expected != NULL)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "the batch: expected %s, found %lld", expected,
                               (long long)found);
    if (batch->n_children != columns)
        return dpone_error_set(error, DPONE_DATA_CORRUPT,
                               "the batch: expected %lld children as in its schema, found %lld",
                               (long long)columns, (long long)batch->n_children);
    if (batch->buffers == NULL || (columns > 0 && batch->children == NULL) || batch->dictionary != NULL)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "the batch: %s",
                               batch->dictionary != NULL ? "expected no dictionary, found one"
                               : batch->buffers == NULL  ? "expected buffers, found NULL"
                                                         : "expected children, found NULL");
    for (int64_t i = 0; i < columns; i++)
        if (batch->children[i] == NULL)
            return dpone_error_set(error, DPONE_DATA_CORRUPT, "the batch: child %lld is NULL", (long long)i);
    return DPONE_OK;
}

static int32_t shape_refuse(const struct dpone_column *column, const char *what, int64_t expected,
                            int64_t found, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_DATA_CORRUPT, "column \"%s\": expected %lld %s, found %lld",
                           column->name, (long long)expected, what, (long long)found);
}

/* Buffers are there when rows need them, and aligned. */
static int32_t shape_check_buffers(const struct ArrowArray *array, const struct dpone_column *column,
                                   struct dpone_error *error) {
    const char *const names[] = {"validity", dpone_type_has_offsets(column->type) ? "offsets" : "values",
                                 "data"};
    for (int64_t i = 0; i < array->n_buffers; i++) {
        if (((uintptr_t)array->buffers[i] & (REQUIRED_ALIGNMENT - 1)) != 0)
            return dpone_error_set(error, DPONE_DATA_CORRUPT,
                                   "column \"%s\": the %s buffer is not aligned to %d bytes", column->name,
                                   names[i], REQUIRED_ALIGNMENT);
    }
    if (array->buffers[0] == NULL && array->null_count > 0)
        return dpone_error_set(error, DPONE_DATA_CORRUPT,
                               "column \"%s\": null_count is %lld, but the validity buffer is missing",
                               column->name, (long long)array->null_count);
    if (array->buffers[1] == NULL && array->length + array->offset > 0)
        return dpone_error_set(error, DPONE_DATA_CORRUPT,
                               "column \"%s\": the %s buffer is missing, though there are rows", column->name,
                               names[1]);
    return DPONE_OK;
}

int32_t dpone_array_check_column(const struct ArrowArray *array, const struct dpone_column *column,
                                 int64_t rows, struct dpone_error *error) {
    int64_t buffers = dpone_type_has_offsets(column->type) ? 3 : 2;
    if (array->release == NULL)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "column \"%s\" has been released", column->name);
    if (array->length != rows)
        return shape_refuse(column, "rows as in its batch", rows, array->length, error);
    if (array->offset < 0 || array->offset > MAXIMUM_ROWS)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "column \"%s\": offset %lld is out of range",
                               column->name, (long long)array->offset);
    if (array->n_children != 0)
        return shape_refuse(column, "children", 0, array->n_children, error);
    if (array->dictionary != NULL)
        return dpone_error_set(error, DPONE_DATA_CORRUPT,
                               "column \"%s\": expected plain values, found dictionary indices",
                               column->name);
    if (array->n_buffers != buffers)
        return shape_refuse(column, "buffers", buffers, array->n_buffers, error);
    if (array->buffers == NULL)
        return dpone_error_set(error, DPONE_DATA_CORRUPT, "column \"%s\": buffers is NULL", column->name);
    if (array->null_count < -1 || array->null_count > rows)
        return dpone_error_set(error, DPONE_DATA_CORRUPT,
                               "column \"%s\": null_count %lld is not between -1 and its %lld rows",
                               column->name, (long long)array->null_count, (long long)rows);
    return shape_check_buffers(array, column, error);
}
