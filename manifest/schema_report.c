/* How errors are worded and placed: see schema_internal.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/schema_internal.h"

int dpone_report_wanted(const struct dpone_evaluation *evaluation) {
    return evaluation->out != NULL && dpone_diagnostics_has_room(evaluation->out, DPONE_SEVERITY_ERROR);
}

/* "/properties/x/type" in the schema itself, "URI#/..." elsewhere. */
static char *schema_path(const struct dpone_evaluation *evaluation, const struct dpone_rule *rule) {
    char suffix[64];
    snprintf(suffix, sizeof suffix, "%s%s", rule->evaluate == dpone_rule_false ? "" : "/",
             rule->evaluate == dpone_rule_false ? "" : rule->keyword);
    char *pointer = dpone_node_pointer(rule->owner->node, suffix);
    const struct dpone_tree *tree = dpone_tape_tree(rule->owner->node);
    if (pointer == NULL || tree == evaluation->schema->main) {
        return pointer;
    }
    const char *name = dpone_tree_name(tree);
    size_t size = strlen(name) + strlen(pointer) + 2;
    char *whole = malloc(size);
    if (whole != NULL) {
        snprintf(whole, size, "%s#%s", name, pointer);
    }
    free(pointer);
    return whole;
}

static void report(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                   const struct dpone_frame *frame, const struct dpone_node *at, struct dpone_string meant,
                   const char *format, va_list arguments) {
    struct dpone_diagnostic problem = {.severity = DPONE_SEVERITY_ERROR,
                                       .status = DPONE_INVALID_ARGUMENT,
                                       .keyword = rule->keyword,
                                       .meant = meant};
    if (dpone_report_wanted(evaluation)) {
        problem.schema_path = schema_path(evaluation, rule);
    }
    dpone_frame_problem(evaluation->out, &problem, frame, at, evaluation->path, format, arguments);
}

int dpone_report(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                 const struct dpone_frame *frame, const char *format, ...) {
    if (evaluation->out != NULL) {
        va_list arguments;
        va_start(arguments, format);
        report(evaluation, rule, frame, frame->raw, (struct dpone_string){NULL, 0}, format, arguments);
        va_end(arguments);
    }
    return 0;
}

int dpone_report_missing(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                         const struct dpone_frame *frame, struct dpone_string key, const char *format, ...) {
    if (evaluation->out != NULL) {
        va_list arguments;
        va_start(arguments, format);
        report(evaluation, rule, frame, frame->raw, key, format, arguments);
        va_end(arguments);
    }
    return 0;
}

int dpone_report_key(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                     const struct dpone_frame *frame, struct dpone_string meant, const char *format, ...) {
    if (evaluation->out != NULL) {
        va_list arguments;
        va_start(arguments, format);
        report(evaluation, rule, frame, frame->key, meant, format, arguments);
        va_end(arguments);
    }
    return 0;
}

int dpone_give_up(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                  const struct dpone_frame *frame, const char *what) {
    struct dpone_diagnostics *out = evaluation->out;
    evaluation->out = evaluation->problems;
    evaluation->gave_up = 1;
    dpone_report(evaluation, rule, frame, "%s", what);
    evaluation->out = out;
    return 0;
}
