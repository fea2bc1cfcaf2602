/* allOf, anyOf, oneOf, not, if: what applies to the same value again. Where alternatives fail, the one that
 * came closest is explained, not all of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/schema_internal.h"
#include "manifest/show.h"
#include "manifest/suggest.h"

int dpone_rule_all_of(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                      const struct dpone_frame *frame) {
    int good = 1;
    for (size_t i = 0; i < rule->as.list->count && (good || evaluation->out != NULL); i++) {
        good &= dpone_evaluate(evaluation, rule->as.list->items[i], frame);
    }
    return good;
}

/* Errors that are kept of one alternative: enough to weigh it. */
enum { WEIGHED_ERRORS = 20, LISTED_BYTES = 480 };

static size_t count_slashes(const char *pointer) {
    size_t count = 0;
    for (; pointer != NULL && *pointer != '\0'; pointer++) {
        count += *pointer == '/';
    }
    return count;
}

/* How far from valid one error is. A wrong type of the value itself says that the alternative was not meant,
 * a wrong constant near the top nearly so; errors deep inside speak for it. */
static size_t weigh_error(const struct dpone_diagnostic *error, size_t depth) {
    size_t slashes = count_slashes(error->path);
    size_t below = slashes > depth ? slashes - depth : 0;
    if (strcmp(error->keyword, "type") == 0 && below == 0) {
        return 10000;
    }
    if ((strcmp(error->keyword, "const") == 0 || strcmp(error->keyword, "enum") == 0) && below <= 1) {
        return below == 0 ? 3000 : 1000;
    }
    return below == 0 ? 40 : below == 1 ? 30 : 10;
}

static size_t weigh(const struct dpone_diagnostics *errors, size_t depth) {
    size_t weight = errors->errors - errors->count;
    for (size_t i = 0; i < errors->count; i++) {
        weight += weigh_error(&errors->items[i], depth);
    }
    return weight;
}

/* The kinds that the alternatives take, when each of them asks for some. */
static uint32_t accepted_kinds(const struct dpone_subschema_list *list) {
    uint32_t kinds = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct dpone_subschema *schema = list->items[i];
        if (schema->rule_count == 0 || schema->rules[0].evaluate != dpone_rule_type) {
            return 0;
        }
        kinds |= schema->rules[0].as.types;
    }
    return kinds;
}

/* A value of a kind that no alternative takes: one message for all of them. */
static int report_kinds(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                        const struct dpone_frame *frame) {
    uint32_t kinds = accepted_kinds(rule->as.list);
    enum dpone_node_kind kind = dpone_node_kind(frame->node);
    if (kinds == 0 || (kinds & DPONE_KIND_BIT(kind)) != 0) {
        return 0;
    }
    char types[DPONE_SHOWN_TYPES_BYTES];
    dpone_report(evaluation, rule, frame, "expected %s, found %s", dpone_show_kinds(types, kinds),
                 dpone_show_kind(kind));
    return 1;
}

/* The one of the names that `list` asks for which a key of the mapping may be meant for; empty: none. */
static struct dpone_string nearest_asked(const struct dpone_subschema_list *list,
                                         const struct dpone_node *mapping) {
    struct dpone_suggestion nearest = {.distance = SIZE_MAX};
    for (size_t i = 0; i < dpone_node_count(mapping); i++) {
        struct dpone_suggestion suggestion = {.word = dpone_node_text(dpone_node_key_at(mapping, i))};
        for (size_t j = 0; j < list->count; j++) {
            dpone_suggestion_consider(&suggestion, list->items[j]->rules->as.names->items[0]);
        }
        if (suggestion.best.size > 0 && suggestion.distance < nearest.distance) {
            nearest = suggestion;
        }
    }
    return nearest.best;
}

/* Alternatives that each only ask for one key: one message names all of them. */
static int report_keys(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                       const struct dpone_frame *frame) {
    const struct dpone_subschema_list *list = rule->as.list;
    char keys[LISTED_BYTES] = "";
    size_t size = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct dpone_rule *only = list->items[i]->rules;
        if (list->items[i]->rule_count != 1 || only->evaluate != dpone_rule_required ||
            only->as.names->count != 1 || size + DPONE_SHOWN_BYTES + 8 > sizeof keys) {
            return 0;
        }
        char shown[DPONE_SHOWN_BYTES];
        size += (size_t)snprintf(keys + size, sizeof keys - size, "%s%s",
                                 i == 0                 ? ""
                                 : i + 1 == list->count ? " or "
                                                        : ", ",
                                 dpone_show_key(shown, only->as.names->items[0]));
    }
    dpone_report_missing(evaluation, rule, frame, nearest_asked(list, frame->node), "a key is missing: %s",
                         keys);
    return 1;
}

