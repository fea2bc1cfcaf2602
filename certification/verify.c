/* Recomputing everything that a report claims. */
#include "verify.h"

#include "path.h"
#include "probe.h"

#include <stdlib.h>
#include <string.h>

#define MARKDOWN_BYTES_MAXIMUM ((size_t)64 << 20)

struct verification {
    const struct dpone_verification *request;
    char *directory; /* of the report */
    const json_t *report;
    json_t *differences;
};

static void differ(struct verification *verification, char *text) {
    (void)json_array_append_new(verification->differences,
                                json_string(text == NULL ? "something that could not be described" : text));
    free(text);
}

/* The file that `given` names, or the one at `recorded` below the report's folder; on the heap. */
static char *locate(const struct verification *verification, const char *given, const char *recorded) {
    return given != NULL ? strdup(given) : dpone_format("%s/%s", verification->directory, recorded);
}

static void verify_file(struct verification *verification, const char *what, const char *path,
                        const char *recorded) {
    char sha256[DPONE_SHA256_TEXT_BYTES];
    struct dpone_error error = DPONE_ERROR_INIT;
    if (path == NULL || dpone_sha256_file(sha256, path, &error) != DPONE_OK) {
        differ(verification, dpone_format("%s: %s", what, path == NULL ? "no memory" : error.message));
    } else if (strcmp(sha256, recorded) != 0) {
        differ(verification,
               dpone_format("%s: its SHA-256 is %s, the report says %s (%s)", what, sha256, recorded, path));
    }
}

static void verify_plugin(struct verification *verification) {
    const json_t *plugin = json_object_get(verification->report, "plugin");
    if (!json_is_object(plugin)) {
        if (verification->request->plugin != NULL) {
            differ(verification, dpone_format("plug-in: the report is about no binary (profile static)"));
        }
        return;
    }
    char *path = locate(verification, verification->request->plugin, dpone_json_text(plugin, "path"));
    verify_file(verification, "plug-in", path, dpone_json_text(plugin, "sha256"));
    free(path);
}

static void verify_markdown(struct verification *verification) {
    char *path = dpone_format("%s/" DPONE_REPORT_MARKDOWN, verification->directory);
    char *expected = dpone_report_markdown(verification->report);
    char *text = NULL;
    size_t size = 0;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (path == NULL || expected == NULL) {
        differ(verification, NULL);
    } else if (dpone_path_read(&text, &size, path, MARKDOWN_BYTES_MAXIMUM, &error) != DPONE_OK) {
        differ(verification, dpone_format("report: %s", error.message));
    } else if (strlen(expected) != size || memcmp(expected, text, size) != 0) {
        differ(verification, dpone_format("report: %s is not what certification_report.json says", path));
    }
    free(text);
    free(expected);
    free(path);
}

static void verify_evidence(struct verification *verification) {
    const json_t *checks = json_object_get(verification->report, "checks");
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *entry = json_array_get(checks, i);
        const json_t *evidence = json_object_get(entry, "evidence");
        if (evidence == NULL) {
            continue;
        }
        char *what = dpone_format("evidence of %s", dpone_json_text(entry, "check"));
        char *path = locate(verification, NULL, dpone_json_text(evidence, "file"));
        verify_file(verification, what == NULL ? "evidence" : what, path,
                    dpone_json_text(evidence, "sha256"));
        free(path);
        free(what);
    }
}

static void compare_files(struct verification *verification, const json_t *recorded, const json_t *current) {
    const char *path;
    json_t *digest;
    json_object_foreach((json_t *)(uintptr_t)recorded, path, digest) {
        const json_t *now = json_object_get(current, path);
        if (now == NULL) {
            differ(verification, dpone_format("package file %s: is gone", path));
        } else if (!json_equal(now, digest)) {
            differ(verification, dpone_format("package file %s: its SHA-256 is %s, the report says %s", path,
                                              json_string_value(now), json_string_value(digest)));
        }
    }
    json_object_foreach((json_t *)(uintptr_t)current, path, digest) {
        if (json_object_get(recorded, path) == NULL) {
            differ(verification, dpone_format("package file %s: the report does not know it", path));
        }
    }
}

static void verify_required(struct verification *verification, const struct dpone_subject *subject) {
    struct dpone_offer offer = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *facts = NULL;
    const json_t *plugin = json_object_get(verification->report, "plugin");
    char *path = json_is_object(plugin)
                     ? locate(verification, verification->request->plugin, dpone_json_text(plugin, "path"))
                     : NULL;
    dpone_offer_add_package(&offer, subject->package);
    if (path != NULL && dpone_path_is_file(path)) {
        (void)dpone_probe_plugin(&facts, &offer, path, &error);
    }
    json_t *required = dpone_report_required(subject, &offer);
    if (!json_equal(required, json_object_get(verification->report, "required"))) {
        char *now = json_dumps(required, JSON_COMPACT);
        differ(verification, dpone_format("required set: it is now %s", now == NULL ? "another one" : now));
        free(now);
    }
    json_decref(required);
    json_decref(facts);
    free(path);
}

static void verify_package(struct verification *verification) {
    const json_t *recorded = json_object_get(verification->report, "package");
    struct dpone_subject subject = {0};
    struct dpone_file_digests files = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    char *path = locate(verification, verification->request->package, dpone_json_text(recorded, "directory"));
    int32_t status = path == NULL ? dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "no memory")
                                  : dpone_package_open(&subject.package, path, &error);
    if (status == DPONE_OK) {
        status =
            dpone_package_digests(&files, subject.package->directory, NULL, verification->directory, &error);
    }
    if (status != DPONE_OK) {
        differ(verification, dpone_format("package: %s", error.message));
    } else {
        json_t *current = dpone_evidence_files(&files);
        compare_files(verification, json_object_get(recorded, "files"), current);
        verify_required(verification, &subject);
        json_decref(current);
    }
    dpone_file_digests_clear(&files);
    dpone_package_close(subject.package);
    free(path);
}

static void verify_verdict(struct verification *verification) {
    char digest[DPONE_SHA256_TEXT_BYTES];
    if (dpone_report_verdict_digest(digest, verification->report) != DPONE_OK ||
        strcmp(digest, dpone_json_text(verification->report, "verdict_digest")) != 0) {
        differ(verification, dpone_format("report: its verdict_digest is not that of its verdicts"));
    }
}

static char *folder_of(const char *path) {
    char *copy = realpath(path, NULL);
    char *slash = copy == NULL ? NULL : strrchr(copy, '/');
    if (slash != NULL) {
        slash[slash == copy ? 1 : 0] = '\0';
    }
    return copy;
}

int32_t dpone_verify_report(json_t **report, json_t **differences, const struct dpone_verification *request,
                            struct dpone_error *error) {
    struct verification verification = {.request = request, .differences = json_array()};
    *differences = verification.differences;
    int32_t status = dpone_sealed_read(report, request->report_path, error);
    if (status == DPONE_DATA_CORRUPT) {
        differ(&verification, dpone_format("report: %s", error->message));
        return DPONE_OK;
    }
    if (status != DPONE_OK) {
        return status;
    }
    verification.report = *report;
    verification.directory = folder_of(request->report_path);
    if (verification.directory == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a path");
    }
    verify_verdict(&verification);
    verify_markdown(&verification);
    verify_plugin(&verification);
    verify_evidence(&verification);
    verify_package(&verification);
    free(verification.directory);
    return DPONE_OK;
}
