/* A connector's options from a manifest: nodes of a YAML tree as the plain data of dpone/option.h.
 *
 * A map with the one key `secret` becomes DPONE_OPTION_SECRET, whose text is the reference ("env:NAME",
 * "file:PATH"). Every option carries its line and column. */
#ifndef DPONE_RUNTIME_OPTION_TREE_H
#define DPONE_RUNTIME_OPTION_TREE_H

#include <dpone/option.h>

#include "manifest/arena.h"

#include "runtime/place.h"

struct dpone_option_tree;

/* Copies the map at `place` (its node NULL or empty: an empty map) into an arena, where it lives as long as
 * that; messages name the place. DPONE_INVALID_ARGUMENT with `file:line:column`: no map, an integer beyond 64
 * bits, a secret that is no reference. DPONE_OUT_OF_MEMORY. */
int32_t dpone_option_of_place(const struct dpone_option **out, struct dpone_arena *arena,
                              const struct dpone_place *place, struct dpone_error *error);

/* The same from a YAML or JSON file whose root is the map. The caller frees `*out`. */
int32_t dpone_option_tree_read(struct dpone_option_tree **out, const char *path, struct dpone_error *error);

/* A map of one string option, for options made by a program: the reference connector's path. */
int32_t dpone_option_tree_of_string(struct dpone_option_tree **out, const char *key, const char *value,
                                    struct dpone_error *error);

/* Frees all of it; NULL is harmless. */
void dpone_option_tree_free(struct dpone_option_tree *tree);

/* The root map, valid until freed. */
const struct dpone_option *dpone_option_tree_root(const struct dpone_option_tree *tree);

#endif
