/* A load in a process of its own that is killed, or for which a chosen system call of stage(), publish(),
 * abort() or recover() fails, and what must be true after it: the target is the old or the new one, the
 * position agrees, and the next run succeeds and cleans up. This proves the death of a process, not the loss
 * of power. */
#ifndef DPONE_CERTIFICATION_CRASH_LOAD_H
#define DPONE_CERTIFICATION_CRASH_LOAD_H

#include "crash_point.h"
#include "live.h"

#include "runtime/digest.h"

struct dpone_crash_load {
    struct dpone_live *live;
    struct dpone_live_load load;
    int64_t old_rows;
    int32_t failure; /* of the point that is under way: waits after a lost connection are skipped */
    struct dpone_digest digest;
    struct dpone_publish_request publish;
    char old_path[4096]; /* dumps of the target before and after */
    char new_path[4096];
};

/* What a target may be; what it is. */
enum dpone_crash_target { DPONE_CRASH_OLD = 1, DPONE_CRASH_NEW = 2 };

/* A load of `rows` rows on a target of `old_rows`, in one batch of few columns: what tears is the
 * publication, not its values, and few columns leave time for every point. `target` is static. `live` keeps
 * the columns. 0 when the check was given up, as in every function here. */
int dpone_crash_load_prepare(struct dpone_crash_load *out, struct dpone_live *live, const char *target,
                             int32_t strategy, int64_t old_rows, int64_t rows);

/* Runs the load on the old target until the point: one that is published, given up with abort(), or dead and
 * recovered, as the phase asks. Without a failure it must not end by itself. */
int dpone_crash_load_run(struct dpone_crash_load *crash, const struct dpone_crash_point *point,
                         struct dpone_crash_result *out);

/* Runs it with nothing happening, and expects that it is done: `out` counts the calls. */
int dpone_crash_load_rehearse(struct dpone_crash_load *crash, int32_t phase, int32_t failure,
                              struct dpone_crash_result *out);

/* Ordinal `index` of `chosen` out of `count`: all of them, or one by the seed in each of as many equal parts.
 */
int64_t dpone_crash_load_ordinal(uint64_t seed, int64_t index, int64_t chosen, int64_t count);

/* Expects one of the targets in `allowed`, the position that agrees with it, and that the next run, with the
 * same key, recovers and succeeds. Returns the target, 0 when an expectation is unmet. */
int dpone_crash_load_judge(const struct dpone_crash_load *crash, const char *where, int allowed);

#endif
