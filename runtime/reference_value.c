/* How the reference connector keeps values. */
#include "runtime/reference_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dpone/value_text.h>

#include "runtime/digest.h"
#include "runtime/files.h"

static const char *const declared_names[DPONE_TYPE_COUNT] = {
    [DPONE_TYPE_BOOL] = "BOOLEAN",
    [DPONE_TYPE_INT32] = "INT",
    [DPONE_TYPE_INT64] = "BIGINT",
    [DPONE_TYPE_FLOAT64] = "BLOB_FLOAT64",
    [DPONE_TYPE_UTF8] = "TEXT",
    [DPONE_TYPE_BINARY] = "BLOB",
    [DPONE_TYPE_DATE32] = "INT_DATE",
    [DPONE_TYPE_TIMESTAMP_US] = "INT_TIMESTAMP_US",
    [DPONE_TYPE_DECIMAL128] = "TEXT_DECIMAL",
};

void dpone_reference_declared(char out[DPONE_DECLARED_BYTES], const struct dpone_column *column) {
    const char *name = declared_names[column->type];
    if (column->type == DPONE_TYPE_DECIMAL128) {
        (void)snprintf(out, DPONE_DECLARED_BYTES, "%s(%d,%d)", name, column->precision, column->scale);
    } else {
        (void)snprintf(out, DPONE_DECLARED_BYTES, "%s", name);
    }
}

/* "(38,9)" behind the name of a decimal. */
static int parse_decimal(struct dpone_column *column, const char *text) {
    char *end = NULL;
    if (text[0] != '(') {
        return 0;
    }
    long precision = strtol(text + 1, &end, 10);
    if (*end != ',') {
        return 0;
    }
    long scale = strtol(end + 1, &end, 10);
    if (strcmp(end, ")") != 0 || precision < 1 || precision > 38 || scale < 0 || scale > precision) {
        return 0;
    }
    column->precision = (int32_t)precision;
    column->scale = (int32_t)scale;
    return 1;
}

int32_t dpone_reference_parse_declared(struct dpone_column *column, const char *declared,
                                       struct dpone_error *error) {
    column->precision = 0;
    column->scale = 0;
    for (int32_t type = 0; type < DPONE_TYPE_COUNT; type++) {
        size_t size = strlen(declared_names[type]);
        int found = type == DPONE_TYPE_DECIMAL128 ? strncmp(declared, declared_names[type], size) == 0 &&
                                                        parse_decimal(column, declared + size)
                                                  : strcmp(declared, declared_names[type]) == 0;
        if (found) {
            column->type = type;
            return DPONE_OK;
        }
    }
    return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE,
                           "column \"%s\" is declared %s, which the reference connector does not know",
                           column->name, declared);
}

static int bind_float64(sqlite3_stmt *statement, int index, double value) {
    return isnan(value) ? sqlite3_bind_text(statement, index, "NaN", 3, SQLITE_STATIC)
                        : sqlite3_bind_double(statement, index, value);
}

static int bind_decimal(sqlite3_stmt *statement, int index, const struct dpone_column *column,
                        const uint8_t *value) {
    char text[DPONE_VALUE_TEXT_BYTES];
    size_t size = dpone_value_text_write(text, column, value);
    return sqlite3_bind_text(statement, index, text, (int)size, SQLITE_TRANSIENT);
}

int dpone_reference_bind(sqlite3_stmt *statement, int index, const struct dpone_column_view *view,
                         int64_t row) {
    if (dpone_view_is_null(view, row)) {
        return sqlite3_bind_null(statement, index);
    }
    switch (view->column.type) {
    case DPONE_TYPE_BOOL:
        return sqlite3_bind_int(statement, index, dpone_view_bool(view, row));
    case DPONE_TYPE_INT32:
    case DPONE_TYPE_DATE32:
        return sqlite3_bind_int(statement, index, dpone_view_int32(view, row));
    case DPONE_TYPE_INT64:
    case DPONE_TYPE_TIMESTAMP_US:
        return sqlite3_bind_int64(statement, index, dpone_view_int64(view, row));
    case DPONE_TYPE_FLOAT64:
        return bind_float64(statement, index, dpone_view_float64(view, row));
    case DPONE_TYPE_UTF8: {
        struct dpone_string text = dpone_view_utf8(view, row);
        return sqlite3_bind_text64(statement, index, text.size == 0 ? "" : text.data, text.size,
                                   SQLITE_STATIC, SQLITE_UTF8);
    }
    case DPONE_TYPE_BINARY: {
        struct dpone_bytes bytes = dpone_view_bytes(view, row);
        return sqlite3_bind_blob64(statement, index, bytes.size == 0 ? (const void *)"" : bytes.data,
                                   bytes.size, SQLITE_STATIC);
    }
    default:
        return bind_decimal(statement, index, &view->column, dpone_view_decimal128(view, row));
    }
}

static int32_t bind_hexadecimal(sqlite3_stmt *statement, int index, struct dpone_string text,
                                struct dpone_error *error) {
    struct dpone_buffer bytes = DPONE_BUFFER_INIT;
    char *digits = dpone_format("%.*s", (int)text.size, text.size == 0 ? "" : text.data);
    int32_t status = digits == NULL ? DPONE_OUT_OF_MEMORY : dpone_hex_read(&bytes, digits);
    if (status == DPONE_OK) {
        (void)sqlite3_bind_blob64(statement, index, bytes.size == 0 ? (const void *)"" : bytes.data,
                                  bytes.size, SQLITE_TRANSIENT);
    } else {
        (void)dpone_error_set(error, status, "\"%s\" is not hexadecimal", digits == NULL ? "" : digits);
    }
    dpone_buffer_clear(&bytes);
    free(digits);
    return status;
}

