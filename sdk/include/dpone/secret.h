/* Secrets: resolved when needed, wiped when done, impossible to print by accident. */
#ifndef DPONE_SECRET_H
#define DPONE_SECRET_H

#include <dpone/host.h>

DPONE_BEGIN_DECLS

/* A resolved secret. Never copy `value` into messages, logs or names. */
struct dpone_secret {
    struct dpone_buffer value; /* `value.size` bytes, followed by a NUL for C APIs */
};
#define DPONE_SECRET_INIT                                                                                    \
    { DPONE_BUFFER_INIT }

/* Resolves a reference through the host. NULL or empty `reference`: an empty secret and DPONE_OK.
 * DPONE_NOT_FOUND and DPONE_INVALID_ARGUMENT name the reference. */
DPONE_API int32_t dpone_secret_resolve(struct dpone_secret *out, const struct dpone_host *host,
                                       const char *reference, struct dpone_error *error);

/* The value as a C string ("" when empty); valid until cleared. */
DPONE_API const char *dpone_secret_text(const struct dpone_secret *secret);

/* Wipes and frees. */
DPONE_API void dpone_secret_clear(struct dpone_secret *secret);

/* Overwrites memory in a way that the compiler keeps. */
DPONE_API void dpone_wipe(void *data, size_t size);

/* Replaces every occurrence of the secret in a NUL-terminated text by asterisks; for messages of third-party
 * libraries. */
DPONE_API void dpone_secret_redact(char *text, const struct dpone_secret *secret);

DPONE_END_DECLS

#endif
