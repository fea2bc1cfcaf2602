/* Streams and readers made of a next() function: what sticks, what moves, who closes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <dpone/stream.h>

/* Delivers `batches` batches and then ends, or fails with `failure`. */
struct counter {
    int64_t batches;
    int64_t delivered;
    int32_t failure;
    int half_filled; /* leave something in the array when failing */
    int closed;
};

static void counter_release_batch(struct ArrowArray *batch) {
    batch->release = NULL;
}

static int32_t counter_next(void *context, struct ArrowArray *out, struct dpone_error *error) {
    struct counter *counter = context;
    if (counter->delivered < counter->batches) {
        counter->delivered++;
        out->length = counter->delivered;
        out->release = counter_release_batch;
        return DPONE_OK;
    }
    if (counter->half_filled)
        out->release = counter_release_batch;
    return counter->failure == DPONE_OK ? DPONE_OK : dpone_error_set(error, counter->failure, "it broke");
}

static int32_t counter_checkpoint(void *context, struct dpone_buffer *out, struct dpone_error *error) {
    const struct counter *counter = context;
    (void)error;
    return dpone_buffer_copy(out, &counter->delivered, sizeof(counter->delivered));
}

static void counter_close(void *context) {
    struct counter *counter = context;
    counter->closed++;
}

static const struct dpone_stream_functions counter_functions = {counter_next, counter_checkpoint,
                                                                counter_close};

static void make_schema(struct ArrowSchema *schema) {
    static const struct dpone_column columns[] = {{"id", DPONE_TYPE_INT64, 0, 0, 0}};
    assert_int_equal(dpone_schema_make(schema, columns, 1, NULL), DPONE_OK);
}

static void open_reader(struct dpone_reader *reader, struct counter *counter) {
    struct ArrowSchema schema;
    make_schema(&schema);
    *reader = (struct dpone_reader){.struct_size = sizeof(*reader)};
    assert_int_equal(dpone_reader_open(reader, &schema, &counter_functions, counter, NULL), DPONE_OK);
    schema.release(&schema);
}

static int64_t checkpoint_of(struct dpone_reader *reader) {
    struct dpone_buffer buffer = DPONE_BUFFER_INIT;
    int64_t delivered = -1;
    assert_int_equal(reader->checkpoint(reader, &buffer, NULL), DPONE_OK);
    assert_int_equal(buffer.size, sizeof(delivered));
    memcpy(&delivered, buffer.data, sizeof(delivered));
    dpone_buffer_clear(&buffer);
    return delivered;
}

static void stream_end__sticks(void **state) {
    (void)state;
    struct counter counter = {.batches = 1};
    struct ArrowSchema schema;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    make_schema(&schema);
    assert_int_equal(dpone_stream_open(&stream, &schema, &counter_functions, &counter, NULL), DPONE_OK);
    schema.release(&schema);

    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.length, 1);
    batch.release(&batch);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        assert_null(batch.release);
        counter.batches = 10;
    }
    assert_null(stream.get_last_error(&stream));
    stream.release(&stream);
    assert_null(stream.release);
    assert_int_equal(counter.closed, 1);
}

static void stream_schema__is_a_copy_each_time(void **state) {
    (void)state;
    struct counter counter = {0};
    struct ArrowSchema schema, first, second;
    struct ArrowArrayStream stream;
    make_schema(&schema);
    assert_int_equal(dpone_stream_open(&stream, &schema, &counter_functions, &counter, NULL), DPONE_OK);
    assert_int_equal(stream.get_schema(&stream, &first), 0);
    assert_int_equal(stream.get_schema(&stream, &second), 0);
    assert_true(dpone_schema_equal(&first, &schema));
    assert_true(dpone_schema_equal(&second, &schema));
    stream.release(&stream);
    first.release(&first);
    second.release(&second);
    schema.release(&schema);
}

