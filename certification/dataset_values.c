/* The data set's values: for every pattern a pure function of (salt, row). Special values stand in
 * dataset_extremes.c. */
#include "dataset_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

/* Rows before which NULLS_FIRST is null and WIDENING whole. */
#define LATE_ROW 60

/* What a pattern gets to make its value of. */
struct cell {
    const struct dpone_column *column;
    uint64_t salt;
    int64_t row;
    uint64_t random; /* of this cell alone */
    char *scratch;
};

/* Sebastiano Vigna's splitmix64 finaliser: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t dpone_dataset_salt(uint64_t seed, const char *name) {
    uint64_t hash = mix(seed);
    for (const unsigned char *byte = (const unsigned char *)name; *byte != 0; byte++) {
        hash = mix(hash ^ *byte);
    }
    return hash;
}

/* The n-th random number of a cell, for patterns that need several. */
static uint64_t draw(const struct cell *cell, unsigned n) {
    return mix(cell->random + n);
}

static void set_text(struct dpone_fixture_value *out, const char *text, size_t size) {
    out->as.bytes.data = (const uint8_t *)text;
    out->as.bytes.size = size;
}

static void set_string(struct dpone_fixture_value *out, const char *text) {
    set_text(out, text, strlen(text));
}

void dpone_dataset_set_decimal(struct dpone_fixture_value *out, int negative, int32_t nines,
                               uint64_t number) {
    uint128 magnitude = nines > 0 ? 0 : number;
    for (int32_t i = 0; i < nines; i++) {
        magnitude = magnitude * 10 + 9;
    }
    uint128 signed_number = negative ? (uint128)0 - magnitude : magnitude;
    for (size_t i = 0; i < sizeof(out->as.decimal); i++) {
        out->as.decimal[i] = (uint8_t)(signed_number >> (8 * i));
    }
}

/* ---- Ordinary values of each type ---- */

/* A number in minimum .. maximum, both included. */
static int64_t between(uint64_t random, int64_t minimum, int64_t maximum) {
    return minimum + (int64_t)(random % (uint64_t)(maximum - minimum + 1));
}

/* Letters first, so that nobody takes a text for a number; quotes, commas and a tab so that nobody forgets to
 * escape. */
