/* Schema plans of the reference connector: what has to change in a target so that a load fits.
 *
 * A plan is {"version": digest of the columns it saw, "columns": [the target's columns afterwards],
 * "targets": [name of the target's column for each column of the load]}. */
#ifndef DPONE_RUNTIME_REFERENCE_PLAN_H
#define DPONE_RUNTIME_REFERENCE_PLAN_H

#include <dpone/sink.h>

#include "runtime/reference_columns.h"

/* Begin with all zero. */
struct dpone_reference_plan {
    char version[DPONE_SHA256_TEXT_BYTES];
    struct dpone_columns columns;
    json_t *targets; /* array of strings */
    int changes;     /* 1: something has to change, or a column goes elsewhere */
};

void dpone_reference_plan_clear(struct dpone_reference_plan *plan);

/* Decides; pure. DPONE_CONFLICT names the first change that the policy forbids. */
int32_t dpone_reference_plan_make(struct dpone_reference_plan *out, const struct dpone_columns *current,
                                  const struct dpone_columns *wanted, int32_t policy,
                                  struct dpone_error *error);

/* The opaque bytes of plan(), and back. */
int32_t dpone_reference_plan_write(const struct dpone_reference_plan *plan, struct dpone_buffer *out,
                                   struct dpone_error *error);
int32_t dpone_reference_plan_read(struct dpone_reference_plan *out, struct dpone_bytes bytes,
                                  struct dpone_error *error);

#endif
