/* incremental_append_extract: reading on from any checkpoint, also in another process after this one was
 * killed, delivers what came after it, no row twice, none left out. */
#include "../check.h"

#include "../fresh.h"
#include "../live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM "events"
#define ROWS 430
#define BATCH_ROWS 37
#define CHECKPOINTS_MAXIMUM 64

/* A read from a checkpoint to the end, whose rows are added to a dump. */
struct resumption {
    struct dpone_live *live;
    struct dpone_bytes after;
    int64_t stop_after; /* batches; -1: to the end */
    FILE *rows;         /* lines of rows are added; NULL: only counted */
    int64_t row_count;
    struct dpone_buffer checkpoint; /* after the last batch read */
};

static int32_t dump_batch(struct resumption *resumption, const struct ArrowSchema *schema,
                          struct ArrowArray *batch, struct dpone_error *error);

static struct dpone_read_request incremental_request(struct dpone_bytes after) {
    struct dpone_read_request request = dpone_live_read_request(STREAM, BATCH_ROWS);
    request.mode = DPONE_READ_INCREMENTAL;
    request.cursor_column = dpone_string_of("updated_at");
    request.after = after;
    return request;
}

/* A stream of one batch, for the writer of dumps. */
struct one_batch {
    const struct ArrowSchema *schema;
    struct ArrowArray *batch;
};

static int one_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    const struct one_batch *one = stream->private_data;
    return dpone_schema_copy(out, one->schema, NULL) == DPONE_OK ? 0 : 12;
}

static int one_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct one_batch *one = stream->private_data;
    *out = *one->batch;
    one->batch->release = NULL;
    return 0;
}

static const char *one_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return NULL;
}

static void one_release(struct ArrowArrayStream *stream) {
    stream->release = NULL;
}

static int32_t dump_batch(struct resumption *resumption, const struct ArrowSchema *schema,
                          struct ArrowArray *batch, struct dpone_error *error) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    struct one_batch one = {schema, batch};
    struct ArrowArrayStream stream = {one_schema, one_next, one_error, one_release, &one};
    int64_t rows = 0;
    int32_t status = memory == NULL ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a dump")
                                    : dpone_canonical_dump_stream(memory, &stream, &rows, NULL, error);
    if (memory != NULL && fclose(memory) == 0 && status == DPONE_OK && resumption->rows != NULL) {
        const char *first = strchr(text, '\n');
        (void)fputs(first == NULL ? "" : first + 1, resumption->rows);
    }
    free(text);
    resumption->row_count += rows;
    return status;
}

/* 1 when the read went as it should. */
static int resume(struct resumption *resumption) {
    struct dpone_live *live = resumption->live;
    struct dpone_live_instance instance;
    struct dpone_reader reader;
    struct ArrowSchema schema = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_read_request request = incremental_request(resumption->after);
    if (!dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    int holds = dpone_live_read(&instance, &request, &reader);
    if (holds && reader.stream.get_schema(&reader.stream, &schema) != 0) {
        holds = dpone_expect(live->run, 0, "stream.get_schema()", "a schema", "an error");
    }
    for (int64_t i = 0; holds && i != resumption->stop_after; i++) {
        struct ArrowArray batch = {0};
        int32_t status = dpone_call_reader_next(&reader, &batch, &error);
        if (status == DPONE_OK && batch.release == NULL) {
            break;
        }
        if (status == DPONE_OK) {
            status = dump_batch(resumption, &schema, &batch, &error);
        }
        holds = dpone_expect_status(live->run, "stream of an incremental read", DPONE_OK, status, &error);
    }
    dpone_buffer_clear(&resumption->checkpoint);
    if (holds) {
        holds = dpone_expect_status(live->run, "checkpoint()", DPONE_OK,
                                    dpone_call_reader_checkpoint(&reader, &resumption->checkpoint, &error),
                                    &error);
    }
    if (schema.release != NULL) {
        schema.release(&schema);
    }
    dpone_call_reader_close(&reader);
    dpone_live_instance_close(&instance);
    return holds;
}

/* ---- Cases ---- */

/* Begins a dump that has the golden columns and no rows yet. */
static FILE *begin_dump(struct dpone_live *live, const char *path) {
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_fixture_dump_stream(live->fixture, STREAM, 0, 0, path, &error) != DPONE_OK) {
        dpone_check_environment(live->run, "the golden columns", &error);
        return NULL;
    }
    return fopen(path, "a");
}

