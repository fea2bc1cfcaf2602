/* ULIDs in Crockford's base 32. */
#include "runtime/ulid.h"

#include <string.h>
#include <sys/random.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void dpone_ulid_write(char out[DPONE_ULID_TEXT_BYTES], int64_t wall_clock_us,
                      const uint8_t random[DPONE_ULID_RANDOM_BYTES]) {
    uint64_t milliseconds = wall_clock_us < 0 ? 0 : (uint64_t)wall_clock_us / 1000;
    for (int i = 9; i >= 0; i--) {
        out[i] = alphabet[milliseconds & 31];
        milliseconds >>= 5;
    }
    uint32_t bits = 0; /* a queue of bits not yet written; its newest bit is the lowest */
    int queued = 0;
    size_t at = 10;
    for (size_t i = 0; i < DPONE_ULID_RANDOM_BYTES; i++) {
        bits = (bits << 8 | random[i]) & 0xffff;
        for (queued += 8; queued >= 5; queued -= 5) {
            out[at++] = alphabet[bits >> (queued - 5) & 31];
        }
    }
    out[at] = '\0';
}

void dpone_ulid_make(char out[DPONE_ULID_TEXT_BYTES], int64_t wall_clock_us) {
    uint8_t random[DPONE_ULID_RANDOM_BYTES] = {0};
    (void)getrandom(random, sizeof random, 0); /* whole for up to 256 bytes, once the kernel has started */
    dpone_ulid_write(out, wall_clock_us, random);
}

int dpone_ulid_valid(const char *text) {
    if (strlen(text) != DPONE_ULID_TEXT_BYTES - 1 || text[0] > '7') {
        return 0;
    }
    return strspn(text, alphabet) == DPONE_ULID_TEXT_BYTES - 1;
}
