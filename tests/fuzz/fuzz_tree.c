/* Any bytes as YAML and as JSON. Whatever is read is walked through every public door: entries are found by
 * their keys, positions lie in order, and everything equals itself. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "manifest/diagnostics.h"
#include "manifest/manifest.h"
#include "manifest/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds) {
    if (!holds) {
        abort();
    }
}

static void check_scalar(const struct dpone_node *node) {
    int64_t whole;
    double number;
    int truth;
    (void)dpone_node_int64(node, &whole);
    (void)dpone_node_float64(node, &number);
    (void)dpone_node_bool(node, &truth);
    (void)dpone_value_is_integer(node);
}

/* Visits at most `*budget` nodes: aliases may spread a small input widely. */
static void walk(const struct dpone_node *node, size_t *budget) {
    struct dpone_position start = dpone_node_start(node);
    struct dpone_position end = dpone_node_end(node);
    must(start.line >= 1 && start.column >= 1 && start.offset <= end.offset);
    must(start.line < end.line || (start.line == end.line && start.column <= end.column));
    check_scalar(node);
    for (size_t i = 0; i < dpone_node_count(node) && *budget > 0; i++) {
        const struct dpone_node *key = dpone_node_key_at(node, i);
        const struct dpone_node *value = dpone_node_at(node, i);
        --*budget;
        must(key == NULL || dpone_node_find(node, dpone_node_text(key)) != NULL);
        walk(value, budget);
    }
    must(dpone_node_at(node, dpone_node_count(node)) == NULL);
}

/* The same bytes read once more are the same value. */
static void must_read_alike(const struct dpone_tree *tree, const char *name, const uint8_t *data, size_t size,
                            const struct dpone_tree_limits *limits) {
    struct dpone_diagnostics diagnostics = {.keep = 20};
    struct dpone_tree *again = NULL;
    (void)dpone_tree_collect_memory(&again, name, data, size, limits, &diagnostics);
    must(again != NULL);
    must(dpone_value_hash(dpone_tree_root(tree)) == dpone_value_hash(dpone_tree_root(again)));
    dpone_diagnostics_clear(&diagnostics);
    dpone_tree_free(again);
}

static void read_as(const char *name, const uint8_t *data, size_t size) {
    const struct dpone_tree_limits limits = {.max_depth = 64, .max_expanded = 10000};
    struct dpone_diagnostics diagnostics = {.keep = 20};
    struct dpone_tree *tree = NULL;
    size_t budget = 20000;
    (void)dpone_tree_collect_memory(&tree, name, data, size, &limits, &diagnostics);
    if (tree != NULL) {
        walk(dpone_tree_root(tree), &budget);
        dpone_manifest_check_rules(tree, NULL, NULL, &diagnostics);
        must_read_alike(tree, name, data, size, &limits);
        (void)dpone_tree_line(tree, dpone_node_end(dpone_tree_root(tree)).line);
    } else {
        must(diagnostics.errors > 0);
    }
    dpone_diagnostics_sort(&diagnostics);
    dpone_diagnostics_clear(&diagnostics);
    dpone_tree_free(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    read_as("input.yaml", data, size);
    read_as("input.json", data, size);
    return 0;
}
