/* The reference connector as sink, called as a host calls it: every type, loads in every order, leases,
 * distributed loads. */
#include "reference_session.h"

static const struct dpone_column id_and_name[] = {{"id", DPONE_TYPE_INT64, 0, 0, 0},
                                                  {"name", DPONE_TYPE_UTF8, 1, 0, 0}};

/* A load of t(id, name) under way. */
struct loading {
    struct ArrowSchema schema;
    struct dpone_load_request request;
    struct dpone_load load;
    struct dpone_publish_request publish;
    uint8_t digest[16];
};

static void loading_begin(struct loading *loading, struct session *session, const char *key) {
    *loading = (struct loading){.load = {.struct_size = (uint32_t)sizeof(struct dpone_load)}};
    make_schema(&loading->schema, id_and_name, 2);
    loading->request = (struct dpone_load_request){.struct_size = (uint32_t)sizeof loading->request,
                                                   .strategy = DPONE_INCREMENTAL_APPEND,
                                                   .target = target,
                                                   .pipeline = dpone_string_of("p"),
                                                   .idempotency_key = dpone_string_of(key),
                                                   .schema = &loading->schema};
    loading->publish =
        (struct dpone_publish_request){.struct_size = (uint32_t)sizeof loading->publish,
                                       .content_digest = {loading->digest, sizeof loading->digest}};
    assert_int_equal(dpone_call_begin(session->connector, session->instance, &loading->request,
                                      &loading->load, &session->error),
                     DPONE_OK);
}

static void loading_end(struct loading *loading) {
    if (loading->load.close != NULL) {
        dpone_call_load_close(&loading->load);
    }
    loading->schema.release(&loading->schema);
}

static int32_t write_row(struct dpone_load *load, const struct ArrowSchema *schema, const char *id,
                         const char *name, struct dpone_error *error) {
    const char *const values[] = {id, name};
    struct ArrowArray batch;
    make_batch(&batch, schema, values, 1);
    int32_t status = dpone_call_load_write(load, &batch, error);
    batch.release(&batch);
    return status;
}