static int golden_rows(struct dpone_live *live, const char *path, int64_t first, int64_t rows) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_fixture_dump_stream(live->fixture, STREAM, first, rows, path, &error);
    if (status != DPONE_OK) {
        dpone_check_environment(live->run, "the expected rows", &error);
    }
    return status == DPONE_OK;
}

/* Reads `batches`, closes everything, reads on from the checkpoint: together all rows, each once. 0 ends the
 * walk. */
static int resume_from(struct dpone_live *live, int64_t batches, const char *expected, int *more) {
    const char *observed = dpone_live_path(live, "observed.dump");
    struct resumption first = {.live = live, .stop_after = batches, .checkpoint = DPONE_BUFFER_INIT};
    struct resumption second = {.live = live, .stop_after = -1, .checkpoint = DPONE_BUFFER_INIT};
    char where[96];
    first.rows = second.rows = begin_dump(live, observed);
    if (first.rows == NULL) {
        return 0;
    }
    int holds = resume(&first);
    second.after = dpone_buffer_view(&first.checkpoint);
    holds = holds && resume(&second);
    holds = fclose(first.rows) == 0 && holds;
    *more = second.row_count > 0;
    (void)snprintf(where, sizeof(where), "rows before and after the checkpoint behind batch %lld",
                   (long long)batches);
    holds = holds && dpone_expect_dump(live->run, where, expected, observed, DPONE_COMPARE_AS_MULTISET);
    dpone_buffer_clear(&first.checkpoint);
    dpone_buffer_clear(&second.checkpoint);
    return holds;
}

static void case_every_checkpoint(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const char *expected = dpone_live_path(live, "expected.dump");
    int more = 1;
    dpone_case_remedy(run, "Let a checkpoint cover exactly the batches delivered, and tell rows with equal "
                           "cursor values apart.");
    if (!dpone_live_publish_stream(live, STREAM, ROWS) || !golden_rows(live, expected, 0, ROWS)) {
        return;
    }
    for (int64_t batches = 0; more && batches < CHECKPOINTS_MAXIMUM; batches++) {
        if (!resume_from(live, batches, expected, &more)) {
            return;
        }
    }
    (void)dpone_expect(run, !more, "checkpoints", "one behind every batch, up to the last",
                       "more than %d batches", CHECKPOINTS_MAXIMUM);
}

/* ---- A source that is killed ---- */

/* What a process leaves for the next one, in the folder of the check. */
#define KEPT_CHECKPOINT "kept-checkpoint"
#define KEPT_ROWS "kept-rows.dump"

/* Reads one batch from the checkpoint that is kept, keeps its rows and the next checkpoint, and is killed
 * with the read open; at the end of the stream it returns. */
static int32_t read_and_die(void *context, struct dpone_bytes question, FILE *answer,
                            struct dpone_error *error) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct dpone_reader reader = {.struct_size = sizeof(reader)};
    struct resumption kept = {.live = live, .checkpoint = DPONE_BUFFER_INIT};
    struct ArrowSchema schema = {0};
    struct ArrowArray batch = {0};
    (void)answer;
    const struct dpone_read_request request = incremental_request(question);
    int32_t status = dpone_live_instance_try_open(&instance, live, error);
    if (status == DPONE_OK) {
        status = dpone_call_read(live->connector, instance.instance, &request, &reader, error);
    }
    if (status == DPONE_OK && reader.stream.get_schema(&reader.stream, &schema) != 0) {
        status = dpone_error_set(error, DPONE_INTERNAL, "the stream has no schema");
    }
    if (status == DPONE_OK) {
        status = dpone_call_reader_next(&reader, &batch, error);
    }
    if (status != DPONE_OK || batch.release == NULL) {
        return status;
    }
    kept.rows = fopen(dpone_live_path(live, KEPT_ROWS), "a");
    FILE *checkpoint = fopen(dpone_live_path(live, KEPT_CHECKPOINT), "w");
    if (kept.rows == NULL || checkpoint == NULL) {
        return dpone_error_set(error, DPONE_IO, "nothing can be kept");
    }
    status = dump_batch(&kept, &schema, &batch, error);
    if (status == DPONE_OK) {
        status = dpone_call_reader_checkpoint(&reader, &kept.checkpoint, error);
    }
    (void)fwrite(kept.checkpoint.data, 1, kept.checkpoint.size, checkpoint);
    if (fclose(checkpoint) == 0 && fclose(kept.rows) == 0 && status == DPONE_OK) {
        (void)raise(SIGKILL);
    }
    return status;
}

