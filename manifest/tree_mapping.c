/* The end of a mapping: duplicate keys are found, `<<` is merged, and a large mapping gets its table. */
#include "manifest/tree_builder.h"

#include <string.h>

#include "manifest/show.h"

enum { SMALL_MAPPING = 16 };

static struct dpone_string key_text(const struct dpone_node *key) {
    return dpone_node_text(dpone_tape_resolve(key));
}

static void report_duplicate(struct dpone_tree_builder *builder, const struct dpone_node *again,
                             const struct dpone_node *first) {
    const struct dpone_source *source = &builder->tree->source;
    struct dpone_position earlier = {0, 0, 0};
    if (dpone_diagnostics_has_room(builder->diagnostics, DPONE_SEVERITY_ERROR)) {
        earlier = dpone_source_position(source, first->start);
    }
    char shown[DPONE_SHOWN_BYTES];
    dpone_source_error(
        source, builder->diagnostics, again->start, (size_t)again->start + again->span,
        DPONE_INVALID_ARGUMENT, "duplicate key %s, first at line %u, column %u; keep one of them",
        dpone_show_text(shown, key_text(again)), (unsigned)earlier.line, (unsigned)earlier.column);
}

/* A mapping with few keys: each is compared with those before it. */
static int end_small_mapping(struct dpone_tree_builder *builder, const struct dpone_tree_frame *frame) {
    struct dpone_node *mapping = &builder->tree->tape->nodes[frame->node];
    const struct dpone_node *keys[SMALL_MAPPING];
    struct dpone_string texts[SMALL_MAPPING];
    size_t count = frame->children / 2;
    mapping->link = (uint32_t)builder->tree->node_count - frame->node;
    const struct dpone_node *key = mapping + 1;
    for (size_t i = 0; i < count; i++) {
        keys[i] = key;
        texts[i] = key_text(key);
        for (size_t j = 0; j < i; j++) {
            if (dpone_string_equal(texts[i], texts[j])) {
                report_duplicate(builder, key, keys[j]);
                break;
            }
        }
        key = dpone_tape_next(dpone_tape_next(key));
    }
    return 1;
}

/* The table of a mapping while it is filled. */
struct entry_table {
    struct dpone_node *nodes; /* of the tape */
    uint32_t *slots;
    uint32_t *entries;
    uint32_t mask;
    uint32_t count;
};

/* Adds a key; returns the one already there, or NULL when it was added. */
static const struct dpone_node *add_entry(struct entry_table *table, const struct dpone_node *key) {
    struct dpone_string text = key_text(key);
    uint32_t slot = dpone_tape_key_hash(text) & table->mask;
    for (; table->slots[slot] != 0; slot = (slot + 1) & table->mask) {
        const struct dpone_node *known = table->nodes + table->entries[table->slots[slot] - 1];
        if (dpone_string_equal(key_text(known), text)) {
            return known;
        }
    }
    table->entries[table->count++] = key->self;
    table->slots[slot] = table->count;
    return NULL;
}

static int is_merge_key(const struct dpone_node *key) {
    return dpone_tape_style(key) == DPONE_STYLE_PLAIN && dpone_tape_kind(key) == DPONE_NODE_STRING &&
           dpone_string_equal(dpone_node_text(key), dpone_string_of("<<"));
}

static void merge_mapping(struct entry_table *table, const struct dpone_node *from) {
    for (size_t i = 0; i < dpone_tape_count(from); i++) {
        add_entry(table, dpone_node_raw_key_at(from, i));
    }
}

/* The mappings that a `<<` names, one at a time; NULL past the last. */
static const struct dpone_node *merge_source(const struct dpone_node *value, size_t index) {
    if (dpone_tape_kind(value) == DPONE_NODE_SEQUENCE) {
        return dpone_node_at(value, index);
    }
    return index == 0 ? value : NULL;
}

