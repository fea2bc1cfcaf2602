/* Secret references of the system host: where a value comes from, and buffers that wipe themselves. */
#ifndef DPONE_RUNTIME_SECRETS_H
#define DPONE_RUNTIME_SECRETS_H

#include <dpone/error.h>

/* 1 when `reference` has a known form: `env:NAME` with a name of letters, digits and `_`, or `file:PATH`. */
int dpone_secret_reference_valid(struct dpone_string reference);

/* Resolves it. A file gives its content without one trailing newline. DPONE_NOT_FOUND: variable not set, no
 * such file; DPONE_INVALID_ARGUMENT: unknown form, a NUL byte inside, more than DPONE_SECRET_MAXIMUM_BYTES,
 * no regular file; DPONE_PERMISSION_DENIED, DPONE_IO, DPONE_OUT_OF_MEMORY. Messages name the reference, never
 * the value. The value is followed by a NUL and wiped when the buffer is cleared. */
int32_t dpone_secret_reference_resolve(struct dpone_buffer *out, struct dpone_string reference,
                                       struct dpone_error *error);

#endif
