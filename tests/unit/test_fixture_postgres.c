/* The postgres fixture: what it stores and observes, judged by a connection of the role that connectors use.
 */
#include "certification/canonical.h"
#include "certification/fixture_process.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

/* One cluster for all tests: it takes a second to make. NULL: there is no PostgreSQL here. */
static char folder[64];
static struct dpone_fixture *fixture;
static json_t *variables;

static const char *variable(const char *name) {
    return json_string_value(json_object_get(variables, name));
}

static int open_fixture(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/dpone-pg-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    struct dpone_fixture_settings settings = {.name = "postgres", .directory = folder, .seed = 1};
    int32_t status = dpone_fixture_open(&fixture, &settings, &error);
    if (status == DPONE_NOT_FOUND) {
        (void)printf("skipped: %s\n", error.message);
        return 0;
    }
    if (status != DPONE_OK) {
        (void)printf("%s\n", error.message);
        return -1;
    }
    return dpone_fixture_variables(fixture, &variables, NULL) == DPONE_OK ? 0 : -1;
}

static int close_fixture(void **state) {
    char command[128];
    struct stat about;
    int gone = fixture == NULL;
    (void)state;
    dpone_fixture_close(fixture);
    gone = gone || (stat(variable("host"), &about) != 0 && errno == ENOENT);
    json_decref(variables);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command) == 0 && gone ? 0 : -1;
}

static PGconn *connect_role(void) {
    const char *const names[] = {"host", "port", "dbname", "user", "password", "passfile", NULL};
    const char *const values[] = {variable("host"),
                                  variable("port"),
                                  variable("database"),
                                  variable("user"),
                                  variable("password"),
                                  "/dev/null",
                                  NULL};
    return PQconnectdbParams(names, values, 0);
}

/* Runs SQL as the role; answers its SQLSTATE, "" when it went well, "connect" when there was no connection.
 */
static const char *run(const char *sql) {
    static char code[16];
    PGconn *connection = connect_role();
    (void)snprintf(code, sizeof(code), "connect");
    if (PQstatus(connection) == CONNECTION_OK) {
        PGresult *result = PQexec(connection, sql);
        const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        (void)snprintf(code, sizeof(code), "%s",
                       state != NULL                            ? state
                       : PQstatus(connection) == CONNECTION_BAD ? "lost"
                                                                : "");
        PQclear(result);
    }
    PQfinish(connection);
    return code;
}

static void drop(const char *target) {
    assert_int_equal(dpone_fixture_drop_target(fixture, target, NULL), DPONE_OK);
}

