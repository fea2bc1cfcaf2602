/* The reference connector as source and state, called as a host calls it: checkpoints, partitions,
 * cancellation, compare-and-set. */
#include "reference_session.h"

/* ---- Reading */

static void assert_read_fails(struct session *session, const struct dpone_read_request *request,
                              int32_t status, const char *message) {
    struct dpone_reader reader = {.struct_size = (uint32_t)sizeof reader};
    assert_int_equal(
        dpone_call_read(session->connector, session->instance, request, &reader, &session->error), status);
    assert_error(session->error, status, message);
}

static void fill_table(const struct session *session) {
    world_sql(&session->world, "data.db",
              "CREATE TABLE t(id BIGINT, c BIGINT);"
              "INSERT INTO t VALUES(1,NULL),(2,NULL),(3,5),(4,5),(5,5),(6,7),(7,6)");
}

/* Reads on from the checkpoint behind every batch: nothing missing, nothing twice. */
static void resume_everywhere(const char *cursor, const char *const batches[], size_t count) {
    struct session session = session_open();
    fill_table(&session);
    struct dpone_read_request request = request_for("t", cursor, nothing);
    struct dpone_reader reader = {.struct_size = (uint32_t)sizeof reader};
    assert_int_equal(dpone_call_read(session.connector, session.instance, &request, &reader, NULL), DPONE_OK);
    for (size_t delivered = 0; delivered <= count; delivered++) {
        struct dpone_buffer checkpoint = DPONE_BUFFER_INIT;
        char rest[256] = "";
        for (size_t i = delivered; i < count; i++) {
            strcat(rest, batches[i]);
        }
        assert_int_equal(dpone_call_reader_checkpoint(&reader, &checkpoint, NULL), DPONE_OK);
        struct dpone_read_request on = request_for("t", cursor, dpone_buffer_view(&checkpoint));
        read_all(&session, &on, rest);
        dpone_buffer_clear(&checkpoint);
        struct ArrowArray batch = {0};
        assert_int_equal(dpone_call_reader_next(&reader, &batch, NULL), DPONE_OK);
        assert_int_equal(batch.release != NULL, delivered < count);
        if (batch.release != NULL) {
            batch.release(&batch);
        }
    }
    dpone_call_reader_close(&reader);
    session_close(&session);
}

static void reference_source__resumes_by_cursor(void **context) {
    (void)context;
    static const char *const batches[] = {"1|NULL\n2|NULL\n", "3|5\n4|5\n", "5|5\n7|6\n", "6|7\n"};
    resume_everywhere("c", batches, 4);
}

static void reference_source__resumes_by_row_id(void **context) {
    (void)context;
    static const char *const batches[] = {"1|NULL\n2|NULL\n", "3|5\n4|5\n", "5|5\n6|7\n", "7|6\n"};
    resume_everywhere(NULL, batches, 4);
}

static void reference_source__beyond_the_newest_row(void **context) {
    (void)context;
    struct session session = session_open();
    fill_table(&session);
    static const char future[] =
        "{\"reference\":1,\"table\":\"t\",\"cursor\":\"c\",\"value\":\"99\",\"rowid\":1}";
    struct dpone_read_request request = request_for("t", "c", bytes_of(future));
    struct dpone_reader reader = {.struct_size = (uint32_t)sizeof reader};
    struct ArrowArray batch = {0};
    struct dpone_buffer checkpoint = DPONE_BUFFER_INIT;
    assert_int_equal(dpone_call_read(session.connector, session.instance, &request, &reader, NULL), DPONE_OK);
    assert_int_equal(dpone_call_reader_next(&reader, &batch, NULL), DPONE_OK);
    assert_null(batch.release);
    assert_int_equal(dpone_call_reader_checkpoint(&reader, &checkpoint, NULL), DPONE_OK);
    assert_int_equal(checkpoint.size, sizeof future - 1);
    assert_memory_equal(checkpoint.data, future, checkpoint.size);
    dpone_buffer_clear(&checkpoint);
    dpone_call_reader_close(&reader);
    session_close(&session);
}

