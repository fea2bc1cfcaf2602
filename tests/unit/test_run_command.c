/* The commands of the runtime, run as a user would: results on stdout, diagnostics on stderr, and the exit
 * status. */
#include "runtime_world.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "runtime/digest.h"

/* The plug-in's path as one word of a shell. */
#define PLUGIN_WORD "'" DPONE_TEST_PLUGIN "'"
#define EXITING_WORD "'" DPONE_TEST_EXITING_PLUGIN "'"

/* What a command printed, and how it ended. */
struct outcome {
    int status;
    char out[WORLD_DUMP_BYTES];
    char err[WORLD_DUMP_BYTES];
};

static struct outcome outcome;

static void read_back(const struct world *world, const char *name, char out[WORLD_DUMP_BYTES]) {
    char path[WORLD_PATH_BYTES];
    world_path(path, world, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(out, 1, WORLD_DUMP_BYTES - 1, file);
    out[size] = '\0';
    (void)fclose(file);
}

/* Runs `dpone ARGUMENTS` in the world's folder. */
static void dpone(const struct world *world, const char *arguments) {
    char command[4096];
    (void)snprintf(command, sizeof command, "cd '%s' && '%s' %s >out 2>err </dev/null", world->folder,
                   DPONE_TEST_PROGRAM, arguments);
    int status = system(command);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    read_back(world, "out", outcome.out);
    read_back(world, "err", outcome.err);
}

static void assert_outcome(int status, const char *out, const char *err) {
    assert_string_equal(outcome.err, err);
    assert_string_equal(outcome.out, out);
    assert_int_equal(outcome.status, status);
}

static const char manifest[] = "name: orders\n"
                               "source: {type: stub, table: {name: orders}, options: {path: source.db}}\n"
                               "sink: {type: reference, table: {name: copy}, strategy: {mode: full_refresh}, "
                               "options: {path: target.db}}\n";

static struct world world_with_orders(void) {
    struct world world = world_make();
    world_sql(&world, "source.db",
              "CREATE TABLE orders(id BIGINT NOT NULL, name TEXT, price \"TEXT_DECIMAL(10,2)\", raw BLOB);"
              "INSERT INTO orders VALUES(1,'\"a\"','1.50',x'00ff'),(2,NULL,NULL,NULL)");
    world_manifest(&world, manifest);
    world_write(&world, "options.yaml", "path: source.db\ntable: orders\n");
    return world;
}

static void run_command__text(void **context) {
    (void)context;
    struct world world = world_with_orders();
    dpone(&world, "run pipe.yaml --plugin " PLUGIN_WORD " --run-dir my/runs");
    assert_string_equal(outcome.err, "");
    assert_int_equal(outcome.status, 0);
    static const char start[] = "orders succeeded: 2 rows read, 2 staged, 2 published, 0 rejected in ";
    assert_memory_equal(outcome.out, start, sizeof start - 1);
    char *record = strstr(outcome.out, "  record my/runs/");
    assert_non_null(record);
    record[strlen(record) - 1] = '\0';
    char path[WORLD_PATH_BYTES];
    world_path(path, &world, record + strlen("  record "));
    json_t *json = json_load_file(path, 0, NULL);
    char sha256[DPONE_SHA256_TEXT_BYTES];
    assert_int_equal(dpone_sha256_file(sha256, DPONE_TEST_PLUGIN, NULL), DPONE_OK);
    const json_t *source = json_object_get(json_object_get(json, "connectors"), "source");
    assert_string_equal(json_string_value(json_object_get(source, "plugin_sha256")), sha256);
    assert_string_equal(json_string_value(json_object_get(source, "name")), "stub");
    json_decref(json);
    assert_query(&world, "target.db", "SELECT id, price FROM copy", "1|1.50\n2|NULL\n");
    world_clear(&world);
}

static void run_command__json_is_the_record(void **context) {
    (void)context;
    struct world world = world_with_orders();
    dpone(&world, "run pipe.yaml --plugin " PLUGIN_WORD " --format json");
    assert_int_equal(outcome.status, 0);
    json_t *json = json_loads(outcome.out, 0, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "status")), "succeeded");
    char path[WORLD_PATH_BYTES];
    char name[128];
    (void)snprintf(name, sizeof name, "dpone_runs/%s/run.json",
                   json_string_value(json_object_get(json, "run_id")));
    world_path(path, &world, name);
    json_t *written = json_load_file(path, 0, NULL);
    assert_true(json_equal(json, written));
    json_decref(written);
    json_decref(json);
    world_clear(&world);
}

