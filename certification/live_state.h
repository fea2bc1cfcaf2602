/* What the checks of a state backend share: values put and looked at, here and in a process that never used
 * the connector. */
#ifndef DPONE_CERTIFICATION_LIVE_STATE_H
#define DPONE_CERTIFICATION_LIVE_STATE_H

#include "fresh.h"
#include "live.h"

/* Two processes can be at work beside this one. */
#define DPONE_LIVE_OTHERS 2

struct dpone_live_state {
    struct dpone_live live;
    struct dpone_fresh *others[DPONE_LIVE_OTHERS]; /* their context is this struct */
};

/* Runs the cases with a struct dpone_live_state as context. */
void dpone_live_state_run_cases(struct dpone_check_run *run, const struct dpone_live_case *cases,
                                size_t count);

/* A value to compare with; `data` NULL with size SIZE_MAX: the key is absent. */
#define DPONE_LIVE_ABSENT ((struct dpone_bytes){NULL, SIZE_MAX})
struct dpone_bytes dpone_live_text(const char *text);

/* ---- Without expectations: what the connector answered, `error` filled ---- */

/* read(), write() and commit() of one key. */
int32_t dpone_live_state_try_put(const struct dpone_live_instance *instance, const char *key,
                                 struct dpone_bytes value, struct dpone_error *error);

/* read() alone; clear `out`. */
int32_t dpone_live_state_try_read(const struct dpone_live_instance *instance, const char *key,
                                  struct dpone_state_value *out, struct dpone_error *error);

/* read(), then write() from its token, with a change that is neither committed nor rolled back yet. */
int32_t dpone_live_state_try_prepare(const struct dpone_live_instance *instance, const char *key,
                                     struct dpone_bytes value, struct dpone_state_change *out,
                                     struct dpone_error *error);

/* ---- Expectations of the open case ---- */

int dpone_live_state_put(const struct dpone_live_instance *instance, const char *key,
                         struct dpone_bytes value);

int dpone_live_state_prepare(const struct dpone_live_instance *instance, const char *key,
                             struct dpone_bytes value, struct dpone_state_change *out);

/* The bytes of a value, or its absence. */
int dpone_live_state_expect_bytes(struct dpone_live_state *state, const char *where,
                                  struct dpone_bytes expected, struct dpone_bytes observed);

/* What a read in this instance must find. */
int dpone_live_state_expect_here(struct dpone_live_state *state, const struct dpone_live_instance *instance,
                                 const char *where, const char *key, struct dpone_bytes expected);

/* What a new process must find. */
int dpone_live_state_expect_fresh(struct dpone_live_state *state, const char *where, const char *key,
                                  struct dpone_bytes expected);

/* The same where one of two values is right. */
int dpone_live_state_expect_fresh_either(struct dpone_live_state *state, const char *where, const char *key,
                                         struct dpone_bytes expected, struct dpone_bytes or_this);

/* Runs a job in a new process and expects it to have returned DPONE_OK; the caller clears `out`. */
int dpone_live_state_ask(struct dpone_live_state *state, const char *where, dpone_fresh_job job,
                         struct dpone_bytes question, struct dpone_fresh_end *out);

#endif
