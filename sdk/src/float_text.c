/* float64 as text, shortest and exact, through snprintf and strtod in whatever locale the process has: the
 * decimal separator is whatever stands between the digits that snprintf wrote. */
#include "number_text.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits that always read back to the same double. */
#define FLOAT_DIGITS 17

/* Longest text of a float that is read; the exact expansion of the smallest double has 1,074 digits. */
#define FLOAT_TEXT_BYTES 1200

#define FLOAT_EXPONENT_MASK UINT64_C(0x7FF0000000000000)
#define FLOAT_FRACTION_MASK UINT64_C(0x000FFFFFFFFFFFFF)

static int float_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static uint64_t float_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* A positive double as d1.d2d3... * 10^exponent. */
struct float_digits {
    char digits[FLOAT_DIGITS + 1];
    int count;
    int exponent;
};

/* Rounds `value` to `count` digits. */
static void float_round(struct float_digits *out, double value, int count) {
    char text[FLOAT_DIGITS + 32];
    (void)snprintf(text, sizeof(text), "%.*e", count - 1, value);
    const char *at = text;
    for (out->count = 0; out->count < count; at++)
        if (float_is_digit(*at))
            out->digits[out->count++] = *at;
    out->exponent = (int)strtol(strchr(at, 'e') + 1, NULL, 10);
}

/* The double that the digits read as. Written without a separator, so that no locale has a say. */
static double float_value(const struct float_digits *in) {
    char text[FLOAT_DIGITS + 32];
    (void)snprintf(text, sizeof(text), "%.*se%d", in->count, in->digits, in->exponent - in->count + 1);
    return strtod(text, NULL);
}

/* The next decimal of as many digits above; 0 when that would take one digit more. */
static int float_increment(struct float_digits *digits) {
    for (int i = digits->count - 1; i >= 0; i--) {
        if (digits->digits[i] != '9') {
            digits->digits[i]++;
            return 1;
        }
        digits->digits[i] = '0';
    }
    return 0;
}

/* Where the search of float_short() is complete: it finds every value that has a text of at most 15 digits.
 */
#define FLOAT_SHORT_LEAST 1e-7
#define FLOAT_SHORT_LIMIT 1e15

/* Most values that people store have few digits. n / 10^k of exact n and 10^k is rounded once, just like the
 * reading of that decimal: where it gives `value`, n has the digits. No library call is needed. */
static int float_short(struct float_digits *out, double value) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    for (size_t k = 0; k < sizeof(powers) / sizeof(powers[0]); k++) {
        double scaled = value * powers[k];
        if (scaled >= FLOAT_SHORT_LIMIT)
            return 0;
        uint64_t whole = (uint64_t)(scaled + 0.5);
        if ((double)whole / powers[k] == value) {
            char digits[20];
            out->count = (int)dpone_number_write_digits(digits, whole, 1);
            memcpy(out->digits, digits, (size_t)out->count);
            out->exponent = out->count - 1 - (int)k;
            return 1;
        }
    }
    return 0;
}

/* The fewest digits that read back to `value`. Any decimal of at most 15 digits survives a normal double, so
 * the rounding to 15 holds all shorter ones; subnormals have fewer digits and are searched from one. Below a
 * power of two doubles lie denser than above: there the neighbour above may do where the rounding does not.
 */
static void float_search(struct float_digits *out, double value, int count) {
    int power_of_two = (float_bits(value) & FLOAT_FRACTION_MASK) == 0;
    for (; count < FLOAT_DIGITS; count++) {
        float_round(out, value, count);
        if (float_value(out) == value || (power_of_two && float_increment(out) && float_value(out) == value))
            return;
    }
    float_round(out, value, FLOAT_DIGITS);
}

static void float_shortest(struct float_digits *out, double value) {
    int has_short = value >= FLOAT_SHORT_LEAST && value < FLOAT_SHORT_LIMIT;
    if (!has_short)
        float_search(out, value, value < DBL_MIN ? 1 : DBL_DIG);
    else if (!float_short(out, value))
        float_search(out, value, DBL_DIG + 1);
    while (out->count > 1 && out->digits[out->count - 1] == '0')
        out->count--;
}

/* "1.5e-07" */
static size_t float_write_exponent(char *out, const struct float_digits *in) {
    size_t size = 0;
    out[size++] = in->digits[0];
    if (in->count > 1) {
        out[size++] = '.';
        memcpy(out + size, in->digits + 1, (size_t)in->count - 1);
        size += (size_t)in->count - 1;
    }
    return size + (size_t)snprintf(out + size, 8, "e%+03d", in->exponent);
}

