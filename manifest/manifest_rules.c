/* What the shape of a manifest cannot say: names used twice, columns nobody promised, options of a connector.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/frame.h"
#include "manifest/manifest.h"
#include "manifest/schema_internal.h"
#include "manifest/show.h"
#include "manifest/string_map.h"
#include "manifest/suggest.h"

/* One document being checked. */
struct rules {
    const struct dpone_tree *tree;
    const struct dpone_manifest_connector *connector; /* NULL: none */
    struct dpone_evaluation *evaluation;
    struct dpone_diagnostics *diagnostics;
    int32_t is_batch;
};

/* Nodes by name, to find the second of two. Their index in `nodes` is the value in the map. */
struct seen_names {
    struct dpone_string_map map;
    const struct dpone_node **nodes;
    size_t capacity;
};

static void report(const struct rules *rules, const struct dpone_frame *frame, const char *rule,
                   const char *format, ...) DPONE_PRINTF(4, 5);

static void report(const struct rules *rules, const struct dpone_frame *frame, const char *rule,
                   const char *format, ...) {
    struct dpone_diagnostic problem = {
        .severity = DPONE_SEVERITY_ERROR, .status = DPONE_INVALID_ARGUMENT, .keyword = rule};
    va_list arguments;
    va_start(arguments, format);
    dpone_frame_problem(rules->diagnostics, &problem, frame, frame->raw, NULL, format, arguments);
    va_end(arguments);
}

static void forget_names(struct seen_names *seen) {
    dpone_string_map_clear(&seen->map);
    free(seen->nodes);
    *seen = (struct seen_names){.capacity = 0};
}

/* Notes a name that must be unique; reports it when it was there before. Without memory it is passed over. */
static void note_name(const struct rules *rules, struct seen_names *seen, const struct dpone_frame *frame,
                      struct dpone_string name, const char *what) {
    if (seen->map.count == seen->capacity) {
        size_t capacity = seen->capacity == 0 ? 16 : seen->capacity * 2;
        const struct dpone_node **nodes = realloc(seen->nodes, capacity * sizeof(const struct dpone_node *));
        if (nodes == NULL) {
            return;
        }
        seen->nodes = nodes;
        seen->capacity = capacity;
    }
    int added = 1;
    const uint32_t *index = dpone_string_map_put(&seen->map, name, seen->map.count, &added);
    if (index == NULL || added) {
        seen->nodes[seen->map.count - 1] = frame->raw;
        return;
    }
    char shown[DPONE_SHOWN_BYTES];
    struct dpone_position first = dpone_node_start(seen->nodes[*index]);
    report(rules, frame, "unique_names", "the %s %s is used already, at line %u, column %u; choose another",
           what, dpone_show_text(shown, name), (unsigned)first.line, (unsigned)first.column);
}

static int is_text(const struct dpone_frame *frame) {
    return frame->node != NULL && dpone_node_kind(frame->node) == DPONE_NODE_STRING;
}

/* ---- Columns */

/* Columns that the pipeline adds itself are in no contract. */
static int is_technical(struct dpone_string name) {
    static const char prefix[] = "__dpone__";
    return name.size >= sizeof prefix - 1 && memcmp(name.data, prefix, sizeof prefix - 1) == 0;
}

static void check_column(const struct rules *rules, const struct dpone_frame *frame,
                         const struct dpone_node *columns) {
    struct dpone_string name = dpone_node_text(frame->node);
    if (!is_text(frame) || is_technical(name) || dpone_node_find(columns, name) != NULL) {
        return;
    }
    if (!dpone_diagnostics_has_room(rules->diagnostics, DPONE_SEVERITY_ERROR)) {
        report(rules, frame, "known_columns", "unknown");
        return;
    }
    struct dpone_suggestion suggestion = {.word = name};
    for (size_t i = 0; i < dpone_node_count(columns); i++) {
        dpone_suggestion_consider(&suggestion, dpone_node_text(dpone_node_key_at(columns, i)));
    }
    char shown[DPONE_SHOWN_BYTES];
    char near[DPONE_SHOWN_BYTES];
    dpone_show_text(shown, name);
    if (suggestion.best.size > 0) {
        report(rules, frame, "known_columns",
               "the column %s is not in schema_contract.columns; did you mean %s?", shown,
               dpone_show_text(near, suggestion.best));
    } else {
        report(rules, frame, "known_columns", "the column %s is not in schema_contract.columns; add it there",
               shown);
    }
}

