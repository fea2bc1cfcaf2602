/* A connector's options from a manifest. All options of a tree live in a chain of blocks that is freed at
 * once. */
#include "runtime/option_tree.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/files.h"
#include "runtime/place.h"
#include "runtime/secrets.h"

struct dpone_option_tree {
    const struct dpone_option *root;
    struct dpone_arena arena;
};

static int copy_text(struct dpone_arena *arena, struct dpone_string *out, struct dpone_string text) {
    *out = (struct dpone_string){dpone_arena_text(arena, text), text.size};
    return out->data != NULL;
}

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for options");
}

static int32_t convert(struct dpone_arena *arena, struct dpone_option **out, const struct dpone_place *place,
                       struct dpone_string key, struct dpone_error *error);

/* {secret: REFERENCE}: the reference, or NULL when the node is anything else. */
static const struct dpone_node *secret_reference(const struct dpone_node *node) {
    return dpone_node_kind(node) == DPONE_NODE_MAPPING && dpone_node_count(node) == 1
               ? dpone_node_get(node, "secret")
               : NULL;
}

static int32_t convert_secret(struct dpone_arena *arena, struct dpone_option *option,
                              const struct dpone_place *place, struct dpone_error *error) {
    const struct dpone_node *reference = secret_reference(place->node);
    struct dpone_string text = dpone_node_text(reference);
    if (dpone_node_kind(reference) != DPONE_NODE_STRING || !dpone_secret_reference_valid(text)) {
        struct dpone_place inner = dpone_place_child(place, "secret");
        return dpone_place_error(&inner, error,
                                 "a secret is given as env:NAME or file:PATH, never as the value itself");
    }
    option->kind = DPONE_OPTION_SECRET;
    return copy_text(arena, &option->text, text) ? DPONE_OK : out_of_memory(error);
}

static int32_t convert_children(struct dpone_arena *arena, struct dpone_option *option,
                                const struct dpone_place *place, struct dpone_error *error) {
    size_t count = dpone_node_count(place->node);
    struct dpone_option **children = dpone_arena_take(arena, count + 1, sizeof *children);
    if (children == NULL) {
        return out_of_memory(error);
    }
    int is_map = dpone_node_kind(place->node) == DPONE_NODE_MAPPING;
    for (size_t i = 0; i < count; i++) {
        struct dpone_string key =
            is_map ? dpone_node_text(dpone_node_key_at(place->node, i)) : dpone_string_of("");
        struct dpone_place child = dpone_place_at(place, i);
        int32_t status = convert(arena, &children[i], &child, key, error);
        if (status != DPONE_OK) {
            return status;
        }
    }
    option->kind = is_map ? DPONE_OPTION_MAP : DPONE_OPTION_LIST;
    option->child_count = count;
    option->children = (const struct dpone_option *const *)children;
    return DPONE_OK;
}

static int32_t convert_scalar(struct dpone_arena *arena, struct dpone_option *option,
                              const struct dpone_place *place, struct dpone_error *error) {
    int truth = 0;
    switch (dpone_node_kind(place->node)) {
    case DPONE_NODE_BOOL:
        option->kind = DPONE_OPTION_BOOL;
        (void)dpone_node_bool(place->node, &truth);
        option->integer = truth;
        return DPONE_OK;
    case DPONE_NODE_INT:
        option->kind = DPONE_OPTION_INTEGER;
        return dpone_node_int64(place->node, &option->integer)
                   ? DPONE_OK
                   : dpone_place_error(place, error,
                                       "the integer does not fit 64 bits; quote it to pass it as text");
    case DPONE_NODE_FLOAT:
        option->kind = DPONE_OPTION_FLOAT;
        (void)dpone_node_float64(place->node, &option->real);
        return DPONE_OK;
    case DPONE_NODE_STRING:
        option->kind = DPONE_OPTION_STRING;
        return copy_text(arena, &option->text, dpone_node_text(place->node)) ? DPONE_OK
                                                                             : out_of_memory(error);
    default:
        option->kind = DPONE_OPTION_NULL;
        return DPONE_OK;
    }
}

