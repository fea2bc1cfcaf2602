/* Looking up the schemas that the build made into data. */
#include "manifest/builtin_schemas.h"

#include <string.h>

const struct dpone_builtin_schema *dpone_builtin_schema_named(const char *name) {
    for (const struct dpone_builtin_schema *schema = dpone_builtin_schemas; schema->name != NULL; schema++) {
        if (strcmp(schema->name, name) == 0) {
            return schema;
        }
    }
    return NULL;
}

const struct dpone_builtin_schema *dpone_builtin_schema_at(struct dpone_string uri) {
    for (const struct dpone_builtin_schema *schema = dpone_builtin_schemas; schema->name != NULL; schema++) {
        if (dpone_string_equal(dpone_string_of(schema->uri), uri)) {
            return schema;
        }
    }
    return NULL;
}
