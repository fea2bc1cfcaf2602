/* The call wrappers: what a connector never sees, and what a host can rely on whatever the connector answers.
 */
#include "fake_connector.h"

#include <stdio.h>

static const struct dpone_connector bare = {.struct_size = sizeof(bare)};

static void call_init__accepts_a_complete_connector(void **state) {
    (void)state;
    struct dpone_connector out = {.struct_size = sizeof(out)};
    assert_call(dpone_call_init(fake_init, &out, &error), DPONE_OK);
    assert_ptr_equal(out.sink, &fake_sink);
    fake.connector.source = NULL;
    fake.connector.sink = NULL;
    fake.connector.state = NULL;
    assert_call(dpone_call_init(fake_init, &out, &error), DPONE_OK);
}

static void expect_init_defect(const char *message) {
    struct dpone_connector out = {.struct_size = sizeof(out)};
    assert_call(dpone_call_init(fake_init, &out, &error), DPONE_INTERNAL);
    assert_error(error, DPONE_INTERNAL, message);
    assert_null(out.open);
    fake_reset();
}

static void call_init__names_what_is_missing(void **state) {
    (void)state;
    static const struct dpone_source_functions no_schema = {
        .struct_size = sizeof(struct dpone_source_functions), .read = fake_read};
    static const struct dpone_source_functions no_read = {
        .struct_size = sizeof(struct dpone_source_functions), .schema = fake_schema};
    static const struct dpone_state_functions no_state = {.struct_size =
                                                              sizeof(struct dpone_state_functions)};
    struct dpone_state_functions no_state_write = {.struct_size = sizeof(struct dpone_state_functions)};
    struct dpone_sink_functions part = {.struct_size = sizeof(part)};
    fake.connector.abi_version = 7;
    expect_init_defect("dpone_connector_init: a defect of the connector: it was built for another version of "
                       "the connector ABI");
    fake.connector.name.size = 0;
    expect_init_defect("dpone_connector_init: a defect of the connector: it has no name");
    fake.connector.version.size = 0;
    expect_init_defect("dpone_connector_init: a defect of the connector: it has no version");
    fake.connector.open = NULL;
    expect_init_defect("dpone_connector_init: a defect of the connector: open is missing");
    fake.connector.close = NULL;
    expect_init_defect("dpone_connector_init: a defect of the connector: close is missing");
    fake.connector.source = &no_schema;
    expect_init_defect("dpone_connector_init: a defect of the connector: source.schema is missing");
    fake.connector.source = &no_read;
    expect_init_defect("dpone_connector_init: a defect of the connector: source.read is missing");
    fake.connector.sink = &part;
    expect_init_defect("dpone_connector_init: a defect of the connector: sink.describe is missing");
    part.describe = fake_sink.describe;
    fake.connector.sink = &part;
    expect_init_defect("dpone_connector_init: a defect of the connector: sink.plan is missing");
    part.plan = fake_sink.plan;
    fake.connector.sink = &part;
    expect_init_defect("dpone_connector_init: a defect of the connector: sink.begin is missing");
    part.begin = fake_sink.begin;
    fake.connector.sink = &part;
    expect_init_defect("dpone_connector_init: a defect of the connector: sink.last_published is missing");
    part.last_published = fake_sink.last_published;
    fake.connector.sink = &part;
    expect_init_defect("dpone_connector_init: a defect of the connector: sink.recover is missing");
    part.recover = fake_sink.recover;
    fake.connector.sink = &part;
    expect_init_defect("dpone_connector_init: a defect of the connector: the sink offers no strategy");
    fake.connector.state = &no_state;
    expect_init_defect("dpone_connector_init: a defect of the connector: state.read is missing");
    no_state_write.read = fake_state.read;
    fake.connector.state = &no_state_write;
    expect_init_defect("dpone_connector_init: a defect of the connector: state.write is missing");
}