static void reference_source__refuses_foreign_checkpoints(void **context) {
    (void)context;
    struct session session = session_open();
    fill_table(&session);
    struct dpone_read_request request = request_for("t", "c", bytes_of("garbage"));
    assert_read_fails(&session, &request, DPONE_INVALID_ARGUMENT,
                      "these bytes are not a checkpoint of the reference connector");
    static const char *const foreign[] = {
        "{\"reference\":1,\"table\":\"u\",\"cursor\":\"c\",\"value\":\"9\",\"rowid\":1}",
        "{\"reference\":1,\"table\":\"t\",\"cursor\":null,\"value\":null,\"rowid\":1}",
        "{\"reference\":2,\"table\":\"t\",\"cursor\":\"c\",\"value\":\"9\",\"rowid\":1}",
        "{\"reference\":1,\"table\":\"t\",\"cursor\":\"c\",\"value\":9,\"rowid\":1}"};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        request = request_for("t", "c", bytes_of(foreign[i]));
        assert_read_fails(
            &session, &request, DPONE_INVALID_ARGUMENT,
            "the checkpoint is not one of table \"t\" by c; remove the state to read from the beginning");
    }
    request = request_for(
        "t", "c",
        bytes_of("{\"reference\":1,\"table\":\"t\",\"cursor\":\"c\",\"value\":\"nine\",\"rowid\":1}"));
    assert_read_fails(&session, &request, DPONE_INVALID_ARGUMENT,
                      "checkpoint of table \"t\": \"nine\" is not the text of a value of type int64");
    request = request_for("t", "nothing", nothing);
    assert_read_fails(&session, &request, DPONE_INVALID_ARGUMENT,
                      "table \"t\" has no column \"nothing\" to use as cursor");
    request = request_for("nothing", NULL, nothing);
    assert_read_fails(&session, &request, DPONE_NOT_FOUND, "there is no table \"nothing\"");
    request = request_for("__dpone__state", NULL, nothing);
    assert_read_fails(
        &session, &request, DPONE_INVALID_ARGUMENT,
        "table \"__dpone__state\": names beginning with __dpone__ or sqlite_ are reserved; choose another");
    world_sql(&session.world, "data.db", "CREATE TABLE odd(id MONEY)");
    request = request_for("odd", NULL, nothing);
    assert_read_fails(&session, &request, DPONE_UNSUPPORTED_TYPE,
                      "column \"id\" is declared MONEY, which the reference connector does not know");
    session_close(&session);
}

static void reference_source__partitions_cover_the_table(void **context) {
    (void)context;
    struct session session = session_open();
    fill_table(&session);
    for (size_t wanted = 1; wanted < 12; wanted++) {
        struct dpone_partitions partitions = {.struct_size = (uint32_t)sizeof partitions};
        struct dpone_read_request request = request_for("t", NULL, nothing);
        struct dpone_scratch text = {0};
        assert_int_equal(
            dpone_call_partitions(session.connector, session.instance, &request, wanted, &partitions, NULL),
            DPONE_OK);
        assert_int_equal(partitions.count, wanted < 7 ? wanted : 7);
        for (size_t i = 0; i < partitions.count; i++) {
            struct dpone_reader reader = {.struct_size = (uint32_t)sizeof reader};
            request.partition = dpone_buffer_view(partitions.items[i]);
            assert_int_equal(dpone_call_read(session.connector, session.instance, &request, &reader, NULL),
                             DPONE_OK);
            text_of_stream(&text, &reader.stream);
            dpone_call_reader_close(&reader);
        }
        partitions.release(&partitions);
        assert_text(&text, "1|NULL\n2|NULL\n3|5\n4|5\n5|5\n6|7\n7|6\n");
    }
    session_close(&session);
}

static void reference_source__a_moved_stream_ends_with_its_reader(void **context) {
    (void)context;
    struct session session = session_open();
    fill_table(&session);
    struct dpone_read_request request = request_for("t", NULL, nothing);
    struct dpone_reader reader = {.struct_size = (uint32_t)sizeof reader};
    struct ArrowArray batch = {0};
    struct ArrowArray after = {0};
    assert_int_equal(dpone_call_read(session.connector, session.instance, &request, &reader, NULL), DPONE_OK);
    struct ArrowArrayStream moved = reader.stream;
    reader.stream.release = NULL;
    assert_int_equal(moved.get_next(&moved, &batch), 0);
    dpone_call_reader_close(&reader);
    assert_int_not_equal(moved.get_next(&moved, &after), 0);
    moved.release(&moved);
    assert_int_equal(batch.length, 2); /* lives on */
    batch.release(&batch);
    session_close(&session);
}

static void reference_cancel__ends_this_and_every_later_call(void **context) {
    (void)context;
    struct session session = session_open();
    fill_table(&session);
    struct dpone_read_request request = request_for("t", NULL, nothing);
    struct dpone_reader reader = {.struct_size = (uint32_t)sizeof reader};
    struct ArrowArray batch = {0};
    assert_int_equal(dpone_call_read(session.connector, session.instance, &request, &reader, NULL), DPONE_OK);
    dpone_call_cancel(session.connector, session.instance);
    assert_int_equal(dpone_call_reader_next(&reader, &batch, &session.error), DPONE_CANCELLED);
    assert_error(session.error, DPONE_CANCELLED, "the host asked to stop");
    assert_int_equal(dpone_call_reader_next(&reader, &batch, NULL), DPONE_CANCELLED);
    dpone_call_reader_close(&reader);
    assert_int_equal(dpone_call_recover(session.connector, session.instance, &target, NULL, NULL),
                     DPONE_CANCELLED);
    session_close(&session);
}

