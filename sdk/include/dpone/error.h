/* Status codes and the error record that every call of the ABI may fill.
 *
 * A function returns a status. On anything but DPONE_OK it also fills the caller's struct dpone_error, where
 * one was given: the pointer may always be NULL. Nothing in a library prints, exits or aborts. */
#ifndef DPONE_ERROR_H
#define DPONE_ERROR_H

#include <dpone/base.h>

DPONE_BEGIN_DECLS

enum dpone_status {
    DPONE_OK = 0,
    DPONE_INVALID_ARGUMENT = 1, /* the caller's options, request or data are wrong; the message names which */
    DPONE_NOT_FOUND = 2,        /* the named table, resource or key does not exist */
    DPONE_NOT_IMPLEMENTED = 3,  /* this slot, strategy or ABI version is not offered */
    DPONE_UNAUTHENTICATED = 4,  /* credentials missing or refused */
    DPONE_PERMISSION_DENIED = 5, /* credentials accepted, action refused */
    DPONE_CONFLICT = 6,          /* somebody else changed it first, or a key was reused with other content */
    DPONE_THROTTLED = 7,         /* the system asks to slow down; see retry_after_ms */
    DPONE_UNAVAILABLE = 8,       /* no connection, or the system failed in a way that may pass */
    DPONE_TIMEOUT = 9,           /* a time limit of the connector ran out */
    DPONE_CANCELLED = 10,        /* the host asked to stop */
    DPONE_RESOURCE_EXHAUSTED = 11, /* disk, quota, size limit */
    DPONE_OUT_OF_MEMORY = 12,
    DPONE_IO = 13,               /* a local file operation failed */
    DPONE_DATA_CORRUPT = 14,     /* what the system sent cannot be right: truncated, unparsable, checksum */
    DPONE_UNSUPPORTED_TYPE = 15, /* the value or type cannot be represented exactly in the target */
    DPONE_OUTCOME_UNKNOWN =
        16, /* a publish or commit whose answer was lost: ask last_published, or repeat with the same key */
    DPONE_INVALID_STATE =
        17, /* the call is out of order: write after stage, publish before stage, use after abort */
    DPONE_INTERNAL = 18 /* a defect of the connector or of the SDK */
};

/* Bytes of dpone_error.message, terminator included. */
#define DPONE_ERROR_MESSAGE_BYTES 1024

/* Caller-owned, no memory of its own. A callee overwrites it only when it fails. */
struct dpone_error {
    uint32_t struct_size;
    int32_t status;         /* enum dpone_status */
    int32_t retryable;      /* 1: the same call may succeed later without any change by the user */
    int32_t reserved;       /* 0 */
    int64_t retry_after_ms; /* what the system asked for; -1 when it did not say */
    char message[DPONE_ERROR_MESSAGE_BYTES]; /* one line, UTF-8, NUL-terminated, cut at a character; never a
                                                secret */
};

/* `struct dpone_error error = DPONE_ERROR_INIT;` */
#define DPONE_ERROR_INIT                                                                                     \
    {                                                                                                        \
        (uint32_t)sizeof(struct dpone_error), 0, 0, 0, -1, {                                                 \
            0                                                                                                \
        }                                                                                                    \
    }

/* Fills `error` (nullable) and returns `status`, so that `return dpone_error_set(error, ...)` is the usual
 * last line. Control characters of the message become spaces, those at its end are cut off; retryable is set
 * for THROTTLED, UNAVAILABLE and TIMEOUT. */
DPONE_API int32_t dpone_error_set(struct dpone_error *error, int32_t status, const char *format, ...)
    DPONE_PRINTF(3, 4);

/* The same with the wait the system asked for, in milliseconds (-1: none). */
DPONE_API int32_t dpone_error_set_retry(struct dpone_error *error, int32_t status, int64_t retry_after_ms,
                                        const char *format, ...) DPONE_PRINTF(4, 5);

/* Puts "<context>: " before the message; the status stays. */
DPONE_API void dpone_error_prepend(struct dpone_error *error, const char *format, ...) DPONE_PRINTF(2, 3);

/* Empties the record (DPONE_OK, no message). */
DPONE_API void dpone_error_clear(struct dpone_error *error);

/* "INVALID_ARGUMENT" for DPONE_INVALID_ARGUMENT, and so on; "UNKNOWN" for a number that is none. Static
 * storage. */
DPONE_API const char *dpone_status_name(int32_t status);

DPONE_END_DECLS

#endif
