/* The harness: what becomes of checks that pass, fail, die, hang and run away. */
#define _GNU_SOURCE
#include "certification/harness.h"

#include "certification_package.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- Checks ---- */

static void run_passes(struct dpone_check_run *run) {
    if (dpone_case_begin(run, "one")) {
        dpone_expect_integer(run, "here", 1, 1);
        dpone_case_end(run);
    }
    if (dpone_case_begin(run, "two")) {
        dpone_expect_text(run, "there", "x", "x");
        dpone_case_end(run);
    }
}

static void run_fails(struct dpone_check_run *run) {
    if (dpone_case_begin(run, "one")) {
        dpone_expect_integer(run, "column \"id\", row 3", 5, 6);
        dpone_case_end(run);
    }
    if (dpone_case_begin(run, "two")) {
        dpone_case_remedy(run, "Do %s.", "this");
        dpone_expect_status(run, "begin()", DPONE_OK, DPONE_CONFLICT, NULL);
        dpone_case_end(run);
    }
}

static void run_asserts_nothing(struct dpone_check_run *run) {
    if (dpone_case_begin(run, "empty")) {
        dpone_case_end(run);
    }
}

static void run_has_no_case(struct dpone_check_run *run) {
    (void)run;
}

static void run_crashes(struct dpone_check_run *run) {
    (void)dpone_case_begin(run, "calm");
    dpone_expect_integer(run, "here", 1, 1);
    dpone_case_end(run);
    (void)dpone_case_begin(run, "wild");
    dpone_expect_integer(run, "here", 1, 1);
    (void)raise(SIGSEGV);
}

static void run_exits(struct dpone_check_run *run) {
    run_passes(run);
    exit(0);
}

static void run_exits_first(struct dpone_check_run *run) {
    (void)run;
    exit(0);
}

static void run_prints_for_ever(struct dpone_check_run *run) {
    static char text[65536];
    (void)dpone_case_begin(run, "loud");
    while (write(1, text, sizeof(text)) > 0) {
    }
}

static void run_eats_memory(struct dpone_check_run *run) {
    (void)dpone_case_begin(run, "greedy");
    for (;;) {
        char *memory = malloc(1 << 20);
        if (memory != NULL) {
            memset(memory, 1, 1 << 20);
        }
        (void)usleep(200);
    }
}

static void run_hangs(struct dpone_check_run *run) {
    (void)dpone_case_begin(run, "slow");
    while (pause() < 0) {
    }
}

static void run_leaves_a_process(struct dpone_check_run *run) {
    run_passes(run);
    if (fork() == 0) {
        (void)setsid();
        while (pause() < 0) {
        }
    }
}

static void run_skips(struct dpone_check_run *run) {
    dpone_check_skip(run, "this machine has no %s", "such thing");
}

static void run_skips_a_case(struct dpone_check_run *run) {
    run_passes(run);
    if (dpone_case_begin(run, "three")) {
        dpone_case_skip(run, "no fault to arm");
        dpone_case_end(run);
    }
}

static void run_finds_no_environment(struct dpone_check_run *run) {
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_error_set(&error, DPONE_IO, "no socket");
    dpone_check_environment(run, "the fixture", &error);
}

static void run_loses_its_environment(struct dpone_check_run *run) {
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)dpone_case_begin(run, "half");
    dpone_expect_integer(run, "rows", 3, 2);
    dpone_error_set(&error, DPONE_RESOURCE_EXHAUSTED, "no space left");
    dpone_check_environment(run, "options", &error);
    dpone_expect_integer(run, "rows", 3, 2);
}

static void run_prints_and_fails_often(struct dpone_check_run *run) {
    printf("hello from the check\n");
    (void)dpone_case_begin(run, "many");
    for (int i = 0; i < 100; i++) {
        dpone_expect_integer(run, "row", i, -1);
    }
    dpone_case_end(run);
}

static void run_litters(struct dpone_check_run *run) {
    int descriptor = open("litter", O_WRONLY | O_CREAT, 0600);
    run_passes(run);
    (void)close(descriptor);
}

static void run_tells_a_secret(struct dpone_check_run *run) {
    printf("logging in with %s\n", getenv("DPONE_TEST_SECRET"));
    (void)dpone_case_begin(run, "leak");
    dpone_expect_text(run, "message", "no secret", getenv("DPONE_TEST_SECRET"));
    dpone_case_end(run);
}

