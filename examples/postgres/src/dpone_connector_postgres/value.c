/* Values in the binary format of COPY, and as literals of SQL. */
#include "value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numeric.h"
#include "wire.h"

/* PostgreSQL counts from 2000-01-01. */
#define VALUE_EPOCH_DAYS 10957
#define VALUE_EPOCH_US (VALUE_EPOCH_DAYS * INT64_C(86400000000))

/* What it can hold, since 1970: from the first Julian day on; dates to 5874897-12-31. */
#define VALUE_FIRST_DAY (-2440588)
#define VALUE_LAST_DAY 2145042905
#define VALUE_FIRST_US (VALUE_FIRST_DAY * INT64_C(86400000000))

/* ---- Writing ---- */

void postgres_wire_clear(struct postgres_wire *wire) {
    free(wire->data);
    *wire = (struct postgres_wire){0};
}

static int32_t wire_reserve(struct postgres_wire *wire, size_t size, struct dpone_error *error) {
    if (wire->capacity - wire->size >= size) {
        return DPONE_OK;
    }
    size_t capacity = 2 * (wire->size + size);
    uint8_t *grown = realloc(wire->data, capacity);
    if (grown == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for rows");
    }
    wire->data = grown;
    wire->capacity = capacity;
    return DPONE_OK;
}

static int32_t wire_add(struct postgres_wire *wire, const void *data, size_t size,
                        struct dpone_error *error) {
    int32_t status = wire_reserve(wire, size, error);
    if (status == DPONE_OK) {
        memcpy(wire->data + wire->size, data, size);
        wire->size += size;
    }
    return status;
}

int32_t postgres_wire_add_header(struct postgres_wire *wire, struct dpone_error *error) {
    static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* no flags, no extension */
    return wire_add(wire, header, sizeof(header), error);
}

int32_t postgres_wire_add_trailer(struct postgres_wire *wire, struct dpone_error *error) {
    return wire_add(wire, "\377\377", 2, error);
}

/* Writes a field of fixed size behind its length, which it returns. */
static size_t wire_put_fixed(uint8_t *out, const struct dpone_column_view *view, int64_t row) {
    uint64_t bits = 0;
    switch (view->column.type) {
    case DPONE_TYPE_BOOL:
        out[0] = (uint8_t)dpone_view_bool(view, row);
        return 1;
    case DPONE_TYPE_INT32:
        postgres_wire_put32(out, (uint32_t)dpone_view_int32(view, row));
        return 4;
    case DPONE_TYPE_DATE32:
        postgres_wire_put32(out, (uint32_t)(dpone_view_int32(view, row) - VALUE_EPOCH_DAYS));
        return 4;
    case DPONE_TYPE_INT64:
        postgres_wire_put64(out, (uint64_t)dpone_view_int64(view, row));
        return 8;
    case DPONE_TYPE_TIMESTAMP_US:
        postgres_wire_put64(out, (uint64_t)(dpone_view_int64(view, row) - VALUE_EPOCH_US));
        return 8;
    case DPONE_TYPE_FLOAT64:
        memcpy(&bits, (const double *)view->values + row, sizeof(bits));
        postgres_wire_put64(out, bits);
        return 8;
    default:
        return postgres_numeric_write(out, &view->column, dpone_view_decimal128(view, row));
    }
}

static int32_t wire_add_field(struct postgres_wire *wire, const struct dpone_column_view *view, int64_t row,
                              struct dpone_error *error) {
    struct dpone_bytes bytes = {NULL, 0};
    if (dpone_view_is_null(view, row)) {
        return wire_add(wire, "\377\377\377\377", 4, error);
    }
    int varies = view->column.type == DPONE_TYPE_UTF8 || view->column.type == DPONE_TYPE_BINARY;
    if (varies) {
        bytes = dpone_view_bytes(view, row);
    }
    int32_t status = wire_reserve(wire, 4 + bytes.size + POSTGRES_NUMERIC_MAXIMUM_BYTES, error);
    if (status != DPONE_OK) {
        return status;
    }
    uint8_t *at = wire->data + wire->size;
    size_t size = varies ? bytes.size : wire_put_fixed(at + 4, view, row);
    if (bytes.size > 0) {
        memcpy(at + 4, bytes.data, bytes.size);
    }
    postgres_wire_put32(at, (uint32_t)size);
    wire->size += 4 + size;
    return DPONE_OK;
}

int32_t postgres_wire_add_row(struct postgres_wire *wire, const struct dpone_batch_view *view, int64_t row,
                              struct dpone_error *error) {
    uint8_t count[2];
    postgres_wire_put16(count, (uint16_t)view->column_count);
    int32_t status = wire_add(wire, count, sizeof(count), error);
    for (int64_t i = 0; status == DPONE_OK && i < view->column_count; i++) {
        status = wire_add_field(wire, &view->columns[i], row, error);
    }
    return status;
}

/* ---- What cannot be held ---- */