static void run_command__failed_gate(void **context) {
    (void)context;
    struct world world = world_with_orders();
    char text[1024];
    (void)snprintf(text, sizeof text, "%squality: {gates: [{id: named, type: not_null, columns: name}]}\n",
                   manifest);
    world_manifest(&world, text);
    dpone(&world, "run pipe.yaml --plugin " PLUGIN_WORD);
    assert_int_equal(outcome.status, 1);
    assert_string_equal(outcome.err,
                        "dpone run: gates: quality gate \"named\" (not_null): expected no row with NULL, "
                        "observed 1 of 2 rows fail; nothing was published\n");
    assert_non_null(strstr(outcome.out, "orders failed: 2 rows read, 2 staged, 0 published, 2 rejected in "));
    assert_non_null(
        strstr(outcome.out, "  gate named: failed, expected no row with NULL, observed 1 of 2 rows fail\n"));
    world_clear(&world);
}

static void run_command__refusals(void **context) {
    (void)context;
    struct world world = world_with_orders();
    dpone(&world, "run pipe.yaml");
    assert_outcome(2, "",
                   "dpone run: no plug-in is the connector \"stub\" (given: none); add --plugin stub\n");
    dpone(&world, "run nothing.yaml");
    assert_outcome(3, "",
                   "dpone run: nothing.yaml: error: cannot open the file: No such file or directory\n");
    world_write(&world, "bad.yaml", "source: {type: stub}\n");
    dpone(&world, "run bad.yaml");
    assert_outcome(1, "", "dpone run: bad.yaml:1:1: error: the key `sink` is missing\n");
    dpone(&world, "run .");
    assert_outcome(1, "", "dpone run: .: is a folder; name a manifest file\n");
    world_write(&world, "file", "");
    dpone(&world, "run pipe.yaml --run-dir file --plugin " PLUGIN_WORD);
    assert_int_equal(outcome.status, 3);
    assert_string_equal(outcome.err,
                        "dpone run: cannot make folder file: Not a directory; choose another place\n");
    world_clear(&world);
}

static void partitions_command__one_a_line(void **context) {
    (void)context;
    struct world world = world_with_orders();
    dpone(&world, "partitions pipe.yaml --count 2 --plugin " PLUGIN_WORD);
    assert_string_equal(outcome.err, "");
    assert_int_equal(outcome.status, 0);
    struct dpone_buffer bytes = DPONE_BUFFER_INIT;
    char *second = strchr(outcome.out, '\n');
    *second++ = '\0';
    assert_non_null(strchr(second, '\n'));
    *strchr(second, '\n') = '\0';
    assert_int_equal(dpone_hex_read(&bytes, second), DPONE_OK);
    static const char expected[] = "{\"reference\":1,\"table\":\"orders\",\"from\":2,\"to\":null}";
    assert_int_equal(bytes.size, sizeof expected - 1);
    assert_memory_equal(bytes.data, expected, bytes.size);
    dpone_buffer_clear(&bytes);
    world_clear(&world);
}

