/* full_refresh_extract: a full read delivers every row of the system once, in bounded memory. */
#include "../check.h"

#include "../live.h"
#include "../process_measure.h"

#include <dpone/batch_view.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STREAM "orders"
#define ROWS 2500
#define MEMORY_ROWS 2000 /* and ten times as many */
#define MEMORY_SLACK_KIB 4096

struct read_case {
    const char *id;
    int64_t rows;
    int64_t batch_rows;
};

static const struct read_case cases[] = {{"all_rows", ROWS, 0}, {"small_batches", 230, 7}, {"no_rows", 0, 0}};

/* Reads the whole stream and compares it with what the system holds. */
static void read_all(struct dpone_live *live, const struct read_case *test) {
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    struct dpone_read_request request = dpone_live_read_request(STREAM, test->batch_rows);
    struct dpone_error error = DPONE_ERROR_INIT;
    const char *expected = dpone_live_path(live, "expected.dump");
    const char *observed = dpone_live_path(live, "observed.dump");
    if (!dpone_live_publish_stream(live, STREAM, test->rows)) {
        return;
    }
    if (dpone_fixture_dump_stream(live->fixture, STREAM, 0, test->rows, expected, &error) != DPONE_OK) {
        dpone_check_environment(live->run, "the expected rows", &error);
        return;
    }
    if (!dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (dpone_live_read(&instance, &request, &reader)) {
        if (dpone_live_dump_reader(live, &reader, "stream " STREAM, observed, NULL) && test->rows > 0) {
            (void)dpone_expect_dump(live->run, "stream " STREAM, expected, observed,
                                    DPONE_COMPARE_AS_MULTISET);
        } else if (test->rows == 0) {
            int64_t rows = -1;
            dpone_call_reader_close(&reader);
            if (dpone_live_read(&instance, &request, &reader) &&
                dpone_live_dump_reader(live, &reader, "empty stream", observed, &rows)) {
                (void)dpone_expect_integer(live->run, "rows of an empty stream", 0, rows);
            }
        }
        dpone_call_reader_close(&reader);
    }
    dpone_live_instance_close(&instance);
}

/* Marks in `seen` the columns of the batch that hold a value. */
static void mark_values(const struct dpone_batch_view *view, char *seen) {
    for (int64_t column = 0; column < view->column_count; column++) {
        for (int64_t row = 0; row < view->rows && !seen[column]; row++) {
            seen[column] = (char)!dpone_view_is_null(&view->columns[column], row);
        }
    }
}

static int32_t scan_columns(struct dpone_reader *reader, struct dpone_batch_view *view, char *seen,
                            struct dpone_error *error) {
    for (;;) {
        struct ArrowArray batch = {0};
        int32_t status = dpone_call_reader_next(reader, &batch, error);
        if (status != DPONE_OK || batch.release == NULL) {
            return status;
        }
        status = dpone_batch_view_set(view, &batch, error);
        if (status == DPONE_OK) {
            mark_values(view, seen);
        }
        batch.release(&batch);
        if (status != DPONE_OK) {
            return status;
        }
    }
}

static void case_every_column(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    struct dpone_read_request request = dpone_live_read_request(STREAM, 0);
    struct dpone_batch_view *view = NULL;
    struct ArrowSchema schema = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_case_remedy(run,
                      "Map every field of the system's rows; a column that is always null was never read.");
    if (!dpone_live_publish_stream(live, STREAM, ROWS) || !dpone_live_instance_open(&instance, live)) {
        return;
    }
    if (dpone_live_read(&instance, &request, &reader)) {
        if (dpone_expect_integer(run, "stream.get_schema()", 0,
                                 reader.stream.get_schema(&reader.stream, &schema)) &&
            dpone_expect_status(run, "schema", DPONE_OK, dpone_batch_view_new(&view, &schema, &error),
                                &error)) {
            char *seen = calloc((size_t)view->column_count + 1, 1);
            int32_t status = seen == NULL ? DPONE_OUT_OF_MEMORY : scan_columns(&reader, view, seen, &error);
            (void)dpone_expect_status(run, "stream " STREAM, DPONE_OK, status, &error);
            for (int64_t i = 0; status == DPONE_OK && i < view->column_count; i++) {
                (void)dpone_expect(run, seen[i], view->columns[i].column.name, "a value in some row",
                                   "NULL in every row");
            }
            free(seen);
        }
        dpone_batch_view_free(view);
        if (schema.release != NULL) {
            schema.release(&schema);
        }
        dpone_call_reader_close(&reader);
    }
    dpone_live_instance_close(&instance);
}

/* ---- Memory ---- */

static long peak_kib(void) {
    char line[256];
    long peak = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        if (sscanf(line, "VmHWM: %ld kB", &peak) == 1) {
            break;
        }
    }
    if (status != NULL) {
        (void)fclose(status);
    }
    return peak;
}

