/* Building a tree event by event: the one mechanism behind the YAML and the JSON reader. It keeps the limits,
 * resolves aliases, merges and finds duplicate keys. */
#ifndef DPONE_MANIFEST_TREE_BUILDER_H
#define DPONE_MANIFEST_TREE_BUILDER_H

#include "manifest/string_map.h"
#include "manifest/tree_tape.h"

/* A collection that is still open. */
struct dpone_tree_frame {
    uint32_t node;
    uint32_t children; /* nodes directly in it, keys included */
    uint32_t anchor;   /* 1 + index into anchors, or 0 */
    uint32_t height;   /* collections inside each other in it, aliases written out */
    int32_t has_merge; /* a mapping with a `<<` */
    uint64_t expanded; /* its nodes, with every alias written out */
};

/* What an anchor names; node is UINT32_MAX while the collection it marks is still open. */
struct dpone_tree_anchor {
    uint32_t node;
    uint32_t height;
    uint64_t expanded;
};

struct dpone_tree_builder {
    struct dpone_tree *tree;
    struct dpone_tree_limits limits; /* no member is 0 */
    struct dpone_diagnostics *diagnostics;
    struct dpone_tree_frame *frames; /* limits.max_depth of them fit */
    size_t frame_capacity;
    size_t depth;
    struct dpone_string_map anchor_names;
    struct dpone_tree_anchor *anchors;
    size_t anchor_count;
    size_t anchor_capacity;
    uint64_t aliased;     /* nodes that aliases add when written out */
    uint32_t content_end; /* end of the last scalar or collection */
};

/* One scalar as its reader found it. */
struct dpone_tree_scalar {
    size_t start; /* first byte after anchor and tag */
    size_t end;
    uint32_t kind;            /* enum dpone_node_kind */
    uint32_t style;           /* enum dpone_node_style */
    struct dpone_string text; /* decoded; copied unless the source reads the same */
    const char *anchor;       /* or NULL */
};

/* Every function returns 0 after a problem that ends the reading; it is in the list then. */
int dpone_builder_scalar(struct dpone_tree_builder *builder, const struct dpone_tree_scalar *scalar);
int dpone_builder_alias(struct dpone_tree_builder *builder, size_t start, size_t end, const char *name);
int dpone_builder_begin(struct dpone_tree_builder *builder, enum dpone_node_kind kind,
                        enum dpone_node_style style, size_t start, const char *anchor);

/* Closes the innermost collection. A block collection ends with its content, whatever `end` says. */
int dpone_builder_end(struct dpone_tree_builder *builder, size_t end);

/* 1 when the next node is the key of a mapping. */
int dpone_builder_expects_key(const struct dpone_tree_builder *builder);

/* The key that the next node is the value of, or an item in the value; empty without one. Until the next
 * call. */
struct dpone_string dpone_builder_key(const struct dpone_tree_builder *builder);

/* Frees what only building needed, not the tree. */
void dpone_builder_clear(struct dpone_tree_builder *builder);

/* The end of a mapping (tree_mapping.c): duplicates, merges, table. `first` is its first child on the tape.
 */
int dpone_builder_end_mapping(struct dpone_tree_builder *builder, const struct dpone_tree_frame *frame);

/* Makes room for `count` more numbers in tree->tables and returns the first; NULL without memory. */
uint32_t *dpone_builder_reserve_table(struct dpone_tree_builder *builder, size_t count);

/* Problems that end the reading; both return 0. */
int dpone_builder_exceed(struct dpone_tree_builder *builder, size_t start, size_t end, const char *name,
                         size_t limit);
int dpone_builder_out_of_memory(struct dpone_tree_builder *builder);

/* The readers: fill the builder from builder->tree->source; 0 when a problem ended it. */
int dpone_tree_read_yaml(struct dpone_tree_builder *builder);
int dpone_tree_read_json(struct dpone_tree_builder *builder);

#endif
