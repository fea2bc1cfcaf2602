/* Judging the evidence. */
#include "report.h"

#include "catalogue.h"
#include "path.h"
#include "probe.h"
#include "relative_path.h"

#include <dpone/version.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The report under construction. */
struct draft {
    const struct dpone_subject *subject;
    struct dpone_offer offer;
    json_t *problems;
    json_t *checks;
    json_t *facts;   /* of the binary, or NULL */
    json_t *fixture; /* as the evidence names it, or NULL */
};

static void add_problem(struct draft *draft, const char *problem) {
    (void)json_array_append_new(draft->problems, json_string(problem));
}

static void add_diagnostics(struct draft *draft, const struct dpone_diagnostics *diagnostics,
                            const char *file) {
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct dpone_diagnostic *item = &diagnostics->items[i];
        char *line = item->severity != DPONE_SEVERITY_ERROR ? NULL
                     : item->start.line == 0 ? dpone_format("%s: error: %s", file, item->message)
                                             : dpone_format("%s:%u:%u: error: %s", file, item->start.line,
                                                            item->start.column, item->message);
        if (line != NULL) {
            add_problem(draft, line);
        }
        free(line);
    }
}

/* ---- One check ---- */

static json_t *json_of_reasons(uint32_t reasons) {
    json_t *list = json_array();
    if (reasons & DPONE_REQUIRED_BY_CONTRACT) {
        (void)json_array_append_new(list, json_string("contract"));
    }
    if (reasons & DPONE_REQUIRED_BY_CATALOGUE) {
        (void)json_array_append_new(list, json_string("catalogue"));
    }
    return list;
}

static json_t *failed_cases(const json_t *evidence) {
    json_t *failed = json_array();
    const json_t *cases = json_object_get(evidence, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        json_t *entry = json_array_get(cases, i);
        if (strcmp(dpone_json_text(entry, "verdict"), "failed") == 0) {
            (void)json_array_append(failed, entry);
        }
    }
    return failed;
}

static void set_verdict(json_t *entry, const char *verdict, const char *reason) {
    (void)json_object_set_new(entry, "verdict", json_string(verdict));
    (void)json_object_set_new(entry, "reason", json_string(reason));
}

static void set_evidence(struct draft *draft, json_t *entry, const struct dpone_check *check,
                         const json_t *evidence) {
    char sha256[DPONE_SHA256_TEXT_BYTES];
    char *path = dpone_evidence_path(draft->subject->artifact_directory, check->id);
    (void)json_object_set(entry, "verdict", json_object_get(evidence, "verdict"));
    if (json_object_get(evidence, "reason") != NULL) {
        (void)json_object_set(entry, "reason", json_object_get(evidence, "reason"));
    }
    (void)json_object_set_new(entry, "cases",
                              json_integer((json_int_t)json_array_size(json_object_get(evidence, "cases"))));
    (void)json_object_set_new(entry, "failed_cases", failed_cases(evidence));
    (void)json_object_set(entry, "verdict_digest", json_object_get(evidence, "verdict_digest"));
    if (path != NULL && dpone_sha256_file(sha256, path, NULL) == DPONE_OK) {
        char *file = dpone_path_relative(draft->subject->artifact_directory, path);
        (void)json_object_set_new(entry, "evidence", json_pack("{s:s, s:s}", "file", file, "sha256", sha256));
        free(file);
    }
    if (draft->fixture == NULL && json_object_get(evidence, "fixture") != NULL) {
        draft->fixture = json_incref(json_object_get(evidence, "fixture"));
    }
    free(path);
}

/* Evidence counts only when nothing that it depends on has changed since. */
static int32_t judge_evidence(struct draft *draft, json_t *entry, const struct dpone_check *check,
                              json_t *evidence, struct dpone_error *error) {
    json_t *inputs = NULL;
    char differences[512];
    int32_t status = dpone_evidence_inputs(&inputs, check, draft->subject, error);
    if (status != DPONE_OK) {
        return status;
    }
    dpone_evidence_differences(json_object_get(evidence, "inputs"), inputs, differences, sizeof(differences));
    if (differences[0] != '\0') {
        char *reason =
            dpone_format("stale: since the check ran these changed: %s; run it again", differences);
        set_verdict(entry, "unverified", reason == NULL ? "stale" : reason);
        (void)json_object_set_new(entry, "stale", json_true());
        free(reason);
    } else {
        set_evidence(draft, entry, check, evidence);
    }
    json_decref(inputs);
    return DPONE_OK;
}

