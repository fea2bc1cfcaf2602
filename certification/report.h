/* The report: what was required, what the evidence says, and the verdict. certification_report.json is
 * authoritative; certification_report.md is made from it and from nothing else.
 *
 * Fields: report_version "1", status (certified, failed, unverified), connector, connector_type,
 * connector_version, dpone_version, profile, seed, platform, created_at, problems [text], required [check],
 * checks [{check, title, group, required, because, verdict, reason, cases, failed_cases, evidence {file,
 * sha256}, verdict_digest}], plugin {path, sha256, facts}, package {directory, files {path: sha256}},
 * fixture, verdict_digest, digest. Paths are relative to the report's folder. */
#ifndef DPONE_CERTIFICATION_REPORT_H
#define DPONE_CERTIFICATION_REPORT_H

#include "evidence.h"
#include "required.h"

#define DPONE_REPORT_JSON "certification_report.json"
#define DPONE_REPORT_MARKDOWN "certification_report.md"

/* Judges the evidence in the subject's artifact folder. The caller holds the folder's lock, has no other
 * children, and decrefs `*out`. */
int32_t dpone_report_build(json_t **out, const struct dpone_subject *subject, struct dpone_error *error);

/* The same as Markdown, on the heap; NULL when memory is short. */
char *dpone_report_markdown(const json_t *report);

/* Writes both files into the artifact folder. */
int32_t dpone_report_write(json_t *report, const char *artifact_directory, struct dpone_error *error);

/* "certified", "failed" or "unverified". Borrowed from the report. */
const char *dpone_report_status(const json_t *report);

/* What is required now: an array of ids, sorted as the catalogue. NULL when memory is short. */
json_t *dpone_report_required(const struct dpone_subject *subject, const struct dpone_offer *offer);

/* The digest of everything that two runs with one seed have in common. */
int32_t dpone_report_verdict_digest(char out[DPONE_SHA256_TEXT_BYTES], const json_t *report);

#endif