/* One column, or a list of them. */
static void check_columns(const struct rules *rules, const struct dpone_frame *frame,
                          const struct dpone_node *columns) {
    if (frame->node == NULL || columns == NULL) {
        return;
    }
    check_column(rules, frame, columns);
    struct dpone_cursor cursor = dpone_cursor_of(frame->node);
    struct dpone_frame item = {.parent = frame};
    while (dpone_node_kind(frame->node) == DPONE_NODE_SEQUENCE && dpone_frame_next(&cursor, &item)) {
        check_column(rules, &item, columns);
    }
}

static void check_gates(const struct rules *rules, const struct dpone_frame *process,
                        const struct dpone_node *columns) {
    struct dpone_frame quality = dpone_frame_get(process, "quality");
    if (quality.node == NULL) {
        return;
    }
    struct dpone_frame gates = dpone_frame_get(&quality, "gates");
    if (gates.node == NULL || dpone_node_kind(gates.node) != DPONE_NODE_SEQUENCE) {
        return;
    }
    struct seen_names ids = {.capacity = 0};
    struct dpone_cursor cursor = dpone_cursor_of(gates.node);
    struct dpone_frame gate = {.parent = &gates};
    while (dpone_frame_next(&cursor, &gate)) {
        struct dpone_frame id = dpone_frame_get(&gate, "id");
        struct dpone_frame column = dpone_frame_get(&gate, "column");
        struct dpone_frame list = dpone_frame_get(&gate, "columns");
        if (is_text(&id)) {
            note_name(rules, &ids, &id, dpone_node_text(id.node), "gate id");
        }
        check_columns(rules, &column, columns);
        check_columns(rules, &list, columns);
    }
    forget_names(&ids);
}

/* ---- Options */

/* Checks options, or the lack of them, by the connector's schema. In a batch the parts of a process complete
 * each other, so that a missing option is not an error of one part. */
static void check_options(const struct rules *rules, const struct dpone_frame *side) {
    static const char nothing[] = "{}";
    struct dpone_frame options = dpone_frame_get(side, "options");
    struct dpone_tree *empty = NULL;
    if (options.node == NULL) {
        if (rules->is_batch || dpone_tree_read_memory(&empty, "options.json", nothing, sizeof nothing - 1,
                                                      NULL, NULL) != DPONE_OK) {
            return;
        }
        options = (struct dpone_frame){.parent = side->parent,
                                       .node = dpone_tree_root(empty),
                                       .raw = side->raw,
                                       .key = side->key,
                                       .index = side->index};
    }
    struct dpone_diagnostics found = {.keep = rules->diagnostics->keep};
    dpone_json_schema_validate_frame(rules->connector->options, rules->evaluation, &options, &found);
    if (rules->is_batch) {
        dpone_diagnostics_drop(&found, "required");
    }
    dpone_diagnostics_move(rules->diagnostics, &found);
    dpone_tree_free(empty);
}

static void check_sides(const struct rules *rules, const struct dpone_frame *process) {
    static const char *const sides[] = {"source", "sink", "state"};
    for (size_t i = 0; rules->connector != NULL && i < sizeof sides / sizeof sides[0]; i++) {
        struct dpone_frame side = dpone_frame_get(process, sides[i]);
        struct dpone_string type = dpone_node_text(dpone_node_get(side.node, "type"));
        if (dpone_string_equal(type, rules->connector->name)) {
            check_options(rules, &side);
        }
    }
}

/* ---- Processes and batches */

/* A process, or a part of one in a batch; `columns` are those promised around it, or NULL. */
static void check_process(const struct rules *rules, const struct dpone_frame *process,
                          const struct dpone_node *columns) {
    if (process->node == NULL) {
        return;
    }
    const struct dpone_node *own =
        dpone_node_get(dpone_node_get(process->node, "schema_contract"), "columns");
    columns = dpone_node_kind(own) == DPONE_NODE_MAPPING ? own : columns;
    struct dpone_frame sink = dpone_frame_get(process, "sink");
    struct dpone_frame strategy = dpone_frame_get(&sink, "strategy");
    struct dpone_frame key = dpone_frame_get(&strategy, "unique_key");
    check_columns(rules, &key, columns);
    check_gates(rules, process, columns);
    check_sides(rules, process);
}

