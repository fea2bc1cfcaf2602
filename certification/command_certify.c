/* dpone connectors certify: runs checks and, unless single ones were asked for, writes the report. */
#include "commands.h"

#include "artifacts.h"
#include "catalogue.h"
#include "command_report.h"
#include "command_support.h"
#include "harness.h"
#include "probe.h"
#include "report.h"
#include "sanitizer_preload.h"

#include "manifest/suggest.h"

#include "runtime/private_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One certification under way. */
struct certification {
    const struct dpone_arguments *arguments;
    struct dpone_subject subject;
    const struct dpone_check **checks;
    size_t check_count;
    const char *only_case;
    struct dpone_private_folder throwaway; /* the artifact folder of a single case */
    int json;
    int progress; /* 1: a line on stderr that counts */
    json_t *results;
    size_t done;
};

/* ---- Which checks ---- */

static int32_t unknown_check(const char *name, struct dpone_error *error) {
    char text[96];
    size_t count = 0;
    struct dpone_suggestion suggestion = {.word = dpone_string_of(name)};
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    for (size_t i = 0; i < count; i++) {
        dpone_suggestion_consider(&suggestion, dpone_string_of(checks[i]->id));
    }
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                           "--check %s: unknown check%s; see `dpone connectors checks`", name,
                           dpone_suggestion_text(&suggestion, text, sizeof(text)));
}

static int32_t select_named(struct certification *run, struct dpone_error *error) {
    for (size_t i = 0; i < dpone_arguments_count(run->arguments, "--check"); i++) {
        const char *name = dpone_arguments_at(run->arguments, "--check", i);
        const struct dpone_check *check = dpone_catalogue_find(name);
        if (check == NULL) {
            return unknown_check(name, error);
        }
        run->checks[run->check_count++] = check;
    }
    return DPONE_OK;
}

/* "source" selects the checks of that capability, if it is one of `offered`; "native_transfer.stream" those
 * whose id begins so. */
static int capability_selects(const char *name, uint32_t offered, const struct dpone_check *check) {
    uint32_t capability = dpone_capability_parse(name);
    return (check->capabilities & capability & offered) != 0 || strncmp(check->id, name, strlen(name)) == 0;
}

static int is_selected(const struct certification *run, uint32_t offered, const struct dpone_check *check) {
    size_t count = dpone_arguments_count(run->arguments, "--capability");
    for (size_t i = 0; i < count; i++) {
        if (capability_selects(dpone_arguments_at(run->arguments, "--capability", i), offered, check)) {
            return 1;
        }
    }
    return count == 0;
}

static int32_t select_required(struct certification *run, struct dpone_error *error) {
    struct dpone_offer offer = {0};
    struct dpone_error problem = DPONE_ERROR_INIT;
    json_t *facts = NULL;
    size_t count = 0;
    dpone_offer_add_package(&offer, run->subject.package);
    if (run->subject.plugin != NULL && run->subject.profile != DPONE_PROFILE_STATIC) {
        (void)dpone_probe_plugin(&facts, &offer, run->subject.plugin,
                                 &problem); /* the report says what failed */
        json_decref(facts);
        if (problem.status == DPONE_CANCELLED) {
            return dpone_error_set(error, DPONE_CANCELLED, "%s", problem.message);
        }
    }
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    for (size_t i = 0; i < count; i++) {
        if (dpone_check_required(checks[i], &offer, run->subject.package->contract) != 0 &&
            is_selected(run, offer.capabilities, checks[i])) {
            run->checks[run->check_count++] = checks[i];
        }
    }
    return run->check_count > 0
               ? DPONE_OK
               : dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "no check is selected: nothing required matches --capability");
}

static int32_t select_checks(struct certification *run, struct dpone_error *error) {
    size_t count = 0;
    (void)dpone_catalogue(&count);
    count += dpone_arguments_count(run->arguments, "--check");
    run->checks = calloc(count, sizeof(const struct dpone_check *));
    if (run->checks == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to select checks");
    }
    run->only_case = dpone_arguments_value(run->arguments, "--case");
    if (run->only_case != NULL && dpone_arguments_count(run->arguments, "--check") != 1) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "--case %s: name its check with one --check",
                               run->only_case);
    }
    return dpone_arguments_count(run->arguments, "--check") > 0 ? select_named(run, error)
                                                                : select_required(run, error);
}

