/* manifest_validation: the example manifests are right, down to the connector's own options, and there is one
 * for every strategy that the connector declares. */
#include "../check.h"

#include "../path.h"
#include "../subject.h"
#include "package_text.h"

#include "manifest/manifest.h"
#include "runtime/pipeline_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const inputs[] = {"examples/", "schemas/", DPONE_PACKAGE_MANIFEST, DPONE_PACKAGE_CONTRACT,
                                     NULL};

/* One example and what is wrong with it. */
struct example {
    char *path;
    struct dpone_diagnostics diagnostics;
};

/* What the examples are judged by, and what was seen. */
struct examples {
    struct dpone_json_schema *manifest;
    struct dpone_json_schema *options;
    struct dpone_manifest_connector connector;
    int32_t status; /* of compiling the schemas */
    struct dpone_error error;
    struct dpone_evaluation *evaluation;
    struct example *items;
    size_t count;
    uint32_t source_strategies; /* shown, 1u << enum dpone_strategy */
    uint32_t sink_strategies;
};

static int is_connector(const struct examples *examples, const struct dpone_node *side) {
    return dpone_string_equal(dpone_node_text(dpone_node_get(side, "type")), examples->connector.name);
}

static uint32_t strategy_bit(const struct dpone_node *sink) {
    struct dpone_string mode = dpone_node_text(dpone_node_get(dpone_node_get(sink, "strategy"), "mode"));
    for (int32_t strategy = 0; dpone_strategy_name(strategy) != NULL; strategy++) {
        if (dpone_string_equal(mode, dpone_string_of(dpone_strategy_name(strategy)))) {
            return 1u << strategy;
        }
    }
    return 0;
}

/* Notes the strategy of a process on the sides where this connector serves it. */
static void note_strategy(struct examples *examples, const struct dpone_node *process) {
    const struct dpone_node *sink = dpone_node_get(process, "sink");
    uint32_t strategy = strategy_bit(sink);
    examples->source_strategies |= is_connector(examples, dpone_node_get(process, "source")) ? strategy : 0;
    examples->sink_strategies |= is_connector(examples, sink) ? strategy : 0;
}

/* What `dpone manifest validate --strict --package .` says. A batch tells its strategy in its defaults. */
static void judge_tree(struct examples *examples, const struct dpone_tree *tree,
                       struct dpone_diagnostics *diagnostics) {
    const struct dpone_node *root = dpone_tree_root(tree);
    (void)dpone_json_schema_validate(examples->manifest, examples->evaluation, root, NULL, diagnostics);
    dpone_manifest_check_rules(tree, examples->options == NULL ? NULL : &examples->connector,
                               examples->evaluation, diagnostics);
    note_strategy(examples, root);
    note_strategy(examples, dpone_node_get(root, "defaults"));
}

static void visit_example(struct dpone_check_run *run, const char *relative, void *context) {
    const struct dpone_tree_limits limits = {.strict = 1};
    struct examples *examples = context;
    struct dpone_tree *tree = NULL;
    char *path = dpone_package_path(run->subject->package, relative);
    struct example *items = realloc(examples->items, (examples->count + 1) * sizeof(*items));
    examples->items = items != NULL ? items : examples->items;
    if (path == NULL || items == NULL) {
        dpone_expect(run, 0, relative, "memory to read it", "none");
        free(path);
        return;
    }
    items[examples->count] = (struct example){.path = strdup(relative), .diagnostics = {.keep = 50}};
    struct example *example = &items[examples->count++];
    (void)dpone_tree_collect_file(&tree, path, &limits, &example->diagnostics);
    if (tree != NULL && examples->manifest != NULL) {
        judge_tree(examples, tree, &example->diagnostics);
    }
    dpone_diagnostics_sort(&example->diagnostics);
    dpone_tree_free(tree);
    free(path);
}

/* ---- The cases ---- */

static void check_options_schema(struct dpone_check_run *run, void *context) {
    const struct examples *examples = context;
    dpone_case_remedy(run, "Make schemas/options.schema.json a JSON Schema of draft-07.");
    dpone_expect_status(run, "schemas/options.schema.json", DPONE_OK, examples->status, &examples->error);
}

