/* Compiling: documents in, subschemas from a queue (so that deep references need no deep stack), heights at
 * the end. */
#define _XOPEN_SOURCE 700 /* realpath */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/builtin_schemas.h"
#include "manifest/schema_internal.h"
#include "manifest/show.h"
#include "manifest/uri.h"

int dpone_compiler_fail(struct dpone_compiler *compiler, const struct dpone_node *at, const char *format,
                        ...) {
    char what[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    struct dpone_position position = dpone_node_start(at);
    compiler->status = dpone_error_set(compiler->error, DPONE_INVALID_ARGUMENT, "%s:%u:%u: error: %s",
                                       dpone_tree_name(dpone_tape_tree(at)), (unsigned)position.line,
                                       (unsigned)position.column, what);
    return 0;
}

int dpone_compiler_out_of_memory(struct dpone_compiler *compiler) {
    compiler->status =
        dpone_error_set(compiler->error, DPONE_OUT_OF_MEMORY, "not enough memory for the schema");
    return 0;
}

static int enqueue(struct dpone_compiler *compiler, struct dpone_json_schema_document *document,
                   struct dpone_subschema *subschema) {
    if (compiler->queue_count == compiler->queue_capacity) {
        size_t capacity = compiler->queue_capacity == 0 ? 256 : compiler->queue_capacity * 2;
        struct dpone_subschema **queue =
            realloc(compiler->queue, capacity * sizeof(struct dpone_subschema *));
        if (queue == NULL) {
            return dpone_compiler_out_of_memory(compiler);
        }
        compiler->queue = queue;
        struct dpone_json_schema_document **documents =
            realloc(compiler->queue_documents, capacity * sizeof(struct dpone_json_schema_document *));
        if (documents == NULL) {
            return dpone_compiler_out_of_memory(compiler);
        }
        compiler->queue_documents = documents;
        compiler->queue_capacity = capacity;
    }
    compiler->queue[compiler->queue_count] = subschema;
    compiler->queue_documents[compiler->queue_count++] = document;
    return 1;
}

enum { LONGEST_REFERENCE_CHAIN = 1000 };

/* The schema that a chain of references ends at. */
static int follow_references(struct dpone_compiler *compiler, struct dpone_json_schema_target *target) {
    const struct dpone_node *first = target->node;
    for (int hops = 0; hops < LONGEST_REFERENCE_CHAIN; hops++) {
        const struct dpone_node *reference = dpone_node_get(target->node, "$ref");
        if (dpone_node_kind(reference) != DPONE_NODE_STRING) {
            return 1;
        }
        if (!dpone_json_schema_resolve(compiler, target->document, reference, target)) {
            return 0;
        }
    }
    return dpone_compiler_fail(compiler, first, "$ref leads in a circle; it must end at a schema");
}

struct dpone_subschema *dpone_compiler_subschema(struct dpone_compiler *compiler,
                                                 struct dpone_json_schema_document *document,
                                                 const struct dpone_node *node) {
    struct dpone_subschema **known = &document->compiled[node->self];
    if (*known != NULL) {
        return *known;
    }
    struct dpone_json_schema_target target = {document, node};
    if (!follow_references(compiler, &target)) {
        return NULL;
    }
    struct dpone_subschema **compiled = &target.document->compiled[target.node->self];
    if (*compiled == NULL) {
        struct dpone_subschema *subschema = dpone_arena_take(&compiler->schema->arena, 1, sizeof *subschema);
        if (subschema == NULL) {
            dpone_compiler_out_of_memory(compiler);
            return NULL;
        }
        subschema->node = target.node;
        *compiled = subschema;
        if (!enqueue(compiler, target.document, subschema)) {
            return NULL;
        }
    }
    *known = *compiled;
    return *known;
}

const struct dpone_pattern *dpone_compiler_pattern(struct dpone_compiler *compiler,
                                                   const struct dpone_node *text,
                                                   struct dpone_string pattern) {
    struct dpone_json_schema *schema = compiler->schema;
    int added;
    const uint32_t *index =
        dpone_string_map_put(&schema->pattern_index, pattern, (uint32_t)schema->pattern_count, &added);
    if (index == NULL) {
        dpone_compiler_out_of_memory(compiler);
        return NULL;
    }
    if (!added) {
        return schema->patterns[*index];
    }
    if (schema->pattern_count == schema->pattern_capacity) {
        size_t capacity = schema->pattern_capacity == 0 ? 16 : schema->pattern_capacity * 2;
        struct dpone_pattern **patterns =
            realloc(schema->patterns, capacity * sizeof(struct dpone_pattern *));
        if (patterns == NULL) {
            dpone_compiler_out_of_memory(compiler);
            return NULL;
        }
        schema->patterns = patterns;
        schema->pattern_capacity = capacity;
    }
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_pattern_compile(&schema->patterns[schema->pattern_count], pattern, &error) != DPONE_OK) {
        char shown[DPONE_SHOWN_BYTES];
        dpone_compiler_fail(compiler, text, "the pattern %s is not valid: %s", dpone_show_value(shown, text),
                            error.message);
        return NULL;
    }
    return schema->patterns[schema->pattern_count++];
}

