/* All or nothing: a package is written to a stage beside its place and moved there in one step.
 *
 * A stage is a folder `.dpone-stage-<pid>-<n>` in the root, locked while its process lives; what a dead
 * process left is swept by the next one. A package is readable and writable by its owner, readable by all,
 * whatever the umask. */
#ifndef DPONE_GENERATOR_STAGE_H
#define DPONE_GENERATOR_STAGE_H

#include <dpone/error.h>

#include "generator/package.h"

/* Writes the package to <root>/<its folder>, making missing folders of `root`. CONFLICT when something other
 * than an empty folder is there, INVALID_ARGUMENT when a part of `root` is a link or no folder;
 * PERMISSION_DENIED, RESOURCE_EXHAUSTED (disk full) or IO otherwise. The place then is as it was before,
 * except when the very last sync failed. */
int32_t dpone_stage_write(const struct dpone_package *package, const char *root, struct dpone_error *error);

/* The same without changing anything: would there be a CONFLICT, or a root that is no good? */
int32_t dpone_stage_check(const struct dpone_package *package, const char *root, struct dpone_error *error);

#endif
