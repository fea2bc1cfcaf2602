/* dpone connectors verify: does a report belong to this binary and these files, and do its checks still
 * agree? */
#include "commands.h"

#include "artifacts.h"
#include "command_support.h"
#include "catalogue.h"
#include "harness.h"
#include "path.h"
#include "verify.h"

#include "runtime/private_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs the report's checks again, into a folder of its own, with its seed and profile. */
struct rerun {
    struct dpone_subject subject;
    const struct dpone_check **checks;
    size_t check_count;
};

static int32_t open_rerun(struct rerun *rerun, const json_t *report,
                          const struct dpone_verification *verification, const char *directory,
                          struct dpone_error *error) {
    char *folder = realpath(verification->report_path, NULL);
    char *slash = folder == NULL ? NULL : strrchr(folder, '/');
    if (slash == NULL) {
        free(folder);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a path");
    }
    *slash = '\0';
    char *package =
        dpone_format("%s/%s", folder, dpone_json_text(json_object_get(report, "package"), "directory"));
    char *plugin = dpone_format("%s/%s", folder, dpone_json_text(json_object_get(report, "plugin"), "path"));
    int has_plugin = json_is_object(json_object_get(report, "plugin"));
    struct dpone_subject_request request = {
        .package = verification->package != NULL ? verification->package : package,
        .plugin = verification->plugin != NULL ? verification->plugin
                  : has_plugin                 ? plugin
                                               : NULL,
        .artifact_directory = directory,
        .profile = dpone_profile_parse(dpone_json_text(report, "profile")),
        .seed = (uint64_t)json_integer_value(json_object_get(report, "seed"))};
    int32_t status = dpone_subject_open(&rerun->subject, &request, error);
    free(plugin);
    free(package);
    free(folder);
    return status == DPONE_OK ? dpone_subject_make_artifacts(&rerun->subject, error) : status;
}

static int32_t select_required(struct rerun *rerun, const json_t *report, struct dpone_error *error) {
    const json_t *required = json_object_get(report, "required");
    rerun->checks = calloc(json_array_size(required) + 1, sizeof(const struct dpone_check *));
    if (rerun->checks == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to select checks");
    }
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *id = json_string_value(json_array_get(required, i));
        const struct dpone_check *check = id == NULL ? NULL : dpone_catalogue_find(id);
        if (check != NULL) {
            rerun->checks[rerun->check_count++] = check;
        }
    }
    return DPONE_OK;
}

static void compare_verdicts(json_t *differences, const json_t *before, const json_t *after) {
    const json_t *checks = json_object_get(before, "checks");
    if (strcmp(dpone_json_text(before, "verdict_digest"), dpone_json_text(after, "verdict_digest")) == 0) {
        return;
    }
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *entry = json_array_get(checks, i);
        const json_t *others = json_object_get(after, "checks");
        for (size_t k = 0; k < json_array_size(others); k++) {
            const json_t *other = json_array_get(others, k);
            if (strcmp(dpone_json_text(entry, "check"), dpone_json_text(other, "check")) == 0 &&
                strcmp(dpone_json_text(entry, "verdict_digest"), dpone_json_text(other, "verdict_digest")) !=
                    0) {
                char *text =
                    dpone_format("rerun of %s: %s, the report says %s", dpone_json_text(entry, "check"),
                                 dpone_json_text(other, "verdict"), dpone_json_text(entry, "verdict"));
                (void)json_array_append_new(differences, json_string(text == NULL ? "rerun" : text));
                free(text);
            }
        }
    }
    if (json_array_size(differences) == 0) {
        (void)json_array_append_new(differences, json_string("rerun: the verdict_digest differs"));
    }
}

static int32_t run_again(json_t *differences, const json_t *report,
                         const struct dpone_verification *verification, struct dpone_error *error) {
    struct rerun rerun = {0};
    json_t *again = NULL;
    struct dpone_private_folder folder = {NULL, -1};
    int32_t status = dpone_private_folder_make(&folder, NULL, DPONE_CHECK_FOLDER, error);
    if (status == DPONE_OK) {
        status = open_rerun(&rerun, report, verification, folder.path, error);
    }
    if (status == DPONE_OK) {
        status = select_required(&rerun, report, error);
    }
    if (status == DPONE_OK) {
        struct dpone_harness harness = {.subject = &rerun.subject, .jobs = 1};
        status = dpone_harness_run(&harness, rerun.checks, rerun.check_count, error);
    }
    if (status == DPONE_OK) {
        status = dpone_report_build(&again, &rerun.subject, error);
    }
    if (status == DPONE_OK) {
        compare_verdicts(differences, report, again);
    }
    dpone_private_folder_remove(&folder);
    json_decref(again);
    dpone_subject_close(&rerun.subject);
    free(rerun.checks);
    return status;
}

static int32_t print_result(const struct dpone_arguments *arguments, const json_t *report,
                            const json_t *differences) {
    int holds = json_array_size(differences) == 0;
    if (dpone_command_wants_json(arguments)) {
        json_t *document = json_pack("{s:b, s:O, s:s}", "verified", holds, "differences", differences,
                                     "status", report == NULL ? "" : dpone_report_status(report));
        dpone_command_print_json(document);
        json_decref(document);
    } else if (holds) {
        (void)printf("%s belongs to this binary and these files; it says %s\n",
                     dpone_arguments_operand(arguments, 0), dpone_report_status(report));
    }
    for (size_t i = 0; !dpone_command_wants_json(arguments) && i < json_array_size(differences); i++) {
        (void)printf("differs: %s\n", json_string_value(json_array_get(differences, i)));
    }
    return holds && strcmp(dpone_report_status(report), "certified") == 0 ? DPONE_EXIT_HOLDS
                                                                          : DPONE_EXIT_FAILED;
}

int32_t dpone_verify_command(const struct dpone_arguments *arguments) {
    struct dpone_verification verification = {.report_path = dpone_arguments_operand(arguments, 0),
                                              .plugin = dpone_arguments_value(arguments, "--plugin"),
                                              .package = dpone_arguments_value(arguments, "--package")};
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *report = NULL;
    json_t *differences = NULL;
    int32_t status = dpone_verify_report(&report, &differences, &verification, &error);
    if (status == DPONE_OK && report != NULL && dpone_arguments_flag(arguments, "--rerun")) {
        status = run_again(differences, report, &verification, &error);
    }
    int32_t code = status == DPONE_OK ? print_result(arguments, report, differences)
                                      : dpone_command_fail(arguments, &error);
    json_decref(report);
    json_decref(differences);
    return code;
}
