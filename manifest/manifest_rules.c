/* What the shape of a manifest cannot say: names used twice, columns nobody promised, options of a connector.
 */
#include <stdio.h>
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

/* ---- Parts of a process */

/* A process, or one of the parts that a batch merges into one: what a part lacks its base gives. */
struct part {
    const struct part *base; /* NULL: none */
    const struct dpone_frame *frame;
};

/* Frames from a part down to a value; they point to each other and stay where they are. */
struct way {
    struct dpone_frame steps[3];
};

/* The value below the keys of `path` (three, or fewer and NULL) in the nearest part that has it, or NULL. */
static const struct dpone_frame *find_merged(const struct part *part, const char *const path[3],
                                             struct way *way) {
    for (; part != NULL; part = part->base) {
        const struct dpone_frame *found = part->frame;
        for (size_t i = 0; i < 3 && path[i] != NULL && found->node != NULL; i++) {
            way->steps[i] = dpone_frame_get(found, path[i]);
            found = &way->steps[i];
        }
        if (found->node != NULL) {
            return found;
        }
    }
    return NULL;
}

static const struct dpone_node *columns_of(const struct part *part) {
    const struct dpone_node *contract = dpone_node_get(part->frame->node, "schema_contract");
    const struct dpone_node *columns = dpone_node_get(contract, "columns");
    return dpone_node_kind(columns) == DPONE_NODE_MAPPING ? columns : NULL;
}

/* ---- Columns */

/* Columns that the pipeline adds itself are in no contract. */
static int is_technical(struct dpone_string name) {
    static const char prefix[] = "__dpone__";
    return name.size >= sizeof prefix - 1 && memcmp(name.data, prefix, sizeof prefix - 1) == 0;
}

/* 1 when the merged contract has the column, or there is no contract. */
static int is_promised(const struct part *part, struct dpone_string name) {
    int has_contract = 0;
    for (; part != NULL; part = part->base) {
        const struct dpone_node *columns = columns_of(part);
        has_contract |= columns != NULL;
        if (dpone_node_find(columns, name) != NULL) {
            return 1;
        }
    }
    return !has_contract;
}

