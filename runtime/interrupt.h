/* SIGINT and SIGTERM as a request to stop, for commands that run long: no signal handler, a thread that
 * waits. */
#ifndef DPONE_RUNTIME_INTERRUPT_H
#define DPONE_RUNTIME_INTERRUPT_H

#include <dpone/error.h>

struct dpone_interrupt;

/* From now on the first such signal calls `stop` on a thread of its own, and the second ends the process as
 * usual. To be called before other threads start: they inherit that the signals are blocked.
 * DPONE_OUT_OF_MEMORY. */
int32_t dpone_interrupt_watch(struct dpone_interrupt **out, void (*stop)(void *context), void *context,
                              struct dpone_error *error);

/* Ends the watch and restores how the signals were. */
void dpone_interrupt_end(struct dpone_interrupt *interrupt);

#endif