/* Process after process, each from where the one before was killed. 1 when one came to the end. */
static int read_by_mortals(struct dpone_live *live, struct dpone_fresh *fresh) {
    struct dpone_error error = DPONE_ERROR_INIT;
    uint8_t checkpoint[65536];
    size_t size = 0;
    for (int64_t processes = 0; processes < CHECKPOINTS_MAXIMUM; processes++) {
        struct dpone_fresh_end end;
        if (dpone_fresh_ask(fresh, read_and_die, (struct dpone_bytes){checkpoint, size}, &end, &error) !=
            DPONE_OK) {
            dpone_check_environment(live->run, "a process that reads", &error);
            return 0;
        }
        dpone_fresh_end_clear(&end);
        if (end.signal != SIGKILL) {
            return dpone_expect_status(live->run, "a read by a process that is killed", DPONE_OK, end.status,
                                       &end.error);
        }
        FILE *kept = fopen(dpone_live_path(live, KEPT_CHECKPOINT), "r");
        size = kept == NULL ? 0 : fread(checkpoint, 1, sizeof(checkpoint), kept);
        if (kept != NULL) {
            (void)fclose(kept);
        }
    }
    return dpone_expect(live->run, 0, "processes", "one for every batch", "more than %d",
                        CHECKPOINTS_MAXIMUM);
}

static void case_killed_at_every_checkpoint(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_fresh *fresh = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_case_remedy(run, "Keep in the checkpoint all that another process needs to read on.");
    FILE *rows = dpone_live_publish_stream(live, STREAM, ROWS) &&
                         golden_rows(live, dpone_live_path(live, "expected.dump"), 0, ROWS)
                     ? begin_dump(live, dpone_live_path(live, KEPT_ROWS))
                     : NULL;
    if (rows == NULL || fclose(rows) != 0) {
        return;
    }
    if (dpone_fresh_start(&fresh, live, &error) != DPONE_OK) {
        dpone_check_environment(run, "processes that read", &error);
        return;
    }
    if (read_by_mortals(live, fresh)) {
        (void)dpone_expect_dump(run, "rows of processes that were killed",
                                dpone_live_path(live, "expected.dump"), dpone_live_path(live, KEPT_ROWS),
                                DPONE_COMPARE_AS_MULTISET);
    }
    dpone_fresh_stop(fresh);
}

/* ---- Later reads ---- */

/* Reads everything and answers its last checkpoint. */
static int read_to_end(struct dpone_live *live, struct resumption *out) {
    *out = (struct resumption){.live = live, .stop_after = -1, .checkpoint = DPONE_BUFFER_INIT};
    return resume(out);
}

static void case_only_new_rows(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    const char *expected = dpone_live_path(live, "expected.dump");
    const char *observed = dpone_live_path(live, "observed.dump");
    struct resumption before = {0};
    dpone_case_remedy(run,
                      "Read on from the checkpoint of the request; a run without new rows delivers none.");
    if (!dpone_live_publish_stream(live, STREAM, 200)) {
        return;
    }
    if (read_to_end(live, &before)) {
        struct resumption nothing = {.live = live,
                                     .after = dpone_buffer_view(&before.checkpoint),
                                     .stop_after = -1,
                                     .checkpoint = DPONE_BUFFER_INIT};
        if (resume(&nothing)) {
            (void)dpone_expect_integer(run, "rows of a read without new rows", 0, nothing.row_count);
        }
        struct resumption added = {.live = live,
                                   .after = dpone_buffer_view(&nothing.checkpoint),
                                   .stop_after = -1,
                                   .checkpoint = DPONE_BUFFER_INIT};
        if (dpone_live_publish_stream(live, STREAM, 260) && golden_rows(live, expected, 200, 60) &&
            (added.rows = begin_dump(live, observed)) != NULL) {
            int holds = resume(&added);
            (void)fclose(added.rows);
            if (holds) {
                (void)dpone_expect_dump(run, "rows of a read after 60 new ones", expected, observed,
                                        DPONE_COMPARE_AS_MULTISET);
            }
        }
        dpone_buffer_clear(&added.checkpoint);
        dpone_buffer_clear(&nothing.checkpoint);
    }
    dpone_buffer_clear(&before.checkpoint);
}

