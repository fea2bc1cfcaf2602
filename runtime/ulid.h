/* ULIDs: 26 characters that sort by the time they were made (https://github.com/ulid/spec). */
#ifndef DPONE_RUNTIME_ULID_H
#define DPONE_RUNTIME_ULID_H

#include <stdint.h>

#define DPONE_ULID_TEXT_BYTES 27
#define DPONE_ULID_RANDOM_BYTES 10

/* From microseconds since 1970 and 10 random bytes; negative times count as 0. Writes 26 characters and a
 * terminator.
 */
void dpone_ulid_write(char out[DPONE_ULID_TEXT_BYTES], int64_t wall_clock_us,
                      const uint8_t random[DPONE_ULID_RANDOM_BYTES]);

/* With the kernel's own randomness, never a seeded one: two runs never share an id. */
void dpone_ulid_make(char out[DPONE_ULID_TEXT_BYTES], int64_t wall_clock_us);

/* 1 when `text` is 26 characters of the alphabet that fit 128 bits. */
int dpone_ulid_valid(const char *text);

#endif
