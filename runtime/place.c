/* A place in a YAML document. */
#include "runtime/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct dpone_place dpone_place_of(const struct dpone_tree *tree, const struct dpone_node *node,
                                  const char *path) {
    return (struct dpone_place){.tree = tree, .node = node, .name = dpone_string_of(path)};
}

struct dpone_place dpone_place_child(const struct dpone_place *parent, const char *key) {
    return (struct dpone_place){.tree = parent->tree,
                                .node = dpone_node_get(parent->node, key),
                                .parent = parent,
                                .name = dpone_string_of(key)};
}

struct dpone_place dpone_place_at(const struct dpone_place *parent, size_t index) {
    struct dpone_place place = {
        .tree = parent->tree, .node = dpone_node_at(parent->node, index), .parent = parent, .index = index};
    if (dpone_node_kind(parent->node) == DPONE_NODE_MAPPING) {
        place.name = dpone_node_text(dpone_node_key_at(parent->node, index));
    }
    return place;
}

/* A buffer that drops what does not fit. */
struct way {
    char text[256];
    size_t size;
};

static void way_add(struct way *way, struct dpone_string text) {
    size_t size = text.size;
    size_t room = sizeof way->text - 1 - way->size;
    size = size < room ? size : room;
    memcpy(way->text + way->size, text.data, size);
    way->size += size;
    way->text[way->size] = '\0';
}

static void way_to(struct way *way, const struct dpone_place *place) {
    if (place->parent != NULL) {
        way_to(way, place->parent);
    }
    if (place->name.data == NULL) {
        char item[32];
        (void)snprintf(item, sizeof item, "[%zu]", place->index);
        way_add(way, dpone_string_of(item));
        return;
    }
    if (way->size > 0 && place->name.size > 0) {
        way_add(way, dpone_string_of("."));
    }
    way_add(way, place->name);
}

static struct dpone_position position_of(const struct dpone_place *place) {
    while (place->node == NULL && place->parent != NULL) {
        place = place->parent;
    }
    struct dpone_position start = {1, 1, 0};
    return place->node == NULL ? start : dpone_node_start(place->node);
}

int32_t dpone_place_error(const struct dpone_place *place, struct dpone_error *error, const char *format,
                          ...) {
    char message[DPONE_ERROR_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct way way = {{0}, 0};
    way_to(&way, place);
    struct dpone_position position = position_of(place);
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s:%u:%u: error: %s%s%s",
                           dpone_tree_name(place->tree), (unsigned)position.line, (unsigned)position.column,
                           way.text, way.size > 0 ? ": " : "", message);
}