static void check_command__answers(void **context) {
    (void)context;
    struct world world = world_with_orders();
    dpone(&world, "connectors check --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(0, "stub 1.0.0: the system answers and accepts the credentials\n", "");
    dpone(&world, "connectors check --format json --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(0, "{\n  \"connector\": \"stub\",\n  \"version\": \"1.0.0\",\n  \"connection\": true\n}\n",
                   "");
    world_write(&world, "options.yaml", "path: nothing.db\n");
    dpone(&world, "connectors check --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(
        3, "", "dpone connectors check: nothing.db: cannot open the file: unable to open database file\n");
    world_write(&world, "options.yaml", "pth: nothing.db\n");
    dpone(&world, "connectors check --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(
        1, "",
        "dpone connectors check: options.yaml: option \"pth\" at 1:6 is unknown: remove it, or use "
        "one of path, table, lease_ms, batch_rows\n");
    world_clear(&world);
}

static void discover_command__lists_the_columns(void **context) {
    (void)context;
    struct world world = world_with_orders();
    dpone(&world, "connectors discover --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(0, "id int64 not null\nname utf8\nprice decimal128(10,2)\nraw binary\n", "");
    dpone(&world, "connectors discover --format json --plugin " PLUGIN_WORD " --options options.yaml");
    json_t *json = json_loads(outcome.out, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(json, "columns")), 4);
    json_decref(json);
    dpone(&world, "connectors discover --table other --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(3, "", "dpone connectors discover: there is no table \"other\"\n");
    world_clear(&world);
}

static void read_command__prints_json_lines(void **context) {
    (void)context;
    struct world world = world_with_orders();
    dpone(&world, "connectors read --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(0,
                   "{\"id\":\"1\",\"name\":\"\\\"a\\\"\",\"price\":\"1.50\",\"raw\":\"00ff\"}\n"
                   "{\"id\":\"2\",\"name\":null,\"price\":null,\"raw\":null}\n",
                   "");
    dpone(&world, "connectors read --limit 1 --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(0, "{\"id\":\"1\",\"name\":\"\\\"a\\\"\",\"price\":\"1.50\",\"raw\":\"00ff\"}\n", "");
    dpone(&world, "connectors read --limit 0 --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(0, "", "");
    world_clear(&world);
}

static void read_command__asks_for_a_table(void **context) {
    (void)context;
    struct world world = world_with_orders();
    world_write(&world, "options.yaml", "path: source.db\n");
    dpone(&world, "connectors discover --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(1, "",
                   "dpone connectors discover: name a table with --table: the table has no name; set "
                   "table.name\n");
    dpone(&world, "connectors read --plugin " PLUGIN_WORD " --options options.yaml");
    assert_outcome(1, "",
                   "dpone connectors read: name a table with --table: the table has no name; set "
                   "table.name\n");
    world_clear(&world);
}

/* ---- Plug-ins that call exit(0) */

static void assert_exit_refused(const struct world *world, const char *command, const char *arguments) {
    static const char *const places[] = {"constructor", "init", "open"};
    static const char *const reasons[] = {"it was loaded; see import_safety",
                                          "it was loaded; see import_safety",
                                          "it worked; a connector returns a status, see symbol_hygiene"};
    char line[2048];
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        (void)setenv("DPONE_TEST_EXIT", places[i], 1);
        (void)snprintf(line, sizeof line, "%s %s --plugin " EXITING_WORD, command, arguments);
        dpone(world, line);
        (void)snprintf(line, sizeof line,
                       "dpone %s: the plug-in " DPONE_TEST_EXITING_PLUGIN
                       " ended the process: exit() was called while %s\n",
                       command, reasons[i]);
        assert_outcome(1, "", line);
    }
}

static void commands__fail_when_a_plugin_exits(void **context) {
    (void)context;
    struct world world = world_with_orders();
    assert_exit_refused(&world, "run", "pipe.yaml");
    assert_exit_refused(&world, "partitions", "pipe.yaml");
    assert_exit_refused(&world, "connectors check", "--options options.yaml");
    assert_exit_refused(&world, "connectors discover", "--options options.yaml");
    assert_exit_refused(&world, "connectors read", "--options options.yaml");
    (void)setenv("DPONE_TEST_EXIT", "open", 1);
    dpone(&world, "run pipe.yaml --plugin " EXITING_WORD " --plugin " PLUGIN_WORD);
    assert_outcome(1, "",
                   "dpone run: the plug-in " DPONE_TEST_EXITING_PLUGIN " or " DPONE_TEST_PLUGIN
                   " ended the process: exit() was called while it worked; a connector returns a status, "
                   "see symbol_hygiene\n");
    (void)setenv("DPONE_TEST_EXIT", "nowhere", 1);
    dpone(&world, "run pipe.yaml --plugin " EXITING_WORD);
    assert_int_equal(outcome.status, 0);
    world_clear(&world);
}

/* ---- Interrupts */

/* Waits until the load has staged something. */
static void wait_for_staging(const struct world *world) {
    static char dump[WORLD_DUMP_BYTES];
    struct timespec pause = {0, 5000000};
    char path[WORLD_PATH_BYTES];
    world_path(path, world, "target.db");
    for (int i = 0; i < 4000; i++) {
        (void)nanosleep(&pause, NULL);
        if (access(path, F_OK) == 0) {
            world_dump(dump, world, "target.db",
                       "SELECT count(*) FROM sqlite_master WHERE name LIKE '%stage%'");
            if (strcmp(dump, "0\n") != 0) {
                return;
            }
        }
    }
    fail_msg("nothing was staged");
}

static void run_command__interrupt_stops_before_the_publication(void **context) {
    (void)context;
    struct world world = world_with_orders();
    world_sql(&world, "source.db",
              "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)"
              " INSERT INTO orders SELECT i, 'x', NULL, NULL FROM n");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (chdir(world.folder) != 0 || freopen("out", "w", stdout) == NULL ||
            freopen("err", "w", stderr) == NULL) {
            _exit(99);
        }
        (void)execl(DPONE_TEST_PROGRAM, "dpone", "run", "pipe.yaml", "--plugin", DPONE_TEST_PLUGIN,
                    (char *)NULL);
        _exit(98);
    }
    wait_for_staging(&world);
    assert_int_equal(kill(child, SIGINT), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    read_back(&world, "out", outcome.out);
    read_back(&world, "err", outcome.err);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_non_null(strstr(outcome.out, "orders cancelled: "));
    assert_query(&world, "target.db",
                 "SELECT count(*) FROM sqlite_master WHERE name = 'copy' OR name LIKE '%stage%'", "0\n");
    world_clear(&world);
}

/* How many folders are in the world's temporary folder. */
static int count_temporary(const struct world *world) {
    char command[WORLD_PATH_BYTES + 64];
    (void)snprintf(command, sizeof command, "exit $(ls -A '%s/tmp' | wc -l)", world->folder);
    return WEXITSTATUS(system(command));
}

/* Starts `connectors read` of many rows; its output goes into a pipe that is full until `*out` is read. */
static pid_t start_reading(const struct world *world, int *out) {
    char temporary[WORLD_PATH_BYTES];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    world_path(temporary, world, "tmp");
    (void)mkdir(temporary, 0700);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (chdir(world->folder) != 0 || freopen("err", "w", stderr) == NULL || dup2(ends[1], 1) != 1 ||
            close(ends[0]) != 0 || close(ends[1]) != 0 || setenv("TMPDIR", temporary, 1) != 0) {
            _exit(99);
        }
        (void)execl(DPONE_TEST_PROGRAM, "dpone", "connectors", "read", "--limit", "1000000", "--plugin",
                    DPONE_TEST_PLUGIN, "--options", "options.yaml", (char *)NULL);
        _exit(98);
    }
    (void)close(ends[1]);
    *out = ends[0];
    char first;
    assert_int_equal(read(ends[0], &first, 1), 1);
    assert_int_equal(count_temporary(world), 1);
    return child;
}

static struct world world_with_many_orders(void) {
    struct world world = world_with_orders();
    world_sql(&world, "source.db",
              "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
              " INSERT INTO orders SELECT i, 'x', NULL, NULL FROM n");
    return world;
}

static void assert_read_ends(const struct world *world, pid_t child, const char *err) {
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    read_back(world, "err", outcome.err);
    assert_string_equal(outcome.err, err);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_int_equal(count_temporary(world), 0);
}

static void read_command__interrupts_leave_nothing_behind(void **context) {
    static const int signals[] = {SIGINT, SIGTERM};
    (void)context;
    struct world world = world_with_many_orders();
    for (size_t i = 0; i < 2; i++) {
        char chunk[65536];
        struct timespec pause = {0, 50000000};
        int out = -1;
        pid_t child = start_reading(&world, &out);
        assert_int_equal(kill(child, signals[i]), 0);
        (void)nanosleep(&pause, NULL);
        while (read(out, chunk, sizeof chunk) > 0) {
        }
        (void)close(out);
        assert_read_ends(&world, child, "dpone connectors read: interrupted; run it again\n");
    }
    world_clear(&world);
}

static void read_command__removes_what_a_killed_one_left(void **context) {
    (void)context;
    struct world world = world_with_many_orders();
    int out = -1;
    pid_t child = start_reading(&world, &out);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)close(out);
    assert_int_equal(count_temporary(&world), 1);
    child = start_reading(&world, &out); /* which expects its own folder alone */
    (void)close(out);
    assert_read_ends(&world, child,
                     "dpone: standard output cannot be written: an earlier part of it was lost\n");
    world_clear(&world);
}

static void read_command__a_closed_pipe_leaves_nothing_behind(void **context) {
    (void)context;
    struct world world = world_with_many_orders();
    int out = -1;
    pid_t child = start_reading(&world, &out);
    (void)close(out);
    assert_read_ends(&world, child,
                     "dpone: standard output cannot be written: an earlier part of it was lost\n");
    world_clear(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_command__text),
        cmocka_unit_test(run_command__json_is_the_record),
        cmocka_unit_test(run_command__failed_gate),
        cmocka_unit_test(run_command__refusals),
        cmocka_unit_test(partitions_command__one_a_line),
        cmocka_unit_test(check_command__answers),
        cmocka_unit_test(discover_command__lists_the_columns),
        cmocka_unit_test(read_command__prints_json_lines),
        cmocka_unit_test(read_command__asks_for_a_table),
        cmocka_unit_test(commands__fail_when_a_plugin_exits),
        cmocka_unit_test(read_command__interrupts_leave_nothing_behind),
        cmocka_unit_test(read_command__removes_what_a_killed_one_left),
        cmocka_unit_test(read_command__a_closed_pipe_leaves_nothing_behind),
        cmocka_unit_test(run_command__interrupt_stops_before_the_publication),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