/* ---- State */

static int32_t commit(struct session *session, const char *key, struct dpone_bytes value,
                      const struct dpone_state_value *from, struct dpone_state_value *current) {
    struct dpone_state_change change = {.struct_size = (uint32_t)sizeof change};
    int32_t status = dpone_call_state_write(session->connector, session->instance, dpone_string_of(key),
                                            value, dpone_buffer_view(&from->token), &change, &session->error);
    if (status == DPONE_OK) {
        status = dpone_call_state_commit(&change, current, &session->error);
        dpone_call_state_close(&change);
    }
    return status;
}

static void reference_state__compare_and_set(void **context) {
    (void)context;
    static uint8_t large[1 << 20];
    struct session session = session_open();
    struct dpone_state_value first = DPONE_STATE_VALUE_INIT;
    struct dpone_state_value current = DPONE_STATE_VALUE_INIT;
    struct dpone_string key = dpone_string_of("key");
    for (size_t i = 0; i < sizeof large; i++) {
        large[i] = (uint8_t)(i * 31);
    }
    assert_int_equal(dpone_call_state_read(session.connector, session.instance, key, &first, NULL), DPONE_OK);
    assert_int_equal(first.exists, 0);
    assert_int_equal(first.value.size, 0);
    assert_int_equal(commit(&session, "key", (struct dpone_bytes){large, sizeof large}, &first, NULL),
                     DPONE_OK);
    assert_int_equal(commit(&session, "key", bytes_of("late"), &first, &current), DPONE_CONFLICT);
    assert_error(session.error, DPONE_CONFLICT,
                 "state \"key\" was changed by somebody else: version 1, not 0");
    assert_int_equal(current.exists, 1);
    assert_int_equal(current.value.size, sizeof large);
    assert_memory_equal(current.value.data, large, sizeof large);
    dpone_state_value_clear(&first);
    assert_int_equal(commit(&session, "key", nothing, &current, &first), DPONE_OK);
    assert_int_equal(first.exists, 1); /* an empty value is one */
    assert_int_equal(first.value.size, 0);
    dpone_state_value_clear(&first);
    dpone_state_value_clear(&current);
    session_close(&session);
}

static void reference_state__nothing_is_visible_before_commit(void **context) {
    (void)context;
    struct session session = session_open();
    struct dpone_state_value value = DPONE_STATE_VALUE_INIT;
    struct dpone_state_change change = {.struct_size = (uint32_t)sizeof change};
    struct dpone_string key = dpone_string_of("key");
    assert_int_equal(dpone_call_state_read(session.connector, session.instance, key, &value, NULL), DPONE_OK);
    assert_int_equal(dpone_call_state_write(session.connector, session.instance, key, bytes_of("v"),
                                            dpone_buffer_view(&value.token), &change, NULL),
                     DPONE_OK);
    assert_query(&session.world, "data.db", "SELECT count(*) FROM __dpone__state", "0\n");
    assert_int_equal(dpone_call_state_rollback(&change, NULL), DPONE_OK);
    assert_int_equal(dpone_call_state_rollback(&change, NULL), DPONE_OK);
    assert_int_equal(dpone_call_state_commit(&change, NULL, &session.error), DPONE_INVALID_STATE);
    assert_error(session.error, DPONE_INVALID_STATE, "the change of state \"key\" was finished before");
    dpone_call_state_close(&change);
    dpone_state_value_clear(&value);
    session_close(&session);
}

static void reference_state__refuses_a_foreign_token(void **context) {
    (void)context;
    struct session session = session_open();
    struct dpone_state_change change = {.struct_size = (uint32_t)sizeof change};
    assert_int_equal(dpone_call_state_write(session.connector, session.instance, dpone_string_of("key"),
                                            nothing, bytes_of("x"), &change, &session.error),
                     DPONE_INVALID_ARGUMENT);
    assert_error(session.error, DPONE_INVALID_ARGUMENT, "the state token is none that read() gave");
    session_close(&session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_source__resumes_by_cursor),
        cmocka_unit_test(reference_source__resumes_by_row_id),
        cmocka_unit_test(reference_source__beyond_the_newest_row),
        cmocka_unit_test(reference_source__refuses_foreign_checkpoints),
        cmocka_unit_test(reference_source__partitions_cover_the_table),
        cmocka_unit_test(reference_source__a_moved_stream_ends_with_its_reader),
        cmocka_unit_test(reference_cancel__ends_this_and_every_later_call),
        cmocka_unit_test(reference_state__compare_and_set),
        cmocka_unit_test(reference_state__nothing_is_visible_before_commit),
        cmocka_unit_test(reference_state__refuses_a_foreign_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