/* None of the alternatives holds: explains the closest. Returns 0. */
static int explain(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                   const struct dpone_frame *frame) {
    struct dpone_diagnostics *out = evaluation->out;
    if (!dpone_report_wanted(evaluation)) {
        return dpone_report(evaluation, rule, frame, "no alternative holds");
    }
    if (report_kinds(evaluation, rule, frame) ||
        (dpone_node_kind(frame->node) == DPONE_NODE_MAPPING && report_keys(evaluation, rule, frame))) {
        return 0;
    }
    struct dpone_diagnostics best = {.keep = WEIGHED_ERRORS};
    size_t best_weight = SIZE_MAX;
    size_t depth = count_slashes(evaluation->path) + dpone_frame_depth(frame);
    for (size_t i = 0; i < rule->as.list->count && !evaluation->gave_up; i++) {
        struct dpone_diagnostics errors = {.keep = WEIGHED_ERRORS};
        evaluation->out = &errors;
        dpone_evaluate(evaluation, rule->as.list->items[i], frame);
        size_t weight = weigh(&errors, depth);
        if (errors.errors > 0 && weight < best_weight) {
            dpone_diagnostics_clear(&best);
            best = errors;
            best_weight = weight;
        } else {
            dpone_diagnostics_clear(&errors);
        }
    }
    evaluation->out = out;
    if (best.errors == 0) {
        return evaluation->gave_up ? 0 : dpone_report(evaluation, rule, frame, "no alternative holds");
    }
    dpone_diagnostics_move(out, &best);
    return 0;
}

int dpone_rule_any_of(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                      const struct dpone_frame *frame) {
    for (size_t i = 0; i < rule->as.list->count; i++) {
        if (dpone_evaluate_quietly(evaluation, rule->as.list->items[i], frame)) {
            return 1;
        }
    }
    return evaluation->out == NULL ? 0 : explain(evaluation, rule, frame);
}

int dpone_rule_one_of(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                      const struct dpone_frame *frame) {
    size_t first = 0;
    size_t holding = 0;
    for (size_t i = 0; i < rule->as.list->count; i++) {
        if (!dpone_evaluate_quietly(evaluation, rule->as.list->items[i], frame)) {
            continue;
        }
        if (++holding == 1) {
            first = i;
            continue;
        }
        return dpone_report(
            evaluation, rule, frame,
            "alternatives %zu and %zu both hold, exactly one may; remove what one of them needs", first + 1,
            i + 1);
    }
    if (holding == 1) {
        return 1;
    }
    return evaluation->out == NULL ? 0 : explain(evaluation, rule, frame);
}

int dpone_rule_not(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                   const struct dpone_frame *frame) {
    if (!dpone_evaluate_quietly(evaluation, rule->as.schema, frame)) {
        return !evaluation->gave_up;
    }
    const struct dpone_node *refused = rule->as.schema->node;
    const struct dpone_node *keys = dpone_node_get(refused, "required");
    char shown[DPONE_SHOWN_BYTES];
    if (dpone_node_count(refused) == 1 && dpone_node_count(keys) == 1) {
        return dpone_report(evaluation, rule, frame, "the key %s is not allowed here",
                            dpone_show_key(shown, dpone_node_text(dpone_node_at(keys, 0))));
    }
    return dpone_report(evaluation, rule, frame, "%s is what the schema excludes here",
                        dpone_show_kind(dpone_node_kind(frame->node)));
}

int dpone_rule_if(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                  const struct dpone_frame *frame) {
    const struct dpone_condition *condition = rule->as.condition;
    int holds = dpone_evaluate_quietly(evaluation, condition->test, frame);
    const struct dpone_subschema *next = holds ? condition->then : condition->otherwise;
    return !evaluation->gave_up && (next == NULL || dpone_evaluate(evaluation, next, frame));
}
