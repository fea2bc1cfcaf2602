/* Reads certification.yaml: a table of fields, and the rules that keep the author's floor from sinking. */
#include "contract.h"

#include "catalogue.h"
#include "manifest/suggest.h"

#include <dpone/sink.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a reading needs everywhere. */
struct reader {
    struct dpone_contract *contract;
    struct dpone_diagnostics *diagnostics;
};

struct field {
    const char *name;
    int kind; /* enum dpone_node_kind */
    int required;
};

static const struct field contract_fields[] = {{"contract_version", DPONE_NODE_STRING, 1},
                                               {"connector", DPONE_NODE_STRING, 1},
                                               {"connector_type", DPONE_NODE_STRING, 1},
                                               {"status", DPONE_NODE_STRING, 0},
                                               {"capabilities", DPONE_NODE_MAPPING, 1},
                                               {"quality_gates", DPONE_NODE_MAPPING, 1},
                                               {"performance", DPONE_NODE_MAPPING, 1},
                                               {"evidence", DPONE_NODE_MAPPING, 1},
                                               {"native_transfer", DPONE_NODE_MAPPING, 0},
                                               {"environment", DPONE_NODE_MAPPING, 0},
                                               {NULL, 0, 0}};
static const struct field capability_fields[] = {{"source", DPONE_NODE_MAPPING, 0},
                                                 {"sink", DPONE_NODE_MAPPING, 0},
                                                 {"state", DPONE_NODE_MAPPING, 0},
                                                 {NULL, 0, 0}};
static const struct field source_fields[] = {{"strategies", DPONE_NODE_SEQUENCE, 1},
                                             {"required_tests", DPONE_NODE_SEQUENCE, 1},
                                             {"schema_evolution", DPONE_NODE_STRING, 0},
                                             {NULL, 0, 0}};
static const struct field sink_fields[] = {{"strategies", DPONE_NODE_SEQUENCE, 1},
                                           {"required_tests", DPONE_NODE_SEQUENCE, 1},
                                           {"schema_evolution", DPONE_NODE_STRING, 0},
                                           {"staging_first", DPONE_NODE_BOOL, 1},
                                           {NULL, 0, 0}};
static const struct field gate_fields[] = {
    {"unit_tests", DPONE_NODE_BOOL, 1},       {"manifest_examples_parse", DPONE_NODE_BOOL, 1},
    {"docs_present", DPONE_NODE_BOOL, 1},     {"run_artifacts_present", DPONE_NODE_BOOL, 1},
    {"secret_redaction", DPONE_NODE_BOOL, 1}, {NULL, 0, 0}};
static const struct field performance_fields[] = {{"benchmark_required", DPONE_NODE_BOOL, 1},
                                                  {"minimum_rows", DPONE_NODE_INT, 1},
                                                  {"wide_columns", DPONE_NODE_INT, 1},
                                                  {NULL, 0, 0}};
static const struct field evidence_fields[] = {{"artifacts_dir", DPONE_NODE_STRING, 0},
                                               {"markdown_report", DPONE_NODE_STRING, 0},
                                               {"json_report", DPONE_NODE_STRING, 0},
                                               {NULL, 0, 0}};
static const struct field native_fields[] = {{"capabilities", DPONE_NODE_MAPPING, 1}, {NULL, 0, 0}};
static const struct field environment_fields[] = {{"fixture", DPONE_NODE_STRING, 0},
                                                  {"options", DPONE_NODE_MAPPING, 0},
                                                  {"connector_options", DPONE_NODE_MAPPING, 0},
                                                  {NULL, 0, 0}};

/* The tests dpone requires by default. A strategy of -1: always. */
struct floor_row {
    uint32_t capability;
    const char *test;
    int strategy;
};

