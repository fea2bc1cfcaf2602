/* All checks of this version and of the ones to come: the one table behind `connectors checks`, the
 * documentation, the list of CTest tests and the required set. A check whose run is NULL is known by name and
 * cannot run yet. */
#ifndef DPONE_CERTIFICATION_CATALOGUE_H
#define DPONE_CERTIFICATION_CATALOGUE_H

#include "check.h"

/* The rows in the order in which they run and are reported. Static. */
const struct dpone_check *const *dpone_catalogue(size_t *count);

/* The row with that id, or NULL. */
const struct dpone_check *dpone_catalogue_find(const char *id);

/* The capability whose word it is ("source", "sink", "state"), 0 for another word; and back. */
uint32_t dpone_capability_parse(const char *name);
const char *dpone_capability_name(uint32_t capability);

#endif
