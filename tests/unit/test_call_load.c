/* The call wrappers of loads, state changes and transfers. */
#include "fake_connector.h"

static void call_sink__refuses_wrong_questions(void **state) {
    (void)state;
    struct ArrowSchema schema = load_schema();
    struct dpone_table nameless = {{NULL, 0}, {NULL, 0}};
    struct dpone_description description = {.struct_size = 4};
    struct dpone_publication publication = {.struct_size = 4};
    struct dpone_schema_change change = {.struct_size = sizeof(change), .target = target, .wanted = &schema};
    struct dpone_buffer full = DPONE_BUFFER_INIT;
    struct dpone_buffer empty = DPONE_BUFFER_INIT;
    struct dpone_load load = {.struct_size = 4};
    dpone_buffer_copy(&full, "x", 1);
    expect_refused(dpone_call_describe(&fake.connector, fake_instance, &nameless, &description, &error),
                   "sink.describe: the target has no name");
    expect_refused(dpone_call_describe(&fake.connector, fake_instance, &target, &description, &error),
                   "sink.describe: set out->struct_size to sizeof(struct dpone_description)");
    expect_refused(dpone_call_plan(&fake.connector, fake_instance, NULL, &empty, &error),
                   "sink.plan: the change is missing, or shorter than its struct_size must be");
    expect_refused(dpone_call_plan(&fake.connector, fake_instance, &change, &full, &error),
                   "sink.plan: the buffer is not empty: clear it first");
    change.policy = 3;
    expect_refused(dpone_call_plan(&fake.connector, fake_instance, &change, &empty, &error),
                   "sink.plan: the policy is none of enum dpone_evolution_policy");
    change.wanted = NULL;
    expect_refused(dpone_call_plan(&fake.connector, fake_instance, &change, &empty, &error),
                   "sink.plan: the wanted schema is missing");
    change.target = nameless;
    expect_refused(dpone_call_plan(&fake.connector, fake_instance, &change, &empty, &error),
                   "sink.plan: the target has no name");
    expect_refused(dpone_call_last_published(&fake.connector, fake_instance, &target,
                                             (struct dpone_string){NULL, 0}, &publication, &error),
                   "sink.last_published: the target or the pipeline has no name");
    expect_refused(
        dpone_call_last_published(&fake.connector, fake_instance, &target, pipeline, &publication, &error),
        "sink.last_published: set out->struct_size to sizeof(struct dpone_publication)");
    expect_refused(dpone_call_recover(&fake.connector, fake_instance, &nameless, NULL, &error),
                   "sink.recover: the target has no name");
    expect_refused(
        dpone_call_attach(&fake.connector, fake_instance, (struct dpone_bytes){NULL, 0}, 0, 0, &load, &error),
        "sink.attach: the token is empty, or the partition or attempt is below 0");
    expect_refused(dpone_call_attach(&fake.connector, fake_instance, token, 0, 0, &load, &error),
                   "sink.attach: set out->struct_size to sizeof(struct dpone_load)");
    dpone_buffer_clear(&full);
    schema.release(&schema);
}

static void expect_begin_refused(const struct dpone_load_request *request, const char *message) {
    struct dpone_load load = {.struct_size = sizeof(load)};
    expect_refused(dpone_call_begin(&fake.connector, fake_instance, request, &load, &error), message);
    assert_null(load.close);
}

