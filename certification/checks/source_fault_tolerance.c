/* source_fault_tolerance: what passes is retried within limits and as politely as asked, what stays is
 * reported at once, and no row is lost or doubled. Time is virtual where the fixture injects every wait. */
#include "../check.h"

#include "../live.h"

#include <stdio.h>
#include <string.h>

#define STREAM "invoices"
#define ROWS 900

/* More attempts at one request than this is no limit. */
#define ATTEMPTS_MAXIMUM 25

/* Requests that pass before the fault, so that some rows were delivered already. */
#define SKIPPED_REQUESTS 3

/* How long a fault stays that nobody counts. */
#define PASSING_MS 300

static int64_t longest_sleep_ms(struct dpone_virtual_time *time) {
    int64_t longest = 0;
    for (size_t i = 0; i < dpone_virtual_time_sleep_count(time); i++) {
        int64_t sleep = dpone_virtual_time_sleep_ms(time, i);
        longest = sleep > longest ? sleep : longest;
    }
    return longest;
}

/* Reads the stream to its end or its error; NULL is real time. */
static int32_t read_under_fault(struct dpone_live *live, const struct dpone_host_time *time, const char *path,
                                struct dpone_error *error) {
    struct dpone_live_instance instance;
    struct dpone_reader reader = {.struct_size = sizeof(reader)};
    struct dpone_read_request request = dpone_live_read_request(STREAM, 0);
    struct dpone_error ignored = DPONE_ERROR_INIT;
    if (!dpone_live_instance_open_with(&instance, live, dpone_option_tree_root(live->options), time)) {
        return DPONE_INTERNAL;
    }
    int32_t status = dpone_call_read(live->connector, instance.instance, &request, &reader, error);
    if (status == DPONE_OK) {
        FILE *file = fopen(path, "w");
        status =
            file == NULL ? DPONE_IO : dpone_canonical_dump_stream(file, &reader.stream, NULL, NULL, &ignored);
        if (file != NULL) {
            (void)fclose(file);
        }
        if (status != DPONE_OK) {
            status = reader.last_error(&reader, error);
        }
    }
    dpone_call_reader_close(&reader);
    dpone_live_instance_close(&instance);
    return status;
}

/* Disarms and tells how often the fault struck. */
static int64_t disarm(struct dpone_live *live) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int64_t struck = 0;
    if (dpone_fixture_arm(live->fixture, NULL, &struck, &error) != DPONE_OK) {
        dpone_check_environment(live->run, "disarming a fault", &error);
    }
    return struck;
}

/* The fault strikes twice and goes away: every row must arrive, after the wait that was asked for. */
static void passes(struct dpone_live *live, const struct dpone_fixture_fault *fault, const char *expected) {
    struct dpone_check_run *run = live->run;
    const char *observed = dpone_live_path(live, "observed.dump");
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_virtual_time *time = dpone_virtual_time_new();
    int counts = dpone_fixture_counts_requests(live->fixture);
    struct dpone_fixture_arming arming = {.struct_size = sizeof(arming),
                                          .fault = fault->id,
                                          .operation = DPONE_FIXTURE_READ,
                                          .skip = SKIPPED_REQUESTS,
                                          .times = counts ? 2 : 0,
                                          .delay_ms = counts ? 0 : PASSING_MS};
    dpone_case_remedy(run,
                      "Retry %s; wait as long as the system asks, else back off exponentially with jitter.",
                      fault->id);
    if (time != NULL && dpone_live_arm(live, &arming)) {
        int32_t status =
            read_under_fault(live, counts ? dpone_virtual_time_functions(time) : NULL, observed, &error);
        (void)dpone_expect_integer(run, "times that the fault struck", counts ? 2 : 1, disarm(live));
        if (dpone_expect_status(run, "a read in which the fault goes away", DPONE_OK, status, &error)) {
            (void)dpone_expect_dump(run, "rows of a read in which the fault goes away", expected, observed,
                                    DPONE_COMPARE_AS_MULTISET);
        }
        if (fault->retry_after_ms >= 0) {
            int64_t longest = longest_sleep_ms(time);
            (void)dpone_expect(run, longest >= fault->retry_after_ms, "longest wait before a retry",
                               "at least what Retry-After asked for", "%lld ms, asked for %lld ms",
                               (long long)longest, (long long)fault->retry_after_ms);
        }
    }
    dpone_virtual_time_free(time);
}

/* The fault stays: its status must arrive, after one attempt or after a limited number. */
static void stays(struct dpone_live *live, const struct dpone_fixture_fault *fault) {
    struct dpone_check_run *run = live->run;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_virtual_time *time = dpone_virtual_time_new();
    struct dpone_fixture_arming arming = {.struct_size = sizeof(arming),
                                          .fault = fault->id,
                                          .operation = DPONE_FIXTURE_READ,
                                          .skip = SKIPPED_REQUESTS};
    dpone_case_remedy(run, "%s",
                      fault->retryable == 0
                          ? "Report what cannot pass at once; a retry only delays the message."
                          : "Give up after a limited number of attempts, with the status of the fault.");
    if (time != NULL && dpone_live_arm(live, &arming)) {
        int32_t status = read_under_fault(live, dpone_virtual_time_functions(time),
                                          dpone_live_path(live, "observed.dump"), &error);
        int64_t struck = disarm(live);
        (void)dpone_expect_status(run, "a read in which the fault stays", fault->expected_status, status,
                                  &error);
        (void)dpone_expect(run, struck >= 1 && struck <= (fault->retryable ? ATTEMPTS_MAXIMUM : 1),
                           "attempts", fault->retryable ? "between 1 and 25" : "1", "%lld",
                           (long long)struck);
    }
    dpone_virtual_time_free(time);
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    struct dpone_error error = DPONE_ERROR_INIT;
    char id[128];
    if (!dpone_live_open(&live, run, DPONE_LIVE_SOURCE)) {
        return;
    }
    const struct dpone_fixture_facts *facts = dpone_fixture_facts(live.fixture);
    const char *expected = dpone_live_path(&live, "expected.dump");
    int ready = dpone_live_publish_stream(&live, STREAM, ROWS);
    if (ready && dpone_fixture_dump_stream(live.fixture, STREAM, 0, ROWS, expected, &error) != DPONE_OK) {
        dpone_check_environment(run, "the expected rows", &error);
    }
    for (size_t i = 0; ready && i < facts->fault_count; i++) {
        const struct dpone_fixture_fault *fault = &facts->faults[i];
        if (!(fault->operations & DPONE_FIXTURE_READ)) {
            continue;
        }
        (void)snprintf(id, sizeof(id), "%s.passes", fault->id);
        if (fault->retryable == 1 && dpone_case_begin(run, id)) {
            passes(&live, fault, expected);
            dpone_case_end(run);
        }
        (void)snprintf(id, sizeof(id), "%s.stays", fault->id);
        if (dpone_case_begin(run, id)) {
            stays(&live, fault);
            dpone_case_end(run);
        }
    }
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_source_fault_tolerance = {
    .id = "source_fault_tolerance",
    .title = "Faults while reading",
    .proves = "Faults that pass are retried within limits and as politely as asked, the others reported at "
              "once; no row is lost or doubled.",
    .remedy =
        "Retry only what may pass, wait as long as the system asks, and fail with the status of the fault.",
    .group = DPONE_GROUP_SOURCE,
    .capabilities = DPONE_CAPABILITY_SOURCE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 180,
    .run = run_check,
};
