/* The canonical text of floats and decimals: the two whose digits need arithmetic. Internal. */
#ifndef DPONE_SRC_NUMBER_TEXT_H
#define DPONE_SRC_NUMBER_TEXT_H

#include <dpone/value_text.h>

/* Decimal digits of an unsigned number, at least `width` of them; returns their count. */
size_t dpone_number_write_digits(char *out, uint64_t value, size_t width);

size_t dpone_number_write_float64(char out[DPONE_VALUE_TEXT_BYTES], double value);
size_t dpone_number_write_decimal128(char out[DPONE_VALUE_TEXT_BYTES], const uint8_t value[16],
                                     int32_t scale);

/* 1 and the value, or 0 when the text is not of the type. */
int dpone_number_read_float64(double *value, struct dpone_string text);
int dpone_number_read_decimal128(uint8_t value[16], struct dpone_string text, int32_t precision,
                                 int32_t scale);

/* 1 when the absolute value is below 10^precision. */
int dpone_number_decimal_fits(const uint8_t value[16], int32_t precision);

#endif
