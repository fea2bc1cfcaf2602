/* The rules about a value itself and about lists. */
#include <stdlib.h>
#include <string.h>

#include "manifest/schema_internal.h"
#include "manifest/show.h"
#include "manifest/suggest.h"
#include "manifest/utf8.h"
#include "manifest/value.h"

/* The value of a frame; never one that should be secret. */
static const char *show_frame(char out[DPONE_SHOWN_BYTES], const struct dpone_frame *frame) {
    if (dpone_frame_is_secret(frame)) {
        snprintf(out, DPONE_SHOWN_BYTES, "the hidden value");
        return out;
    }
    return dpone_show_value(out, frame->node);
}

int dpone_rule_false(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                     const struct dpone_frame *frame) {
    char key[DPONE_SHOWN_BYTES];
    if (frame->key == NULL) {
        return dpone_report(evaluation, rule, frame, "nothing is allowed here");
    }
    return dpone_report_key(evaluation, rule, frame, (struct dpone_string){NULL, 0},
                            "the key %s is not allowed here", dpone_show_key(key, dpone_frame_key(frame)));
}

int dpone_rule_type(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                    const struct dpone_frame *frame) {
    enum dpone_node_kind kind = dpone_node_kind(frame->node);
    if ((rule->as.types & DPONE_KIND_BIT(kind)) != 0 ||
        ((rule->as.types & DPONE_TYPE_INTEGER) != 0 && dpone_value_is_integer(frame->node))) {
        return 1;
    }
    if (!dpone_report_wanted(evaluation)) {
        return dpone_report(evaluation, rule, frame, "type");
    }
    char types[DPONE_SHOWN_TYPES_BYTES];
    char value[DPONE_SHOWN_BYTES];
    const char *found = dpone_show_kind(kind);
    dpone_show_kinds(types, rule->as.types);
    show_frame(value, frame);
    if (strcmp(found, value) == 0) {
        return dpone_report(evaluation, rule, frame, "expected %s, found %s", types, found);
    }
    return dpone_report(evaluation, rule, frame, "expected %s, found %s, %s", types, found, value);
}

static int holds_value(const struct dpone_value_set *set, const struct dpone_node *node) {
    if ((set->kinds & DPONE_KIND_BIT(dpone_node_kind(node))) == 0) {
        return 0;
    }
    if (set->slots == NULL) {
        for (uint32_t i = 0; i < set->count; i++) {
            if (dpone_value_equal(set->values[i], node)) {
                return 1;
            }
        }
        return 0;
    }
    for (uint32_t slot = (uint32_t)dpone_value_hash(node) & set->mask; set->slots[slot] != 0;
         slot = (slot + 1) & set->mask) {
        if (dpone_value_equal(set->values[set->slots[slot] - 1], node)) {
            return 1;
        }
    }
    return 0;
}

enum { LISTED_VALUES = 20, LISTED_BYTES = 480 };

/* "a, b, c", cut after some. */
static void list_values(char out[LISTED_BYTES], const struct dpone_value_set *set) {
    size_t size = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < set->count; i++) {
        char shown[DPONE_SHOWN_BYTES];
        struct dpone_string text = dpone_node_text(set->values[i]);
        int bare = dpone_node_kind(set->values[i]) == DPONE_NODE_STRING && text.size > 0 && text.size < 40 &&
                   memchr(text.data, ' ', text.size) == NULL;
        const char *value = dpone_show_value(shown, set->values[i]);
        size_t skip = bare && shown[text.size + 1] == '"' ? 1 : 0; /* nothing in it was escaped */
        if (i == LISTED_VALUES || size + DPONE_SHOWN_BYTES + 8 > LISTED_BYTES) {
            snprintf(out + size, LISTED_BYTES - size, ", ...");
            return;
        }
        size += (size_t)snprintf(out + size, LISTED_BYTES - size, "%s%.*s", i == 0 ? "" : ", ",
                                 (int)(strlen(value) - 2 * skip), value + skip);
    }
}

