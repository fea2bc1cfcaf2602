/* Looking at a tree: see tree.h and, for how it lies in memory, tree_tape.h. */
#include "manifest/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/hash.h"
#include "manifest/tree_tape.h"

void dpone_tree_free(struct dpone_tree *tree) {
    if (tree == NULL) {
        return;
    }
    for (size_t i = 0; i < tree->text_count; i++) {
        free((void *)(uintptr_t)tree->texts[i].data);
    }
    free(tree->texts);
    free(tree->tables);
    free(tree->tape);
    dpone_source_clear(&tree->source);
    free(tree);
}

const struct dpone_node *dpone_tree_root(const struct dpone_tree *tree) {
    return &tree->tape->nodes[0];
}

const char *dpone_tree_name(const struct dpone_tree *tree) {
    return tree->source.name;
}

struct dpone_string dpone_tree_line(const struct dpone_tree *tree, uint32_t line) {
    return dpone_source_line(&tree->source, line);
}

size_t dpone_tree_memory_bytes(const struct dpone_tree *tree) {
    size_t bytes = sizeof *tree + tree->source.size + 1 + tree->node_capacity * sizeof(struct dpone_node) +
                   tree->table_capacity * sizeof *tree->tables + tree->text_capacity * sizeof *tree->texts +
                   (tree->source.size / DPONE_SOURCE_BLOCK + 1) * sizeof(struct dpone_source_mark);
    for (size_t i = 0; i < tree->text_count; i++) {
        bytes += tree->texts[i].size + 1;
    }
    return bytes;
}

enum dpone_node_kind dpone_node_kind(const struct dpone_node *node) {
    return node == NULL ? DPONE_NODE_NULL : (enum dpone_node_kind)dpone_tape_kind(node);
}

enum dpone_node_style dpone_node_style(const struct dpone_node *node) {
    return node == NULL ? DPONE_STYLE_PLAIN : (enum dpone_node_style)dpone_tape_style(node);
}

const char *dpone_node_tag(const struct dpone_node *node) {
    static const char *const tags[] = {
        [DPONE_NODE_NULL] = "tag:yaml.org,2002:null",   [DPONE_NODE_BOOL] = "tag:yaml.org,2002:bool",
        [DPONE_NODE_INT] = "tag:yaml.org,2002:int",     [DPONE_NODE_FLOAT] = "tag:yaml.org,2002:float",
        [DPONE_NODE_STRING] = "tag:yaml.org,2002:str",  [DPONE_NODE_SEQUENCE] = "tag:yaml.org,2002:seq",
        [DPONE_NODE_MAPPING] = "tag:yaml.org,2002:map",
    };
    return tags[dpone_node_kind(node)];
}

size_t dpone_node_count(const struct dpone_node *node) {
    return node != NULL && dpone_tape_is_collection(node) ? dpone_tape_count(node) : 0;
}

static const struct dpone_node *tape_skip(const struct dpone_node *node, size_t count) {
    while (count-- > 0) {
        node = dpone_tape_next(node);
    }
    return node;
}

static const uint32_t *tape_table(const struct dpone_node *node) {
    return node->info & DPONE_NODE_TABLE_FLAG ? dpone_tape_tree(node)->tables + node->link : NULL;
}

const struct dpone_node *dpone_node_raw_key_at(const struct dpone_node *mapping, size_t index) {
    if (dpone_node_kind(mapping) != DPONE_NODE_MAPPING || index >= dpone_tape_count(mapping)) {
        return NULL;
    }
    const uint32_t *table = tape_table(mapping);
    if (table != NULL) {
        return mapping - mapping->self + table[2 + table[1] + index];
    }
    return tape_skip(mapping + 1, 2 * index);
}

const struct dpone_node *dpone_node_raw_at(const struct dpone_node *node, size_t index) {
    if (dpone_node_kind(node) != DPONE_NODE_SEQUENCE) {
        const struct dpone_node *key = dpone_node_raw_key_at(node, index);
        return key == NULL ? NULL : dpone_tape_next(key);
    }
    if (index >= dpone_tape_count(node)) {
        return NULL;
    }
    const uint32_t *table = tape_table(node);
    if (table == NULL) {
        return tape_skip(node + 1, index);
    }
    return tape_skip(node + table[1 + index / DPONE_TABLE_STRIDE], index % DPONE_TABLE_STRIDE);
}

const struct dpone_node *dpone_node_at(const struct dpone_node *node, size_t index) {
    const struct dpone_node *raw = dpone_node_raw_at(node, index);
    return raw == NULL ? NULL : dpone_tape_resolve(raw);
}

const struct dpone_node *dpone_node_key_at(const struct dpone_node *mapping, size_t index) {
    const struct dpone_node *raw = dpone_node_raw_key_at(mapping, index);
    return raw == NULL ? NULL : dpone_tape_resolve(raw);
}

uint32_t dpone_tape_key_hash(struct dpone_string key) {
    return (uint32_t)dpone_hash(key, 0);
}

