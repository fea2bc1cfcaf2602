/* SHA-256 of files and bytes, as the lower-case hexadecimal text that evidence carries, and hexadecimal
 * itself. */
#ifndef DPONE_RUNTIME_DIGEST_H
#define DPONE_RUNTIME_DIGEST_H

#include <dpone/error.h>

/* 64 digits and the terminator. */
#define DPONE_SHA256_TEXT_BYTES 65

/* DPONE_OK, DPONE_NOT_FOUND, DPONE_PERMISSION_DENIED, DPONE_IO or DPONE_OUT_OF_MEMORY, naming the file. */
int32_t dpone_sha256_file(char out[DPONE_SHA256_TEXT_BYTES], const char *path, struct dpone_error *error);

/* Cannot fail but for lack of memory: DPONE_OK or DPONE_OUT_OF_MEMORY. */
int32_t dpone_sha256_bytes(char out[DPONE_SHA256_TEXT_BYTES], struct dpone_bytes bytes);

/* Two digits a byte and a terminator: `out` holds 2 * bytes.size + 1. */
void dpone_hex_write(char *out, struct dpone_bytes bytes);

/* The same on the heap, freed by the caller; NULL when memory is short. */
char *dpone_hex_of(struct dpone_bytes bytes);

/* Reads pairs of digits of either case into a buffer. DPONE_OK, DPONE_INVALID_ARGUMENT or
 * DPONE_OUT_OF_MEMORY. */
int32_t dpone_hex_read(struct dpone_buffer *out, const char *text);

#endif