/* ---- Running them ---- */

static void show_progress(void *context, const struct dpone_check *check, const json_t *evidence) {
    struct certification *run = context;
    run->done++;
    if (run->progress) {
        (void)fprintf(stderr, "\r\033[K[%zu/%zu] %s%s", run->done, run->check_count, check->id,
                      run->done == run->check_count || !run->json ? "\r\033[K" : "");
    }
    if (!run->json && json_object_get(evidence, "known_cases") == NULL) {
        dpone_command_print_evidence(check, evidence);
    }
    json_t *result = evidence == NULL ? json_pack("{s:s, s:s, s:s}", "check", check->id, "verdict", "failed",
                                                  "reason", "its evidence cannot be read")
                                      : json_deep_copy(evidence);
    (void)json_array_append_new(run->results, result);
}

static int32_t run_checks(struct certification *run, struct dpone_error *error) {
    struct dpone_harness harness = {.subject = &run->subject,
                                    .only_case = run->only_case,
                                    .jobs = dpone_arguments_integer(run->arguments, "--jobs", 1),
                                    .progress = show_progress,
                                    .progress_context = run};
    run->progress = isatty(STDERR_FILENO) && run->check_count > 1;
    return dpone_harness_run(&harness, run->checks, run->check_count, error);
}

/* ---- What came out ---- */

/* The exit status that goes with one verdict of a check that was asked for. */
static int32_t exit_of(const json_t *result) {
    int32_t verdict = dpone_verdict_parse(dpone_json_text(result, "verdict"));
    if (json_is_true(json_object_get(result, "environment"))) {
        return DPONE_EXIT_ENVIRONMENT;
    }
    return verdict == DPONE_VERDICT_PASSED                                           ? DPONE_EXIT_HOLDS
           : verdict == DPONE_VERDICT_SKIPPED || verdict == DPONE_VERDICT_UNVERIFIED ? DPONE_EXIT_SKIPPED
                                                                                     : DPONE_EXIT_FAILED;
}

/* A failure outweighs a broken environment, and that outweighs what was not verified. */
static int32_t worst_exit(const json_t *results) {
    static const int32_t order[] = {DPONE_EXIT_FAILED, DPONE_EXIT_ENVIRONMENT, DPONE_EXIT_SKIPPED};
    for (size_t rank = 0; rank < sizeof(order) / sizeof(order[0]); rank++) {
        for (size_t i = 0; i < json_array_size(results); i++) {
            if (exit_of(json_array_get(results, i)) == order[rank]) {
                return order[rank];
            }
        }
    }
    return DPONE_EXIT_HOLDS;
}

/* A case that the check does not have says nothing about the connector. */
static int is_unknown_case(const struct certification *run) {
    return json_object_get(json_array_get(run->results, 0), "known_cases") != NULL;
}

static int32_t unknown_case(const struct certification *run, struct dpone_error *error) {
    const json_t *known = json_object_get(json_array_get(run->results, 0), "known_cases");
    struct dpone_suggestion suggestion = {.word = dpone_string_of(run->only_case)};
    char names[700] = "";
    char text[96];
    for (size_t i = 0; i < json_array_size(known); i++) {
        const char *name = json_string_value(json_array_get(known, i));
        size_t used = strlen(names);
        dpone_suggestion_consider(&suggestion, dpone_string_of(name));
        (void)snprintf(names + used, sizeof(names) - used, "%s%s", i == 0 ? "" : ", ", name);
    }
    (void)dpone_error_set(error, DPONE_INVALID_ARGUMENT, "--case %s: unknown case of %s%s; it has %s",
                          run->only_case, run->checks[0]->id,
                          dpone_suggestion_text(&suggestion, text, sizeof(text)),
                          names[0] == '\0' ? "none" : names);
    return dpone_command_fail(run->arguments, error);
}