static int32_t add_check(struct draft *draft, const struct dpone_check *check, struct dpone_error *error) {
    uint32_t reasons = dpone_check_required(check, &draft->offer, draft->subject->package->contract);
    struct dpone_error problem = DPONE_ERROR_INIT;
    json_t *evidence = NULL;
    int32_t found = dpone_evidence_read(&evidence, draft->subject->artifact_directory, check->id, &problem);
    if (reasons == 0 && found == DPONE_NOT_FOUND) {
        return DPONE_OK;
    }
    json_t *entry = json_pack("{s:s, s:s, s:s, s:b, s:o}", "check", check->id, "title", check->title, "group",
                              dpone_check_group_name(check->group), "required", reasons != 0, "because",
                              json_of_reasons(reasons));
    int32_t status = DPONE_OK;
    if (entry == NULL) {
        status = dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for the report");
    } else if (found == DPONE_NOT_FOUND) {
        set_verdict(entry, "unverified",
                    check->run == NULL ? "check not available in this version"
                                       : "no evidence: the check did not run");
    } else if (found != DPONE_OK) {
        set_verdict(entry, "failed", problem.message);
    } else {
        status = judge_evidence(draft, entry, check, evidence, error);
    }
    (void)json_array_append_new(draft->checks, entry);
    json_decref(evidence);
    return status;
}

static int32_t add_checks(struct draft *draft, struct dpone_error *error) {
    size_t count = 0;
    int32_t status = DPONE_OK;
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    for (size_t i = 0; status == DPONE_OK && i < count; i++) {
        status = add_check(draft, checks[i], error);
    }
    return status;
}

/* ---- The whole ---- */

json_t *dpone_report_required(const struct dpone_subject *subject, const struct dpone_offer *offer) {
    json_t *list = json_array();
    size_t count = 0;
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    for (size_t i = 0; i < count; i++) {
        if (dpone_check_required(checks[i], offer, subject->package->contract) != 0) {
            (void)json_array_append_new(list, json_string(checks[i]->id));
        }
    }
    return list;
}

/* DPONE_CANCELLED when the user interrupted it: that is no problem of the connector. */
static int32_t add_subject_problems(struct draft *draft, struct dpone_error *problem) {
    const struct dpone_package *package = draft->subject->package;
    struct dpone_error error = DPONE_ERROR_INIT;
    add_diagnostics(draft, &package->manifest_problems, DPONE_PACKAGE_MANIFEST);
    add_diagnostics(draft, &package->contract_problems, DPONE_PACKAGE_CONTRACT);
    dpone_offer_add_package(&draft->offer, package);
    uint32_t declared = draft->offer.capabilities;
    if (draft->subject->plugin == NULL) {
        return DPONE_OK;
    }
    int32_t status = dpone_probe_plugin(&draft->facts, &draft->offer, draft->subject->plugin, &error);
    if (status == DPONE_CANCELLED) {
        return dpone_error_set(problem, status, "%s", error.message);
    }
    if (status != DPONE_OK) {
        add_problem(draft, error.message);
    }
    for (uint32_t bit = DPONE_CAPABILITY_SOURCE; bit <= DPONE_CAPABILITY_STATE; bit <<= 1) {
        if (draft->offer.capabilities & ~declared & bit) {
            char *text =
                dpone_format("the binary fills the %s slots and the package does not declare %s; add it to "
                             "certification.yaml, or leave the slots NULL",
                             dpone_capability_name(bit), dpone_capability_name(bit));
            add_problem(draft, text == NULL ? "undeclared capability" : text);
            free(text);
        }
    }
    return DPONE_OK;
}

static const char *judge_status(const struct draft *draft) {
    int32_t worst = json_array_size(draft->problems) > 0 ? DPONE_VERDICT_FAILED : DPONE_VERDICT_PASSED;
    size_t required = 0;
    for (size_t i = 0; i < json_array_size(draft->checks); i++) {
        const json_t *entry = json_array_get(draft->checks, i);
        if (json_is_true(json_object_get(entry, "required"))) {
            int32_t verdict = dpone_verdict_parse(dpone_json_text(entry, "verdict"));
            verdict = verdict < 0 ? (int32_t)DPONE_VERDICT_FAILED : verdict;
            worst = verdict > worst ? verdict : worst;
            required++;
        }
    }
    if (worst == DPONE_VERDICT_FAILED || required == 0) {
        return "failed";
    }
    return worst == DPONE_VERDICT_PASSED ? "certified" : "unverified";
}

