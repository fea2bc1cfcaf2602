/* A connector's options from a manifest: nodes of a YAML tree as the plain data of dpone/option.h.
 *
 * A map with the one key `secret` becomes DPONE_OPTION_SECRET, whose text is the reference ("env:NAME",
 * "file:PATH"). Every option carries its line and column. */
#ifndef DPONE_RUNTIME_OPTION_TREE_H
#define DPONE_RUNTIME_OPTION_TREE_H

#include <dpone/option.h>

#include "manifest/tree.h"

struct dpone_option_tree;

/* Copies the map `node`; NULL and an empty value give an empty map. `path` names the place in messages
 * ("source.options"). DPONE_INVALID_ARGUMENT with `file:line:column`: no map, an integer beyond 64 bits, a
 * secret reference of an unknown kind. DPONE_OUT_OF_MEMORY. The caller frees `*out`; the YAML tree may go
 * before it. */
int32_t dpone_option_tree_new(struct dpone_option_tree **out, const struct dpone_tree *tree,
                              const struct dpone_node *node, const char *path, struct dpone_error *error);

/* The same from a YAML or JSON file whose root is the map. */
int32_t dpone_option_tree_read(struct dpone_option_tree **out, const char *path, struct dpone_error *error);

/* A map of one string option, for options made by a program: the reference connector's path. */
int32_t dpone_option_tree_of_string(struct dpone_option_tree **out, const char *key, const char *value,
                                    struct dpone_error *error);

/* Frees all of it; NULL is harmless. */
void dpone_option_tree_free(struct dpone_option_tree *tree);

/* The root map, valid until freed. */
const struct dpone_option *dpone_option_tree_root(const struct dpone_option_tree *tree);

#endif