static void ordinary_utf8(const struct cell *cell, struct dpone_fixture_value *out) {
    static const char alphabet[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,;'\"\\\t-_";
    size_t size = 3 + cell->random % 18;
    cell->scratch[0] = alphabet[draw(cell, 0) % 26];
    for (size_t i = 1; i < size; i++) {
        cell->scratch[i] = alphabet[draw(cell, (unsigned)i) % (sizeof(alphabet) - 1)];
    }
    set_text(out, cell->scratch, size);
}

static void ordinary_binary(const struct cell *cell, struct dpone_fixture_value *out) {
    size_t size = cell->random % 25;
    for (size_t i = 0; i < size; i++) {
        cell->scratch[i] = (char)(unsigned char)(draw(cell, (unsigned)i) & 0xff);
    }
    set_text(out, cell->scratch, size);
}

static void ordinary_decimal(const struct cell *cell, struct dpone_fixture_value *out) {
    uint64_t limit = 1;
    for (int32_t i = 0; i < cell->column->precision && i < 15; i++) {
        limit *= 10;
    }
    dpone_dataset_set_decimal(out, (int)(cell->random & 1), 0, draw(cell, 1) % limit);
}

void dpone_dataset_ordinary(const struct dpone_column *column, uint64_t random, char *scratch,
                            struct dpone_fixture_value *out) {
    struct cell cell = {column, 0, 0, random, scratch};
    switch (column->type) {
    case DPONE_TYPE_BOOL:
        out->as.integer = (int64_t)(random & 1);
        break;
    case DPONE_TYPE_INT32:
        out->as.integer = between(random, -1000000000, 1000000000);
        break;
    case DPONE_TYPE_INT64:
        out->as.integer = between(random, -1000000000000000, 1000000000000000);
        break;
    case DPONE_TYPE_FLOAT64:
        out->as.real = (double)between(random, -1000000000, 1000000000) / 1024.0 + 0.125;
        break;
    case DPONE_TYPE_UTF8:
        ordinary_utf8(&cell, out);
        break;
    case DPONE_TYPE_BINARY:
        ordinary_binary(&cell, out);
        break;
    case DPONE_TYPE_DATE32: /* 1915 to 2024 */
        out->as.integer = between(random, -20000, 20000);
        break;
    case DPONE_TYPE_TIMESTAMP_US: /* 1938 to 2033 */
        out->as.integer = between(random, -1000000000000000, 2000000000000000);
        break;
    default:
        ordinary_decimal(&cell, out);
        break;
    }
}

/* ---- Patterns ---- */

static void pattern_mixed(const struct cell *cell, struct dpone_fixture_value *out) {
    out->is_null = cell->column->nullable && cell->random % 8 == 0;
    dpone_dataset_ordinary(cell->column, draw(cell, 0), cell->scratch, out);
}

static void pattern_key(const struct cell *cell, struct dpone_fixture_value *out) {
    if (cell->column->type == DPONE_TYPE_INT64) {
        out->as.integer = 1000 + cell->row;
        return;
    }
    int size = snprintf(cell->scratch, DPONE_FIXTURE_SCRATCH_BYTES, "key-%012lld", (long long)cell->row);
    set_text(out, cell->scratch, (size_t)size);
}

/* Rows fall into blocks of 28 = 1 + 2 + .. + 7, each cut into seven runs of those lengths in a random order.
 */
static int64_t run_of(const struct cell *cell) {
    int64_t lengths[7] = {1, 2, 3, 4, 5, 6, 7};
    int64_t block = cell->row / 28;
    int64_t left = cell->row % 28;
    int64_t run = 0;
    uint64_t random = mix(cell->salt ^ (uint64_t)block);
    for (size_t i = 6; i > 0; i--) {
        size_t other = (size_t)((random >> (8 * i)) % (i + 1));
        int64_t swap = lengths[i];
        lengths[i] = lengths[other];
        lengths[other] = swap;
    }
    while (left >= lengths[run]) {
        left -= lengths[run++];
    }
    return block * 7 + run;
}

static void pattern_cursor(const struct cell *cell, struct dpone_fixture_value *out) {
    int64_t run = run_of(cell);
    if (cell->column->type == DPONE_TYPE_INT64) {
        out->as.integer = 1 + run;
        return;
    }
    int64_t microseconds = (int64_t)(mix(cell->salt ^ ~(uint64_t)run) % 1000000);
    out->as.integer = (1704067200 + run) * 1000000 + microseconds; /* from 2024-01-01, one second a run */
}

static void pattern_nulls_first(const struct cell *cell, struct dpone_fixture_value *out) {
    pattern_mixed(cell, out);
    out->is_null = cell->row < LATE_ROW || (out->is_null && cell->row % LATE_ROW != 0);
}

static void pattern_extremes(const struct cell *cell, struct dpone_fixture_value *out) {
    dpone_dataset_extreme(cell->column, cell->row, cell->scratch, out);
}

static void pattern_leading_zero(const struct cell *cell, struct dpone_fixture_value *out) {
    int size =
        snprintf(cell->scratch, DPONE_FIXTURE_SCRATCH_BYTES, "00%03u", (unsigned)(cell->random % 1000));
    set_text(out, cell->scratch, (size_t)size);
}

static void pattern_widening(const struct cell *cell, struct dpone_fixture_value *out) {
    out->as.real = (double)between(cell->random, 0, 1000);
    if (cell->row >= LATE_ROW) {
        out->as.real += 0.5;
    }
}

/* Keys in alphabetical order, whole numbers and plain ASCII, so that there is one compact form of each. */
static void pattern_nested_json(const struct cell *cell, struct dpone_fixture_value *out) {
    static const char *const colours[] = {"red", "green", "blue"};
    int size = 0;
    if (cell->random % 4 == 0) {
        size = snprintf(cell->scratch, DPONE_FIXTURE_SCRATCH_BYTES, "[%u,{\"on\":%s},null]",
                        (unsigned)(draw(cell, 1) % 100), cell->random & 64 ? "true" : "false");
    } else {
        size = snprintf(cell->scratch, DPONE_FIXTURE_SCRATCH_BYTES,
                        "{\"colour\":\"%s\",\"sizes\":[%u,%u],\"stock\":{\"count\":%u}}",
                        colours[cell->random % 3], (unsigned)(draw(cell, 1) % 100),
                        (unsigned)(draw(cell, 2) % 100), (unsigned)(draw(cell, 3) % 1000));
    }
    out->is_null = cell->column->nullable && cell->row % 9 == 4;
    set_text(out, cell->scratch, (size_t)size);
}

static void pattern_long_text(const struct cell *cell, struct dpone_fixture_value *out) {
    static const char words[] = "the quick brown fox jumps over the lazy dog and then rests under a tree; ";
    size_t size = cell->random % 16 == 0 ? 4000 : cell->random % 80;
    for (size_t i = 0; i < size; i++) {
        cell->scratch[i] = words[(i + cell->random) % (sizeof(words) - 1)];
    }
    set_text(out, cell->scratch, size);
}

static void pattern_unicode(const struct cell *cell, struct dpone_fixture_value *out) {
    static const char *const texts[] = {
        "caf\xc3\xa9",                                      /* two bytes, composed */
        "cafe\xcc\x81",                                     /* the same with a combining mark */
        "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",             /* three bytes */
        "\xf0\x9f\x98\x80\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", /* four bytes */
        "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",                 /* right to left */
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac",     /* joined by U+200D */
        "stra\303\237e",                                    /* folds to "ss" */
        "\xc4\xb0stanbul",
        "\xef\xbf\xbd",
        "z\xf4\x8f\xbf\xbd",
    };
    set_string(out, texts[cell->random % (sizeof(texts) / sizeof(*texts))]);
}

static void pattern_empty_text(const struct cell *cell, struct dpone_fixture_value *out) {
    out->is_null = cell->column->nullable && cell->row % 3 == 1;
    set_string(out, cell->row % 3 == 0 ? "" : "x");
}

static void pattern_category(const struct cell *cell, struct dpone_fixture_value *out) {
    static const char *const regions[] = {"north", "east", "south", "west", "centre"};
    if (cell->column->type == DPONE_TYPE_UTF8) {
        set_string(out, regions[cell->random % 5]);
    } else {
        out->as.integer = (int64_t)(cell->random % 5);
    }
}

static void (*const makers[])(const struct cell *cell, struct dpone_fixture_value *out) = {
    [DPONE_PATTERN_MIXED] = pattern_mixed,           [DPONE_PATTERN_KEY] = pattern_key,
    [DPONE_PATTERN_CURSOR] = pattern_cursor,         [DPONE_PATTERN_NULLS_FIRST] = pattern_nulls_first,
    [DPONE_PATTERN_EXTREMES] = pattern_extremes,     [DPONE_PATTERN_LEADING_ZERO] = pattern_leading_zero,
    [DPONE_PATTERN_WIDENING] = pattern_widening,     [DPONE_PATTERN_NESTED_JSON] = pattern_nested_json,
    [DPONE_PATTERN_LONG_TEXT] = pattern_long_text,   [DPONE_PATTERN_UNICODE] = pattern_unicode,
    [DPONE_PATTERN_EMPTY_TEXT] = pattern_empty_text, [DPONE_PATTERN_CATEGORY] = pattern_category,
};

/* ---- The door ---- */

static int32_t integer_feature(int64_t value, int64_t first, int64_t last) {
    if (value < first) {
        return DPONE_FIXTURE_FAR_PAST;
    }
    return value > last ? DPONE_FIXTURE_FAR_FUTURE : DPONE_FIXTURE_ORDINARY;
}

int32_t dpone_dataset_feature(const struct dpone_column *column, const struct dpone_fixture_value *value) {
    switch (column->type) {
    case DPONE_TYPE_FLOAT64:
        if (isnan(value->as.real)) {
            return DPONE_FIXTURE_NAN;
        }
        if (isinf(value->as.real)) {
            return DPONE_FIXTURE_INFINITY;
        }
        return value->as.real == 0 && signbit(value->as.real) ? DPONE_FIXTURE_NEGATIVE_ZERO
                                                              : DPONE_FIXTURE_ORDINARY;
    case DPONE_TYPE_UTF8:
        return value->as.bytes.size > 0 && memchr(value->as.bytes.data, 0, value->as.bytes.size) != NULL
                   ? DPONE_FIXTURE_NUL
                   : DPONE_FIXTURE_ORDINARY;
    case DPONE_TYPE_DATE32: /* 0001-01-01 .. 9999-12-31 */
        return integer_feature(value->as.integer, -719162, 2932896);
    case DPONE_TYPE_TIMESTAMP_US:
        return integer_feature(value->as.integer, -62135596800000000, 253402300799999999);
    default:
        return DPONE_FIXTURE_ORDINARY;
    }
}

void dpone_dataset_value(const struct dpone_dataset *dataset, int64_t row, size_t column,
                         char scratch[DPONE_FIXTURE_SCRATCH_BYTES], struct dpone_fixture_value *out) {
    struct cell cell = {&dataset->columns[column], dataset->salts[column], row + dataset->spec.first_row, 0,
                        scratch};
    cell.random = mix(cell.salt ^ (uint64_t)cell.row);
    memset(out, 0, sizeof(*out));
    makers[dataset->owned[column].pattern](&cell, out);
    if (!out->is_null && (dataset->spec.without >> dpone_dataset_feature(cell.column, out) & 1u) != 0) {
        dpone_dataset_ordinary(cell.column, cell.random, scratch, out);
    }
}
