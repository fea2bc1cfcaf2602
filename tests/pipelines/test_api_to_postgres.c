/* A pipeline from an HTTP API into PostgreSQL, as `dpone run` runs it, out of the example that comes with a
 * scaffolded package: with gates, killed anywhere, and many rows long. The judges are the fixtures, which
 * look for themselves.
 *
 *   test_api_to_postgres PROGRAM EXAMPLES API-PLUGIN POSTGRES-PLUGIN [ROWS]: with ROWS it measures one run of
 * so many */
#include "certification/canonical.h"
#include "certification/fixture_process.h"

#include "certification/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#define ROWS 3000
#define KILLS 14
#define PATH_BYTES 512

static const char *program, *examples, *api_plugin, *postgres_plugin;

/* An example, and what the API is to say of its types: whether the manifest tells them. */
struct example {
    const char *file;
    const char *folder; /* of its API */
    const char *api_options;
    struct dpone_fixture *api;
    json_t *variables;
};
static struct example refresh = {.file = "demo_api_to_postgres.yaml", .folder = "api"};
static struct example append = {.file = "demo_api_to_postgres_incremental_append.yaml",
                                .folder = "typed_api",
                                .api_options = "{\"source\": {\"types\": \"declared\"}}"};

/* The database, and a folder, for all tests. */
static struct {
    char folder[64];
    struct dpone_fixture *postgres;
    json_t *variables;
} world;

static const char *in_folder(const char *name) {
    static char paths[8][PATH_BYTES];
    static int next = 0;
    next = (next + 1) % 8;
    (void)snprintf(paths[next], PATH_BYTES, "%s/%s", world.folder, name);
    return paths[next];
}

/* NULL where a program that the system needs is missing, which is said; ends the test on any other failure.
 */
static struct dpone_fixture *open_fixture(const char *name, const char *folder, const char *options,
                                          json_t **variables) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = NULL;
    struct dpone_fixture_settings settings = {
        .name = name, .directory = in_folder(folder), .options = options, .seed = 1};
    int32_t status = dpone_fixture_open(&fixture, &settings, &error);
    if (status == DPONE_NOT_FOUND) {
        (void)printf("skipped: %s\n", error.message);
    } else if (status != DPONE_OK || dpone_fixture_variables(fixture, variables, &error) != DPONE_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        exit(3);
    }
    return fixture;
}

static const char *variable(const json_t *variables, const char *name) {
    return json_string_value(json_object_get(variables, name));
}

static int open_api(struct example *example) {
    example->api = open_fixture("http", example->folder, example->api_options, &example->variables);
    return example->api != NULL;
}

/* 0 where a system is missing. */
static int open_world(void) {
    (void)snprintf(world.folder, sizeof(world.folder), "/tmp/dpone-pipe-XXXXXX");
    if (mkdtemp(world.folder) == NULL) {
        perror(world.folder);
        exit(3);
    }
    world.postgres = open_fixture("postgres", "postgres", NULL, &world.variables);
    if (world.postgres == NULL || !open_api(&refresh) || !open_api(&append)) {
        return 0;
    }
    (void)setenv("WAREHOUSE_PASSWORD", variable(world.variables, "password"), 1);
    return 1;
}

static int close_world(void) {
    char command[128];
    dpone_fixture_close(refresh.api);
    dpone_fixture_close(append.api);
    dpone_fixture_close(world.postgres);
    json_decref(refresh.variables);
    json_decref(append.variables);
    json_decref(world.variables);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", world.folder);
    return system(command);
}

/* ---- The manifest ---- */

/* Writes `text` with `from` replaced by `to`, which must be there; frees it. */
static char *replaced(char *text, const char *from, const char *to) {
    char *at = strstr(text, from);
    if (at == NULL) {
        fail_msg("the example has no \"%s\"", from);
    }
    size_t size = strlen(text) - strlen(from) + strlen(to) + 1;
    char *out = malloc(size);
    assert_non_null(out);
    (void)snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    free(text);
    return out;
}