#define CHECK_WITHIN(name, seconds)                                                                          \
    static const struct dpone_check check_##name = {.id = #name,                                             \
                                                    .title = "A check of the tests",                         \
                                                    .remedy = "Try again.",                                  \
                                                    .time_limit_s = seconds,                                 \
                                                    .run = run_##name}
#define CHECK(name) CHECK_WITHIN(name, 60)

CHECK(passes);
CHECK(fails);
CHECK(asserts_nothing);
CHECK(has_no_case);
CHECK(crashes);
CHECK(exits);
CHECK(exits_first);
CHECK(prints_for_ever);
CHECK(loses_its_environment);
CHECK_WITHIN(hangs, 1);
CHECK(leaves_a_process);
CHECK(skips);
CHECK(skips_a_case);
CHECK(finds_no_environment);
CHECK(prints_and_fails_often);
CHECK(litters);
CHECK(tells_a_secret);

static const struct dpone_check check_eats_memory = {.id = "eats_memory",
                                                     .title = "A check of the tests",
                                                     .remedy = "Try again.",
                                                     .memory_limit_mib = 32,
                                                     .run = run_eats_memory};

/* ---- The tests ---- */

static struct test_package package;

static json_t *run_one(const struct dpone_check *check, const char *only_case) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_harness harness = {.subject = &package.subject, .only_case = only_case, .jobs = 1};
    json_t *evidence = NULL;
    assert_int_equal(dpone_harness_run(&harness, &check, 1, &error), DPONE_OK);
    assert_int_equal(dpone_evidence_read(&evidence, package.subject.artifact_directory, check->id, &error),
                     DPONE_OK);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    return evidence;
}

static void assert_outcome(const struct dpone_check *check, const char *verdict, const char *reason) {
    json_t *evidence = run_one(check, NULL);
    assert_string_equal(dpone_json_text(evidence, "verdict"), verdict);
    assert_string_equal(dpone_json_text(evidence, "reason"), reason);
    json_decref(evidence);
}

static void harness_run__verdicts(void **state) {
    (void)state;
    assert_outcome(&check_passes, "passed", "");
    assert_outcome(&check_fails, "failed", "");
    assert_outcome(&check_has_no_case, "failed", "the check ran no case, which proves nothing");
    assert_outcome(&check_skips, "skipped", "this machine has no such thing");
    assert_outcome(&check_skips_a_case, "skipped", "no fault to arm");
    assert_outcome(&check_finds_no_environment, "unverified", "the fixture: no socket");
}

static const json_t *case_of(const json_t *evidence, const char *id) {
    size_t index;
    const json_t *entry;
    json_array_foreach(json_object_get(evidence, "cases"), index, entry) {
        if (strcmp(dpone_json_text(entry, "case"), id) == 0) {
            return entry;
        }
    }
    fail_msg("no case %s", id);
    return NULL;
}

static const json_t *failure_of(const json_t *evidence, const char *id) {
    const json_t *entry = case_of(evidence, id);
    assert_string_equal(dpone_json_text(entry, "verdict"), "failed");
    return json_array_get(json_object_get(entry, "failures"), 0);
}

static void harness_run__tells_where_expected_observed_remedy_and_rerun(void **state) {
    json_t *evidence = run_one(&check_fails, NULL);
    char *rerun = dpone_format(
        "dpone connectors certify --package %s --profile static --check fails --case two --seed 7",
        package.subject.package->directory);
    (void)state;
    const json_t *failure = failure_of(evidence, "one");
    assert_string_equal(dpone_json_text(failure, "where"), "column \"id\", row 3");
    assert_string_equal(dpone_json_text(failure, "expected"), "5");
    assert_string_equal(dpone_json_text(failure, "observed"), "6");
    assert_string_equal(dpone_json_text(case_of(evidence, "one"), "remedy"), "Try again.");
    assert_string_equal(dpone_json_text(case_of(evidence, "two"), "remedy"), "Do this.");
    assert_string_equal(dpone_json_text(case_of(evidence, "two"), "rerun"), rerun);
    free(rerun);
    json_decref(evidence);
}

