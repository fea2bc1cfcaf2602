/* One check: its guarded process, and its evidence before and after. */
#include "harness.h"

#include "path.h"
#include "recorder.h"
#include "redaction.h"

#include "runtime/private_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fixtures that the profile `local` does not start. */
static const struct {
    const char *fixture;
    int32_t profile;
} live_fixtures[] = {{"postgres", DPONE_PROFILE_LOCAL_LIVE}, {NULL, 0}};

static int32_t fixture_profile(struct dpone_string fixture) {
    for (size_t i = 0; live_fixtures[i].fixture != NULL; i++) {
        if (dpone_string_equal(fixture, dpone_string_of(live_fixtures[i].fixture))) {
            return live_fixtures[i].profile;
        }
    }
    return DPONE_PROFILE_LOCAL;
}

const char *dpone_harness_obstacle(const struct dpone_check *check, const struct dpone_subject *subject,
                                   char *text, size_t text_bytes) {
    const struct dpone_contract *contract = subject->package->contract;
    int32_t needed = check->profile;
    if (check->run == NULL) {
        return "check not available in this version";
    }
    if ((check->needs & (DPONE_NEED_FIXTURE | DPONE_NEED_CONTRACT)) && contract == NULL) {
        return DPONE_PACKAGE_CONTRACT " cannot be read; see package_layout";
    }
    if ((check->needs & DPONE_NEED_FIXTURE) && fixture_profile(contract->fixture) > needed) {
        needed = fixture_profile(contract->fixture);
    }
    if (subject->profile < needed) {
        (void)snprintf(text, text_bytes, "needs profile %s, and %s was asked for", dpone_profile_name(needed),
                       dpone_profile_name(subject->profile));
        return text;
    }
    if ((check->needs & DPONE_NEED_PLUGIN) && subject->plugin == NULL) {
        return "no plug-in was given; name it with --plugin FILE";
    }
    return NULL;
}

struct check_process {
    const struct dpone_harness *harness;
    const struct dpone_check *check;
    const char *directory;
};

/* What a library may look for in the environment points into the private folder. */
static void shield_environment(const struct check_process *process) {
    (void)setenv("TMPDIR", process->directory, 1);
    if (process->harness->subject->profile != DPONE_PROFILE_VENDOR_LIVE) {
        (void)setenv("HOME", process->directory, 1);
    }
}

static int run_in_child(void *context, int record) {
    const struct check_process *process = context;
    const struct dpone_subject *subject = process->harness->subject;
    struct dpone_recorder *recorder = dpone_recorder_new(record, process->harness->only_case);
    if (recorder == NULL || chdir(process->directory) != 0) {
        return 1;
    }
    shield_environment(process);
    struct dpone_check_run run = {.check = process->check,
                                  .subject = subject,
                                  .directory = process->directory,
                                  .seed = subject->seed,
                                  .profile = subject->profile,
                                  .artifact_directory = subject->artifact_directory,
                                  .recorder = recorder};
    process->check->run(&run);
    dpone_recorder_finish(recorder);
    dpone_recorder_free(recorder);
    return 0;
}

/* Below this, files of the check could not be written, and the connector would get the blame. */
#define FREE_BYTES_MINIMUM (INT64_C(1) << 20)

static int is_full(const struct check_process *process) {
    return dpone_private_folder_free_bytes(process->directory) < FREE_BYTES_MINIMUM;
}

static json_t *verdict_without_cases(const char *verdict, const char *reason) {
    return json_pack("{s:s, s:s, s:[]}", "verdict", verdict, "reason", reason, "cases");
}

static json_t *verdict_of_environment(const char *reason) {
    json_t *outcome = verdict_without_cases("unverified", reason);
    (void)json_object_set_new(outcome, "environment", json_true());
    return outcome;
}

static json_t *verdict_of_full_folder(const struct check_process *process) {
    char reason[512];
    (void)snprintf(reason, sizeof(reason),
                   "the temporary folder is full (less than %lld KiB are free in %.300s); make room or set "
                   "TMPDIR to another one, and run it again",
                   (long long)(FREE_BYTES_MINIMUM >> 10), process->directory);
    return verdict_of_environment(reason);
}