static char *read_example(const char *name) {
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof(path), "%s/%s", examples, name);
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);
    if (file == NULL || text == NULL || fread(text, 1, 65535, file) == 0) {
        fail_msg("%s: %s", path, strerror(errno));
    }
    (void)fclose(file);
    return text;
}

/* The line of `text` that begins with `begin`, without its end. */
static char *line_of(const char *text, const char *begin) {
    const char *line = strstr(text, begin);
    assert_non_null(line);
    return strndup(line, strcspn(line, "\n"));
}

/* What an author changes in the example: where the API and the database are, and which table it is. */
static void write_manifest(const struct example *example) {
    char text[1024];
    char *manifest = read_example(example->file);
    char *source = line_of(manifest, "table: {name: ");
    char *target = line_of(manifest, "table: {schema: public");
    (void)setenv("DEMO_API_TOKEN", variable(example->variables, "token"), 1);
    (void)snprintf(text, sizeof(text), "base_url: %s/streams", variable(example->variables, "url"));
    manifest = replaced(manifest, "base_url: https://api.example.com/v1", text);
    manifest = replaced(manifest, source, "table: {name: stock}");
    (void)snprintf(text, sizeof(text),
                   "options:\n    host: %s\n    database: %s\n    user: %s\n"
                   "    password: {secret: env:WAREHOUSE_PASSWORD}",
                   variable(world.variables, "host"), variable(world.variables, "database"),
                   variable(world.variables, "user"));
    manifest = replaced(manifest, "connection_id: warehouse", text);
    manifest = replaced(manifest, target, "table: {schema: public, name: stock}");
    FILE *file = fopen(in_folder("manifest.yaml"), "w");
    assert_non_null(file);
    assert_true(fputs(manifest, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(source);
    free(target);
    free(manifest);
}

/* ---- Runs ---- */

static int64_t now_us(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static pid_t start_run(void) {
    pid_t process = fork();
    if (process == 0) {
        int output = open(in_folder("run.log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (output >= 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2) {
            (void)execl(program, program, "run", in_folder("manifest.yaml"), "--plugin", api_plugin,
                        "--plugin", postgres_plugin, "--run-dir", in_folder("runs"), (char *)NULL);
        }
        _exit(127);
    }
    return process;
}

/* The exit status of a run, minus the signal that ended it. */
static int end_run(pid_t process) {
    int status = 0;
    assert_int_equal(waitpid(process, &status, 0), process);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void expect_run(int wanted) {
    int status = end_run(start_run());
    if (status != wanted) {
        char command[128];
        (void)snprintf(command, sizeof(command), "tail -n 20 '%s' >&2", in_folder("run.log"));
        (void)!system(command);
        fail_msg("dpone run ended with %d, not %d", status, wanted);
    }
}

static void publish(const struct example *example, int64_t rows) {
    static const struct dpone_dataset_column columns[] = {
        {{"id", DPONE_TYPE_INT64, 0, 0, 0}, DPONE_PATTERN_KEY},
        {{"customer", DPONE_TYPE_UTF8, 1, 0, 0}, DPONE_PATTERN_MIXED},
        {{"amount", DPONE_TYPE_DECIMAL128, 1, 18, 2}, DPONE_PATTERN_MIXED},
        {{"updated_at", DPONE_TYPE_TIMESTAMP_US, 0, 0, 0}, DPONE_PATTERN_CURSOR}};
    const struct dpone_dataset_spec spec = {.seed = 11, .columns = columns, .column_count = 4};
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_fixture_publish_stream(example->api, "stock", &spec, rows, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
}

/* What stands in PostgreSQL is what the API served first: `rows` rows. */
static int holds(const struct example *example, int64_t rows) {
    struct dpone_difference difference = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_fixture_quiesce(world.postgres, 30000, NULL), DPONE_OK);
    assert_int_equal(
        dpone_fixture_dump_stream(example->api, "stock", 0, rows, in_folder("expected.dump"), NULL),
        DPONE_OK);
    int32_t status =
        dpone_fixture_observe_target(world.postgres, "stock", in_folder("observed.dump"), &error);
    if (status == DPONE_NOT_FOUND) {
        return rows == 0;
    }
    assert_int_equal(status, DPONE_OK);
    assert_int_equal(dpone_canonical_compare(&difference, in_folder("expected.dump"),
                                             in_folder("observed.dump"), DPONE_COMPARE_AS_MULTISET, NULL),
                     DPONE_OK);
    return difference.equal;
}

static void expect_no_staging(void) {
    json_t *list = NULL;
    assert_int_equal(dpone_fixture_observe_staging(world.postgres, &list, NULL), DPONE_OK);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
}

static void start_over(void) {
    assert_int_equal(dpone_fixture_drop_target(world.postgres, "stock", NULL), DPONE_OK);
}

/* ---- Tests ---- */

/* The newest run.json. */
static json_t *last_record(void) {
    char best[PATH_BYTES] = "";
    char path[PATH_BYTES + 256];
    DIR *folder = opendir(in_folder("runs"));
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strlen(entry->d_name) == 26 && strcmp(entry->d_name, best) > 0) { /* ULIDs sort by time */
            (void)snprintf(best, sizeof(best), "%s", entry->d_name);
        }
    }
    (void)closedir(folder);
    (void)snprintf(path, sizeof(path), "%s/%s/run.json", in_folder("runs"), best);
    return json_load_file(path, 0, NULL);
}

static void pipeline_example__moves_rows_through_gates(void **state) {
    (void)state;
    publish(&refresh, ROWS);
    write_manifest(&refresh);
    expect_run(0);
    assert_true(holds(&refresh, ROWS));
    expect_no_staging();
    json_t *record = last_record();
    json_t *gates = json_object_get(record, "gates");
    assert_string_equal(json_string_value(json_object_get(record, "status")), "succeeded");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(record, "rows"), "published")), ROWS);
    assert_int_equal(json_array_size(gates), 3);
    for (size_t i = 0; i < json_array_size(gates); i++) {
        assert_true(json_is_true(json_object_get(json_array_get(gates, i), "passed")));
    }
    json_decref(record);
    start_over();
}