/* Reads and drops everything; the size of the largest batch's values goes unmeasured and counts as slack.
 * Exits. */
static void read_in_child(struct dpone_live *live, int report) {
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    struct dpone_read_request request = dpone_live_read_request(STREAM, 500);
    struct dpone_error error = DPONE_ERROR_INIT;
    long peak = -1;
    if (dpone_live_instance_open(&instance, live) && dpone_live_read(&instance, &request, &reader)) {
        struct ArrowArray batch = {0};
        int32_t status = DPONE_OK;
        while ((status = dpone_call_reader_next(&reader, &batch, &error)) == DPONE_OK &&
               batch.release != NULL) {
            batch.release(&batch);
        }
        peak = status == DPONE_OK ? peak_kib() : -1;
    }
    (void)!write(report, &peak, sizeof(peak));
    _exit(0);
}

/* Peak memory of a process that reads `rows` rows, in KiB; -1: it failed. */
static long measure(struct dpone_live *live, int64_t rows) {
    int ends[2];
    long peak = -1;
    if (!dpone_live_publish_stream(live, STREAM, rows) || pipe(ends) != 0) {
        return -1;
    }
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        read_in_child(live, ends[1]);
    }
    (void)close(ends[1]);
    if (child < 0 || read(ends[0], &peak, sizeof(peak)) != (ssize_t)sizeof(peak)) {
        peak = -1;
    }
    (void)close(ends[0]);
    if (child > 0) {
        (void)waitpid(child, NULL, 0);
    }
    return peak;
}

static void case_bounded_memory(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    dpone_case_remedy(run, "Deliver each page or block as a batch and free it before reading the next.");
    if (dpone_process_keeps_freed_memory()) {
        dpone_case_skip(run, "the allocator of this build keeps freed memory, so the peak says nothing");
        return;
    }
    long small = measure(live, MEMORY_ROWS);
    long large = measure(live, MEMORY_ROWS * 10);
    char expected[128];
    (void)snprintf(expected, sizeof(expected), "at most %d KiB more for ten times the rows (%d, then %d)",
                   MEMORY_SLACK_KIB, MEMORY_ROWS, MEMORY_ROWS * 10);
    (void)dpone_expect(run, small > 0 && large > 0 && large - small <= MEMORY_SLACK_KIB,
                       "peak resident memory", expected, "%ld KiB, then %ld KiB", small, large);
}

static void run_check(struct dpone_check_run *run) {
    struct dpone_live live;
    if (!dpone_live_open(&live, run, DPONE_LIVE_SOURCE)) {
        return;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && !dpone_check_given_up(run); i++) {
        if (dpone_case_begin(run, cases[i].id)) {
            dpone_case_remedy(run, "Follow the pagination to its end, and deliver each row once.");
            read_all(&live, &cases[i]);
            dpone_case_end(run);
        }
    }
    dpone_case_run(run, "every_column", case_every_column, &live);
    dpone_case_run(run, "bounded_memory", case_bounded_memory, &live);
    dpone_live_close(&live);
}

const struct dpone_check dpone_check_full_refresh_extract = {
    .id = "full_refresh_extract",
    .title = "Full extract",
    .proves = "A full read delivers every row of the system once, with every column, in memory that does not "
              "grow with the rows.",
    .remedy = "Compare the first differing row with what the system sent, and look at the page it came from.",
    .group = DPONE_GROUP_SOURCE,
    .capabilities = DPONE_CAPABILITY_SOURCE,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 120,
    .run = run_check,
};