static int value_fits(const struct dpone_column_view *view, int64_t row) {
    struct dpone_bytes text;
    switch (view->column.type) {
    case DPONE_TYPE_DATE32:
        return dpone_view_int32(view, row) >= VALUE_FIRST_DAY &&
               dpone_view_int32(view, row) <= VALUE_LAST_DAY;
    case DPONE_TYPE_TIMESTAMP_US: /* the last one of dpone comes before the last one of PostgreSQL */
        return dpone_view_int64(view, row) >= VALUE_FIRST_US;
    case DPONE_TYPE_UTF8:
        text = dpone_view_bytes(view, row);
        return text.size == 0 || memchr(text.data, 0, text.size) == NULL;
    default:
        return 1;
    }
}

/* Most texts of a batch are told good by one look over all of them. */
static int values_need_look(const struct dpone_column_view *view, int64_t rows) {
    if (view->column.type != DPONE_TYPE_UTF8 || rows == 0) {
        return view->column.type == DPONE_TYPE_DATE32 || view->column.type == DPONE_TYPE_TIMESTAMP_US;
    }
    size_t size = (size_t)(view->offsets[rows] - view->offsets[0]);
    return size > 0 && memchr((const char *)view->values + view->offsets[0], 0, size) != NULL;
}

int32_t postgres_values_check(const struct dpone_batch_view *view, struct dpone_error *error) {
    for (int64_t i = 0; i < view->column_count; i++) {
        const struct dpone_column_view *column = &view->columns[i];
        for (int64_t row = 0; values_need_look(column, view->rows) && row < view->rows; row++) {
            if (!dpone_view_is_null(column, row) && !value_fits(column, row)) {
                return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE,
                                       "column \"%s\", row %lld of the batch: PostgreSQL cannot hold %s",
                                       column->column.name, (long long)row,
                                       column->column.type == DPONE_TYPE_UTF8
                                           ? "the character U+0000 in a text"
                                           : "a time so far from now");
            }
        }
    }
    return DPONE_OK;
}

/* ---- Reading ---- */

static int32_t value_refuse(const struct dpone_column *column, const char *what, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_UNSUPPORTED_TYPE,
                           "column \"%s\" holds %s, which %s cannot; change it, or read a view "
                           "that leaves it out",
                           column->name, what, dpone_type_name(column->type));
}

/* A number of `size` bytes, with its sign. */
static int64_t value_integer(const uint8_t *data, size_t size) {
    switch (size) {
    case 1:
        return data[0];
    case 2:
        return (int16_t)postgres_wire_get16(data);
    case 4:
        return (int32_t)postgres_wire_get32(data);
    default:
        return (int64_t)postgres_wire_get64(data);
    }
}

/* A field as what its column is: days and microseconds since 1970. */
static int32_t value_read_integer(int64_t *out, const struct dpone_column *column, const uint8_t *data,
                                  size_t size, struct dpone_error *error) {
    int64_t value = value_integer(data, size);
    if ((column->type == DPONE_TYPE_DATE32 && (value == INT32_MAX || value == INT32_MIN)) ||
        (column->type == DPONE_TYPE_TIMESTAMP_US && (value == INT64_MAX || value == INT64_MIN))) {
        return value_refuse(column, "an infinite time", error);
    }
    int64_t shift = column->type == DPONE_TYPE_DATE32         ? VALUE_EPOCH_DAYS
                    : column->type == DPONE_TYPE_TIMESTAMP_US ? VALUE_EPOCH_US
                                                              : 0;
    if (value > INT64_MAX - shift) {
        return value_refuse(column, "a time beyond the year 294246", error);
    }
    *out = value + shift;
    return DPONE_OK;
}

static double value_real(const uint8_t *data, size_t size) {
    uint64_t bits = size == 8 ? postgres_wire_get64(data) : 0;
    uint32_t short_bits = size == 4 ? postgres_wire_get32(data) : 0;
    double real = 0;
    float short_real = 0;
    memcpy(&real, &bits, sizeof(real));
    memcpy(&short_real, &short_bits, sizeof(short_real));
    return size == 4 ? (double)short_real : real;
}

static int value_has_size(int32_t type, size_t size) {
    switch (type) {
    case DPONE_TYPE_BOOL:
        return size == 1;
    case DPONE_TYPE_INT32:
        return size == 4 || size == 2;
    case DPONE_TYPE_DATE32:
        return size == 4;
    case DPONE_TYPE_FLOAT64:
        return size == 8 || size == 4;
    case DPONE_TYPE_INT64:
    case DPONE_TYPE_TIMESTAMP_US:
        return size == 8;
    default:
        return 1;
    }
}

static int32_t value_damaged(const struct dpone_column *column, size_t size, struct dpone_error *error) {
    return dpone_error_set(error, DPONE_DATA_CORRUPT,
                           "column \"%s\": the server sent %zu bytes for a value of type %s", column->name,
                           size, dpone_type_name(column->type));
}