static int32_t convert(struct dpone_arena *arena, struct dpone_option **out, const struct dpone_place *place,
                       struct dpone_string key, struct dpone_error *error) {
    struct dpone_option *option = dpone_arena_take(arena, 1, sizeof *option);
    if (option == NULL || !copy_text(arena, &option->key, key)) {
        return out_of_memory(error);
    }
    struct dpone_position position = dpone_node_start(place->node);
    option->struct_size = (uint32_t)sizeof *option;
    option->line = position.line;
    option->column = position.column;
    *out = option;
    if (secret_reference(place->node) != NULL) {
        return convert_secret(arena, option, place, error);
    }
    enum dpone_node_kind kind = dpone_node_kind(place->node);
    if (kind == DPONE_NODE_MAPPING || kind == DPONE_NODE_SEQUENCE) {
        return convert_children(arena, option, place, error);
    }
    return convert_scalar(arena, option, place, error);
}

int32_t dpone_option_of_place(const struct dpone_option **out, struct dpone_arena *arena,
                              const struct dpone_place *place, struct dpone_error *error) {
    *out = NULL;
    struct dpone_option *root = NULL;
    enum dpone_node_kind kind = dpone_node_kind(place->node);
    if (kind != DPONE_NODE_MAPPING && kind != DPONE_NODE_NULL) {
        return dpone_place_error(place, error, "options are a map of names and values");
    }
    int32_t status = convert(arena, &root, place, dpone_string_of(""), error);
    if (status == DPONE_OK && kind == DPONE_NODE_NULL) {
        root->kind = DPONE_OPTION_MAP;
    }
    *out = root;
    return status;
}

static struct dpone_option_tree *tree_new(void) {
    return calloc(1, sizeof(struct dpone_option_tree));
}

static int32_t read_root(struct dpone_option_tree *self, const char *path, struct dpone_error *error) {
    struct dpone_tree *tree = NULL;
    int32_t status = dpone_tree_read_file(&tree, path, NULL, error);
    if (status == DPONE_OK) {
        struct dpone_place place = dpone_place_of(tree, dpone_tree_root(tree), "");
        status = dpone_option_of_place(&self->root, &self->arena, &place, error);
    }
    dpone_tree_free(tree);
    return status;
}

int32_t dpone_option_tree_read(struct dpone_option_tree **out, const char *path, struct dpone_error *error) {
    struct dpone_option_tree *self = tree_new();
    int32_t status = self == NULL ? out_of_memory(error) : read_root(self, path, error);
    if (status != DPONE_OK) {
        dpone_option_tree_free(self);
        self = NULL;
    }
    *out = self;
    return status;
}

int32_t dpone_option_tree_of_string(struct dpone_option_tree **out, const char *key, const char *value,
                                    struct dpone_error *error) {
    *out = NULL;
    struct dpone_option_tree *self = tree_new();
    if (self == NULL) {
        return out_of_memory(error);
    }
    struct dpone_option *options = dpone_arena_take(&self->arena, 2, sizeof *options);
    const struct dpone_option **children = dpone_arena_take(&self->arena, 1, sizeof(struct dpone_option *));
    if (options == NULL || children == NULL ||
        !copy_text(&self->arena, &options[1].key, dpone_string_of(key)) ||
        !copy_text(&self->arena, &options[1].text, dpone_string_of(value))) {
        dpone_option_tree_free(self);
        return out_of_memory(error);
    }
    children[0] = &options[1];
    options[0].struct_size = options[1].struct_size = (uint32_t)sizeof *options;
    options[0].kind = DPONE_OPTION_MAP;
    options[0].child_count = 1;
    options[0].children = children;
    options[1].kind = DPONE_OPTION_STRING;
    self->root = &options[0];
    *out = self;
    return DPONE_OK;
}

void dpone_option_tree_free(struct dpone_option_tree *tree) {
    if (tree != NULL) {
        dpone_arena_clear(&tree->arena);
        free(tree);
    }
}

const struct dpone_option *dpone_option_tree_root(const struct dpone_option_tree *tree) {
    return tree->root;
}