/* The subschemas that a rule applies to the same value as its own schema. */
static int same_value_schemas(const struct dpone_rule *rule, const struct dpone_subschema *const **items,
                              const struct dpone_subschema *own[3]) {
    size_t count = 0;
    if (rule->evaluate == dpone_rule_all_of || rule->evaluate == dpone_rule_any_of ||
        rule->evaluate == dpone_rule_one_of) {
        *items = (const struct dpone_subschema *const *)rule->as.list->items;
        return (int)rule->as.list->count;
    }
    if (rule->evaluate == dpone_rule_not) {
        own[count++] = rule->as.schema;
    }
    if (rule->evaluate == dpone_rule_if) {
        own[count++] = rule->as.condition->test;
        own[count++] = rule->as.condition->then;
        own[count++] = rule->as.condition->otherwise;
    }
    *items = own;
    return (int)count;
}

static int compute_height(struct dpone_compiler *compiler, struct dpone_subschema *subschema, int depth);

/* The height of one of several schemas; those that are absent have none. */
static int raise_height(struct dpone_compiler *compiler, const struct dpone_subschema *below, int depth,
                        uint16_t *height) {
    if (below == NULL) {
        return 1;
    }
    struct dpone_subschema *changeable = (struct dpone_subschema *)(uintptr_t)below;
    if (!compute_height(compiler, changeable, depth + 1)) {
        return 0;
    }
    *height = below->height + 1 > *height ? (uint16_t)(below->height + 1) : *height;
    return 1;
}

/* Finds how deep schemas apply to one value, and refuses those that would do so without end. */
static int compute_height(struct dpone_compiler *compiler, struct dpone_subschema *subschema, int depth) {
    if (subschema->height != 0) {
        return 1;
    }
    if (subschema->on_path) {
        return dpone_compiler_fail(
            compiler, subschema->node,
            "this schema applies to the same value again without end; break the circle");
    }
    if (depth > DPONE_SCHEMA_MAX_HEIGHT) {
        return dpone_compiler_fail(compiler, subschema->node,
                                   "more than %d schemas apply to one value inside each other",
                                   DPONE_SCHEMA_MAX_HEIGHT);
    }
    subschema->on_path = 1;
    uint16_t height = 1;
    for (uint32_t i = 0; i < subschema->rule_count; i++) {
        const struct dpone_rule *rule = &subschema->rules[i];
        const struct dpone_subschema *own[3];
        const struct dpone_subschema *const *items;
        int count = same_value_schemas(rule, &items, own);
        for (int j = 0; j < count; j++) {
            if (!raise_height(compiler, items[j], depth, &height)) {
                return 0;
            }
        }
        size_t dependencies = rule->evaluate == dpone_rule_dependencies ? rule->as.dependencies->count : 0;
        for (size_t j = 0; j < dependencies; j++) {
            if (!raise_height(compiler, rule->as.dependencies->items[j].schema, depth, &height)) {
                return 0;
            }
        }
    }
    subschema->on_path = 0;
    subschema->height = height;
    return 1;
}

