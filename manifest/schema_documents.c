/* Where the schemas of a compilation come from: documents, the URIs that `$id` gives to their parts, and
 * references. */
#define _XOPEN_SOURCE 700 /* realpath */

#include <stdlib.h>
#include <string.h>

#include "manifest/builtin_schemas.h"
#include "manifest/schema_internal.h"
#include "manifest/uri.h"

/* The innermost resource that holds a node: resources lie in the order of the tape, each inside its parent.
 */
static const struct dpone_json_schema_resource *resource_of(const struct dpone_json_schema_document *document,
                                                            uint32_t node) {
    size_t low = 0;
    for (size_t high = document->resource_count; high - low > 1;) {
        size_t middle = low + (high - low) / 2;
        *(document->resources[middle].first <= node ? &low : &high) = middle;
    }
    const struct dpone_json_schema_resource *resource = &document->resources[low];
    while (node >= resource->end) {
        resource = &document->resources[resource->parent];
    }
    return resource;
}

/* Gives a URI to a node; the first one keeps it. */
static int register_uri(struct dpone_compiler *compiler, struct dpone_string uri,
                        struct dpone_json_schema_document *document, const struct dpone_node *node) {
    if (compiler->target_count == compiler->target_capacity) {
        size_t capacity = compiler->target_capacity == 0 ? 16 : compiler->target_capacity * 2;
        struct dpone_json_schema_target *targets = realloc(compiler->targets, capacity * sizeof *targets);
        if (targets == NULL) {
            return dpone_compiler_out_of_memory(compiler);
        }
        compiler->targets = targets;
        compiler->target_capacity = capacity;
    }
    int added;
    if (dpone_string_map_put(&compiler->uris, uri, (uint32_t)compiler->target_count, &added) == NULL) {
        return dpone_compiler_out_of_memory(compiler);
    }
    if (added) {
        compiler->targets[compiler->target_count++] = (struct dpone_json_schema_target){document, node};
    }
    return 1;
}

static int add_resource(struct dpone_compiler *compiler, struct dpone_json_schema_document *document,
                        const struct dpone_node *node, struct dpone_string base, uint32_t parent) {
    if (document->resource_count == document->resource_capacity) {
        size_t capacity = document->resource_capacity == 0 ? 4 : document->resource_capacity * 2;
        struct dpone_json_schema_resource *resources =
            realloc(document->resources, capacity * sizeof *resources);
        if (resources == NULL) {
            return dpone_compiler_out_of_memory(compiler);
        }
        document->resources = resources;
        document->resource_capacity = capacity;
    }
    document->resources[document->resource_count++] = (struct dpone_json_schema_resource){
        base, node->self, node->self + (uint32_t)(dpone_tape_next(node) - node), parent};
    return 1;
}

/* The walk that finds every `$id` where a schema stands. */
struct id_walk {
    struct dpone_compiler *compiler;
    struct dpone_json_schema_document *document;
    uint32_t resource; /* the one around the schema */
};

/* A schema with `$id`: it has a URI now, and unless that is only a name in the document, a base of its own.
 */
static int note_id(struct id_walk *walk, const struct dpone_node *schema, struct dpone_string id) {
    struct dpone_compiler *compiler = walk->compiler;
    struct dpone_string base = walk->document->resources[walk->resource].base;
    struct dpone_string uri = dpone_uri_resolve(&compiler->schema->arena, base, id);
    struct dpone_string place;
    struct dpone_string fragment;
    if (uri.data == NULL) {
        return dpone_compiler_out_of_memory(compiler);
    }
    dpone_uri_split(uri, &place, &fragment);
    if (fragment.size > 0) {
        return register_uri(compiler, uri, walk->document, schema);
    }
    uint32_t parent = walk->resource;
    walk->resource = (uint32_t)walk->document->resource_count;
    return register_uri(compiler, place, walk->document, schema) &&
           add_resource(compiler, walk->document, schema, place, parent);
}

