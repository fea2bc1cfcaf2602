/* benchmark: what a load costs, measured on at least minimum_rows rows, narrow and wide, and verified by
 * their rows. A rate is a fact of one machine; the ratio to the fixture's own floor in the same run says
 * more. */
#include "../check.h"

#include "../live.h"
#include "../process_measure.h"
#include "../recorder.h"
#include "../subject.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STREAM "measured"
#define REPEATS 3 /* after one run that warms up */
#define BATCH_ROWS 1000

/* Where the time of a run goes; a source has the first four and the last, a sink no schema and first batch.
 */
enum phase {
    PHASE_OPEN,
    PHASE_SCHEMA,
    PHASE_FIRST_BATCH,
    PHASE_STEADY,
    PHASE_STAGE,
    PHASE_PUBLISH,
    PHASE_CLOSE,
    PHASE_COUNT
};

static const char *const phase_names[] = {"open_us",  "schema_us",  "first_batch_us", "steady_us",
                                          "stage_us", "publish_us", "close_us"};

/* What one run took, told by the process that did it. */
struct sample {
    int64_t phases_us[PHASE_COUNT];
    int64_t rows;
    int64_t total_us;
    int64_t cpu_us;
    int64_t peak_kib;
    int32_t finished;
};

struct bench {
    struct dpone_live *live;
    const char *name;
    int32_t side;
    int64_t rows;
    int64_t floor_us;
    char expected[4096];
};

/* ---- Time ---- */

