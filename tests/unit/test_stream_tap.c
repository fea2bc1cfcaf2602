/* The tap finds what a producer does wrong, and nothing in one that is right. */
#include "certification/stream_tap.h"

#include <dpone/batch_builder.h>
#include <dpone/schema.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BATCHES 5
#define ROWS 10

/* What the producer does wrong. */
enum fault {
    FAULT_NONE,
    FAULT_RELEASE_STAYS_SET,
    FAULT_WRITES_LATER,
    FAULT_WRONG_NULL_COUNT,
    FAULT_SCHEMA_CHANGES,
    FAULT_ERROR_FILLS_ARRAY,
    FAULT_ERROR_IS_FORGOTTEN,
    FAULT_ERROR_WITHOUT_MESSAGE,
    FAULT_STARTS_AGAIN,
    FAULT_EMPTY_BATCH,
    FAULT_STREAM_STAYS_SET,
    FAULT_COLUMN_DIES_WITH_BATCH
};

struct producer {
    int32_t fault;
    int64_t calls;
    int32_t failed;
    int64_t *last_values; /* of the batch delivered last: a producer must not touch them again */
    const void *place;    /* that was filled last */
    pthread_t thread;     /* of the test */
    int64_t moved;        /* structs that came back at another place */
    int64_t elsewhere;    /* calls on another thread */
};

/* ---- The producer ---- */

static int producer_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    static const struct dpone_column columns[] = {{"id", DPONE_TYPE_INT64, 1, 0, 0},
                                                  {"name", DPONE_TYPE_UTF8, 1, 0, 0}};
    static const struct dpone_column others[] = {{"id", DPONE_TYPE_INT64, 1, 0, 0},
                                                 {"text", DPONE_TYPE_UTF8, 1, 0, 0}};
    const struct producer *producer = stream->private_data;
    int changed = producer->fault == FAULT_SCHEMA_CHANGES && producer->calls > 2;
    return dpone_schema_make(out, changed ? others : columns, 2, NULL) == DPONE_OK ? 0 : ENOMEM;
}

/* A release that leaves the mark set: the tap must not be fooled into releasing twice. */
static void (*real_release)(struct ArrowArray *);
static void sticky_release(struct ArrowArray *array) {
    array->release = real_release;
    array->release(array);
    array->release = sticky_release;
}

/* A release that notes from where it is called, and for which place. */
static struct producer *noting;
static void noting_release(struct ArrowArray *array) {
    noting->moved += array != noting->place;
    noting->elsewhere += !pthread_equal(pthread_self(), noting->thread);
    array->release = real_release;
    array->release(array);
}

/* A release that scribbles into the columns' memory before it lets them go. */
static void scribbling_release(struct ArrowArray *array) {
    memset((void *)(uintptr_t)array->children[0]->buffers[1], 0xEE, sizeof(int64_t));
    array->release = real_release;
    array->release(array);
}

static void build(struct producer *producer, struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct ArrowSchema schema;
    struct dpone_batch_builder *builder = NULL;
    assert_int_equal(producer_schema(stream, &schema), 0);
    assert_int_equal(dpone_batch_builder_new(&builder, &schema, NULL), DPONE_OK);
    for (int64_t row = 0; row < (producer->fault == FAULT_EMPTY_BATCH ? 0 : ROWS); row++) {
        if (row % 3 != 0) {
            dpone_batch_append_int64(builder, 0, row);
        }
        dpone_batch_append_utf8(builder, 1, "text", 4);
        assert_int_equal(dpone_batch_end_row(builder, NULL), DPONE_OK);
    }
    assert_int_equal(dpone_batch_builder_finish(builder, out, NULL), DPONE_OK);
    dpone_batch_builder_free(builder);
    schema.release(&schema);
}

static void half_filled_release(struct ArrowArray *array) {
    array->release = NULL;
}