static const struct dpone_node *find_hashed(const struct dpone_node *mapping, const uint32_t *table,
                                            struct dpone_string key) {
    const uint32_t *slots = table + 2;
    uint32_t mask = table[1] - 1;
    for (uint32_t slot = dpone_tape_key_hash(key) & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
        const struct dpone_node *entry = mapping - mapping->self + table[2 + table[1] + slots[slot] - 1];
        if (dpone_string_equal(dpone_node_text(dpone_tape_resolve(entry)), key)) {
            return dpone_tape_resolve(dpone_tape_next(entry));
        }
    }
    return NULL;
}

const struct dpone_node *dpone_node_find(const struct dpone_node *mapping, struct dpone_string key) {
    if (dpone_node_kind(mapping) != DPONE_NODE_MAPPING) {
        return NULL;
    }
    const uint32_t *table = tape_table(mapping);
    if (table != NULL) {
        return find_hashed(mapping, table, key);
    }
    const struct dpone_node *entry = mapping + 1;
    for (size_t left = dpone_tape_count(mapping); left > 0; left--) {
        const struct dpone_node *value = dpone_tape_next(entry);
        if (dpone_string_equal(dpone_node_text(dpone_tape_resolve(entry)), key)) {
            return dpone_tape_resolve(value);
        }
        entry = dpone_tape_next(value);
    }
    return NULL;
}

const struct dpone_node *dpone_node_get(const struct dpone_node *mapping, const char *key) {
    return dpone_node_find(mapping, dpone_string_of(key));
}

struct dpone_string dpone_node_text(const struct dpone_node *node) {
    if (node == NULL || dpone_tape_is_collection(node)) {
        return (struct dpone_string){NULL, 0};
    }
    const struct dpone_tree *tree = dpone_tape_tree(node);
    if (node->link != 0) {
        return tree->texts[node->link - 1];
    }
    uint32_t style = dpone_tape_style(node);
    uint32_t quote = style == DPONE_STYLE_SINGLE_QUOTED || style == DPONE_STYLE_DOUBLE_QUOTED ? 1 : 0;
    return (struct dpone_string){tree->source.data + node->start + quote, node->span - 2 * quote};
}

/* Digits of a base up to 16 into a magnitude; 0 on overflow. The reader has checked that they are digits. */
static int parse_magnitude(struct dpone_string digits, unsigned base, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        unsigned char c = (unsigned char)digits.data[i];
        unsigned digit = c <= '9' ? c - 48u : (c | 0x20u) - 87u; /* '0', and 'a' less 10 */
        if (value > (UINT64_MAX - digit) / base) {
            return 0;
        }
        value = value * base + digit;
    }
    *out = value;
    return 1;
}

int dpone_node_int64(const struct dpone_node *node, int64_t *out) {
    if (dpone_node_kind(node) != DPONE_NODE_INT) {
        return 0;
    }
    struct dpone_string text = dpone_node_text(node);
    int negative = text.data[0] == '-';
    size_t skip = negative || text.data[0] == '+' ? 1 : 0;
    unsigned base = 10;
    if (text.size > 2 && text.data[0] == '0' && (text.data[1] == 'x' || text.data[1] == 'o')) {
        base = text.data[1] == 'x' ? 16 : 8;
        skip = 2;
    }
    uint64_t magnitude;
    if (!parse_magnitude((struct dpone_string){text.data + skip, text.size - skip}, base, &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + (uint64_t)negative) {
        return 0;
    }
    *out = negative ? -(int64_t)(magnitude - (magnitude != 0)) - (magnitude != 0) : (int64_t)magnitude;
    return 1;
}

/* .inf and .nan in the spellings of the core schema, for strtod. */
static const char *special_float(struct dpone_string text) {
    if (text.size >= 4 && (text.data[text.size - 1] | 0x20) == 'f') {
        return text.data[0] == '-' ? "-inf" : "inf";
    }
    return text.size == 4 && (text.data[3] | 0x20) == 'n' && text.data[0] == '.' ? "nan" : NULL;
}

int dpone_node_float64(const struct dpone_node *node, double *out) {
    int64_t integer;
    if (dpone_node_int64(node, &integer)) {
        *out = (double)integer;
        return 1;
    }
    if (dpone_node_kind(node) != DPONE_NODE_FLOAT && dpone_node_kind(node) != DPONE_NODE_INT) {
        return 0;
    }
    struct dpone_string text = dpone_node_text(node);
    const char *special = special_float(text);
    char stack[64];
    char *copy = text.size < sizeof stack ? stack : malloc(text.size + 1);
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    *out = strtod(special == NULL ? copy : special, NULL);
    if (copy != stack) {
        free(copy);
    }
    return 1;
}

int dpone_node_bool(const struct dpone_node *node, int *out) {
    if (dpone_node_kind(node) != DPONE_NODE_BOOL) {
        return 0;
    }
    *out = (dpone_node_text(node).data[0] | 0x20) == 't';
    return 1;
}

struct dpone_position dpone_node_start(const struct dpone_node *node) {
    return node == NULL ? (struct dpone_position){0, 0, 0}
                        : dpone_source_position(&dpone_tape_tree(node)->source, node->start);
}

struct dpone_position dpone_node_end(const struct dpone_node *node) {
    return node == NULL
               ? (struct dpone_position){0, 0, 0}
               : dpone_source_position(&dpone_tape_tree(node)->source, (size_t)node->start + node->span);
}