static int walk_ids(void *context, const struct dpone_node *schema) {
    struct id_walk walk = *(const struct id_walk *)context;
    const struct dpone_node *id = dpone_node_get(schema, "$id");
    if (dpone_node_kind(id) == DPONE_NODE_STRING && dpone_node_get(schema, "$ref") == NULL &&
        !note_id(&walk, schema, dpone_node_text(id))) {
        return 0;
    }
    return dpone_json_schema_children(schema, walk_ids, &walk);
}

/* Refuses a draft that means something else by its keywords. */
static int check_draft(struct dpone_compiler *compiler, const struct dpone_node *root) {
    static const char *const others[] = {
        "http://json-schema.org/draft-03/", "http://json-schema.org/draft-04/",
        "https://json-schema.org/draft/2019-09/", "https://json-schema.org/draft/2020-12/",
        "https://json-schema.org/v1"};
    const struct dpone_node *draft = dpone_node_get(root, "$schema");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (dpone_string_starts_with(dpone_node_text(draft), dpone_string_of(others[i]))) {
            struct dpone_string name = dpone_node_text(draft);
            return dpone_compiler_fail(compiler, draft,
                                       "$schema %.*s is another draft; dpone applies draft-07",
                                       (int)(name.size > 200 ? 200 : name.size), name.data);
        }
    }
    return 1;
}

static int check_by_metaschema(struct dpone_compiler *compiler, const struct dpone_tree *tree) {
    if (compiler->metaschema == NULL) {
        return 1;
    }
    struct dpone_diagnostics diagnostics = {.keep = 100};
    int32_t status = dpone_json_schema_validate(compiler->metaschema, compiler->evaluation,
                                                dpone_tree_root(tree), NULL, &diagnostics);
    if (status != DPONE_OK) {
        dpone_diagnostics_sort(&diagnostics);
        compiler->status =
            dpone_diagnostics_first_error(&diagnostics, dpone_tree_name(tree), compiler->error);
    }
    dpone_diagnostics_clear(&diagnostics);
    return status == DPONE_OK;
}

struct dpone_json_schema_document *dpone_json_schema_add_document(struct dpone_compiler *compiler,
                                                                  struct dpone_tree *tree,
                                                                  struct dpone_string uri) {
    struct dpone_json_schema_document *document =
        dpone_arena_take(&compiler->schema->arena, 1, sizeof *document);
    if (document == NULL) {
        dpone_tree_free(tree);
        dpone_compiler_out_of_memory(compiler);
        return NULL;
    }
    document->tree = tree;
    document->next = compiler->schema->documents;
    compiler->schema->documents = document;
    document->compiled = calloc(tree->node_count, sizeof *document->compiled);
    if (document->compiled == NULL) {
        dpone_compiler_out_of_memory(compiler);
        return NULL;
    }
    const struct dpone_node *root = dpone_tree_root(tree);
    struct id_walk walk = {compiler, document, 0};
    int good = check_draft(compiler, root) && check_by_metaschema(compiler, tree) &&
               register_uri(compiler, uri, document, root) &&
               add_resource(compiler, document, root, uri, 0) && walk_ids(&walk, root);
    return good ? document : NULL;
}

static int has_dot_segments(const char *path) {
    for (const char *at = path; at != NULL; at = strchr(at, '/')) {
        at += *at == '/' ? 1 : 0;
        if (strncmp(at, "../", 3) == 0 || strcmp(at, "..") == 0) {
            return 1;
        }
    }
    return 0;
}

/* 1 when the path leads out of the directory through a link. A path that does not exist leads nowhere. */
static int is_linked_outside(const char *path, const char *directory) {
    char *real = realpath(path, NULL);
    char *folder = realpath(directory, NULL);
    size_t size = folder == NULL ? 0 : strlen(folder);
    size -= size == 1; /* "/" holds everything */
    int outside = real != NULL && folder != NULL && (strncmp(real, folder, size) != 0 || real[size] != '/');
    free(real);
    free(folder);
    return outside;
}