/* `; did you mean "x"?` or nothing. */
static void suggest_value(char *out, size_t out_bytes, const struct dpone_value_set *set,
                          const struct dpone_node *node) {
    struct dpone_suggestion suggestion = {.word = dpone_node_text(node)};
    out[0] = '\0';
    for (uint32_t i = 0; i < set->count && suggestion.word.size > 0; i++) {
        if (dpone_node_kind(set->values[i]) == DPONE_NODE_STRING) {
            dpone_suggestion_consider(&suggestion, dpone_node_text(set->values[i]));
        }
    }
    char shown[DPONE_SHOWN_BYTES];
    if (suggestion.best.size > 0) {
        snprintf(out, out_bytes, "; did you mean %s?", dpone_show_text(shown, suggestion.best));
    }
}

int dpone_rule_values(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                      const struct dpone_frame *frame) {
    const struct dpone_value_set *set = rule->as.values;
    if (holds_value(set, frame->node)) {
        return 1;
    }
    if (!dpone_report_wanted(evaluation)) {
        return dpone_report(evaluation, rule, frame, "enum");
    }
    char value[DPONE_SHOWN_BYTES];
    char list[LISTED_BYTES];
    char suggestion[DPONE_SHOWN_BYTES + 20];
    list_values(list, set);
    suggest_value(suggestion, sizeof suggestion, set, frame->node);
    show_frame(value, frame);
    if (set->count == 1) {
        char only[DPONE_SHOWN_BYTES];
        return dpone_report(evaluation, rule, frame, "%s is not %s%s", value,
                            dpone_show_value(only, set->values[0]), suggestion);
    }
    return dpone_report(evaluation, rule, frame, "%s is not one of %s%s", value, list, suggestion);
}

/* -1, 0, 1 as the value is below, at, above the bound; 2 when it is not a number. */
static int compare_to_bound(const struct dpone_node *node, const struct dpone_bound *bound) {
    int64_t value;
    if (bound->is_int64 && dpone_node_int64(node, &value)) {
        return (value > bound->value) - (value < bound->value);
    }
    struct dpone_number number;
    dpone_number_read(&number, dpone_node_text(node));
    return dpone_number_compare(&number, &bound->number);
}

/* The number that a keyword of the schema holds, as it was written. */
static const char *show_keyword(char out[DPONE_SHOWN_BYTES], const struct dpone_rule *rule) {
    return dpone_show_value(out, dpone_node_get(rule->owner->node, rule->keyword));
}

static int report_bound(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                        const struct dpone_frame *frame, const char *relation) {
    char value[DPONE_SHOWN_BYTES];
    char bound[DPONE_SHOWN_BYTES];
    return dpone_report(evaluation, rule, frame, "%s is not %s %s", show_frame(value, frame), relation,
                        show_keyword(bound, rule));
}

int dpone_rule_minimum(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                       const struct dpone_frame *frame) {
    int order = compare_to_bound(frame->node, rule->as.bound);
    return order == 0 || order == 1 || report_bound(evaluation, rule, frame, "at least");
}

int dpone_rule_exclusive_minimum(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                                 const struct dpone_frame *frame) {
    return compare_to_bound(frame->node, rule->as.bound) == 1 ||
           report_bound(evaluation, rule, frame, "above");
}

int dpone_rule_maximum(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                       const struct dpone_frame *frame) {
    return compare_to_bound(frame->node, rule->as.bound) <= 0 ||
           report_bound(evaluation, rule, frame, "at most");
}

int dpone_rule_exclusive_maximum(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                                 const struct dpone_frame *frame) {
    return compare_to_bound(frame->node, rule->as.bound) < 0 ||
           report_bound(evaluation, rule, frame, "below");
}

int dpone_rule_multiple_of(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                           const struct dpone_frame *frame) {
    const struct dpone_bound *bound = rule->as.bound;
    int64_t value;
    if (bound->is_int64 && dpone_node_int64(frame->node, &value)) {
        return value % bound->value == 0 || report_bound(evaluation, rule, frame, "a multiple of");
    }
    struct dpone_number number;
    dpone_number_read(&number, dpone_node_text(frame->node));
    return dpone_number_is_multiple(&number, &bound->number) ||
           report_bound(evaluation, rule, frame, "a multiple of");
}

