/* Evidence, report and verification: what belongs together, what is stale, missing or edited. */
#include "certification/catalogue.h"
#include "certification/harness.h"
#include "certification/report.h"
#include "certification/relative_path.h"
#include "certification/verify.h"

#include "certification_package.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static struct test_package package;

static void run_check(const char *id) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_harness harness = {.subject = &package.subject, .jobs = 1};
    const struct dpone_check *check = dpone_catalogue_find(id);
    assert_int_equal(dpone_harness_run(&harness, &check, 1, &error), DPONE_OK);
}

static json_t *build_report(void) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *report = NULL;
    assert_int_equal(dpone_report_build(&report, &package.subject, &error), DPONE_OK);
    assert_int_equal(dpone_report_write(report, package.subject.artifact_directory, &error), DPONE_OK);
    return report;
}

static const json_t *entry_of(const json_t *report, const char *check) {
    size_t index;
    const json_t *entry;
    json_array_foreach(json_object_get(report, "checks"), index, entry) {
        if (strcmp(dpone_json_text(entry, "check"), check) == 0) {
            return entry;
        }
    }
    fail_msg("no entry for %s", check);
    return NULL;
}

static void report_build__missing_evidence_is_named(void **state) {
    json_t *report = build_report();
    (void)state;
    assert_string_equal(dpone_report_status(report), "unverified");
    assert_string_equal(dpone_json_text(entry_of(report, "docs_present"), "verdict"), "unverified");
    assert_string_equal(dpone_json_text(entry_of(report, "docs_present"), "reason"),
                        "no evidence: the check did not run");
    json_decref(report);
}

static void report_build__a_failed_check_fails_the_certificate(void **state) {
    (void)state;
    run_check("docs_present"); /* this package has no guide */
    json_t *report = build_report();
    assert_string_equal(dpone_report_status(report), "failed");
    assert_string_equal(dpone_json_text(entry_of(report, "docs_present"), "verdict"), "failed");
    assert_true(json_array_size(json_object_get(entry_of(report, "docs_present"), "failed_cases")) > 0);
    json_decref(report);
}

static void report_build__stale_evidence_is_named(void **state) {
    (void)state;
    run_check("docs_present");
    test_package_write(&package, "README.md", "# changed\n");
    json_t *report = build_report();
    assert_string_equal(dpone_json_text(entry_of(report, "docs_present"), "verdict"), "unverified");
    assert_string_equal(dpone_json_text(entry_of(report, "docs_present"), "reason"),
                        "stale: since the check ran these changed: README.md; run it again");
    test_package_write(&package, "README.md", "# demo\n");
    json_decref(report);
}

static void report_build__another_seed_is_stale(void **state) {
    (void)state;
    run_check("docs_present");
    package.subject.seed = 8;
    json_t *report = build_report();
    assert_string_equal(dpone_json_text(entry_of(report, "docs_present"), "reason"),
                        "stale: since the check ran these changed: seed; run it again");
    package.subject.seed = 7;
    json_decref(report);
}

static void report_build__contract_problems_fail_it(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_package *old = package.subject.package;
    char *text = dpone_format("%s", test_contract);
    (void)state;
    memcpy(strstr(text, "minimum_rows: 10000"), "minimum_rows: 00001", 19);
    test_package_write(&package, DPONE_PACKAGE_CONTRACT, text);
    assert_int_equal(dpone_package_open(&package.subject.package, old->directory, &error), DPONE_OK);
    json_t *report = build_report();
    assert_string_equal(dpone_report_status(report), "failed");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(report, "problems"), 0)),
        "certification/certification.yaml:9:55: error: performance.minimum_rows: 1 is below 10000; "
        "raise it: the floor may rise, never sink");
    json_decref(report);
    dpone_package_close(package.subject.package);
    package.subject.package = old;
    test_package_write(&package, DPONE_PACKAGE_CONTRACT, test_contract);
    free(text);
}

/* ---- Verification ---- */