/* What the record says, unless the disk ran full while a check failed. Takes nothing over. */
static json_t *judge(const struct check_process *process, const struct dpone_guard_result *result,
                     const struct dpone_guard_limits *limits) {
    json_t *outcome = dpone_record_outcome(result, limits);
    if (strcmp(dpone_json_text(outcome, "verdict"), "failed") == 0 && is_full(process)) {
        json_decref(outcome);
        outcome = verdict_of_full_folder(process);
    }
    return outcome;
}

/* Takes `outcome` over. */
static int32_t write_outcome(json_t *evidence, json_t *outcome, const struct dpone_harness *harness,
                             struct dpone_error *error) {
    json_t *redacted =
        outcome == NULL ? NULL : dpone_redact_json(outcome, harness->subject->package->contract);
    json_decref(outcome);
    if (redacted == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for evidence");
    }
    int32_t status = dpone_evidence_set_outcome(evidence, redacted, error);
    json_decref(redacted);
    return status != DPONE_OK ? status
                              : dpone_evidence_write(evidence, harness->subject->artifact_directory, error);
}

/* What the process cost and printed. */
static void set_measures(json_t *outcome, const struct dpone_guard_result *result) {
    char now[32];
    dpone_evidence_time(now);
    json_t *output = json_string(result->output);
    if (output == NULL) {
        output = json_string("(not UTF-8)");
    }
    (void)json_object_set_new(outcome, "finished_at", json_string(now));
    (void)json_object_set_new(outcome, "duration_ms", json_integer(result->duration_us / 1000));
    (void)json_object_set_new(outcome, "peak_rss_bytes", json_integer(result->peak_rss_bytes));
    (void)json_object_set_new(outcome, "output_bytes", json_integer(result->output_bytes));
    (void)json_object_set_new(outcome, "output", output);
}

static int32_t run_guarded(const struct check_process *process, json_t *evidence, struct dpone_error *error) {
    const struct dpone_check *check = process->check;
    struct dpone_guard_limits limits = {
        .time_ms = (int64_t)(check->time_limit_s > 0 ? check->time_limit_s : 60) * 1000,
        .memory_bytes = (int64_t)check->memory_limit_mib << 20};
    struct dpone_guard_result result = {0};
    int32_t status =
        write_outcome(evidence, verdict_of_environment("the check started and did not finish; run it again"),
                      process->harness, error);
    if (status == DPONE_OK) {
        status = dpone_guard_run(&result, &limits, run_in_child, (void *)(uintptr_t)process, error);
    }
    if (status == DPONE_OK) {
        json_t *outcome = judge(process, &result, &limits);
        set_measures(outcome, &result);
        dpone_evidence_explain(outcome, check, process->harness->subject);
        status = write_outcome(evidence, outcome, process->harness, error);
    }
    dpone_guard_result_clear(&result);
    return status;
}

int32_t dpone_harness_run_check(const struct dpone_harness *harness, const struct dpone_check *check,
                                const char *directory, struct dpone_error *error) {
    struct check_process process = {harness, check, directory};
    json_t *inputs = NULL;
    char text[256];
    int32_t status = dpone_evidence_inputs(&inputs, check, harness->subject, error);
    json_t *evidence = status == DPONE_OK ? dpone_evidence_new(check, harness->subject, inputs) : NULL;
    if (status == DPONE_OK && evidence == NULL) {
        status = dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for evidence");
    }
    if (status == DPONE_OK) {
        const char *obstacle = dpone_harness_obstacle(check, harness->subject, text, sizeof(text));
        status = obstacle != NULL
                     ? write_outcome(evidence, verdict_without_cases("unverified", obstacle), harness, error)
                 : is_full(&process)
                     ? write_outcome(evidence, verdict_of_full_folder(&process), harness, error)
                     : run_guarded(&process, evidence, error);
    }
    json_decref(evidence);
    json_decref(inputs);
    return status;
}
