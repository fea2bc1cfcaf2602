/* A connector package in memory: every file rendered and every path checked before the first byte is written.
 */
#ifndef DPONE_GENERATOR_PACKAGE_H
#define DPONE_GENERATOR_PACKAGE_H

#include <stddef.h>

#include <dpone/error.h>

#include "generator/package_spec.h"
#include "generator/template_folder.h"
#include "generator/text.h"

struct dpone_package_file {
    struct dpone_text path; /* below the package: dpone_name_is_path_below() */
    struct dpone_text content;
    unsigned mode; /* 0644 or 0755 */
};

/* Owned by the caller, starts as {0}, ends with dpone_package_clear(). */
struct dpone_package {
    struct dpone_text folder;         /* its name, one part */
    struct dpone_package_file *files; /* sorted by path */
    size_t count;
    size_t capacity;
};

/* Renders every file that the indexes list and whose condition holds. INVALID_ARGUMENT with file, line and
 * column for a template or an index entry that is wrong; what reading files answers otherwise. */
int32_t dpone_package_render(struct dpone_package *out, const struct dpone_template_folder *folder,
                             const struct dpone_package_spec *spec, struct dpone_error *error);

void dpone_package_clear(struct dpone_package *package);

#endif
