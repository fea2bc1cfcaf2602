/* A digest of a multiset of rows: equal for the same rows in any order and any cut into batches or
 * partitions.
 *
 * Each row is serialised as, per column in order: a byte 0 (NULL) or 1, then the canonical text
 * (dpone/value_text.h) as a 32-bit little-endian length and its bytes. Its hash is SipHash-2-4 with 128 bits
 * of output and the key 00 01 .. 0f (Aumasson and Bernstein; the reference's little-endian output). The
 * digest is the sum of the rows' hashes modulo 2^128, little-endian. Sums of disjoint parts add up. */
#ifndef DPONE_ROW_HASH_H
#define DPONE_ROW_HASH_H

#include <dpone/batch_view.h>

DPONE_BEGIN_DECLS

#define DPONE_DIGEST_BYTES 16

/* A running digest; begin with all zero. */
struct dpone_digest {
    uint8_t bytes[DPONE_DIGEST_BYTES];
};

/* Adds every row of the view. DPONE_OK or DPONE_OUT_OF_MEMORY. */
DPONE_API int32_t dpone_digest_add_batch(struct dpone_digest *digest, const struct dpone_batch_view *view,
                                         struct dpone_error *error);

/* Adds one row given as the serialised bytes above. */
DPONE_API void dpone_digest_add_row(struct dpone_digest *digest, const void *row, size_t size);

/* Adds the digest of another, disjoint part. */
DPONE_API void dpone_digest_add(struct dpone_digest *digest, const struct dpone_digest *other);

DPONE_END_DECLS

#endif
