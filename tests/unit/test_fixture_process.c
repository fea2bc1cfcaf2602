/* The process of a fixture: found or named as missing, talked to, and gone whatever it does. */
#include "certification/fixture_process.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture_folder.h"

static int fixture_count;

static int32_t open_module(struct dpone_fixture **out, const char *module, const char *options,
                           int64_t timeout_ms, struct dpone_error *error) {
    char directory[96];
    struct dpone_fixture_settings settings = {.name = module,
                                              .directory = directory,
                                              .options = options,
                                              .seed = 1,
                                              .start_timeout_ms = timeout_ms,
                                              .call_timeout_ms = timeout_ms};
    (void)snprintf(directory, sizeof(directory), "%s/%d", folder, fixture_count++);
    return dpone_fixture_open(out, &settings, error);
}

static struct dpone_fixture *open_stub(const char *options) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = NULL;
    if (open_module(&fixture, DPONE_STUB_MODULE, options, 20000, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    return fixture;
}

static void fixture_open__tells_its_facts(void **state) {
    (void)state;
    struct dpone_fixture *fixture = open_stub("{}");
    const struct dpone_fixture_facts *facts = dpone_fixture_facts(fixture);
    assert_string_equal(facts->name, "stub");
    assert_string_equal(facts->title, "nothing at all");
    assert_string_equal(facts->system, "stub 1");
    assert_string_equal(facts->module_path, DPONE_STUB_MODULE);
    assert_int_equal(strlen(facts->module_sha256), 64);
    assert_false(facts->has_source);
    assert_false(facts->has_sink);
    assert_int_equal(facts->fault_count, 1);
    assert_non_null(dpone_fixture_find_fault(fixture, "stub_fault"));
    assert_null(dpone_fixture_find_fault(fixture, "other"));
    assert_int_equal(dpone_fixture_find_mapping(fixture, DPONE_TYPE_INT64, DPONE_FIXTURE_NAN)->sink_exact, 0);
    assert_null(dpone_fixture_find_mapping(fixture, DPONE_TYPE_UTF8, DPONE_FIXTURE_ORDINARY));
    dpone_fixture_close(fixture);
}

static void fixture_variables__arrive(void **state) {
    (void)state;
    json_t *variables = NULL;
    struct dpone_fixture *fixture = open_stub("{}");
    assert_int_equal(dpone_fixture_variables(fixture, &variables, NULL), DPONE_OK);
    assert_string_equal(json_string_value(json_object_get(variables, "greeting")), "hello");
    json_decref(variables);
    dpone_fixture_close(fixture);
}

static void fixture_call__that_the_module_lacks(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = open_stub("{}");
    assert_int_equal(dpone_fixture_drop_target(fixture, "t", &error), DPONE_NOT_IMPLEMENTED);
    assert_string_equal(error.message, "fixture stub does not offer drop_target");
    dpone_fixture_close(fixture);
}

static void fixture_call__fails_and_goes_on(void **state) {
    (void)state;
    json_t *variables = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = open_stub("{\"on\":\"quiesce\",\"do\":\"fail\"}");
    assert_int_equal(dpone_fixture_quiesce(fixture, 10, &error), DPONE_UNAVAILABLE);
    assert_string_equal(error.message, "the stub fails quiesce");
    assert_true(error.retryable);
    assert_int_equal(dpone_fixture_variables(fixture, &variables, NULL), DPONE_OK);
    json_decref(variables);
    dpone_fixture_close(fixture);
}

static void fixture_open__start_fails(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = NULL;
    assert_int_equal(
        open_module(&fixture, DPONE_STUB_MODULE, "{\"on\":\"start\",\"do\":\"fail\"}", 20000, &error),
        DPONE_UNAVAILABLE);
    assert_string_equal(error.message, "the stub fails start");
    assert_null(fixture);
}

static void fixture_call__crash_tells_signal_and_log(void **state) {
    (void)state;
    char expected[512];
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = open_stub("{\"on\":\"quiesce\",\"do\":\"crash\"}");
    assert_int_equal(dpone_fixture_quiesce(fixture, 10, &error), DPONE_UNAVAILABLE);
    (void)snprintf(expected, sizeof(expected),
                   "fixture %s: killed by signal 11 during quiesce; its log ends: the stub crashes now",
                   DPONE_STUB_MODULE);
    assert_int_equal(strncmp(error.message, expected, strlen(expected)), 0);
    assert_int_equal(dpone_fixture_quiesce(fixture, 10, &error), DPONE_UNAVAILABLE);
    (void)snprintf(expected, sizeof(expected), "fixture %s: not running any more; open it again",
                   DPONE_STUB_MODULE);
    assert_string_equal(error.message, expected);
    dpone_fixture_close(fixture);
}

static void fixture_call__exit_tells_its_status(void **state) {
    (void)state;
    char expected[512];
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = open_stub("{\"on\":\"variables\",\"do\":\"exit\"}");
    json_t *variables = NULL;
    assert_int_equal(dpone_fixture_variables(fixture, &variables, &error), DPONE_UNAVAILABLE);
    (void)snprintf(expected, sizeof(expected), "fixture %s: ended with status 7 during variables",
                   DPONE_STUB_MODULE);
    assert_string_equal(error.message, expected);
    dpone_fixture_close(fixture);
}

static void fixture_open__hang_ends_in_time(void **state) {
    (void)state;
    char expected[512];
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = NULL;
    assert_int_equal(
        open_module(&fixture, DPONE_STUB_MODULE, "{\"on\":\"start\",\"do\":\"hang\"}", 300, &error),
        DPONE_TIMEOUT);
    (void)snprintf(expected, sizeof(expected), "fixture %s: no answer to start within 300 ms",
                   DPONE_STUB_MODULE);
    assert_string_equal(error.message, expected);
}

static int is_alive(pid_t process) {
    return kill(process, 0) == 0 || errno != ESRCH;
}

static void fixture_close__ends_the_process(void **state) {
    (void)state;
    struct dpone_fixture *fixture = open_stub("{}");
    pid_t process = (pid_t)dpone_fixture_facts(fixture)->process_id;
    assert_true(is_alive(process));
    dpone_fixture_close(fixture);
    assert_false(is_alive(process));
    dpone_fixture_close(NULL);
}

/* The program's own alarm ends a module that does not stop. */
static void fixture_close__ends_a_module_that_hangs(void **state) {
    (void)state;
    struct dpone_fixture *fixture = open_stub("{\"on\":\"stop\",\"do\":\"hang\"}");
    pid_t process = (pid_t)dpone_fixture_facts(fixture)->process_id;
    dpone_fixture_close(fixture);
    assert_false(is_alive(process));
}

/* A parent that is killed takes its fixture along. The grandchild's end is seen by adopting it. */
static void fixture_process__dies_with_its_parent(void **state) {
    (void)state;
    int channel[2];
    pid_t grandchild = 0;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(pipe(channel), 0);
    pid_t child = fork();
    if (child == 0) {
        struct dpone_fixture *fixture = open_stub("{}");
        pid_t process = (pid_t)dpone_fixture_facts(fixture)->process_id;
        (void)!write(channel[1], &process, sizeof(process));
        for (;;) {
            pause();
        }
    }
    assert_int_equal(read(channel[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(waitpid(grandchild, NULL, 0), grandchild);
    close(channel[0]);
    close(channel[1]);
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

static void fixture_open__unknown_name(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = NULL;
    assert_int_equal(unsetenv(DPONE_FIXTURE_PATH_VARIABLE), 0);
    assert_int_equal(open_module(&fixture, "mainframe", NULL, 1000, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "fixture \"mainframe\" is none of dpone's, and no mainframe.so is in any folder; "
                        "build it, and name its folder in DPONE_FIXTURE_PATH");
    assert_int_equal(setenv(DPONE_FIXTURE_PATH_VARIABLE, "/one::/two", 1), 0);
    assert_int_equal(open_module(&fixture, "mainframe", NULL, 1000, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "fixture \"mainframe\" is none of dpone's, and no mainframe.so is in "
                                       "/one::/two; build it, and name its folder in DPONE_FIXTURE_PATH");
    assert_int_equal(unsetenv(DPONE_FIXTURE_PATH_VARIABLE), 0);
}

static void fixture_open__finds_an_authors_module_by_name(void **state) {
    (void)state;
    char linked[96];
    char search[128];
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = NULL;
    (void)snprintf(linked, sizeof(linked), "%s/mine.so", folder);
    (void)snprintf(search, sizeof(search), "/nowhere:%s", folder);
    assert_int_equal(symlink(DPONE_STUB_MODULE, linked), 0);
    assert_int_equal(setenv(DPONE_FIXTURE_PATH_VARIABLE, search, 1), 0);
    assert_int_equal(open_module(&fixture, "mine", NULL, 20000, &error), DPONE_OK);
    assert_string_equal(dpone_fixture_facts(fixture)->module_path, linked);
    assert_false(dpone_fixture_facts(fixture)->comes_with_dpone);
    dpone_fixture_close(fixture);
    assert_int_equal(unsetenv(DPONE_FIXTURE_PATH_VARIABLE), 0);
    char directory[96];
    struct dpone_fixture_settings settings = {.name = "mine", .beside = linked, .directory = directory};
    (void)snprintf(directory, sizeof(directory), "%s/beside", folder);
    assert_int_equal(dpone_fixture_open(&fixture, &settings, &error), DPONE_OK);
    assert_string_equal(dpone_fixture_facts(fixture)->module_path, linked);
    dpone_fixture_close(fixture);
}

static void fixture_open__missing_module_names_the_package(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = NULL;
    struct dpone_fixture_settings settings = {.name = "http", .directory = folder, .libexec = folder};
    assert_int_equal(dpone_fixture_open(&fixture, &settings, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message,
                        "fixture \"http\" (HTTP and JSON server) is not part of this dpone; install "
                        "libmicrohttpd-dev and build dpone again");
    settings.name = "directory";
    assert_int_equal(dpone_fixture_open(&fixture, &settings, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message,
                        "fixture \"directory\" (directory of JSONL or CSV files) is not part of this "
                        "dpone; build dpone again");
    assert_false(dpone_fixture_available("http", folder));
    assert_int_equal(open_module(&fixture, "/nowhere/mine.so", NULL, 1000, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "fixture module /nowhere/mine.so: No such file or directory");
}

static void fixture_open__module_that_is_none(void **state) {
    (void)state;
    char path[128];
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fixture *fixture = NULL;
    (void)snprintf(path, sizeof(path), "%s/not-a-module.so", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(open_module(&fixture, path, NULL, 20000, &error), DPONE_NOT_FOUND);
    assert_non_null(strstr(error.message, "cannot be loaded: "));
    assert_non_null(strstr(error.message, "file too short; install that library"));
}

/* ---- The page ---- */

/* The row of a fault in its fixture's section of docs/reference/fixtures.md, or NULL; static storage. */
static const char *documented_row(const char *fixture, const char *id) {
    static char line[1024];
    char section[80];
    char head[80];
    int inside = 0;
    (void)snprintf(section, sizeof(section), "## %s\n", fixture);
    (void)snprintf(head, sizeof(head), "| `%s` |", id);
    FILE *page = fopen(DPONE_FIXTURES_PAGE, "r");
    assert_non_null(page);
    const char *row = NULL;
    while (row == NULL && fgets(line, sizeof(line), page) != NULL) {
        inside = strncmp(line, "## ", 3) == 0 ? strcmp(line, section) == 0 : inside;
        row = inside && strncmp(line, head, strlen(head)) == 0 ? line : NULL;
    }
    (void)fclose(page);
    return row;
}

static void expect_documented(const char *fixture, const struct dpone_fixture_fault *fault) {
    static const char *const retries[] = {"| must not |", "| must |", "| may |"};
    static const char *const classes[] = {"",          "transient", "permanent",
                                          "throttled", "truncated", "exhausted"};
    static const char *const operations[] = {"read", "stage", "publish", "describe"};
    char status[96];
    char kind[32];
    char strikes[64] = "|";
    for (size_t i = 0; i < 4; i++) {
        size_t used = strlen(strikes);
        if ((fault->operations >> i & 1) != 0) {
            (void)snprintf(strikes + used, sizeof(strikes) - used, "%s %s", used > 1 ? "," : "",
                           operations[i]);
        }
    }
    const char *row = documented_row(fixture, fault->id);
    if (row == NULL) {
        fail_msg("fault %s of %s is not documented", fault->id, fixture);
    }
    (void)snprintf(status, sizeof(status), "| %s%s%s |", dpone_status_name(fault->expected_status),
                   fault->other_status != 0 ? " or " : "",
                   fault->other_status != 0 ? dpone_status_name(fault->other_status) : "");
    (void)snprintf(kind, sizeof(kind), "| %s |", classes[fault->fault_class]);
    assert_non_null(strstr(row, status));
    assert_non_null(strstr(row, kind));
    assert_non_null(strstr(row, retries[fault->retryable < 0 ? 2 : fault->retryable]));
    assert_non_null(strstr(row, strikes));
}

static void fixture_faults__are_documented(void **state) {
    size_t count = 0;
    int64_t faults = 0;
    const struct dpone_fixture_known *known = dpone_fixture_catalogue(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        struct dpone_fixture *fixture = NULL;
        if (!dpone_fixture_available(known[i].name, NULL)) {
            continue; /* left out of this build */
        }
        if (open_module(&fixture, known[i].name, NULL, 20000, &error) != DPONE_OK) {
            fail_msg("%s", error.message);
        }
        const struct dpone_fixture_facts *facts = dpone_fixture_facts(fixture);
        assert_string_equal(facts->title, known[i].title);
        for (size_t fault = 0; fault < facts->fault_count; fault++, faults++) {
            expect_documented(known[i].name, &facts->faults[fault]);
        }
        dpone_fixture_close(fixture);
    }
    assert_true(faults > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixture_open__tells_its_facts),
        cmocka_unit_test(fixture_variables__arrive),
        cmocka_unit_test(fixture_call__that_the_module_lacks),
        cmocka_unit_test(fixture_call__fails_and_goes_on),
        cmocka_unit_test(fixture_open__start_fails),
        cmocka_unit_test(fixture_call__crash_tells_signal_and_log),
        cmocka_unit_test(fixture_call__exit_tells_its_status),
        cmocka_unit_test(fixture_open__hang_ends_in_time),
        cmocka_unit_test(fixture_close__ends_the_process),
        cmocka_unit_test(fixture_close__ends_a_module_that_hangs),
        cmocka_unit_test(fixture_process__dies_with_its_parent),
        cmocka_unit_test(fixture_open__unknown_name),
        cmocka_unit_test(fixture_open__finds_an_authors_module_by_name),
        cmocka_unit_test(fixture_open__missing_module_names_the_package),
        cmocka_unit_test(fixture_open__module_that_is_none),
        cmocka_unit_test(fixture_faults__are_documented),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
