/* Manifests of a single process: what they become, and the exact words and places of what is wrong with them.
 */
#include "support.h"

#include <stdio.h>
#include <unistd.h>

#include "runtime/files.h"
#include "runtime/option_tree.h"
#include "runtime/pipeline_spec.h"

#define MINIMAL                                                                                              \
    "source: {type: crm}\n"                                                                                  \
    "sink: {type: db, table: {name: t}, strategy: {mode: full_refresh}}\n"

static int32_t read_text(struct dpone_pipeline_manifest **out, const char *text, struct dpone_error *error) {
    char *folder = NULL;
    char path[512];
    assert_int_equal(dpone_directory_make_temporary(&folder, "/tmp", NULL), DPONE_OK);
    (void)snprintf(path, sizeof path, "%s/my.pipe.yaml", folder);
    assert_int_equal(dpone_file_write(path, text, strlen(text), NULL), DPONE_OK);
    int32_t status = dpone_pipeline_manifest_read(out, path, error);
    size_t prefix = strlen(folder) + 1;
    if (strncmp(error->message, folder, prefix - 1) == 0) {
        memmove(error->message, error->message + prefix, strlen(error->message + prefix) + 1);
    }
    dpone_directory_remove(folder);
    free(folder);
    return status;
}

static struct dpone_pipeline_manifest *manifest_of(const char *text) {
    struct dpone_pipeline_manifest *manifest = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (read_text(&manifest, text, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    return manifest;
}

static void assert_wrong(const char *text, const char *message) {
    struct dpone_pipeline_manifest *manifest = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)read_text(&manifest, text, &error);
    assert_error(error, DPONE_INVALID_ARGUMENT, message);
    assert_null(manifest);
}

static void spec_read__minimum(void **context) {
    (void)context;
    struct dpone_pipeline_manifest *manifest = manifest_of(MINIMAL);
    const struct dpone_pipeline_spec *spec = dpone_pipeline_manifest_spec(manifest);
    assert_string_equal(spec->name, "my.pipe");
    assert_string_equal(spec->source.type, "crm");
    assert_int_equal(spec->source.table.name.size, 0);
    assert_int_equal(spec->source.options->kind, DPONE_OPTION_MAP);
    assert_int_equal(spec->source.options->child_count, 0);
    assert_int_equal(spec->read_mode, DPONE_READ_FULL);
    assert_int_equal(spec->strategy, DPONE_FULL_REFRESH);
    assert_int_equal(spec->evolution, DPONE_EVOLUTION_APPLY);
    assert_null(spec->state.type);
    assert_null(spec->window);
    assert_int_equal(spec->gate_count, 0);
    assert_int_equal(strlen(spec->manifest_sha256), 64);
    dpone_pipeline_manifest_free(manifest);
}

static void spec_read__everything(void **context) {
    (void)context;
    struct dpone_pipeline_manifest *manifest = manifest_of(
        "name: orders\ndescription: for people\nsource:\n  type: crm\n  table: {schema: shop, name: "
        "orders}\n  incremental: {cursor_column: changed}\n  batch_rows: 500\n  batch_bytes: 100000\n  "
        "options: {url: http://x, limit: 5, ratio: 0.5, on: true, none: null, token: {secret: env:T}, list: "
        "[a, {b: c}]}\nsink:\n  type: db\n  table: {schema: dw, name: orders}\n  strategy: {mode: "
        "incremental_merge, unique_key: [region, id]}\n  schema_evolution: new_column\n  lease_ms: "
        "1000\nstate: {type: files, key: my-key, options: {folder: /tmp}}\nquality:\n  gates:\n    - {id: g, "
        "type: accepted_values, column: a, values: [1, two, true], severity: warning}\n    - {type: "
        "row_count_reconciliation, tolerance: {mode: pct, value: 0.5}}\n    - {type: freshness, columns: "
        "[at], max_age: 24h}\n    - {type: min_rows, threshold: 3, side: target, mode: full}\n    - {type: "
        "freshness, column: at, threshold: 60}\n");
    const struct dpone_pipeline_spec *spec = dpone_pipeline_manifest_spec(manifest);
    const struct dpone_option *options = spec->source.options;
    assert_string_equal(spec->name, "orders");
    assert_memory_equal(spec->source.table.schema.data, "shop", 5);
    assert_memory_equal(spec->cursor_column.data, "changed", 8);
    assert_int_equal(spec->read_mode, DPONE_READ_INCREMENTAL);
    assert_int_equal(spec->batch_rows, 500);
    assert_int_equal(spec->batch_bytes, 100000);
    assert_int_equal(dpone_option_get(options, "limit")->integer, 5);
    assert_int_equal(dpone_option_get(options, "limit")->line, 9);
    assert_int_equal(dpone_option_get(options, "limit")->column, 35);
    assert_true(dpone_option_get(options, "ratio")->real > 0.49);
    assert_int_equal(dpone_option_get(options, "on")->kind, DPONE_OPTION_BOOL);
    assert_int_equal(dpone_option_get(options, "none")->kind, DPONE_OPTION_NULL);
    assert_int_equal(dpone_option_get(options, "token")->kind, DPONE_OPTION_SECRET);
    assert_string_equal(dpone_option_get(options, "token")->text.data, "env:T");
    assert_int_equal(dpone_option_get(options, "list")->child_count, 2);
    assert_string_equal(dpone_option_get(dpone_option_get(options, "list")->children[1], "b")->text.data,
                        "c");
    assert_int_equal(spec->unique_key_count, 2);
    assert_string_equal(spec->unique_key[1]->data, "id");
    assert_int_equal(spec->evolution, DPONE_EVOLUTION_NEW_COLUMN);
    assert_int_equal(spec->lease_ms, 1000);
    assert_string_equal(spec->state.type, "files");
    assert_string_equal(spec->state_key, "my-key");
    assert_int_equal(spec->gate_count, 5);
    assert_true(spec->gates[4].max_age_us == 60000000);
    assert_int_equal(spec->gates[0].severity, DPONE_GATE_WARNING);
    assert_string_equal(spec->gates[0].values[2].data, "true");
    assert_string_equal(spec->gates[1].id, "row_count_reconciliation_2");
    assert_int_equal(spec->gates[1].tolerance_mode, DPONE_TOLERANCE_PCT);
    assert_true(spec->gates[2].max_age_us == INT64_C(86400000000));
    assert_int_equal(spec->gates[3].threshold, 3);
    dpone_pipeline_manifest_free(manifest);
}

static void spec_read__replace_has_a_window(void **context) {
    (void)context;
    struct dpone_pipeline_manifest *manifest =
        manifest_of("source: {type: crm}\nsink: {type: db, table: {name: t}, strategy: {mode: replace, "
                    "window: {column: d, from: 2026-01-01, to: \"2026-02-01\"}}}\nstate: {type: disabled}\n");
    const struct dpone_pipeline_spec *spec = dpone_pipeline_manifest_spec(manifest);
    assert_string_equal(spec->window->column.data, "d");
    assert_string_equal(spec->window->from.data, "2026-01-01");
    assert_string_equal(spec->window->to.data, "2026-02-01");
    assert_int_equal(spec->read_mode, DPONE_READ_FULL);
    assert_null(spec->state.type);
    dpone_pipeline_manifest_free(manifest);
}

static void spec_read__incremental_follows_the_strategy_unless_told(void **context) {
    (void)context;
    static const char sink[] = "sink: {type: db, table: {name: t}, strategy: {mode: incremental_append}}\n";
    static const struct {
        const char *source;
        int32_t mode;
    } rows[] = {{"source: {type: crm}\n", DPONE_READ_INCREMENTAL},
                {"source: {type: crm, incremental: false}\n", DPONE_READ_FULL},
                {"source: {type: crm, incremental: true}\n", DPONE_READ_INCREMENTAL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "%s%s", rows[i].source, sink);
        struct dpone_pipeline_manifest *manifest = manifest_of(text);
        assert_int_equal(dpone_pipeline_manifest_spec(manifest)->read_mode, rows[i].mode);
        dpone_pipeline_manifest_free(manifest);
    }
}

static void spec_read__names_what_is_missing(void **context) {
    (void)context;
    assert_wrong("name: x\n", "my.pipe.yaml:1:1: error: the key `source` is missing");
    assert_wrong("source: {type: crm}\nsink: {table: {name: t}}\n",
                 "my.pipe.yaml:2:7: error: sink: the key `type` is missing");
    assert_wrong("source: {type: crm}\nsink: {type: db}\n",
                 "my.pipe.yaml:2:7: error: sink: the key `strategy` is missing");
    assert_wrong("source: {type: crm}\nsink: {type: db, table: {name: t}, strategy: {unique_key: a}}\n",
                 "my.pipe.yaml:2:46: error: sink.strategy: the key `mode` is missing");
    assert_wrong("- a\n", "my.pipe.yaml:1:1: error: expected a mapping, found a list");
}

static void spec_read__names_what_is_wrong(void **context) {
    (void)context;
    assert_wrong(
        "source: {type: crm}\nsink: {type: db, table: {name: t}, strategy: {mode: incremental_marge}}\n",
        "my.pipe.yaml:2:53: error: sink.strategy.mode: \"incremental_marge\" is not one of full_refresh, "
        "incremental_append, incremental_merge, replace, partition_replace, snapshot_diff, scd2, cdc_apply, "
        "backfill, xmin, cdc, snapshot_reconciliation; did you mean \"incremental_merge\"?");
    assert_wrong(
        "source: {type: crm, optoins: {}}\nsink: {type: db, table: {name: t}, strategy: {mode: replace}}\n",
        "my.pipe.yaml:1:21: error: source.optoins: unknown key `optoins`; did you mean `options`?");
    assert_wrong("source: {type: crm, optoins: {}}\nsink: {type: db, table: {name: t}, strategy: {mode: "
                 "full_refresh}}\n",
                 "my.pipe.yaml:1:21: error: source.optoins: unknown key `optoins`; did you mean `options`?");
    assert_wrong("source: {type: 5}\nsink: {type: db, table: {name: t}, strategy: {mode: full_refresh}}\n",
                 "my.pipe.yaml:1:16: error: source.type: expected a string, found an integer, 5");
    assert_wrong("source: {type: crm, batch_rows: -1}\nsink: {type: db, table: {name: t}, strategy: {mode: "
                 "full_refresh}}\n",
                 "my.pipe.yaml:1:33: error: source.batch_rows: -1 is not at least 1");
    assert_wrong(
        "source: {type: crm}\nsink: {type: db, table: {name: t}, strategy: {mode: incremental_merge}}\n",
        "my.pipe.yaml:2:46: error: sink.strategy: the key `unique_key` is missing");
    assert_wrong(
        "source: {type: crm}\nsink: {type: db, table: {name: t}, strategy: {mode: incremental_merge, "
        "unique_key: [a, 5]}}\n",
        "my.pipe.yaml:2:88: error: sink.strategy.unique_key[1]: expected a string, found an integer, 5");
    assert_wrong("source: {type: crm}\nsink: {type: db, table: {name: t}, strategy: {mode: full_refresh, "
                 "window: {column: a, from: 1, to: 2}}}\n",
                 "my.pipe.yaml:2:67: error: sink.strategy.window: the key `window` is not allowed here");
    assert_wrong("source: {type: crm, table: orders}\nsink: {type: db, table: {name: t}, strategy: {mode: "
                 "full_refresh}}\n",
                 "my.pipe.yaml:1:28: error: source.table: expected a mapping, found a string, \"orders\"");
    assert_wrong("kind: dpone.batch.v1\n", "my.pipe.yaml:1:7: error: kind: `dpone run` runs one process, not "
                                           "a batch; write source and sink at the top level");
}

static void assert_strategy_wrong(const char *strategy, const char *message) {
    char text[512];
    (void)snprintf(text, sizeof text,
                   "source: {type: crm}\nsink: {type: db, table: {name: t}, strategy: {%s}}\n", strategy);
    assert_wrong(text, message);
}

static void spec_read__refuses_what_one_run_cannot_do(void **context) {
    (void)context;
    assert_wrong("source: {type: crm}\nsink: {type: db, strategy: {mode: full_refresh}}\n",
                 "my.pipe.yaml:2:7: error: sink.table: the target has no name; set sink.table.name");
    assert_strategy_wrong("mode: snapshot_diff, unique_key: a",
                          "my.pipe.yaml:2:53: error: sink.strategy.mode: \"snapshot_diff\" is not one of "
                          "full_refresh, incremental_append, incremental_merge, replace");
    assert_strategy_wrong(
        "mode: replace, custom_predicate: a > 1",
        "my.pipe.yaml:2:46: error: sink.strategy.window: replace needs a window; give column, from and to");
    assert_strategy_wrong(
        "mode: replace, window: {column: d, anchor: data_interval_end, lookback: 3d}",
        "my.pipe.yaml:2:70: error: sink.strategy.window.from: missing; a pipeline needs it");
    assert_wrong(
        "source: {type: crm, batch_rows: 99999999999999999999}\nsink: {type: db, table: {name: t}, strategy: "
        "{mode: full_refresh}}\n",
        "my.pipe.yaml:1:33: error: source.batch_rows: a whole number of at most 64 bits is wanted here");
}

static void spec_read__options(void **context) {
    (void)context;
    assert_wrong("source: {type: crm, options: [a]}\nsink: {type: db, table: {name: t}, strategy: {mode: "
                 "full_refresh}}\n",
                 "my.pipe.yaml:1:30: error: source.options: expected a mapping, found a list");
    assert_wrong("source: {type: crm, options: {token: {secret: hunter2}}}\nsink: {type: db, table: {name: "
                 "t}, strategy: {mode: full_refresh}}\n",
                 "my.pipe.yaml:1:47: error: source.options.token.secret: a secret is written here; use "
                 "connection_type env, vault or airflow, or {secret: env:NAME}");
    assert_wrong("source: {type: crm, options: {a: [1, 99999999999999999999]}}\nsink: {type: db, table: "
                 "{name: t}, strategy: {mode: full_refresh}}\n",
                 "my.pipe.yaml:1:38: error: source.options.a[1]: the integer does not fit 64 bits; quote it "
                 "to pass it as text");
}

static void assert_gate_wrong(const char *gate, const char *message) {
    char text[1024];
    (void)snprintf(text, sizeof text, MINIMAL "quality: {gates: [%s]}\n", gate);
    assert_wrong(text, message);
}

static void spec_read__gates(void **context) {
    (void)context;
    assert_gate_wrong("{type: not_nul}",
                      "my.pipe.yaml:3:26: error: quality.gates[0].type: \"not_nul\" is not one of not_null, "
                      "unique, accepted_values, row_count_reconciliation, freshness, min_rows, custom_sql, "
                      "typed_hash_reconciliation; did you mean \"not_null\"?");
    assert_gate_wrong("{type: not_null}",
                      "my.pipe.yaml:3:19: error: quality.gates[0]: a key is missing: `columns` or `column`");
    assert_gate_wrong("{type: unique, columns: a, sql: x}",
                      "my.pipe.yaml:3:46: error: quality.gates[0].sql: the key `sql` is not allowed here");
    assert_gate_wrong("{type: accepted_values, column: a}",
                      "my.pipe.yaml:3:19: error: quality.gates[0]: the key `values` is missing");
    assert_gate_wrong("{type: accepted_values, column: a, values: [null]}",
                      "my.pipe.yaml:3:63: error: quality.gates[0].values[0]: expected a boolean, a number or "
                      "a string, found null");
    assert_gate_wrong("{type: freshness, column: a, max_age: soon}",
                      "my.pipe.yaml:3:57: error: quality.gates[0].max_age: \"soon\" does not match the "
                      "pattern ^[0-9]+[smhd]?$");
    assert_gate_wrong("{type: min_rows}",
                      "my.pipe.yaml:3:19: error: quality.gates[0]: the key `threshold` is missing");
    assert_gate_wrong("{type: row_count_reconciliation, tolerance: {mode: pct, value: -1}}",
                      "my.pipe.yaml:3:82: error: quality.gates[0].tolerance.value: -1 is not at least 0");
    assert_gate_wrong("{id: a, type: min_rows, threshold: 1}, {id: a, type: min_rows, threshold: 2}",
                      "my.pipe.yaml:3:63: error: quality.gates[1].id: the gate id \"a\" is used already, at "
                      "line 3, column 24; choose another");
    assert_gate_wrong(
        "{type: min_rows, threshold: 1, severity: fatal}",
        "my.pipe.yaml:3:60: error: quality.gates[0].severity: \"fatal\" is not one of error, warning");
    assert_gate_wrong("{type: min_rows, threshold: 1}, {id: min_rows_3, type: min_rows, threshold: 1}, "
                      "{type: min_rows, threshold: 1}",
                      "my.pipe.yaml:3:99: error: quality.gates[2].id: another gate is called \"min_rows_3\" "
                      "too; choose another id");
    assert_gate_wrong("{type: freshness, column: a, max_age: 999999999d}",
                      "my.pipe.yaml:3:57: error: quality.gates[0].max_age: freshness needs a max_age such as "
                      "90s, 30m, 24h or 7d");
    assert_gate_wrong("{type: unique, column: a, side: source}",
                      "my.pipe.yaml:3:51: error: quality.gates[0].side: \"source\" is not one of target");
}

static void spec_read__schema_evolution_of_other_tools(void **context) {
    (void)context;
    static const struct {
        const char *text;
        int32_t policy;
    } rows[] = {{"fail", DPONE_EVOLUTION_FAIL},
                {"{mode: widening}", DPONE_EVOLUTION_APPLY},
                {"{enabled: false}", DPONE_EVOLUTION_FAIL},
                {"{apply_safe: false, on_type_change: new_column}", DPONE_EVOLUTION_FAIL},
                {"{on_type_change: new_column}", DPONE_EVOLUTION_NEW_COLUMN}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "source: {type: crm}\nsink: {type: db, table: {name: t}, strategy: {mode: "
                       "full_refresh}, schema_evolution: %s}\n",
                       rows[i].text);
        struct dpone_pipeline_manifest *manifest = manifest_of(text);
        assert_int_equal(dpone_pipeline_manifest_spec(manifest)->evolution, rows[i].policy);
        dpone_pipeline_manifest_free(manifest);
    }
    assert_wrong(
        "source: {type: crm}\nsink: {type: db, table: {name: t}, strategy: {mode: full_refresh}, "
        "schema_evolution: maybe}\n",
        "my.pipe.yaml:2:86: error: sink.schema_evolution: \"maybe\" is not one of fail, apply, new_column");
}

