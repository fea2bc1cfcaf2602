/* Appending row by row (dpone/batch_builder.h). The way of a value that is right is short: a few comparisons
 * and a store; everything else is in functions of its own, out of its way. */
#include "batch_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <dpone/validate.h>
#include <dpone/value_text.h>

#include "memory.h"
#include "number_text.h"

#if defined(__GNUC__)
#define UNLIKELY(condition) __builtin_expect((condition) != 0, 0)
#else
#define UNLIKELY(condition) (condition)
#endif

#define NOT_A_TYPE (-1)

/* Remembers the first failure of a row. */
static void row_fail(struct dpone_batch_builder *builder, int32_t status, const char *format, ...)
    DPONE_PRINTF(3, 4);

static void row_fail(struct dpone_batch_builder *builder, int32_t status, const char *format, ...) {
    builder->row_open = 1;
    if (builder->failure.status != DPONE_OK)
        return;
    char text[DPONE_ERROR_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    dpone_error_set(&builder->failure, status, "%s", text);
}

static void row_fail_memory(struct dpone_batch_builder *builder, const struct builder_column *column) {
    row_fail(builder, DPONE_OUT_OF_MEMORY, "column \"%s\": out of memory for row %" PRId64,
             column->column.name, builder->rows);
}

static void row_fail_type(struct dpone_batch_builder *builder, const struct builder_column *column,
                          const char *given) {
    char type[DPONE_TYPE_TEXT_BYTES];
    row_fail(builder, DPONE_INVALID_ARGUMENT, "column \"%s\" is %s: it takes no %s value",
             column->column.name, dpone_column_type_text(type, &column->column), given);
}

/* Why a column cannot take a value now, or makes room and takes it after all. */
static struct builder_column *row_column_slow(struct dpone_batch_builder *builder, int64_t index) {
    if (index < 0 || (uint64_t)index >= builder->count) {
        row_fail(builder, DPONE_INVALID_ARGUMENT, "column %" PRId64 ": the batch has %zu columns", index,
                 builder->count);
        return NULL;
    }
    struct builder_column *column = &builder->columns[index];
    if (builder->uneven) {
        row_fail(builder, DPONE_INVALID_STATE,
                 "column \"%s\": give every column the same number of rows before the next row",
                 column->column.name);
        return NULL;
    }
    if (column->length != builder->rows) {
        row_fail(builder, DPONE_INVALID_ARGUMENT, "column \"%s\" has a value in this row already",
                 column->column.name);
        return NULL;
    }
    if (!dpone_builder_reserve(builder, column, column->length + 1, 0)) {
        row_fail_memory(builder, column);
        return NULL;
    }
    builder->row_open = 1;
    return column;
}

/* The column ready for one more value, or NULL and the failure is remembered. */
static inline struct builder_column *row_column(struct dpone_batch_builder *builder, int64_t index) {
    if (UNLIKELY((uint64_t)index >= builder->count))
        return row_column_slow(builder, index);
    struct builder_column *column = &builder->columns[index];
    if (UNLIKELY(column->length != builder->rows || column->length >= column->row_capacity ||
                 builder->uneven))
        return row_column_slow(builder, index);
    builder->row_open = 1;
    return column;
}

/* The same for a column of type `first` or `second`. */
static inline struct builder_column *row_typed(struct dpone_batch_builder *builder, int64_t index,
                                               int32_t first, int32_t second, const char *given) {
    struct builder_column *column = row_column(builder, index);
    if (UNLIKELY(column != NULL && column->type != first && column->type != second)) {
        row_fail_type(builder, column, given);
        return NULL;
    }
    return column;
}

/* Stores a value of fixed width and ends the column's turn. */
static inline void row_store(struct builder_column *column, const void *value, size_t width) {
    memcpy(column->fixed + (size_t)column->length * width, value, width);
    column->length++;
}

/* Adds the bytes of a value, which fit; without a call where they are few. */
static inline void row_copy(struct builder_column *column, const void *data, size_t size) {
    if (size == 16)
        memcpy(column->bytes + column->bytes_size, data, 16);
    else if (size > 0)
        memcpy(column->bytes + column->bytes_size, data, size);
    column->bytes_size += size;
}

static int row_reserve_bytes(struct dpone_batch_builder *builder, struct builder_column *column,
                             size_t size) {
    if (size > (size_t)INT32_MAX - column->bytes_size) {
        row_fail(builder, DPONE_RESOURCE_EXHAUSTED,
                 "column \"%s\": a column of a batch holds at most 2147483647 bytes: finish the batch before",
                 column->column.name);
        return 0;
    }
    if (dpone_builder_reserve(builder, column, column->length + 1, column->bytes_size + size))
        return 1;
    row_fail_memory(builder, column);
    return 0;
}

/* utf8 and binary, once the type and the bytes are known to be right. */
static inline void row_append_bytes(struct dpone_batch_builder *builder, struct builder_column *column,
                                    const void *data, size_t size) {
    if (UNLIKELY(size > column->bytes_capacity - column->bytes_size) &&
        !row_reserve_bytes(builder, column, size))
        return;
    row_copy(column, data, size);
    column->length++;
    ((int32_t *)(void *)column->fixed)[column->length] = (int32_t)column->bytes_size;
}

/* A NULL, where the column and its room have been looked at. */
static void row_append_null(struct dpone_batch_builder *builder, struct builder_column *column) {
    static const uint8_t zero[16] = {0};
    if (!column->column.nullable) {
        row_fail(builder, DPONE_INVALID_ARGUMENT,
                 "column \"%s\" is not nullable, and row %" PRId64 " is NULL", column->column.name,
                 builder->rows);
        return;
    }
    if (!dpone_builder_add_validity(column)) {
        row_fail_memory(builder, column);
        return;
    }
    dpone_builder_clear_bit(column, column->length);
    if (dpone_type_has_offsets(column->type)) {
        row_append_bytes(builder, column, NULL, 0);
        return;
    }
    if (column->type == DPONE_TYPE_BOOL)
        dpone_builder_set_bool(column, column->length, 0);
    else
        memcpy(column->fixed + (size_t)column->length * dpone_type_width(column->type), zero,
               dpone_type_width(column->type));
    column->length++;
}

void dpone_batch_append_null(struct dpone_batch_builder *builder, int64_t column) {
    struct builder_column *to = row_column(builder, column);
    if (to != NULL)
        row_append_null(builder, to);
}

void dpone_batch_append_bool(struct dpone_batch_builder *builder, int64_t column, int value) {
    struct builder_column *to = row_typed(builder, column, DPONE_TYPE_BOOL, NOT_A_TYPE, "bool");
    if (to == NULL)
        return;
    dpone_builder_set_bool(to, to->length, value != 0);
    to->length++;
}

void dpone_batch_append_int32(struct dpone_batch_builder *builder, int64_t column, int32_t value) {
    struct builder_column *to = row_typed(builder, column, DPONE_TYPE_INT32, DPONE_TYPE_DATE32, "int32");
    if (to != NULL)
        row_store(to, &value, sizeof(value));
}

/* A 64-bit integer for a 32-bit column. */
static void row_append_narrow(struct dpone_batch_builder *builder, int64_t column, int64_t value) {
    struct builder_column *to = row_typed(builder, column, DPONE_TYPE_INT32, DPONE_TYPE_DATE32, "int64");
    int32_t narrow = (int32_t)value;
    if (to == NULL)
        return;
    if (narrow == value)
        row_store(to, &narrow, sizeof(narrow));
    else
        row_fail(builder, DPONE_INVALID_ARGUMENT, "column \"%s\": %" PRId64 " does not fit into %s",
                 to->column.name, value, dpone_type_name(to->type));
}

void dpone_batch_append_int64(struct dpone_batch_builder *builder, int64_t column, int64_t value) {
    struct builder_column *to = row_column(builder, column);
    if (to == NULL)
        return;
    if (UNLIKELY(to->type != DPONE_TYPE_INT64 && to->type != DPONE_TYPE_TIMESTAMP_US))
        row_append_narrow(builder, column, value);
    else
        row_store(to, &value, sizeof(value));
}

void dpone_batch_append_float64(struct dpone_batch_builder *builder, int64_t column, double value) {
    struct builder_column *to = row_typed(builder, column, DPONE_TYPE_FLOAT64, NOT_A_TYPE, "float64");
    if (to != NULL)
        row_store(to, &value, sizeof(value));
}

void dpone_batch_append_utf8(struct dpone_batch_builder *builder, int64_t column, const char *data,
                             size_t size) {
    struct builder_column *to = row_typed(builder, column, DPONE_TYPE_UTF8, NOT_A_TYPE, "utf8");
    if (to == NULL)
        return;
    size_t valid = dpone_utf8_valid_prefix(data, size);
    if (UNLIKELY(valid != size))
        row_fail(builder, DPONE_INVALID_ARGUMENT,
                 "column \"%s\", row %" PRId64 ": byte %zu of %zu is not UTF-8", to->column.name,
                 builder->rows, valid, size);
    else
        row_append_bytes(builder, to, data, size);
}

void dpone_batch_append_binary(struct dpone_batch_builder *builder, int64_t column, const void *data,
                               size_t size) {
    struct builder_column *to = row_typed(builder, column, DPONE_TYPE_BINARY, NOT_A_TYPE, "binary");
    if (to != NULL)
        row_append_bytes(builder, to, data, size);
}

void dpone_batch_append_decimal128(struct dpone_batch_builder *builder, int64_t column,
                                   const uint8_t value[16]) {
    struct builder_column *to = row_typed(builder, column, DPONE_TYPE_DECIMAL128, NOT_A_TYPE, "decimal128");
    if (to == NULL)
        return;
    if (dpone_number_decimal_fits(value, to->column.precision)) {
        row_store(to, value, 16);
        return;
    }
    char text[DPONE_VALUE_TEXT_BYTES];
    char type[DPONE_TYPE_TEXT_BYTES];
    dpone_number_write_decimal128(text, value, to->column.scale);
    row_fail(builder, DPONE_INVALID_ARGUMENT, "column \"%s\": %s does not fit into %s", to->column.name, text,
             dpone_column_type_text(type, &to->column));
}

static int row_hexadecimal_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Binary from hexadecimal, decoded in place of its destination. */
static void row_append_hexadecimal(struct dpone_batch_builder *builder, struct builder_column *column,
                                   const char *data, size_t size) {
    if (!row_reserve_bytes(builder, column, size / 2))
        return;
    int wrong = size % 2;
    for (size_t i = 0; i + 1 < size; i += 2) {
        int high = row_hexadecimal_digit(data[i]);
        int low = row_hexadecimal_digit(data[i + 1]);
        wrong |= high < 0 || low < 0;
        column->bytes[column->bytes_size + i / 2] = (uint8_t)(((unsigned)high << 4 | (unsigned)low) & 0xFF);
    }
    if (wrong) {
        row_fail(builder, DPONE_INVALID_ARGUMENT,
                 "column \"%s\": \"%.*s\" is not the text of a value of type binary", column->column.name,
                 (int)(size < 40 ? size : 40), data);
        return;
    }
    column->bytes_size += size / 2;
    column->length++;
    ((int32_t *)(void *)column->fixed)[column->length] = (int32_t)column->bytes_size;
}

/* A value of fixed size from its text. */
static void row_append_parsed(struct dpone_batch_builder *builder, struct builder_column *column,
                              struct dpone_string text) {
    union {
        int32_t truth;
        uint8_t bytes[16];
    } value;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_value_text_read(&value, &column->column, text, &error) != DPONE_OK) {
        row_fail(builder, error.status, "column \"%s\": %s", column->column.name, error.message);
        return;
    }
    if (column->type != DPONE_TYPE_BOOL) {
        row_store(column, &value, dpone_type_width(column->type));
        return;
    }
    dpone_builder_set_bool(column, column->length, value.truth);
    column->length++;
}