/* The first field of the last answer, "" when there is none; as the role that loads. */
static const char *ask(const char *sql) {
    static char answer[128];
    const char *const names[] = {"host", "dbname", "user", "password", "passfile", NULL};
    const char *const values[] = {variable(world.variables, "host"),
                                  variable(world.variables, "database"),
                                  variable(world.variables, "user"),
                                  variable(world.variables, "password"),
                                  "/nonexistent",
                                  NULL};
    PGconn *connection = PQconnectdbParams(names, values, 0);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType code = PQresultStatus(result);
    if (code != PGRES_TUPLES_OK && code != PGRES_COMMAND_OK) {
        fail_msg("%s", PQerrorMessage(connection));
    }
    (void)snprintf(answer, sizeof(answer), "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(connection);
    return answer;
}

/* A target on which nothing hangs is swapped; one on which something hangs keeps it. */
static void pipeline_refresh__keeps_what_hangs_on_the_target(void **state) {
    static const char *const hangs[] = {
        "CREATE INDEX stock_id ON stock (id)", "CREATE VIEW stock_count AS SELECT count(*) AS n FROM stock",
        "GRANT SELECT ON stock TO PUBLIC", "COMMENT ON COLUMN stock.id IS 'key'",
        "CREATE SEQUENCE stock_ids OWNED BY stock.id"};
    static const char identity[] = "SELECT 'stock'::regclass::oid";
    char first[128];
    char second[128];
    (void)state;
    publish(&refresh, ROWS);
    write_manifest(&refresh);
    expect_run(0);
    (void)snprintf(first, sizeof(first), "%s", ask(identity));
    expect_run(0);
    (void)snprintf(second, sizeof(second), "%s", ask(identity));
    assert_string_not_equal(second, first);
    for (size_t i = 0; i < sizeof(hangs) / sizeof(hangs[0]); i++) {
        (void)ask(hangs[i]);
    }
    publish(&refresh, ROWS / 2);
    expect_run(0);
    assert_string_equal(ask(identity), second);
    assert_true(holds(&refresh, ROWS / 2));
    assert_string_equal(ask("SELECT n FROM stock_count"), "1500");
    assert_string_equal(
        ask("SELECT relacl IS NOT NULL AND relpersistence = 'p' AND to_regclass('stock_id') IS NOT NULL"
            " AND to_regclass('stock_ids') IS NOT NULL AND col_description(oid, 1) = 'key'"
            " FROM pg_class WHERE oid = 'stock'::regclass"),
        "t");
    start_over();
}

/* Killed at moments spread over a run that adds to `before` rows; then run again. */
static void kill_and_repeat(const struct example *example, int64_t before) {
    int64_t lasts_us = 0;
    write_manifest(example);
    for (int i = 0; i < KILLS; i++) {
        start_over();
        if (before > 0) {
            publish(example, before);
            expect_run(0);
        }
        publish(example, ROWS);
        pid_t process = start_run();
        int64_t begun_us = now_us();
        if (i > 0) { /* the first run tells how long one lasts */
            const struct timespec moment = {lasts_us * i / KILLS / 1000000,
                                            lasts_us * i / KILLS % 1000000 * 1000};
            (void)nanosleep(&moment, NULL);
            (void)kill(process, SIGKILL);
        }
        (void)end_run(process);
        lasts_us = i > 0 ? lasts_us : now_us() - begun_us;
        assert_true(holds(example, before) || holds(example, ROWS));
        expect_run(0);
        assert_true(holds(example, ROWS));
        expect_no_staging();
    }
    start_over();
}

static void pipeline_killed__ends_with_the_right_rows_after_a_refresh(void **state) {
    (void)state;
    kill_and_repeat(&refresh, 0);
}

static void pipeline_killed__ends_with_the_right_rows_after_an_append(void **state) {
    (void)state;
    kill_and_repeat(&append, ROWS / 3);
}

/* ---- One long run, measured ---- */

static int measure(int64_t rows) {
    struct rusage usage;
    publish(&refresh, rows);
    write_manifest(&refresh);
    int64_t begun_us = now_us();
    int status = end_run(start_run());
    double seconds = (double)(now_us() - begun_us) / 1e6;
    (void)getrusage(RUSAGE_CHILDREN, &usage);
    (void)printf(
        "api -> postgres, %lld rows, 3 gates: %.1f s, %.0f rows/s, %.1f s of CPU, peak memory %.1f MiB\n",
        (long long)rows, seconds, (double)rows / seconds,
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
        (double)usage.ru_maxrss / 1024);
    json_t *record = last_record();
    json_t *steps = json_object_get(record, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++) {
        json_t *step = json_array_get(steps, i);
        (void)printf("  %-16s %8.2f s\n", json_string_value(json_object_get(step, "step")),
                     json_number_value(json_object_get(step, "duration_ms")) / 1000);
    }
    json_decref(record);
    return status;
}

static int run_group(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipeline_example__moves_rows_through_gates),
        cmocka_unit_test(pipeline_refresh__keeps_what_hangs_on_the_target),
        cmocka_unit_test(pipeline_killed__ends_with_the_right_rows_after_a_refresh),
        cmocka_unit_test(pipeline_killed__ends_with_the_right_rows_after_an_append),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int count, char **arguments) {
    if (count < 5) {
        (void)fprintf(stderr, "usage: %s PROGRAM EXAMPLES API-PLUGIN POSTGRES-PLUGIN [ROWS]\n", arguments[0]);
        return 2;
    }
    program = arguments[1];
    examples = arguments[2];
    api_plugin = arguments[3];
    postgres_plugin = arguments[4];
    int status = !open_world() ? 77 : count > 5 ? measure(strtoll(arguments[5], NULL, 10)) : run_group();
    return close_world() == 0 ? status : 3;
}