int32_t dpone_report_verdict_digest(char out[DPONE_SHA256_TEXT_BYTES], const json_t *report) {
    json_t *verdicts = json_array();
    const json_t *checks = json_object_get(report, "checks");
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *entry = json_array_get(checks, i);
        if (json_is_true(json_object_get(entry, "required"))) {
            (void)json_array_append_new(verdicts, json_pack("[s, s, s]", dpone_json_text(entry, "check"),
                                                            dpone_json_text(entry, "verdict"),
                                                            dpone_json_text(entry, "verdict_digest")));
        }
    }
    json_t *summary =
        json_pack("{s:s, s:s, s:s, s:I, s:o}", "connector", dpone_json_text(report, "connector"), "status",
                  dpone_json_text(report, "status"), "profile", dpone_json_text(report, "profile"), "seed",
                  json_integer_value(json_object_get(report, "seed")), "verdicts", verdicts);
    int32_t status = summary == NULL ? (int32_t)DPONE_OUT_OF_MEMORY : dpone_sealed_digest(out, summary);
    json_decref(summary);
    return status;
}

/* {"path", "sha256", "facts"}, or null without a plug-in. */
static json_t *json_of_plugin(const struct draft *draft) {
    if (draft->subject->plugin == NULL) {
        return json_null();
    }
    char *path = dpone_path_relative(draft->subject->artifact_directory, draft->subject->plugin);
    json_t *facts = draft->facts == NULL ? json_null() : json_incref(draft->facts);
    json_t *plugin = json_pack("{s:s, s:s, s:o}", "path", path == NULL ? "" : path, "sha256",
                               draft->subject->plugin_sha256, "facts", facts);
    free(path);
    return plugin;
}

static int32_t json_of_package(json_t **out, const struct dpone_subject *subject, struct dpone_error *error) {
    struct dpone_file_digests files = {0};
    int32_t status =
        dpone_package_digests(&files, subject->package->directory, NULL, subject->artifact_directory, error);
    char *directory = dpone_path_relative(subject->artifact_directory, subject->package->directory);
    if (status == DPONE_OK) {
        *out = json_pack("{s:s, s:o}", "directory", directory == NULL ? "" : directory, "files",
                         dpone_evidence_files(&files));
    }
    dpone_file_digests_clear(&files);
    free(directory);
    return status;
}

static json_t *assemble(const struct draft *draft, json_t *package) {
    const struct dpone_subject *subject = draft->subject;
    char now[32];
    dpone_evidence_time(now);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:s, s:O, s:O, s:o, s:o, s:O, s:O*}", "report_version",
        "1", "status", judge_status(draft), "connector", subject->package->connector, "connector_type",
        subject->package->connector_type, "connector_version", dpone_json_text(draft->facts, "version"),
        "dpone_version", DPONE_VERSION, "profile", dpone_profile_name(subject->profile), "seed",
        (json_int_t)subject->seed, "platform", dpone_evidence_platform(), "created_at", now, "problems",
        draft->problems, "checks", draft->checks, "required", dpone_report_required(subject, &draft->offer),
        "plugin", json_of_plugin(draft), "package", package, "fixture", draft->fixture);
}

static int32_t finish_report(json_t **out, const struct draft *draft, struct dpone_error *error) {
    char digest[DPONE_SHA256_TEXT_BYTES];
    json_t *package = NULL;
    int32_t status = json_of_package(&package, draft->subject, error);
    json_t *report = status == DPONE_OK ? assemble(draft, package) : NULL;
    json_decref(package);
    if (status == DPONE_OK && (report == NULL || dpone_report_verdict_digest(digest, report) != DPONE_OK ||
                               json_object_set_new(report, "verdict_digest", json_string(digest)) != 0)) {
        json_decref(report);
        report = NULL;
        status = dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for the report");
    }
    *out = report;
    return status;
}

int32_t dpone_report_build(json_t **out, const struct dpone_subject *subject, struct dpone_error *error) {
    struct draft draft = {.subject = subject, .problems = json_array(), .checks = json_array()};
    *out = NULL;
    int32_t status = add_subject_problems(&draft, error);
    if (status == DPONE_OK) {
        status = add_checks(&draft, error);
    }
    if (status == DPONE_OK) {
        status = finish_report(out, &draft, error);
    }
    json_decref(draft.problems);
    json_decref(draft.checks);
    json_decref(draft.facts);
    json_decref(draft.fixture);
    return status;
}

const char *dpone_report_status(const json_t *report) {
    return dpone_json_text(report, "status");
}

int32_t dpone_report_write(json_t *report, const char *artifact_directory, struct dpone_error *error) {
    char *json_path = dpone_format("%s/" DPONE_REPORT_JSON, artifact_directory);
    char *markdown_path = dpone_format("%s/" DPONE_REPORT_MARKDOWN, artifact_directory);
    char *markdown = NULL;
    int32_t status = json_path == NULL || markdown_path == NULL
                         ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for the report")
                         : dpone_sealed_write(json_path, report, error);
    if (status == DPONE_OK) {
        markdown = dpone_report_markdown(report);
        status = markdown == NULL ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for the report")
                                  : dpone_file_write(markdown_path, markdown, strlen(markdown), error);
    }
    free(markdown);
    free(markdown_path);
    free(json_path);
    return status;
}
