/* A place in a YAML document: a node and the way to it, for messages that name both.
 *
 * Places live on the stack and point to their parents: a chain is valid as long as its outermost place. */
#ifndef DPONE_RUNTIME_PLACE_H
#define DPONE_RUNTIME_PLACE_H

#include "manifest/tree.h"

struct dpone_place {
    const struct dpone_tree *tree;
    const struct dpone_node *node;    /* NULL: absent */
    const struct dpone_place *parent; /* NULL: outermost */
    struct dpone_string name;         /* key; data NULL for item `index` of a list */
    size_t index;
};

/* The outermost place; `path` is what it is called ("source.options"), or "". */
struct dpone_place dpone_place_of(const struct dpone_tree *tree, const struct dpone_node *node,
                                  const char *path);

/* The value of a key; its node is NULL when it is absent. */
struct dpone_place dpone_place_child(const struct dpone_place *parent, const char *key);

/* Item or entry `index`. */
struct dpone_place dpone_place_at(const struct dpone_place *parent, size_t index);

/* `file:line:column: error: way.to.it: message`, as DPONE_INVALID_ARGUMENT; an absent place takes the
 * position of the nearest one around it. */
int32_t dpone_place_error(const struct dpone_place *place, struct dpone_error *error, const char *format, ...)
    DPONE_PRINTF(3, 4);

#endif
