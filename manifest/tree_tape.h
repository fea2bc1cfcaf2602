/* Inside of a tree: one array of small nodes in the order of the document, each collection before its
 * content.
 *
 * A node of 20 bytes needs no pointer: scalars that stand in the file as they read are views of it, the
 * children of a collection follow it, and collections with many children have a table of where they are. The
 * readers (tree_yaml.c, tree_json.c) append through tree_builder.h; tree.c is the view of it that everybody
 * else has. */
#ifndef DPONE_MANIFEST_TREE_TAPE_H
#define DPONE_MANIFEST_TREE_TAPE_H

#include "manifest/source.h"

/* Beyond enum dpone_node_kind: stands where an alias was written, `link` is the node it names. */
enum { DPONE_NODE_REFERENCE = 7 };

enum {
    DPONE_NODE_KIND_BITS = 3,
    DPONE_NODE_STYLE_BITS = 3,
    DPONE_NODE_COUNT_SHIFT = 7,
    DPONE_NODE_TABLE_FLAG = 1 << 6,       /* `link` is an index into tables instead of a distance */
    DPONE_NODE_MAX_COUNT = (1 << 25) - 1, /* children of one collection */
    DPONE_TABLE_STRIDE = 16 /* sequences: the table has each 16th child; fewer children need no table */
};

struct dpone_node {
    uint32_t self;  /* its index on the tape, which leads to the tree */
    uint32_t start; /* bytes from the start of the source */
    uint32_t span;  /* bytes of source */
    uint32_t link; /* scalar: 0 when its text is the source's, else 1 + index into texts; collection: distance
                      to the node behind its content, or with the table flag its table; reference: the node it
                      names */
    uint32_t info; /* kind, style, table flag, children */
};

/* The tape begins with a pointer back to its tree. */
struct dpone_tape {
    const struct dpone_tree *tree;
    struct dpone_node nodes[];
};

/* Table of a sequence: distance behind its content, then the distance of child 0, 16, 32... Table of a
 * mapping: distance behind its content, number of hash slots (a power of two), the slots (1 + entry, or 0),
 * then for each entry the index of its key on the tape: merged entries are keys of other mappings. */
struct dpone_tree {
    struct dpone_source source;
    struct dpone_tape *tape;
    size_t node_count;
    size_t node_capacity;
    uint32_t *tables;
    size_t table_count;
    size_t table_capacity;
    struct dpone_string *texts; /* decoded texts that are not in the source as they read; each is malloced */
    size_t text_count;
    size_t text_capacity;
};

static inline uint32_t dpone_tape_kind(const struct dpone_node *node) {
    return node->info & ((1u << DPONE_NODE_KIND_BITS) - 1);
}

static inline uint32_t dpone_tape_style(const struct dpone_node *node) {
    return (node->info >> DPONE_NODE_KIND_BITS) & ((1u << DPONE_NODE_STYLE_BITS) - 1);
}

static inline uint32_t dpone_tape_count(const struct dpone_node *node) {
    return node->info >> DPONE_NODE_COUNT_SHIFT;
}

static inline int dpone_tape_is_collection(const struct dpone_node *node) {
    return dpone_tape_kind(node) == DPONE_NODE_SEQUENCE || dpone_tape_kind(node) == DPONE_NODE_MAPPING;
}

static inline const struct dpone_tree *dpone_tape_tree(const struct dpone_node *node) {
    const char *nodes = (const char *)(node - node->self);
    return ((const struct dpone_tape *)(const void *)(nodes - offsetof(struct dpone_tape, nodes)))->tree;
}

/* The node behind this one and all its content. */
static inline const struct dpone_node *dpone_tape_next(const struct dpone_node *node) {
    if (!dpone_tape_is_collection(node)) {
        return node + 1;
    }
    uint32_t distance =
        node->info & DPONE_NODE_TABLE_FLAG ? dpone_tape_tree(node)->tables[node->link] : node->link;
    return node + distance;
}

static inline const struct dpone_node *dpone_tape_resolve(const struct dpone_node *node) {
    return dpone_tape_kind(node) == DPONE_NODE_REFERENCE ? node - node->self + node->link : node;
}

/* The node where an entry's value or an item was written: a reference node for an alias. Otherwise as the
 * public functions without `raw`. */
const struct dpone_node *dpone_node_raw_at(const struct dpone_node *node, size_t index);
const struct dpone_node *dpone_node_raw_key_at(const struct dpone_node *mapping, size_t index);

/* Walks the items or entries of a collection in order, raw as above. A scalar has none. */
struct dpone_cursor {
    const struct dpone_node *collection;
    const struct dpone_node *next; /* on the tape, when there is no list of keys */
    const uint32_t *keys;          /* where the keys of a mapping with a table are */
    uint32_t left;
    int32_t is_mapping;
};

static inline struct dpone_cursor dpone_cursor_of(const struct dpone_node *node) {
    struct dpone_cursor cursor = {.collection = node, .next = node + 1};
    cursor.left = dpone_tape_is_collection(node) ? dpone_tape_count(node) : 0;
    cursor.is_mapping = dpone_tape_kind(node) == DPONE_NODE_MAPPING;
    if (cursor.is_mapping && (node->info & DPONE_NODE_TABLE_FLAG)) {
        const uint32_t *table = dpone_tape_tree(node)->tables + node->link;
        cursor.keys = table + 2 + table[1];
    }
    return cursor;
}

/* 0 past the last; *key is NULL for items of a sequence. */
static inline int dpone_cursor_next(struct dpone_cursor *cursor, const struct dpone_node **key,
                                    const struct dpone_node **value) {
    if (cursor->left == 0) {
        return 0;
    }
    cursor->left--;
    *key = NULL;
    const struct dpone_node *at = cursor->next;
    if (cursor->is_mapping) {
        at = cursor->keys == NULL ? at : cursor->collection - cursor->collection->self + *cursor->keys++;
        *key = at;
        at = dpone_tape_next(at);
    }
    *value = at;
    cursor->next = dpone_tape_next(at);
    return 1;
}

/* Hash of a key as the tables of mappings use it. */
uint32_t dpone_tape_key_hash(struct dpone_string key);

#endif