static void call_begin__refuses_wrong_requests(void **state) {
    (void)state;
    struct ArrowSchema schema = load_schema();
    const struct dpone_string id = {"id", 2};
    const struct dpone_string none = {"none", 4};
    const struct dpone_string *const twice[] = {&id, &id};
    const struct dpone_string *const unknown[] = {&none};
    struct dpone_window window = {.struct_size = sizeof(window), .column = none};
    const struct dpone_load_request good = load_request(&schema);
    struct dpone_load_request bad = good;
    expect_begin_refused(NULL, "sink.begin: the request is missing, or shorter than its struct_size must be");
    bad.strategy = 4;
    expect_begin_refused(&bad, "sink.begin: the strategy is none of enum dpone_strategy");
    bad = good;
    bad.target.name.size = 0;
    expect_begin_refused(&bad, "sink.begin: the target has no name");
    bad = good;
    bad.pipeline.size = 0;
    expect_begin_refused(&bad, "sink.begin: the pipeline has no name");
    bad = good;
    bad.idempotency_key.size = 0;
    expect_begin_refused(&bad, "sink.begin: the idempotency key must be 1 to 128 bytes of [A-Za-z0-9_.:-]");
    bad.idempotency_key = dpone_string_of("a/b");
    expect_begin_refused(&bad, "sink.begin: the idempotency key must be 1 to 128 bytes of [A-Za-z0-9_.:-]");
    bad = good;
    bad.schema = NULL;
    expect_begin_refused(&bad, "sink.begin: the schema is missing");
    bad = good;
    bad.lease_ms = -1;
    expect_begin_refused(&bad, "sink.begin: lease_ms and partition_count must be 0 or more");
    bad = good;
    bad.strategy = DPONE_INCREMENTAL_MERGE;
    expect_begin_refused(&bad, "sink.begin: incremental_merge needs a unique_key");
    bad.unique_key = twice;
    bad.unique_key_count = 2;
    expect_begin_refused(&bad, "sink.begin: a column stands twice in unique_key");
    bad.unique_key = unknown;
    bad.unique_key_count = 1;
    expect_begin_refused(&bad, "sink.begin: a column of unique_key is not in the load's schema");
    bad = good;
    bad.window = &window;
    expect_begin_refused(&bad, "sink.begin: a window is for the strategy replace only");
    bad.strategy = DPONE_REPLACE;
    expect_begin_refused(&bad, "sink.begin: the window's column is not in the load's schema");
    bad.window = NULL;
    expect_begin_refused(&bad, "sink.begin: replace needs a window");
    struct dpone_load load = {.struct_size = 4};
    expect_refused(dpone_call_begin(&fake.connector, fake_instance, &good, &load, &error),
                   "sink.begin: set out->struct_size to sizeof(struct dpone_load)");
    load.struct_size = sizeof(load);
    bad = good;
    bad.strategy = DPONE_INCREMENTAL_APPEND;
    assert_call(dpone_call_begin(&fake.connector, fake_instance, &bad, &load, &error), DPONE_NOT_IMPLEMENTED);
    assert_error(error, DPONE_NOT_IMPLEMENTED, "sink.begin: this sink does not offer incremental_append");
    schema.format = "l";
    assert_call(dpone_call_begin(&fake.connector, fake_instance, &good, &load, &error),
                DPONE_UNSUPPORTED_TYPE);
    assert_int_equal(fake.calls, 0);
    schema.release(&schema);
}

