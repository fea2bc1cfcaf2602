/* The functions that a check calls (check.h), each of which writes a line of the record. */
#include "recorder.h"

#include "canonical.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES 1024

struct dpone_recorder {
    int descriptor;
    const char *only_case;
    char case_id[128]; /* "": no case is open */
    char remedy[TEXT_BYTES];
    char reason[TEXT_BYTES];
    int64_t expectations;
    int64_t failures;
    int32_t skipped;
    int32_t given_up;
};

struct dpone_recorder *dpone_recorder_new(int descriptor, const char *only_case) {
    struct dpone_recorder *recorder = calloc(1, sizeof(*recorder));
    if (recorder != NULL) {
        recorder->descriptor = descriptor;
        recorder->only_case = only_case;
    }
    return recorder;
}

void dpone_recorder_free(struct dpone_recorder *recorder) {
    free(recorder);
}

/* Writes one line and takes the document over. A record that cannot be written stays incomplete, which is a
 * failure. */
static void write_line(struct dpone_recorder *recorder, json_t *line) {
    char *text = line == NULL ? NULL : json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    size_t size = text == NULL ? 0 : strlen(text);
    if (text != NULL) {
        text[size++] = '\n';
    }
    for (size_t done = 0; done < size;) {
        ssize_t count = write(recorder->descriptor, text + done, size - done);
        if (count <= 0 && errno != EINTR) {
            break;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    free(text);
    json_decref(line);
}

/* A JSON string of text that may hold anything; what is not UTF-8 is written as \xNN. */
static json_t *json_of(const char *text) {
    json_t *plain = json_string(text);
    if (plain != NULL) {
        return plain;
    }
    char *escaped = malloc(strlen(text) * 4 + 1);
    size_t used = 0;
    for (; escaped != NULL && *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x80) {
            escaped[used++] = *text;
        } else {
            used += (size_t)sprintf(escaped + used, "\\x%02x", byte);
        }
    }
    if (escaped == NULL) {
        return NULL;
    }
    escaped[used] = '\0';
    plain = json_string(escaped);
    free(escaped);
    return plain;
}

/* ---- Cases ---- */

static void begin_case(struct dpone_recorder *recorder, const char *id) {
    (void)snprintf(recorder->case_id, sizeof(recorder->case_id), "%s", id);
    recorder->remedy[0] = '\0';
    recorder->reason[0] = '\0';
    recorder->expectations = 0;
    recorder->failures = 0;
    recorder->skipped = 0;
    write_line(recorder, json_pack("{s:o}", "case", json_of(recorder->case_id)));
}

int dpone_case_begin(struct dpone_check_run *run, const char *id) {
    struct dpone_recorder *recorder = run->recorder;
    if (recorder->case_id[0] != '\0') {
        dpone_case_end(run);
    }
    if (recorder->given_up) {
        return 0;
    }
    if (recorder->only_case != NULL && strcmp(recorder->only_case, id) != 0) {
        write_line(recorder, json_pack("{s:o}", "left_out", json_of(id)));
        return 0;
    }
    begin_case(recorder, id);
    return 1;
}

void dpone_case_remedy(struct dpone_check_run *run, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(run->recorder->remedy, TEXT_BYTES, format, arguments);
    va_end(arguments);
    write_line(run->recorder, json_pack("{s:o}", "remedy", json_of(run->recorder->remedy)));
}

void dpone_case_skip(struct dpone_check_run *run, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(run->recorder->reason, TEXT_BYTES, format, arguments);
    va_end(arguments);
    run->recorder->skipped = 1;
}

static int32_t case_verdict(const struct dpone_recorder *recorder) {
    if (recorder->failures > 0) {
        return DPONE_VERDICT_FAILED;
    }
    if (recorder->skipped) {
        return DPONE_VERDICT_SKIPPED;
    }
    return recorder->expectations > 0 ? DPONE_VERDICT_PASSED : DPONE_VERDICT_FAILED;
}

void dpone_case_end(struct dpone_check_run *run) {
    struct dpone_recorder *recorder = run->recorder;
    if (recorder->case_id[0] == '\0') {
        return;
    }
    json_t *end =
        json_pack("{s:s, s:I, s:I}", "verdict", dpone_verdict_name(case_verdict(recorder)), "expectations",
                  (json_int_t)recorder->expectations, "failures", (json_int_t)recorder->failures);
    if (end != NULL && recorder->reason[0] != '\0') {
        (void)json_object_set_new(end, "reason", json_of(recorder->reason));
    }
    write_line(recorder, json_pack("{s:o}", "end", end));
    recorder->case_id[0] = '\0';
}

void dpone_case_run(struct dpone_check_run *run, const char *id,
                    void (*function)(struct dpone_check_run *run, void *context), void *context) {
    if (dpone_case_begin(run, id)) {
        function(run, context);
        dpone_case_end(run);
    }
}

/* ---- Expectations ---- */

static void write_failure(struct dpone_recorder *recorder, const char *where, const char *expected,
                          const char *observed) {
    if (recorder->failures++ < DPONE_FAILURES_PER_CASE) {
        write_line(recorder, json_pack("{s:{s:o, s:o, s:o}}", "failure", "where", json_of(where), "expected",
                                       json_of(expected), "observed", json_of(observed)));
    }
}

int dpone_expect(struct dpone_check_run *run, int holds, const char *where, const char *expected,
                 const char *observed_format, ...) {
    struct dpone_recorder *recorder = run->recorder;
    int outside = !holds && !recorder->given_up && recorder->case_id[0] == '\0';
    if (outside) {
        begin_case(recorder, "preparation");
    }
    recorder->expectations++;
    if (!holds) {
        char observed[TEXT_BYTES * 2];
        va_list arguments;
        va_start(arguments, observed_format);
        (void)vsnprintf(observed, sizeof(observed), observed_format, arguments);
        va_end(arguments);
        write_failure(recorder, where, expected, observed[0] == '\0' ? "(nothing)" : observed);
    }
    if (outside) {
        dpone_case_end(run);
    }
    return holds;
}

int dpone_expect_integer(struct dpone_check_run *run, const char *where, int64_t expected, int64_t observed) {
    char text[32];
    (void)snprintf(text, sizeof(text), "%lld", (long long)expected);
    return dpone_expect(run, expected == observed, where, text, "%lld", (long long)observed);
}

int dpone_expect_text(struct dpone_check_run *run, const char *where, const char *expected,
                      const char *observed) {
    return dpone_expect(run, strcmp(expected, observed) == 0, where, expected, "%s", observed);
}

int dpone_expect_status(struct dpone_check_run *run, const char *where, int32_t expected, int32_t observed,
                        const struct dpone_error *error) {
    int told = observed != DPONE_OK && error != NULL && error->message[0] != '\0';
    return dpone_expect(run, expected == observed, where, dpone_status_name(expected), "%s%s%s",
                        dpone_status_name(observed), told ? ": " : "", told ? error->message : "");
}

int dpone_expect_dump(struct dpone_check_run *run, const char *where, const char *expected_path,
                      const char *observed_path, int32_t order) {
    struct dpone_difference difference;
    struct dpone_error error = DPONE_ERROR_INIT;
    char place[TEXT_BYTES];
    char expected[TEXT_BYTES];
    int32_t status = dpone_canonical_compare(&difference, expected_path, observed_path, order, &error);
    if (status == DPONE_RESOURCE_EXHAUSTED || status == DPONE_OUT_OF_MEMORY || status == DPONE_IO) {
        dpone_check_environment(run, "two dumps to compare", &error);
        return 0;
    }
    if (status != DPONE_OK) {
        return dpone_expect(run, 0, where, "two dumps to compare", "%s", error.message);
    }
    (void)snprintf(place, sizeof(place), "%s, %s", where, difference.where);
    (void)snprintf(expected, sizeof(expected), "%s (%lld rows)", difference.expected,
                   (long long)difference.expected_rows);
    return dpone_expect(run, difference.equal, place, expected, "%s (%lld rows; %lld missing, %lld too many)",
                        difference.observed, (long long)difference.observed_rows,
                        (long long)difference.missing_rows, (long long)difference.surplus_rows);
}

/* ---- The whole check ---- */

static void give_up(struct dpone_check_run *run, int32_t verdict, int environment, const char *reason) {
    struct dpone_recorder *recorder = run->recorder;
    recorder->given_up = 1;
    write_line(recorder, json_pack("{s:{s:s, s:o, s:b}}", "given_up", "verdict", dpone_verdict_name(verdict),
                                   "reason", json_of(reason), "environment", environment));
    recorder->case_id[0] = '\0';
}

void dpone_check_skip(struct dpone_check_run *run, const char *format, ...) {
    char reason[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    give_up(run, DPONE_VERDICT_SKIPPED, 0, reason);
}

void dpone_check_environment(struct dpone_check_run *run, const char *what, const struct dpone_error *error) {
    char reason[TEXT_BYTES * 2];
    (void)snprintf(reason, sizeof(reason), "%s: %s", what, error == NULL ? "failed" : error->message);
    give_up(run, DPONE_VERDICT_UNVERIFIED, 1, reason);
}

int dpone_check_given_up(const struct dpone_check_run *run) {
    return run->recorder->given_up;
}

void dpone_recorder_note(struct dpone_recorder *recorder, const char *name, json_t *value) {
    write_line(recorder, json_pack("{s:{s:o}}", "note", name, value));
}

void dpone_recorder_finish(struct dpone_recorder *recorder) {
    struct dpone_check_run run = {.recorder = recorder};
    dpone_case_end(&run);
    write_line(recorder, json_pack("{s:b}", "finished", 1));
}
