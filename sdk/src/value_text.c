/* The canonical text of every type, both ways (dpone/value_text.h). */
#include <dpone/value_text.h>

#include <string.h>

#include "memory.h"
#include "number_text.h"
#include "schema.h"

#define DAYS_PER_ERA 146097  /* 400 years */
#define DAYS_TO_EPOCH 719468 /* from 0000-03-01 to 1970-01-01 */
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY (INT64_C(86400) * US_PER_SECOND)

size_t dpone_number_write_digits(char *out, uint64_t value, size_t width) {
    char digits[20];
    size_t at = sizeof(digits);
    for (; value >= 100; value /= 100) {
        uint64_t pair = value % 100;
        digits[--at] = (char)('0' + pair % 10);
        digits[--at] = (char)('0' + pair / 10);
    }
    digits[--at] = (char)('0' + value % 10);
    if (value >= 10)
        digits[--at] = (char)('0' + value / 10);
    size_t count = sizeof(digits) - at;
    size_t zeros = count < width ? width - count : 0;
    memset(out, '0', zeros);
    memcpy(out + zeros, digits + at, count);
    return zeros + count;
}

static size_t value_write_integer(char *out, int64_t value) {
    if (value >= 0)
        return dpone_number_write_digits(out, (uint64_t)value, 1);
    out[0] = '-';
    return 1 + dpone_number_write_digits(out + 1, 0 - (uint64_t)value, 1);
}

/* The calendar is computed in years that begin in March, so that the leap day is a year's last. */
static size_t value_write_date(char *out, int64_t days) {
    int64_t shifted = days + DAYS_TO_EPOCH;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
    int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    size_t size = 0;
    if (year < 0 || year > 9999)
        out[size++] = year < 0 ? '-' : '+';
    size += dpone_number_write_digits(out + size, (uint64_t)(year < 0 ? -year : year), 4);
    out[size++] = '-';
    size += dpone_number_write_digits(out + size, (uint64_t)month, 2);
    out[size++] = '-';
    return size + dpone_number_write_digits(out + size, (uint64_t)day, 2);
}

static size_t value_write_timestamp(char *out, int64_t us) {
    int64_t days = us / US_PER_DAY - (us % US_PER_DAY < 0 ? 1 : 0);
    uint64_t rest = (uint64_t)(us % US_PER_DAY + (us % US_PER_DAY < 0 ? US_PER_DAY : 0));
    uint64_t seconds = rest / (uint64_t)US_PER_SECOND;
    const uint64_t parts[] = {seconds / 3600, seconds / 60 % 60, seconds % 60};
    size_t size = value_write_date(out, days);
    for (size_t i = 0; i < 3; i++) {
        out[size++] = i == 0 ? 'T' : ':';
        size += dpone_number_write_digits(out + size, parts[i], 2);
    }
    out[size++] = '.';
    size += dpone_number_write_digits(out + size, rest % (uint64_t)US_PER_SECOND, 6);
    out[size++] = 'Z';
    return size;
}

static size_t value_write_bool(char *out, int truth) {
    memcpy(out, truth ? "true" : "false", 5);
    return truth ? 4 : 5;
}

size_t dpone_value_text_write(char out[DPONE_VALUE_TEXT_BYTES], const struct dpone_column *column,
                              const void *value) {
    size_t size = 0;
    switch (column->type) {
    case DPONE_TYPE_BOOL:
        size = value_write_bool(out, *(const int32_t *)value != 0);
        break;
    case DPONE_TYPE_INT32:
        size = value_write_integer(out, *(const int32_t *)value);
        break;
    case DPONE_TYPE_INT64:
        size = value_write_integer(out, *(const int64_t *)value);
        break;
    case DPONE_TYPE_FLOAT64:
        size = dpone_number_write_float64(out, *(const double *)value);
        break;
    case DPONE_TYPE_DATE32:
        size = value_write_date(out, *(const int32_t *)value);
        break;
    case DPONE_TYPE_TIMESTAMP_US:
        size = value_write_timestamp(out, *(const int64_t *)value);
        break;
    case DPONE_TYPE_DECIMAL128:
        size = dpone_number_write_decimal128(out, value, column->scale);
        break;
    default:
        break;
    }
    out[size] = '\0';
    return size;
}

