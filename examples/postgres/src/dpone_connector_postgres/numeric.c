/* The binary form of numeric: count, weight, sign, scale, then digits of base 10000. The first digit stands
 * for 10000^weight; digits that are zero may be left out at either end. */
#include "numeric.h"

#include <string.h>

#include "wire.h"

enum { NUMERIC_POSITIVE = 0x0000, NUMERIC_NEGATIVE = 0x4000 };

enum { NUMERIC_HEADER_BYTES = 8, NUMERIC_DIGIT_LETTERS = 4 };

/* The digit of base 10000 whose last letter is `end`; letters beyond `text` are zeros. */
static uint16_t numeric_digit(const char *text, int length, int end) {
    uint16_t digit = 0;
    for (int at = end - NUMERIC_DIGIT_LETTERS; at < end; at++) {
        digit = (uint16_t)(10 * digit + (at >= 0 && at < length ? text[at] - '0' : 0));
    }
    return digit;
}

size_t postgres_numeric_write(uint8_t out[POSTGRES_NUMERIC_MAXIMUM_BYTES], const struct dpone_column *column,
                              const uint8_t *value) {
    char text[DPONE_VALUE_TEXT_BYTES];
    size_t size = dpone_value_text_write(text, column, value);
    int negative = text[0] == '-';
    int whole = (int)(size - (size_t)negative) - column->scale - (column->scale > 0);
    char *letters = text + negative;
    memmove(letters + whole, letters + whole + (column->scale > 0), (size_t)column->scale);
    int length = whole + column->scale;
    int weight = (whole + NUMERIC_DIGIT_LETTERS - 1) / NUMERIC_DIGIT_LETTERS - 1;
    uint16_t count = 0;
    uint16_t used = 0;
    for (int end = whole - weight * NUMERIC_DIGIT_LETTERS; end < length + NUMERIC_DIGIT_LETTERS;
         end += NUMERIC_DIGIT_LETTERS) {
        uint16_t digit = numeric_digit(letters, length, end);
        postgres_wire_put16(out + NUMERIC_HEADER_BYTES + 2 * count++, digit);
        used = digit != 0 ? count : used;
    }
    postgres_wire_put16(out, used);
    postgres_wire_put16(out + 2, (uint16_t)(used > 0 ? weight : 0));
    postgres_wire_put16(out + 4, negative ? NUMERIC_NEGATIVE : NUMERIC_POSITIVE);
    postgres_wire_put16(out + 6, (uint16_t)column->scale);
    return NUMERIC_HEADER_BYTES + 2u * used;
}

/* Letter `at` of a number whose first digit has the letters from 0 on. */
static char numeric_letter(const uint8_t *digits, int count, int at) {
    static const uint16_t powers[NUMERIC_DIGIT_LETTERS] = {1000, 100, 10, 1};
    if (at < 0 || at >= count * NUMERIC_DIGIT_LETTERS) {
        return '0';
    }
    uint16_t digit = postgres_wire_get16(digits + 2 * (at / NUMERIC_DIGIT_LETTERS));
    return (char)('0' + digit / powers[at % NUMERIC_DIGIT_LETTERS] % 10);
}

size_t postgres_numeric_read(char out[DPONE_VALUE_TEXT_BYTES], const struct dpone_column *column,
                             const uint8_t *data, size_t size) {
    int count = size < NUMERIC_HEADER_BYTES ? -1 : postgres_wire_get16(data);
    if (count < 0 || size != NUMERIC_HEADER_BYTES + 2 * (size_t)count) {
        return 0;
    }
    int whole = ((int16_t)postgres_wire_get16(data + 2) + 1) * NUMERIC_DIGIT_LETTERS;
    uint16_t sign = postgres_wire_get16(data + 4);
    const uint8_t *digits = data + NUMERIC_HEADER_BYTES;
    if ((sign != NUMERIC_POSITIVE && sign != NUMERIC_NEGATIVE) || whole > 40 ||
        postgres_wire_get16(data + 6) > column->scale) {
        return 0;
    }
    size_t length = 0;
    int begin = 0; /* of the letters before the point: no leading zeros, but one letter at least */
    while (begin + 1 < whole && numeric_letter(digits, count, begin) == '0') {
        begin++;
    }
    if (sign == NUMERIC_NEGATIVE) {
        out[length++] = '-';
    }
    if (whole <= 0) {
        out[length++] = '0';
    }
    for (int at = begin; at < whole; at++) {
        out[length++] = numeric_letter(digits, count, at);
    }
    if (column->scale > 0) {
        out[length++] = '.';
    }
    for (int at = 0; at < column->scale && length + 1 < DPONE_VALUE_TEXT_BYTES; at++) {
        out[length++] = numeric_letter(digits, count, whole + at);
    }
    out[length] = '\0';
    return length;
}

int postgres_numeric_read_small(uint8_t out[16], const struct dpone_column *column, const uint8_t *data,
                                size_t size) {
    int count = size < NUMERIC_HEADER_BYTES ? -1 : postgres_wire_get16(data);
    int weight = count < 0 ? 0 : (int16_t)postgres_wire_get16(data + 2);
    uint16_t sign = count < 0 ? 0 : postgres_wire_get16(data + 4);
    if (count < 0 || count > 4 || size != NUMERIC_HEADER_BYTES + 2 * (size_t)count || weight < -4 ||
        (sign != NUMERIC_POSITIVE && sign != NUMERIC_NEGATIVE) ||
        postgres_wire_get16(data + 6) > column->scale ||
        (weight + 1) * NUMERIC_DIGIT_LETTERS + column->scale > 18) {
        return 0;
    }
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        value = 10000 * value + postgres_wire_get16(data + NUMERIC_HEADER_BYTES + 2 * i);
    }
    int shift = count == 0 ? 0 : (weight + 1 - count) * NUMERIC_DIGIT_LETTERS + column->scale;
    for (; shift > 0; shift--) {
        value *= 10;
    }
    for (; shift < 0; shift++) {
        value /= 10; /* zeros, since there are no more places than the scale */
    }
    value = sign == NUMERIC_NEGATIVE ? -value : value;
    for (int i = 0; i < 16; i++) {
        out[i] = i < 8 ? (uint8_t)((uint64_t)value >> 8 * i) : (uint8_t)(value < 0 ? 0xff : 0);
    }
    return 1;
}