static void assert_process_failure(const struct dpone_check *check, const char *id, const char *place,
                                   const char *observed, const char *remedy) {
    char where[128];
    json_t *evidence = run_one(check, NULL);
    const json_t *failure = failure_of(evidence, id);
    (void)snprintf(where, sizeof(where), "the check's process, %s", place);
    assert_string_equal(dpone_json_text(failure, "where"), where);
    assert_string_equal(dpone_json_text(failure, "observed"), observed);
    assert_string_equal(dpone_json_text(case_of(evidence, id), "remedy"), remedy);
    json_decref(evidence);
}

static void harness_run__a_process_that_ends_badly_has_failed(void **state) {
    (void)state;
    assert_process_failure(&check_crashes, "wild", "in case wild",
                           "was killed by signal 11 (Segmentation fault)",
                           "Build the connector with -fsanitize=address,undefined and rerun this case, or "
                           "rerun it under a debugger, to see where it dies.");
    assert_process_failure(&check_exits, "process", "after case two", "called exit(0)",
                           "Return a status and never call exit() or abort(): the process is the host's, and "
                           "it has other work.");
    assert_process_failure(&check_exits_first, "process",
                           "before the first case (the connector is loaded there)", "called exit(0)",
                           "Return a status and never call exit() or abort(): the process is the host's, and "
                           "it has other work.");
    assert_process_failure(&check_hangs, "slow", "in case slow", "did not end within its 1 s",
                           "Let every loop end and every wait have a limit (host->wait(), host->sleep_ms()), "
                           "and check for cancellation; rerun this case to see where it hangs.");
    assert_process_failure(&check_prints_for_ever, "loud", "in case loud", "printed more than its 64 MiB",
                           "Print nothing: log through host->log(), and see which loop repeats the message.");
    assert_process_failure(&check_eats_memory, "greedy", "in case greedy",
                           "used more than its 32 MiB of memory",
                           "Hold one batch at a time and not the whole stream, and release what was made.");
    assert_process_failure(&check_leaves_a_process, "process", "after case two",
                           "1 of its processes outlived it and were killed",
                           "Start no processes, or end them and wait for them in close() at the latest.");
}

static void harness_run__a_case_that_expects_nothing_has_failed(void **state) {
    json_t *evidence = run_one(&check_asserts_nothing, NULL);
    const json_t *entry = case_of(evidence, "empty");
    (void)state;
    assert_string_equal(dpone_json_text(evidence, "verdict"), "failed");
    assert_string_equal(dpone_json_text(entry, "reason"), "the case expected nothing, which proves nothing");
    json_decref(evidence);
}

static void harness_run__keeps_output_and_counts_failures(void **state) {
    json_t *evidence = run_one(&check_prints_and_fails_often, NULL);
    const json_t *entry = case_of(evidence, "many");
    (void)state;
    assert_string_equal(dpone_json_text(evidence, "output"), "hello from the check\n");
    assert_int_equal(json_array_size(json_object_get(entry, "failures")), 20);
    assert_int_equal(json_integer_value(json_object_get(entry, "failures_left_out")), 80);
    json_decref(evidence);
}

static void harness_run__one_case_alone(void **state) {
    json_t *evidence = run_one(&check_passes, "two");
    (void)state;
    assert_string_equal(dpone_json_text(evidence, "verdict"), "passed");
    assert_int_equal(json_array_size(json_object_get(evidence, "cases")), 1);
    json_decref(evidence);
    evidence = run_one(&check_passes, "three");
    assert_string_equal(dpone_json_text(evidence, "reason"), "the check has no such case");
    assert_string_equal(dpone_json_text(evidence, "verdict"), "unverified");
    const json_t *known = json_object_get(evidence, "known_cases");
    assert_int_equal(json_array_size(known), 2);
    assert_string_equal(json_string_value(json_array_get(known, 1)), "two");
    json_decref(evidence);
}

static void assert_environment(const struct dpone_check *check, const char *reason) {
    json_t *evidence = run_one(check, NULL);
    assert_string_equal(dpone_json_text(evidence, "verdict"), "unverified");
    assert_string_equal(dpone_json_text(evidence, "reason"), reason);
    assert_true(json_is_true(json_object_get(evidence, "environment")));
    json_decref(evidence);
}

