/* Reading a check's record: cases, verdicts, and what a dead process left unsaid. */
#include "recorder.h"

#include <stdio.h>
#include <string.h>

struct outcome {
    json_t *cases;
    json_t *open; /* the case that has not ended; borrowed from cases */
    json_t *given_up;
    json_t *notes;
    json_t *left_out; /* cases that were not asked for */
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

/* What the case under way found so far may be the environment's doing, so it is no verdict on the connector.
 */
static void give_up(struct outcome *outcome, json_t *given_up) {
    if (outcome->given_up == NULL) {
        outcome->given_up = json_incref(given_up);
    }
    if (outcome->open != NULL) {
        (void)json_object_set(outcome->open, "verdict", json_object_get(given_up, "verdict"));
        (void)json_object_set(outcome->open, "reason", json_object_get(given_up, "reason"));
        outcome->open = NULL;
    }
}

static void read_line(struct outcome *outcome, json_t *line) {
    json_t *value = json_object_get(line, "case");
    if (value != NULL) {
        begin_case(outcome, value);
    } else if ((value = json_object_get(line, "left_out")) != NULL) {
        (void)json_array_append(outcome->left_out, value);
    } else if (outcome->open != NULL && (value = json_object_get(line, "failure")) != NULL) {
        (void)json_array_append(json_object_get(outcome->open, "failures"), value);
    } else if (outcome->open != NULL && (value = json_object_get(line, "remedy")) != NULL) {
        (void)json_object_set(outcome->open, "remedy", value);
    } else if (outcome->open != NULL && (value = json_object_get(line, "end")) != NULL) {
        end_case(outcome, value);
    } else if ((value = json_object_get(line, "given_up")) != NULL) {
        give_up(outcome, value);
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

/* What an author does about a process that ended so. */
static const char *const end_remedies[] = {
    [DPONE_GUARD_EXITED] = "Return a status and never call exit() or abort(): the process is the host's, and "
                           "it has other work.",
    [DPONE_GUARD_SIGNALLED] = "Build the connector with -fsanitize=address,undefined and rerun this case, or "
                              "rerun it under a debugger, to see where it dies.",
    [DPONE_GUARD_TIMED_OUT] =
        "Let every loop end and every wait have a limit (host->wait(), host->sleep_ms()), "
        "and check for cancellation; rerun this case to see where it hangs.",
    [DPONE_GUARD_TOO_MUCH_MEMORY] = "Hold one batch at a time and not the whole stream, and release what was "
                                    "made.",
    [DPONE_GUARD_TOO_MUCH_OUTPUT] = "Print nothing: log through host->log(), and see which loop repeats the "
                                    "message.",
};
static const char survivor_remedy[] =
    "Start no processes, or end them and wait for them in close() at the latest.";

/* "the check's process, in case wild", or after which case. */
static void describe_place(const struct outcome *outcome, char *out, size_t out_bytes) {
    size_t count = json_array_size(outcome->cases);
    const json_t *last = outcome->open != NULL ? outcome->open
                         : count > 0           ? json_array_get(outcome->cases, count - 1)
                                               : NULL;
    (void)snprintf(out, out_bytes, "the check's process, %s%s",
                   outcome->open != NULL ? "in case "
                   : last != NULL        ? "after case "
                                         : "before the first case (the connector is loaded there)",
                   last == NULL ? "" : json_string_value(json_object_get(last, "case")));
}

/* A failure of the process itself belongs to the case that was open, or to a case of its own. */
static void blame_process(struct outcome *outcome, const char *observed, const char *remedy) {
    char where[256];
    describe_place(outcome, where, sizeof(where));
    if (outcome->open == NULL) {
        json_t *id = json_string("process");
        begin_case(outcome, id);
        json_decref(id);
    }
    json_t *failure =
        json_pack("{s:s, s:s, s:s}", "where", where, "expected", "it ends by itself", "observed", observed);
    (void)json_array_append_new(json_object_get(outcome->open, "failures"), failure);
    set_text(outcome->open, "verdict", "failed");
    set_text(outcome->open, "remedy", remedy);
    outcome->open = NULL;
}

/* The check is unverified through no fault of the connector, and what it said does not count. */
static void blame_environment(struct outcome *outcome, const char *reason) {
    (void)json_array_clear(outcome->cases);
    outcome->open = NULL;
    json_decref(outcome->given_up);
    outcome->given_up =
        json_pack("{s:s, s:s, s:b}", "verdict", "unverified", "reason", reason, "environment", 1);
}

static void judge_process(struct outcome *outcome, const struct dpone_guard_result *result,
                          const struct dpone_guard_limits *limits) {
    char observed[256];
    if (result->end == DPONE_GUARD_INTERRUPTED) {
        blame_environment(outcome, "interrupted; run it again");
    } else if (result->end == DPONE_GUARD_RETURNED && !outcome->finished) {
        blame_environment(outcome,
                          "what the check saw could not be recorded; make memory free and run it again");
    } else if (result->end != DPONE_GUARD_RETURNED) {
        dpone_guard_describe(result, limits, observed, sizeof(observed));
        blame_process(outcome, observed, end_remedies[result->end]);
    } else if (result->survivors > 0) {
        (void)snprintf(observed, sizeof(observed), "%d of its processes outlived it and were killed",
                       (int)result->survivors);
        blame_process(outcome, observed, survivor_remedy);
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

/* A check that ran no case; one case that it does not have was asked for when it left others out. */
static void judge_no_case(json_t *result, const struct outcome *outcome) {
    if (json_array_size(outcome->left_out) > 0) {
        set_text(result, "verdict", "unverified");
        set_text(result, "reason", "the check has no such case");
        (void)json_object_set(result, "known_cases", outcome->left_out);
    } else {
        set_text(result, "verdict", "failed");
        set_text(result, "reason", "the check ran no case, which proves nothing");
    }
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

static json_t *judge_cases(const struct outcome *outcome) {
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
        judge_no_case(result, outcome);
    } else {
        const char *reason = skipped_case_reason(outcome->cases);
        set_text(result, "verdict", dpone_verdict_name(worst));
        if (reason != NULL) {
            set_text(result, "reason", reason);
        }
    }
    return result;
}

json_t *dpone_record_outcome(const struct dpone_guard_result *result,
                             const struct dpone_guard_limits *limits) {
    struct outcome outcome = {.cases = json_array(), .notes = json_object(), .left_out = json_array()};
    read_lines(&outcome, result->record, result->record_bytes);
    judge_process(&outcome, result, limits);
    json_t *judged = judge_cases(&outcome);
    json_decref(outcome.given_up);
    json_decref(outcome.notes);
    json_decref(outcome.left_out);
    json_decref(outcome.cases);
    return judged;
}
