/* What every call wrapper does before and after a slot is called. Internal. */
#ifndef DPONE_SRC_CALL_SUPPORT_H
#define DPONE_SRC_CALL_SUPPORT_H

#include <dpone/call.h>

/* A slot of a table that may be absent, or shorter than this header's; NULL then. */
#define DPONE_SLOT(table, type, member)                                                                      \
    ((table) != NULL && DPONE_HAS(table, type, member) ? (table)->member : NULL)

/* DPONE_NOT_IMPLEMENTED naming the slot. */
int32_t dpone_call_absent(const char *slot, struct dpone_error *error);

/* DPONE_INVALID_ARGUMENT, "<slot>: <reason>". */
int32_t dpone_call_refuse(const char *slot, const char *reason, struct dpone_error *error);

/* DPONE_INVALID_STATE for a handle that was never filled or is closed. */
int32_t dpone_call_closed(const char *slot, struct dpone_error *error);

/* DPONE_INTERNAL: the connector broke the contract, "<slot>: <defect>". */
int32_t dpone_call_defect(const char *slot, const char *defect, struct dpone_error *error);

/* The status that a slot answered, as a host may rely on it: a number that is no status becomes INTERNAL, a
 * failure without a message gets one, a record left from before is emptied on DPONE_OK. */
int32_t dpone_call_finish(int32_t status, const char *slot, struct dpone_error *error);

/* Zeroes a caller's struct behind its struct_size. */
void dpone_call_zero(void *handle);

/* Is the buffer of the caller (nullable) empty, as the slots require? */
int dpone_call_buffer_ready(const struct dpone_buffer *buffer);

#endif
