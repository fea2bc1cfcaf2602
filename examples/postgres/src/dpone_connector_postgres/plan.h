/* Which schema changes a load needs, decided without touching anything. */
#ifndef DPONE_CONNECTOR_POSTGRES_PLAN_H
#define DPONE_CONNECTOR_POSTGRES_PLAN_H

#include "table.h"

/* Begins with all zero. */
struct postgres_plan {
    struct dpone_string version;     /* of the columns it was made for; borrowed from the plan's bytes */
    struct postgres_columns columns; /* of the target afterwards */
    struct postgres_columns targets; /* where each column of the load goes */
};

void postgres_plan_clear(struct postgres_plan *plan);

/* The version of a list of columns: their names, types, nullability and order. */
int32_t postgres_plan_version(struct dpone_buffer *out, const struct postgres_columns *columns,
                              struct dpone_error *error);

/* Writes the plan for `change`; nothing when the target need not change. Safe are: a new nullable column,
 * int32 to int64, more precision of a decimal; with DPONE_EVOLUTION_NEW_COLUMN also any other type, whose
 * values go to a column of their own, `__dpone__nc__<column>`. All else is DPONE_CONFLICT, and so are these
 * under DPONE_EVOLUTION_FAIL. */
int32_t postgres_plan_make(struct dpone_buffer *out, const struct dpone_schema_change *change,
                           struct dpone_error *error);

/* Reads it back. `bytes` must outlive the plan. DPONE_INVALID_ARGUMENT. */
int32_t postgres_plan_read(struct postgres_plan *out, struct dpone_bytes bytes, struct dpone_error *error);

#endif
