/* What a new connector package is to be: checked names and capabilities, and the data its templates see. */
#ifndef DPONE_GENERATOR_PACKAGE_SPEC_H
#define DPONE_GENERATOR_PACKAGE_SPEC_H

#include <stddef.h>

#include <dpone/error.h>

#include "generator/name.h"
#include "generator/text.h"
#include "manifest/tree.h"

enum { DPONE_CAPABILITY_COUNT = 3, DPONE_MAX_NATIVE_CAPABILITIES = 16 };

/* "source", "sink", "state": the order in which they are always listed. */
extern const char *const dpone_capability_names[DPONE_CAPABILITY_COUNT];

/* No memory of its own; `type` and the native capabilities are borrowed. */
struct dpone_package_spec {
    char connector[DPONE_NAME_BYTES]; /* demo_api */
    char prefix[DPONE_NAME_BYTES];    /* dpone_connector */
    const char *type;                 /* api */
    int capabilities[DPONE_CAPABILITY_COUNT];
    const char *native[DPONE_MAX_NATIVE_CAPABILITIES]; /* sorted, each once */
    size_t native_count;
};

/* Starts a spec with checked names. INVALID_ARGUMENT names what is wrong with them and the remedy. */
int32_t dpone_package_spec_init(struct dpone_package_spec *out, const char *name, const char *prefix,
                                const char *type, struct dpone_error *error);

/* Adds a capability, or a native one; giving it again changes nothing. INVALID_ARGUMENT when there is none of
 * that name. */
int32_t dpone_package_spec_add_capability(struct dpone_package_spec *spec, const char *name,
                                          struct dpone_error *error);
int32_t dpone_package_spec_add_native(struct dpone_package_spec *spec, const char *name,
                                      struct dpone_error *error);

/* Adds the name of the package's folder to `out`: "dpone-connector-demo-api". DPONE_OK or
 * DPONE_OUT_OF_MEMORY. */
int32_t dpone_package_spec_append_folder(struct dpone_text *out, const struct dpone_package_spec *spec);

/* The data of docs/reference/templates.md as a tree, which the caller frees. `native_offered` is the sequence
 * of native capabilities that the connector type knows. */
int32_t dpone_package_spec_data(struct dpone_tree **out, const struct dpone_package_spec *spec,
                                const struct dpone_node *native_offered, struct dpone_error *error);

#endif