static void check_column(const struct rules *rules, const struct dpone_frame *frame,
                         const struct part *part) {
    struct dpone_string name = dpone_node_text(frame->node);
    if (!is_text(frame) || name.size == 0 || is_technical(name) || is_promised(part, name)) {
        return;
    }
    if (!dpone_diagnostics_has_room(rules->diagnostics, DPONE_SEVERITY_ERROR)) {
        report(rules, frame, "known_columns", "unknown");
        return;
    }
    struct dpone_suggestion suggestion = {.word = name};
    for (; part != NULL; part = part->base) {
        const struct dpone_node *columns = columns_of(part);
        for (size_t i = 0; i < dpone_node_count(columns); i++) {
            dpone_suggestion_consider(&suggestion, dpone_node_text(dpone_node_key_at(columns, i)));
        }
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
                          const struct part *part) {
    if (frame == NULL || frame->node == NULL) {
        return;
    }
    check_column(rules, frame, part);
    struct dpone_cursor cursor = dpone_cursor_of(frame->node);
    struct dpone_frame item = {.parent = frame};
    while (dpone_node_kind(frame->node) == DPONE_NODE_SEQUENCE && dpone_frame_next(&cursor, &item)) {
        check_column(rules, &item, part);
    }
}

static void check_gates(const struct rules *rules, const struct part *part) {
    static const char *const path[] = {"quality", "gates", NULL};
    struct way way;
    const struct dpone_frame *gates = find_merged(part, path, &way);
    if (gates == NULL || dpone_node_kind(gates->node) != DPONE_NODE_SEQUENCE) {
        return;
    }
    struct seen_names ids = {.capacity = 0};
    struct dpone_cursor cursor = dpone_cursor_of(gates->node);
    struct dpone_frame gate = {.parent = gates};
    while (dpone_frame_next(&cursor, &gate)) {
        struct dpone_frame id = dpone_frame_get(&gate, "id");
        struct dpone_frame column = dpone_frame_get(&gate, "column");
        struct dpone_frame list = dpone_frame_get(&gate, "columns");
        if (is_text(&id)) {
            note_name(rules, &ids, &id, dpone_node_text(id.node), "gate id");
        }
        check_columns(rules, &column, part);
        check_columns(rules, &list, part);
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

/* The options of one part, where it or a base of it names the connector. */
static void check_sides(const struct rules *rules, const struct part *part) {
    static const char *const types[][3] = {{"source", "type"}, {"sink", "type"}, {"state", "type"}};
    for (size_t i = 0; rules->connector != NULL && i < sizeof types / sizeof types[0]; i++) {
        struct way way;
        const struct dpone_frame *type = find_merged(part, types[i], &way);
        if (type != NULL && dpone_string_equal(dpone_node_text(type->node), rules->connector->name)) {
            struct dpone_frame side = dpone_frame_get(part->frame, types[i][0]);
            check_options(rules, &side);
        }
    }
}

/* ---- Strategies */

/* What a mode cannot do without: one of these keys. The schema says the same of a process in one part. */
static const struct {
    const char *mode;
    const char *keys[3];
    const char *shown;
} needs[] = {
    {"incremental_merge", {"unique_key"}, "unique_key"},
    {"snapshot_diff", {"unique_key"}, "unique_key"},
    {"scd2", {"unique_key"}, "unique_key"},
    {"cdc_apply", {"unique_key"}, "unique_key"},
    {"snapshot_reconciliation", {"unique_key"}, "unique_key"},
    {"replace",
     {"window", "custom_predicate", "portable_scope"},
     "window, custom_predicate or portable_scope"},
    {"partition_replace", {"partition", "window"}, "partition or window"},
};

static int gives_one(const struct part *part, const char *const keys[3]) {
    struct way way;
    for (size_t i = 0; i < 3 && keys[i] != NULL; i++) {
        const char *const path[] = {"sink", "strategy", keys[i]};
        if (find_merged(part, path, &way) != NULL) {
            return 1;
        }
    }
    return 0;
}

/* Whether the merged strategy of a table has what its mode needs, and no window that its mode cannot use. */
static void check_strategy(const struct rules *rules, const struct part *part) {
    static const char *const mode_path[] = {"sink", "strategy", "mode"};
    static const char *const window[3] = {"window"};
    static const char with_window[] = " replace partition_replace backfill ";
    struct way way;
    const struct dpone_frame *mode = find_merged(part, mode_path, &way);
    if (mode == NULL || !is_text(mode)) {
        return;
    }
    char name[DPONE_SHOWN_BYTES];
    struct dpone_string text = dpone_node_text(mode->node);
    snprintf(name, sizeof name, " %.*s ", (int)(text.size < 64 ? text.size : 64), text.data);
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (dpone_string_equal(text, dpone_string_of(needs[i].mode)) && !gives_one(part, needs[i].keys)) {
            report(rules, mode, "strategy_needs", "the mode %s needs %s; add it here or in the defaults",
                   needs[i].mode, needs[i].shown);
        }
    }
    if (gives_one(part, window) && strstr(with_window, name) == NULL) {
        report(rules, mode, "strategy_needs", "the mode%stakes no window, here or in the defaults; remove it",
               name);
    }
}

/* ---- Processes and batches */

/* A process in one part, or what the parts of a batch give for one of its tables. */
static void check_process(const struct rules *rules, const struct part *part) {
    static const char *const key_path[] = {"sink", "strategy", "unique_key"};
    struct way way;
    check_columns(rules, find_merged(part, key_path, &way), part);
    check_gates(rules, part);
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
                        const struct part *defaults) {
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
    struct part changed = {defaults, &overrides};
    struct part whole = {&changed, entry};
    check_sides(rules, &changed);
    if (entry->key != NULL) {
        check_sides(rules, &whole);
    }
    check_strategy(rules, entry->key != NULL ? &whole : &changed);
    check_process(rules, entry->key != NULL ? &whole : &changed);
}

static void check_tables(const struct rules *rules, struct batch_names *names,
                         const struct dpone_frame *block, const struct part *base) {
    struct dpone_frame defaults = dpone_frame_get(block, "defaults");
    struct dpone_frame tables = dpone_frame_get(block, "tables");
    struct part part = {base, &defaults};
    check_sides(rules, &part);
    if (tables.node == NULL) {
        return;
    }
    struct dpone_cursor entries = dpone_cursor_of(tables.node);
    struct dpone_frame entry = {.parent = &tables};
    while (dpone_frame_next(&entries, &entry)) {
        check_table(rules, names, &entry, &part);
    }
    forget_names(&names->tables);
}

static void check_batch(const struct rules *rules, const struct dpone_frame *root) {
    struct batch_names names = {.ids = {.capacity = 0}};
    struct dpone_frame defaults = dpone_frame_get(root, "defaults");
    struct dpone_frame schemas = dpone_frame_get(root, "schemas");
    struct part around = {NULL, root};
    struct part part = {&around, &defaults};
    check_sides(rules, &around);
    check_sides(rules, &part);
    if (schemas.node == NULL) {
        return;
    }
    struct dpone_cursor cursor = dpone_cursor_of(schemas.node);
    struct dpone_frame block = {.parent = &schemas};
    while (dpone_frame_next(&cursor, &block)) {
        check_tables(rules, &names, &block, &part);
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
        struct part whole = {NULL, &root};
        check_process(&rules, &whole);
        check_sides(&rules, &whole);
    }
    dpone_manifest_check_secrets(tree, diagnostics);
}
