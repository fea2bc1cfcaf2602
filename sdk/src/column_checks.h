/* Scans over whole columns that the builder and the validator share. Internal. */
#ifndef DPONE_SRC_COLUMN_CHECKS_H
#define DPONE_SRC_COLUMN_CHECKS_H

#include <stddef.h>
#include <stdint.h>

/* Bits that are 1 among `count` from bit `first` on. */
int64_t dpone_bits_count(const uint8_t *bits, int64_t first, int64_t count);

/* The first i below `rows` with offsets[i + 1] < offsets[i], or `rows` when there is none. */
int64_t dpone_offsets_first_decrease(const int32_t *offsets, int64_t rows);

/* 1 when every value is UTF-8 on its own; the offsets have been proven. */
int dpone_utf8_values_valid(const uint8_t *data, const int32_t *offsets, int64_t rows);

/* 1 when no byte is above 127. */
int dpone_utf8_is_ascii(const uint8_t *data, size_t size);

#endif