static const char *observe_rows(const char *target) {
    static char text[65536];
    char path[128];
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)snprintf(path, sizeof(path), "%s/observed", folder);
    if (dpone_fixture_observe_target(fixture, target, path, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = 0;
    (void)fclose(file);
    return strchr(text, '\n') + 1;
}

static void skip_without_server(void) {
    if (fixture == NULL) {
        skip();
    }
}

static void postgres_target__holds_every_value_exactly(void **state) {
    char paths[2][128];
    struct dpone_difference difference;
    struct dpone_dataset *set = NULL;
    struct dpone_dataset_spec spec = {.seed = 6};
    (void)state;
    skip_without_server();
    spec.columns = dpone_dataset_types(&spec.column_count);
    spec.without = 1u << DPONE_FIXTURE_NUL | 1u << DPONE_FIXTURE_FAR_PAST;
    for (int32_t type = 0; type < DPONE_TYPE_COUNT; type++) { /* the far future: timestamps yes, dates no */
        const struct dpone_fixture_mapping *mapping =
            dpone_fixture_find_mapping(fixture, type, DPONE_FIXTURE_FAR_FUTURE);
        spec.without |= mapping->sink_exact ? 0 : 1u << DPONE_FIXTURE_FAR_FUTURE;
    }
    (void)snprintf(paths[0], sizeof(paths[0]), "%s/expected", folder);
    (void)snprintf(paths[1], sizeof(paths[1]), "%s/observed", folder);
    assert_int_equal(dpone_dataset_new(&set, &spec, NULL), DPONE_OK);
    struct dpone_fixture_rows rows = dpone_dataset_rows(set, 40);
    FILE *file = fopen(paths[0], "w");
    assert_int_equal(dpone_canonical_dump_rows(file, &rows, NULL), DPONE_OK);
    (void)fclose(file);
    dpone_dataset_free(set);
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_fixture_prepare_target(fixture, "All \"types\"", &spec, 40, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(dpone_fixture_observe_target(fixture, "All \"types\"", paths[1], NULL), DPONE_OK);
    assert_int_equal(dpone_canonical_compare(&difference, paths[0], paths[1],
                                             DPONE_COMPARE_IN_ORDER | DPONE_COMPARE_NULLABLE, NULL),
                     DPONE_OK);
    if (!difference.equal) {
        fail_msg("%s: expected %s, observed %s", difference.where, difference.expected, difference.observed);
    }
    drop("All \"types\"");
}

static void postgres_observe__reads_what_a_connector_wrote(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    char none[128];
    (void)state;
    skip_without_server();
    assert_string_equal(
        run("CREATE TABLE t(a integer NOT NULL, b date, c timestamptz, d numeric(5,2), e json, f numeric)"),
        "");
    assert_string_equal(
        run("INSERT INTO t VALUES (1, '0044-03-15 BC', '294247-01-10 04:00:54.775807+00', 1.5, '[1]', 1.5),"
            " (2, 'infinity', '-infinity', NULL, NULL, NULL)"),
        "");
    assert_string_equal(
        observe_rows("t"),
        "[\"1\",\"-0043-03-15\",\"+294247-01-10T04:00:54.775807Z\",\"1.50\",\"[1]\",{\"misfit\":\"1.5\"}]\n"
        "[\"2\",{\"misfit\":\"infinity\"},{\"misfit\":\"-infinity\"},null,null,null]\n");
    drop("t");
    (void)snprintf(none, sizeof(none), "%s/none", folder);
    assert_int_equal(dpone_fixture_observe_target(fixture, "t", none, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "no target is called \"t\"");
}

static void postgres_stream__can_be_read_by_the_role(void **state) {
    struct dpone_dataset_spec spec = {.seed = 6};
    (void)state;
    skip_without_server();
    spec.columns = dpone_dataset_narrow(&spec.column_count);
    assert_int_equal(dpone_fixture_publish_stream(fixture, "orders", &spec, 100, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_publish_stream(fixture, "orders", &spec, 120, NULL), DPONE_OK);
    assert_string_equal(run("SELECT 1 / (count(*) - 120) FROM orders"), "22012");
    assert_string_equal(run("DELETE FROM orders"), "42501");
    drop("orders");
}

static void postgres_self_test__changes_appear(void **state) {
    struct dpone_dataset_spec spec = {.seed = 6};
    struct dpone_column id = {"id", DPONE_TYPE_INT64, 0, 0, 0};
    struct dpone_column name = {"name", DPONE_TYPE_UTF8, 1, 0, 0};
    struct dpone_column amount = {"amount", DPONE_TYPE_DECIMAL128, 1, 18, 4};
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    skip_without_server();
    spec.columns = dpone_dataset_small(&spec.column_count);
    assert_int_equal(dpone_fixture_prepare_target(fixture, "t", &spec, 2, NULL), DPONE_OK);
    spec.first_row = 2;
    assert_int_equal(dpone_fixture_insert_rows(fixture, "t", &spec, 1, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_delete_rows(fixture, "t", &id, "1000", NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_edit_rows(fixture, "t", &id, "1001", &name, NULL, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_edit_rows(fixture, "t", &id, "1001", &amount, "-0.0100", NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_edit_rows(fixture, "t", &id, "1002", &name, "it's \\ \"", NULL), DPONE_OK);
    const char *rows = observe_rows("t");
    assert_non_null(strstr(rows, ",null,\"-0.0100\"]\n"));
    assert_non_null(strstr(rows, ",\"it's \\\\ \\\"\","));
    assert_null(strstr(rows, "\"1000\""));
    assert_int_equal(
        dpone_fixture_edit_rows(fixture, "t", &id, "1", &(struct dpone_column){.name = "zz"}, "true", &error),
        DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "target t has no column \"zz\"");
    assert_string_equal(run("DROP TABLE t"), ""); /* it belongs to the role */
}

static void postgres_staging__is_what_remains(void **state) {
    json_t *list = NULL;
    (void)state;
    skip_without_server();
    assert_string_equal(
        run("CREATE TABLE __dpone__loads(stage text, target text, lease_until_us bigint);"
            "CREATE TABLE __dpone__publications(sequence bigint, target text, pipeline text, idempotency_key "
            "text,"
            " content_digest bytea, position bytea, rows bigint);"
            "CREATE TABLE __dpone__state(key text); CREATE TABLE __dpone__stage_1 AS SELECT 1; CREATE TABLE "
            "__dpone__stage_2();"
            "INSERT INTO __dpone__loads VALUES('__dpone__stage_1', 't', 9000000000000000);"
            "INSERT INTO __dpone__publications VALUES(2, 't', 'p', 'k2', '\\x02', '\\xaa', 1),"
            " (1, 't', 'p', 'k1', '\\x00ff', '', 2), (3, 'u', 'p', 'k1', '', '', 2)"),
        "");
    assert_int_equal(dpone_fixture_observe_staging(fixture, &list, NULL), DPONE_OK);
    assert_int_equal(json_array_size(list), 2);
    json_t *leased = json_array_get(list, 0);
    assert_string_equal(json_string_value(json_object_get(leased, "id")), "__dpone__stage_1");
    assert_int_equal(json_integer_value(json_object_get(leased, "rows")), 1);
    assert_true(json_is_false(json_object_get(leased, "expired")));
    json_decref(list);
    assert_int_equal(dpone_fixture_expire_leases(fixture, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_observe_staging(fixture, &list, NULL), DPONE_OK);
    assert_true(json_is_true(json_object_get(json_array_get(list, 0), "expired")));
    json_decref(list);
    assert_int_equal(dpone_fixture_observe_publications(fixture, "t", &list, NULL), DPONE_OK);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "content_digest")),
                        "00ff");
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "position")), "aa");
    json_decref(list);
    drop("t");
    assert_int_equal(dpone_fixture_observe_staging(fixture, &list, NULL), DPONE_OK);
    assert_int_equal(json_array_size(list), 1);
    json_decref(list);
    assert_string_equal(
        run("DROP TABLE __dpone__stage_2, __dpone__loads, __dpone__publications, __dpone__state"), "");
}

static int32_t arm(const char *fault, struct dpone_error *error) {
    struct dpone_fixture_arming arming = {.fault = fault};
    return dpone_fixture_arm(fixture, fault != NULL ? &arming : NULL, NULL, error);
}

static void postgres_faults__strike_and_pass(void **state) {
    static const struct {
        const char *fault;
        const char *code;
    } cases[] = {{"server_stopped", "connect"},
                 {"wrong_password", "connect"},
                 {"no_permission", "42501"},
                 {"too_many_connections", "connect"},
                 {"table_locked", "55P03"}};
    struct dpone_dataset_spec spec = {.seed = 6};
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    skip_without_server();
    spec.columns = dpone_dataset_small(&spec.column_count);
    assert_int_equal(dpone_fixture_publish_stream(fixture, "s", &spec, 5, NULL), DPONE_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (arm(cases[i].fault, &error) != DPONE_OK) {
            fail_msg("%s", error.message);
        }
        assert_string_equal(run("SET lock_timeout = 20; SELECT * FROM s"), cases[i].code);
        assert_int_equal(arm(NULL, NULL), DPONE_OK);
        assert_string_equal(run("SELECT * FROM s"), "");
    }
    assert_int_equal(arm("vacuum", &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the postgres fixture has no fault \"vacuum\"");
    drop("s");
}

/* The first request of `sql` that a fault can strike at; "lost" stands for a connection that ended. */
static void postgres_proxy__strikes_at_requests(void **state) {
    static const struct {
        const char *fault;
        const char *sql;
        const char *code;
    } cases[] = {{"connection_reset", "SELECT 1", "lost"}, {"cut_answer", "SELECT 1", "lost"},
                 {"disk_full", "SELECT 1", "53100"},       {"disk_full", "ROLLBACK", ""},
                 {"commit_not_applied", "SELECT 1", ""},   {"commit_not_applied", "COMMIT", "lost"},
                 {"commit_lost_answer", "COMMIT", "lost"}};
    (void)state;
    skip_without_server();
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct dpone_fixture_arming arming = {.fault = cases[i].fault, .times = 1};
        int64_t struck = -1;
        assert_int_equal(dpone_fixture_arm(fixture, &arming, NULL, NULL), DPONE_OK);
        assert_string_equal(run(cases[i].sql), cases[i].code);
        assert_int_equal(dpone_fixture_arm(fixture, NULL, &struck, NULL), DPONE_OK);
        assert_int_equal(struck, cases[i].code[0] != 0);
        assert_string_equal(run("SELECT 1"), "");
    }
}

/* A transaction that waits for its client is quiet; a client at work is not. */
static void postgres_quiesce__waits_for_clients_at_work(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    char reason[256];
    (void)state;
    skip_without_server();
    PGconn *connection = connect_role();
    PQclear(PQexec(connection, "BEGIN"));
    assert_int_equal(dpone_fixture_quiesce(fixture, 5000, NULL), DPONE_OK);
    assert_int_equal(PQsendQuery(connection, "SELECT pg_sleep(600)"), 1);
    assert_int_equal(dpone_fixture_quiesce(fixture, 30, &error), DPONE_TIMEOUT);
    assert_string_equal(error.message, "postgres fixture: clients are still at work after 30 ms");
    PGcancel *cancel = PQgetCancel(connection);
    assert_int_equal(PQcancel(cancel, reason, sizeof(reason)), 1);
    PQfreeCancel(cancel);
    PQfinish(connection);
    assert_int_equal(dpone_fixture_quiesce(fixture, 5000, NULL), DPONE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postgres_target__holds_every_value_exactly),
        cmocka_unit_test(postgres_observe__reads_what_a_connector_wrote),
        cmocka_unit_test(postgres_stream__can_be_read_by_the_role),
        cmocka_unit_test(postgres_self_test__changes_appear),
        cmocka_unit_test(postgres_staging__is_what_remains),
        cmocka_unit_test(postgres_faults__strike_and_pass),
        cmocka_unit_test(postgres_proxy__strikes_at_requests),
        cmocka_unit_test(postgres_quiesce__waits_for_clients_at_work),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
