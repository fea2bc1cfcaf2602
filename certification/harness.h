/* Runs checks, each in a guarded process with a private folder, and leaves one evidence file for each.
 *
 * The evidence of a check says "unverified" from the moment before it starts until its process has ended:
 * whatever dies in between, a check that did not finish has not passed. */
#ifndef DPONE_CERTIFICATION_HARNESS_H
#define DPONE_CERTIFICATION_HARNESS_H

#include "evidence.h"

/* How the names of private folders begin. */
#define DPONE_CHECK_FOLDER "dpone-check-"

struct dpone_harness {
    const struct dpone_subject *subject; /* its artifact folder was made */
    const char *only_case;               /* NULL: all cases */
    int64_t jobs;                        /* checks at the same time, at least 1 */
    /* Called after each check with its evidence, in the order in which checks end; NULL evidence when the
     * file cannot be read back. */
    void (*progress)(void *context, const struct dpone_check *check, const json_t *evidence);
    void *progress_context;
};

/* DPONE_OK when every check has its evidence, whatever the verdicts; DPONE_CANCELLED after SIGINT or SIGTERM;
 * DPONE_IO, DPONE_RESOURCE_EXHAUSTED, DPONE_OUT_OF_MEMORY. Nothing that was started is left when it returns.
 */
int32_t dpone_harness_run(const struct dpone_harness *harness, const struct dpone_check *const *checks,
                          size_t count, struct dpone_error *error);

/* Runs one check in this process's children and writes its evidence. `directory` is its private folder. What
 * dpone_harness_run() does in a worker process. */
int32_t dpone_harness_run_check(const struct dpone_harness *harness, const struct dpone_check *check,
                                const char *directory, struct dpone_error *error);

/* Why a check cannot run in these circumstances, or NULL. Static or `text`. */
const char *dpone_harness_obstacle(const struct dpone_check *check, const struct dpone_subject *subject,
                                   char *text, size_t text_bytes);

#endif
