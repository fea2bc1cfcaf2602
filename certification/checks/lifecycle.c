/* lifecycle: opening and closing a hundred times leaves nothing behind, instances share nothing, closing
 * twice is defined, and cancelling is answered. */
#include "../check.h"

#include "../detached.h"
#include "../live.h"
#include "../steady.h"
#include "../subject.h"
#include "../trap.h"

#include <dpone/call.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROUNDS 60
#define HEAP_BYTES_PER_ROUND 256
#define FIRST_STREAM "first_rows"
#define SECOND_STREAM "second_rows"
#define FIRST_ROWS 420
#define SECOND_ROWS 170
#define BATCH_ROWS 40
#define CANCEL_LIMIT_MS 2000
#define CANCEL_AFTER_MS 100

/* ---- A hundred rounds ---- */

/* Opens, asks whether the system answers, closes. */
static int one_round(void *context, int number) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)number;
    if (!dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    int32_t status = dpone_call_check_connection(live->connector, instance.instance, &error);
    dpone_live_instance_close(&instance);
    return dpone_expect_status(live->run, "check_connection()", DPONE_OK, status, &error);
}

static void case_rounds(struct dpone_check_run *run, void *context) {
    const struct dpone_steady steady = {.rounds = ROUNDS,
                                        .bytes_per_round = HEAP_BYTES_PER_ROUND,
                                        .what = "round",
                                        .round = one_round,
                                        .context = context};
    (void)dpone_expect_steady(run, &steady);
}

/* ---- Instances ---- */

/* An instance whose options name another system, one that does not answer. */
static struct dpone_instance *open_detached(struct dpone_live *live, struct dpone_detached_host *host) {
    struct dpone_option_tree *tree = NULL;
    struct dpone_instance *instance = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *options = dpone_detached_options(live->run);
    if (dpone_detached_host_open(host, live->run) && dpone_detached_tree(&tree, live->run, options)) {
        int32_t status = dpone_call_open(live->connector, &instance, dpone_system_host_get(host->host),
                                         dpone_option_tree_root(tree), &error);
        (void)dpone_expect_status(live->run, "open() of a second instance", DPONE_OK, status, &error);
    }
    dpone_option_tree_free(tree);
    json_decref(options);
    return instance;
}

static void case_options_of_their_own(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_instance first;
    struct dpone_detached_host host = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_case_remedy(run, "Keep the options in the instance that open() makes, not in static variables.");
    if (!dpone_live_instance_open(&first, live)) {
        return;
    }
    struct dpone_instance *second = open_detached(live, &host);
    int32_t status = dpone_call_check_connection(live->connector, first.instance, &error);
    (void)dpone_expect_status(run, "check_connection() while another instance names another system", DPONE_OK,
                              status, &error);
    dpone_call_close(live->connector, second);
    dpone_detached_host_close(&host);
    status = dpone_call_check_connection(live->connector, first.instance, &error);
    (void)dpone_expect_status(run, "check_connection() after another instance was closed", DPONE_OK, status,
                              &error);
    dpone_live_instance_close(&first);
}

/* One of two reads under way at the same time. */
struct side_read {
    const char *stream;
    int64_t rows;
    int64_t seen;
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    int open;
};

static int open_side(struct side_read *side, struct dpone_live *live) {
    struct dpone_read_request request = dpone_live_read_request(side->stream, BATCH_ROWS);
    if (!dpone_live_instance_open(&side->instance, live)) {
        return 0;
    }
    side->open = dpone_live_read(&side->instance, &request, &side->reader);
    return side->open;
}

/* The next batch; 0 at the end or after a failure. */
static int step_side(struct side_read *side, struct dpone_live *live) {
    struct ArrowArray batch = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_call_reader_next(&side->reader, &batch, &error);
    if (!dpone_expect_status(live->run, side->stream, DPONE_OK, status, &error) || batch.release == NULL) {
        return 0;
    }
    side->seen += batch.length;
    batch.release(&batch);
    return 1;
}

static void close_side(struct side_read *side) {
    if (side->open) {
        dpone_call_reader_close(&side->reader);
    }
    if (side->instance.live != NULL) {
        dpone_live_instance_close(&side->instance);
    }
}

static void case_interleaved(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct side_read sides[2] = {{.stream = FIRST_STREAM, .rows = FIRST_ROWS},
                                 {.stream = SECOND_STREAM, .rows = SECOND_ROWS}};
    dpone_case_remedy(run, "Keep what a read remembers in its reader, not in static variables.");
    if (!dpone_live_publish_stream(live, FIRST_STREAM, FIRST_ROWS) ||
        !dpone_live_publish_stream(live, SECOND_STREAM, SECOND_ROWS)) {
        return;
    }
    if (open_side(&sides[0], live) && open_side(&sides[1], live)) {
        int more = 1;
        while (more) { /* the shorter one ends, and is closed, in the middle of the longer one */
            more = step_side(&sides[1], live);
            (void)step_side(&sides[0], live);
        }
        close_side(&sides[1]);
        (void)dpone_expect_integer(run, "rows of " SECOND_STREAM, SECOND_ROWS, sides[1].seen);
        sides[1] = (struct side_read){0};
        while (step_side(&sides[0], live)) {
        }
        (void)dpone_expect_integer(run, "rows of " FIRST_STREAM, FIRST_ROWS, sides[0].seen);
    }
    close_side(&sides[1]);
    close_side(&sides[0]);
}

/* ---- Closing twice ---- */

static void close_nothing(void *context) {
    const struct dpone_connector *connector = context;
    connector->close(NULL);
}

static void release_then_close(void *context) {
    struct dpone_reader *reader = context;
    reader->stream.release(&reader->stream);
    reader->close(reader);
}