/* Reads directory + rest of the URI behind the prefix. */
static int load_file(struct dpone_compiler *compiler, const struct dpone_node *reference,
                     const char *directory, struct dpone_string uri, size_t prefix) {
    struct dpone_string encoded = {uri.data + prefix, uri.size - prefix};
    struct dpone_string rest = dpone_uri_decode(&compiler->schema->arena, encoded);
    size_t directory_size = strlen(directory);
    char *path = dpone_arena_take(&compiler->schema->arena, directory_size + rest.size + 2, 1);
    if (rest.data == NULL || path == NULL) {
        return dpone_compiler_out_of_memory(compiler);
    }
    size_t skip = rest.size > 0 && rest.data[0] == '/' ? 1 : 0;
    memcpy(path, directory, directory_size);
    size_t slash = directory_size > 0 && directory[directory_size - 1] != '/' ? 1 : 0;
    path[directory_size] = '/';
    memcpy(path + directory_size + slash, rest.data + skip, rest.size - skip);
    path[directory_size + slash + rest.size - skip] = '\0';
    if (memchr(rest.data, '\0', rest.size) != NULL || has_dot_segments(rest.data) ||
        is_linked_outside(path, directory)) {
        return dpone_compiler_fail(compiler, reference,
                                   "the reference leaves the folder %s; keep schemas below it", directory);
    }
    struct dpone_tree *tree = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_tree_read_file(&tree, path, &compiler->options.limits, &error);
    if (status != DPONE_OK) {
        dpone_compiler_fail(compiler, reference, "cannot follow the reference: %s", error.message);
        compiler->status = status;
        return 0;
    }
    return dpone_json_schema_add_document(compiler, tree, uri) != NULL;
}

static int load_builtin(struct dpone_compiler *compiler, const struct dpone_builtin_schema *builtin,
                        struct dpone_string uri) {
    struct dpone_tree *tree = NULL;
    compiler->status =
        dpone_tree_read_memory(&tree, builtin->file, builtin->data, builtin->size, NULL, compiler->error);
    return compiler->status == DPONE_OK && dpone_json_schema_add_document(compiler, tree, uri) != NULL;
}

/* 1 when the URI is the prefix or lies below it: http://host:80 has nothing to do with http://host:8080. */
static int lies_below(struct dpone_string uri, struct dpone_string prefix) {
    int ends_part = prefix.size > 0 && prefix.data[prefix.size - 1] == '/';
    return dpone_string_starts_with(uri, prefix) &&
           (ends_part || uri.size == prefix.size || uri.data[prefix.size] == '/');
}

/* The root with the longest prefix of a URI, or NULL. */
static const struct dpone_json_schema_root *find_root(const struct dpone_compiler *compiler,
                                                      struct dpone_string uri) {
    const struct dpone_json_schema_root *found = NULL;
    for (size_t i = 0; i < compiler->options.root_count; i++) {
        const struct dpone_json_schema_root *root = &compiler->options.roots[i];
        if (lies_below(uri, dpone_string_of(root->uri_prefix)) &&
            (found == NULL || strlen(root->uri_prefix) > strlen(found->uri_prefix))) {
            found = root;
        }
    }
    return found;
}

/* Reads the document of a URI without fragment that no document has yet. */
static int load(struct dpone_compiler *compiler, const struct dpone_node *reference,
                struct dpone_string uri) {
    const struct dpone_builtin_schema *builtin = dpone_builtin_schema_at(uri);
    if (builtin != NULL) {
        return load_builtin(compiler, builtin, uri);
    }
    const struct dpone_json_schema_root *root = find_root(compiler, uri);
    if (root != NULL) {
        return load_file(compiler, reference, root->directory, uri, strlen(root->uri_prefix));
    }
    if (compiler->folder != NULL) {
        struct dpone_string folder_uri = dpone_uri_of_path(&compiler->schema->arena, compiler->folder);
        if (folder_uri.data == NULL) {
            return dpone_compiler_out_of_memory(compiler);
        }
        if (dpone_string_starts_with(uri, folder_uri)) {
            return load_file(compiler, reference, compiler->folder, uri, folder_uri.size);
        }
        if (compiler->id_folder.size > 0 && dpone_string_starts_with(uri, compiler->id_folder)) {
            return load_file(compiler, reference, compiler->folder, uri, compiler->id_folder.size);
        }
    }
    return dpone_compiler_fail(
        compiler, reference,
        "cannot resolve the reference to %.*s; put the schema below the folder of this one, or "
        "name a folder for it with --resolve",
        (int)(uri.size > 300 ? 300 : uri.size), uri.data);
}