static void reference_load__calls_out_of_order(void **context) {
    (void)context;
    struct session session = session_open();
    struct loading loading;
    loading_begin(&loading, &session, "k");
    struct dpone_load *load = &loading.load;
    struct ArrowArrayStream stream = {0};
    assert_int_equal(dpone_call_load_publish(load, &loading.publish, &session.error), DPONE_INVALID_STATE);
    assert_error(session.error, DPONE_INVALID_STATE, "publish: load k is open");
    assert_int_equal(dpone_call_load_open_staged(load, &stream, &session.error), DPONE_INVALID_STATE);
    assert_error(session.error, DPONE_INVALID_STATE, "open_staged: load k is open");
    assert_int_equal(dpone_call_load_stage(load, NULL, NULL), DPONE_OK);
    assert_int_equal(write_row(load, &loading.schema, "1", "a", &session.error), DPONE_INVALID_STATE);
    assert_error(session.error, DPONE_INVALID_STATE, "write: load k is staged");
    assert_int_equal(dpone_call_load_stage(load, NULL, &session.error), DPONE_INVALID_STATE);
    assert_error(session.error, DPONE_INVALID_STATE, "stage: load k is staged");
    assert_int_equal(dpone_call_load_abort(load, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_abort(load, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_publish(load, &loading.publish, &session.error), DPONE_INVALID_STATE);
    assert_error(session.error, DPONE_INVALID_STATE, "publish: load k is aborted");
    loading_end(&loading);
    session_close(&session);
}

static void reference_load__staged_is_what_was_written_and_not_visible(void **context) {
    (void)context;
    struct session session = session_open();
    struct loading loading;
    struct dpone_scratch text = {0};
    loading_begin(&loading, &session, "k");
    assert_int_equal(write_row(&loading.load, &loading.schema, "1", "a", NULL), DPONE_OK);
    assert_int_equal(write_row(&loading.load, &loading.schema, "2", NULL, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_stage(&loading.load, NULL, NULL), DPONE_OK);
    for (int times = 0; times < 2; times++) {
        struct ArrowArrayStream stream = {0};
        assert_int_equal(dpone_call_load_open_staged(&loading.load, &stream, NULL), DPONE_OK);
        text_of_stream(&text, &stream);
        stream.release(&stream);
        assert_text(&text, "1|a\n2|NULL\n");
    }
    assert_query(&session.world, "data.db", "SELECT count(*) FROM sqlite_master WHERE name = 't'", "0\n");
    assert_int_equal(dpone_call_load_publish(&loading.load, &loading.publish, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_publish(&loading.load, &loading.publish, NULL),
                     DPONE_OK); /* once only */
    assert_query(&session.world, "data.db", "SELECT * FROM t", "1|a\n2|NULL\n");
    assert_query(&session.world, "data.db", "SELECT count(*) FROM sqlite_master WHERE name LIKE '%stage%'",
                 "0\n");
    loading_end(&loading);
    session_close(&session);
}

static void reference_load__recover_sweeps_dead_loads_only(void **context) {
    (void)context;
    struct session session = session_open();
    struct loading dead;
    struct loading live;
    int64_t removed = -1;
    loading_begin(&dead, &session, "dead");
    dpone_virtual_time_skip(session.world.time, 590000);
    assert_int_equal(dpone_call_recover(session.connector, session.instance, &target, &removed, NULL),
                     DPONE_OK);
    assert_int_equal(removed, 0);
    loading_begin(&live, &session, "live");
    dpone_virtual_time_skip(session.world.time, 20000);
    assert_int_equal(dpone_call_recover(session.connector, session.instance, &target, &removed, NULL),
                     DPONE_OK);
    assert_int_equal(removed, 1);
    dpone_virtual_time_skip(session.world.time, 500000);
    assert_int_equal(write_row(&live.load, &live.schema, "1", "a", NULL), DPONE_OK); /* renews the lease */
    dpone_virtual_time_skip(session.world.time, 500000);
    assert_int_equal(dpone_call_recover(session.connector, session.instance, &target, &removed, NULL),
                     DPONE_OK);
    assert_int_equal(removed, 0);
    assert_int_equal(write_row(&dead.load, &dead.schema, "1", "a", &session.error), DPONE_CONFLICT);
    assert_error(session.error, DPONE_CONFLICT,
                 "load dead was swept because its lease of 600000 ms ran out; run it again");
    loading_end(&dead);
    loading_end(&live);
    session_close(&session);
}

static void reference_load__last_published(void **context) {
    (void)context;
    struct session session = session_open();
    struct dpone_publication last = DPONE_PUBLICATION_INIT;
    assert_int_equal(dpone_call_last_published(session.connector, session.instance, &target,
                                               dpone_string_of("p"), &last, &session.error),
                     DPONE_NOT_FOUND);
    assert_error(session.error, DPONE_NOT_FOUND, "pipeline p published nothing into \"t\" yet");
    for (int i = 0; i < 2; i++) {
        struct loading loading;
        loading_begin(&loading, &session, i == 0 ? "first" : "second");
        loading.digest[0] = (uint8_t)i;
        loading.publish.rows = i;
        loading.publish.position = bytes_of(i == 0 ? "here" : "there\xff");
        assert_int_equal(dpone_call_load_stage(&loading.load, NULL, NULL), DPONE_OK);
        assert_int_equal(dpone_call_load_publish(&loading.load, &loading.publish, NULL), DPONE_OK);
        loading_end(&loading);
    }
    assert_int_equal(dpone_call_last_published(session.connector, session.instance, &target,
                                               dpone_string_of("p"), &last, NULL),
                     DPONE_OK);
    assert_memory_equal(last.idempotency_key.data, "second", 6);
    assert_int_equal(last.content_digest.size, 16);
    assert_int_equal(last.content_digest.data[0], 1);
    assert_int_equal(last.position.size, 6);
    assert_memory_equal(last.position.data, "there\xff", 6);
    assert_int_equal(last.rows, 1);
    dpone_publication_clear(&last);
    session_close(&session);
}

static void assert_begin_fails(struct session *session, const struct dpone_column *columns, size_t count,
                               struct dpone_load_request request, int32_t status, const char *message) {
    struct ArrowSchema schema;
    struct dpone_load load = {.struct_size = (uint32_t)sizeof load};
    make_schema(&schema, columns, count);
    request.struct_size = (uint32_t)sizeof request;
    request.target = target;
    request.pipeline = dpone_string_of("p");
    request.idempotency_key = dpone_string_of("k");
    request.schema = &schema;
    assert_int_equal(
        dpone_call_begin(session->connector, session->instance, &request, &load, &session->error), status);
    assert_error(session->error, status, message);
    schema.release(&schema);
    assert_query(&session->world, "data.db", "SELECT count(*) FROM sqlite_master WHERE name LIKE '%stage%'",
                 "0\n");
}

static void reference_load__begin_refuses_what_it_cannot_hold(void **context) {
    (void)context;
    static const struct dpone_column reserved[] = {{"__dpone__x", DPONE_TYPE_INT64, 1, 0, 0}};
    static const struct dpone_column cases[] = {{"a", DPONE_TYPE_INT64, 1, 0, 0},
                                                {"A", DPONE_TYPE_INT64, 1, 0, 0}};
    static const struct dpone_column price[] = {{"a", DPONE_TYPE_FLOAT64, 1, 0, 0}};
    struct dpone_window window = {(uint32_t)sizeof window, {"a", 1}, {"1", 1}, {"x", 1}};
    struct session session = session_open();
    struct dpone_load_request append = {.strategy = DPONE_INCREMENTAL_APPEND};
    struct dpone_load_request replace = {.strategy = DPONE_REPLACE, .window = &window};
    assert_begin_fails(
        &session, reserved, 1, append, DPONE_INVALID_ARGUMENT,
        "column \"__dpone__x\": names beginning with __dpone__ are reserved; rename it in the source");
    assert_begin_fails(&session, cases, 2, append, DPONE_INVALID_ARGUMENT,
                       "columns \"a\" and \"A\" differ in case only, which SQLite cannot hold");
    assert_begin_fails(&session, price, 1, replace, DPONE_INVALID_ARGUMENT,
                       "column \"a\" is float64; a window needs an integer, date, timestamp or text");
    assert_begin_fails(&session, cases, 1, replace, DPONE_INVALID_ARGUMENT,
                       "\"x\" is not the text of a value of type int64");
    session_close(&session);
}

static void reference_load__column_names_are_data(void **context) {
    (void)context;
    static const struct dpone_column columns[] = {{"rowid", DPONE_TYPE_INT64, 1, 0, 0},
                                                  {"a\"b", DPONE_TYPE_UTF8, 1, 0, 0},
                                                  {"select", DPONE_TYPE_UTF8, 1, 0, 0},
                                                  {"'; drop table t; --", DPONE_TYPE_UTF8, 1, 0, 0}};
    static const char *const values[] = {"9", "1", "2", "3"};
    static const struct dpone_table nasty = {{"my \"schema\"", 11}, {"ta'ble;--", 9}};
    struct session session = session_open();
    struct loading loading;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    make_schema(&schema, columns, 4);
    make_batch(&batch, &schema, values, 1);
    loading = (struct loading){.load = {.struct_size = (uint32_t)sizeof(struct dpone_load)}};
    struct dpone_string key = dpone_string_of("a\"b");
    const struct dpone_string *keys[] = {&key};
    struct dpone_load_request request = {.struct_size = (uint32_t)sizeof request,
                                         .strategy = DPONE_INCREMENTAL_MERGE,
                                         .target = nasty,
                                         .pipeline = dpone_string_of("it's"),
                                         .idempotency_key = dpone_string_of("k"),
                                         .schema = &schema,
                                         .unique_key = keys,
                                         .unique_key_count = 1};
    struct dpone_publish_request publish = {
        .struct_size = (uint32_t)sizeof publish, .rows = 1, .content_digest = {loading.digest, 16}};
    assert_int_equal(
        dpone_call_begin(session.connector, session.instance, &request, &loading.load, &session.error),
        DPONE_OK);
    assert_int_equal(dpone_call_load_write(&loading.load, &batch, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_stage(&loading.load, NULL, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_publish(&loading.load, &publish, NULL), DPONE_OK);
    dpone_call_load_close(&loading.load);
    assert_query(&session.world, "data.db", "SELECT * FROM \"my \"\"schema\"\".ta'ble;--\"", "9|1|2|3\n");
    struct dpone_read_request read = request_for("", "a\"b", nothing);
    read.stream = nasty;
    read_all(&session, &read, "9|1|2|3\n");
    batch.release(&batch);
    schema.release(&schema);
    session_close(&session);
}

/* ---- Distributed loads */

static void reference_load__distributed(void **context) {
    (void)context;
    struct session session = session_open();
    struct session worker = session;
    struct ArrowSchema schema;
    struct dpone_load load = {.struct_size = (uint32_t)sizeof load};
    struct dpone_buffer token = DPONE_BUFFER_INIT;
    struct dpone_buffer receipts[3] = {DPONE_BUFFER_INIT, DPONE_BUFFER_INIT, DPONE_BUFFER_INIT};
    uint8_t digest[16] = {7};
    make_schema(&schema, id_and_name, 2);
    worker.instance = open_instance(&session);
    struct dpone_load_request request = {.struct_size = (uint32_t)sizeof request,
                                         .strategy = DPONE_FULL_REFRESH,
                                         .target = target,
                                         .pipeline = dpone_string_of("p"),
                                         .idempotency_key = dpone_string_of("k"),
                                         .schema = &schema,
                                         .partition_count = 2};
    assert_int_equal(dpone_call_begin(session.connector, session.instance, &request, &load, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_token(&load, &token, NULL), DPONE_OK);
    /* partition 0; partition 1 in two attempts, of which the second counts */
    static const struct {
        int64_t partition, attempt;
        const char *id;
    } parts[] = {{0, 0, "10"}, {1, 0, "11"}, {1, 1, "12"}};
    for (size_t i = 0; i < 3; i++) {
        struct dpone_load part = {.struct_size = (uint32_t)sizeof part};
        assert_int_equal(dpone_call_attach(worker.connector, worker.instance, dpone_buffer_view(&token),
                                           parts[i].partition, parts[i].attempt, &part, NULL),
                         DPONE_OK);
        assert_int_equal(write_row(&part, &schema, parts[i].id, "x", NULL), DPONE_OK);
        assert_int_equal(dpone_call_load_stage(&part, &receipts[i], NULL), DPONE_OK);
        dpone_call_load_close(&part);
    }
    struct dpone_bytes views[3] = {dpone_buffer_view(&receipts[0]), dpone_buffer_view(&receipts[1]),
                                   dpone_buffer_view(&receipts[2])};
    const struct dpone_bytes *chosen[] = {&views[1], &views[2]};
    struct dpone_publish_request publish = {.struct_size = (uint32_t)sizeof publish,
                                            .rows = 2,
                                            .content_digest = {digest, 16},
                                            .receipts = chosen,
                                            .receipt_count = 1};
    assert_int_equal(dpone_call_load_publish(&load, &publish, &session.error), DPONE_INVALID_ARGUMENT);
    assert_error(session.error, DPONE_INVALID_ARGUMENT, "load k has 2 partitions, but 1 receipts came");
    publish.receipt_count = 2;
    assert_int_equal(dpone_call_load_publish(&load, &publish, &session.error), DPONE_INVALID_ARGUMENT);
    assert_error(session.error, DPONE_INVALID_ARGUMENT, "partition 1 of load k has no receipt of its own");
    chosen[0] = &views[0];
    assert_int_equal(dpone_call_load_publish(&load, &publish, &session.error), DPONE_OK);
    assert_query(&session.world, "data.db", "SELECT * FROM t", "10|x\n12|x\n");
    dpone_call_load_close(&load);
    assert_int_equal(dpone_call_attach(worker.connector, worker.instance, dpone_buffer_view(&token), 0, 2,
                                       &load, &session.error),
                     DPONE_NOT_FOUND);
    for (size_t i = 0; i < 3; i++) {
        dpone_buffer_clear(&receipts[i]);
    }
    dpone_buffer_clear(&token);
    schema.release(&schema);
    dpone_call_close(worker.connector, worker.instance);
    session_close(&session);
}

/* ---- Values */

static void reference_load__every_type_exactly(void **context) {
    (void)context;
    static const struct dpone_column columns[] = {
        {"b", DPONE_TYPE_BOOL, 1, 0, 0},       {"i", DPONE_TYPE_INT32, 1, 0, 0},
        {"l", DPONE_TYPE_INT64, 1, 0, 0},      {"f", DPONE_TYPE_FLOAT64, 1, 0, 0},
        {"u", DPONE_TYPE_UTF8, 1, 0, 0},       {"x", DPONE_TYPE_BINARY, 1, 0, 0},
        {"d", DPONE_TYPE_DATE32, 1, 0, 0},     {"t", DPONE_TYPE_TIMESTAMP_US, 1, 0, 0},
        {"n", DPONE_TYPE_DECIMAL128, 1, 38, 9}};
    static const char *const values[] = {"true",
                                         "-2147483648",
                                         "-9223372036854775808",
                                         "-0",
                                         "",
                                         "",
                                         "1969-12-31",
                                         "0001-01-01T00:00:00.000001Z",
                                         "-99999999999999999999999999999.999999999",
                                         "false",
                                         "2147483647",
                                         "9223372036854775807",
                                         "NaN",
                                         "00123",
                                         "00ff",
                                         "9999-12-31",
                                         "9999-12-31T23:59:59.999999Z",
                                         "99999999999999999999999999999.999999999",
                                         NULL,
                                         NULL,
                                         NULL,
                                         NULL,
                                         NULL,
                                         NULL,
                                         NULL,
                                         NULL,
                                         NULL,
                                         "true",
                                         "0",
                                         "0",
                                         "-Infinity",
                                         "\xf0\x9f\xa6\x86\xcc\x81",
                                         "27",
                                         "+12345-01-01",
                                         "1970-01-01T00:00:00.000000Z",
                                         "0.000000000",
                                         "true",
                                         "1",
                                         "1",
                                         "0.1",
                                         "NULL",
                                         "00",
                                         "0000-01-01",
                                         "2026-11-22T18:00:00.000000Z",
                                         "-0.000000001",
                                         "true",
                                         "1",
                                         "1",
                                         "5e-324",
                                         "it's \"q\"",
                                         "00",
                                         "-0001-01-01",
                                         "2026-11-22T18:00:00.000000Z",
                                         "1.500000000"};
    struct session session = session_open();
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct dpone_load load = {.struct_size = (uint32_t)sizeof load};
    uint8_t digest[16] = {0};
    make_schema(&schema, columns, 9);
    make_batch(&batch, &schema, values, 6);
    struct dpone_load_request request = {.struct_size = (uint32_t)sizeof request,
                                         .target = target,
                                         .pipeline = dpone_string_of("p"),
                                         .idempotency_key = dpone_string_of("k"),
                                         .schema = &schema};
    struct dpone_publish_request publish = {
        .struct_size = (uint32_t)sizeof publish, .rows = 6, .content_digest = {digest, 16}};
    assert_int_equal(dpone_call_begin(session.connector, session.instance, &request, &load, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_write(&load, &batch, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_stage(&load, NULL, NULL), DPONE_OK);
    assert_int_equal(dpone_call_load_publish(&load, &publish, NULL), DPONE_OK);
    dpone_call_load_close(&load);
    struct dpone_scratch expected = {0};
    struct dpone_batch_view *view = NULL;
    assert_int_equal(dpone_batch_view_new(&view, &schema, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_set(view, &batch, NULL), DPONE_OK);
    text_of_batch(&expected, view);
    assert_int_equal(dpone_scratch_add(&expected, "", 1), DPONE_OK);
    struct dpone_read_request read = request_for("t", NULL, nothing);
    read_all(&session, &read, (const char *)expected.data);
    struct ArrowSchema discovered = {0};
    assert_int_equal(dpone_call_schema(session.connector, session.instance, &read, &discovered, NULL),
                     DPONE_OK);
    assert_true(dpone_schema_equal(&discovered, &schema));
    discovered.release(&discovered);
    dpone_scratch_clear(&expected);
    dpone_batch_view_free(view);
    batch.release(&batch);
    schema.release(&schema);
    session_close(&session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_load__calls_out_of_order),
        cmocka_unit_test(reference_load__staged_is_what_was_written_and_not_visible),
        cmocka_unit_test(reference_load__recover_sweeps_dead_loads_only),
        cmocka_unit_test(reference_load__last_published),
        cmocka_unit_test(reference_load__begin_refuses_what_it_cannot_hold),
        cmocka_unit_test(reference_load__column_names_are_data),
        cmocka_unit_test(reference_load__distributed),
        cmocka_unit_test(reference_load__every_type_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
