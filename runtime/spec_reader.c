/* Taking values out of a manifest. */
#include "runtime/spec_reader.h"

#include <stdio.h>
#include <string.h>

#include "manifest/suggest.h"

int32_t dpone_spec_out_of_memory(struct dpone_spec_reader *reader) {
    return dpone_error_set(reader->error, DPONE_OUT_OF_MEMORY, "no memory for a manifest");
}

static int is_known(struct dpone_string key, const char *const *known) {
    for (; *known != NULL; known++) {
        if (dpone_string_equal(key, dpone_string_of(*known))) {
            return 1;
        }
    }
    return 0;
}

static int32_t check_key(struct dpone_spec_reader *reader, const struct dpone_place *place, size_t index,
                         const char *const *known, int strict) {
    struct dpone_string key = dpone_node_text(dpone_node_key_at(place->node, index));
    if (is_known(key, known)) {
        return DPONE_OK;
    }
    struct dpone_suggestion suggestion = {.word = key};
    for (size_t i = 0; known[i] != NULL; i++) {
        dpone_suggestion_consider(&suggestion, dpone_string_of(known[i]));
    }
    if (!strict && suggestion.best.size == 0) {
        return DPONE_OK;
    }
    char hint[96];
    struct dpone_place at = dpone_place_at(place, index);
    at.node = dpone_node_key_at(place->node, index);
    return dpone_place_error(&at, reader->error, "unknown key%s",
                             dpone_suggestion_text(&suggestion, hint, sizeof hint));
}

static int32_t check_map(struct dpone_spec_reader *reader, const struct dpone_place *place,
                         const char *const *known, int strict) {
    if (place->node != NULL && dpone_node_kind(place->node) != DPONE_NODE_MAPPING) {
        return dpone_place_error(place, reader->error, "a map is wanted here");
    }
    int32_t status = DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < dpone_node_count(place->node); i++) {
        status = check_key(reader, place, i, known, strict);
    }
    return status;
}

int32_t dpone_spec_map(struct dpone_spec_reader *reader, const struct dpone_place *place,
                       const char *const *known) {
    return check_map(reader, place, known, 0);
}

int32_t dpone_spec_strict_map(struct dpone_spec_reader *reader, const struct dpone_place *place,
                              const char *const *known) {
    return check_map(reader, place, known, 1);
}

int32_t dpone_spec_required_map(struct dpone_spec_reader *reader, const struct dpone_place *place,
                                const char *const *known) {
    return place->node == NULL ? dpone_place_error(place, reader->error, "missing; a pipeline needs it")
                               : check_map(reader, place, known, 0);
}

static int is_scalar(const struct dpone_node *node) {
    enum dpone_node_kind kind = dpone_node_kind(node);
    return kind == DPONE_NODE_BOOL || kind == DPONE_NODE_INT || kind == DPONE_NODE_FLOAT ||
           kind == DPONE_NODE_STRING;
}

static int32_t copy(struct dpone_spec_reader *reader, const struct dpone_node *node, const char **out) {
    *out = dpone_arena_text(reader->arena, dpone_node_text(node));
    return *out == NULL ? dpone_spec_out_of_memory(reader) : DPONE_OK;
}

int32_t dpone_spec_string(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                          const char **out) {
    struct dpone_place place = dpone_place_child(map, key);
    if (place.node == NULL) {
        return DPONE_OK;
    }
    if (dpone_node_kind(place.node) != DPONE_NODE_STRING || dpone_node_text(place.node).size == 0) {
        return dpone_place_error(&place, reader->error,
                                 "a string is wanted here; quote it if it looks like a number");
    }
    return copy(reader, place.node, out);
}

static int32_t missing(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key) {
    struct dpone_place place = dpone_place_child(map, key);
    return dpone_place_error(&place, reader->error, "missing; a pipeline needs it");
}

int32_t dpone_spec_required_string(struct dpone_spec_reader *reader, const struct dpone_place *map,
                                   const char *key, const char **out) {
    return dpone_node_get(map->node, key) == NULL ? missing(reader, map, key)
                                                  : dpone_spec_string(reader, map, key, out);
}

int32_t dpone_spec_required_scalar(struct dpone_spec_reader *reader, const struct dpone_place *map,
                                   const char *key, const char **out) {
    struct dpone_place place = dpone_place_child(map, key);
    if (place.node == NULL) {
        return missing(reader, map, key);
    }
    return is_scalar(place.node) ? copy(reader, place.node, out)
                                 : dpone_place_error(&place, reader->error, "a single value is wanted here");
}

int32_t dpone_spec_integer(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                           int64_t *out) {
    struct dpone_place place = dpone_place_child(map, key);
    int64_t value = 0;
    if (place.node == NULL) {
        return DPONE_OK;
    }
    if (!dpone_node_int64(place.node, &value) || value < 0) {
        return dpone_place_error(&place, reader->error, "a whole number, 0 or more, is wanted here");
    }
    *out = value;
    return DPONE_OK;
}

int32_t dpone_spec_number(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                          double *out) {
    struct dpone_place place = dpone_place_child(map, key);
    double value = 0;
    if (place.node == NULL) {
        return DPONE_OK;
    }
    if (!dpone_node_float64(place.node, &value) || !(value >= 0)) {
        return dpone_place_error(&place, reader->error, "a number, 0 or more, is wanted here");
    }
    *out = value;
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
    struct dpone_place place = dpone_place_child(map, key);
    int is_list = dpone_node_kind(place.node) == DPONE_NODE_SEQUENCE;
    size_t items = is_list ? dpone_node_count(place.node) : place.node != NULL;
    const char **names = dpone_arena_take(reader->arena, items + 1, sizeof(char *));
    if (names == NULL) {
        return dpone_spec_out_of_memory(reader);
    }
    for (size_t i = 0; i < items; i++) {
        struct dpone_place item = is_list ? dpone_place_at(&place, i) : place;
        if (dpone_node_kind(item.node) != DPONE_NODE_STRING || dpone_node_text(item.node).size == 0) {
            return dpone_place_error(&item, reader->error, "the name of a column is wanted here");
        }
        int32_t status = copy(reader, item.node, &names[i]);
        if (status != DPONE_OK) {
            return status;
        }
    }
    *out = names;
    *count = items;
    return DPONE_OK;
}
