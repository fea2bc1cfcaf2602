/* Connector packages around manifests: a manifest below a package is also checked by the options schema of
 * its connector. */
#ifndef DPONE_MANIFEST_VALIDATE_PACKAGE_H
#define DPONE_MANIFEST_VALIDATE_PACKAGE_H

#include "manifest/manifest.h"

struct dpone_package_schemas;

/* `directory` NULL: the package of each file is looked for in the folders above it. Otherwise it is the
 * package of every file, and not having one there is an error. The caller frees *out. */
int32_t dpone_package_schemas_open(struct dpone_package_schemas **out, const char *directory,
                                   struct dpone_error *error);
void dpone_package_schemas_free(struct dpone_package_schemas *schemas);

/* The connector whose options are checked in the file at `path`, *out NULL without any. Valid until the
 * schemas are freed. DPONE_INVALID_ARGUMENT or DPONE_IO when a package is there and cannot be used. */
int32_t dpone_package_schemas_find(struct dpone_package_schemas *schemas, const char *path,
                                   const struct dpone_manifest_connector **out, struct dpone_error *error);

#endif
