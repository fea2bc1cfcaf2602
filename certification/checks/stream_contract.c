/* stream_contract: every batch is complete, correct Arrow data, and its life ends exactly once, whatever the
 * consumer does. */
#include "../check.h"

#include "../live.h"
#include "../steady.h"
#include "../stream_tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM "readings"
#define ROWS 1700
#define BATCH_ROWS 128
#define LEAK_STREAM "few_readings"
#define LEAK_ROWS 300
#define LEAK_ROUNDS 30
#define LEAK_BYTES_PER_ROUND 512
#define FAULT_POSITIONS 16

static void tap_problem(void *context, const char *where, const char *expected, const char *observed) {
    (void)dpone_expect(context, 0, where, expected, "%s", observed);
}

/* How a case consumes the stream. */
struct consumption {
    const char *id;
    int64_t batches; /* read so many; -1: to the end */
    int32_t alternate_threads;
    int32_t close_before_release; /* 1: reader and instance are closed before the batches are released */
    const char *remedy;
};

static const struct consumption consumptions[] = {
    {"valid_batches", -1, 0, 0,
     "Build batches with dpone/batch_builder.h, or set lengths, offsets, null_count and validity alike."},
    {"alternating_threads", -1, 1, 0,
     "Keep no thread-local state in the stream, and let release() work on any thread."},
    {"abandoned_at_once", 0, 0, 0, "Free everything in the stream's release(), also before the first batch."},
    {"abandoned_after_two", 2, 0, 0, "Free everything in the stream's release(), also in the middle."},
    {"batches_outlive_the_source", 3, 0, 1,
     "Let each batch own its buffers, so that it lives after stream, reader and instance."},
};

/* Reads through the tap; what it finds are failures of the case. Returns the batches read, kept in `kept`. */
static int64_t consume(struct dpone_check_run *run, struct ArrowArrayStream *stream,
                       const struct consumption *how, struct ArrowArray *kept, int64_t capacity) {
    int64_t count = 0;
    while (how->batches < 0 || count < how->batches) {
        struct ArrowArray batch = {0};
        int code = stream->get_next(stream, &batch);
        if (!dpone_expect_integer(run, "get_next()", 0, code) || batch.release == NULL) {
            break;
        }
        if (how->close_before_release && count < capacity) {
            kept[count] = batch;
        } else {
            batch.release(&batch);
        }
        count++;
    }
    return count;
}

