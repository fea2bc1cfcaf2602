/* JSON files that notice when they were edited: written in one canonical form, with a digest of their own
 * content.
 *
 * The digest protects against mistakes, not against malice: whoever can edit a file can also compute a
 * digest. */
#ifndef DPONE_CERTIFICATION_SEALED_H
#define DPONE_CERTIFICATION_SEALED_H

#include "runtime/digest.h"

#include <jansson.h>

/* SHA-256 of the canonical form of a value: sorted keys, no spaces. DPONE_OK or DPONE_OUT_OF_MEMORY. */
int32_t dpone_sealed_digest(char out[DPONE_SHA256_TEXT_BYTES], const json_t *value);

/* Sets the member "digest" of `object` to the digest of all others, and writes the file atomically, two
 * spaces of indentation, keys sorted. */
int32_t dpone_sealed_write(const char *path, json_t *object, struct dpone_error *error);

/* Reads such a file. DPONE_DATA_CORRUPT when any byte of it is not as it was written; DPONE_NOT_FOUND;
 * DPONE_IO. The caller decrefs `*out`. */
int32_t dpone_sealed_read(json_t **out, const char *path, struct dpone_error *error);

/* The text of a member; "" when there is none. Borrowed. */
const char *dpone_json_text(const json_t *object, const char *key);

#endif