static const struct floor_row required_floor[] = {
    {DPONE_CAPABILITY_SOURCE, "import_safety", -1},
    {DPONE_CAPABILITY_SOURCE, "manifest_validation", -1},
    {DPONE_CAPABILITY_SOURCE, "schema_inference", -1},
    {DPONE_CAPABILITY_SOURCE, "full_refresh_extract", -1},
    {DPONE_CAPABILITY_SOURCE, "incremental_append_extract", DPONE_INCREMENTAL_APPEND},
    {DPONE_CAPABILITY_SOURCE, "quality_contracts", -1},
    {DPONE_CAPABILITY_SOURCE, "run_artifact_evidence", -1},
    {DPONE_CAPABILITY_SINK, "import_safety", -1},
    {DPONE_CAPABILITY_SINK, "manifest_validation", -1},
    {DPONE_CAPABILITY_SINK, "staging_first_load", -1},
    {DPONE_CAPABILITY_SINK, "full_refresh_load", DPONE_FULL_REFRESH},
    {DPONE_CAPABILITY_SINK, "incremental_append_load", DPONE_INCREMENTAL_APPEND},
    {DPONE_CAPABILITY_SINK, "incremental_merge_load", DPONE_INCREMENTAL_MERGE},
    {DPONE_CAPABILITY_SINK, "replace_load", DPONE_REPLACE},
    {DPONE_CAPABILITY_SINK, "schema_evolution_contracts", -1},
    {DPONE_CAPABILITY_SINK, "quality_contracts", -1},
    {DPONE_CAPABILITY_SINK, "run_artifact_evidence", -1},
    {DPONE_CAPABILITY_STATE, "import_safety", -1},
    {DPONE_CAPABILITY_STATE, "state_read_write_round_trip", -1},
    {DPONE_CAPABILITY_STATE, "state_commit_after_success", -1},
    {DPONE_CAPABILITY_STATE, "state_no_advance_after_failure", -1},
};

static const char *const strategy_names[] = {"full_refresh", "incremental_append", "incremental_merge",
                                             "replace", NULL};
static const char *const state_verbs[] = {"read", "write", "commit", "rollback", NULL};
static const char *const connector_types[] = {"api", "database", "event", "file", NULL};
static const char *const default_fixtures[] = {"http", "sqlite", "redis", "directory"};

const char *const dpone_native_transfer_names[] = {"stream_export", "file_export", "stream_staging_load",
                                                   "file_staging_load", NULL};

static const char *const kind_names[] = {"nothing", "true or false", "a whole number", "a number",
                                         "text",    "a list",        "a mapping"};

/* An error at a node. */
#define PROBLEM(reader, node, ...)                                                                           \
    problem_at(reader, dpone_node_start(node), dpone_node_end(node), __VA_ARGS__)

static void problem_at(struct reader *reader, struct dpone_position start, struct dpone_position end,
                       const char *format, ...) DPONE_PRINTF(4, 5);

static void problem_at(struct reader *reader, struct dpone_position start, struct dpone_position end,
                       const char *format, ...) {
    struct dpone_diagnostic template = {.severity = DPONE_SEVERITY_ERROR,
                                        .status = DPONE_INVALID_ARGUMENT,
                                        .start = start,
                                        .end = end,
                                        .keyword = "contract"};
    va_list arguments;
    va_start(arguments, format);
    dpone_diagnostics_vadd(reader->diagnostics, &template, format, arguments);
    va_end(arguments);
}

/* Position of `word` in a NULL-terminated list, or -1. */
static int word_index(const char *const *words, struct dpone_string word) {
    for (int i = 0; words[i] != NULL; i++) {
        if (dpone_string_equal(word, dpone_string_of(words[i]))) {
            return i;
        }
    }
    return -1;
}

/* "; did you mean X?" among a list of words. */
static const char *word_suggestion(char *out, size_t out_bytes, const char *const *words,
                                   struct dpone_string word) {
    struct dpone_suggestion suggestion = {.word = word};
    for (int i = 0; words[i] != NULL; i++) {
        dpone_suggestion_consider(&suggestion, dpone_string_of(words[i]));
    }
    return dpone_suggestion_text(&suggestion, out, out_bytes);
}

static int field_kind_fits(const struct field *field, const struct dpone_node *node) {
    return (int)dpone_node_kind(node) == field->kind;
}

