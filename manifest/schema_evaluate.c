/* Applying a compiled schema: the loop over rules and the limits of one evaluation. */
#include <stdlib.h>

#include "manifest/schema_internal.h"

/* A document may cost this many applications of a schema, and as many more for each of its nodes. */
enum { STEPS = 20000000, STEPS_FOR_EACH_NODE = 200 };

struct dpone_evaluation *dpone_evaluation_new(void) {
    struct dpone_evaluation *evaluation = calloc(1, sizeof *evaluation);
    if (evaluation != NULL) {
        evaluation->patterns = dpone_pattern_scratch_new();
    }
    if (evaluation == NULL || evaluation->patterns == NULL) {
        free(evaluation);
        return NULL;
    }
    return evaluation;
}

void dpone_evaluation_free(struct dpone_evaluation *evaluation) {
    if (evaluation != NULL) {
        dpone_pattern_scratch_free(evaluation->patterns);
        free(evaluation->slots);
        free(evaluation);
    }
}

/* 1 while the limits hold. */
static int within_limits(struct dpone_evaluation *evaluation, const struct dpone_subschema *subschema,
                         const struct dpone_frame *frame) {
    struct dpone_rule here = {.keyword = "limits", .owner = subschema};
    if (evaluation->gave_up) {
        return 0;
    }
    if (++evaluation->steps > evaluation->max_steps) {
        return dpone_give_up(evaluation, &here, frame,
                             "checking this document takes too many steps; simplify the schema");
    }
    if (evaluation->depth >= DPONE_EVALUATION_MAX_DEPTH) {
        return dpone_give_up(evaluation, &here, frame,
                             "schema and document are nested too deeply together; simplify one of them");
    }
    return 1;
}

int dpone_evaluate(struct dpone_evaluation *evaluation, const struct dpone_subschema *subschema,
                   const struct dpone_frame *frame) {
    if (subschema->rule_count == 0) {
        return 1;
    }
    if (!within_limits(evaluation, subschema, frame)) {
        return 0;
    }
    int good = 1;
    uint32_t kind = DPONE_KIND_BIT(dpone_tape_kind(frame->node));
    evaluation->depth++;
    for (const struct dpone_rule *rule = subschema->rules; rule < subschema->rules + subschema->rule_count;
         rule++) {
        if ((rule->kinds & kind) != 0 && !rule->evaluate(evaluation, rule, frame)) {
            good = 0;
            if (rule->stops || evaluation->out == NULL || evaluation->gave_up) {
                break;
            }
        }
    }
    evaluation->depth--;
    return good;
}

int dpone_evaluate_quietly(struct dpone_evaluation *evaluation, const struct dpone_subschema *subschema,
                           const struct dpone_frame *frame) {
    struct dpone_diagnostics *out = evaluation->out;
    evaluation->out = NULL;
    int good = dpone_evaluate(evaluation, subschema, frame);
    evaluation->out = out;
    return good;
}

static int32_t validate(const struct dpone_json_schema *schema, struct dpone_evaluation *evaluation,
                        const struct dpone_frame *frame, const char *path,
                        struct dpone_diagnostics *diagnostics) {
    evaluation->schema = schema;
    evaluation->path = path;
    evaluation->out = NULL;
    evaluation->problems = diagnostics;
    evaluation->steps = 0;
    evaluation->max_steps = STEPS + STEPS_FOR_EACH_NODE * (uint64_t)dpone_tape_tree(frame->raw)->node_count;
    evaluation->depth = 0;
    evaluation->gave_up = 0;
    if (dpone_evaluate(evaluation, schema->root, frame)) {
        return DPONE_OK;
    }
    if (!evaluation->gave_up) { /* once more, now with the errors */
        evaluation->out = diagnostics;
        dpone_evaluate(evaluation, schema->root, frame);
        dpone_diagnostics_pair_typos(diagnostics);
    }
    return DPONE_INVALID_ARGUMENT;
}

int32_t dpone_json_schema_validate(const struct dpone_json_schema *schema,
                                   struct dpone_evaluation *evaluation, const struct dpone_node *node,
                                   const char *path, struct dpone_diagnostics *diagnostics) {
    struct dpone_frame frame = {.node = dpone_tape_resolve(node), .raw = node};
    return validate(schema, evaluation, &frame, path, diagnostics);
}

int32_t dpone_json_schema_validate_frame(const struct dpone_json_schema *schema,
                                         struct dpone_evaluation *evaluation, const struct dpone_frame *frame,
                                         struct dpone_diagnostics *diagnostics) {
    return validate(schema, evaluation, frame, NULL, diagnostics);
}
