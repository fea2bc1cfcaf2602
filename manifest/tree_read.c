/* The doors of the tree: files and memory, with one error or with a list of problems. */
#include <stdlib.h>
#include <string.h>

#include "manifest/frame.h"
#include "manifest/tree_builder.h"

static struct dpone_tree_limits with_defaults(const struct dpone_tree_limits *given) {
    static const struct dpone_tree_limits defaults = {.max_file_bytes = (size_t)256 << 20,
                                                      .max_scalar_bytes = (size_t)16 << 20,
                                                      .max_nodes = 16000000,
                                                      .max_depth = 256,
                                                      .max_expanded = 1000000};
    struct dpone_tree_limits limits = given == NULL ? defaults : *given;
    limits.max_file_bytes = limits.max_file_bytes == 0 ? defaults.max_file_bytes : limits.max_file_bytes;
    limits.max_scalar_bytes =
        limits.max_scalar_bytes == 0 ? defaults.max_scalar_bytes : limits.max_scalar_bytes;
    limits.max_nodes = limits.max_nodes == 0 ? defaults.max_nodes : limits.max_nodes;
    limits.max_depth = limits.max_depth == 0 ? defaults.max_depth : limits.max_depth;
    limits.max_expanded = limits.max_expanded == 0 ? defaults.max_expanded : limits.max_expanded;
    if (limits.max_depth > DPONE_TREE_DEEPEST) {
        limits.max_depth = DPONE_TREE_DEEPEST;
    }
    if (limits.max_file_bytes > UINT32_MAX - 1) {
        limits.max_file_bytes = UINT32_MAX - 1;
    }
    return limits;
}

static int is_json_name(const char *name) {
    size_t size = strlen(name);
    return size >= 5 && strcmp(name + size - 5, ".json") == 0;
}

/* Gives back what growing by doubling took too much. */
static void shrink(struct dpone_tree *tree) {
    struct dpone_tape *tape = realloc(tree->tape, sizeof *tape + tree->node_count * sizeof tape->nodes[0]);
    if (tape != NULL) {
        tree->tape = tape;
        tree->node_capacity = tree->node_count;
    }
    uint32_t *tables =
        tree->table_count == 0 ? NULL : realloc(tree->tables, tree->table_count * sizeof *tree->tables);
    if (tables != NULL) {
        tree->tables = tables;
        tree->table_capacity = tree->table_count;
    }
}

static int read_source(struct dpone_tree *tree, const struct dpone_tree_limits *limits,
                       struct dpone_diagnostics *diagnostics) {
    struct dpone_tree_builder builder = {.tree = tree, .limits = *limits, .diagnostics = diagnostics};
    int good =
        is_json_name(tree->source.name) ? dpone_tree_read_json(&builder) : dpone_tree_read_yaml(&builder);
    dpone_builder_clear(&builder);
    if (good) {
        shrink(tree);
    }
    return good;
}

/* The node that begins at a byte, the innermost one; NULL without any. */
static const struct dpone_node *node_at(const struct dpone_tree *tree, size_t offset) {
    const struct dpone_node *nodes = tree->tape->nodes;
    size_t low = 0;
    for (size_t high = tree->node_count; high - low > 1;) {
        size_t middle = low + (high - low) / 2;
        *(nodes[middle].start <= offset ? &low : &high) = middle;
    }
    return nodes[low].start == offset ? &nodes[low] : NULL;
}

/* Tells where in the document the problems lie that were found before there was one. */
static void add_paths(const struct dpone_tree *tree, struct dpone_diagnostics *diagnostics) {
    for (size_t i = 0; i < diagnostics->count; i++) {
        struct dpone_diagnostic *problem = &diagnostics->items[i];
        const struct dpone_node *node = problem->path == NULL ? node_at(tree, problem->start.offset) : NULL;
        problem->path = node == NULL ? problem->path : dpone_node_pointer(node, "");
    }
}

/* The status of a list that `seen` errors were in before. */
static int32_t outcome(const struct dpone_diagnostics *diagnostics, size_t seen) {
    if (diagnostics->errors == seen) {
        return DPONE_OK;
    }
    for (size_t i = 0; i < diagnostics->count; i++) {
        if (diagnostics->items[i].severity == DPONE_SEVERITY_ERROR) {
            return diagnostics->items[i].status;
        }
    }
    return DPONE_INVALID_ARGUMENT;
}

/* `data` NULL: read the file `name`. */
static int32_t collect(struct dpone_tree **out, const char *name, const void *data, size_t size,
                       const struct dpone_tree_limits *given, struct dpone_diagnostics *diagnostics) {
    struct dpone_tree_limits limits = with_defaults(given);
    size_t seen = diagnostics->errors;
    *out = NULL;
    struct dpone_tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL) {
        struct dpone_diagnostic problem = {.status = DPONE_OUT_OF_MEMORY, .keyword = "limits"};
        dpone_diagnostics_add(diagnostics, &problem, "not enough memory to read the document");
        return DPONE_OUT_OF_MEMORY;
    }
    int opened =
        data == NULL
            ? dpone_source_open_file(&tree->source, name, limits.max_file_bytes, diagnostics)
            : dpone_source_open_memory(&tree->source, name, data, size, limits.max_file_bytes, diagnostics);
    if (opened && read_source(tree, &limits, diagnostics)) {
        add_paths(tree, diagnostics);
        *out = tree;
    } else {
        dpone_tree_free(tree);
    }
    return outcome(diagnostics, seen);
}

int32_t dpone_tree_collect_file(struct dpone_tree **out, const char *path,
                                const struct dpone_tree_limits *limits,
                                struct dpone_diagnostics *diagnostics) {
    return collect(out, path, NULL, 0, limits, diagnostics);
}

int32_t dpone_tree_collect_memory(struct dpone_tree **out, const char *name, const void *data, size_t size,
                                  const struct dpone_tree_limits *limits,
                                  struct dpone_diagnostics *diagnostics) {
    return collect(out, name, size == 0 ? "" : data, size, limits, diagnostics);
}

/* Turns a list into the one error of the simple doors. */
static int32_t settle(struct dpone_tree **out, const char *name, struct dpone_diagnostics *diagnostics,
                      struct dpone_error *error) {
    int32_t status = DPONE_OK;
    if (diagnostics->errors > 0) {
        dpone_tree_free(*out);
        *out = NULL;
        dpone_diagnostics_sort(diagnostics);
        status = dpone_diagnostics_first_error(diagnostics, name, error);
    }
    dpone_diagnostics_clear(diagnostics);
    return status;
}

int32_t dpone_tree_read_file(struct dpone_tree **out, const char *path,
                             const struct dpone_tree_limits *limits, struct dpone_error *error) {
    struct dpone_diagnostics diagnostics = {.keep = 1000};
    collect(out, path, NULL, 0, limits, &diagnostics);
    return settle(out, path, &diagnostics, error);
}

int32_t dpone_tree_read_memory(struct dpone_tree **out, const char *name, const void *data, size_t size,
                               const struct dpone_tree_limits *limits, struct dpone_error *error) {
    struct dpone_diagnostics diagnostics = {.keep = 1000};
    dpone_tree_collect_memory(out, name, data, size, limits, &diagnostics);
    return settle(out, name, &diagnostics, error);
}