static void harness_run__a_broken_environment_is_no_failure(void **state) {
    (void)state;
    assert_environment(&check_loses_its_environment, "options: no space left");
    json_t *evidence = run_one(&check_loses_its_environment, NULL);
    assert_string_equal(dpone_json_text(case_of(evidence, "half"), "verdict"), "unverified");
    json_decref(evidence);
}

static pid_t start_hanging(void) {
    pid_t child = fork();
    if (child == 0) {
        static const struct dpone_check patient = {
            .id = "hangs", .title = "A check of the tests", .remedy = "Try again.", .run = run_hangs};
        const struct dpone_check *check = &patient;
        struct dpone_error error = DPONE_ERROR_INIT;
        struct dpone_harness harness = {.subject = &package.subject, .jobs = 1};
        int32_t status = dpone_harness_run(&harness, &check, 1, &error);
        _exit(strcmp(error.message, "interrupted; run it again") == 0 ? status : 99);
    }
    return child;
}

/* Waits until the check's process runs: its evidence says so. */
static void await_start(void) {
    json_t *evidence = NULL;
    for (int i = 0; i < 1000 && evidence == NULL; i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        (void)usleep(10000);
        (void)dpone_evidence_read(&evidence, package.subject.artifact_directory, "hangs", &error);
    }
    assert_string_equal(dpone_json_text(evidence, "verdict"), "unverified");
    assert_string_equal(dpone_json_text(evidence, "reason"),
                        "the check started and did not finish; run it again");
    json_decref(evidence);
    (void)usleep(100000);
}

static void forget_evidence(void) {
    char *path = dpone_evidence_path(package.subject.artifact_directory, "hangs");
    (void)unlink(path);
    free(path);
}

static void harness_run__an_interruption_is_unverified(void **state) {
    int status = 0;
    json_t *evidence = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    forget_evidence();
    pid_t child = start_hanging();
    await_start();
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), DPONE_CANCELLED);
    assert_int_equal(dpone_evidence_read(&evidence, package.subject.artifact_directory, "hangs", &error),
                     DPONE_OK);
    assert_string_equal(dpone_json_text(evidence, "verdict"), "unverified");
    assert_string_equal(dpone_json_text(evidence, "reason"), "interrupted; run it again");
    assert_true(json_is_true(json_object_get(evidence, "environment")));
    json_decref(evidence);
}

static size_t count_entries(const char *path) {
    size_t count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count;
}

static void harness_run__removes_private_folders(void **state) {
    char *temporary = dpone_format("%s/temporary", package.root);
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(dpone_directory_make(temporary, &error), DPONE_OK);
    (void)setenv("TMPDIR", temporary, 1);
    json_decref(run_one(&check_litters, NULL));
    json_decref(run_one(&check_crashes, NULL));
    (void)unsetenv("TMPDIR");
    assert_int_equal(count_entries(temporary), 2);
    free(temporary);
}

/* SIGKILL of the main process: the worker removes its folder, and the next run those whose worker died too.
 */
static void harness_run__sweeps_folders_of_the_dead(void **state) {
    char *temporary = dpone_format("%s/swept", package.root);
    const struct dpone_check *check = &check_passes;
    struct dpone_harness harness = {.subject = &package.subject, .jobs = 1};
    char *stale = dpone_format("%s/dpone-check-abcdef", temporary);
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(dpone_directory_make(stale, &error), DPONE_OK);
    (void)setenv("TMPDIR", temporary, 1);
    json_decref(run_one(&check_passes, NULL));
    assert_int_equal(count_entries(temporary), 2);
    forget_evidence();
    pid_t child = start_hanging();
    await_start();
    assert_int_equal(dpone_harness_run(&harness, &check, 1, &error), DPONE_OK); /* the living stay */
    assert_int_equal(count_entries(temporary), 3);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    for (int i = 0; i < 1000 && count_entries(temporary) > 2; i++) {
        (void)usleep(10000);
    }
    assert_int_equal(count_entries(temporary), 2);
    (void)unsetenv("TMPDIR");
    free(stale);
    free(temporary);
}