static int compile_queue(struct dpone_compiler *compiler) {
    for (size_t i = 0; i < compiler->queue_count; i++) {
        if (!dpone_compile_rules(compiler, compiler->queue_documents[i], compiler->queue[i])) {
            return 0;
        }
    }
    for (size_t i = 0; i < compiler->queue_count; i++) {
        if (!compute_height(compiler, compiler->queue[i], 0)) {
            return 0;
        }
    }
    return 1;
}

/* Where the schema's own `$id` says it lives: relative references are looked for beside its file. */
static int note_id_folder(struct dpone_compiler *compiler,
                          const struct dpone_json_schema_document *document) {
    struct dpone_string base = document->resources[document->resource_count > 1 ? 1 : 0].base;
    if (compiler->folder == NULL || document->resource_count < 2 ||
        document->resources[1].first != dpone_tree_root(document->tree)->self) {
        return 1;
    }
    compiler->id_folder = dpone_uri_resolve(&compiler->schema->arena, base, dpone_string_of("./"));
    return compiler->id_folder.data != NULL || dpone_compiler_out_of_memory(compiler);
}

static void clear_compiler(struct dpone_compiler *compiler) {
    for (struct dpone_json_schema_document *at = compiler->schema->documents; at != NULL; at = at->next) {
        free(at->compiled);
        free(at->resources);
        at->compiled = NULL;
        at->resources = NULL;
    }
    dpone_string_map_clear(&compiler->uris);
    dpone_string_map_clear(&compiler->keyword_ids);
    free(compiler->targets);
    free(compiler->queue);
    free(compiler->queue_documents);
    dpone_json_schema_free(compiler->metaschema);
    dpone_evaluation_free(compiler->evaluation);
    free(compiler->folder);
}

/* Compiles `tree`, which it takes over. compiler->schema, options, folder and error are set; the rest is
 * zero. */
static int32_t compile_tree(struct dpone_json_schema **out, struct dpone_compiler *compiler,
                            struct dpone_tree *tree, struct dpone_string uri) {
    struct dpone_json_schema_document *document = NULL;
    if (dpone_compile_keyword_ids(compiler)) {
        document = dpone_json_schema_add_document(compiler, tree, uri);
    } else {
        dpone_tree_free(tree);
    }
    struct dpone_subschema *root = NULL;
    if (document != NULL && note_id_folder(compiler, document)) {
        root = dpone_compiler_subschema(compiler, document, dpone_tree_root(tree));
    }
    int good = root != NULL && compile_queue(compiler);
    clear_compiler(compiler);
    compiler->schema->root = root;
    compiler->schema->main = good ? document->tree : NULL;
    if (!good) {
        dpone_json_schema_free(compiler->schema);
        return compiler->status;
    }
    *out = compiler->schema;
    return DPONE_OK;
}

/* A compiler with the meta-schema at hand when documents are to be checked by it. */
static int32_t start_compiler(struct dpone_compiler *compiler,
                              const struct dpone_json_schema_options *options, int checked,
                              struct dpone_error *error) {
    *compiler = (struct dpone_compiler){.error = error};
    if (options != NULL) {
        compiler->options = *options;
    }
    compiler->schema = calloc(1, sizeof *compiler->schema);
    compiler->evaluation = checked ? dpone_evaluation_new() : NULL;
    int32_t status = DPONE_OK;
    if (compiler->schema == NULL || (checked && compiler->evaluation == NULL)) {
        status = dpone_error_set(error, DPONE_OUT_OF_MEMORY, "not enough memory for the schema");
    } else if (checked) {
        status = dpone_json_schema_compile_builtin(&compiler->metaschema, "draft-07", NULL, error);
    }
    if (status != DPONE_OK) {
        dpone_evaluation_free(compiler->evaluation);
        free(compiler->schema);
    }
    return status;
}

