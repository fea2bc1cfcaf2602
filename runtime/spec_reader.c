/* Taking values out of a manifest. */
#include "runtime/spec_reader.h"

#include <stdio.h>
#include <string.h>

#include "manifest/suggest.h"

int32_t dpone_spec_out_of_memory(struct dpone_spec_reader *reader) {
    return dpone_error_set(reader->error, DPONE_OUT_OF_MEMORY, "no memory for a manifest");
}

static int32_t copy(struct dpone_spec_reader *reader, const struct dpone_node *node, const char **out) {
    *out = dpone_arena_text(reader->arena, dpone_node_text(node));
    return *out == NULL ? dpone_spec_out_of_memory(reader) : DPONE_OK;
}

int32_t dpone_spec_text(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                        const char **out) {
    const struct dpone_node *node = dpone_node_get(map->node, key);
    return node == NULL ? DPONE_OK : copy(reader, node, out);
}

int32_t dpone_spec_required_text(struct dpone_spec_reader *reader, const struct dpone_place *map,
                                 const char *key, const char **out) {
    struct dpone_place place = dpone_place_child(map, key);
    return place.node == NULL ? dpone_place_error(&place, reader->error, "missing; a pipeline needs it")
                              : copy(reader, place.node, out);
}

int32_t dpone_spec_integer(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                           int64_t *out) {
    struct dpone_place place = dpone_place_child(map, key);
    if (place.node != NULL && !dpone_node_int64(place.node, out)) {
        return dpone_place_error(&place, reader->error, "a whole number of at most 64 bits is wanted here");
    }
    return DPONE_OK;
}

/* "a, b, c", cut at the end of `out`. */
static const char *join(char *out, size_t size, const char *const *words) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; words[i] != NULL && used < size; i++) {
        int added = snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ", words[i]);
        used += added < 0 ? size : (size_t)added;
    }
    return out;
}

int32_t dpone_spec_choice(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                          const char *const *choices, int32_t *out) {
    struct dpone_place place = dpone_place_child(map, key);
    if (place.node == NULL) {
        return DPONE_OK;
    }
    struct dpone_string text = dpone_node_text(place.node);
    struct dpone_suggestion suggestion = {.word = text};
    for (int32_t i = 0; choices[i] != NULL; i++) {
        if (dpone_node_kind(place.node) == DPONE_NODE_STRING &&
            dpone_string_equal(text, dpone_string_of(choices[i]))) {
            *out = i;
            return DPONE_OK;
        }
        dpone_suggestion_consider(&suggestion, dpone_string_of(choices[i]));
    }
    char list[256];
    char hint[96];
    return dpone_place_error(&place, reader->error, "\"%.*s\" is not one of %s%s", (int)text.size,
                             text.size == 0 ? "" : text.data, join(list, sizeof list, choices),
                             dpone_suggestion_text(&suggestion, hint, sizeof hint));
}

int32_t dpone_spec_names(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                         const char *const **out, size_t *count) {
    const struct dpone_node *node = dpone_node_get(map->node, key);
    int is_list = dpone_node_kind(node) == DPONE_NODE_SEQUENCE;
    size_t items = is_list ? dpone_node_count(node) : node != NULL;
    const char **names = dpone_arena_take(reader->arena, items + 1, sizeof(char *));
    if (names == NULL) {
        return dpone_spec_out_of_memory(reader);
    }
    for (size_t i = 0; i < items; i++) {
        int32_t status = copy(reader, is_list ? dpone_node_at(node, i) : node, &names[i]);
        if (status != DPONE_OK) {
            return status;
        }
    }
    *out = names;
    *count = items;
    return DPONE_OK;
}
