/* The sqlite fixture: what it stores and observes, judged by an SQLite connection of the test's own. */
#include "certification/canonical.h"
#include "certification/fixture_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char folder[64];
static struct dpone_fixture *fixture;
static char *path;

static int open_fixture(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *variables = NULL;
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/dpone-sqlite-XXXXXX");
    assert_non_null(mkdtemp(folder));
    struct dpone_fixture_settings settings = {.name = "sqlite", .directory = folder, .seed = 1};
    if (dpone_fixture_open(&fixture, &settings, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(dpone_fixture_variables(fixture, &variables, NULL), DPONE_OK);
    path = strdup(json_string_value(json_object_get(variables, "path")));
    json_decref(variables);
    return 0;
}

static int close_fixture(void **state) {
    char command[128];
    char log[128];
    struct stat about;
    (void)state;
    dpone_fixture_close(fixture);
    (void)snprintf(log, sizeof(log), "%s/fixture.log", folder);
    assert_int_equal(stat(log, &about), 0);
    assert_int_equal(about.st_size, 0);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    free(path);
    return 0;
}

/* Runs SQL on the file and answers SQLite's code. */
static int run(const char *sql) {
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    int code = sqlite3_exec(database, sql, NULL, NULL, NULL);
    sqlite3_close(database);
    return code;
}

static int64_t ask(const char *sql) {
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

static struct dpone_dataset_spec types(void) {
    struct dpone_dataset_spec spec = {.seed = 6};
    spec.columns = dpone_dataset_types(&spec.column_count);
    return spec;
}

/* What is observed, without the line of columns when `rows_only`. */
static const char *observe(const char *target, int rows_only) {
    static char text[65536];
    char file_path[128];
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)snprintf(file_path, sizeof(file_path), "%s/observed", folder);
    if (dpone_fixture_observe_target(fixture, target, file_path, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    FILE *file = fopen(file_path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = 0;
    (void)fclose(file);
    return rows_only ? strchr(text, '\n') + 1 : text;
}

static void sqlite_target__holds_every_value_exactly(void **state) {
    char paths[2][128];
    struct dpone_difference difference;
    struct dpone_dataset *set = NULL;
    struct dpone_dataset_spec spec = types();
    (void)state;
    (void)snprintf(paths[0], sizeof(paths[0]), "%s/expected", folder);
    (void)snprintf(paths[1], sizeof(paths[1]), "%s/observed", folder);
    assert_int_equal(dpone_dataset_new(&set, &spec, NULL), DPONE_OK);
    struct dpone_fixture_rows rows = dpone_dataset_rows(set, 40);
    FILE *file = fopen(paths[0], "w");
    assert_int_equal(dpone_canonical_dump_rows(file, &rows, NULL), DPONE_OK);
    (void)fclose(file);
    dpone_dataset_free(set);
    assert_int_equal(dpone_fixture_prepare_target(fixture, "all types", &spec, 40, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_observe_target(fixture, "all types", paths[1], NULL), DPONE_OK);
    assert_int_equal(dpone_canonical_compare(&difference, paths[0], paths[1],
                                             DPONE_COMPARE_IN_ORDER | DPONE_COMPARE_NULLABLE, NULL),
                     DPONE_OK);
    if (!difference.equal) {
        fail_msg("%s: expected %s, observed %s", difference.where, difference.expected, difference.observed);
    }
    assert_int_equal(ask("SELECT count(*) FROM \"all types\""), 40);
}

static void sqlite_stream__is_a_table_that_grows(void **state) {
    struct dpone_dataset_spec spec = {.seed = 6};
    (void)state;
    spec.columns = dpone_dataset_narrow(&spec.column_count);
    assert_int_equal(dpone_fixture_publish_stream(fixture, "orders", &spec, 30, NULL), DPONE_OK);
    assert_int_equal(ask("SELECT count(*) FROM orders"), 30);
    assert_int_equal(dpone_fixture_publish_stream(fixture, "orders", &spec, 35, NULL), DPONE_OK);
    assert_int_equal(ask("SELECT max(id) FROM orders"), 1034);
    assert_int_equal(ask("SELECT count(DISTINCT rowid) FROM orders"), 35);
}

static void sqlite_observe__shows_what_does_not_fit(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    char none[128];
    (void)state;
    assert_int_equal(
        run("CREATE TABLE t(a INT, b BOOLEAN NOT NULL, c TEXT_DECIMAL(5,2), d DATE, e TEXT, f REAL, g BLOB)"),
        SQLITE_OK);
    assert_int_equal(
        run("INSERT INTO t VALUES(3000000000, 2, '1.5', 'soon', x'ff', 1.5, 'text'),"
            " ('x', 1, '1.50', '2024-02-29', 'e', 'NaN', x'00ff'), (1.5, 0, 1, 5, 7, 'x', NULL)"),
        SQLITE_OK);
    assert_string_equal(observe("t", 1),
                        "[{\"misfit\":\"integer 3000000000\"},{\"misfit\":\"integer 2\"},{\"misfit\":\"text "
                        "1.5\"},{\"misfit\":\"text "
                        "soon\"},{\"misfit\":\"blob \"},\"1.5\",{\"misfit\":\"text text\"}]\n"
                        "[{\"misfit\":\"text x\"},\"true\",\"1.50\",\"2024-02-29\",\"e\",\"NaN\",\"00ff\"]\n"
                        "[{\"misfit\":\"real 1.5\"},\"false\",{\"misfit\":\"text "
                        "1\"},\"1970-01-06\",\"7\",{\"misfit\":\"text x\"},null]\n");
    assert_non_null(strstr(observe("t", 0), "{\"name\":\"b\",\"type\":\"bool\",\"nullable\":false,"));
    assert_non_null(
        strstr(observe("t", 0),
               "{\"name\":\"c\",\"type\":\"decimal128\",\"nullable\":true,\"precision\":5,\"scale\":2}"));
    (void)snprintf(none, sizeof(none), "%s/none", folder);
    assert_int_equal(dpone_fixture_observe_target(fixture, "T", none, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "no target is called \"T\"");
}

static void sqlite_self_test__changes_appear(void **state) {
    struct dpone_dataset_spec spec = {.seed = 6};
    struct dpone_column id = {"id", DPONE_TYPE_INT64, 0, 0, 0};
    struct dpone_column name = {"name", DPONE_TYPE_UTF8, 1, 0, 0};
    struct dpone_column amount = {"amount", DPONE_TYPE_DECIMAL128, 1, 18, 4};
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    spec.columns = dpone_dataset_small(&spec.column_count);
    assert_int_equal(dpone_fixture_prepare_target(fixture, "t", &spec, 2, NULL), DPONE_OK);
    spec.first_row = 2;
    assert_int_equal(dpone_fixture_insert_rows(fixture, "t", &spec, 1, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_delete_rows(fixture, "t", &id, "1000", NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_edit_rows(fixture, "t", &id, "1001", &name, NULL, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_edit_rows(fixture, "t", &id, "1002", &name, "a\"b", NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_edit_rows(fixture, "t", &id, "1001", &amount, "-0.0100", NULL), DPONE_OK);
    const char *rows = observe("t", 1);
    assert_int_equal(strncmp(rows, "[\"1001\",", 8), 0);
    assert_non_null(strstr(rows, ",null,\"-0.0100\"]\n[\"1002\","));
    assert_non_null(strstr(rows, ",\"a\\\"b\","));
    assert_int_equal(
        dpone_fixture_edit_rows(fixture, "t", &id, "1", &(struct dpone_column){.name = "zz"}, "true", &error),
        DPONE_UNAVAILABLE);
    assert_non_null(strstr(error.message, "no such column: zz"));
}

/* The tables that the reference connector keeps, made by hand. */
static void make_bookkeeping(void) {
    assert_int_equal(
        run("CREATE TABLE __dpone__loads(stage TEXT PRIMARY KEY, target TEXT, request TEXT, lease_until_us "
            "INTEGER);"
            "CREATE TABLE __dpone__publications(sequence INTEGER PRIMARY KEY, target TEXT, pipeline TEXT,"
            " idempotency_key TEXT, content_digest BLOB, position BLOB, rows INTEGER);"
            "CREATE TABLE __dpone__state(key TEXT PRIMARY KEY, value BLOB, version INTEGER);"
            "CREATE TABLE __dpone__stage_1(a INT); INSERT INTO __dpone__stage_1 VALUES(1), (2);"
            "CREATE TABLE __dpone__stage_2(a INT);"
            "INSERT INTO __dpone__loads VALUES('__dpone__stage_1', 't', '{}', 9000000000000000),"
            " ('__dpone__stage_9', 'u', '{}', 5);"
            "INSERT INTO __dpone__publications VALUES(1, 't', 'p', 'k1', x'00ff', x'', 2),"
            " (2, 'u', 'p', 'k1', x'01', x'02', 2), (3, 't', 'p', 'k2', x'02', x'aa', 1);"),
        SQLITE_OK);
}

static json_t *staging(void) {
    json_t *list = NULL;
    assert_int_equal(dpone_fixture_observe_staging(fixture, &list, NULL), DPONE_OK);
    return list;
}

static const char *text_at(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

static void sqlite_staging__is_what_remains(void **state) {
    (void)state;
    json_t *list = staging();
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    make_bookkeeping();
    list = staging();
    assert_int_equal(json_array_size(list), 3);
    json_t *leased = json_array_get(list, 0);
    assert_string_equal(text_at(leased, "id"), "__dpone__stage_1");
    assert_string_equal(text_at(leased, "target"), "t");
    assert_int_equal(json_integer_value(json_object_get(leased, "rows")), 2);
    assert_true(json_is_false(json_object_get(leased, "expired")));
    assert_string_equal(text_at(json_array_get(list, 1), "state"), "lease without a table");
    assert_true(json_is_true(json_object_get(json_array_get(list, 1), "expired")));
    assert_string_equal(text_at(json_array_get(list, 2), "id"), "__dpone__stage_2");
    json_decref(list);
    assert_int_equal(dpone_fixture_expire_leases(fixture, NULL), DPONE_OK);
    list = staging();
    assert_true(json_is_true(json_object_get(json_array_get(list, 0), "expired")));
    json_decref(list);
    assert_int_equal(dpone_fixture_drop_target(fixture, "t", NULL), DPONE_OK);
    list = staging();
    assert_int_equal(json_array_size(list), 2);
    json_decref(list);
    assert_int_equal(ask("SELECT count(*) FROM __dpone__publications"), 1);
}

static void sqlite_publications__come_in_order(void **state) {
    json_t *list = NULL;
    (void)state;
    assert_int_equal(dpone_fixture_observe_publications(fixture, "t", &list, NULL), DPONE_OK);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    make_bookkeeping();
    assert_int_equal(dpone_fixture_observe_publications(fixture, "t", &list, NULL), DPONE_OK);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(text_at(json_array_get(list, 0), "content_digest"), "00ff");
    assert_string_equal(text_at(json_array_get(list, 0), "position"), "");
    assert_string_equal(text_at(json_array_get(list, 1), "idempotency_key"), "k2");
    assert_string_equal(text_at(json_array_get(list, 1), "position"), "aa");
    json_decref(list);
}

/* ---- Faults ---- */

static void arm(const char *fault, int64_t delay_ms) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture_arming arming = {.fault = fault, .delay_ms = delay_ms};
    if (dpone_fixture_arm(fixture, &arming, NULL, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
}

static void sqlite_fault__busy_until_disarmed_or_late(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int64_t struck = 0;
    (void)state;
    assert_int_equal(run("CREATE TABLE t(a INT)"), SQLITE_OK);
    arm("database_busy", 0);
    assert_int_equal(run("INSERT INTO t VALUES(1)"), SQLITE_BUSY);
    assert_int_equal(dpone_fixture_quiesce(fixture, 50, &error), DPONE_TIMEOUT);
    assert_string_equal(error.message, "sqlite fixture: a writer still holds the lock after 50 ms");
    assert_int_equal(dpone_fixture_arm(fixture, NULL, &struck, NULL), DPONE_OK);
    assert_int_equal(struck, 1);
    assert_int_equal(run("INSERT INTO t VALUES(1)"), SQLITE_OK);
    arm("database_busy", 30);
    assert_int_equal(dpone_fixture_quiesce(fixture, 5000, NULL), DPONE_OK);
    assert_int_equal(run("INSERT INTO t VALUES(2)"), SQLITE_OK);
    arm("database_locked", 0);
    assert_int_equal(run("SELECT * FROM t"), SQLITE_BUSY);
    assert_int_equal(dpone_fixture_arm(fixture, NULL, NULL, NULL), DPONE_OK);
    assert_int_equal(ask("SELECT count(*) FROM t"), 2);
}

static void sqlite_fault__damages_and_restores_the_file(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture_arming arming = {.fault = "gremlins"};
    struct dpone_dataset_spec spec = types();
    (void)state;
    assert_int_equal(dpone_fixture_publish_stream(fixture, "t", &spec, 500, NULL), DPONE_OK);
    arm("not_a_database", 0);
    assert_int_equal(run("SELECT * FROM t"), SQLITE_NOTADB);
    arm("truncated_file", 0);
    assert_int_equal(run("SELECT * FROM t"), SQLITE_CORRUPT);
    arm("read_only", 0);
    assert_int_equal(run("SELECT * FROM t"), SQLITE_OK);
    assert_int_equal(run("DELETE FROM t"), SQLITE_READONLY);
    arm("spoiled_value", 0);
    assert_int_equal(ask("SELECT count(*) FROM t WHERE typeof(int32) = 'text'"), 1);
    arm("missing_file", 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(dpone_fixture_arm(fixture, NULL, NULL, NULL), DPONE_OK);
    assert_int_equal(ask("SELECT count(*) FROM t WHERE typeof(int32) <> 'text'"), 500);
    assert_int_equal(dpone_fixture_arm(fixture, &arming, NULL, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the sqlite fixture has no fault \"gremlins\"");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sqlite_target__holds_every_value_exactly),  TEST(sqlite_stream__is_a_table_that_grows),
        TEST(sqlite_observe__shows_what_does_not_fit),   TEST(sqlite_self_test__changes_appear),
        TEST(sqlite_staging__is_what_remains),           TEST(sqlite_publications__come_in_order),
        TEST(sqlite_fault__busy_until_disarmed_or_late), TEST(sqlite_fault__damages_and_restores_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
