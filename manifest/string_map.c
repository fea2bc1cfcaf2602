/* Open addressing over an array of entries: see string_map.h. */
#include "manifest/string_map.h"

#include <stdlib.h>

#include "manifest/hash.h"

static uint32_t *find_slot(const struct dpone_string_map *map, struct dpone_string key, uint32_t hash) {
    uint32_t mask = map->slot_count - 1;
    uint32_t slot = hash & mask;
    while (map->slots[slot] != 0) {
        const struct dpone_string_map_entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && dpone_string_equal(entry->key, key)) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return &map->slots[slot];
}

uint32_t *dpone_string_map_find(const struct dpone_string_map *map, struct dpone_string key) {
    if (map->count == 0) {
        return NULL;
    }
    const uint32_t *slot = find_slot(map, key, (uint32_t)dpone_hash(key, 1));
    return *slot == 0 ? NULL : &map->entries[*slot - 1].value;
}

static int grow(struct dpone_string_map *map) {
    uint32_t slot_count = map->slot_count == 0 ? 8 : map->slot_count * 2;
    struct dpone_string_map_entry *entries = realloc(map->entries, slot_count / 4 * 3 * sizeof *entries);
    if (entries == NULL) {
        return 0;
    }
    map->entries = entries;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL) {
        return 0;
    }
    free(map->slots);
    map->slots = slots;
    map->slot_count = slot_count;
    for (uint32_t i = 0; i < map->count; i++) {
        *find_slot(map, entries[i].key, entries[i].hash) = i + 1;
    }
    return 1;
}

uint32_t *dpone_string_map_put(struct dpone_string_map *map, struct dpone_string key, uint32_t value,
                               int *added) {
    if (map->count >= map->slot_count / 4 * 3 && !grow(map)) {
        return NULL;
    }
    uint32_t hash = (uint32_t)dpone_hash(key, 1);
    uint32_t *slot = find_slot(map, key, hash);
    if (added != NULL) {
        *added = *slot == 0;
    }
    if (*slot == 0) {
        map->entries[map->count] = (struct dpone_string_map_entry){key, hash, value};
        *slot = ++map->count;
    }
    return &map->entries[*slot - 1].value;
}

void dpone_string_map_clear(struct dpone_string_map *map) {
    free(map->entries);
    free(map->slots);
    *map = (struct dpone_string_map){0};
}
