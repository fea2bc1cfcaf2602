/* One YAML or JSON document as a tree that remembers where everything stood.
 *
 * YAML is read with the 1.2 core schema: plain scalars are typed, quoted ones are strings. Aliases share the
 * node they name, `<<` merges, duplicate keys are errors. A name that ends in `.json` is read by a strict
 * JSON scanner instead. A tree never changes after it was read: any number of threads may look at it. Nodes
 * and the strings they lend live as long as their tree. */
#ifndef DPONE_MANIFEST_TREE_H
#define DPONE_MANIFEST_TREE_H

#include <dpone/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dpone_tree;
struct dpone_node;
struct dpone_diagnostics;

enum dpone_node_kind {
    DPONE_NODE_NULL,
    DPONE_NODE_BOOL,
    DPONE_NODE_INT, /* an integer of any size, as it was written */
    DPONE_NODE_FLOAT,
    DPONE_NODE_STRING,
    DPONE_NODE_SEQUENCE,
    DPONE_NODE_MAPPING
};

enum dpone_node_style {
    DPONE_STYLE_PLAIN,
    DPONE_STYLE_SINGLE_QUOTED,
    DPONE_STYLE_DOUBLE_QUOTED,
    DPONE_STYLE_LITERAL,
    DPONE_STYLE_FOLDED,
    DPONE_STYLE_BLOCK,
    DPONE_STYLE_FLOW
};

/* Line and column count from 1, columns in characters; offset counts bytes from the start of the file. */
struct dpone_position {
    uint32_t line;
    uint32_t column;
    size_t offset;
};

/* No stage of reading and checking overflows its stack in a document of this depth. */
enum { DPONE_TREE_DEEPEST = 4000 };

/* What a document may cost at most. A member that is 0 takes its default. */
struct dpone_tree_limits {
    size_t max_file_bytes;   /* default 256 MiB, at most 4 GiB - 1 */
    size_t max_scalar_bytes; /* of one key or value after decoding; default 16 MiB */
    size_t max_nodes;        /* keys, values and collections; default 16,000,000 */
    size_t max_depth;        /* collections inside each other; default 256, at most DPONE_TREE_DEEPEST */
    size_t max_expanded; /* nodes that aliases and merge keys add when written out; default 1,000,000 and ten
                            per node of the document */
    int32_t strict;      /* 1: a scalar that YAML 1.1 and 1.2 read differently is an error, not a warning */
};

/* Reads a regular file. On failure the status is DPONE_NOT_FOUND, DPONE_PERMISSION_DENIED or DPONE_IO for a
 * file that cannot be read, DPONE_RESOURCE_EXHAUSTED for a limit, DPONE_INVALID_ARGUMENT for anything wrong
 * inside, and the message is the first problem: `name:line:column: error: what is wrong`. The caller frees
 * *out with dpone_tree_free. */
int32_t dpone_tree_read_file(struct dpone_tree **out, const char *path,
                             const struct dpone_tree_limits *limits, struct dpone_error *error);

/* The same for bytes in memory, which are copied; `name` stands for the path in messages and decides about
 * JSON. */
int32_t dpone_tree_read_memory(struct dpone_tree **out, const char *name, const void *data, size_t size,
                               const struct dpone_tree_limits *limits, struct dpone_error *error);

/* The same with every problem and warning in a list (manifest/diagnostics.h), which the caller owns. With
 * errors in the list *out is NULL unless the document could still be read to its end: a tree with duplicate
 * keys, say. */
int32_t dpone_tree_collect_file(struct dpone_tree **out, const char *path,
                                const struct dpone_tree_limits *limits,
                                struct dpone_diagnostics *diagnostics);
int32_t dpone_tree_collect_memory(struct dpone_tree **out, const char *name, const void *data, size_t size,
                                  const struct dpone_tree_limits *limits,
                                  struct dpone_diagnostics *diagnostics);

/* NULL is harmless. */
void dpone_tree_free(struct dpone_tree *tree);

const struct dpone_node *dpone_tree_root(const struct dpone_tree *tree);

/* The name or path it was read from, NUL-terminated. */
const char *dpone_tree_name(const struct dpone_tree *tree);

/* The line `line` of the source without its line break; empty past the end. */
struct dpone_string dpone_tree_line(const struct dpone_tree *tree, uint32_t line);

/* Bytes of memory the tree holds, the source included. */
size_t dpone_tree_memory_bytes(const struct dpone_tree *tree);

/* DPONE_NODE_NULL for a node that is NULL. */
enum dpone_node_kind dpone_node_kind(const struct dpone_node *node);
enum dpone_node_style dpone_node_style(const struct dpone_node *node);

/* The tag of the core schema, "tag:yaml.org,2002:int" for example. Static storage. */
const char *dpone_node_tag(const struct dpone_node *node);

/* The value of a key; NULL when it is absent, or `mapping` is NULL or no mapping, so that calls chain. */
const struct dpone_node *dpone_node_get(const struct dpone_node *mapping, const char *key);
const struct dpone_node *dpone_node_find(const struct dpone_node *mapping, struct dpone_string key);

/* Items of a sequence or entries of a mapping (merged ones included); 0 for anything else. */
size_t dpone_node_count(const struct dpone_node *node);

/* An item, or the value of an entry, in the order of the document; NULL past the end. Constant time. */
const struct dpone_node *dpone_node_at(const struct dpone_node *node, size_t index);
const struct dpone_node *dpone_node_key_at(const struct dpone_node *mapping, size_t index);

/* A scalar's text after decoding of quotes and escapes; empty for collections and NULL. */
struct dpone_string dpone_node_text(const struct dpone_node *node);

/* 1 and *out set when the node is an integer that fits, a number, a boolean; else 0 and *out untouched. */
int dpone_node_int64(const struct dpone_node *node, int64_t *out);
int dpone_node_float64(const struct dpone_node *node, double *out);
int dpone_node_bool(const struct dpone_node *node, int *out);

/* First character of a node (after its anchor and tag), and the one just behind it. */
struct dpone_position dpone_node_start(const struct dpone_node *node);
struct dpone_position dpone_node_end(const struct dpone_node *node);

#ifdef __cplusplus
}
#endif

#endif
