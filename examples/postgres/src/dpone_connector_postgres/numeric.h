/* The binary form of numeric: digits of base 10000, and where the point is. */
#ifndef DPONE_CONNECTOR_POSTGRES_NUMERIC_H
#define DPONE_CONNECTOR_POSTGRES_NUMERIC_H

#include <dpone/dpone.h>

/* Room for any decimal128: eight bytes of header, and at most eleven digits. */
#define POSTGRES_NUMERIC_MAXIMUM_BYTES (8 + 2 * 11)

/* Writes a decimal128 of `column`; returns its size. */
size_t postgres_numeric_write(uint8_t out[POSTGRES_NUMERIC_MAXIMUM_BYTES], const struct dpone_column *column,
                              const uint8_t *value);

/* Reads one as canonical text with the column's scale; returns its length. 0 for NaN, infinities, a number
 * that needs more than 38 digits or another scale, and bytes that are none. */
size_t postgres_numeric_read(char out[DPONE_VALUE_TEXT_BYTES], const struct dpone_column *column,
                             const uint8_t *data, size_t size);

/* Reads one of at most 18 digits as a decimal128 of the column, which most are; 0 when it is none of these.
 */
int postgres_numeric_read_small(uint8_t out[16], const struct dpone_column *column, const uint8_t *data,
                                size_t size);

#endif