static int32_t finish_single(const struct certification *run, struct dpone_error *error) {
    if (is_unknown_case(run)) {
        return unknown_case(run, error);
    }
    if (run->json) {
        json_t *document = json_pack("{s:O}", "checks", run->results);
        dpone_command_print_json(document);
        json_decref(document);
    }
    return worst_exit(run->results);
}

static int32_t finish_all(const struct certification *run, struct dpone_error *error) {
    json_t *report = NULL;
    int32_t status = dpone_report_build(&report, &run->subject, error);
    if (status == DPONE_OK) {
        status = dpone_report_write(report, run->subject.artifact_directory, error);
    }
    if (status != DPONE_OK) {
        json_decref(report);
        return dpone_command_fail(run->arguments, error);
    }
    int32_t code = dpone_command_print_report(report, run->subject.artifact_directory, run->json, 0);
    json_decref(report);
    return code;
}

/* Runs and reports with the artifact folder's lock held. */
static int32_t certify_locked(struct certification *run, int single, struct dpone_error *error) {
    int lock = -1;
    int32_t status = dpone_artifacts_lock(&lock, run->subject.artifact_directory,
                                          single ? DPONE_ARTIFACTS_SHARED : DPONE_ARTIFACTS_EXCLUSIVE, error);
    if (status == DPONE_OK) {
        status = dpone_artifacts_note_session(&run->subject, error);
    }
    if (status == DPONE_OK) {
        status = run_checks(run, error);
    }
    int32_t code = status != DPONE_OK ? dpone_command_fail(run->arguments, error)
                   : single           ? finish_single(run, error)
                                      : finish_all(run, error);
    if (lock >= 0) {
        close(lock);
    }
    return code;
}

static int32_t open_subject(struct certification *run, struct dpone_error *error) {
    const char *profile = dpone_arguments_value(run->arguments, "--profile");
    struct dpone_subject_request request = {
        .package = dpone_arguments_value(run->arguments, "--package"),
        .plugin = dpone_arguments_value(run->arguments, "--plugin"),
        .artifact_directory = dpone_arguments_value(run->arguments, "--artifact-dir"),
        .profile = profile == NULL ? (int32_t)DPONE_PROFILE_LOCAL : dpone_profile_parse(profile),
        .seed = (uint64_t)dpone_arguments_integer(run->arguments, "--seed", DPONE_DEFAULT_SEED)};
    int32_t status = dpone_subject_open(&run->subject, &request, error);
    if (status == DPONE_OK && request.profile != DPONE_PROFILE_STATIC) {
        dpone_sanitizer_preload(run->subject.plugin);
    }
    return status;
}

/* One case is no evidence for the whole check: its artifacts go to a folder that is removed. */
static int32_t use_throwaway_artifacts(struct certification *run, struct dpone_error *error) {
    int32_t status = dpone_private_folder_make(&run->throwaway, NULL, DPONE_CHECK_FOLDER, error);
    char *directory = status == DPONE_OK ? strdup(run->throwaway.path) : NULL;
    if (status == DPONE_OK && directory == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a path");
    }
    if (directory != NULL) {
        free(run->subject.artifact_directory);
        run->subject.artifact_directory = directory;
    }
    return status;
}

static int32_t certify(struct certification *run, struct dpone_error *error) {
    int32_t status = open_subject(run, error);
    if (status == DPONE_OK) {
        status = select_checks(run, error);
    }
    if (status == DPONE_OK && run->only_case != NULL) {
        status = use_throwaway_artifacts(run, error);
    }
    if (status == DPONE_OK) {
        status = dpone_subject_make_artifacts(&run->subject, error);
    }
    if (status != DPONE_OK) {
        return dpone_command_fail(run->arguments, error);
    }
    int single = dpone_arguments_count(run->arguments, "--check") > 0;
    return certify_locked(run, single, error);
}

int32_t dpone_certify_command(const struct dpone_arguments *arguments) {
    struct certification run = {
        .arguments = arguments, .json = dpone_command_wants_json(arguments), .results = json_array()};
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t code = certify(&run, &error);
    dpone_private_folder_remove(&run.throwaway);
    dpone_subject_close(&run.subject);
    json_decref(run.results);
    free(run.checks);
    return code;
}
