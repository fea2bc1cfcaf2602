/* load_idempotency: a load that is repeated with its key has no effect twice, whatever became of the first
 * answer. */
#include "../check.h"

#include "../crash_load.h"

#include <string.h>

#define TARGET "payments"
#define OLD_ROWS 30
#define ROWS 140

/* Calls of publish() after which the answer is all that is missing. */
#define LAST_CALLS 8

static const struct dpone_live_load payment_load = {.target = TARGET,
                                                    .key = "payment-1",
                                                    .strategy = DPONE_INCREMENTAL_APPEND,
                                                    .first_row = OLD_ROWS,
                                                    .rows = ROWS};

static int prepare(struct dpone_live *live, const char **expected) {
    *expected = dpone_live_path(live, "expected.dump");
    return dpone_live_prepare_target(live, TARGET, 0, OLD_ROWS) &&
           dpone_live_dump_rows(live, *expected, 0, OLD_ROWS + ROWS);
}

static void case_replayed_load(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const char *expected = NULL;
    dpone_case_remedy(
        run,
        "Store the key with the publication, and answer OK to it from then on without applying it again.");
    if (prepare(live, &expected) && dpone_live_load_run(live, &payment_load) &&
        dpone_live_load_run(live, &payment_load)) {
        (void)dpone_live_expect_target(live, TARGET, "target after the same load twice", expected);
        (void)dpone_live_expect_no_staging(live, "after the same load twice");
    }
}