static void option_tree_of_string__is_a_map(void **context) {
    (void)context;
    struct dpone_option_tree *tree = NULL;
    assert_int_equal(dpone_option_tree_of_string(&tree, "path", "/tmp/x", NULL), DPONE_OK);
    assert_string_equal(dpone_option_get(dpone_option_tree_root(tree), "path")->text.data, "/tmp/x");
    dpone_option_tree_free(tree);
}

static void option_tree_read__file_that_is_not_there(void **context) {
    (void)context;
    struct dpone_option_tree *tree = NULL;
    assert_int_equal(dpone_option_tree_read(&tree, "/nowhere.yaml", NULL), DPONE_NOT_FOUND);
    assert_null(tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spec_read__minimum),
        cmocka_unit_test(spec_read__everything),
        cmocka_unit_test(spec_read__replace_has_a_window),
        cmocka_unit_test(spec_read__incremental_follows_the_strategy_unless_told),
        cmocka_unit_test(spec_read__names_what_is_missing),
        cmocka_unit_test(spec_read__names_what_is_wrong),
        cmocka_unit_test(spec_read__refuses_what_one_run_cannot_do),
        cmocka_unit_test(spec_read__options),
        cmocka_unit_test(spec_read__gates),
        cmocka_unit_test(spec_read__schema_evolution_of_other_tools),
        cmocka_unit_test(option_tree_of_string__is_a_map),
        cmocka_unit_test(option_tree_read__file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
