/* A map from strings to numbers: anchors, schema properties, identifiers. Keys are borrowed and must outlive
 * the map. */
#ifndef DPONE_MANIFEST_STRING_MAP_H
#define DPONE_MANIFEST_STRING_MAP_H

#include <dpone/base.h>

struct dpone_string_map_entry {
    struct dpone_string key;
    uint32_t hash;
    uint32_t value;
};

/* All zero is an empty map. Lookups may run on any number of threads while nobody changes it. */
struct dpone_string_map {
    struct dpone_string_map_entry *entries; /* in the order they were added */
    uint32_t *slots;                        /* 1 + entry, or 0 */
    uint32_t count;
    uint32_t slot_count; /* a power of two, at least 4/3 of count, or 0 */
};

/* The value of `key`, to be changed in place or NULL when absent. */
uint32_t *dpone_string_map_find(const struct dpone_string_map *map, struct dpone_string key);

/* The value of `key`, added as `value` when it was absent (*added, which may be NULL, tells); NULL without
 * memory. */
uint32_t *dpone_string_map_put(struct dpone_string_map *map, struct dpone_string key, uint32_t value,
                               int *added);

void dpone_string_map_clear(struct dpone_string_map *map);

#endif