/* Counts the entries that a `<<` may add; 0 when it names something other than mappings. */
static int count_merged(struct dpone_tree_builder *builder, const struct dpone_node *raw, size_t *count) {
    const struct dpone_node *value = dpone_tape_resolve(raw);
    const struct dpone_node *source;
    for (size_t i = 0; (source = merge_source(value, i)) != NULL; i++) {
        if (dpone_tape_kind(source) != DPONE_NODE_MAPPING) {
            const struct dpone_node *at = source == value || value != raw ? raw : dpone_node_raw_at(raw, i);
            dpone_source_error(
                &builder->tree->source, builder->diagnostics, at->start, (size_t)at->start + at->span,
                DPONE_INVALID_ARGUMENT,
                "`<<` merges a mapping or a list of mappings; quote the key to use it as a name");
            return 0;
        }
        *count += dpone_tape_count(source);
    }
    return 1;
}

/* Upper bound of the entries after merging; 0 after a problem, which no mapping that comes here has. */
static size_t count_entries(struct dpone_tree_builder *builder, const struct dpone_tree_frame *frame) {
    size_t count = frame->children / 2;
    if (!frame->has_merge) {
        return count;
    }
    const struct dpone_node *key = &builder->tree->tape->nodes[frame->node] + 1;
    for (uint32_t i = 0; i < frame->children / 2; i++) {
        const struct dpone_node *value = dpone_tape_next(key);
        if (is_merge_key(key) && !count_merged(builder, value, &count)) {
            return 0;
        }
        key = dpone_tape_next(value);
    }
    return count;
}

static void fill_own(struct dpone_tree_builder *builder, struct entry_table *table,
                     const struct dpone_node *mapping, const struct dpone_node **merge) {
    const struct dpone_node *key = mapping + 1;
    for (size_t left = dpone_tape_count(mapping); left > 0; left--) {
        const struct dpone_node *first = NULL;
        if (!is_merge_key(key)) {
            first = add_entry(table, key);
        } else if (*merge == NULL) {
            *merge = key;
        } else {
            first = *merge;
        }
        if (first != NULL) {
            report_duplicate(builder, key, first);
        }
        key = dpone_tape_next(dpone_tape_next(key));
    }
}

int dpone_builder_end_mapping(struct dpone_tree_builder *builder, const struct dpone_tree_frame *frame) {
    if (!frame->has_merge && frame->children / 2 <= SMALL_MAPPING) {
        return end_small_mapping(builder, frame);
    }
    size_t capacity = count_entries(builder, frame);
    if (capacity == 0) {
        return 0;
    }
    if (capacity > DPONE_NODE_MAX_COUNT) {
        size_t at = builder->tree->tape->nodes[frame->node].start;
        return dpone_builder_exceed(builder, at, at + 1, "of entries in one collection",
                                    DPONE_NODE_MAX_COUNT);
    }
    uint32_t slots = 16;
    while (slots / 4 * 3 < capacity) {
        slots *= 2;
    }
    uint32_t *start = dpone_builder_reserve_table(builder, 2 + slots + capacity);
    if (start == NULL) {
        return 0;
    }
    struct dpone_tree *tree = builder->tree;
    struct dpone_node *mapping = &tree->tape->nodes[frame->node];
    struct entry_table table = {tree->tape->nodes, start + 2, start + 2 + slots, slots - 1, 0};
    memset(table.slots, 0, slots * sizeof *table.slots);
    start[0] = (uint32_t)tree->node_count - frame->node;
    start[1] = slots;
    const struct dpone_node *merge = NULL;
    fill_own(builder, &table, mapping, &merge);
    const struct dpone_node *source;
    for (size_t i = 0; merge != NULL; i++) {
        source = merge_source(dpone_tape_resolve(dpone_tape_next(merge)), i);
        if (source == NULL) {
            break;
        }
        merge_mapping(&table, source);
    }
    mapping->link = (uint32_t)tree->table_count;
    mapping->info = (mapping->info & ((1u << DPONE_NODE_COUNT_SHIFT) - 1)) | DPONE_NODE_TABLE_FLAG |
                    table.count << DPONE_NODE_COUNT_SHIFT;
    tree->table_count += 2 + slots + table.count;
    return 1;
}