int32_t postgres_value_append(struct dpone_batch_builder *builder, int64_t index,
                              const struct dpone_column *column, const uint8_t *data, size_t size,
                              struct dpone_error *error) {
    char text[DPONE_VALUE_TEXT_BYTES];
    uint8_t decimal[16];
    int64_t integer = 0;
    if (!value_has_size(column->type, size)) {
        return value_damaged(column, size, error);
    }
    switch (column->type) {
    case DPONE_TYPE_UTF8:
        dpone_batch_append_utf8(builder, index, (const char *)data, size);
        return DPONE_OK;
    case DPONE_TYPE_BINARY:
        dpone_batch_append_binary(builder, index, data, size);
        return DPONE_OK;
    case DPONE_TYPE_FLOAT64:
        dpone_batch_append_float64(builder, index, value_real(data, size));
        return DPONE_OK;
    case DPONE_TYPE_DECIMAL128:
        if (postgres_numeric_read_small(decimal, column, data, size)) {
            dpone_batch_append_decimal128(builder, index, decimal);
            return DPONE_OK;
        }
        size = postgres_numeric_read(text, column, data, size);
        if (size == 0) {
            return value_refuse(column, "NaN, an infinity or more digits than declared", error);
        }
        dpone_batch_append_text(builder, index, text, size);
        return DPONE_OK;
    case DPONE_TYPE_BOOL:
        dpone_batch_append_bool(builder, index, data[0]);
        return DPONE_OK;
    default:
        break;
    }
    int32_t status = value_read_integer(&integer, column, data, size, error);
    if (status == DPONE_OK) {
        dpone_batch_append_int64(builder, index, integer);
    }
    return status;
}

/* ---- Texts ---- */

static void value_add_hex(struct postgres_sql *text, const uint8_t *data, size_t size) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        postgres_sql_add(text, "%c%c", digits[data[i] >> 4], digits[data[i] & 15]);
    }
}

int32_t postgres_value_add_text(struct postgres_sql *text, const struct dpone_column *column,
                                const uint8_t *data, size_t size, struct dpone_error *error) {
    char fixed[DPONE_VALUE_TEXT_BYTES] = "";
    union {
        int64_t wide;
        int32_t narrow;
        double real;
    } value = {0};
    if (!value_has_size(column->type, size)) {
        return value_damaged(column, size, error);
    }
    switch (column->type) {
    case DPONE_TYPE_UTF8:
        postgres_sql_add_bytes(text, data, size);
        return DPONE_OK;
    case DPONE_TYPE_BINARY:
        value_add_hex(text, data, size);
        return DPONE_OK;
    case DPONE_TYPE_DECIMAL128:
        size = postgres_numeric_read(fixed, column, data, size);
        break;
    case DPONE_TYPE_FLOAT64:
        value.real = value_real(data, size);
        size = dpone_value_text_write(fixed, column, &value.real);
        break;
    default: {
        int32_t status = value_read_integer(&value.wide, column, data, size, error);
        if (status != DPONE_OK) {
            return status;
        }
        if (column->type != DPONE_TYPE_INT64 && column->type != DPONE_TYPE_TIMESTAMP_US) {
            value.narrow = (int32_t)value.wide;
        }
        size = dpone_value_text_write(fixed, column, &value);
        break;
    }
    }
    postgres_sql_add_bytes(text, fixed, size);
    return size > 0 ? DPONE_OK : value_refuse(column, "NaN or an infinity", error);
}

/* PostgreSQL writes no sign before years, and years before the first one as BC, without a year 0. */
static void value_add_time(struct postgres_sql *sql, const char *text) {
    const char *rest = strchr(text + 1, '-');
    long year = strtol(text, NULL, 10);
    char digits[32];
    (void)snprintf(digits, sizeof(digits), "%04ld", year > 0 ? year : 1 - year);
    postgres_sql_add(sql, "'%s%s%s'", digits, rest, year > 0 ? "" : " BC");
}

int32_t postgres_value_add_literal(struct postgres_sql *sql, const struct postgres_column *column,
                                   struct dpone_string text, struct dpone_error *error) {
    union {
        int64_t wide;
        double real;
        uint8_t decimal[16];
    } value = {0};
    struct postgres_sql copy = {0};
    int32_t type = column->as.type;
    int32_t status = DPONE_OK;
    if (type != DPONE_TYPE_UTF8 && type != DPONE_TYPE_BINARY) {
        status = dpone_value_text_read(&value, &column->as, text, error);
    }
    if (status != DPONE_OK) {
        dpone_error_prepend(error, "column \"%s\"", column->as.name);
        return status;
    }
    postgres_sql_add(&copy, type == DPONE_TYPE_BINARY ? "\\x" : "");
    postgres_sql_add_bytes(&copy, text.data, text.size);
    const char *content = copy.data == NULL ? "" : copy.data;
    if (type == DPONE_TYPE_DATE32 || type == DPONE_TYPE_TIMESTAMP_US) {
        value_add_time(sql, content);
    } else {
        postgres_sql_add(sql, "%L", content);
    }
    postgres_sql_add(sql, "::");
    postgres_add_type(sql, column);
    sql->failed |= copy.failed;
    postgres_sql_clear(&copy);
    return DPONE_OK;
}