/* The folder of an absolute path, '/' included, malloced. */
static char *folder_of(const char *absolute) {
    char *folder = strdup(absolute);
    if (folder != NULL) {
        strrchr(folder, '/')[1] = '\0';
    }
    return folder;
}

int32_t dpone_json_schema_compile_file(struct dpone_json_schema **out, const char *path,
                                       const struct dpone_json_schema_options *options,
                                       struct dpone_error *error) {
    struct dpone_tree *tree = NULL;
    int32_t status = dpone_tree_read_file(&tree, path, options == NULL ? NULL : &options->limits, error);
    if (status != DPONE_OK) {
        return status;
    }
    struct dpone_compiler compiler;
    status = start_compiler(&compiler, options, 1, error);
    if (status != DPONE_OK) {
        dpone_tree_free(tree);
        return status;
    }
    char *absolute = realpath(path, NULL);
    compiler.folder = absolute == NULL ? NULL : folder_of(absolute);
    struct dpone_string uri = absolute == NULL ? (struct dpone_string){NULL, 0}
                                               : dpone_uri_of_path(&compiler.schema->arena, absolute);
    free(absolute);
    if (compiler.folder == NULL || uri.data == NULL) {
        dpone_tree_free(tree);
        clear_compiler(&compiler);
        dpone_json_schema_free(compiler.schema);
        return dpone_error_set(error, DPONE_IO, "%s: cannot find the folder of the schema", path);
    }
    return compile_tree(out, &compiler, tree, uri);
}

int32_t dpone_json_schema_compile_memory(struct dpone_json_schema **out, const char *name, const void *data,
                                         size_t size, const struct dpone_json_schema_options *options,
                                         struct dpone_error *error) {
    struct dpone_tree *tree = NULL;
    int32_t status = dpone_tree_read_memory(&tree, name, data, size, NULL, error);
    if (status != DPONE_OK) {
        return status;
    }
    struct dpone_compiler compiler;
    status = start_compiler(&compiler, options, 1, error);
    if (status != DPONE_OK) {
        dpone_tree_free(tree);
        return status;
    }
    return compile_tree(out, &compiler, tree, dpone_string_of("memory:/schema.json"));
}

int32_t dpone_json_schema_compile_builtin(struct dpone_json_schema **out, const char *name,
                                          const struct dpone_json_schema_options *options,
                                          struct dpone_error *error) {
    const struct dpone_builtin_schema *builtin = dpone_builtin_schema_named(name);
    if (builtin == NULL) {
        return dpone_error_set(error, DPONE_NOT_FOUND, "dpone has no schema called %s", name);
    }
    struct dpone_tree *tree = NULL;
    int32_t status = dpone_tree_read_memory(&tree, builtin->file, builtin->data, builtin->size, NULL, error);
    if (status != DPONE_OK) {
        return status;
    }
    struct dpone_compiler compiler;
    status = start_compiler(&compiler, options, 0, error);
    if (status != DPONE_OK) {
        dpone_tree_free(tree);
        return status;
    }
    return compile_tree(out, &compiler, tree, dpone_string_of(builtin->uri));
}

void dpone_json_schema_speed_up(struct dpone_json_schema *schema) {
    for (size_t i = 0; i < schema->pattern_count; i++) {
        dpone_pattern_speed_up(schema->patterns[i]);
    }
}

void dpone_json_schema_free(struct dpone_json_schema *schema) {
    if (schema == NULL) {
        return;
    }
    for (struct dpone_json_schema_document *at = schema->documents; at != NULL; at = at->next) {
        dpone_tree_free(at->tree);
    }
    for (size_t i = 0; i < schema->pattern_count; i++) {
        dpone_pattern_free(schema->patterns[i]);
    }
    for (struct dpone_members *at = schema->members; at != NULL; at = at->next) {
        dpone_string_map_clear(&at->names);
    }
    free(schema->patterns);
    dpone_string_map_clear(&schema->pattern_index);
    dpone_arena_clear(&schema->arena);
    free(schema);
}