static void expect_example(struct dpone_check_run *run, const struct example *example) {
    char where[300];
    dpone_expect(run, example->diagnostics.errors == 0, example->path, "a manifest without errors",
                 "%zu errors", example->diagnostics.errors);
    for (size_t i = 0; i < example->diagnostics.count; i++) {
        const struct dpone_diagnostic *item = &example->diagnostics.items[i];
        (void)snprintf(where, sizeof(where), "%s:%u:%u", example->path, item->start.line, item->start.column);
        dpone_expect(run, item->severity != DPONE_SEVERITY_ERROR, where, "a manifest without errors",
                     "%s%s%s", item->place == NULL ? "" : item->place, item->place == NULL ? "" : ": ",
                     item->message);
    }
}

static void check_examples(struct dpone_check_run *run, void *context) {
    const struct examples *examples = context;
    uint32_t capabilities = run->subject->package->capabilities;
    size_t needed = (capabilities & (DPONE_CAPABILITY_SOURCE | DPONE_CAPABILITY_SINK)) != 0;
    dpone_expect(run, examples->count >= needed, "examples/", "at least one manifest", "none");
    for (size_t i = 0; i < examples->count; i++) {
        expect_example(run, &examples->items[i]);
    }
}

static void expect_strategies(struct dpone_check_run *run, const char *side, uint32_t declared,
                              uint32_t shown) {
    char where[64];
    (void)snprintf(where, sizeof(where), "examples/, %s", side);
    for (int32_t strategy = 0; dpone_strategy_name(strategy) != NULL; strategy++) {
        if (declared & (1u << strategy)) {
            dpone_expect(run, (shown >> strategy) & 1u, where, dpone_strategy_name(strategy),
                         "no example with sink.strategy.mode %s has this connector as its %s",
                         dpone_strategy_name(strategy), side);
        }
    }
}

static void check_strategies(struct dpone_check_run *run, void *context) {
    const struct examples *examples = context;
    const struct dpone_contract *contract = run->subject->package->contract;
    dpone_case_remedy(run, "Add an example manifest for each strategy of " DPONE_PACKAGE_CONTRACT
                           ", or declare fewer strategies.");
    expect_strategies(run, "source", contract->source.strategies, examples->source_strategies);
    expect_strategies(run, "sink", contract->sink.strategies, examples->sink_strategies);
}

static int declares_strategies(const struct dpone_contract *contract) {
    return contract != NULL && (contract->source.strategies | contract->sink.strategies) != 0;
}

/* The schemas that `dpone manifest validate` applies. */
static int32_t compile_schemas(const struct dpone_check_run *run, struct examples *examples) {
    const struct dpone_json_schema_options settings = {.refuse_typos = 1};
    char *path = dpone_package_path(run->subject->package, "schemas/options.schema.json");
    int32_t status =
        path == NULL || examples->evaluation == NULL
            ? dpone_error_set(&examples->error, DPONE_OUT_OF_MEMORY, "no memory for the schemas")
            : dpone_json_schema_compile_builtin(&examples->manifest, "manifest", &settings, &examples->error);
    if (status == DPONE_OK) {
        status = dpone_json_schema_compile_file(&examples->options, path, &settings, &examples->error);
    }
    free(path);
    examples->connector = (struct dpone_manifest_connector){dpone_string_of(run->subject->package->connector),
                                                            examples->options};
    return status;
}

static void check_manifest_validation(struct dpone_check_run *run) {
    static const char *const endings[] = {".yaml", ".yml", NULL};
    struct examples examples = {.evaluation = dpone_evaluation_new(), .error = DPONE_ERROR_INIT};
    examples.status = compile_schemas(run, &examples);
    dpone_package_visit(run, "examples/", endings, visit_example, &examples);
    dpone_case_run(run, "options_schema", check_options_schema, &examples);
    dpone_case_run(run, "examples", check_examples, &examples);
    if (declares_strategies(run->subject->package->contract)) {
        dpone_case_run(run, "strategies", check_strategies, &examples);
    }
    for (size_t i = 0; i < examples.count; i++) {
        dpone_diagnostics_clear(&examples.items[i].diagnostics);
        free(examples.items[i].path);
    }
    free(examples.items);
    dpone_json_schema_free(examples.manifest);
    dpone_json_schema_free(examples.options);
    dpone_evaluation_free(examples.evaluation);
}

const struct dpone_check dpone_check_manifest_validation = {
    .id = "manifest_validation",
    .title = "Examples that validate",
    .proves = "Every example manifest validates, its options against the connector's own schema, and every "
              "declared strategy has one.",
    .remedy =
        "Correct the line; `dpone manifest validate --strict --package . examples/*.yaml` says the same.",
    .group = DPONE_GROUP_PACKAGE,
    .profile = DPONE_PROFILE_STATIC,
    .inputs = inputs,
    .run = check_manifest_validation,
};
