/* The digest of a multiset of rows (dpone/row_hash.h): SipHash-2-4 with 128 bits of output, after the paper
 * of Aumasson and Bernstein, summed over the rows. */
#include <dpone/row_hash.h>

#include <string.h>

#include <dpone/value_text.h>

#include "memory.h"

/* The key 00 01 .. 0f as two little-endian words. */
#define KEY_LOW UINT64_C(0x0706050403020100)
#define KEY_HIGH UINT64_C(0x0f0e0d0c0b0a0908)

struct hash_state {
    uint64_t v0, v1, v2, v3;
};

/* Spelled out, so that compilers make one load of it. */
static inline uint64_t hash_load(const uint8_t *data) {
    return (uint64_t)data[0] | (uint64_t)data[1] << 8 | (uint64_t)data[2] << 16 | (uint64_t)data[3] << 24 |
           (uint64_t)data[4] << 32 | (uint64_t)data[5] << 40 | (uint64_t)data[6] << 48 |
           (uint64_t)data[7] << 56;
}

static void hash_store(uint8_t *out, uint64_t word) {
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(word >> (8 * i));
}

static inline uint64_t hash_rotate(uint64_t word, int bits) {
    return word << bits | word >> (64 - bits);
}

static inline void hash_rounds(struct hash_state *s, int count) {
    for (int i = 0; i < count; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = hash_rotate(s->v1, 13) ^ s->v0;
        s->v3 = hash_rotate(s->v3, 16) ^ s->v2;
        s->v0 = hash_rotate(s->v0, 32) + s->v3;
        s->v2 += s->v1;
        s->v1 = hash_rotate(s->v1, 17) ^ s->v2;
        s->v3 = hash_rotate(s->v3, 21) ^ s->v0;
        s->v2 = hash_rotate(s->v2, 32);
    }
}

static inline void hash_compress(struct hash_state *s, uint64_t word) {
    s->v3 ^= word;
    hash_rounds(s, 2);
    s->v0 ^= word;
}

static void hash_row(uint64_t out[2], const uint8_t *data, size_t size) {
    struct hash_state s = {UINT64_C(0x736f6d6570736575) ^ KEY_LOW,
                           UINT64_C(0x646f72616e646f6d) ^ KEY_HIGH ^ 0xee,
                           UINT64_C(0x6c7967656e657261) ^ KEY_LOW, UINT64_C(0x7465646279746573) ^ KEY_HIGH};
    uint8_t tail[8] = {0};
    size_t whole = size & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8)
        hash_compress(&s, hash_load(data + i));
    if (size > whole)
        memcpy(tail, data + whole, size - whole);
    tail[7] = (uint8_t)size;
    hash_compress(&s, hash_load(tail));
    s.v2 ^= 0xee;
    hash_rounds(&s, 4);
    out[0] = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    s.v1 ^= 0xdd;
    hash_rounds(&s, 4);
    out[1] = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static void digest_add_words(struct dpone_digest *digest, uint64_t low, uint64_t high) {
    uint64_t sum_low = hash_load(digest->bytes) + low;
    uint64_t sum_high = hash_load(digest->bytes + 8) + high + (sum_low < low ? 1 : 0);
    hash_store(digest->bytes, sum_low);
    hash_store(digest->bytes + 8, sum_high);
}

void dpone_digest_add_row(struct dpone_digest *digest, const void *row, size_t size) {
    uint64_t hash[2];
    hash_row(hash, row, size);
    digest_add_words(digest, hash[0], hash[1]);
}

void dpone_digest_add(struct dpone_digest *digest, const struct dpone_digest *other) {
    digest_add_words(digest, hash_load(other->bytes), hash_load(other->bytes + 8));
}

/* One serialised row, kept from row to row. */
struct row_text {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

static int32_t row_reserve(struct row_text *row, size_t size) {
    if (row->capacity - row->size >= size)
        return DPONE_OK;
    size_t capacity = 2 * row->capacity + size + 256;
    uint8_t *data = capacity < size ? NULL : dpone_memory_allocate(capacity);
    if (data == NULL)
        return DPONE_OUT_OF_MEMORY;
    if (row->size > 0)
        memcpy(data, row->data, row->size);
    dpone_memory_free(row->data);
    row->data = data;
    row->capacity = capacity;
    return DPONE_OK;
}

/* A value: 1, length, text. */
static int32_t row_append_value(void *context, const char *data, size_t size) {
    struct row_text *row = context;
    if (row_reserve(row, size + 5) != DPONE_OK)
        return DPONE_OUT_OF_MEMORY;
    uint8_t *at = row->data + row->size;
    *at++ = 1;
    for (int i = 0; i < 4; i++)
        *at++ = (uint8_t)(size >> (8 * i));
    if (size > 0)
        memcpy(at, data, size);
    row->size += size + 5;
    return DPONE_OK;
}

static int32_t row_append_null(struct row_text *row) {
    if (row_reserve(row, 1) != DPONE_OK)
        return DPONE_OUT_OF_MEMORY;
    row->data[row->size++] = 0;
    return DPONE_OK;
}

static int32_t row_serialise(struct row_text *row, const struct dpone_batch_view *view, int64_t index) {
    int32_t status = DPONE_OK;
    row->size = 0;
    for (int64_t i = 0; i < view->column_count && status == DPONE_OK; i++) {
        const struct dpone_column_view *column = &view->columns[i];
        status = dpone_view_is_null(column, index)
                     ? row_append_null(row)
                     : dpone_value_text_of_view(column, index, row_append_value, row);
    }
    return status;
}

int32_t dpone_digest_add_batch(struct dpone_digest *digest, const struct dpone_batch_view *view,
                               struct dpone_error *error) {
    struct row_text row = {NULL, 0, 0};
    struct dpone_digest batch = {{0}};
    int32_t status = DPONE_OK;
    for (int64_t i = 0; i < view->rows && status == DPONE_OK; i++) {
        status = row_serialise(&row, view, i);
        if (status == DPONE_OK)
            dpone_digest_add_row(&batch, row.data, row.size);
    }
    dpone_memory_free(row.data);
    if (status != DPONE_OK)
        return dpone_error_set(error, status, "out of memory for the hash of a row");
    dpone_digest_add(digest, &batch);
    return DPONE_OK;
}
