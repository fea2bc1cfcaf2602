/* Quality gates: planted rows are counted exactly, whatever their type, also when keys spill to disk. */
#include "support.h"

#include <stdio.h>
#include <unistd.h>

#include <dpone/batch_builder.h>
#include <dpone/batch_view.h>

#include "runtime/files.h"
#include "runtime/gates.h"
#include "runtime/key_set.h"

static const struct dpone_column columns[] = {
    {"id", DPONE_TYPE_INT64, 1, 0, 0},       {"name", DPONE_TYPE_UTF8, 1, 0, 0},
    {"amount", DPONE_TYPE_FLOAT64, 1, 0, 0}, {"at", DPONE_TYPE_TIMESTAMP_US, 1, 0, 0},
    {"day", DPONE_TYPE_DATE32, 1, 0, 0},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* A schema, a folder and the rows that go through the gates. */
struct table {
    struct ArrowSchema schema;
    struct dpone_batch_builder *builder;
    char *folder;
};

static struct table table_make(void) {
    struct table table = {.folder = NULL};
    assert_int_equal(dpone_schema_make(&table.schema, columns, COLUMNS, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_new(&table.builder, &table.schema, NULL), DPONE_OK);
    assert_int_equal(dpone_directory_make_temporary(&table.folder, "/tmp", NULL), DPONE_OK);
    return table;
}

static void table_clear(struct table *table) {
    table->schema.release(&table->schema);
    dpone_batch_builder_free(table->builder);
    dpone_directory_remove(table->folder);
    free(table->folder);
}

/* NULL is NULL. */
static void add_row(struct table *table, const char *const values[COLUMNS]) {
    struct dpone_error error = DPONE_ERROR_INIT;
    for (int64_t i = 0; i < COLUMNS; i++) {
        if (values[i] != NULL) {
            dpone_batch_append_text(table->builder, i, values[i], strlen(values[i]));
        }
    }
    if (dpone_batch_end_row(table->builder, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
}

static void add_to_gates(struct table *table, struct dpone_gates *gates) {
    struct ArrowArray batch = {0};
    struct dpone_batch_view *view = NULL;
    assert_int_equal(dpone_batch_builder_finish(table->builder, &batch, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_new(&view, &table->schema, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_set(view, &batch, NULL), DPONE_OK);
    assert_int_equal(dpone_gates_add_batch(gates, view, NULL), DPONE_OK);
    dpone_batch_view_free(view);
    batch.release(&batch);
}

/* Judges the rows of the table by one gate. */
static struct dpone_gate_result judge(struct table *table, const struct dpone_gate_spec *spec,
                                      int64_t read_rows, int64_t now_us) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_gates *gates = NULL;
    if (dpone_gates_new(&gates, spec, 1, &table->schema, table->folder, 0, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    add_to_gates(table, gates);
    assert_int_equal(dpone_gates_finish(gates, read_rows, now_us, &error), DPONE_OK);
    struct dpone_gate_result result = *dpone_gates_result(gates, 0);
    int stops = !result.passed && spec->severity == DPONE_GATE_ERROR;
    assert_int_equal(dpone_gates_stop(gates) != NULL, stops);
    dpone_gates_free(gates);
    return result;
}

static void assert_judged(const struct dpone_gate_result *result, int32_t passed, int64_t failed_rows,
                          const char *expected, const char *observed) {
    assert_string_equal(result->expected, expected);
    assert_string_equal(result->observed, observed);
    assert_int_equal(result->passed, passed);
    assert_int_equal(result->failed_rows, failed_rows);
}

static const char *const id[] = {"id"};
static const char *const id_and_name[] = {"id", "name"};
static const char *const amount[] = {"amount"};
static const char *const at[] = {"at"};
static const char *const day[] = {"day"};

static void gates_not_null__counts_rows_once(void **context) {
    (void)context;
    struct table table = table_make();
    struct dpone_gate_spec spec = {
        .id = "g", .type = DPONE_GATE_NOT_NULL, .columns = id_and_name, .column_count = 2};
    add_row(&table, (const char *[COLUMNS]){"1", "a"});
    add_row(&table, (const char *[COLUMNS]){NULL, NULL});
    add_row(&table, (const char *[COLUMNS]){"3", NULL});
    add_row(&table, (const char *[COLUMNS]){"4", ""});
    struct dpone_gate_result result = judge(&table, &spec, 4, 0);
    assert_judged(&result, 0, 2, "no row with NULL", "2 of 4 rows fail");
    table_clear(&table);
}

static void gates_unique__counts_repetitions(void **context) {
    (void)context;
    struct table table = table_make();
    struct dpone_gate_spec spec = {
        .id = "g", .type = DPONE_GATE_UNIQUE, .columns = id_and_name, .column_count = 2};
    add_row(&table, (const char *[COLUMNS]){"1", "a"});
    add_row(&table, (const char *[COLUMNS]){"1", "b"});
    add_row(&table, (const char *[COLUMNS]){"1", "a"});
    add_row(&table, (const char *[COLUMNS]){"1", "a"});
    add_row(&table, (const char *[COLUMNS]){"1", NULL}); /* a NULL equals nothing */
    add_row(&table, (const char *[COLUMNS]){"1", NULL});
    add_row(&table, (const char *[COLUMNS]){"11", ""}); /* not "1" and "1" */
    add_row(&table, (const char *[COLUMNS]){"1", "1"});
    struct dpone_gate_result result = judge(&table, &spec, 8, 0);
    assert_judged(&result, 0, 2, "no row whose key occurred before", "2 of 8 rows fail");
    table_clear(&table);
}

static void gates_accepted_values__compares_values_not_spellings(void **context) {
    (void)context;
    static const struct dpone_string accepted[] = {{"1.50", 4}, {"2", 1}};
    struct table table = table_make();
    struct dpone_gate_spec spec = {.id = "g",
                                   .type = DPONE_GATE_ACCEPTED_VALUES,
                                   .columns = amount,
                                   .column_count = 1,
                                   .values = accepted,
                                   .value_count = 2};
    add_row(&table, (const char *[COLUMNS]){NULL, NULL, "1.5"});
    add_row(&table, (const char *[COLUMNS]){NULL, NULL, "2"});
    add_row(&table, (const char *[COLUMNS]){NULL, NULL, "3"});
    add_row(&table, (const char *[COLUMNS]){NULL, NULL, NULL}); /* not judged */
    struct dpone_gate_result result = judge(&table, &spec, 4, 0);
    assert_judged(&result, 0, 1, "no row with another value", "1 of 4 rows fail");
    table_clear(&table);
}

static void gates_row_count__tolerances(void **context) {
    (void)context;
    struct table table = table_make();
    struct dpone_gate_spec spec = {.id = "g", .type = DPONE_GATE_ROW_COUNT_RECONCILIATION, .tolerance = 1};
    add_row(&table, (const char *[COLUMNS]){"1"});
    struct dpone_gate_result result = judge(&table, &spec, 2, 0);
    assert_judged(&result, 1, 0, "2 rows, 1 more or less", "1 rows");
    spec.tolerance = 0;
    add_row(&table, (const char *[COLUMNS]){"1"});
    result = judge(&table, &spec, 2, 0);
    assert_judged(&result, 0, 0, "2 rows, 0 more or less", "1 rows");
    spec.tolerance_mode = DPONE_TOLERANCE_PCT;
    spec.tolerance = 0.1;
    add_row(&table, (const char *[COLUMNS]){"1"});
    result = judge(&table, &spec, 2, 0);
    assert_judged(&result, 0, 0, "2 rows, 0.1 % more or less", "1 rows");
    spec.tolerance = 50;
    add_row(&table, (const char *[COLUMNS]){"1"});
    result = judge(&table, &spec, 2, 0);
    assert_int_equal(result.passed, 1);
    table_clear(&table);
}

static void gates_freshness__newest_value_decides(void **context) {
    (void)context;
    const int64_t hour_us = INT64_C(3600) * 1000000;
    const int64_t now_us = INT64_C(20000) * 24 * hour_us; /* 2024-10-04T00:00:00Z */
    struct table table = table_make();
    struct dpone_gate_spec spec = {
        .id = "g", .type = DPONE_GATE_FRESHNESS, .columns = at, .column_count = 1, .max_age_us = hour_us};
    add_row(&table, (const char *[COLUMNS]){NULL, NULL, NULL, "2024-10-03T23:00:00.000000Z"});
    add_row(&table, (const char *[COLUMNS]){NULL, NULL, NULL, "2020-01-01T00:00:00.000000Z"});
    struct dpone_gate_result result = judge(&table, &spec, 2, now_us);
    assert_judged(&result, 1, 0, "newest value not before 2024-10-03T23:00:00.000000Z",
                  "2024-10-03T23:00:00.000000Z");
    add_row(&table, (const char *[COLUMNS]){NULL, NULL, NULL, "2024-10-03T22:59:59.999999Z"});
    result = judge(&table, &spec, 1, now_us);
    assert_judged(&result, 0, 0, "newest value not before 2024-10-03T23:00:00.000000Z",
                  "2024-10-03T22:59:59.999999Z");
    add_row(&table, (const char *[COLUMNS]){"1"});
    result = judge(&table, &spec, 1, now_us);
    assert_judged(&result, 0, 0, "newest value not before 2024-10-03T23:00:00.000000Z", "no value but NULL");
    result = judge(&table, &spec, 0, now_us);
    assert_judged(&result, 1, 0, "newest value not before 2024-10-03T23:00:00.000000Z", "no rows");
    spec.columns = day;
    add_row(&table, (const char *[COLUMNS]){NULL, NULL, NULL, NULL, "2024-10-04"});
    result = judge(&table, &spec, 1, now_us);
    assert_int_equal(result.passed, 1);
    table_clear(&table);
}

static void gates_min_rows__threshold(void **context) {
    (void)context;
    struct table table = table_make();
    struct dpone_gate_spec spec = {.id = "g", .type = DPONE_GATE_MIN_ROWS, .threshold = 2};
    add_row(&table, (const char *[COLUMNS]){"1"});
    struct dpone_gate_result result = judge(&table, &spec, 1, 0);
    assert_judged(&result, 0, 0, "at least 2 rows", "1 rows");
    add_row(&table, (const char *[COLUMNS]){"1"});
    add_row(&table, (const char *[COLUMNS]){"2"});
    result = judge(&table, &spec, 2, 0);
    assert_judged(&result, 1, 0, "at least 2 rows", "2 rows");
    table_clear(&table);
}

static void gates_severity__warning_does_not_stop(void **context) {
    (void)context;
    struct table table = table_make();
    struct dpone_gate_spec spec = {
        .id = "g", .type = DPONE_GATE_MIN_ROWS, .threshold = 2, .severity = DPONE_GATE_WARNING};
    struct dpone_gate_result result = judge(&table, &spec, 0, 0);
    assert_int_equal(result.passed, 0);
    table_clear(&table);
}

static void assert_refused(const struct dpone_gate_spec *spec, const char *message) {
    struct table table = table_make();
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_gates *gates = NULL;
    assert_int_equal(dpone_gates_new(&gates, spec, 1, &table.schema, table.folder, 0, &error),
                     DPONE_INVALID_ARGUMENT);
    assert_null(gates);
    assert_error(error, DPONE_INVALID_ARGUMENT, message);
    table_clear(&table);
}

static void gates_new__names_gate_and_problem(void **context) {
    (void)context;
    static const char *const unknown[] = {"nowhere"};
    static const struct dpone_string words[] = {{"many", 4}};
    struct dpone_gate_spec spec = {
        .id = "g", .type = DPONE_GATE_NOT_NULL, .columns = unknown, .column_count = 1};
    assert_refused(&spec, "quality gate \"g\": the load has no column \"nowhere\"");
    spec.column_count = 0;
    assert_refused(&spec, "quality gate \"g\": it names no column");
    spec =
        (struct dpone_gate_spec){.id = "g", .type = DPONE_GATE_FRESHNESS, .columns = id, .column_count = 1};
    assert_refused(&spec, "quality gate \"g\": freshness needs a column of dates or timestamps");
    spec.columns = id_and_name;
    spec.column_count = 2;
    assert_refused(&spec, "quality gate \"g\": freshness judges one column");
    spec = (struct dpone_gate_spec){.id = "g",
                                    .type = DPONE_GATE_ACCEPTED_VALUES,
                                    .columns = id,
                                    .column_count = 1,
                                    .values = words,
                                    .value_count = 1};
    assert_refused(&spec,
                   "quality gate \"g\": column \"id\": \"many\" is not the text of a value of type int64");
}

/* ---- Keys on disk */

static void make_key(uint8_t key[DPONE_KEY_BYTES], uint64_t number) {
    for (int i = 0; i < 2; i++) { /* scattered, so that runs overlap */
        number = number * UINT64_C(6364136223846793005) + 1442695040888963407u;
        memcpy(key + 8 * i, &number, 8);
    }
}

static int64_t count_repeats(size_t memory_bytes, uint64_t keys, uint64_t different) {
    char *folder = NULL;
    struct dpone_key_set *set = NULL;
    int64_t repeats = -1;
    uint8_t key[DPONE_KEY_BYTES];
    assert_int_equal(dpone_directory_make_temporary(&folder, "/tmp", NULL), DPONE_OK);
    assert_int_equal(dpone_key_set_new(&set, folder, memory_bytes, NULL), DPONE_OK);
    for (uint64_t i = 0; i < keys; i++) {
        make_key(key, i % different);
        assert_int_equal(dpone_key_set_add(set, key, NULL), DPONE_OK);
    }
    assert_int_equal(dpone_key_set_repeats(set, &repeats, NULL), DPONE_OK);
    dpone_key_set_free(set);
    assert_int_equal(rmdir(folder), 0); /* nothing was left in it */
    free(folder);
    return repeats;
}

static void key_set_repeats__in_memory(void **context) {
    (void)context;
    assert_int_equal(count_repeats(1 << 20, 0, 1), 0);
    assert_int_equal(count_repeats(1 << 20, 1000, 1000), 0);
    assert_int_equal(count_repeats(1 << 20, 1000, 600), 400);
}

static void key_set_repeats__spilled(void **context) {
    (void)context;
    /* 64 KiB are 4,096 keys: 50 runs, and then more runs than the memory has room for blocks of */
    assert_int_equal(count_repeats(0, 200000, 200000), 0);
    assert_int_equal(count_repeats(0, 200000, 199999), 1);
    assert_int_equal(count_repeats(0, 200000, 3), 199997);
    assert_int_equal(count_repeats(0, 4096 * 70, 4096), 4096 * 69);
}

static void key_set_add__says_where_it_cannot_spill(void **context) {
    (void)context;
    struct dpone_key_set *set = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    uint8_t key[DPONE_KEY_BYTES] = {0};
    int32_t status = DPONE_OK;
    assert_int_equal(dpone_key_set_new(&set, "/nowhere", 0, NULL), DPONE_OK);
    for (int i = 0; status == DPONE_OK && i < 5000; i++) {
        status = dpone_key_set_add(set, key, &error);
    }
    assert_int_equal(status, DPONE_NOT_FOUND);
    assert_non_null(strstr(error.message, "cannot make the spill file /nowhere/keys-"));
    dpone_key_set_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates_not_null__counts_rows_once),
        cmocka_unit_test(gates_unique__counts_repetitions),
        cmocka_unit_test(gates_accepted_values__compares_values_not_spellings),
        cmocka_unit_test(gates_row_count__tolerances),
        cmocka_unit_test(gates_freshness__newest_value_decides),
        cmocka_unit_test(gates_min_rows__threshold),
        cmocka_unit_test(gates_severity__warning_does_not_stop),
        cmocka_unit_test(gates_new__names_gate_and_problem),
        cmocka_unit_test(key_set_repeats__in_memory),
        cmocka_unit_test(key_set_repeats__spilled),
        cmocka_unit_test(key_set_add__says_where_it_cannot_spill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
