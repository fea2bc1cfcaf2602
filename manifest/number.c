/* Arithmetic on decimal digits, so that 0.1 is a tenth: see number.h. */
#include "manifest/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "manifest/hash.h"

/* Exponents beyond this are all the same: no text that fits a file has as many digits. */
static const int64_t exponent_limit = INT64_C(1000000000000000);

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The exponent behind `e`, kept within the limit. */
static int64_t read_exponent(struct dpone_string text, size_t at) {
    int negative = at < text.size && text.data[at] == '-';
    int64_t value = 0;
    for (; at < text.size; at++) {
        if (is_digit(text.data[at]) && value < exponent_limit) {
            value = value * 10 + (text.data[at] - '0');
        }
    }
    return negative ? -value : value;
}

static void read_decimal(struct dpone_number *out, struct dpone_string text) {
    int64_t whole_digits = 0;  /* before the point, from the first one that is not 0 */
    int64_t leading_zeros = 0; /* behind the point, before the first digit that is not 0 */
    size_t since_nonzero = 0;
    int seen_point = 0;
    size_t at = 0;
    for (; at < text.size && (is_digit(text.data[at]) || text.data[at] == '.'); at++) {
        char c = text.data[at];
        if (c == '.') {
            seen_point = 1;
            continue;
        }
        if (out->digits == NULL && c == '0') {
            leading_zeros += seen_point;
            continue;
        }
        out->digits = out->digits == NULL ? text.data + at : out->digits;
        whole_digits += !seen_point;
        since_nonzero++;
        if (c != '0') {
            out->digit_count += since_nonzero;
            since_nonzero = 0;
        }
    }
    int64_t written = at < text.size ? read_exponent(text, at + 1) : 0;
    out->exponent = out->digits == NULL ? 0 : whole_digits - leading_zeros + written;
}

/* 0x and 0o integers; those beyond 64 bits stay at the largest of 64 bits. */
static void read_based(struct dpone_number *out, struct dpone_string text, unsigned bits) {
    uint64_t value = 0;
    for (size_t i = 2; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        uint64_t digit = is_digit(text.data[i]) ? c - 48u : (c | 0x20u) - 87u; /* '0', and 'a' less 10 */
        value = value >> (64 - bits) != 0 ? UINT64_MAX : (value << bits) | digit;
    }
    int size = snprintf(out->converted, sizeof out->converted, "%" PRIu64, value);
    read_decimal(out, (struct dpone_string){out->converted, (size_t)size});
}

void dpone_number_read(struct dpone_number *out, struct dpone_string text) {
    *out = (struct dpone_number){.class = DPONE_NUMBER_FINITE};
    if (text.size > 2 && text.data[0] == '0' && (text.data[1] == 'x' || text.data[1] == 'o')) {
        read_based(out, text, text.data[1] == 'x' ? 4 : 3);
        return;
    }
    size_t sign = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    out->negative = sign == 1 && text.data[0] == '-';
    struct dpone_string rest = {text.data + sign, text.size - sign};
    if (rest.size == 4 && rest.data[0] == '.' && !is_digit(rest.data[1])) {
        out->class = (rest.data[1] | 0x20) == 'i' ? DPONE_NUMBER_INFINITE : DPONE_NUMBER_NAN;
        return;
    }
    read_decimal(out, rest);
}

/* Steps over the digits of a number, zeros behind the last. */
struct digit_cursor {
    const char *at;
    size_t left;
};

static struct digit_cursor digits_of(const struct dpone_number *number) {
    return (struct digit_cursor){number->digits, number->digit_count};
}

static int next_digit(struct digit_cursor *cursor) {
    if (cursor->left == 0) {
        return 0;
    }
    cursor->left--;
    cursor->at += *cursor->at == '.';
    return *cursor->at++ - '0';
}

static int compare_magnitudes(const struct dpone_number *left, const struct dpone_number *right) {
    if (left->digit_count == 0 || right->digit_count == 0) {
        return (left->digit_count != 0) - (right->digit_count != 0);
    }
    if (left->exponent != right->exponent) {
        return left->exponent < right->exponent ? -1 : 1;
    }
    struct digit_cursor a = digits_of(left);
    struct digit_cursor b = digits_of(right);
    while (a.left > 0 || b.left > 0) {
        int difference = next_digit(&a) - next_digit(&b);
        if (difference != 0) {
            return difference < 0 ? -1 : 1;
        }
    }
    return 0;
}

/* -1, 0, 1, and beyond all finite numbers -2 and 2. */
static int rank(const struct dpone_number *number) {
    if (number->class == DPONE_NUMBER_FINITE && number->digit_count == 0) {
        return 0;
    }
    int size = number->class == DPONE_NUMBER_INFINITE ? 2 : 1;
    return number->negative ? -size : size;
}

int dpone_number_compare(const struct dpone_number *left, const struct dpone_number *right) {
    if (left->class == DPONE_NUMBER_NAN || right->class == DPONE_NUMBER_NAN) {
        return 2;
    }
    int a = rank(left);
    int b = rank(right);
    if (a != b) {
        return a < b ? -1 : 1;
    }
    if (left->class == DPONE_NUMBER_INFINITE) {
        return 0;
    }
    return left->negative ? compare_magnitudes(right, left) : compare_magnitudes(left, right);
}

