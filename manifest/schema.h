/* JSON Schema draft-07: compiling a schema once, applying it to any number of documents.
 *
 * References are resolved when a schema is compiled: within it, to `$id`s, to files below its folder, to the
 * schemas that dpone brings along and below URI prefixes that the caller maps to folders; never through the
 * network. As draft-07 has it, `$ref` hides its siblings and unknown keywords mean nothing. */
#ifndef DPONE_MANIFEST_SCHEMA_H
#define DPONE_MANIFEST_SCHEMA_H

#include "manifest/diagnostics.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dpone_json_schema;

/* References that begin with `uri_prefix` are served from `directory`. Both borrowed. */
struct dpone_json_schema_root {
    const char *uri_prefix;
    const char *directory;
};

struct dpone_json_schema_options {
    const struct dpone_json_schema_root *roots;
    size_t root_count;
    int32_t format_assertion; /* 1: `format` is checked; 0: it says something and checks nothing */
    int32_t refuse_typos; /* 1: where more keys are allowed, one that is nearly a known one is an error all
                             the same */
    struct dpone_tree_limits limits; /* of each file of the schema */
};

/* Compiles a schema file (JSON or YAML); NULL options are all zero. On failure the message is the first
 * problem, with the file, line and column of the schema: DPONE_INVALID_ARGUMENT for a schema that is wrong,
 * otherwise as dpone_tree_read_file. The caller frees *out. A compiled schema may be used by any number of
 * threads. */
int32_t dpone_json_schema_compile_file(struct dpone_json_schema **out, const char *path,
                                       const struct dpone_json_schema_options *options,
                                       struct dpone_error *error);

/* The same for a schema in memory; `name` stands for its path. */
int32_t dpone_json_schema_compile_memory(struct dpone_json_schema **out, const char *name, const void *data,
                                         size_t size, const struct dpone_json_schema_options *options,
                                         struct dpone_error *error);

/* Compiles a schema that dpone brings along: "manifest", "certification", "connector_manifest", "evidence",
 * "report", "draft-07". DPONE_NOT_FOUND for any other name. */
int32_t dpone_json_schema_compile_builtin(struct dpone_json_schema **out, const char *name,
                                          const struct dpone_json_schema_options *options,
                                          struct dpone_error *error);

/* Spends more time on compiling where many documents follow. Not while another thread uses the schema. */
void dpone_json_schema_speed_up(struct dpone_json_schema *schema);

/* NULL is harmless. */
void dpone_json_schema_free(struct dpone_json_schema *schema);

/* What applying schemas needs besides them: kept and reused, one for each thread. NULL without memory. */
struct dpone_evaluation;
struct dpone_evaluation *dpone_evaluation_new(void);
void dpone_evaluation_free(struct dpone_evaluation *evaluation);

/* Applies a schema to a node and adds what is wrong to `diagnostics`: DPONE_OK, or DPONE_INVALID_ARGUMENT
 * with at least one error added. A valid document takes no memory. `path` (NULL: none) is the JSON pointer of
 * the node in its document, which the pointers in the diagnostics continue. */
int32_t dpone_json_schema_validate(const struct dpone_json_schema *schema,
                                   struct dpone_evaluation *evaluation, const struct dpone_node *node,
                                   const char *path, struct dpone_diagnostics *diagnostics);

#ifdef __cplusplus
}
#endif

#endif
