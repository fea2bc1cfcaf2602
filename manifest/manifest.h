/* Validating manifests: their shape by manifest/schemas/manifest.schema.json, what a shape cannot say, and
 * the options of a connector by its own schema. */
#ifndef DPONE_MANIFEST_MANIFEST_H
#define DPONE_MANIFEST_MANIFEST_H

#include "manifest/schema.h"

/* A connector whose options are checked too: wherever `type` in a manifest is its name. Borrowed. */
struct dpone_manifest_connector {
    struct dpone_string name;
    const struct dpone_json_schema *options;
};

/* Adds what the shape cannot say: names that are used twice, columns that schema_contract does not know,
 * secrets written as literals, and where `connector` is given the options of that connector. A document that
 * is no manifest adds nothing. */
void dpone_manifest_check_rules(const struct dpone_tree *tree,
                                const struct dpone_manifest_connector *connector,
                                struct dpone_evaluation *evaluation, struct dpone_diagnostics *diagnostics);

/* What `dpone manifest validate` says of a manifest outside of any package: DPONE_OK, or the first problem as
 * `file:line:column: error: place: message`, DPONE_INVALID_ARGUMENT. */
int32_t dpone_manifest_validate(const struct dpone_tree *tree, struct dpone_error *error);

/* Adds only the secrets that any document holds as literals. */
void dpone_manifest_check_secrets(const struct dpone_tree *tree, struct dpone_diagnostics *diagnostics);

#endif