int dpone_rule_min_length(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                          const struct dpone_frame *frame) {
    size_t length = dpone_utf8_count(dpone_node_text(frame->node));
    if (length >= rule->as.limit) {
        return 1;
    }
    if (length == 0) {
        return dpone_report(evaluation, rule, frame, "the text must not be empty");
    }
    char value[DPONE_SHOWN_BYTES];
    char bound[DPONE_SHOWN_BYTES];
    return dpone_report(evaluation, rule, frame, "%s has %zu characters, needed are at least %s",
                        show_frame(value, frame), length, show_keyword(bound, rule));
}

int dpone_rule_max_length(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                          const struct dpone_frame *frame) {
    size_t length = dpone_utf8_count(dpone_node_text(frame->node));
    char value[DPONE_SHOWN_BYTES];
    char bound[DPONE_SHOWN_BYTES];
    return length <= rule->as.limit ||
           dpone_report(evaluation, rule, frame, "%s has %zu characters, allowed are at most %s",
                        show_frame(value, frame), length, show_keyword(bound, rule));
}

static const char too_many_steps[] =
    "matching a pattern takes too many steps; simplify the pattern in the schema";

enum { SHOWN_PATTERN = 200 };

int dpone_rule_pattern(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                       const struct dpone_frame *frame) {
    int matches = dpone_pattern_matches(rule->as.pattern, evaluation->patterns, dpone_node_text(frame->node));
    if (matches < 0) {
        return dpone_give_up(evaluation, rule, frame, too_many_steps);
    }
    char value[DPONE_SHOWN_BYTES];
    struct dpone_string pattern = dpone_node_text(dpone_node_get(rule->owner->node, "pattern"));
    size_t shown = pattern.size < SHOWN_PATTERN ? pattern.size : SHOWN_PATTERN;
    while (shown < pattern.size && !dpone_utf8_starts_character(pattern.data[shown])) {
        shown--;
    }
    return matches || dpone_report(evaluation, rule, frame, "%s does not match the pattern %.*s%s",
                                   show_frame(value, frame), (int)shown, pattern.data,
                                   shown < pattern.size ? "..." : "");
}

int dpone_rule_format(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                      const struct dpone_frame *frame) {
    char value[DPONE_SHOWN_BYTES];
    return rule->as.format->holds(dpone_node_text(frame->node)) ||
           dpone_report(evaluation, rule, frame, "%s is not of the format %s", show_frame(value, frame),
                        rule->as.format->name);
}

/* "3 items", "1 entry". */
static const char *show_count(char out[DPONE_SHOWN_BYTES], const struct dpone_node *node) {
    int is_list = dpone_node_kind(node) == DPONE_NODE_SEQUENCE;
    size_t count = dpone_node_count(node);
    snprintf(out, DPONE_SHOWN_BYTES, "%zu %s", count,
             count == 1 ? (is_list ? "item" : "entry") : (is_list ? "items" : "entries"));
    return out;
}

int dpone_rule_min_count(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                         const struct dpone_frame *frame) {
    char count[DPONE_SHOWN_BYTES];
    char bound[DPONE_SHOWN_BYTES];
    return dpone_node_count(frame->node) >= rule->as.limit ||
           dpone_report(evaluation, rule, frame, "%s found, needed are at least %s",
                        show_count(count, frame->node), show_keyword(bound, rule));
}

int dpone_rule_max_count(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                         const struct dpone_frame *frame) {
    char count[DPONE_SHOWN_BYTES];
    char bound[DPONE_SHOWN_BYTES];
    return dpone_node_count(frame->node) <= rule->as.limit ||
           dpone_report(evaluation, rule, frame, "%s found, allowed are at most %s",
                        show_count(count, frame->node), show_keyword(bound, rule));
}

