/* SHA-256 through libcrypto, and hexadecimal. The functions of OpenSSL 1.1 are used because they need no more
 * of libcrypto than SHA-256 itself: linked from the archive they cost the start of the program nothing, where
 * the library or the EVP functions, which bring all of it, double it. */
#define OPENSSL_API_COMPAT 0x10100000L
#include "runtime/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "runtime/files.h"

#define READ_BYTES 65536

static void digest_finish(SHA256_CTX *context, char out[DPONE_SHA256_TEXT_BYTES]) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    (void)SHA256_Final(digest, context);
    dpone_hex_write(out, (struct dpone_bytes){digest, sizeof digest});
}

static int32_t digest_of_descriptor(char out[DPONE_SHA256_TEXT_BYTES], int fd, const char *path,
                                    struct dpone_error *error) {
    uint8_t *block = malloc(READ_BYTES);
    SHA256_CTX context;
    int32_t status = DPONE_OK;
    if (block == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a SHA-256 digest");
    }
    (void)SHA256_Init(&context);
    for (;;) {
        ssize_t size = read(fd, block, READ_BYTES);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            status = dpone_file_error(error, errno, "read", path);
            goto out;
        }
        if (size == 0) {
            digest_finish(&context, out);
            goto out;
        }
        (void)SHA256_Update(&context, block, (size_t)size);
    }
out:
    free(block);
    return status;
}

int32_t dpone_sha256_file(char out[DPONE_SHA256_TEXT_BYTES], const char *path, struct dpone_error *error) {
    out[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return dpone_file_error(error, errno, "open", path);
    }
    int32_t status = digest_of_descriptor(out, fd, path, error);
    close(fd);
    return status;
}

int32_t dpone_sha256_bytes(char out[DPONE_SHA256_TEXT_BYTES], struct dpone_bytes bytes) {
    SHA256_CTX context;
    (void)SHA256_Init(&context);
    (void)SHA256_Update(&context, bytes.data, bytes.size);
    digest_finish(&context, out);
    return DPONE_OK;
}

void dpone_hex_write(char *out, struct dpone_bytes bytes) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    out[2 * bytes.size] = '\0';
}

char *dpone_hex_of(struct dpone_bytes bytes) {
    if (bytes.size > (SIZE_MAX - 1) / 2) {
        return NULL;
    }
    char *text = malloc(2 * bytes.size + 1);
    if (text != NULL) {
        dpone_hex_write(text, bytes);
    }
    return text;
}

static int hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

int32_t dpone_hex_read(struct dpone_buffer *out, const char *text) {
    size_t size = strlen(text);
    uint8_t *bytes = malloc(size / 2 + 1);
    if (bytes == NULL) {
        return DPONE_OUT_OF_MEMORY;
    }
    int32_t status = size % 2 == 0 ? DPONE_OK : DPONE_INVALID_ARGUMENT;
    for (size_t i = 0; i < size / 2 && status == DPONE_OK; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            status = DPONE_INVALID_ARGUMENT;
        } else {
            bytes[i] = (uint8_t)(high * 16 + low);
        }
    }
    if (status == DPONE_OK) {
        status = dpone_buffer_copy(out, bytes, size / 2);
    }
    free(bytes);
    return status;
}
