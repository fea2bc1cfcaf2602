/* Jobs in processes in which the connector was never used: what another process finds, today or after a
 * restart.
 *
 * A nursery is forked before the connector is first called; each job runs in a child of it, so no memory of
 * the caller's calls can help. */
#ifndef DPONE_CERTIFICATION_FRESH_H
#define DPONE_CERTIFICATION_FRESH_H

#include <dpone/error.h>

#include <stdio.h>

struct dpone_fresh;

/* Runs in a process of its own; what it writes to `answer` is handed back. It makes no expectations. */
typedef int32_t (*dpone_fresh_job)(void *context, struct dpone_bytes question, FILE *answer,
                                   struct dpone_error *error);

/* How a job ended. */
struct dpone_fresh_end {
    int32_t status; /* what the job returned, `error` with it */
    int32_t signal; /* that ended its process, with status DPONE_INTERNAL; 0: none */
    struct dpone_error error;
    struct dpone_buffer answer;
};

/* Forks the nursery; `context` goes to every job. DPONE_OK or DPONE_RESOURCE_EXHAUSTED. */
int32_t dpone_fresh_start(struct dpone_fresh **out, void *context, struct dpone_error *error);

/* Starts a job; one at a time in a nursery. */
int32_t dpone_fresh_begin(struct dpone_fresh *fresh, dpone_fresh_job job, struct dpone_bytes question,
                          struct dpone_error *error);

/* Waits for its end. DPONE_OK with `out` filled, whatever became of the job; dpone_fresh_end_clear() it. */
int32_t dpone_fresh_await(struct dpone_fresh *fresh, struct dpone_fresh_end *out, struct dpone_error *error);
void dpone_fresh_end_clear(struct dpone_fresh_end *end);

/* begin and await. */
int32_t dpone_fresh_ask(struct dpone_fresh *fresh, dpone_fresh_job job, struct dpone_bytes question,
                        struct dpone_fresh_end *out, struct dpone_error *error);

/* Ends the nursery; no job is under way. NULL is harmless. */
void dpone_fresh_stop(struct dpone_fresh *fresh);

#endif