/* A place in a text that is being read. */
struct value_reader {
    const char *at;
    const char *limit;
};

/* 1 and steps over it when `c` comes next. */
static int value_accept(struct value_reader *reader, char c) {
    if (reader->at == reader->limit || *reader->at != c)
        return 0;
    reader->at++;
    return 1;
}

/* Reads from `least` to `most` digits that stay within `maximum`. */
static int value_accept_digits(struct value_reader *reader, size_t least, size_t most, uint64_t maximum,
                               uint64_t *value) {
    size_t count = 0;
    for (*value = 0; count < most && reader->at < reader->limit; count++, reader->at++) {
        if (*reader->at < '0' || *reader->at > '9')
            break;
        uint64_t digit = (uint64_t)(*reader->at - '0');
        if (*value > (maximum - digit) / 10)
            return 0;
        *value = *value * 10 + digit;
    }
    return count >= least;
}

static int value_read_integer(int64_t *value, struct value_reader *reader, int64_t minimum, int64_t maximum) {
    int negative = value_accept(reader, '-');
    int zero_first = reader->at < reader->limit && *reader->at == '0';
    const char *start = reader->at;
    uint64_t digits;
    if (!value_accept_digits(reader, 1, 20, negative ? 0 - (uint64_t)minimum : (uint64_t)maximum, &digits))
        return 0;
    if (zero_first && (reader->at - start > 1 || negative))
        return 0;
    *value = negative ? (int64_t)(0 - digits) : (int64_t)digits;
    return 1;
}

static int64_t value_days_in_month(int64_t year, int64_t month) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Days since 1970-01-01, the inverse of value_write_date(). */
static int64_t value_days(int64_t year, int64_t month, int64_t day) {
    int64_t march_year = month <= 2 ? year - 1 : year;
    int64_t era = (march_year >= 0 ? march_year : march_year - 399) / 400;
    int64_t year_of_era = march_year - era * 400;
    int64_t march_month = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * march_month + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

static int value_read_date(int64_t *days, struct value_reader *reader) {
    int negative = value_accept(reader, '-');
    int far = !negative && value_accept(reader, '+');
    const char *start = reader->at;
    uint64_t year;
    uint64_t month;
    uint64_t day;
    if (!value_accept_digits(reader, 4, negative || far ? 7 : 4, 9999999, &year))
        return 0;
    int padded = reader->at - start > 4 && *start == '0';
    if (padded || (far && year <= 9999) || (negative && year == 0))
        return 0;
    int64_t signed_year = negative ? -(int64_t)year : (int64_t)year;
    if (!value_accept(reader, '-') || !value_accept_digits(reader, 2, 2, 12, &month) || month < 1 ||
        !value_accept(reader, '-') || !value_accept_digits(reader, 2, 2, 31, &day) || day < 1 ||
        (int64_t)day > value_days_in_month(signed_year, (int64_t)month))
        return 0;
    *days = value_days(signed_year, (int64_t)month, (int64_t)day);
    return 1;
}

static int value_read_timestamp(int64_t *us, struct value_reader *reader) {
    int64_t days;
    uint64_t hours;
    uint64_t minutes;
    uint64_t seconds;
    uint64_t fraction;
    if (!value_read_date(&days, reader) || !value_accept(reader, 'T') ||
        !value_accept_digits(reader, 2, 2, 23, &hours) || !value_accept(reader, ':') ||
        !value_accept_digits(reader, 2, 2, 59, &minutes) || !value_accept(reader, ':') ||
        !value_accept_digits(reader, 2, 2, 59, &seconds) || !value_accept(reader, '.') ||
        !value_accept_digits(reader, 6, 6, 999999, &fraction) || !value_accept(reader, 'Z'))
        return 0;
    int64_t rest = (int64_t)((hours * 60 + minutes) * 60 + seconds) * US_PER_SECOND + (int64_t)fraction;
    /* The first day that 64 bits reach begins before them: go back from its end, not forth from its start. */
    if (days < 0) {
        days++;
        rest -= US_PER_DAY;
    }
    if (days > INT64_MAX / US_PER_DAY || days < INT64_MIN / US_PER_DAY)
        return 0;
    int64_t whole = days * US_PER_DAY;
    if (rest > 0 ? whole > INT64_MAX - rest : whole < INT64_MIN - rest)
        return 0;
    *us = whole + rest;
    return 1;
}

static int value_read_bool(int32_t *value, struct dpone_string text) {
    *value = dpone_string_equal(text, dpone_string_of("true"));
    return *value || dpone_string_equal(text, dpone_string_of("false"));
}

/* int32 and date32 are read as 64 bits first. */
static int value_narrow(void *value, int64_t wide) {
    int32_t narrow = (int32_t)wide;
    memcpy(value, &narrow, sizeof(narrow));
    return narrow == wide;
}

static int value_read(void *value, const struct dpone_column *column, struct dpone_string text) {
    static const char empty[] = "";
    struct value_reader reader = {text.size == 0 ? empty : text.data, NULL};
    reader.limit = reader.at + text.size;
    int64_t wide = 0;
    switch (column->type) {
    case DPONE_TYPE_BOOL:
        return value_read_bool(value, text);
    case DPONE_TYPE_INT32:
        return value_read_integer(&wide, &reader, INT32_MIN, INT32_MAX) && reader.at == reader.limit &&
               value_narrow(value, wide);
    case DPONE_TYPE_INT64:
        return value_read_integer(value, &reader, INT64_MIN, INT64_MAX) && reader.at == reader.limit;
    case DPONE_TYPE_FLOAT64:
        return dpone_number_read_float64(value, text);
    case DPONE_TYPE_DATE32:
        return value_read_date(&wide, &reader) && reader.at == reader.limit && value_narrow(value, wide);
    case DPONE_TYPE_TIMESTAMP_US:
        return value_read_timestamp(value, &reader) && reader.at == reader.limit;
    case DPONE_TYPE_DECIMAL128:
        return dpone_number_read_decimal128(value, text, column->precision, column->scale);
    default:
        return 0;
    }
}

int32_t dpone_value_text_read(void *value, const struct dpone_column *column, struct dpone_string text,
                              struct dpone_error *error) {
    if (value_read(value, column, text))
        return DPONE_OK;
    char type[DPONE_TYPE_TEXT_BYTES];
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "\"%.*s\" is not the text of a value of type %s",
                           (int)(text.size < 40 ? text.size : 40), text.size == 0 ? "" : text.data,
                           dpone_column_type_text(type, column));
}