static const struct field *field_find(const struct field *fields, struct dpone_string name) {
    for (; fields->name != NULL; fields++) {
        if (dpone_string_equal(name, dpone_string_of(fields->name))) {
            return fields;
        }
    }
    return NULL;
}

static void report_unknown_field(struct reader *reader, const struct field *fields, const char *prefix,
                                 const struct dpone_node *key) {
    const char *names[16] = {NULL};
    char suggestion[96];
    for (size_t i = 0; fields[i].name != NULL; i++) {
        names[i] = fields[i].name;
    }
    struct dpone_string name = dpone_node_text(key);
    (void)word_suggestion(suggestion, sizeof(suggestion), names, name);
    PROBLEM(reader, key, "%s%.*s: unknown field%s", prefix, (int)name.size, name.data,
            suggestion[0] == '\0' ? "; remove it" : suggestion);
}

/* Checks names and kinds of one mapping's fields. `prefix` is "" or ends with '.'. */
static void check_fields(struct reader *reader, const struct dpone_node *mapping, const struct field *fields,
                         const char *prefix) {
    for (size_t i = 0; i < dpone_node_count(mapping); i++) {
        const struct dpone_node *key = dpone_node_key_at(mapping, i);
        const struct dpone_node *value = dpone_node_at(mapping, i);
        const struct field *field = field_find(fields, dpone_node_text(key));
        if (field == NULL) {
            report_unknown_field(reader, fields, prefix, key);
        } else if (!field_kind_fits(field, value)) {
            PROBLEM(reader, value, "%s%s: this is %s, expected %s", prefix, field->name,
                    kind_names[dpone_node_kind(value)], kind_names[field->kind]);
        }
    }
    for (const struct field *field = fields; field->name != NULL; field++) {
        if (field->required && dpone_node_get(mapping, field->name) == NULL) {
            PROBLEM(reader, mapping, "%s%s: missing; add it", prefix, field->name);
        }
    }
}

/* The child when it has the kind that its field asks for, else NULL: check_fields() has reported it. */
static const struct dpone_node *typed_child(const struct dpone_node *mapping, const char *name, int kind) {
    const struct dpone_node *node = dpone_node_get(mapping, name);
    return (int)dpone_node_kind(node) == kind ? node : NULL;
}

static uint32_t read_words(struct reader *reader, const struct dpone_node *list, const char *const *words,
                           const char *where) {
    uint32_t found = 0;
    char suggestion[96];
    for (size_t i = 0; i < dpone_node_count(list); i++) {
        const struct dpone_node *item = dpone_node_at(list, i);
        struct dpone_string word = dpone_node_text(item);
        int index = word_index(words, word);
        if (index < 0) {
            PROBLEM(reader, item, "%s: unknown strategy \"%.*s\"%s", where, (int)word.size, word.data,
                    word_suggestion(suggestion, sizeof(suggestion), words, word));
        } else if (found & (1u << index)) {
            PROBLEM(reader, item, "%s: \"%s\" is listed twice; remove one", where, words[index]);
        } else {
            found |= 1u << index;
        }
    }
    return found;
}

static void report_unknown_test(struct reader *reader, const struct dpone_node *item, const char *where) {
    struct dpone_string word = dpone_node_text(item);
    char text[96];
    size_t count = 0;
    struct dpone_suggestion suggestion = {.word = word};
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    for (size_t i = 0; i < count; i++) {
        dpone_suggestion_consider(&suggestion, dpone_string_of(checks[i]->id));
    }
    PROBLEM(reader, item, "%s: unknown test \"%.*s\"%s; see `dpone connectors checks`", where, (int)word.size,
            word.data, dpone_suggestion_text(&suggestion, text, sizeof(text)));
}

static int side_requires(const struct dpone_contract_side *side, const struct dpone_check *check) {
    for (size_t i = 0; i < side->required_count; i++) {
        if (side->required[i] == check) {
            return 1;
        }
    }
    return 0;
}