static int fail_call(struct producer *producer, struct ArrowArray *out) {
    producer->failed = 1;
    if (producer->fault == FAULT_ERROR_FILLS_ARRAY) {
        out->release = half_filled_release;
    }
    return EIO;
}

static int producer_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct producer *producer = stream->private_data;
    int64_t call = producer->calls++;
    producer->elsewhere += !pthread_equal(pthread_self(), producer->thread);
    int fails = producer->fault == FAULT_ERROR_FILLS_ARRAY || producer->fault == FAULT_ERROR_IS_FORGOTTEN ||
                producer->fault == FAULT_ERROR_WITHOUT_MESSAGE;
    out->release = NULL;
    if (fails && (call == 2 || (producer->failed && producer->fault != FAULT_ERROR_IS_FORGOTTEN))) {
        return fail_call(producer, out);
    }
    if (call == BATCHES || (call > BATCHES && producer->fault != FAULT_STARTS_AGAIN)) {
        return 0;
    }
    if (producer->fault == FAULT_WRITES_LATER && producer->last_values != NULL) {
        producer->last_values[1] = -1;
    }
    build(producer, stream, out);
    producer->last_values = (int64_t *)(uintptr_t)out->children[0]->buffers[1];
    real_release = out->release;
    producer->place = out;
    if (producer == noting) {
        out->release = noting_release;
    }
    if (producer->fault == FAULT_WRONG_NULL_COUNT && call == 1) {
        out->children[0]->null_count = 1;
    } else if (producer->fault == FAULT_RELEASE_STAYS_SET) {
        out->release = sticky_release;
    } else if (producer->fault == FAULT_COLUMN_DIES_WITH_BATCH) {
        out->release = scribbling_release;
    }
    return 0;
}

static const char *producer_error(struct ArrowArrayStream *stream) {
    const struct producer *producer = stream->private_data;
    return producer->fault == FAULT_ERROR_WITHOUT_MESSAGE ? "" : "the cable is cut";
}

static void producer_release(struct ArrowArrayStream *stream) {
    const struct producer *producer = stream->private_data;
    if (producer->fault != FAULT_STREAM_STAYS_SET) {
        stream->release = NULL;
    }
}

/* ---- The consumer ---- */

struct finding {
    char first[512];
    int count;
};

static void note_problem(void *context, const char *where, const char *expected, const char *observed) {
    struct finding *finding = context;
    if (finding->count++ == 0) {
        (void)snprintf(finding->first, sizeof(finding->first), "%s: expected %s, observed %s", where,
                       expected, observed);
    }
}

static struct dpone_stream_tap_facts consume_from(struct producer *producer, int32_t threads,
                                                  struct finding *finding) {
    struct ArrowArrayStream stream = {.get_schema = producer_schema,
                                      .get_next = producer_next,
                                      .get_last_error = producer_error,
                                      .release = producer_release,
                                      .private_data = producer};
    struct dpone_stream_tap_settings settings = {.maximum_rows = ROWS,
                                                 .held_batches = 2,
                                                 .alternate_threads = threads,
                                                 .context = finding,
                                                 .problem = note_problem};
    struct ArrowArrayStream out;
    struct ArrowArray batch;
    struct dpone_stream_tap *tap = NULL;
    struct dpone_stream_tap_facts facts;
    assert_int_equal(dpone_stream_tap_open(&tap, &out, &stream, &settings, NULL), DPONE_OK);
    assert_null(stream.release);
    assert_ptr_not_equal(stream.private_data, producer); /* moved: who still uses it, fails */
    while (out.get_next(&out, &batch) == 0 && batch.release != NULL) {
        assert_true(batch.length <= ROWS);
        batch.release(&batch);
    }
    out.release(&out);
    dpone_stream_tap_close(tap, &facts);
    return facts;
}

static struct dpone_stream_tap_facts consume(int32_t fault, int32_t threads, struct finding *finding) {
    struct producer producer = {.fault = fault, .thread = pthread_self()};
    return consume_from(&producer, threads, finding);
}