static void call_init__passes_a_refusal_on(void **state) {
    (void)state;
    struct dpone_connector out = {.struct_size = sizeof(out)};
    fake.status = DPONE_NOT_IMPLEMENTED;
    fake.message = "no";
    assert_call(dpone_call_init(fake_init, &out, &error), DPONE_NOT_IMPLEMENTED);
    assert_error(error, DPONE_NOT_IMPLEMENTED, "no");
    out.struct_size = 8;
    assert_call(dpone_call_init(fake_init, &out, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT,
                 "dpone_connector_init: set out->struct_size to sizeof(struct dpone_connector)");
}

static void host_log(void *context, int32_t level, struct dpone_string message) {
    (void)context;
    (void)level;
    (void)message;
}
static int64_t host_time(void *context) {
    (void)context;
    return 0;
}
static int32_t host_sleep(void *context, int64_t duration_ms) {
    (void)context;
    (void)duration_ms;
    return DPONE_OK;
}
static void host_random(void *context, void *out, size_t size) {
    (void)context;
    memset(out, 0, size);
}
static int32_t host_wait(void *context, struct dpone_wait_fd *fds, size_t count, int64_t timeout_ms) {
    (void)context;
    (void)fds;
    (void)count;
    (void)timeout_ms;
    return DPONE_OK;
}
static int32_t host_cancelled(void *context) {
    (void)context;
    return 0;
}
static int32_t host_secret(void *context, struct dpone_string reference, struct dpone_buffer *out,
                           struct dpone_error *to) {
    (void)context;
    (void)reference;
    (void)out;
    return dpone_error_set(to, DPONE_NOT_FOUND, "none");
}

static void call_open__gives_an_instance_or_none(void **state) {
    (void)state;
    struct dpone_host host = {.struct_size = sizeof(host),
                              .log = host_log,
                              .monotonic_ns = host_time,
                              .wall_clock_us = host_time,
                              .sleep_ms = host_sleep,
                              .random = host_random,
                              .wait = host_wait,
                              .is_cancelled = host_cancelled,
                              .secret = host_secret};
    struct dpone_option list = {.struct_size = sizeof(list), .kind = DPONE_OPTION_LIST};
    struct dpone_instance *opened = NULL;
    assert_call(dpone_call_open(&fake.connector, &opened, &host, NULL, &error), DPONE_OK);
    assert_ptr_equal(opened, fake_instance);
    fake.hollow = 1;
    assert_call(dpone_call_open(&fake.connector, &opened, &host, NULL, &error), DPONE_INTERNAL);
    assert_error(error, DPONE_INTERNAL, "open: a defect of the connector: DPONE_OK without an instance");
    fake.hollow = 0;
    fake.status = DPONE_INVALID_ARGUMENT;
    fake.fill = 1;
    assert_call(dpone_call_open(&fake.connector, &opened, &host, NULL, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "open failed with INVALID_ARGUMENT and gave no reason");
    assert_null(opened);
    assert_int_equal(fake.released, 1);
    assert_call(dpone_call_open(&fake.connector, &opened, &host, &list, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "open: the options are not a map");
    host.wait = NULL;
    assert_call(dpone_call_open(&fake.connector, &opened, &host, NULL, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "open: the host lacks a function: no slot of it may be NULL");
}

static void call_close__and_cancel_forgive_null(void **state) {
    (void)state;
    dpone_call_close(&fake.connector, NULL);
    dpone_call_cancel(&fake.connector, NULL);
    assert_int_equal(fake.released, 0);
    dpone_call_cancel(&fake.connector, fake_instance);
    dpone_call_close(&fake.connector, fake_instance);
    assert_int_equal(fake.released, 2);
    dpone_call_cancel(&bare, fake_instance);
}

static void call__repairs_a_status_without_reason(void **state) {
    (void)state;
    fake.status = DPONE_UNAVAILABLE;
    assert_call(dpone_call_check_connection(&fake.connector, fake_instance, &error), DPONE_UNAVAILABLE);
    assert_error(error, DPONE_UNAVAILABLE, "check_connection failed with UNAVAILABLE and gave no reason");
    assert_int_equal(error.retryable, 1);
    fake.status = 99;
    assert_call(dpone_call_check_connection(&fake.connector, fake_instance, &error), DPONE_INTERNAL);
    assert_error(error, DPONE_INTERNAL, "check_connection: a defect of the connector: 99 is no status");
    fake.status = DPONE_OK;
    assert_call(dpone_call_check_connection(&fake.connector, fake_instance, &error), DPONE_OK);
    assert_error(error, DPONE_OK, "");
    fake.status = DPONE_IO;
    assert_call(dpone_call_check_connection(&fake.connector, fake_instance, NULL), DPONE_IO);
}

/* One line per wrapper that takes a connector, with arguments that are right. */
static int32_t every_call(int which, const struct dpone_connector *on, struct dpone_instance *in) {
    struct ArrowSchema schema = load_schema();
    struct dpone_load_request request = load_request(&schema);
    struct dpone_schema_change change = {.struct_size = sizeof(change), .target = target, .wanted = &schema};
    struct dpone_transfer_request transfer_request = {
        .struct_size = sizeof(transfer_request), .read = &read_request, .load = &request, .path = {"/x", 2}};
    struct dpone_reader reader = {.struct_size = sizeof(reader)};
    struct dpone_partitions partitions = {.struct_size = sizeof(partitions)};
    struct dpone_description description = DPONE_DESCRIPTION_INIT;
    struct dpone_buffer buffer = DPONE_BUFFER_INIT;
    struct dpone_load load = {.struct_size = sizeof(load)};
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    struct dpone_state_value value = DPONE_STATE_VALUE_INIT;
    struct dpone_state_change state_change = {.struct_size = sizeof(state_change)};
    struct dpone_transfer transfer = {.struct_size = sizeof(transfer)};
    struct ArrowSchema out = {0};
    int64_t removed = 0;
    int32_t status = DPONE_INTERNAL;
    switch (which) {
    case 0:
        status = dpone_call_schema(on, in, &read_request, &out, &error);
        break;
    case 1:
        status = dpone_call_read(on, in, &read_request, &reader, &error);
        break;
    case 2:
        status = dpone_call_partitions(on, in, &read_request, 1, &partitions, &error);
        break;
    case 3:
        status = dpone_call_describe(on, in, &target, &description, &error);
        break;
    case 4:
        status = dpone_call_plan(on, in, &change, &buffer, &error);
        break;
    case 5:
        status = dpone_call_begin(on, in, &request, &load, &error);
        break;
    case 6:
        status = dpone_call_attach(on, in, token, 0, 0, &load, &error);
        break;
    case 7:
        status = dpone_call_last_published(on, in, &target, pipeline, &publication, &error);
        break;
    case 8:
        status = dpone_call_recover(on, in, &target, &removed, &error);
        break;
    case 9:
        status = dpone_call_state_read(on, in, key, &value, &error);
        break;
    case 10:
        status = dpone_call_state_write(on, in, key, token, token, &state_change, &error);
        break;
    default:
        status = dpone_call_transfer(on, in, which - 11, &transfer_request, &transfer, &error);
        break;
    }
    int filled = out.release != NULL || reader.close != NULL || partitions.release != NULL ||
                 description.schema.release != NULL || buffer.release != NULL || load.close != NULL ||
                 publication.position.release != NULL || value.token.release != NULL ||
                 state_change.close != NULL || transfer.close != NULL || removed > 0;
    assert_int_equal(filled, status == DPONE_OK);
    if (out.release != NULL)
        out.release(&out);
    if (partitions.release != NULL)
        partitions.release(&partitions);
    dpone_call_reader_close(&reader);
    dpone_call_load_close(&load);
    dpone_call_state_close(&state_change);
    dpone_call_transfer_close(&transfer);
    dpone_description_clear(&description);
    dpone_publication_clear(&publication);
    dpone_state_value_clear(&value);
    dpone_buffer_clear(&buffer);
    schema.release(&schema);
    return status;
}

static const char *const slots[] = {"source.schema",
                                    "source.read",
                                    "source.partitions",
                                    "sink.describe",
                                    "sink.plan",
                                    "sink.begin",
                                    "sink.attach",
                                    "sink.last_published",
                                    "sink.recover",
                                    "state.read",
                                    "state.write",
                                    "native_transfer.stream_export",
                                    "native_transfer.file_export",
                                    "native_transfer.stream_staging_load",
                                    "native_transfer.file_staging_load"};
#define SLOTS ((int)(sizeof(slots) / sizeof(slots[0])))

static void call__reaches_every_slot(void **state) {
    (void)state;
    for (int i = 0; i < SLOTS; i++) {
        assert_call(every_call(i, &fake.connector, fake_instance), DPONE_OK);
        assert_int_equal(fake.calls, i + 1);
    }
}

static void call__answers_not_implemented_for_an_absent_slot(void **state) {
    (void)state;
    for (int i = 0; i < SLOTS; i++) {
        char message[128];
        (void)snprintf(message, sizeof(message), "%s is not offered by this connector", slots[i]);
        assert_call(every_call(i, &bare, fake_instance), DPONE_NOT_IMPLEMENTED);
        assert_error(error, DPONE_NOT_IMPLEMENTED, message);
    }
}

static void call__refuses_an_instance_that_is_not_open(void **state) {
    (void)state;
    for (int i = 0; i < SLOTS; i++) {
        char message[128];
        (void)snprintf(message, sizeof(message), "%s: the handle was never opened, or is closed", slots[i]);
        assert_call(every_call(i, &fake.connector, NULL), DPONE_INVALID_STATE);
        assert_error(error, DPONE_INVALID_STATE, message);
    }
    assert_int_equal(fake.calls, 0);
}

static void call__clears_what_a_failure_left_half_filled(void **state) {
    (void)state;
    fake.fill = 1;
    fake.status = DPONE_UNAVAILABLE;
    for (int i = 0; i < SLOTS; i++) {
        char message[128];
        (void)snprintf(message, sizeof(message), "%s failed with UNAVAILABLE and gave no reason", slots[i]);
        fake.released = 0;
        if (i == 8) /* recover fills only a number */
            continue;
        assert_call(every_call(i, &fake.connector, fake_instance), DPONE_UNAVAILABLE);
        assert_error(error, DPONE_UNAVAILABLE, message);
        assert_true(fake.released > 0);
    }
}

static void call__finds_a_success_that_filled_nothing(void **state) {
    (void)state;
    static const char no_transfer[] =
        "native_transfer.stream_export: a defect of the connector: DPONE_OK, but "
        "the transfer lacks a function";
    static const char *const messages[] = {
        "the schema has been released",
        "source.read: a defect of the connector: DPONE_OK, but the reader lacks a function",
        "source.partitions: a defect of the connector: DPONE_OK without a partition",
        "the schema has been released",
        NULL,
        "sink.begin: a defect of the connector: DPONE_OK, but the load lacks a function",
        "sink.attach: a defect of the connector: DPONE_OK, but the load lacks a function",
        NULL,
        NULL,
        "state.read: a defect of the connector: a value without a token, which an absent one has too",
        "state.write: a defect of the connector: DPONE_OK, but the change lacks a function",
        no_transfer};
    fake.hollow = 1;
    for (int i = 0; i < 12; i++) {
        if (messages[i] == NULL)
            continue;
        assert_int_not_equal(every_call(i, &fake.connector, fake_instance), DPONE_OK);
        assert_string_equal(error.message, messages[i]);
    }
}

static void call_source__refuses_wrong_requests(void **state) {
    (void)state;
    struct ArrowSchema out;
    struct dpone_reader reader = {.struct_size = 4};
    struct dpone_partitions partitions = {.struct_size = 4};
    struct dpone_read_request request = read_request;
    expect_refused(dpone_call_schema(&fake.connector, fake_instance, NULL, &out, &error),
                   "source.schema: the request is missing, or shorter than its struct_size must be");
    request.mode = 2;
    expect_refused(dpone_call_schema(&fake.connector, fake_instance, &request, &out, &error),
                   "source.schema: the mode is neither DPONE_READ_FULL nor DPONE_READ_INCREMENTAL");
    request.mode = DPONE_READ_INCREMENTAL;
    request.batch_rows = -1;
    expect_refused(dpone_call_read(&fake.connector, fake_instance, &request, &reader, &error),
                   "source.read: batch_rows and batch_bytes must be 0 or more");
    expect_refused(dpone_call_read(&fake.connector, fake_instance, &read_request, &reader, &error),
                   "source.read: set out->struct_size to sizeof(struct dpone_reader)");
    expect_refused(
        dpone_call_partitions(&fake.connector, fake_instance, &read_request, 0, &partitions, &error),
        "source.partitions: ask for 1 partition or more");
    expect_refused(
        dpone_call_partitions(&fake.connector, fake_instance, &read_request, 1, &partitions, &error),
        "source.partitions: set out->struct_size to sizeof(struct dpone_partitions)");
}

static void call_reader__tells_batch_end_and_failure_apart(void **state) {
    (void)state;
    struct dpone_reader reader = {.struct_size = sizeof(reader)};
    struct dpone_buffer checkpoint = DPONE_BUFFER_INIT;
    struct ArrowArray batch;
    assert_call(dpone_call_reader_next(&reader, &batch, &error), DPONE_INVALID_STATE);
    assert_error(error, DPONE_INVALID_STATE, "reader.get_next: the handle was never opened, or is closed");
    assert_call(dpone_call_reader_checkpoint(&reader, &checkpoint, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_read(&fake.connector, fake_instance, &read_request, &reader, &error), DPONE_OK);
    assert_call(dpone_call_reader_next(&reader, &batch, &error), DPONE_OK);
    assert_non_null(batch.release);
    batch.release(&batch);
    assert_call(dpone_call_reader_checkpoint(&reader, &checkpoint, &error), DPONE_OK);
    assert_call(dpone_call_reader_checkpoint(&reader, &checkpoint, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "reader.checkpoint: the buffer is not empty: clear it first");
    dpone_buffer_clear(&checkpoint);
    fake.status = DPONE_DATA_CORRUPT;
    fake.message = "page 3 is cut";
    fake.fill = 1;
    fake.released = 0;
    assert_call(dpone_call_reader_next(&reader, &batch, &error), DPONE_DATA_CORRUPT);
    assert_error(error, DPONE_DATA_CORRUPT, "page 3 is cut");
    assert_null(batch.release);
    assert_int_equal(fake.released, 1);
    fake.message = NULL;
    assert_call(dpone_call_reader_next(&reader, &batch, &error), DPONE_DATA_CORRUPT);
    assert_error(error, DPONE_DATA_CORRUPT, "told by the stream");
    assert_call(dpone_call_reader_checkpoint(&reader, &checkpoint, &error), DPONE_DATA_CORRUPT);
    assert_null(checkpoint.release);
    fake.hollow = 1;
    assert_call(dpone_call_reader_next(&reader, &batch, &error), DPONE_INTERNAL);
    assert_error(error, DPONE_INTERNAL,
                 "reader.get_next: a defect of the connector: get_next failed, but last_error says DPONE_OK");
    dpone_call_reader_close(&reader);
    dpone_call_reader_close(&reader);
    assert_null(reader.close);
    assert_int_equal(reader.struct_size, sizeof(reader));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CALL_TEST(call_init__accepts_a_complete_connector),
        CALL_TEST(call_init__names_what_is_missing),
        CALL_TEST(call_init__passes_a_refusal_on),
        CALL_TEST(call_open__gives_an_instance_or_none),
        CALL_TEST(call_close__and_cancel_forgive_null),
        CALL_TEST(call__repairs_a_status_without_reason),
        CALL_TEST(call__reaches_every_slot),
        CALL_TEST(call__answers_not_implemented_for_an_absent_slot),
        CALL_TEST(call__refuses_an_instance_that_is_not_open),
        CALL_TEST(call__clears_what_a_failure_left_half_filled),
        CALL_TEST(call__finds_a_success_that_filled_nothing),
        CALL_TEST(call_source__refuses_wrong_requests),
        CALL_TEST(call_reader__tells_batch_end_and_failure_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