static const struct dpone_check *find_test(struct dpone_string name) {
    char id[64] = {0};
    if (name.size >= sizeof(id)) {
        return NULL;
    }
    if (name.size > 0) {
        memcpy(id, name.data, name.size);
    }
    return dpone_catalogue_find(id);
}

static void read_required_tests(struct reader *reader, struct dpone_contract_side *side,
                                const struct dpone_node *list, const char *where) {
    size_t count = dpone_node_count(list);
    side->required = calloc(count + 1, sizeof(*side->required));
    for (size_t i = 0; i < count && side->required != NULL; i++) {
        const struct dpone_node *item = dpone_node_at(list, i);
        const struct dpone_check *check = find_test(dpone_node_text(item));
        if (check == NULL) {
            report_unknown_test(reader, item, where);
        } else if (side_requires(side, check)) {
            PROBLEM(reader, item, "%s: \"%s\" is listed twice; remove one", where, check->id);
        } else {
            side->required[side->required_count++] = check;
        }
    }
}

static void check_floor(struct reader *reader, const struct dpone_contract_side *side, uint32_t capability,
                        const struct dpone_node *list, const char *where) {
    for (size_t i = 0; i < sizeof(required_floor) / sizeof(required_floor[0]); i++) {
        const struct floor_row *row = &required_floor[i];
        if (row->capability != capability ||
            (row->strategy >= 0 && !(side->strategies & (1u << row->strategy))) ||
            side_requires(side, dpone_catalogue_find(row->test))) {
            continue;
        }
        PROBLEM(reader, list, "%s: %s is missing; add it: the list may grow, never shrink", where, row->test);
    }
}

struct side_shape {
    const char *name;
    uint32_t capability;
    const struct field *fields;
    const char *const *strategies;
};

static const struct side_shape side_shapes[] = {
    {"source", DPONE_CAPABILITY_SOURCE, source_fields, strategy_names},
    {"sink", DPONE_CAPABILITY_SINK, sink_fields, strategy_names},
    {"state", DPONE_CAPABILITY_STATE, source_fields, state_verbs},
};

static void read_side(struct reader *reader, struct dpone_contract_side *side, const struct side_shape *shape,
                      const struct dpone_node *capabilities) {
    const struct dpone_node *node = typed_child(capabilities, shape->name, DPONE_NODE_MAPPING);
    if (node == NULL) {
        return;
    }
    char where[64];
    side->declared = 1;
    snprintf(where, sizeof(where), "capabilities.%s.", shape->name);
    check_fields(reader, node, shape->fields, where);
    snprintf(where, sizeof(where), "capabilities.%s.strategies", shape->name);
    const struct dpone_node *strategies = typed_child(node, "strategies", DPONE_NODE_SEQUENCE);
    side->strategies = read_words(reader, strategies, shape->strategies, where);
    if (strategies != NULL && dpone_node_count(strategies) == 0) {
        PROBLEM(reader, strategies, "%s: no strategy; list at least one", where);
    }
    const struct dpone_node *list = typed_child(node, "required_tests", DPONE_NODE_SEQUENCE);
    if (list != NULL) {
        snprintf(where, sizeof(where), "capabilities.%s.required_tests", shape->name);
        read_required_tests(reader, side, list, where);
        check_floor(reader, side, shape->capability, list, where);
    }
}

static void read_capabilities(struct reader *reader, const struct dpone_node *capabilities) {
    struct dpone_contract *contract = reader->contract;
    check_fields(reader, capabilities, capability_fields, "capabilities.");
    read_side(reader, &contract->source, &side_shapes[0], capabilities);
    read_side(reader, &contract->sink, &side_shapes[1], capabilities);
    read_side(reader, &contract->state, &side_shapes[2], capabilities);
    contract->state.strategies = 0;
    if (dpone_contract_capabilities(contract) == 0) {
        PROBLEM(reader, capabilities, "capabilities: none is declared; add source, sink or state");
    }
    int staging_first = 1;
    const struct dpone_node *sink = dpone_node_get(capabilities, "sink");
    if (dpone_node_bool(dpone_node_get(sink, "staging_first"), &staging_first) && !staging_first) {
        PROBLEM(
            reader, dpone_node_get(sink, "staging_first"),
            "capabilities.sink.staging_first: a sink without staging cannot be certified; set it to true");
    }
}

