/* What a check says, written down as it happens, so that nothing is lost when its process dies; and reading
 * it again.
 *
 * The record is a sequence of JSON documents, one a line: {"case"}, {"left_out"}, {"failure"}, {"end"},
 * {"given_up"}, {"finished"}. */
#ifndef DPONE_CERTIFICATION_RECORDER_H
#define DPONE_CERTIFICATION_RECORDER_H

#include "check.h"
#include "guard.h"

#include <jansson.h>

/* Failures of one case that are written out; the others are counted. */
#define DPONE_FAILURES_PER_CASE 20

struct dpone_recorder;

/* Writes to `descriptor`, which stays the caller's. `only_case` (nullable, borrowed) runs that case alone.
 * NULL when memory is short. */
struct dpone_recorder *dpone_recorder_new(int descriptor, const char *only_case);
void dpone_recorder_free(struct dpone_recorder *recorder);

/* Records a fact about the circumstances under a name that the evidence shows ("fixture"); takes `value`
 * over. */
void dpone_recorder_note(struct dpone_recorder *recorder, const char *name, json_t *value);

/* Closes a case that is still open, and marks the record as complete. */
void dpone_recorder_finish(struct dpone_recorder *recorder);

/* The outcome of a check, as JSON with the fields "verdict", "reason" (absent when passed or failed by its
 * cases), "environment" (true when the environment failed) and "cases": [{"case", "verdict", "expectations",
 * "failures":
 * [{"where", "expected", "observed"}], "failures_left_out", "remedy", "reason"}], and what was noted. A
 * process that did not end as it should, a check without cases and a case without expectations have failed;
 * one that was interrupted is unverified. When the one case that was asked for is none of the check's,
 * "known_cases" names those that it has. NULL when memory is short. */
json_t *dpone_record_outcome(const struct dpone_guard_result *result,
                             const struct dpone_guard_limits *limits);

#endif
