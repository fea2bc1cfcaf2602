/* A keyed hash for names that come from files: nobody outside can choose names that collide. */
#ifndef DPONE_MANIFEST_HASH_H
#define DPONE_MANIFEST_HASH_H

#include <dpone/base.h>

/* SipHash-1-3 of the bytes under a key drawn once per process; `seed` separates uses. */
uint64_t dpone_hash(struct dpone_string text, uint64_t seed);

#endif
