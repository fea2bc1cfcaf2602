/* Targets: making them, bringing them to the columns of a plan, and finding out what may be done to them. */
#ifndef DPONE_CONNECTOR_POSTGRES_TARGET_H
#define DPONE_CONNECTOR_POSTGRES_TARGET_H

#include "load.h"
#include "plan.h"

/* Makes a table. */
int32_t postgres_target_create(struct postgres_session *session, const struct postgres_table *table,
                               const struct postgres_columns *columns, struct dpone_error *error);

int32_t postgres_target_exists(const struct postgres_load *load, int *out, struct dpone_error *error);

/* `*out` is 1 when staging may take the target's place: there is no target yet, or it is to become the load,
 * and nothing would be lost with it: no grant, index, view, trigger, default, sequence, constraint, comment,
 * setting or publication. */
int32_t postgres_target_can_swap(const struct postgres_load *load, int exists, int *out,
                                 struct dpone_error *error);

/* Within the transaction of a publication: locks the target, or makes it, and brings its columns to those of
 * the plan (NULL: they must fit). `*swaps` is 1 when staging is to take its place instead. DPONE_CONFLICT
 * when its columns are not those that the load was planned for. */
int32_t postgres_target_prepare(struct postgres_load *load, const struct postgres_plan *plan, int *swaps,
                                struct dpone_error *error);

#endif
