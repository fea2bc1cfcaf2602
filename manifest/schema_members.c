/* The rules about the entries of mappings. */
#include <stdio.h>

#include "manifest/schema_internal.h"
#include "manifest/show.h"
#include "manifest/suggest.h"

int dpone_rule_required(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                        const struct dpone_frame *frame) {
    const struct dpone_names *names = rule->as.names;
    int good = 1;
    for (size_t i = 0; i < names->count; i++) {
        if (dpone_node_find(frame->node, names->items[i]) != NULL) {
            continue;
        }
        good = 0;
        if (evaluation->out == NULL) {
            break;
        }
        char key[DPONE_SHOWN_BYTES];
        dpone_report_missing(evaluation, rule, frame, names->items[i], "the key %s is missing",
                             dpone_show_key(key, names->items[i]));
    }
    return good;
}

/* Keys that are listed when none is near. */
enum { LISTED_KEYS = 12, REMEDY_BYTES = 600 };

static void list_known(char out[REMEDY_BYTES], const struct dpone_members *members) {
    size_t size = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < members->names.count; i++) {
        if (i == LISTED_KEYS || size + DPONE_SHOWN_BYTES + 8 > REMEDY_BYTES) {
            snprintf(out + size, REMEDY_BYTES - size, ", ...");
            return;
        }
        char shown[DPONE_SHOWN_BYTES];
        size += (size_t)snprintf(out + size, REMEDY_BYTES - size, "%s%s", i == 0 ? "; known are " : ", ",
                                 dpone_show_bare(shown, members->names.entries[i].key));
    }
}

/* The known key that is nearest to one that is not, rather one that is still missing; empty without any near.
 */
static struct dpone_string nearest_key(const struct dpone_members *members, const struct dpone_node *mapping,
                                       struct dpone_string key) {
    struct dpone_suggestion missing = {.word = key};
    struct dpone_suggestion present = {.word = key};
    for (uint32_t i = 0; i < members->names.count; i++) {
        struct dpone_string known = members->names.entries[i].key;
        dpone_suggestion_consider(dpone_node_find(mapping, known) == NULL ? &missing : &present, known);
    }
    return missing.best.size > 0 ? missing.best : present.best;
}

static int report_unknown(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                          const struct dpone_frame *entry, struct dpone_string key) {
    struct dpone_rule named = *rule;
    named.keyword = "additionalProperties";
    struct dpone_string nearest = {NULL, 0};
    if (!dpone_report_wanted(evaluation)) {
        return dpone_report_key(evaluation, &named, entry, nearest, "unknown");
    }
    char shown[DPONE_SHOWN_BYTES];
    char near[DPONE_SHOWN_BYTES];
    char known[REMEDY_BYTES];
    dpone_show_key(shown, key);
    nearest = nearest_key(rule->as.members, entry->parent->node, key);
    if (nearest.size > 0) {
        return dpone_report_key(evaluation, &named, entry, nearest, "unknown key %s; did you mean %s?", shown,
                                dpone_show_key(near, nearest));
    }
    list_known(known, rule->as.members);
    return dpone_report_key(evaluation, &named, entry, nearest, "unknown key %s%s", shown, known);
}

/* A key that is allowed, and yet one letter away from a known one that is not there. */
static int looks_mistyped(const struct dpone_members *members, const struct dpone_frame *entry,
                          struct dpone_string key) {
    if (!members->refuse_typos || key.size < 3) {
        return 0;
    }
    struct dpone_string nearest = nearest_key(members, entry->parent->node, key);
    return nearest.size > 0;
}

/* Schemas for patterns that the key matches; sets *known when there are any. */
static int match_patterns(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                          const struct dpone_frame *entry, struct dpone_string key, int *known) {
    const struct dpone_members *members = rule->as.members;
    int good = 1;
    for (size_t i = 0; i < members->pattern_count; i++) {
        int matches = dpone_pattern_matches(members->patterns[i].pattern, evaluation->patterns, key);
        if (matches < 0) {
            return dpone_give_up(
                evaluation, rule, entry,
                "matching a pattern takes too many steps; simplify the pattern in the schema");
        }
        if (matches > 0) {
            *known = 1;
            good &= dpone_evaluate(evaluation, members->patterns[i].schema, entry);
        }
    }
    return good;
}

static int evaluate_entry(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                          const struct dpone_frame *entry) {
    const struct dpone_members *members = rule->as.members;
    struct dpone_string key = dpone_node_text(dpone_tape_resolve(entry->key));
    const uint32_t *index = dpone_string_map_find(&members->names, key);
    int known = index != NULL;
    int good = !known || dpone_evaluate(evaluation, members->schemas[*index], entry);
    if ((!good && evaluation->out == NULL) || !match_patterns(evaluation, rule, entry, key, &known)) {
        good = 0;
    }
    if (known || evaluation->gave_up) {
        return good;
    }
    if (members->rest_is_false || looks_mistyped(members, entry, key)) {
        return report_unknown(evaluation, rule, entry, key);
    }
    return members->rest == NULL || dpone_evaluate(evaluation, members->rest, entry);
}

int dpone_rule_members(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                       const struct dpone_frame *frame) {
    struct dpone_cursor cursor = dpone_cursor_of(frame->node);
    struct dpone_frame entry = {.parent = frame};
    int good = 1;
    while (dpone_cursor_next(&cursor, &entry.key, &entry.raw)) {
        entry.node = dpone_tape_resolve(entry.raw);
        if (!evaluate_entry(evaluation, rule, &entry)) {
            good = 0;
            if (evaluation->out == NULL || evaluation->gave_up) {
                break;
            }
        }
    }
    return good;
}

int dpone_rule_property_names(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                              const struct dpone_frame *frame) {
    struct dpone_cursor cursor = dpone_cursor_of(frame->node);
    struct dpone_frame entry = {.parent = frame};
    const struct dpone_node *value;
    int good = 1;
    while ((good || evaluation->out != NULL) && dpone_cursor_next(&cursor, &entry.key, &value)) {
        entry.raw = entry.key;
        entry.node = dpone_tape_resolve(entry.key);
        good &= dpone_evaluate(evaluation, rule->as.schema, &entry);
    }
    return good;
}

static int check_dependency(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                            const struct dpone_frame *frame, const struct dpone_dependency *dependency) {
    if (dependency->schema != NULL) {
        return dpone_evaluate(evaluation, dependency->schema, frame);
    }
    int good = 1;
    for (size_t i = 0; i < dependency->names.count; i++) {
        if (dpone_node_find(frame->node, dependency->names.items[i]) == NULL) {
            char key[DPONE_SHOWN_BYTES];
            char needed[DPONE_SHOWN_BYTES];
            good = dpone_report(evaluation, rule, frame, "the key %s is missing, which %s needs",
                                dpone_show_key(needed, dependency->names.items[i]),
                                dpone_show_key(key, dependency->name));
        }
    }
    return good;
}

int dpone_rule_dependencies(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                            const struct dpone_frame *frame) {
    const struct dpone_dependencies *dependencies = rule->as.dependencies;
    int good = 1;
    for (size_t i = 0; i < dependencies->count && (good || evaluation->out != NULL); i++) {
        const struct dpone_dependency *dependency = &dependencies->items[i];
        if (dpone_node_find(frame->node, dependency->name) != NULL) {
            good &= check_dependency(evaluation, rule, frame, dependency);
        }
    }
    return good;
}
