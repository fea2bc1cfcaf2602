/* Evidence: one sealed JSON file per check, bound to the digests of everything its verdict depends on.
 *
 * ARTIFACTS/evidence/<check>.json holds: evidence_version "1", check, title, connector, verdict, reason,
 * cases, inputs {dpone_version, profile, seed, plugin, files {path: sha256}}, fixture, platform, started_at,
 * finished_at, duration_ms, peak_rss_bytes, output, verdict_digest, digest. */
#ifndef DPONE_CERTIFICATION_EVIDENCE_H
#define DPONE_CERTIFICATION_EVIDENCE_H

#include "sealed.h"
#include "subject.h"

/* Everything the verdict of `check` depends on, as it is now. The caller decrefs `*out`. */
int32_t dpone_evidence_inputs(json_t **out, const struct dpone_check *check,
                              const struct dpone_subject *subject, struct dpone_error *error);

/* The names in which two inputs differ, at most eight, comma-separated, "" when equal: "plugin,
 * docs/demo_api.md". */
void dpone_evidence_differences(const json_t *recorded, const json_t *current, char *out, size_t out_bytes);

/* A document with everything but the outcome; `inputs` is shared. NULL when memory is short. */
json_t *dpone_evidence_new(const struct dpone_check *check, const struct dpone_subject *subject,
                           json_t *inputs);

/* Gives every case of an outcome that failed its remedy (the check's own when the case said none) and the
 * command that reruns just it. */
void dpone_evidence_explain(json_t *outcome, const struct dpone_check *check,
                            const struct dpone_subject *subject);

/* The command that reruns a check, or one case of it; on the heap. */
char *dpone_evidence_rerun(const struct dpone_subject *subject, const char *check, const char *case_id);

/* Puts verdict, reason and cases of an outcome (recorder.h) into it, and computes its verdict_digest: what
 * two runs with one seed have in common. */
int32_t dpone_evidence_set_outcome(json_t *evidence, json_t *outcome, struct dpone_error *error);

/* The digest of check, verdict, and the verdicts of the cases. */
int32_t dpone_evidence_verdict_digest(char out[DPONE_SHA256_TEXT_BYTES], const json_t *evidence);

/* Path of a check's evidence, on the heap. */
char *dpone_evidence_path(const char *artifact_directory, const char *check);

int32_t dpone_evidence_write(json_t *evidence, const char *artifact_directory, struct dpone_error *error);

/* DPONE_NOT_FOUND, DPONE_DATA_CORRUPT (edited, or its verdict_digest is not that of its cases), DPONE_IO. */
int32_t dpone_evidence_read(json_t **out, const char *artifact_directory, const char *check,
                            struct dpone_error *error);

/* {path: sha256, ...}, and {system, release, machine} of this computer. NULL when memory is short. */
json_t *dpone_evidence_files(const struct dpone_file_digests *files);
json_t *dpone_evidence_platform(void);

/* Now, as "2026-01-31T23:59:59.123Z". */
void dpone_evidence_time(char out[32]);

#endif