static const struct dpone_json_schema_target *find_target(const struct dpone_compiler *compiler,
                                                          struct dpone_string uri) {
    const uint32_t *index = dpone_string_map_find(&compiler->uris, uri);
    return index == NULL ? NULL : &compiler->targets[*index];
}

/* The unescaped token of a JSON pointer between `from` and the next '/'; moves *from there. */
static struct dpone_string next_token(struct dpone_string pointer, size_t *from, char *out) {
    size_t size = 0;
    size_t at = *from;
    for (; at < pointer.size && pointer.data[at] != '/'; at++) {
        char next = pointer.data[at] == '~' && at + 1 < pointer.size ? pointer.data[at + 1] : '\0';
        if (next == '0' || next == '1') {
            at++;
        }
        out[size++] = next == '0' ? '~' : next == '1' ? '/' : pointer.data[at];
    }
    *from = at;
    return (struct dpone_string){out, size};
}

static const struct dpone_node *item_at(const struct dpone_node *sequence, struct dpone_string token) {
    size_t index = 0;
    if (token.size == 0 || token.size > 9 || (token.size > 1 && token.data[0] == '0')) {
        return NULL;
    }
    for (size_t i = 0; i < token.size; i++) {
        if (token.data[i] < '0' || token.data[i] > '9') {
            return NULL;
        }
        index = index * 10 + (size_t)(token.data[i] - '0');
    }
    return dpone_node_at(sequence, index);
}

/* Follows a JSON pointer, which is empty or begins with '/'; NULL when it leads nowhere. */
static const struct dpone_node *follow_pointer(const struct dpone_node *node, struct dpone_string pointer,
                                               char *scratch) {
    size_t at = 0;
    while (node != NULL && at < pointer.size) {
        at++;
        struct dpone_string token = next_token(pointer, &at, scratch);
        node = dpone_node_kind(node) == DPONE_NODE_SEQUENCE ? item_at(node, token)
                                                            : dpone_node_find(node, token);
    }
    return node;
}

int dpone_json_schema_resolve(struct dpone_compiler *compiler, struct dpone_json_schema_document *from,
                              const struct dpone_node *reference, struct dpone_json_schema_target *target) {
    struct dpone_string text = dpone_node_text(reference);
    struct dpone_string base = resource_of(from, reference->self)->base;
    struct dpone_string uri = dpone_uri_resolve(&compiler->schema->arena, base, text);
    struct dpone_string place;
    struct dpone_string fragment;
    if (uri.data == NULL) {
        return dpone_compiler_out_of_memory(compiler);
    }
    dpone_uri_split(uri, &place, &fragment);
    if (find_target(compiler, place) == NULL && !load(compiler, reference, place)) {
        return 0;
    }
    int is_name = fragment.size > 0 && fragment.data[0] != '/';
    const struct dpone_json_schema_target *found = find_target(compiler, is_name ? uri : place);
    struct dpone_string pointer =
        is_name ? (struct dpone_string){"", 0} : dpone_uri_decode(&compiler->schema->arena, fragment);
    char *scratch = dpone_arena_text(&compiler->schema->arena, pointer);
    if (pointer.data == NULL || scratch == NULL) {
        return dpone_compiler_out_of_memory(compiler);
    }
    const struct dpone_node *node = found == NULL ? NULL : follow_pointer(found->node, pointer, scratch);
    if (node == NULL ||
        (dpone_node_kind(node) != DPONE_NODE_MAPPING && dpone_node_kind(node) != DPONE_NODE_BOOL)) {
        return dpone_compiler_fail(compiler, reference, "$ref %.*s names no schema",
                                   (int)(text.size > 300 ? 300 : text.size), text.data);
    }
    *target = (struct dpone_json_schema_target){found->document, node};
    return 1;
}