void dpone_batch_append_text(struct dpone_batch_builder *builder, int64_t column, const char *data,
                             size_t size) {
    struct builder_column *to = row_column(builder, column);
    struct dpone_string text = {data, size};
    if (to == NULL)
        return;
    if (to->type == DPONE_TYPE_UTF8)
        dpone_batch_append_utf8(builder, column, data, size);
    else if (to->type == DPONE_TYPE_BINARY)
        row_append_hexadecimal(builder, to, data, size);
    else
        row_append_parsed(builder, to, text);
}

/* Reports the failure of the row and forgets the row. */
static int32_t row_drop(struct dpone_batch_builder *builder, struct dpone_error *error) {
    int32_t status = builder->failure.status;
    dpone_error_set(error, status, "%s", builder->failure.message);
    for (size_t i = 0; !builder->uneven && i < builder->count; i++)
        dpone_builder_truncate(&builder->columns[i], builder->rows);
    dpone_error_clear(&builder->failure);
    builder->row_open = 0;
    return status;
}

int32_t dpone_batch_end_row(struct dpone_batch_builder *builder, struct dpone_error *error) {
    for (size_t i = 0; i < builder->count && builder->failure.status == DPONE_OK; i++)
        if (builder->columns[i].length == builder->rows || builder->uneven)
            dpone_batch_append_null(builder, (int64_t)i);
    if (UNLIKELY(builder->failure.status != DPONE_OK))
        return row_drop(builder, error);
    builder->rows++;
    builder->row_open = 0;
    return DPONE_OK;
}
