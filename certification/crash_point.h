/* A process that dies at a chosen system call, or for which that call fails: what a crash, a broken disk, a
 * signal or a lost connection in the middle of an operation is. Counted are the calls that send, receive,
 * write, open, rename, remove, lock or sync, and for a failure those of them that can fail so; a wait for
 * more of one answer counts once, so that the numbers of a run do not depend on its speed. */
#ifndef DPONE_CERTIFICATION_CRASH_POINT_H
#define DPONE_CERTIFICATION_CRASH_POINT_H

#include <dpone/error.h>

#include <stddef.h>

/* Operations whose calls are counted on their own. */
enum dpone_crash_phase {
    DPONE_CRASH_STAGE = 0,
    DPONE_CRASH_PUBLISH = 1,
    DPONE_CRASH_ABORT = 2,
    DPONE_CRASH_RECOVER = 3,
    DPONE_CRASH_PHASE_COUNT = 4
};

/* What happens, and where. */
struct dpone_crash_point {
    int32_t phase;   /* enum dpone_crash_phase */
    int64_t ordinal; /* of the counted calls of that phase, from 0; -1: nothing happens */
    int32_t failure; /* 0: the process is killed; EIO, EINTR, ECONNRESET: this call fails; ENOSPC: it and all
                        that need room; DPONE_CRASH_SHORT: it writes half */
};
#define DPONE_CRASH_SHORT (-1)

enum dpone_crash_end {
    DPONE_CRASH_DONE = 0,     /* the operation came to its end */
    DPONE_CRASH_KILLED = 1,   /* killed at the point */
    DPONE_CRASH_FAILED = 2,   /* it ended in another way: the connector failed, or died by itself */
    DPONE_CRASH_UNWATCHED = 3 /* this system gives no such filter: `message` says why */
};

struct dpone_crash_result {
    int32_t end;                            /* enum dpone_crash_end */
    int64_t calls[DPONE_CRASH_PHASE_COUNT]; /* counted until then */
    char call[32];                          /* name of the call at which it happened */
    int32_t status;                         /* what dpone_crash_tell() was told; DPONE_OK */
    char message[256];
};

/* What the process says of itself; valid in `function` only. */
struct dpone_crash_self;

/* From here on calls are counted, those of `phase`. 0 when that cannot be: return then. */
int dpone_crash_enter(struct dpone_crash_self *self, int32_t phase);

/* Tells the status that an operation answered. */
void dpone_crash_tell(struct dpone_crash_self *self, int32_t status);

/* Returns 1 when the operation was done. */
typedef int (*dpone_crash_function)(struct dpone_crash_self *self, void *context);

/* Runs `function` in a process of its own, where `point` happens when it is about to make that call. DPONE_OK
 * with `out` filled, or DPONE_RESOURCE_EXHAUSTED. */
int32_t dpone_crash_point_run(struct dpone_crash_result *out, const struct dpone_crash_point *point,
                              dpone_crash_function function, void *context, struct dpone_error *error);

#endif
