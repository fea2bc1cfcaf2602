/* SipHash (Aumasson and Bernstein, 2012) with one round per word and three at the end. */
#include "manifest/hash.h"

#include <string.h>
#include <sys/auxv.h>

static uint64_t rotate(uint64_t value, int bits) {
    return (value << bits) | (value >> (64 - bits));
}

static void sip_round(uint64_t v[4]) {
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* Sixteen random bytes that the kernel hands every process, looked up once in each thread. */
static const uint64_t *process_key(void) {
    static _Thread_local uint64_t key[2];
    if ((key[0] | key[1]) == 0) {
        const void *random = (const void *)getauxval(AT_RANDOM);
        if (random != NULL) {
            memcpy(key, random, sizeof key);
        }
    }
    return key;
}

uint64_t dpone_hash(struct dpone_string text, uint64_t seed) {
    const uint64_t *random = process_key();
    const uint64_t key[2] = {random[0] ^ seed, random[1]};
    uint64_t v[4] = {key[0] ^ 0x736F6D6570736575u, key[1] ^ 0x646F72616E646F6Du, key[0] ^ 0x6C7967656E657261u,
                     key[1] ^ 0x7465646279746573u};
    size_t whole = text.size / 8 * 8;
    uint64_t word;
    for (size_t at = 0; at < whole; at += 8) {
        memcpy(&word, text.data + at, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    word = (uint64_t)text.size << 56;
    for (size_t i = whole; i < text.size; i++) {
        word |= (uint64_t)(unsigned char)text.data[i] << (8 * (i - whole));
    }
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
    v[2] ^= 0xFF;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
