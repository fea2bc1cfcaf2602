/* The special values of each type, in turn by row; one row in each turn is null where the column may be. */
#include "dataset_internal.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))
#define TEXT(literal)                                                                                        \
    { literal, sizeof(literal) - 1 }

static const int64_t bools[] = {0, 1};
static const int64_t int32s[] = {INT32_MIN, INT32_MAX, 0, -1, 1};
static const int64_t int64s[] = {
    INT64_MIN, INT64_MAX, 0, -1, 1, 9007199254740992, 9007199254740993, -9007199254740993, (int64_t)1 << 32};
static const int64_t dates[] = {0,
                                -1,
                                -719162 /* 0001-01-01 */,
                                2932896 /* 9999-12-31 */,
                                -141427 /* 1582-10-15 */,
                                11016 /* 2000-02-29 */,
                                -25508 /* 1900-03-01 */,
                                INT32_MIN,
                                INT32_MAX};
static const int64_t timestamps[] = {0,
                                     -1,
                                     1,
                                     -62135596800000000 /* 0001-01-01T00:00:00Z */,
                                     253402300799999999 /* 9999-12-31T23:59:59.999999Z */,
                                     951868799999999 /* 2000-02-29T23:59:59.999999Z */,
                                     1483228799000001,
                                     9007199254740993,
                                     INT64_MIN,
                                     INT64_MAX};
static const double float64s[] = {0.0,
                                  -0.0,
                                  1.0,
                                  -1.0,
                                  0.1,
                                  1.0 / 3.0,
                                  DBL_MAX,
                                  -DBL_MAX,
                                  DBL_MIN,
                                  4.9406564584124654e-324,
                                  DBL_EPSILON,
                                  1e22,
                                  123456789.12345679,
                                  9007199254740993.0,
                                  NAN,
                                  INFINITY,
                                  -INFINITY};

static const struct {
    const char *data;
    size_t size;
} texts[] = {
    TEXT(""),
    TEXT(" "),
    TEXT("NULL"),
    TEXT("null"),
    TEXT("\\N"),
    TEXT("00123"),
    TEXT("a\0b"),
    TEXT("\0"),
    TEXT("tab\tand\nline\r\nend"),
    TEXT("\"quoted\" 'single' `tick` \\back\\slash/ $1 %s {{x}}"),
    TEXT("'; DROP TABLE target; --"),
    TEXT("a,b;c|d"),
    TEXT("  around  "),
    TEXT("\x01\x02\x1f\x7f"),
    TEXT("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"), /* the edges of two and three bytes */
    TEXT("\xf0\x90\x80\x80\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"),
    TEXT("e\xcc\x81\xe2\x80\x8f\xef\xbb\xbf"), /* combining mark, right-to-left mark, byte order mark */
};

static const struct {
    const char *data;
    size_t size;
} binaries[] = {
    TEXT(""),      TEXT("\0"),       TEXT("\xff"), TEXT("\0\xff\0"), TEXT("\xc3\x28 not UTF-8"),
    TEXT("\\x00"), TEXT("\r\n\0\t"),
};

static const struct {
    const int64_t *values;
    size_t count;
} integers[DPONE_TYPE_COUNT] = {
    [DPONE_TYPE_BOOL] = {bools, COUNT_OF(bools)},
    [DPONE_TYPE_INT32] = {int32s, COUNT_OF(int32s)},
    [DPONE_TYPE_INT64] = {int64s, COUNT_OF(int64s)},
    [DPONE_TYPE_DATE32] = {dates, COUNT_OF(dates)},
    [DPONE_TYPE_TIMESTAMP_US] = {timestamps, COUNT_OF(timestamps)},
};

/* One turn more than there are values: the last is a long text, or every byte there is. */
static void long_bytes(char *scratch, size_t size, int is_text, struct dpone_fixture_value *out) {
    for (size_t i = 0; i < size; i++) {
        scratch[i] = is_text ? (char)('a' + (char)(i % 26)) : (char)(unsigned char)(i & 0xff);
    }
    out->as.bytes.data = (const uint8_t *)scratch;
    out->as.bytes.size = size;
}

static void extreme_bytes(const char *data, size_t size, struct dpone_fixture_value *out) {
    out->as.bytes.data = (const uint8_t *)data;
    out->as.bytes.size = size;
}

/* 0, 1, -1, and all nines either way. */
static void extreme_decimal(const struct dpone_column *column, size_t turn, struct dpone_fixture_value *out) {
    static const struct {
        int negative;
        int nines;
        uint64_t digits;
    } forms[] = {{0, 0, 0}, {0, 0, 1}, {1, 0, 1}, {0, 1, 0}, {1, 1, 0}};
    dpone_dataset_set_decimal(out, forms[turn].negative, forms[turn].nines ? column->precision : 0,
                              forms[turn].digits);
}

static size_t turn_count(int32_t type) {
    switch (type) {
    case DPONE_TYPE_FLOAT64:
        return COUNT_OF(float64s);
    case DPONE_TYPE_UTF8:
        return COUNT_OF(texts) + 1;
    case DPONE_TYPE_BINARY:
        return COUNT_OF(binaries) + 1;
    case DPONE_TYPE_DECIMAL128:
        return 5;
    default:
        return integers[type].count;
    }
}

void dpone_dataset_extreme(const struct dpone_column *column, int64_t row, char *scratch,
                           struct dpone_fixture_value *out) {
    size_t count = turn_count(column->type);
    size_t turn = (size_t)row % (count + 1);
    if (turn == count) {
        out->is_null = column->nullable;
        turn = 0;
    }
    switch (column->type) {
    case DPONE_TYPE_FLOAT64:
        out->as.real = float64s[turn];
        break;
    case DPONE_TYPE_UTF8:
        if (turn < COUNT_OF(texts)) {
            extreme_bytes(texts[turn].data, texts[turn].size, out);
        } else {
            long_bytes(scratch, 4000, 1, out);
        }
        break;
    case DPONE_TYPE_BINARY:
        if (turn < COUNT_OF(binaries)) {
            extreme_bytes(binaries[turn].data, binaries[turn].size, out);
        } else {
            long_bytes(scratch, 2048, 0, out);
        }
        break;
    case DPONE_TYPE_DECIMAL128:
        extreme_decimal(column, turn, out);
        break;
    default:
        out->as.integer = integers[column->type].values[turn];
        break;
    }
}
