/* Deep equality and a hash that agrees with it: see value.h. */
#include "manifest/value.h"

#include "manifest/hash.h"
#include "manifest/number.h"
#include "manifest/tree_tape.h"

static int is_number(enum dpone_node_kind kind) {
    return kind == DPONE_NODE_INT || kind == DPONE_NODE_FLOAT;
}

static int numbers_equal(const struct dpone_node *left, const struct dpone_node *right) {
    struct dpone_number a;
    struct dpone_number b;
    dpone_number_read(&a, dpone_node_text(left));
    dpone_number_read(&b, dpone_node_text(right));
    return dpone_number_compare(&a, &b) == 0;
}

static int mappings_equal(const struct dpone_node *left, const struct dpone_node *right) {
    struct dpone_cursor cursor = dpone_cursor_of(left);
    const struct dpone_node *key = NULL;
    const struct dpone_node *value;
    while (dpone_cursor_next(&cursor, &key, &value)) {
        const struct dpone_node *other = dpone_node_find(right, dpone_node_text(dpone_tape_resolve(key)));
        if (other == NULL || !dpone_value_equal(dpone_tape_resolve(value), other)) {
            return 0;
        }
    }
    return 1;
}

static int sequences_equal(const struct dpone_node *left, const struct dpone_node *right) {
    struct dpone_cursor a = dpone_cursor_of(left);
    struct dpone_cursor b = dpone_cursor_of(right);
    const struct dpone_node *key = NULL;
    const struct dpone_node *item;
    const struct dpone_node *other;
    while (dpone_cursor_next(&a, &key, &item) && dpone_cursor_next(&b, &key, &other)) {
        if (!dpone_value_equal(dpone_tape_resolve(item), dpone_tape_resolve(other))) {
            return 0;
        }
    }
    return 1;
}

int dpone_value_equal(const struct dpone_node *left, const struct dpone_node *right) {
    enum dpone_node_kind kind = dpone_node_kind(left);
    if (is_number(kind) && is_number(dpone_node_kind(right))) {
        return numbers_equal(left, right);
    }
    if (kind != dpone_node_kind(right) || dpone_node_count(left) != dpone_node_count(right)) {
        return 0;
    }
    int truth[2] = {0, 0};
    switch (kind) {
    case DPONE_NODE_NULL:
        return 1;
    case DPONE_NODE_BOOL:
        return dpone_node_bool(left, &truth[0]) && dpone_node_bool(right, &truth[1]) && truth[0] == truth[1];
    case DPONE_NODE_SEQUENCE:
        return left == right || sequences_equal(left, right);
    case DPONE_NODE_MAPPING:
        return left == right || mappings_equal(left, right);
    default:
        return dpone_string_equal(dpone_node_text(left), dpone_node_text(right));
    }
}

int dpone_value_is_integer(const struct dpone_node *node) {
    if (dpone_node_kind(node) != DPONE_NODE_FLOAT) {
        return dpone_node_kind(node) == DPONE_NODE_INT;
    }
    struct dpone_number number;
    dpone_number_read(&number, dpone_node_text(node));
    return dpone_number_is_integer(&number);
}

static uint64_t mix(uint64_t hash, uint64_t more) {
    hash = (hash ^ more) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static uint64_t hash_collection(const struct dpone_node *node, enum dpone_node_kind kind) {
    struct dpone_cursor cursor = dpone_cursor_of(node);
    const struct dpone_node *key = NULL;
    const struct dpone_node *value;
    uint64_t hash = (uint64_t)kind;
    while (dpone_cursor_next(&cursor, &key, &value)) {
        uint64_t item = dpone_value_hash(dpone_tape_resolve(value));
        if (kind == DPONE_NODE_SEQUENCE) {
            hash = mix(hash, item);
        } else { /* a sum: the order of keys does not count */
            hash += mix(dpone_hash(dpone_node_text(dpone_tape_resolve(key)), kind), item);
        }
    }
    return hash;
}

uint64_t dpone_value_hash(const struct dpone_node *node) {
    enum dpone_node_kind kind = dpone_node_kind(node);
    int truth = 0;
    struct dpone_number number;
    switch (kind) {
    case DPONE_NODE_NULL:
        return 1;
    case DPONE_NODE_BOOL:
        dpone_node_bool(node, &truth);
        return truth ? 3 : 2;
    case DPONE_NODE_INT:
    case DPONE_NODE_FLOAT:
        dpone_number_read(&number, dpone_node_text(node));
        return dpone_number_hash(&number);
    case DPONE_NODE_STRING:
        return dpone_hash(dpone_node_text(node), kind);
    default:
        return hash_collection(node, kind);
    }
}