/* Names of the processes of a batch, and of its tables in one schema. */
struct batch_names {
    struct seen_names ids;
    struct seen_names processes;
    struct seen_names tables;
};

static void note_text(const struct rules *rules, struct seen_names *seen, const struct dpone_frame *frame,
                      const char *what) {
    if (is_text(frame)) {
        note_name(rules, seen, frame, dpone_node_text(frame->node), what);
    }
}

/* One entry of `tables`, of the list or of the map. */
static void check_table(const struct rules *rules, struct batch_names *names, const struct dpone_frame *entry,
                        const struct dpone_node *columns) {
    struct dpone_frame id = dpone_frame_get(entry, "id");
    struct dpone_frame table = dpone_frame_get(entry, "table");
    struct dpone_frame overrides = dpone_frame_get(entry, "overrides");
    struct dpone_frame own_name = dpone_frame_get(entry, "name");
    struct dpone_frame override_name = dpone_frame_get(&overrides, "name");
    note_text(rules, &names->ids, &id, "id");
    note_text(rules, &names->processes, &own_name, "process name");
    note_text(rules, &names->processes, &override_name, "process name");
    int has_name = is_text(&id) || is_text(&override_name);
    if (entry->key == NULL &&
        !has_name) { /* a table may be loaded twice when the processes have names of their own */
        note_text(rules, &names->tables, is_text(entry) ? entry : &table, "table");
    }
    if (dpone_node_kind(entry->node) == DPONE_NODE_MAPPING) {
        check_process(rules, &overrides, columns);
        if (entry->key != NULL) {
            check_process(rules, entry, columns);
        }
    }
}

static const struct dpone_node *columns_of(const struct dpone_node *process,
                                           const struct dpone_node *otherwise) {
    const struct dpone_node *own = dpone_node_get(dpone_node_get(process, "schema_contract"), "columns");
    return dpone_node_kind(own) == DPONE_NODE_MAPPING ? own : otherwise;
}

static void check_batch(const struct rules *rules, const struct dpone_frame *root) {
    struct batch_names names = {.ids = {.capacity = 0}};
    const struct dpone_node *columns = columns_of(root->node, NULL);
    struct dpone_frame defaults = dpone_frame_get(root, "defaults");
    struct dpone_frame schemas = dpone_frame_get(root, "schemas");
    columns = columns_of(defaults.node, columns);
    check_process(rules, root, columns);
    check_process(rules, &defaults, columns);
    if (schemas.node == NULL) {
        return;
    }
    struct dpone_cursor cursor = dpone_cursor_of(schemas.node);
    struct dpone_frame block = {.parent = &schemas};
    while (dpone_frame_next(&cursor, &block)) {
        struct dpone_frame block_defaults = dpone_frame_get(&block, "defaults");
        struct dpone_frame tables = dpone_frame_get(&block, "tables");
        const struct dpone_node *promised = columns_of(block_defaults.node, columns);
        check_process(rules, &block_defaults, columns);
        if (tables.node == NULL) {
            continue;
        }
        struct dpone_cursor entries = dpone_cursor_of(tables.node);
        struct dpone_frame entry = {.parent = &tables};
        while (dpone_frame_next(&entries, &entry)) {
            check_table(rules, &names, &entry, promised);
        }
        forget_names(&names.tables);
    }
    forget_names(&names.ids);
    forget_names(&names.processes);
}

void dpone_manifest_check_rules(const struct dpone_tree *tree,
                                const struct dpone_manifest_connector *connector,
                                struct dpone_evaluation *evaluation, struct dpone_diagnostics *diagnostics) {
    struct dpone_frame root = {.node = dpone_tree_root(tree), .raw = dpone_tree_root(tree)};
    struct rules rules = {.tree = tree,
                          .connector = connector,
                          .evaluation = evaluation,
                          .diagnostics = diagnostics,
                          .is_batch = dpone_node_get(root.node, "schemas") != NULL};
    if (rules.is_batch) {
        check_batch(&rules, &root);
    } else {
        check_process(&rules, &root, NULL);
    }
    dpone_manifest_check_secrets(tree, diagnostics);
}
