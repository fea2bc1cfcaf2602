/* A small connector package in a temporary folder, for tests of the certification. */
#ifndef TESTS_UNIT_CERTIFICATION_PACKAGE_H
#define TESTS_UNIT_CERTIFICATION_PACKAGE_H

#include "certification/path.h"
#include "certification/subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const test_manifest = "{\"contract_version\": \"1\", \"connector\": \"demo_api\", "
                                         "\"connector_type\": \"api\", \"version\": \"1.0.0\",\n"
                                         " \"capabilities\": [\"source\"], \"native_capabilities\": [], "
                                         "\"import_package\": \"dpone_connector_demo_api\",\n"
                                         " \"libraries\": {\"required\": [], \"optional\": []}}\n";

static const char *const test_contract =
    "contract_version: \"1\"\n"
    "connector: demo_api\n"
    "connector_type: api\n"
    "capabilities:\n"
    "  source:\n"
    "    strategies: [full_refresh]\n"
    "    required_tests: [import_safety, manifest_validation, schema_inference, full_refresh_extract, "
    "quality_contracts, run_artifact_evidence]\n"
    "quality_gates: {unit_tests: true, manifest_examples_parse: true, docs_present: true, "
    "run_artifacts_present: "
    "true, secret_redaction: true}\n"
    "performance: {benchmark_required: true, minimum_rows: 10000, wide_columns: 120}\n"
    "evidence: {}\n"
    "environment: {connector_options: {token: {secret: env:DPONE_TEST_SECRET}}}\n";

struct test_package {
    char *root; /* holds the folders package and artifacts */
    struct dpone_subject subject;
};

static inline void test_package_write(const struct test_package *package, const char *relative,
                                      const char *text) {
    struct dpone_error error = DPONE_ERROR_INIT;
    char *path = dpone_format("%s/package/%s", package->root, relative);
    char *folder = dpone_format("%.*s", (int)(strrchr(path, '/') - path), path);
    if (dpone_directory_make(folder, &error) != DPONE_OK ||
        dpone_file_write(path, text, strlen(text), &error) != DPONE_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        abort();
    }
    free(folder);
    free(path);
}

static inline void test_package_open(struct test_package *package) {
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_directory_make_temporary(&package->root, "/tmp", &error) != DPONE_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        abort();
    }
    test_package_write(package, DPONE_PACKAGE_MANIFEST, test_manifest);
    test_package_write(package, DPONE_PACKAGE_CONTRACT, test_contract);
    test_package_write(package, "README.md", "# demo\n");
    char *directory = dpone_format("%s/package", package->root);
    char *artifacts = dpone_format("%s/artifacts", package->root);
    struct dpone_subject_request request = {
        .package = directory, .artifact_directory = artifacts, .profile = DPONE_PROFILE_STATIC, .seed = 7};
    if (dpone_subject_open(&package->subject, &request, &error) != DPONE_OK ||
        dpone_subject_make_artifacts(&package->subject, &error) != DPONE_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        abort();
    }
    free(directory);
    free(artifacts);
}

static inline void test_package_close(struct test_package *package) {
    dpone_subject_close(&package->subject);
    dpone_directory_remove(package->root);
    free(package->root);
}

#endif