/* "0.00015", "150", "1.5" */
static size_t float_write_plain(char *out, const struct float_digits *in) {
    size_t size = 0;
    int point = in->exponent + 1;
    if (point <= 0) {
        memcpy(out, "0.000000", (size_t)(2 - point));
        size = (size_t)(2 - point);
    }
    for (int i = 0; i < in->count || i < point; i++) {
        if (i == point && point > 0)
            out[size++] = '.';
        out[size++] = i < in->count ? in->digits[i] : '0';
    }
    return size;
}

/* Whole numbers of up to 15 digits are their own shortest text. */
#define FLOAT_WHOLE_LIMIT 1e15

size_t dpone_number_write_float64(char out[DPONE_VALUE_TEXT_BYTES], double value) {
    uint64_t bits = float_bits(value);
    int negative = bits >> 63 != 0;
    if ((bits & FLOAT_EXPONENT_MASK) == FLOAT_EXPONENT_MASK) {
        const char *name = (bits & FLOAT_FRACTION_MASK) != 0 ? "NaN" : negative ? "-Infinity" : "Infinity";
        memcpy(out, name, strlen(name) + 1);
        return strlen(name);
    }
    size_t size = 0;
    if (negative) {
        out[size++] = '-';
        value = -value;
    }
    if (value < FLOAT_WHOLE_LIMIT && (double)(uint64_t)value == value) {
        size += dpone_number_write_digits(out + size, (uint64_t)value, 1);
    } else {
        struct float_digits digits;
        float_shortest(&digits, value);
        int plain = digits.exponent >= -4 && digits.exponent < FLOAT_DIGITS;
        size += plain ? float_write_plain(out + size, &digits) : float_write_exponent(out + size, &digits);
    }
    out[size] = '\0';
    return size;
}

/* Bytes of the digits at `at`. */
static size_t float_skip_digits(const char *at, const char *limit) {
    const char *start = at;
    while (at < limit && float_is_digit(*at))
        at++;
    return (size_t)(at - start);
}

/* Is it [+-]digits[.digits][e[+-]digits]? Gives the place of the point, or NULL. */
static int float_syntax(struct dpone_string text, const char **point) {
    const char *at = text.data;
    const char *limit = text.data + text.size;
    *point = NULL;
    if (at < limit && (*at == '-' || *at == '+'))
        at++;
    size_t digits = float_skip_digits(at, limit);
    at += digits;
    if (at < limit && *at == '.') {
        *point = at++;
        size_t fraction = float_skip_digits(at, limit);
        at += fraction;
        digits += fraction;
    }
    if (digits == 0)
        return 0;
    if (at < limit && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < limit && (*at == '-' || *at == '+'))
            at++;
        size_t exponent = float_skip_digits(at, limit);
        if (exponent == 0)
            return 0;
        at += exponent;
    }
    return at == limit;
}

/* The separator that strtod expects now: what snprintf puts between the digits of 1.5. */
static size_t float_separator(char out[16]) {
    char text[32];
    int size = snprintf(text, sizeof(text), "%.1f", 1.5);
    memcpy(out, text + 1, (size_t)size - 2);
    return (size_t)size - 2;
}

int dpone_number_read_float64(double *value, struct dpone_string text) {
    static const struct {
        const char *name;
        double sign;
    } words[] = {{"Infinity", 1.0}, {"-Infinity", -1.0}};
    static const uint64_t infinity_bits = FLOAT_EXPONENT_MASK;
    static const uint64_t nan_bits = UINT64_C(0x7FF8000000000000);
    for (size_t i = 0; i < 2; i++)
        if (dpone_string_equal(text, dpone_string_of(words[i].name))) {
            memcpy(value, &infinity_bits, sizeof(*value));
            *value *= words[i].sign;
            return 1;
        }
    if (dpone_string_equal(text, dpone_string_of("NaN"))) {
        memcpy(value, &nan_bits, sizeof(*value));
        return 1;
    }
    const char *point;
    char copy[FLOAT_TEXT_BYTES + 32];
    if (text.size == 0 || text.size > FLOAT_TEXT_BYTES || !float_syntax(text, &point))
        return 0;
    size_t before = point == NULL ? text.size : (size_t)(point - text.data);
    size_t size = before;
    memcpy(copy, text.data, before);
    if (point != NULL) {
        size += float_separator(copy + size);
        memcpy(copy + size, point + 1, text.size - before - 1);
        size += text.size - before - 1;
    }
    copy[size] = '\0';
    *value = strtod(copy, NULL);
    return (float_bits(*value) & FLOAT_EXPONENT_MASK) != FLOAT_EXPONENT_MASK;
}