static int64_t now_us(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The time since the last call with this mark goes to the phase. */
static void lap(struct sample *sample, int32_t phase, int64_t *mark) {
    int64_t now = now_us();
    sample->phases_us[phase] += now - *mark;
    *mark = now;
}

/* ---- One run, in a process of its own ---- */

static int read_all(const struct bench *bench, struct sample *out) {
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    struct ArrowSchema schema = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    const struct dpone_read_request request = dpone_live_read_request(STREAM, 0);
    int64_t mark = now_us();
    if (!dpone_live_instance_open(&instance, bench->live)) {
        return 0;
    }
    lap(out, PHASE_OPEN, &mark);
    if (!dpone_live_read(&instance, &request, &reader) ||
        reader.stream.get_schema(&reader.stream, &schema) != 0) {
        return 0;
    }
    schema.release(&schema);
    lap(out, PHASE_SCHEMA, &mark);
    for (int32_t phase = PHASE_FIRST_BATCH;; phase = PHASE_STEADY) {
        struct ArrowArray batch = {0};
        if (dpone_call_reader_next(&reader, &batch, &error) != DPONE_OK) {
            return 0;
        }
        lap(out, phase, &mark);
        if (batch.release == NULL) {
            break;
        }
        out->rows += batch.length;
        batch.release(&batch);
    }
    dpone_call_reader_close(&reader);
    dpone_live_instance_close(&instance);
    lap(out, PHASE_CLOSE, &mark);
    return 1;
}

static struct dpone_live_load load_of(const struct bench *bench) {
    return (struct dpone_live_load){.target = STREAM,
                                    .key = bench->name,
                                    .strategy = DPONE_FULL_REFRESH,
                                    .rows = bench->rows,
                                    .batch_rows = BATCH_ROWS};
}

static int write_all(const struct bench *bench, const struct dpone_publish_request *publish,
                     struct sample *out) {
    struct dpone_live_instance instance;
    struct dpone_load load;
    struct dpone_error error = DPONE_ERROR_INIT;
    const struct dpone_live_load request = load_of(bench);
    int64_t mark = now_us();
    if (!dpone_live_instance_open(&instance, bench->live)) {
        return 0;
    }
    lap(out, PHASE_OPEN, &mark);
    if (!dpone_live_load_write(&instance, &request, &load)) {
        return 0;
    }
    lap(out, PHASE_STEADY, &mark);
    if (!dpone_live_load_stage(&instance, &load)) {
        return 0;
    }
    lap(out, PHASE_STAGE, &mark);
    if (dpone_call_load_publish(&load, publish, &error) != DPONE_OK) {
        return 0;
    }
    out->rows = publish->rows;
    lap(out, PHASE_PUBLISH, &mark);
    dpone_call_load_close(&load);
    dpone_live_instance_close(&instance);
    lap(out, PHASE_CLOSE, &mark);
    return 1;
}

static int64_t cpu_of(const struct rusage *usage) {
    return ((int64_t)usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000 + usage->ru_utime.tv_usec +
           usage->ru_stime.tv_usec;
}

_Noreturn static void run_and_tell(const struct bench *bench, const struct dpone_publish_request *publish,
                                   int out) {
    struct sample sample = {0};
    struct rusage usage;
    int64_t begin = now_us();
    sample.finished =
        bench->side == DPONE_LIVE_SOURCE ? read_all(bench, &sample) : write_all(bench, publish, &sample);
    sample.total_us = now_us() - begin;
    (void)getrusage(RUSAGE_SELF, &usage);
    sample.cpu_us = cpu_of(&usage);
    sample.peak_kib = usage.ru_maxrss;
    _exit(write(out, &sample, sizeof(sample)) == (ssize_t)sizeof(sample) ? 0 : 1);
}

/* 0 when the run did not finish, which is an unmet expectation. */
static int run_once(const struct bench *bench, const struct dpone_publish_request *publish,
                    struct sample *out) {
    int ends[2];
    *out = (struct sample){.finished = 0};
    if (bench->side == DPONE_LIVE_SINK && !dpone_live_drop_target(bench->live, STREAM)) {
        return 0;
    }
    if (pipe(ends) != 0) {
        return dpone_expect(bench->live->run, 0, "a pipe", "made", "%s", strerror(errno));
    }
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        run_and_tell(bench, publish, ends[1]);
    }
    (void)close(ends[1]);
    int whole = read(ends[0], out, sizeof(*out)) == (ssize_t)sizeof(*out);
    (void)close(ends[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    return dpone_expect(bench->live->run, whole && out->finished, "a measured run", "finished",
                        "it failed or died") &&
           dpone_expect_integer(bench->live->run, "rows of a measured run", bench->rows, out->rows);
}

/* ---- Over the runs ---- */

static int compare_numbers(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* {"median", "least", "most"} of one number of every sample. */
static json_t *spread(const struct sample *samples, size_t offset) {
    int64_t numbers[REPEATS];
    for (size_t i = 0; i < REPEATS; i++) {
        memcpy(&numbers[i], (const char *)&samples[i] + offset, sizeof(numbers[i]));
    }
    qsort(numbers, REPEATS, sizeof(numbers[0]), compare_numbers);
    return json_pack("{s:I, s:I, s:I}", "median", (json_int_t)numbers[REPEATS / 2], "least",
                     (json_int_t)numbers[0], "most", (json_int_t)numbers[REPEATS - 1]);
}

static int64_t file_bytes(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 ? (int64_t)facts.st_size : 0;
}

/* Bytes are those of the rows' canonical text, which every connector shares. */
static json_t *summary(const struct bench *bench, const struct sample *samples) {
    json_t *total = spread(samples, offsetof(struct sample, total_us));
    double seconds = (double)json_integer_value(json_object_get(total, "median")) / 1e6;
    double floor = (double)bench->floor_us / 1e6;
    json_t *phases = json_object();
    for (size_t i = 0; i < PHASE_COUNT; i++) {
        (void)json_object_set_new(phases, phase_names[i],
                                  spread(samples, offsetof(struct sample, phases_us) + i * sizeof(int64_t)));
    }
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:f, s:f, s:o, s:o, s:I, s:f}", "rows",
                     (json_int_t)bench->rows, "columns", (json_int_t)bench->live->column_count, "repeats",
                     (json_int_t)REPEATS, "total_us", total, "phases", phases, "rows_per_s",
                     (double)bench->rows / seconds, "mb_per_s",
                     (double)file_bytes(bench->expected) / 1e6 / seconds, "cpu_us",
                     spread(samples, offsetof(struct sample, cpu_us)), "peak_rss_kib",
                     spread(samples, offsetof(struct sample, peak_kib)), "floor_us",
                     (json_int_t)bench->floor_us, "ratio_to_floor", floor > 0 ? seconds / floor : 0.0);
}

/* ---- Cases ---- */

/* The fixture's own work on the same rows is the floor. */
static int prepare(struct bench *bench) {
    struct dpone_live *live = bench->live;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)snprintf(bench->expected, sizeof(bench->expected), "%s/%s.dump", live->run->directory, bench->name);
    int64_t begin = now_us();
    if (bench->side == DPONE_LIVE_SINK) {
        int holds = dpone_live_prepare_target(live, STREAM, 0, bench->rows);
        bench->floor_us = now_us() - begin;
        return holds && dpone_live_dump_rows(live, bench->expected, 0, bench->rows);
    }
    if (!dpone_live_publish_stream(live, STREAM, bench->rows)) {
        return 0;
    }
    int32_t status =
        dpone_fixture_dump_stream(live->fixture, STREAM, 0, bench->rows, bench->expected, &error);
    bench->floor_us = now_us() - begin;
    if (status != DPONE_OK) {
        dpone_check_environment(live->run, "the expected rows", &error);
    }
    return status == DPONE_OK;
}

/* That a rate is one of these rows, all of them, is seen on their rows. */
static int verify(const struct bench *bench) {
    struct dpone_live *live = bench->live;
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    const char *observed = dpone_live_path(live, "observed.dump");
    const struct dpone_read_request request = dpone_live_read_request(STREAM, 0);
    int holds = 0;
    if (bench->side == DPONE_LIVE_SINK) {
        return dpone_live_expect_target(live, STREAM, "target after a measured load", bench->expected);
    }
    if (!dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    if (dpone_live_read(&instance, &request, &reader)) {
        holds = dpone_live_dump_reader(live, &reader, "a measured read", observed, NULL) &&
                dpone_expect_dump(live->run, "rows of a measured read", bench->expected, observed,
                                  DPONE_COMPARE_AS_MULTISET);
        dpone_call_reader_close(&reader);
    }
    dpone_live_instance_close(&instance);
    return holds;
}

static void measure(struct bench *bench, json_t *report) {
    struct dpone_digest digest;
    struct sample samples[REPEATS];
    const struct dpone_live_load load = load_of(bench);
    if (!prepare(bench)) {
        return;
    }
    struct dpone_publish_request publish = {0};
    if (bench->side == DPONE_LIVE_SINK) {
        publish = dpone_live_publish_request(bench->live, &load, &digest);
    }
    int holds = run_once(bench, &publish, &samples[0]) && verify(bench);
    for (size_t i = 0; holds && i < REPEATS; i++) {
        holds = run_once(bench, &publish, &samples[i]);
    }
    if (holds) {
        (void)json_object_set_new(report, bench->name, summary(bench, samples));
    }
}

/* The system holds the types of the narrow set's columns that are left. */
static int holds_type(const struct dpone_live *live, int32_t type) {
    for (size_t i = 0; i < live->column_count; i++) {
        if (live->columns[i].column.type == type) {
            return 1;
        }
    }
    return 0;
}

/* `wanted` columns of a wider set that the system can hold; `*all` is what they are of, `*chosen` theirs. */
static int use_wide_columns(struct dpone_live *live, size_t wanted, struct dpone_dataset_column **all,
                            struct dpone_dataset_column **chosen) {
    struct dpone_error error = DPONE_ERROR_INIT;
    size_t count = 0;
    int32_t status = dpone_dataset_wide(all, 2 * wanted, &error);
    *chosen = calloc(wanted + 1, sizeof(**chosen));
    if (status == DPONE_OK && *chosen == NULL) {
        status = dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "no memory for columns");
    }
    if (status != DPONE_OK) {
        dpone_check_environment(live->run, "the wide data set", &error);
        return 0;
    }
    for (size_t i = 0; i < 2 * wanted && count < wanted; i++) {
        if (holds_type(live, (*all)[i].column.type)) {
            (*chosen)[count++] = (*all)[i];
        }
    }
    live->columns = *chosen;
    live->column_count = count;
    return dpone_expect_integer(live->run, "columns of the wide data set", (int64_t)wanted, (int64_t)count);
}

static void run_side(struct dpone_check_run *run, int32_t side, const char *const names[2], json_t *report) {
    const struct dpone_contract *contract = run->subject->package->contract;
    struct dpone_live live;
    struct dpone_dataset_column *all = NULL;
    struct dpone_dataset_column *chosen = NULL;
    size_t columns = (size_t)contract->wide_columns;
    if (!dpone_live_open(&live, run, side)) {
        return;
    }
    struct dpone_live wide_live = live;
    struct bench narrow = {.live = &live, .name = names[0], .side = side, .rows = contract->minimum_rows};
    struct bench broad = {.live = &wide_live, .name = names[1], .side = side, .rows = contract->minimum_rows};
    int offered = side == DPONE_LIVE_SOURCE ? live.connector->source != NULL : live.connector->sink != NULL;
    if (offered && dpone_case_begin(run, names[0])) {
        measure(&narrow, report);
        dpone_case_end(run);
    }
    if (offered && use_wide_columns(&wide_live, columns, &all, &chosen) && dpone_case_begin(run, names[1])) {
        measure(&broad, report);
        dpone_case_end(run);
    }
    dpone_dataset_columns_free(all, all == NULL ? 0 : 2 * columns);
    free(chosen);
    dpone_live_close(&live);
}

static void run_check(struct dpone_check_run *run) {
    static const char *const source_names[] = {"source.narrow", "source.wide"};
    static const char *const sink_names[] = {"sink.narrow", "sink.wide"};
    if (dpone_process_keeps_freed_memory()) {
        dpone_check_skip(run, "a build with a sanitizer, or valgrind, measures the instrument");
        return;
    }
    json_t *report = json_object();
    run_side(run, DPONE_LIVE_SOURCE, source_names, report);
    run_side(run, DPONE_LIVE_SINK, sink_names, report);
    dpone_recorder_note(run->recorder, "benchmark", report);
}

const struct dpone_check dpone_check_benchmark = {
    .id = "benchmark",
    .title = "Measured rates",
    .proves = "Rates, memory and CPU were measured on at least minimum_rows narrow and wide rows.",
    .remedy = "Deliver every row and column of the measured load.",
    .group = DPONE_GROUP_EVIDENCE,
    .capabilities = DPONE_CAPABILITY_SOURCE | DPONE_CAPABILITY_SINK,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 600,
    .memory_limit_mib = 4096,
    .run = run_check,
};