/* A boolean that may only be true. */
static void demand_true(struct reader *reader, const struct dpone_node *mapping, const char *section,
                        const char *name) {
    int value = 1;
    const struct dpone_node *node = dpone_node_get(mapping, name);
    if (dpone_node_bool(node, &value) && !value) {
        PROBLEM(reader, node, "%s.%s: false would lower the floor; set it to true", section, name);
    }
}

static int64_t read_minimum(struct reader *reader, const struct dpone_node *mapping, const char *name,
                            int64_t floor_value) {
    int64_t value = floor_value;
    const struct dpone_node *node = dpone_node_get(mapping, name);
    if (dpone_node_int64(node, &value) && value < floor_value) {
        PROBLEM(reader, node, "performance.%s: %lld is below %lld; raise it: the floor may rise, never sink",
                name, (long long)value, (long long)floor_value);
        value = floor_value;
    }
    return value;
}

static void read_native_transfer(struct reader *reader, const struct dpone_node *native) {
    char suggestion[96];
    check_fields(reader, native, native_fields, "native_transfer.");
    const struct dpone_node *capabilities = typed_child(native, "capabilities", DPONE_NODE_MAPPING);
    for (size_t i = 0; i < dpone_node_count(capabilities); i++) {
        const struct dpone_node *key = dpone_node_key_at(capabilities, i);
        struct dpone_string name = dpone_node_text(key);
        if (word_index(dpone_native_transfer_names, name) < 0) {
            PROBLEM(reader, key, "native_transfer.capabilities.%.*s: unknown capability%s", (int)name.size,
                    name.data,
                    word_suggestion(suggestion, sizeof(suggestion), dpone_native_transfer_names, name));
        }
    }
    reader->contract->native_capabilities = capabilities;
}

static void read_identity(struct reader *reader, const struct dpone_node *root) {
    struct dpone_contract *contract = reader->contract;
    const struct dpone_node *version = typed_child(root, "contract_version", DPONE_NODE_STRING);
    const struct dpone_node *type = typed_child(root, "connector_type", DPONE_NODE_STRING);
    contract->connector = dpone_node_text(typed_child(root, "connector", DPONE_NODE_STRING));
    contract->connector_type = dpone_node_text(type);
    if (version != NULL && !dpone_string_equal(dpone_node_text(version), dpone_string_of("1"))) {
        struct dpone_string text = dpone_node_text(version);
        PROBLEM(reader, version, "contract_version: \"%.*s\" is not known; this version reads \"1\"",
                (int)text.size, text.data);
    }
    if (type != NULL && word_index(connector_types, contract->connector_type) < 0) {
        char suggestion[96];
        PROBLEM(reader, type, "connector_type: \"%.*s\" is not one of api, database, event, file%s",
                (int)contract->connector_type.size, contract->connector_type.data,
                word_suggestion(suggestion, sizeof(suggestion), connector_types, contract->connector_type));
    }
}

static void read_environment(struct reader *reader, const struct dpone_node *environment) {
    struct dpone_contract *contract = reader->contract;
    int type = word_index(connector_types, contract->connector_type);
    contract->fixture = dpone_string_of(default_fixtures[type < 0 ? 0 : type]);
    contract->environment = environment;
    if (environment == NULL) {
        return;
    }
    check_fields(reader, environment, environment_fields, "environment.");
    const struct dpone_node *fixture = typed_child(environment, "fixture", DPONE_NODE_STRING);
    if (dpone_node_text(fixture).size > 0) {
        contract->fixture = dpone_node_text(fixture);
    }
    contract->fixture_options = typed_child(environment, "options", DPONE_NODE_MAPPING);
    contract->connector_options = typed_child(environment, "connector_options", DPONE_NODE_MAPPING);
}

