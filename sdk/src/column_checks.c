/* Scans over whole columns, written as loops over blocks of constant size, which compilers turn into vector
 * code: the verdict on a block is one sum, and only a block that fails is looked at again. */
#include "column_checks.h"

#include <string.h>

#include <dpone/validate.h>

#define BLOCK_OFFSETS 64

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Words that are looked at together: as wide as the vector unit of every 64-bit machine. */
#if defined(__GNUC__)
typedef uint64_t word_vector __attribute__((vector_size(16)));
#define VECTOR_ANY(vector) ((vector)[0] | (vector)[1])
#else
typedef uint64_t word_vector;
#define VECTOR_ANY(vector) (vector)
#endif

static int64_t bits_count_word(uint64_t word) {
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (int64_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

int64_t dpone_bits_count(const uint8_t *bits, int64_t first, int64_t count) {
    int64_t total = 0;
    int64_t at = first;
    int64_t end = first + count;
    for (; at < end && at % 8 != 0; at++)
        total += bits[at / 8] >> (at % 8) & 1;
    for (; end - at >= 64; at += 64) {
        uint64_t word;
        memcpy(&word, bits + at / 8, sizeof(word));
        total += bits_count_word(word);
    }
    for (; at < end; at++)
        total += bits[at / 8] >> (at % 8) & 1;
    return total;
}

int64_t dpone_offsets_first_decrease(const int32_t *offsets, int64_t rows) {
    int64_t at = 0;
    for (; rows - at >= BLOCK_OFFSETS; at += BLOCK_OFFSETS) {
        int32_t decreases = 0;
        for (int64_t i = 0; i < BLOCK_OFFSETS; i++)
            decreases |= offsets[at + i + 1] < offsets[at + i];
        if (decreases)
            break;
    }
    while (at < rows && offsets[at + 1] >= offsets[at])
        at++;
    return at;
}

int dpone_utf8_is_ascii(const uint8_t *data, size_t size) {
    size_t at = 0;
    for (; size - at >= 4 * sizeof(word_vector); at += 4 * sizeof(word_vector)) {
        word_vector a, b, c, d;
        memcpy(&a, data + at, sizeof(a));
        memcpy(&b, data + at + sizeof(a), sizeof(b));
        memcpy(&c, data + at + 2 * sizeof(a), sizeof(c));
        memcpy(&d, data + at + 3 * sizeof(a), sizeof(d));
        a = (a | b) | (c | d);
        if ((VECTOR_ANY(a) & HIGH_BITS) != 0)
            return 0;
    }
    uint8_t any = 0;
    for (; at < size; at++)
        any |= data[at];
    return any < 0x80;
}

int dpone_utf8_values_valid(const uint8_t *data, const int32_t *offsets, int64_t rows) {
    int32_t end = offsets[rows];
    size_t size = (size_t)(end - offsets[0]);
    if (size == 0 || dpone_utf8_is_ascii(data + offsets[0], size))
        return 1;
    if (dpone_utf8_valid_prefix(data + offsets[0], size) != size)
        return 0;
    /* All of it is UTF-8: each value is, when none begins in the middle of a character. */
    for (int64_t i = 0; i < rows; i++)
        if (offsets[i] < end && (data[offsets[i]] & 0xC0) == 0x80)
            return 0;
    return 1;
}