int dpone_rule_items(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                     const struct dpone_frame *frame) {
    const struct dpone_items *items = rule->as.items;
    if (items->tuple.count == 0 && (items->rest == NULL || items->rest->rule_count == 0)) {
        return 1;
    }
    struct dpone_cursor cursor = dpone_cursor_of(frame->node);
    struct dpone_frame item = {.parent = frame};
    int good = 1;
    for (; dpone_cursor_next(&cursor, &item.key, &item.raw); item.index++) {
        const struct dpone_subschema *schema =
            item.index < items->tuple.count ? items->tuple.items[item.index] : items->rest;
        item.node = dpone_tape_resolve(item.raw);
        if (schema != NULL && !dpone_evaluate(evaluation, schema, &item)) {
            good = 0;
            if (evaluation->out == NULL || evaluation->gave_up) {
                break;
            }
        }
    }
    return good;
}

int dpone_rule_contains(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                        const struct dpone_frame *frame) {
    struct dpone_cursor cursor = dpone_cursor_of(frame->node);
    struct dpone_frame item = {.parent = frame};
    for (; dpone_cursor_next(&cursor, &item.key, &item.raw); item.index++) {
        item.node = dpone_tape_resolve(item.raw);
        if (dpone_evaluate_quietly(evaluation, rule->as.schema, &item)) {
            return 1;
        }
    }
    return dpone_report(evaluation, rule, frame, "no item of the list is what it must contain");
}

/* Few items are compared in pairs; beyond that they are hashed. */
enum { FEW_ITEMS = 8 };

/* Room for a table of `count` items, twice as many slots; NULL without memory. */
static struct dpone_unique_slot *reserve_slots(struct dpone_evaluation *evaluation, size_t count,
                                               size_t *capacity) {
    *capacity = 64;
    while (*capacity / 2 < count) {
        *capacity *= 2;
    }
    if (*capacity > evaluation->slot_capacity) {
        struct dpone_unique_slot *slots = realloc(evaluation->slots, *capacity * sizeof *slots);
        if (slots == NULL) {
            return NULL;
        }
        evaluation->slots = slots;
        evaluation->slot_capacity = *capacity;
    }
    return evaluation->slots;
}

/* Finds the first item that equals an earlier one; 0 when there is none. */
static int find_repeated(struct dpone_unique_slot *slots, size_t capacity, const struct dpone_node *list,
                         struct dpone_frame *item, size_t *earlier) {
    struct dpone_cursor cursor = dpone_cursor_of(list);
    memset(slots, 0, capacity * sizeof *slots);
    for (; dpone_cursor_next(&cursor, &item->key, &item->raw); item->index++) {
        item->node = dpone_tape_resolve(item->raw);
        uint64_t hash = capacity > 2 * FEW_ITEMS ? dpone_value_hash(item->node) : 0;
        size_t slot = (size_t)hash & (capacity - 1);
        for (; slots[slot].node != NULL; slot = (slot + 1) & (capacity - 1)) {
            if (slots[slot].hash == hash && dpone_value_equal(slots[slot].node, item->node)) {
                *earlier = slots[slot].index;
                return 1;
            }
        }
        slots[slot] = (struct dpone_unique_slot){hash, item->node, item->index};
    }
    return 0;
}

int dpone_rule_unique_items(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                            const struct dpone_frame *frame) {
    struct dpone_unique_slot few[2 * FEW_ITEMS];
    struct dpone_unique_slot *slots = few;
    size_t capacity = 2 * FEW_ITEMS;
    size_t count = dpone_node_count(frame->node);
    struct dpone_frame item = {.parent = frame};
    size_t earlier = 0;
    if (count > FEW_ITEMS) {
        slots = reserve_slots(evaluation, count, &capacity);
    }
    if (slots == NULL) {
        return dpone_give_up(evaluation, rule, frame, "not enough memory to compare the items");
    }
    if (!find_repeated(slots, capacity, frame->node, &item, &earlier)) {
        return 1;
    }
    char value[DPONE_SHOWN_BYTES];
    return dpone_report(evaluation, rule, &item, "%s is in the list already, as item %zu; items must differ",
                        show_frame(value, &item), earlier);
}
