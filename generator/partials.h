/* Partials as files: the template NAME is `NAME.mustache`, or `NAME`, in the first of several folders that
 * has it. */
#ifndef DPONE_GENERATOR_PARTIALS_H
#define DPONE_GENERATOR_PARTIALS_H

#include <stddef.h>

#include "generator/mustache.h"

enum { DPONE_PARTIALS_MAX_FOLDERS = 4 };

/* Caller-owned: set folders (borrowed) and folder_count, zero the rest; ends with dpone_partials_clear().
 * Used by one thread. Each file is read and parsed once. */
struct dpone_partials {
    const char *folders[DPONE_PARTIALS_MAX_FOLDERS];
    size_t folder_count;
    struct partial *loaded;
};

/* A dpone_template_context.partial whose `user` is a struct dpone_partials. The template lives until
 * dpone_partials_clear(). Templates cannot name one outside of its folder: that is an error of parsing. */
int32_t dpone_partials_find(const struct dpone_template **out, void *user, struct dpone_string name,
                            struct dpone_error *error);

void dpone_partials_clear(struct dpone_partials *self);

#endif