static void call_load__goes_through_its_life(void **state) {
    (void)state;
    struct ArrowSchema schema = load_schema();
    struct dpone_load_request request = load_request(&schema);
    struct dpone_publish_request publish = {.struct_size = sizeof(publish),
                                            .content_digest = {digest_bytes, 16}};
    struct dpone_load load = {.struct_size = sizeof(load)};
    struct dpone_buffer receipt = DPONE_BUFFER_INIT;
    struct dpone_buffer load_token = DPONE_BUFFER_INIT;
    struct ArrowArrayStream staged;
    struct ArrowArray batch = {.release = fake_release_array};
    assert_call(dpone_call_begin(&fake.connector, fake_instance, &request, &load, &error), DPONE_OK);
    assert_call(dpone_call_load_write(&load, &batch, &error), DPONE_OK);
    assert_call(dpone_call_load_stage(&load, NULL, &error), DPONE_OK);
    assert_call(dpone_call_load_stage(&load, &receipt, &error), DPONE_OK);
    assert_call(dpone_call_load_open_staged(&load, &staged, &error), DPONE_OK);
    staged.release(&staged);
    assert_call(dpone_call_load_token(&load, &load_token, &error), DPONE_OK);
    assert_call(dpone_call_load_publish(&load, &publish, &error), DPONE_OK);
    assert_call(dpone_call_load_abort(&load, &error), DPONE_OK);
    dpone_buffer_clear(&receipt);
    dpone_buffer_clear(&load_token);
    fake.status = DPONE_UNAVAILABLE;
    fake.fill = 1;
    assert_call(dpone_call_load_stage(&load, &receipt, &error), DPONE_UNAVAILABLE);
    assert_null(receipt.release);
    assert_call(dpone_call_load_open_staged(&load, &staged, &error), DPONE_UNAVAILABLE);
    assert_null(staged.release);
    assert_call(dpone_call_load_token(&load, &load_token, &error), DPONE_UNAVAILABLE);
    assert_null(load_token.release);
    fake.status = DPONE_OK;
    fake.hollow = 1;
    assert_call(dpone_call_load_open_staged(&load, &staged, &error), DPONE_INTERNAL);
    assert_error(error, DPONE_INTERNAL,
                 "load.open_staged: a defect of the connector: DPONE_OK, but the stream lacks a function");
    dpone_call_load_close(&load);
    assert_call(dpone_call_load_write(&load, &batch, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_load_stage(&load, NULL, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_load_open_staged(&load, &staged, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_load_publish(&load, &publish, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_load_abort(&load, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_load_token(&load, &load_token, &error), DPONE_INVALID_STATE);
    assert_error(error, DPONE_INVALID_STATE, "load.token: the handle was never opened, or is closed");
    schema.release(&schema);
}

static void call_load__refuses_wrong_arguments(void **state) {
    (void)state;
    struct dpone_load load = {.struct_size = sizeof(load)};
    struct dpone_buffer full = DPONE_BUFFER_INIT;
    struct dpone_publish_request publish = {.struct_size = sizeof(publish),
                                            .content_digest = {digest_bytes, 15}};
    struct ArrowArray released = {0};
    dpone_buffer_copy(&full, "x", 1);
    fake_fill_load(&load);
    expect_refused(dpone_call_load_write(&load, &released, &error),
                   "load.write: the batch is missing, or has been released");
    expect_refused(dpone_call_load_stage(&load, &full, &error),
                   "load.stage: the receipt's buffer is not empty: clear it first");
    expect_refused(dpone_call_load_token(&load, &full, &error),
                   "load.token: the buffer is not empty: clear it first");
    expect_refused(dpone_call_load_publish(&load, NULL, &error),
                   "load.publish: the request is missing, or shorter than its struct_size must be");
    expect_refused(dpone_call_load_publish(&load, &publish, &error),
                   "load.publish: the content digest must have 16 bytes");
    publish.rows = -1;
    expect_refused(dpone_call_load_publish(&load, &publish, &error), "load.publish: rows must be 0 or more");
    publish.rows = 0;
    publish.content_digest.size = 16;
    publish.receipt_count = 1;
    expect_refused(dpone_call_load_publish(&load, &publish, &error),
                   "load.publish: the receipts are missing");
    load.publish = NULL;
    load.open_staged = NULL;
    load.token = NULL;
    struct ArrowArrayStream staged;
    struct dpone_buffer empty = DPONE_BUFFER_INIT;
    assert_call(dpone_call_load_publish(&load, &publish, &error), DPONE_NOT_IMPLEMENTED);
    assert_call(dpone_call_load_open_staged(&load, &staged, &error), DPONE_NOT_IMPLEMENTED);
    assert_call(dpone_call_load_token(&load, &empty, &error), DPONE_NOT_IMPLEMENTED);
    dpone_buffer_clear(&full);
    dpone_call_load_close(&load);
}

static void call_state__refuses_wrong_arguments(void **state) {
    (void)state;
    char long_key[513];
    struct dpone_state_value value = {.struct_size = 4};
    struct dpone_state_change change = {.struct_size = 4};
    struct dpone_bytes huge = {(const uint8_t *)"", (16u << 20) + 1};
    struct dpone_bytes none = {NULL, 0};
    memset(long_key, 'k', sizeof(long_key));
    expect_refused(
        dpone_call_state_read(&fake.connector, fake_instance, (struct dpone_string){NULL, 0}, &value, &error),
        "state.read: a key has 1 to 512 bytes");
    expect_refused(dpone_call_state_read(&fake.connector, fake_instance, (struct dpone_string){long_key, 513},
                                         &value, &error),
                   "state.read: a key has 1 to 512 bytes");
    expect_refused(
        dpone_call_state_read(&fake.connector, fake_instance, dpone_string_of("\xFF"), &value, &error),
        "state.read: the key is not UTF-8");
    expect_refused(dpone_call_state_read(&fake.connector, fake_instance, key, &value, &error),
                   "state.read: set out->struct_size to sizeof(struct dpone_state_value)");
    expect_refused(dpone_call_state_write(&fake.connector, fake_instance, key, huge, token, &change, &error),
                   "state.write: a value has at most 16 MiB");
    expect_refused(dpone_call_state_write(&fake.connector, fake_instance, key, none, none, &change, &error),
                   "state.write: the token is empty: pass the one that read() gave");
    expect_refused(dpone_call_state_write(&fake.connector, fake_instance, key, none, token, &change, &error),
                   "state.write: set out->struct_size to sizeof(struct dpone_state_change)");
}

static void call_state_commit__keeps_the_current_value_of_a_conflict(void **state) {
    (void)state;
    struct dpone_state_change change = {.struct_size = sizeof(change)};
    struct dpone_state_value current = DPONE_STATE_VALUE_INIT;
    assert_call(dpone_call_state_commit(&change, &current, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_state_rollback(&change, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_state_write(&fake.connector, fake_instance, key, token, token, &change, &error),
                DPONE_OK);
    fake.status = DPONE_CONFLICT;
    fake.fill = 1;
    assert_call(dpone_call_state_commit(&change, &current, &error), DPONE_CONFLICT);
    assert_int_equal(current.token.size, 1);
    fake.status = DPONE_UNAVAILABLE;
    assert_call(dpone_call_state_commit(&change, &current, &error), DPONE_UNAVAILABLE);
    assert_null(current.token.release);
    fake.status = DPONE_OK;
    assert_call(dpone_call_state_commit(&change, NULL, &error), DPONE_OK);
    assert_call(dpone_call_state_rollback(&change, &error), DPONE_OK);
    dpone_call_state_close(&change);
    dpone_call_state_close(&change);
}

static void call_transfer__refuses_wrong_requests(void **state) {
    (void)state;
    struct dpone_transfer transfer = {.struct_size = 4};
    struct dpone_transfer_request request = {
        .struct_size = sizeof(request), .read = &read_request, .path = {"x", 1}};
    expect_refused(dpone_call_transfer(&fake.connector, fake_instance, 4, &request, &transfer, &error),
                   "native_transfer: the kind is none of enum dpone_transfer_kind");
    expect_refused(
        dpone_call_transfer(&fake.connector, fake_instance, DPONE_STREAM_EXPORT, NULL, &transfer, &error),
        "native_transfer.stream_export: the request is missing, or shorter than its struct_size must be");
    expect_refused(
        dpone_call_transfer(&fake.connector, fake_instance, DPONE_STREAM_EXPORT, &request, &transfer, &error),
        "native_transfer.stream_export: set out->struct_size to sizeof(struct dpone_transfer)");
    expect_refused(
        dpone_call_transfer(&fake.connector, fake_instance, DPONE_FILE_EXPORT, &request, &transfer, &error),
        "native_transfer.file_export: the path must be absolute");
    expect_refused(dpone_call_transfer(&fake.connector, fake_instance, DPONE_FILE_STAGING_LOAD, &request,
                                       &transfer, &error),
                   "native_transfer.file_staging_load: the load request is missing");
    request.read = NULL;
    expect_refused(
        dpone_call_transfer(&fake.connector, fake_instance, DPONE_STREAM_EXPORT, &request, &transfer, &error),
        "native_transfer.stream_export: the read request is missing");
    request.maximum_bytes = -1;
    expect_refused(
        dpone_call_transfer(&fake.connector, fake_instance, DPONE_STREAM_EXPORT, &request, &transfer, &error),
        "native_transfer.stream_export: maximum_bytes must be 0 or more");
    request.format = 2;
    expect_refused(
        dpone_call_transfer(&fake.connector, fake_instance, DPONE_STREAM_EXPORT, &request, &transfer, &error),
        "native_transfer.stream_export: the format is none of enum dpone_transfer_format");
}

static void call_transfer__goes_through_its_life(void **state) {
    (void)state;
    struct dpone_transfer transfer = {.struct_size = sizeof(transfer)};
    struct dpone_transfer_request request = {.struct_size = sizeof(request), .read = &read_request};
    struct dpone_load load = {.struct_size = sizeof(load)};
    uint8_t checksum[32];
    char buffer[4];
    size_t size = 9;
    assert_call(dpone_call_transfer_read(&transfer, buffer, 4, &size, &error), DPONE_INVALID_STATE);
    assert_int_equal(size, 0);
    assert_call(dpone_call_transfer_write(&transfer, "x", 1, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_transfer_finish(&transfer, checksum, NULL, NULL, &error), DPONE_INVALID_STATE);
    assert_call(dpone_call_transfer_abort(&transfer, &error), DPONE_INVALID_STATE);
    assert_call(
        dpone_call_transfer(&fake.connector, fake_instance, DPONE_STREAM_EXPORT, &request, &transfer, &error),
        DPONE_OK);
    assert_call(dpone_call_transfer_read(&transfer, buffer, 4, &size, &error), DPONE_OK);
    assert_int_equal(size, 1);
    assert_call(dpone_call_transfer_write(&transfer, "x", 1, &error), DPONE_NOT_IMPLEMENTED);
    transfer.write = fake_transfer_write;
    assert_call(dpone_call_transfer_write(&transfer, "x", 1, &error), DPONE_OK);
    assert_call(dpone_call_transfer_read(&transfer, buffer, 0, &size, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "transfer.read: the buffer has no room");
    fake.hollow = 1;
    assert_call(dpone_call_transfer_read(&transfer, buffer, 4, &size, &error), DPONE_INTERNAL);
    assert_error(error, DPONE_INTERNAL,
                 "transfer.read: a defect of the connector: it filled more than the buffer holds");
    assert_int_equal(size, 0);
    fake.hollow = 0;
    assert_call(dpone_call_transfer_finish(&transfer, NULL, NULL, &load, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "transfer.finish: the checksum is missing: it has 32 bytes");
    fake.status = DPONE_DATA_CORRUPT;
    fake.fill = 1;
    assert_call(dpone_call_transfer_finish(&transfer, checksum, NULL, &load, &error), DPONE_DATA_CORRUPT);
    assert_null(load.close);
    fake.status = DPONE_OK;
    assert_call(dpone_call_transfer_finish(&transfer, checksum, NULL, &load, &error), DPONE_OK);
    assert_call(dpone_call_transfer_abort(&transfer, &error), DPONE_OK);
    dpone_call_load_close(&load);
    dpone_call_transfer_close(&transfer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CALL_TEST(call_sink__refuses_wrong_questions),
        CALL_TEST(call_begin__refuses_wrong_requests),
        CALL_TEST(call_load__goes_through_its_life),
        CALL_TEST(call_load__refuses_wrong_arguments),
        CALL_TEST(call_state__refuses_wrong_arguments),
        CALL_TEST(call_state_commit__keeps_the_current_value_of_a_conflict),
        CALL_TEST(call_transfer__refuses_wrong_requests),
        CALL_TEST(call_transfer__goes_through_its_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