/* The first difference that is found, on the heap; NULL when the report verifies. */
static char *first_difference(void) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *report = NULL;
    json_t *differences = NULL;
    char *path = dpone_format("%s/" DPONE_REPORT_JSON, package.subject.artifact_directory);
    struct dpone_verification verification = {.report_path = path};
    assert_int_equal(dpone_verify_report(&report, &differences, &verification, &error), DPONE_OK);
    const char *text = json_string_value(json_array_get(differences, 0));
    char *copy = text == NULL ? NULL : strdup(text);
    json_decref(report);
    json_decref(differences);
    free(path);
    return copy;
}

static void assert_verifies(void) {
    char *difference = first_difference();
    if (difference != NULL) {
        fail_msg("%s", difference);
    }
}

static void verify_report__names_what_changed(void **state) {
    (void)state;
    run_check("docs_present");
    json_decref(build_report());
    assert_verifies();
    test_package_write(&package, "README.md", "# changed\n");
    char *difference = first_difference();
    assert_non_null(strstr(difference, "package file README.md: its SHA-256 is "));
    free(difference);
    test_package_write(&package, "README.md", "# demo\n");
    test_package_write(&package, "new.md", "x\n");
    difference = first_difference();
    assert_string_equal(difference, "package file new.md: the report does not know it");
    free(difference);
    char *path = dpone_format("%s/package/new.md", package.root);
    assert_int_equal(unlink(path), 0);
    assert_verifies();
    run_check("docs_present");
    difference = first_difference();
    assert_non_null(strstr(difference, "evidence of docs_present: its SHA-256 is "));
    free(difference);
    free(path);
}

/* Sets one byte of a file to another value and back again. */
static void flip(const char *path, unsigned random, char *data, size_t size) {
    struct dpone_error error = DPONE_ERROR_INIT;
    size_t at = random % size;
    char old = data[at];
    data[at] = (char)(old ^ (char)(1u << (random / 7 % 7)));
    assert_int_equal(dpone_file_write(path, data, size, &error), DPONE_OK);
    char *difference = first_difference();
    if (difference == NULL) {
        fail_msg("byte %zu of %s was %d, became %d, and nobody noticed", at, path, old, data[at]);
    }
    free(difference);
    data[at] = old;
    assert_int_equal(dpone_file_write(path, data, size, &error), DPONE_OK);
}

static void verify_report__every_edit_of_a_byte_is_caught(void **state) {
    static const char *const files[] = {"artifacts/certification_report.json",
                                        "artifacts/certification_report.md",
                                        "artifacts/evidence/docs_present.json", "package/README.md",
                                        "package/certification/certification.yaml"};
    struct dpone_error error = DPONE_ERROR_INIT;
    unsigned random = 12345;
    (void)state;
    run_check("docs_present");
    json_decref(build_report());
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *path = dpone_format("%s/%s", package.root, files[i]);
        char *data = NULL;
        size_t size = 0;
        assert_int_equal(dpone_path_read(&data, &size, path, 1 << 20, &error), DPONE_OK);
        for (int edit = 0; edit < 40; edit++) {
            random = random * 1103515245u + 12345u;
            flip(path, random >> 4, data, size);
        }
        free(data);
        free(path);
    }
    assert_verifies();
}

static void path_relative__cases(void **state) {
    static const char *const cases[][3] = {{"/a/b", "/a/b", "."},       {"/a/b", "/a/b/c", "c"},
                                           {"/a/b", "/a", ".."},        {"/a/b/c", "/a/x/y", "../../x/y"},
                                           {"/a/bc", "/a/bd", "../bd"}, {"/a/b", "/a/bc", "../bc"},
                                           {"/a/bc", "/a/b", "../b"},   {"/x", "/y/z", "../y/z"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *path = dpone_path_relative(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        free(path);
    }
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
        cmocka_unit_test(report_build__missing_evidence_is_named),
        cmocka_unit_test(report_build__a_failed_check_fails_the_certificate),
        cmocka_unit_test(report_build__stale_evidence_is_named),
        cmocka_unit_test(report_build__another_seed_is_stale),
        cmocka_unit_test(report_build__contract_problems_fail_it),
        cmocka_unit_test(verify_report__names_what_changed),
        cmocka_unit_test(verify_report__every_edit_of_a_byte_is_caught),
        cmocka_unit_test(path_relative__cases),
    };
    return cmocka_run_group_tests(tests, open_package, close_package);
}