/* What relies on the place of a struct, or on the thread of a call, does not survive the tap. */
static void stream_tap__moves_structs_and_changes_threads(void **state) {
    (void)state;
    for (int32_t threads = 0; threads < 2; threads++) {
        struct finding finding = {{0}, 0};
        struct producer producer = {.thread = pthread_self()};
        noting = &producer;
        (void)consume_from(&producer, threads, &finding);
        noting = NULL;
        assert_string_equal(finding.first, "");
        assert_int_equal(producer.moved, BATCHES);
        assert_int_equal(producer.elsewhere > 1, threads);
    }
}

static void stream_tap__a_good_producer(void **state) {
    (void)state;
    for (int32_t threads = 0; threads < 2; threads++) {
        struct finding finding = {{0}, 0};
        struct dpone_stream_tap_facts facts = consume(FAULT_NONE, threads, &finding);
        assert_string_equal(finding.first, "");
        assert_int_equal(facts.batches, BATCHES);
        assert_int_equal(facts.released, BATCHES);
        assert_int_equal(facts.rows, BATCHES * ROWS);
        assert_int_equal(facts.ended, 1);
        assert_int_equal(facts.problems, 0);
    }
}

static void assert_found(int32_t fault, const char *text) {
    struct finding finding = {{0}, 0};
    struct dpone_stream_tap_facts facts = consume(fault, 0, &finding);
    assert_string_equal(finding.first, text);
    assert_int_equal(facts.problems, finding.count);
}

static void stream_tap__bad_producers(void **state) {
    (void)state;
    assert_found(FAULT_RELEASE_STAYS_SET,
                 "batch 0: expected release() sets release to NULL, observed it is still set");
    assert_found(FAULT_WRITES_LATER,
                 "batch 0: expected its bytes never change after get_next() returned it, observed "
                 "they changed before it was released");
    assert_found(FAULT_SCHEMA_CHANGES,
                 "get_schema(): expected the same schema every time, observed another one after 3 batches");
    assert_found(FAULT_ERROR_FILLS_ARRAY,
                 "get_next(): expected a released array when it fails, observed release is set");
    assert_found(FAULT_ERROR_IS_FORGOTTEN,
                 "get_next(): expected the same answer as before, observed after an error: 5, "
                 "and now 0 with a batch");
    assert_found(FAULT_ERROR_WITHOUT_MESSAGE,
                 "get_last_error(): expected a message after an error, observed none");
    assert_found(FAULT_STARTS_AGAIN,
                 "get_next(): expected the same answer as before, observed after the end: 0, and now "
                 "0 with a batch");
    assert_found(FAULT_EMPTY_BATCH, "batch 0: expected 1 to 10 rows, observed 0 rows");
    assert_found(FAULT_STREAM_STAYS_SET,
                 "the stream: expected release() sets release to NULL, observed it is still set");
    assert_found(FAULT_COLUMN_DIES_WITH_BATCH,
                 "batch 0, a column that was moved out: expected its bytes outlive the "
                 "batch, observed they changed when the batch was released");
}

static void stream_tap__an_invalid_batch_goes_no_further(void **state) {
    struct finding finding = {{0}, 0};
    struct dpone_stream_tap_facts facts = consume(FAULT_WRONG_NULL_COUNT, 0, &finding);
    (void)state;
    assert_memory_equal(finding.first, "batch 1: expected a correct batch of the stream's schema, observed ",
                        67);
    assert_non_null(strstr(finding.first, "null_count"));
    assert_int_equal(facts.batches, 2);
    assert_int_equal(facts.released, 2);
    assert_int_equal(facts.rows, ROWS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_tap__a_good_producer),
        cmocka_unit_test(stream_tap__moves_structs_and_changes_threads),
        cmocka_unit_test(stream_tap__bad_producers),
        cmocka_unit_test(stream_tap__an_invalid_batch_goes_no_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
