/* decimal128 as text: 128 bits as four limbs of 32, most significant last, so that any compiler can do it. */
#include "number_text.h"

#include <string.h>

#define LIMBS 4
#define GROUP_DIGITS 9
#define GROUP 1000000000u

static void decimal_load(uint32_t limbs[LIMBS], const uint8_t value[16]) {
    for (size_t i = 0; i < LIMBS; i++)
        limbs[i] = (uint32_t)value[4 * i] | (uint32_t)value[4 * i + 1] << 8 |
                   (uint32_t)value[4 * i + 2] << 16 | (uint32_t)value[4 * i + 3] << 24;
}

static void decimal_store(uint8_t value[16], const uint32_t limbs[LIMBS]) {
    for (size_t i = 0; i < 16; i++)
        value[i] = (uint8_t)(limbs[i / 4] >> (8 * (i % 4)));
}

/* Two's complement. */
static void decimal_negate(uint32_t limbs[LIMBS]) {
    uint64_t carry = 1;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint32_t)~limbs[i];
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* Divides by `divisor` and returns the remainder. */
static uint32_t decimal_divide(uint32_t limbs[LIMBS], uint32_t divisor) {
    uint64_t rest = 0;
    for (size_t i = LIMBS; i-- > 0;) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
    return (uint32_t)rest;
}

/* limbs * factor + addend; what does not fit is lost. */
static void decimal_multiply_add(uint32_t limbs[LIMBS], uint32_t factor, uint32_t addend) {
    uint64_t carry = addend;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint64_t)limbs[i] * factor;
        limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* The absolute value; 1 when it was negative. */
static int decimal_absolute(uint32_t limbs[LIMBS], const uint8_t value[16]) {
    decimal_load(limbs, value);
    int negative = limbs[LIMBS - 1] >> 31 != 0;
    if (negative)
        decimal_negate(limbs);
    return negative;
}

/* All digits of an absolute value without leading zeros (none of 0); at most 39. */
static size_t decimal_digits(char out[5 * GROUP_DIGITS + 1], uint32_t limbs[LIMBS]) {
    uint32_t groups[5];
    size_t count = 0;
    while ((limbs[0] | limbs[1] | limbs[2] | limbs[3]) != 0)
        groups[count++] = decimal_divide(limbs, GROUP);
    size_t size = 0;
    for (size_t i = count; i-- > 0;)
        size += dpone_number_write_digits(out + size, groups[i], size == 0 ? 1 : GROUP_DIGITS);
    return size;
}

size_t dpone_number_write_decimal128(char out[DPONE_VALUE_TEXT_BYTES], const uint8_t value[16],
                                     int32_t scale) {
    uint32_t limbs[LIMBS];
    char digits[5 * GROUP_DIGITS + 1];
    size_t size = 0;
    if (decimal_absolute(limbs, value))
        out[size++] = '-';
    size_t count = decimal_digits(digits, limbs);
    size_t fraction = (size_t)scale;
    size_t whole = count > fraction ? count - fraction : 0;
    if (whole == 0)
        out[size++] = '0';
    memcpy(out + size, digits, whole);
    size += whole;
    if (fraction > 0) {
        out[size++] = '.';
        memset(out + size, '0', fraction - (count - whole));
        size += fraction - (count - whole);
        memcpy(out + size, digits + whole, count - whole);
        size += count - whole;
    }
    out[size] = '\0';
    return size;
}

/* Is it digits, without superfluous zeros in front, and exactly `scale` of them after the point? */
static int decimal_syntax(struct dpone_string digits, int32_t precision, int32_t scale) {
    size_t fraction = scale > 0 ? (size_t)scale + 1 : 0;
    if (digits.size <= fraction)
        return 0;
    size_t whole = digits.size - fraction;
    if (digits.data[0] == '0' && whole > 1)
        return 0;
    for (size_t i = 0; i < digits.size; i++)
        if (i == whole ? digits.data[i] != '.' : digits.data[i] < '0' || digits.data[i] > '9')
            return 0;
    /* The zero before the point of "0.5" is no digit of the number. */
    return whole - (digits.data[0] == '0') <= (size_t)(precision - scale);
}

int dpone_number_read_decimal128(uint8_t value[16], struct dpone_string text, int32_t precision,
                                 int32_t scale) {
    uint32_t limbs[LIMBS] = {0};
    if (text.size == 0)
        return 0;
    int negative = text.data[0] == '-';
    struct dpone_string digits = {text.data + negative, text.size - (size_t)negative};
    if (!decimal_syntax(digits, precision, scale))
        return 0;
    for (size_t i = 0; i < digits.size; i++)
        if (digits.data[i] != '.')
            decimal_multiply_add(limbs, 10, (uint32_t)(digits.data[i] - '0'));
    if (negative && (limbs[0] | limbs[1] | limbs[2] | limbs[3]) == 0)
        return 0;
    if (negative)
        decimal_negate(limbs);
    decimal_store(value, limbs);
    return 1;
}

int dpone_number_decimal_fits(const uint8_t value[16], int32_t precision) {
    uint32_t limbs[LIMBS];
    decimal_absolute(limbs, value);
    /* Most values are small: one limb proves 9 digits, two limbs 19. */
    if (limbs[3] == 0 && limbs[2] == 0 && ((limbs[1] == 0 && precision > GROUP_DIGITS) || precision > 19))
        return 1;
    char digits[5 * GROUP_DIGITS + 1];
    return decimal_digits(digits, limbs) <= (size_t)precision;
}