int dpone_number_is_integer(const struct dpone_number *number) {
    return number->class == DPONE_NUMBER_FINITE && number->exponent >= (int64_t)number->digit_count;
}

/* left * right modulo `modulus`, without a product wider than 64 bits. modulus is below 2^63. */
static uint64_t multiply_modulo(uint64_t left, uint64_t right, uint64_t modulus) {
    uint64_t result = 0;
    for (; right > 0; right >>= 1) {
        if (right & 1) {
            result = (result + left) % modulus;
        }
        left = left * 2 % modulus;
    }
    return result;
}

static uint64_t power_of_ten_modulo(uint64_t exponent, uint64_t modulus) {
    uint64_t result = 1 % modulus;
    uint64_t base = 10 % modulus;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1) {
            result = multiply_modulo(result, base, modulus);
        }
        base = multiply_modulo(base, base, modulus);
    }
    return result;
}

/* digits * 10^zeros divisible by a divisor of at most 17 digits. */
static int divides_short(const struct dpone_number *number, uint64_t zeros,
                         const struct dpone_number *divisor) {
    uint64_t modulus = 0;
    for (struct digit_cursor at = digits_of(divisor); at.left > 0;) {
        modulus = modulus * 10 + (uint64_t)next_digit(&at);
    }
    uint64_t rest = 0;
    for (struct digit_cursor at = digits_of(number); at.left > 0;) {
        rest = (rest * 10 + (uint64_t)next_digit(&at)) % modulus;
    }
    return multiply_modulo(rest, power_of_ten_modulo(zeros, modulus), modulus) == 0;
}

/* A remainder of digits, most significant first, one longer than the divisor. */
struct long_remainder {
    signed char digits[DPONE_NUMBER_DIVISOR_DIGITS + 1];
    signed char divisor[DPONE_NUMBER_DIVISOR_DIGITS + 1];
    size_t size;
};

static int remainder_reaches_divisor(const struct long_remainder *rest) {
    return memcmp(rest->digits, rest->divisor, rest->size) >= 0;
}

static void push_digit(struct long_remainder *rest, int digit) {
    memmove(rest->digits, rest->digits + 1, rest->size - 1);
    rest->digits[rest->size - 1] = (signed char)digit;
    while (remainder_reaches_divisor(rest)) {
        int borrow = 0;
        for (size_t i = rest->size; i-- > 0;) {
            int difference = rest->digits[i] - rest->divisor[i] - borrow;
            borrow = difference < 0;
            rest->digits[i] = (signed char)(difference + 10 * borrow);
        }
    }
}

static int remainder_is_zero(const struct long_remainder *rest) {
    for (size_t i = 0; i < rest->size; i++) {
        if (rest->digits[i] != 0) {
            return 0;
        }
    }
    return 1;
}

/* Long division. A divisor of n digits holds each of the factors 2 and 5 less than 4n times, so more zeros
 * than that change nothing about divisibility. */
static int divides_long(const struct dpone_number *number, uint64_t zeros,
                        const struct dpone_number *divisor) {
    struct long_remainder rest = {.size = divisor->digit_count + 1};
    struct digit_cursor at = digits_of(divisor);
    for (size_t i = 1; i < rest.size; i++) {
        rest.divisor[i] = (signed char)next_digit(&at);
    }
    for (at = digits_of(number); at.left > 0;) {
        push_digit(&rest, next_digit(&at));
    }
    uint64_t enough = 4 * (uint64_t)divisor->digit_count;
    for (uint64_t left = zeros < enough ? zeros : enough; left > 0; left--) {
        push_digit(&rest, 0);
    }
    return remainder_is_zero(&rest);
}

int dpone_number_is_multiple(const struct dpone_number *number, const struct dpone_number *divisor) {
    if (number->class != DPONE_NUMBER_FINITE) {
        return 0;
    }
    if (number->digit_count == 0) {
        return 1;
    }
    /* Places of the last digit: neither number ends in 0, so a coarser divisor divides nothing. */
    int64_t places = number->exponent - (int64_t)number->digit_count;
    int64_t divisor_places = divisor->exponent - (int64_t)divisor->digit_count;
    if (divisor_places > places) {
        return 0;
    }
    uint64_t zeros = (uint64_t)(places - divisor_places);
    return divisor->digit_count <= 17 ? divides_short(number, zeros, divisor)
                                      : divides_long(number, zeros, divisor);
}

uint64_t dpone_number_hash(const struct dpone_number *number) {
    char head[40];
    size_t size = 0;
    struct digit_cursor at = digits_of(number);
    while (size < sizeof head && at.left > 0) {
        head[size++] = (char)next_digit(&at);
    }
    uint64_t shape = (uint64_t)number->exponent * 8 + (uint64_t)rank(number) + 2;
    return dpone_hash((struct dpone_string){head, size}, shape ^ (uint64_t)number->digit_count << 48);
}