static void read_gates_and_performance(struct reader *reader, const struct dpone_node *root) {
    const struct dpone_node *gates = typed_child(root, "quality_gates", DPONE_NODE_MAPPING);
    const struct dpone_node *performance = typed_child(root, "performance", DPONE_NODE_MAPPING);
    if (gates != NULL) {
        check_fields(reader, gates, gate_fields, "quality_gates.");
        for (const struct field *gate = gate_fields; gate->name != NULL; gate++) {
            demand_true(reader, gates, "quality_gates", gate->name);
        }
    }
    if (performance != NULL) {
        check_fields(reader, performance, performance_fields, "performance.");
        demand_true(reader, performance, "performance", "benchmark_required");
    }
    reader->contract->minimum_rows = read_minimum(reader, performance, "minimum_rows", DPONE_MINIMUM_ROWS);
    reader->contract->wide_columns = read_minimum(reader, performance, "wide_columns", DPONE_WIDE_COLUMNS);
}

static void read_root(struct reader *reader, const struct dpone_node *root) {
    if (dpone_node_kind(root) != DPONE_NODE_MAPPING) {
        PROBLEM(reader, root, "a contract is a mapping; start with `contract_version: \"1\"`");
        return;
    }
    check_fields(reader, root, contract_fields, "");
    read_identity(reader, root);
    const struct dpone_node *capabilities = typed_child(root, "capabilities", DPONE_NODE_MAPPING);
    if (capabilities != NULL) {
        read_capabilities(reader, capabilities);
    }
    read_gates_and_performance(reader, root);
    const struct dpone_node *evidence = typed_child(root, "evidence", DPONE_NODE_MAPPING);
    if (evidence != NULL) {
        check_fields(reader, evidence, evidence_fields, "evidence.");
    }
    const struct dpone_node *native = typed_child(root, "native_transfer", DPONE_NODE_MAPPING);
    if (native != NULL) {
        read_native_transfer(reader, native);
    }
    read_environment(reader, typed_child(root, "environment", DPONE_NODE_MAPPING));
}

/* Takes the tree over. */
static void read_tree(struct dpone_contract **out, struct dpone_tree *tree,
                      struct dpone_diagnostics *diagnostics) {
    *out = NULL;
    if (tree == NULL) {
        return;
    }
    struct dpone_contract *contract = calloc(1, sizeof(*contract));
    if (contract == NULL) {
        dpone_tree_free(tree);
        return;
    }
    contract->tree = tree;
    struct reader reader = {contract, diagnostics};
    read_root(&reader, dpone_tree_root(tree));
    dpone_diagnostics_sort(diagnostics);
    *out = contract;
}

void dpone_contract_read(struct dpone_contract **out, const char *path,
                         struct dpone_diagnostics *diagnostics) {
    struct dpone_tree *tree = NULL;
    dpone_tree_collect_file(&tree, path, NULL, diagnostics);
    read_tree(out, tree, diagnostics);
}

void dpone_contract_read_memory(struct dpone_contract **out, const char *name, const char *text, size_t size,
                                struct dpone_diagnostics *diagnostics) {
    struct dpone_tree *tree = NULL;
    dpone_tree_collect_memory(&tree, name, text, size, NULL, diagnostics);
    read_tree(out, tree, diagnostics);
}

void dpone_contract_free(struct dpone_contract *contract) {
    if (contract == NULL) {
        return;
    }
    free(contract->source.required);
    free(contract->sink.required);
    free(contract->state.required);
    dpone_tree_free(contract->tree);
    free(contract);
}

uint32_t dpone_contract_capabilities(const struct dpone_contract *contract) {
    return (contract->source.declared ? (uint32_t)DPONE_CAPABILITY_SOURCE : 0u) |
           (contract->sink.declared ? (uint32_t)DPONE_CAPABILITY_SINK : 0u) |
           (contract->state.declared ? (uint32_t)DPONE_CAPABILITY_STATE : 0u);
}