static void case_publish_twice(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct dpone_load load;
    const char *expected = NULL;
    dpone_case_remedy(run, "publish() with the same request once more answers OK and does nothing; with "
                           "another digest it is a CONFLICT.");
    if (!prepare(live, &expected) || !dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (dpone_live_load_write(&instance, &payment_load, &load)) {
        if (dpone_live_load_stage(&instance, &load) &&
            dpone_live_load_publish(&instance, &payment_load, &load) &&
            dpone_live_load_publish(&instance, &payment_load, &load)) {
            struct dpone_error error = DPONE_ERROR_INIT;
            struct dpone_live_load other = payment_load;
            other.first_row++;
            int32_t status = dpone_live_load_try_publish(&instance, &other, &load, &error);
            (void)dpone_expect_status(run, "publish() once more with another content digest", DPONE_CONFLICT,
                                      status, &error);
            (void)dpone_live_expect_target(live, TARGET, "target after publish() twice", expected);
        }
        dpone_call_load_close(&load);
    }
    dpone_live_instance_close(&instance);
}

static void case_key_with_other_rows(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_load other = payment_load;
    const char *expected = NULL;
    dpone_case_remedy(
        run, "Compare the content digest with the one stored under the key: another one is a CONFLICT.");
    other.rows = ROWS - 1;
    if (prepare(live, &expected) && dpone_live_load_run(live, &payment_load) &&
        dpone_live_load_expect_refused(live, &other, "the same key with other rows", DPONE_CONFLICT)) {
        (void)dpone_live_expect_target(live, TARGET, "target after the conflict", expected);
    }
}

/* ---- Answers that are lost ---- */

static const struct dpone_fixture_fault *lost_answer(const struct dpone_live *live) {
    const struct dpone_fixture_facts *facts = dpone_fixture_facts(live->fixture);
    for (size_t i = 0; i < facts->fault_count; i++) {
        if ((facts->faults[i].operations & DPONE_FIXTURE_PUBLISH) &&
            facts->faults[i].effect == DPONE_FIXTURE_APPLIED) {
            return &facts->faults[i];
        }
    }
    return NULL;
}

static void expect_resolved(struct dpone_live *live, const struct dpone_live_instance *instance,
                            struct dpone_load *load) {
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_table target = {.name = dpone_string_of(TARGET)};
    int32_t status = dpone_call_last_published(live->connector, instance->instance, &target,
                                               dpone_string_of("certification"), &publication, &error);
    if (dpone_expect_status(live->run, "last_published() after a lost answer", DPONE_OK, status, &error)) {
        (void)dpone_expect(
            live->run,
            publication.idempotency_key.size == strlen(payment_load.key) &&
                memcmp(publication.idempotency_key.data, payment_load.key, strlen(payment_load.key)) == 0,
            "last_published() after a lost answer: key", payment_load.key, "%.*s",
            (int)publication.idempotency_key.size, (const char *)publication.idempotency_key.data);
    }
    dpone_publication_clear(&publication);
    (void)dpone_live_load_publish(instance, &payment_load, load);
}

/* A system without a server loses no answer; whoever published dies before he has it. */
static void publisher_dies(struct dpone_live *live) {
    struct dpone_check_run *run = live->run;
    struct dpone_crash_load crash;
    struct dpone_crash_result rehearsal;
    struct dpone_crash_result result;
    int published = 0;
    if (!dpone_crash_load_prepare(&crash, live, TARGET, DPONE_INCREMENTAL_APPEND, OLD_ROWS, ROWS) ||
        !dpone_crash_load_rehearse(&crash, DPONE_CRASH_STAGE, 0, &rehearsal)) {
        return;
    }
    int64_t calls = rehearsal.calls[DPONE_CRASH_PUBLISH];
    for (int64_t i = calls > LAST_CALLS ? calls - LAST_CALLS : 0; i < calls; i++) {
        const struct dpone_crash_point point = {.phase = DPONE_CRASH_PUBLISH, .ordinal = i};
        int target = dpone_crash_load_run(&crash, &point, &result)
                         ? dpone_crash_load_judge(&crash, "a load whose publisher died before its answer",
                                                  DPONE_CRASH_OLD | DPONE_CRASH_NEW)
                         : 0;
        if (target == 0) {
            return;
        }
        published |= target == DPONE_CRASH_NEW;
    }
    (void)dpone_expect(run, published, "a publisher killed in its last calls", "one of them had published",
                       "none of them had");
}

static void case_lost_answer(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const struct dpone_fixture_fault *fault = lost_answer(live);
    struct dpone_virtual_time *time = dpone_virtual_time_new();
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_error error = DPONE_ERROR_INIT;
    const char *expected = NULL;
    dpone_case_remedy(run, "A publication without an answer is OUTCOME_UNKNOWN, unless the connector repeats "
                           "it with its key and learns the outcome.");
    if (fault == NULL || time == NULL) {
        dpone_virtual_time_free(time);
        publisher_dies(live);
        return;
    }
    struct dpone_fixture_arming arming = {
        .struct_size = sizeof(arming), .fault = fault->id, .operation = DPONE_FIXTURE_PUBLISH};
    if (prepare(live, &expected) &&
        dpone_live_instance_open_with(&instance, live, dpone_option_tree_root(live->options),
                                      dpone_virtual_time_functions(time))) {
        if (dpone_live_load_write(&instance, &payment_load, &load)) {
            if (dpone_live_load_stage(&instance, &load) && dpone_live_arm(live, &arming)) {
                int32_t status = dpone_live_load_try_publish(&instance, &payment_load, &load, &error);
                (void)dpone_expect_status(run, "publish() whose every answer is lost", DPONE_OUTCOME_UNKNOWN,
                                          status, &error);
                (void)dpone_live_arm(live, NULL);
                expect_resolved(live, &instance, &load);
                (void)dpone_live_expect_target(
                    live, TARGET, "target after a lost answer and a repeated publish()", expected);
            }
            dpone_call_load_close(&load);
        }
        dpone_live_instance_close(&instance);
    }
    dpone_virtual_time_free(time);
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {{"replayed_load", case_replayed_load},
                                                   {"publish_twice", case_publish_twice},
                                                   {"key_with_other_rows", case_key_with_other_rows},
                                                   {"lost_answer", case_lost_answer}};
    dpone_live_run_cases(run, DPONE_LIVE_SINK, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct dpone_check dpone_check_load_idempotency = {
    .id = "load_idempotency",
    .title = "The same load twice",
    .proves = "Repeating a load with its key changes nothing, also after a lost answer; the key with other "
              "rows is a conflict.",
    .remedy = "Store key and digest with the publication, and compare them before applying.",
    .group = DPONE_GROUP_SINK,
    .capabilities = DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
