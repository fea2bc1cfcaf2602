/* Reading a check's record: cases, verdicts, and what a dead process left unsaid. */
#include "recorder.h"

#include <stdio.h>
#include <string.h>

struct outcome {
    json_t *cases;
    json_t *open; /* the case that has not ended; borrowed from cases */
    json_t *given_up;
    json_t *notes;
    int finished;
};

static void set_text(json_t *object, const char *key, const char *value) {
    (void)json_object_set_new(object, key, json_string(value));
}

static void begin_case(struct outcome *outcome, json_t *id) {
    json_t *entry =
        json_pack("{s:O, s:s, s:i, s:[]}", "case", id, "verdict", "failed", "expectations", 0, "failures");
    if (entry != NULL) {
        (void)json_array_append_new(outcome->cases, entry);
        outcome->open = json_array_get(outcome->cases, json_array_size(outcome->cases) - 1);
    }
}

static void end_case(struct outcome *outcome, const json_t *end) {
    json_t *entry = outcome->open;
    json_t *failures = json_object_get(entry, "failures");
    json_int_t count = json_integer_value(json_object_get(end, "failures"));
    (void)json_object_set(entry, "verdict", json_object_get(end, "verdict"));
    (void)json_object_set(entry, "expectations", json_object_get(end, "expectations"));
    if (json_object_get(end, "reason") != NULL) {
        (void)json_object_set(entry, "reason", json_object_get(end, "reason"));
    } else if (count == 0 && json_integer_value(json_object_get(end, "expectations")) == 0) {
        set_text(entry, "reason", "the case expected nothing, which proves nothing");
    }
    if ((size_t)count > json_array_size(failures)) {
        (void)json_object_set_new(entry, "failures_left_out",
                                  json_integer(count - (json_int_t)json_array_size(failures)));
    }
    outcome->open = NULL;
}

static void read_line(struct outcome *outcome, json_t *line) {
    json_t *value = json_object_get(line, "case");
    if (value != NULL) {
        begin_case(outcome, value);
    } else if (outcome->open != NULL && (value = json_object_get(line, "failure")) != NULL) {
        (void)json_array_append(json_object_get(outcome->open, "failures"), value);
    } else if (outcome->open != NULL && (value = json_object_get(line, "remedy")) != NULL) {
        (void)json_object_set(outcome->open, "remedy", value);
    } else if (outcome->open != NULL && (value = json_object_get(line, "end")) != NULL) {
        end_case(outcome, value);
    } else if ((value = json_object_get(line, "given_up")) != NULL) {
        outcome->given_up = json_incref(value);
    } else if ((value = json_object_get(line, "note")) != NULL) {
        (void)json_object_update(outcome->notes, value);
    } else if (json_object_get(line, "finished") != NULL) {
        outcome->finished = 1;
    }
}

static void read_lines(struct outcome *outcome, const char *record, size_t size) {
    for (const char *end; size > 0 && (end = memchr(record, '\n', size)) != NULL;) {
        size_t length = (size_t)(end - record);
        json_t *line = json_loadb(record, length, 0, NULL);
        read_line(outcome, line);
        json_decref(line);
        record = end + 1;
        size -= length + 1;
    }
}

/* A failure of the process itself belongs to the case that was open, or to a case of its own. */
static void blame_process(struct outcome *outcome, const char *observed) {
    if (outcome->open == NULL) {
        json_t *id = json_string("process");
        begin_case(outcome, id);
        json_decref(id);
    }
    json_t *failure = json_pack("{s:s, s:s, s:s}", "where", "the check's process", "expected",
                                "it ends by itself", "observed", observed);
    (void)json_array_append_new(json_object_get(outcome->open, "failures"), failure);
    set_text(outcome->open, "verdict", "failed");
    outcome->open = NULL;
}

static void judge_process(struct outcome *outcome, const struct dpone_guard_result *result,
                          const struct dpone_guard_limits *limits) {
    char observed[256];
    if (result->end != DPONE_GUARD_RETURNED || !outcome->finished) {
        dpone_guard_describe(result, limits, observed, sizeof(observed));
        blame_process(outcome, result->end == DPONE_GUARD_RETURNED ? "its record is incomplete" : observed);
    } else if (result->survivors > 0) {
        (void)snprintf(observed, sizeof(observed), "%d of its processes outlived it and were killed",
                       (int)result->survivors);
        blame_process(outcome, observed);
    }
}

static int32_t worst_verdict(const json_t *cases) {
    int32_t worst = DPONE_VERDICT_PASSED;
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(cases, i), "verdict"));
        int32_t verdict = name == NULL ? (int32_t)DPONE_VERDICT_FAILED : dpone_verdict_parse(name);
        worst = verdict > worst ? verdict : worst;
    }
    return worst;
}

static json_t *failed_for(json_t *result, const char *reason) {
    set_text(result, "verdict", "failed");
    set_text(result, "reason", reason);
    return result;
}

static const char *skipped_case_reason(const json_t *cases) {
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *entry = json_array_get(cases, i);
        const char *verdict = json_string_value(json_object_get(entry, "verdict"));
        if (verdict != NULL && strcmp(verdict, "skipped") == 0) {
            return json_string_value(json_object_get(entry, "reason"));
        }
    }
    return NULL;
}

static json_t *judge_cases(const struct outcome *outcome, const char *only_case) {
    json_t *result = json_pack("{s:O}", "cases", outcome->cases);
    int32_t worst = worst_verdict(outcome->cases);
    if (result == NULL) {
        return NULL;
    }
    (void)json_object_update(result, outcome->notes);
    if (worst == DPONE_VERDICT_FAILED) {
        set_text(result, "verdict", "failed");
    } else if (outcome->given_up != NULL) {
        (void)json_object_update(result, outcome->given_up);
    } else if (json_array_size(outcome->cases) == 0) {
        failed_for(result, only_case == NULL ? "the check ran no case, which proves nothing"
                                             : "the check has no such case");
    } else {
        const char *reason = skipped_case_reason(outcome->cases);
        set_text(result, "verdict", dpone_verdict_name(worst));
        if (reason != NULL) {
            set_text(result, "reason", reason);
        }
    }
    return result;
}

json_t *dpone_record_outcome(const struct dpone_guard_result *result, const struct dpone_guard_limits *limits,
                             const char *only_case) {
    struct outcome outcome = {.cases = json_array(), .notes = json_object()};
    read_lines(&outcome, result->record, result->record_bytes);
    judge_process(&outcome, result, limits);
    json_t *judged = judge_cases(&outcome, only_case);
    json_decref(outcome.given_up);
    json_decref(outcome.notes);
    json_decref(outcome.cases);
    return judged;
}