static void run_consumption(struct dpone_live *live, const struct consumption *how) {
    struct dpone_check_run *run = live->run;
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    struct dpone_stream_tap *tap = NULL;
    struct dpone_stream_tap_facts facts = {0};
    struct ArrowArrayStream stream = {0};
    struct ArrowArray kept[4] = {{0}};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_read_request request = dpone_live_read_request(STREAM, BATCH_ROWS);
    struct dpone_stream_tap_settings settings = {.maximum_rows = BATCH_ROWS,
                                                 .alternate_threads = how->alternate_threads,
                                                 .context = run,
                                                 .problem = tap_problem};
    if (!dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (!dpone_live_read(&instance, &request, &reader)) {
        dpone_live_instance_close(&instance);
        return;
    }
    if (dpone_stream_tap_open(&tap, &stream, &reader.stream, &settings, &error) != DPONE_OK) {
        dpone_check_environment(run, "the stream tap", &error);
    } else {
        int64_t count = consume(run, &stream, how, kept, 4);
        stream.release(&stream);
        (void)dpone_expect_integer(run, "batches read before the stream was released",
                                   how->batches < 0 ? count : how->batches, count);
    }
    dpone_call_reader_close(&reader);
    dpone_live_instance_close(&instance);
    for (size_t i = 0; i < 4; i++) {
        if (kept[i].release != NULL) {
            kept[i].release(&kept[i]);
        }
    }
    dpone_stream_tap_close(tap, &facts);
    (void)dpone_expect_integer(run, "batches released, each exactly once", facts.batches, facts.released);
    if (how->batches < 0) {
        (void)dpone_expect_integer(run, "rows of all batches", ROWS, facts.rows);
    }
}

/* ---- Leaks ---- */

/* One read, abandoned after no batch, one or two. */
static int abandon(void *context, int number) {
    struct dpone_live *live = context;
    int64_t batches = number % 3;
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_read_request request = dpone_live_read_request(LEAK_STREAM, BATCH_ROWS);
    if (!dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    int holds = dpone_live_read(&instance, &request, &reader);
    for (int64_t i = 0; holds && i < batches; i++) {
        struct ArrowArray batch = {0};
        int32_t status = dpone_call_reader_next(&reader, &batch, &error);
        holds = dpone_expect_status(live->run, "get_next()", DPONE_OK, status, &error);
        if (batch.release != NULL) {
            batch.release(&batch);
        }
    }
    dpone_call_reader_close(&reader);
    dpone_live_instance_close(&instance);
    return holds;
}

static void case_abandoned_reads_leak_nothing(struct dpone_check_run *run, void *context) {
    const struct dpone_steady steady = {.rounds = LEAK_ROUNDS,
                                        .bytes_per_round = LEAK_BYTES_PER_ROUND,
                                        .what = "read",
                                        .round = abandon,
                                        .context = context};
    dpone_case_remedy(run,
                      "Free the page under way, the connection and the parser in release() and close().");
    if (dpone_live_publish_stream(context, LEAK_STREAM, LEAK_ROWS)) {
        (void)dpone_expect_steady(run, &steady);
    }
}

/* ---- Errors ---- */

/* A fault that stays and is not retried, so that the case takes no time. */
static const struct dpone_fixture_fault *permanent_read_fault(const struct dpone_live *live) {
    const struct dpone_fixture_facts *facts = dpone_fixture_facts(live->fixture);
    for (size_t i = 0; i < facts->fault_count; i++) {
        if (facts->faults[i].fault_class == DPONE_FIXTURE_PERMANENT &&
            (facts->faults[i].operations & DPONE_FIXTURE_READ)) {
            return &facts->faults[i];
        }
    }
    return NULL;
}

static void expect_same_error(struct dpone_check_run *run, struct dpone_reader *reader, int first) {
    struct dpone_error error = DPONE_ERROR_INIT;
    const char *text = reader->stream.get_last_error(&reader->stream);
    (void)dpone_expect(run, text != NULL && text[0] != '\0', "get_last_error()", "a message", "none");
    (void)dpone_expect(run, reader->last_error(reader, &error) != DPONE_OK, "last_error()",
                       "the status of the failure", "OK");
    for (int i = 0; i < 3; i++) {
        struct ArrowArray again = {0};
        int code = reader->stream.get_next(&reader->stream, &again);
        (void)dpone_expect_integer(run, "get_next() again after the error", first, code);
        (void)dpone_expect(run, again.release == NULL, "array of get_next() again after the error",
                           "a released array", "an array with a release function");
    }
}

/* Reads until the error; 1 when it came from the stream. */
static int read_to_error(struct dpone_live *live, struct dpone_reader *reader) {
    for (;;) {
        struct ArrowArray batch = {0};
        int code = reader->stream.get_next(&reader->stream, &batch);
        if (code != 0) {
            (void)dpone_expect(live->run, batch.release == NULL, "array of a get_next() that failed",
                               "a released array", "an array with a release function");
            expect_same_error(live->run, reader, code);
            return 1;
        }
        if (batch.release == NULL) {
            return 0;
        }
        batch.release(&batch);
    }
}

static void case_error_leaves_no_batch(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const struct dpone_fixture_fault *fault = permanent_read_fault(live);
    int struck = 0;
    dpone_case_remedy(
        run,
        "On failure leave the array released, keep the error, and answer it again to every further call.");
    if (fault == NULL) {
        dpone_case_skip(run, "fixture %s has no fault that stays while reading",
                        dpone_fixture_facts(live->fixture)->name);
        return;
    }
    for (int64_t skip = 1; skip < FAULT_POSITIONS && !struck; skip++) {
        struct dpone_fixture_arming arming = {
            .struct_size = sizeof(arming), .fault = fault->id, .operation = DPONE_FIXTURE_READ, .skip = skip};
        struct dpone_live_instance instance;
        struct dpone_reader reader = {.struct_size = sizeof(reader)};
        struct dpone_read_request request = dpone_live_read_request(STREAM, BATCH_ROWS);
        if (!dpone_live_arm(live, &arming) || !dpone_live_instance_open(&instance, live)) {
            return;
        }
        if (dpone_call_read(live->connector, instance.instance, &request, &reader, NULL) == DPONE_OK) {
            struck = read_to_error(live, &reader);
            dpone_call_reader_close(&reader);
        }
        dpone_live_instance_close(&instance);
    }
    (void)dpone_live_arm(live, NULL);
    (void)dpone_expect(run, struck, fault->id, "an error from get_next()",
                       "none, wherever among the first %d requests the fault struck", FAULT_POSITIONS);
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    if (!dpone_live_open(&live, run, DPONE_LIVE_SOURCE)) {
        return;
    }
    int ready = dpone_live_publish_stream(&live, STREAM, ROWS);
    for (size_t i = 0; ready && i < sizeof(consumptions) / sizeof(consumptions[0]); i++) {
        if (!dpone_check_given_up(run) && dpone_case_begin(run, consumptions[i].id)) {
            dpone_case_remedy(run, "%s", consumptions[i].remedy);
            run_consumption(&live, &consumptions[i]);
            dpone_case_end(run);
        }
    }
    if (ready && !dpone_check_given_up(run)) {
        dpone_case_run(run, "abandoned_reads_leak_nothing", case_abandoned_reads_leak_nothing, &live);
        dpone_case_run(run, "error_leaves_no_batch", case_error_leaves_no_batch, &live);
    }
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_stream_contract = {
    .id = "stream_contract",
    .title = "Batches",
    .proves = "Every batch is valid Arrow data, is released exactly once and outlives its source; errors "
              "leave no half batch.",
    .remedy = "Build batches with dpone/batch_builder.h and streams with dpone/stream.h.",
    .group = DPONE_GROUP_SOURCE,
    .capabilities = DPONE_CAPABILITY_SOURCE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 120,
    .run = run_check,
};
