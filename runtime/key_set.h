/* Counts how many of many 128-bit keys occurred before, in bounded memory: sorted runs spill to a file
 * without a name.
 */
#ifndef DPONE_RUNTIME_KEY_SET_H
#define DPONE_RUNTIME_KEY_SET_H

#include <dpone/error.h>

#define DPONE_KEY_BYTES 16

struct dpone_key_set;

/* Spills to `directory`, which must live as long as the set, beyond `memory_bytes` (64 KiB at least). */
int32_t dpone_key_set_new(struct dpone_key_set **out, const char *directory, size_t memory_bytes,
                          struct dpone_error *error);
void dpone_key_set_free(struct dpone_key_set *set);

/* DPONE_OK; DPONE_IO, DPONE_RESOURCE_EXHAUSTED and the like when spilling fails. */
int32_t dpone_key_set_add(struct dpone_key_set *set, const uint8_t key[DPONE_KEY_BYTES],
                          struct dpone_error *error);

/* Keys added minus different keys. Once, after the last add. */
int32_t dpone_key_set_repeats(struct dpone_key_set *set, int64_t *out, struct dpone_error *error);

#endif