/* The system went back to an older state: the checkpoint lies in its future. */
static void case_checkpoint_in_the_future(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct resumption ahead = {0};
    dpone_case_remedy(
        run, "A checkpoint beyond the newest row reads nothing and is answered back, never moved backwards.");
    if (!dpone_live_publish_stream(live, STREAM, 300)) {
        return;
    }
    if (read_to_end(live, &ahead) && dpone_live_publish_stream(live, STREAM, 100)) {
        struct resumption behind = {.live = live,
                                    .after = dpone_buffer_view(&ahead.checkpoint),
                                    .stop_after = -1,
                                    .checkpoint = DPONE_BUFFER_INIT};
        if (resume(&behind)) {
            struct resumption later = {.live = live,
                                       .after = dpone_buffer_view(&behind.checkpoint),
                                       .stop_after = -1,
                                       .checkpoint = DPONE_BUFFER_INIT};
            (void)dpone_expect_integer(run, "rows beyond a checkpoint in the future", 0, behind.row_count);
            if (dpone_live_publish_stream(live, STREAM, 310) && resume(&later)) {
                (void)dpone_expect_integer(run, "rows after the system has caught up", 10, later.row_count);
            }
            dpone_buffer_clear(&later.checkpoint);
        }
        dpone_buffer_clear(&behind.checkpoint);
    }
    dpone_buffer_clear(&ahead.checkpoint);
}

/* read() with bytes that are no checkpoint must be refused, also by get_next() if read() cannot know. */
static void expect_corrupt_refused(struct dpone_live *live, const struct dpone_live_instance *instance,
                                   struct dpone_bytes bytes, const char *where) {
    struct dpone_reader reader = {.struct_size = sizeof(reader)};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_read_request request = incremental_request(bytes);
    int32_t status = dpone_call_read(live->connector, instance->instance, &request, &reader, &error);
    (void)dpone_expect_status(live->run, where, DPONE_INVALID_ARGUMENT, status, &error);
    dpone_call_reader_close(&reader);
}

static void case_corrupt_checkpoint(struct dpone_check_run *run, void *context) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct resumption end = {0};
    dpone_case_remedy(run, "Give checkpoints a version and a check sum or a strict form, and refuse what "
                           "does not have it with INVALID_ARGUMENT.");
    if (!dpone_live_publish_stream(live, STREAM, 50)) {
        return;
    }
    if (read_to_end(live, &end) && dpone_live_instance_open(&instance, live)) {
        struct dpone_bytes good = dpone_buffer_view(&end.checkpoint);
        uint8_t *bad = malloc(good.size + 1);
        if (bad != NULL && good.size > 0) {
            memcpy(bad, good.data, good.size);
            expect_corrupt_refused(live, &instance, (struct dpone_bytes){bad, good.size / 2},
                                   "a checkpoint cut in half");
            bad[good.size] = 'x';
            expect_corrupt_refused(live, &instance, (struct dpone_bytes){bad, good.size + 1},
                                   "a checkpoint with a byte more");
            memset(bad, 0xff, good.size);
            expect_corrupt_refused(live, &instance, (struct dpone_bytes){bad, good.size},
                                   "bytes that are no checkpoint");
        }
        (void)dpone_expect(run, good.size > 0, "checkpoint() after rows", "bytes", "none");
        free(bad);
        dpone_live_instance_close(&instance);
    }
    dpone_buffer_clear(&end.checkpoint);
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {
        {"killed_at_every_checkpoint", case_killed_at_every_checkpoint},
        {"every_checkpoint", case_every_checkpoint},
        {"only_new_rows", case_only_new_rows},
        {"checkpoint_in_the_future", case_checkpoint_in_the_future},
        {"corrupt_checkpoint", case_corrupt_checkpoint}};
    dpone_live_run_cases(run, DPONE_LIVE_SOURCE, cases, sizeof(cases) / sizeof(cases[0]));
}

const struct dpone_check dpone_check_incremental_append_extract = {
    .id = "incremental_append_extract",
    .title = "Incremental extract",
    .proves = "Reading on from every checkpoint delivers each row once, also rows with equal cursor values, "
              "and later only new ones.",
    .remedy = "Let the checkpoint cover exactly the batches delivered, and break ties of the cursor.",
    .group = DPONE_GROUP_SOURCE,
    .capabilities = DPONE_CAPABILITY_SOURCE,
    .condition = DPONE_WHEN_SOURCE_INCREMENTAL,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 180,
    .run = run_check,
};
