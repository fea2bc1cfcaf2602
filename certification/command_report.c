/* dpone connectors report: evidence files -> certification_report.{json,md}. */
#include "commands.h"

#include "artifacts.h"
#include "command_report.h"
#include "command_support.h"
#include "report.h"
#include "sanitizer_preload.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void print_checks(const json_t *checks) {
    char word[48];
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *entry = json_array_get(checks, i);
        const char *reason = dpone_json_text(entry, "reason");
        const json_t *failed = json_object_get(entry, "failed_cases");
        (void)printf("%s %s%s%s%s\n", dpone_command_verdict(dpone_json_text(entry, "verdict"), word),
                     dpone_json_text(entry, "check"),
                     json_is_true(json_object_get(entry, "required")) ? "" : " (not required)",
                     *reason == '\0' ? "" : ": ", reason);
        for (size_t k = 0; k < json_array_size(failed); k++) {
            dpone_command_print_failed_case(json_array_get(failed, k));
        }
    }
}

static void print_summary(const json_t *report, const char *artifact_directory) {
    const json_t *problems = json_object_get(report, "problems");
    for (size_t i = 0; i < json_array_size(problems); i++) {
        (void)printf("problem    %s\n", json_string_value(json_array_get(problems, i)));
    }
    (void)printf(
        "\n%s is %s (profile %s, seed %lld)\n  %s/" DPONE_REPORT_MARKDOWN "\n  %s/" DPONE_REPORT_JSON "\n",
        dpone_json_text(report, "connector"), dpone_report_status(report), dpone_json_text(report, "profile"),
        (long long)json_integer_value(json_object_get(report, "seed")), artifact_directory,
        artifact_directory);
}

int32_t dpone_command_print_report(const json_t *report, const char *artifact_directory, int json,
                                   int allow_unverified) {
    const char *status = dpone_report_status(report);
    if (json) {
        dpone_command_print_json(report);
    } else {
        print_summary(report, artifact_directory);
    }
    if (strcmp(status, "certified") == 0) {
        return DPONE_EXIT_HOLDS;
    }
    return allow_unverified && strcmp(status, "unverified") == 0 ? DPONE_EXIT_SKIPPED : DPONE_EXIT_FAILED;
}

static int32_t report_locked(const struct dpone_arguments *arguments, const struct dpone_subject *subject,
                             struct dpone_error *error) {
    json_t *report = NULL;
    int json = dpone_command_wants_json(arguments);
    int32_t status = dpone_report_build(&report, subject, error);
    if (status == DPONE_OK) {
        status = dpone_report_write(report, subject->artifact_directory, error);
    }
    if (status != DPONE_OK) {
        json_decref(report);
        return dpone_command_fail(arguments, error);
    }
    if (!json) {
        print_checks(json_object_get(report, "checks"));
    }
    int32_t code = dpone_command_print_report(report, subject->artifact_directory, json,
                                              dpone_arguments_flag(arguments, "--allow-unverified"));
    json_decref(report);
    return code;
}

int32_t dpone_report_command(const struct dpone_arguments *arguments) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_subject subject;
    int lock = -1;
    int32_t code;
    int32_t status =
        dpone_artifacts_open_session(&subject, dpone_arguments_value(arguments, "--artifact-dir"), &error);
    if (status != DPONE_OK) {
        code = dpone_command_fail(arguments, &error);
        return status == DPONE_NOT_FOUND ? DPONE_EXIT_FAILED : code; /* missing evidence is never success */
    }
    dpone_sanitizer_preload(subject.plugin);
    status = dpone_subject_make_artifacts(&subject, &error);
    if (status == DPONE_OK) {
        status = dpone_artifacts_lock(&lock, subject.artifact_directory, DPONE_ARTIFACTS_EXCLUSIVE, &error);
    }
    code = status == DPONE_OK ? report_locked(arguments, &subject, &error)
                              : dpone_command_fail(arguments, &error);
    if (lock >= 0) {
        close(lock);
    }
    dpone_subject_close(&subject);
    return code;
}