int32_t dpone_reference_bind_text(sqlite3_stmt *statement, int index, const struct dpone_column *column,
                                  struct dpone_string text, struct dpone_error *error) {
    union {
        int32_t integer32;
        int64_t integer64;
        double real;
        uint8_t decimal[16];
    } value;
    if (column->type == DPONE_TYPE_BINARY) {
        return bind_hexadecimal(statement, index, text, error);
    }
    if (column->type == DPONE_TYPE_UTF8) {
        (void)sqlite3_bind_text64(statement, index, text.size == 0 ? "" : text.data, text.size,
                                  SQLITE_TRANSIENT, SQLITE_UTF8);
        return DPONE_OK;
    }
    int32_t status = dpone_value_text_read(&value, column, text, error);
    if (status != DPONE_OK) {
        return status;
    }
    if (column->type == DPONE_TYPE_FLOAT64) {
        (void)bind_float64(statement, index, value.real);
    } else if (column->type == DPONE_TYPE_DECIMAL128) {
        (void)bind_decimal(statement, index, column, value.decimal);
    } else if (column->type == DPONE_TYPE_INT64 || column->type == DPONE_TYPE_TIMESTAMP_US) {
        (void)sqlite3_bind_int64(statement, index, value.integer64);
    } else {
        (void)sqlite3_bind_int(statement, index, value.integer32);
    }
    return DPONE_OK;
}

void dpone_reference_append(struct dpone_batch_builder *builder, const struct dpone_column *column,
                            int64_t at, sqlite3_stmt *statement, int index) {
    if (sqlite3_column_type(statement, index) == SQLITE_NULL) {
        dpone_batch_append_null(builder, at);
        return;
    }
    switch (column->type) {
    case DPONE_TYPE_BOOL:
        dpone_batch_append_bool(builder, at, sqlite3_column_int(statement, index));
        return;
    case DPONE_TYPE_INT32:
    case DPONE_TYPE_INT64:
    case DPONE_TYPE_DATE32:
    case DPONE_TYPE_TIMESTAMP_US:
        dpone_batch_append_int64(builder, at, sqlite3_column_int64(statement, index));
        return;
    case DPONE_TYPE_FLOAT64:
        dpone_batch_append_float64(builder, at,
                                   sqlite3_column_type(statement, index) == SQLITE_TEXT
                                       ? (double)NAN
                                       : sqlite3_column_double(statement, index));
        return;
    case DPONE_TYPE_UTF8: {
        const char *text = (const char *)sqlite3_column_text(statement, index);
        dpone_batch_append_utf8(builder, at, text, (size_t)sqlite3_column_bytes(statement, index));
        return;
    }
    case DPONE_TYPE_BINARY: {
        const void *bytes = sqlite3_column_blob(statement, index);
        dpone_batch_append_binary(builder, at, bytes, (size_t)sqlite3_column_bytes(statement, index));
        return;
    }
    default: {
        const char *text = (const char *)sqlite3_column_text(statement, index);
        dpone_batch_append_text(builder, at, text, (size_t)sqlite3_column_bytes(statement, index));
        return;
    }
    }
}

static char *copy_text(size_t *size, const void *data, size_t data_size) {
    char *copy = malloc(data_size + 1);
    if (copy != NULL) {
        memcpy(copy, data == NULL ? "" : data, data_size);
        copy[data_size] = '\0';
        *size = data_size;
    }
    return copy;
}

static char *fixed_text(size_t *size, const struct dpone_column *column, const void *value) {
    char text[DPONE_VALUE_TEXT_BYTES];
    return copy_text(size, text, dpone_value_text_write(text, column, value));
}

char *dpone_reference_text(size_t *size, const struct dpone_column *column, sqlite3_value *value) {
    int64_t integer64 = sqlite3_value_int64(value);
    int32_t integer32 = (int32_t)integer64;
    switch (column->type) {
    case DPONE_TYPE_BOOL:
    case DPONE_TYPE_INT32:
    case DPONE_TYPE_DATE32:
        return fixed_text(size, column, &integer32);
    case DPONE_TYPE_INT64:
    case DPONE_TYPE_TIMESTAMP_US:
        return fixed_text(size, column, &integer64);
    case DPONE_TYPE_FLOAT64: {
        double real = sqlite3_value_type(value) == SQLITE_TEXT ? (double)NAN : sqlite3_value_double(value);
        return fixed_text(size, column, &real);
    }
    case DPONE_TYPE_BINARY: {
        const uint8_t *bytes = sqlite3_value_blob(value);
        char *digits = dpone_hex_of((struct dpone_bytes){bytes, (size_t)sqlite3_value_bytes(value)});
        *size = digits == NULL ? 0 : strlen(digits);
        return digits;
    }
    default: {
        const unsigned char *text = sqlite3_value_text(value);
        return copy_text(size, text, (size_t)sqlite3_value_bytes(value));
    }
    }
}