static void harness_run__keeps_secrets_out_of_evidence(void **state) {
    (void)state;
    (void)setenv("DPONE_TEST_SECRET", "correct horse", 1);
    json_t *evidence = run_one(&check_tells_a_secret, NULL);
    char *text = json_dumps(evidence, 0);
    assert_string_equal(dpone_json_text(evidence, "output"), "logging in with *************\n");
    assert_string_equal(dpone_json_text(failure_of(evidence, "leak"), "observed"), "*************");
    assert_null(strstr(text, "correct horse"));
    (void)unsetenv("DPONE_TEST_SECRET");
    free(text);
    json_decref(evidence);
}

static void harness_obstacle__texts(void **state) {
    static const struct dpone_check later = {.id = "later"};
    static const struct dpone_check live = {
        .id = "live", .profile = DPONE_PROFILE_LOCAL, .needs = DPONE_NEED_PLUGIN, .run = run_passes};
    static const struct dpone_check loads = {.id = "loads", .needs = DPONE_NEED_PLUGIN, .run = run_passes};
    static const struct dpone_check judges = {
        .id = "judges", .needs = DPONE_NEED_CONTRACT, .run = run_passes};
    char text[256];
    (void)state;
    assert_null(dpone_harness_obstacle(&judges, &package.subject, text, sizeof(text)));
    struct dpone_contract *contract = package.subject.package->contract;
    package.subject.package->contract = NULL;
    assert_string_equal(dpone_harness_obstacle(&judges, &package.subject, text, sizeof(text)),
                        "certification/certification.yaml cannot be read; see package_layout");
    package.subject.package->contract = contract;
    assert_string_equal(dpone_harness_obstacle(&later, &package.subject, text, sizeof(text)),
                        "check not available in this version");
    assert_string_equal(dpone_harness_obstacle(&live, &package.subject, text, sizeof(text)),
                        "needs profile local, and static was asked for");
    assert_string_equal(dpone_harness_obstacle(&loads, &package.subject, text, sizeof(text)),
                        "no plug-in was given; name it with --plugin FILE");
    assert_null(dpone_harness_obstacle(&check_passes, &package.subject, text, sizeof(text)));
}

static void note_progress(void *context, const struct dpone_check *check, const json_t *evidence) {
    (void)check;
    *(int *)context += evidence != NULL;
}

static void harness_run__side_by_side(void **state) {
    const struct dpone_check *const checks[] = {&check_passes, &check_fails, &check_hangs, &check_crashes,
                                                &check_skips};
    struct dpone_error error = DPONE_ERROR_INIT;
    int done = 0;
    struct dpone_harness harness = {
        .subject = &package.subject, .jobs = 4, .progress = note_progress, .progress_context = &done};
    (void)state;
    assert_int_equal(dpone_harness_run(&harness, checks, 5, &error), DPONE_OK);
    assert_int_equal(done, 5);
}

static void evidence__same_seed_same_verdict_digest(void **state) {
    json_t *first = run_one(&check_fails, NULL);
    json_t *second = run_one(&check_fails, NULL);
    (void)state;
    assert_string_equal(dpone_json_text(first, "verdict_digest"), dpone_json_text(second, "verdict_digest"));
    json_decref(first);
    json_decref(second);
}

static int open_package(void **state) {
    (void)state;
    test_package_open(&package);
    return 0;
}

static int close_package(void **state) {
    (void)state;
    test_package_close(&package);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harness_run__verdicts),
        cmocka_unit_test(harness_run__tells_where_expected_observed_remedy_and_rerun),
        cmocka_unit_test(harness_run__a_process_that_ends_badly_has_failed),
        cmocka_unit_test(harness_run__a_case_that_expects_nothing_has_failed),
        cmocka_unit_test(harness_run__keeps_output_and_counts_failures),
        cmocka_unit_test(harness_run__one_case_alone),
        cmocka_unit_test(harness_run__removes_private_folders),
        cmocka_unit_test(harness_run__a_broken_environment_is_no_failure),
        cmocka_unit_test(harness_run__an_interruption_is_unverified),
        cmocka_unit_test(harness_run__sweeps_folders_of_the_dead),
        cmocka_unit_test(harness_run__keeps_secrets_out_of_evidence),
        cmocka_unit_test(harness_obstacle__texts),
        cmocka_unit_test(harness_run__side_by_side),
        cmocka_unit_test(evidence__same_seed_same_verdict_digest),
    };
    return cmocka_run_group_tests(tests, open_package, close_package);
}