static void case_close_twice(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_trap trap;
    dpone_case_remedy(run, "Let close(NULL) do nothing, and set release and close to NULL once they ran.");
    int returned = dpone_trap_run(&trap, close_nothing, (void *)(uintptr_t)live->connector);
    (void)dpone_expect(run, returned, "connector.close(NULL)", "nothing happens", "signal %d",
                       (int)trap.signal);
    if (live->connector->source == NULL || !dpone_live_publish_stream(live, FIRST_STREAM, FIRST_ROWS)) {
        return;
    }
    struct side_read side = {.stream = FIRST_STREAM};
    if (open_side(&side, live) && step_side(&side, live)) {
        returned = dpone_trap_run(&trap, release_then_close, &side.reader);
        (void)dpone_expect(run, returned, "close() after the stream was released", "it returns", "signal %d",
                           (int)trap.signal);
        (void)dpone_expect(run, side.reader.close == NULL && side.reader.stream.release == NULL,
                           "reader after close()", "close and release are NULL", "one of them is still set");
        side.open = 0;
    }
    close_side(&side);
}

/* ---- Cancelling ---- */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void cancel_instance(struct dpone_live_instance *instance) {
    dpone_system_host_cancel(instance->host);
    dpone_call_cancel(instance->live->connector, instance->instance);
}

static void *cancel_soon(void *context) {
    struct timespec wait = {0, CANCEL_AFTER_MS * 1000000L};
    (void)nanosleep(&wait, NULL);
    cancel_instance(context);
    return NULL;
}

/* Reads to the failure or the end; the number of batches is bounded by the stream. */
static int32_t read_out(struct side_read *side, struct dpone_error *error) {
    for (;;) {
        struct ArrowArray batch = {0};
        int32_t status = dpone_call_reader_next(&side->reader, &batch, error);
        if (status != DPONE_OK || batch.release == NULL) {
            return status;
        }
        batch.release(&batch);
    }
}

static void expect_cancelled(struct dpone_check_run *run, int32_t status, int64_t started_ms,
                             const struct dpone_error *error) {
    int64_t duration_ms = now_ms() - started_ms;
    char expected[64];
    (void)snprintf(expected, sizeof(expected), "an answer within %d ms", CANCEL_LIMIT_MS);
    (void)dpone_expect_status(run, "get_next() after cancel()", DPONE_CANCELLED, status, error);
    (void)dpone_expect(run, duration_ms < CANCEL_LIMIT_MS, "get_next() after cancel()", expected, "%lld ms",
                       (long long)duration_ms);
}

static void case_cancel_between_batches(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct side_read side = {.stream = FIRST_STREAM};
    dpone_case_remedy(run, "Ask host->is_cancelled once per batch or page.");
    if (dpone_live_publish_stream(live, FIRST_STREAM, FIRST_ROWS * 10) && open_side(&side, live) &&
        step_side(&side, live)) {
        int64_t started_ms = now_ms();
        cancel_instance(&side.instance);
        expect_cancelled(run, read_out(&side, &error), started_ms, &error);
    }
    close_side(&side);
}

/* A fault that makes a connector wait. */
static const struct dpone_fixture_fault *waiting_fault(const struct dpone_live *live) {
    const struct dpone_fixture_facts *facts = dpone_fixture_facts(live->fixture);
    for (size_t i = 0; i < facts->fault_count; i++) {
        if (facts->faults[i].retry_after_ms > CANCEL_AFTER_MS &&
            (facts->faults[i].operations & DPONE_FIXTURE_READ)) {
            return &facts->faults[i];
        }
    }
    return NULL;
}

static void case_cancel_while_waiting(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct side_read side = {.stream = FIRST_STREAM};
    struct dpone_fixture_arming arming = {.struct_size = (uint32_t)sizeof(arming),
                                          .fault = waiting_fault(live)->id,
                                          .operation = DPONE_FIXTURE_READ};
    pthread_t thread;
    dpone_case_remedy(run, "Wait with host->sleep_ms and host->wait, which return when the host cancels.");
    if (dpone_live_publish_stream(live, FIRST_STREAM, FIRST_ROWS * 10) && open_side(&side, live) &&
        step_side(&side, live) && dpone_live_arm(live, &arming)) {
        int64_t started_ms = now_ms();
        if (pthread_create(&thread, NULL, cancel_soon, &side.instance) == 0) {
            expect_cancelled(run, read_out(&side, &error), started_ms, &error);
            (void)pthread_join(thread, NULL);
        }
        (void)dpone_live_arm(live, NULL);
    }
    close_side(&side);
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    int is_source = (run->subject->package->capabilities & DPONE_CAPABILITY_SOURCE) != 0;
    if (!dpone_live_open(&live, run, is_source ? DPONE_LIVE_SOURCE : DPONE_LIVE_SINK)) {
        return;
    }
    dpone_case_run(run, "rounds", case_rounds, &live);
    dpone_case_run(run, "options_of_their_own", case_options_of_their_own, &live);
    dpone_case_run(run, "close_twice", case_close_twice, &live);
    if (live.connector->source != NULL) {
        dpone_case_run(run, "interleaved", case_interleaved, &live);
        dpone_case_run(run, "cancel_between_batches", case_cancel_between_batches, &live);
        if (waiting_fault(&live) != NULL) {
            dpone_case_run(run, "cancel_while_waiting", case_cancel_while_waiting, &live);
        }
    }
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_lifecycle = {
    .id = "lifecycle",
    .title = "Open, close, cancel",
    .proves = "Opening and closing a hundred times leaves nothing behind, instances share nothing, closing "
              "twice is "
              "defined, and cancelling is answered.",
    .remedy = "Free in close() everything that open() made.",
    .group = DPONE_GROUP_LOADING,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .run = run_check,
};
