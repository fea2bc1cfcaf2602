/* The schema that a document is checked by: the one named on the command line, or dpone's own for what the
 * document is. */
#ifndef DPONE_MANIFEST_VALIDATE_SCHEMAS_H
#define DPONE_MANIFEST_VALIDATE_SCHEMAS_H

#include "manifest/schema.h"

struct dpone_schema_choice;

/* `path` NULL: dpone's own schemas, compiled when a document needs them. options->roots must outlive the
 * choice. The caller frees *out. Status as dpone_json_schema_compile_file. */
int32_t dpone_schema_choice_open(struct dpone_schema_choice **out, const char *path,
                                 const struct dpone_json_schema_options *options, struct dpone_error *error);
void dpone_schema_choice_free(struct dpone_schema_choice *choice);

/* From now on compiled schemas are made fast for many documents. Not while another thread uses the choice. */
void dpone_schema_choice_speed_up(struct dpone_schema_choice *choice);

/* The schema for a document; *is_manifest tells whether it is that of manifests, whose other rules apply too.
 * NULL without memory. Any thread may ask; valid until the choice is freed. */
const struct dpone_json_schema *dpone_schema_choice_for(struct dpone_schema_choice *choice,
                                                        const struct dpone_tree *tree, int *is_manifest);

#endif
