/* The slots of a connector, one by one: which must be filled, and calling each without an error record. */
#ifndef DPONE_CERTIFICATION_CHECKS_ABI_SLOTS_H
#define DPONE_CERTIFICATION_CHECKS_ABI_SLOTS_H

#include "../check.h"

#include <dpone/connector.h>

/* Expects every required slot of every table that is there, and the tables' struct sizes. */
void dpone_abi_expect_tables(struct dpone_check_run *run, const struct dpone_connector *connector);

/* Opens the connector with the contract's options, in which nothing that answers is named, and calls every
 * slot with a NULL error: each must return. */
void dpone_abi_call_without_error(struct dpone_check_run *run, const struct dpone_connector *connector);

#endif
