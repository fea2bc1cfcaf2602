/* Exact decimal numbers of any size, as JSON and YAML write them: comparing, integrality, divisibility. */
#ifndef DPONE_MANIFEST_NUMBER_H
#define DPONE_MANIFEST_NUMBER_H

#include <dpone/base.h>

enum dpone_number_class { DPONE_NUMBER_FINITE, DPONE_NUMBER_INFINITE, DPONE_NUMBER_NAN };

/* A finite value is 0.DIGITS times ten to `exponent`, DIGITS without leading or trailing zeros; zero has
 * none. The digits are a view of the text it was read from, or of `converted`: a number is read in place and
 * never copied. */
struct dpone_number {
    int32_t class; /* enum dpone_number_class */
    int32_t negative;
    const char *digits; /* digit_count of them, among which a '.' is skipped */
    size_t digit_count;
    int64_t exponent;
    char converted[24]; /* decimal digits of a hexadecimal or octal integer */
};

/* Reads the text of an integer or float scalar of the YAML core schema, which covers JSON. */
void dpone_number_read(struct dpone_number *out, struct dpone_string text);

/* -1, 0 or 1; 2 when either is not a number. */
int dpone_number_compare(const struct dpone_number *left, const struct dpone_number *right);

int dpone_number_is_integer(const struct dpone_number *number);

/* The most digits of a divisor. */
enum { DPONE_NUMBER_DIVISOR_DIGITS = 400 };

/* 1 when `number` is a multiple of `divisor`, which is finite, positive and within
 * DPONE_NUMBER_DIVISOR_DIGITS. Takes time in proportion to the digits of both, not to the size of the
 * exponents. */
int dpone_number_is_multiple(const struct dpone_number *number, const struct dpone_number *divisor);

/* Equal numbers have equal hashes, however they are written. */
uint64_t dpone_number_hash(const struct dpone_number *number);

#endif
