/* The schemas that dpone brings along, as data in the program (made from manifest/schemas/ by the build). */
#ifndef DPONE_MANIFEST_BUILTIN_SCHEMAS_H
#define DPONE_MANIFEST_BUILTIN_SCHEMAS_H

#include <dpone/base.h>

struct dpone_builtin_schema {
    const char *name; /* "manifest" */
    const char *file; /* "manifest.schema.json" */
    const char *uri;  /* its $id, without a fragment */
    const unsigned char *data;
    size_t size;
};

/* Ended by an entry without a name. */
extern const struct dpone_builtin_schema dpone_builtin_schemas[];

/* NULL when there is none of that name, or with that URI. */
const struct dpone_builtin_schema *dpone_builtin_schema_named(const char *name);
const struct dpone_builtin_schema *dpone_builtin_schema_at(struct dpone_string uri);

#endif
