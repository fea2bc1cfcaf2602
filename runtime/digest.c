/* SHA-256 through libcrypto, and hexadecimal. */
#include "runtime/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "runtime/files.h"

#define SHA256_BYTES 32
#define READ_BYTES 65536

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a SHA-256 digest");
}

static int32_t digest_finish(EVP_MD_CTX *context, char out[DPONE_SHA256_TEXT_BYTES],
                             struct dpone_error *error) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(context, digest, &size) != 1 || size != SHA256_BYTES) {
        return out_of_memory(error);
    }
    dpone_hex_write(out, (struct dpone_bytes){digest, SHA256_BYTES});
    return DPONE_OK;
}

static int32_t digest_of_descriptor(char out[DPONE_SHA256_TEXT_BYTES], int fd, const char *path,
                                    struct dpone_error *error) {
    int32_t status = DPONE_OUT_OF_MEMORY;
    uint8_t *block = malloc(READ_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (block == NULL || context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        status = out_of_memory(error);
        goto out;
    }
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
            status = digest_finish(context, out, error);
            goto out;
        }
        if (EVP_DigestUpdate(context, block, (size_t)size) != 1) {
            status = out_of_memory(error);
            goto out;
        }
    }
out:
    EVP_MD_CTX_free(context);
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
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    out[0] = '\0';
    if (EVP_Digest(bytes.data, bytes.size, digest, &size, EVP_sha256(), NULL) != 1) {
        return DPONE_OUT_OF_MEMORY;
    }
    dpone_hex_write(out, (struct dpone_bytes){digest, SHA256_BYTES});
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