/* Two lower-case digits for every byte. */
static void value_write_hexadecimal(char *out, struct dpone_bytes bytes) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 15];
    }
}

/* Bytes of a binary value whose text is made without the heap. */
#define SHORT_BINARY_BYTES 256

static int32_t value_text_of_binary(struct dpone_bytes bytes,
                                    int32_t (*write)(void *context, const char *data, size_t size),
                                    void *context) {
    char short_text[2 * SHORT_BINARY_BYTES];
    char *text = bytes.size <= SHORT_BINARY_BYTES ? short_text : dpone_memory_allocate(2 * bytes.size);
    if (text == NULL)
        return DPONE_OUT_OF_MEMORY;
    text[0] = '\0'; /* an empty value has no digits */
    value_write_hexadecimal(text, bytes);
    int32_t status = write(context, text, 2 * bytes.size);
    if (text != short_text)
        dpone_memory_free(text);
    return status;
}

int32_t dpone_value_text_of_view(const struct dpone_column_view *view, int64_t row,
                                 int32_t (*write)(void *context, const char *data, size_t size),
                                 void *context) {
    char text[DPONE_VALUE_TEXT_BYTES];
    struct dpone_string string;
    int32_t truth;
    const void *value = &truth;
    switch (view->column.type) {
    case DPONE_TYPE_UTF8:
        string = dpone_view_utf8(view, row);
        return write(context, string.data, string.size);
    case DPONE_TYPE_BINARY:
        return value_text_of_binary(dpone_view_bytes(view, row), write, context);
    case DPONE_TYPE_BOOL:
        truth = dpone_view_bool(view, row);
        break;
    default:
        value = (const uint8_t *)view->values + (size_t)row * dpone_type_width(view->column.type);
        break;
    }
    size_t size = dpone_value_text_write(text, &view->column, value);
    return write(context, text, size);
}