static void stream_failure__sticks_with_message_and_number(void **state) {
    (void)state;
    struct counter counter = {.batches = 1, .failure = DPONE_TIMEOUT, .half_filled = 1};
    struct dpone_reader reader;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct ArrowArray batch;
    open_reader(&reader, &counter);
    assert_int_equal(reader.last_error(&reader, &error), DPONE_OK);
    assert_int_equal(reader.stream.get_next(&reader.stream, &batch), 0);
    batch.release(&batch);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(reader.stream.get_next(&reader.stream, &batch), ETIMEDOUT);
        assert_null(batch.release);
        assert_string_equal(reader.stream.get_last_error(&reader.stream), "it broke");
        counter.failure = DPONE_INTERNAL;
    }
    assert_int_equal(reader.last_error(&reader, &error), DPONE_TIMEOUT);
    assert_string_equal(error.message, "it broke");
    assert_int_equal(reader.last_error(&reader, NULL), DPONE_TIMEOUT);
    assert_int_equal(checkpoint_of(&reader), 1);
    reader.close(&reader);
    assert_int_equal(counter.closed, 1);
}

static void reader_checkpoint__survives_the_stream(void **state) {
    (void)state;
    struct counter counter = {.batches = 3};
    struct dpone_reader reader;
    struct ArrowArray batch;
    open_reader(&reader, &counter);
    assert_int_equal(checkpoint_of(&reader), 0);
    assert_int_equal(reader.stream.get_next(&reader.stream, &batch), 0);
    batch.release(&batch);
    reader.stream.release(&reader.stream);
    assert_int_equal(counter.closed, 0);
    assert_int_equal(checkpoint_of(&reader), 1);
    reader.close(&reader);
    assert_null(reader.close);
    assert_int_equal(counter.closed, 1);
}

static void reader_close__cancels_a_stream_that_was_moved_away(void **state) {
    (void)state;
    struct counter counter = {.batches = 3};
    struct dpone_reader reader;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    open_reader(&reader, &counter);
    struct ArrowArrayStream moved = reader.stream;
    reader.stream.release = NULL;
    reader.close(&reader);
    assert_int_equal(counter.closed, 1);
    assert_int_equal(moved.get_next(&moved, &batch), ECANCELED);
    assert_null(batch.release);
    assert_string_equal(moved.get_last_error(&moved), "the reader of this stream was closed");
    assert_int_equal(moved.get_schema(&moved, &schema), 0);
    schema.release(&schema);
    moved.release(&moved);
    assert_int_equal(counter.closed, 1);
}

static void reader_close__frees_a_stream_that_was_not_moved(void **state) {
    (void)state;
    struct counter counter = {.batches = 3};
    struct dpone_reader reader;
    open_reader(&reader, &counter);
    reader.close(&reader);
    assert_null(reader.stream.release);
    assert_int_equal(counter.closed, 1);
}

static void stream_failure__numbers(void **state) {
    (void)state;
    static const struct {
        int32_t status;
        int number;
    } rows[] = {
        {DPONE_INVALID_ARGUMENT, EINVAL},  {DPONE_CANCELLED, ECANCELED},    {DPONE_OUT_OF_MEMORY, ENOMEM},
        {DPONE_NOT_IMPLEMENTED, ENOSYS},   {DPONE_NOT_FOUND, ENOENT},       {DPONE_DATA_CORRUPT, EIO},
        {DPONE_PERMISSION_DENIED, EACCES}, {DPONE_UNAUTHENTICATED, EACCES}, {DPONE_UNAVAILABLE, EIO}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct counter counter = {.failure = rows[i].status};
        struct dpone_reader reader;
        struct ArrowArray batch;
        open_reader(&reader, &counter);
        assert_int_equal(reader.stream.get_next(&reader.stream, &batch), rows[i].number);
        reader.close(&reader);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_end__sticks),
        cmocka_unit_test(stream_schema__is_a_copy_each_time),
        cmocka_unit_test(stream_failure__sticks_with_message_and_number),
        cmocka_unit_test(stream_failure__numbers),
        cmocka_unit_test(reader_checkpoint__survives_the_stream),
        cmocka_unit_test(reader_close__cancels_a_stream_that_was_moved_away),
        cmocka_unit_test(reader_close__frees_a_stream_that_was_not_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
