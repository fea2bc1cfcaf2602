/* The error record: what every function of the ABI promises about it. */
#include "support.h"

static void error_set__fills_the_record_and_returns_the_status(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_error_set(&error, DPONE_NOT_FOUND, "table \"%s\" has %d rows", "t", 3),
                     DPONE_NOT_FOUND);
    assert_error(error, DPONE_NOT_FOUND, "table \"t\" has 3 rows");
    assert_int_equal(error.retryable, 0);
    assert_int_equal(error.retry_after_ms, -1);
}

static void error_set__accepts_null(void **state) {
    (void)state;
    assert_int_equal(dpone_error_set(NULL, DPONE_IO, "lost"), DPONE_IO);
    assert_int_equal(dpone_error_set_retry(NULL, DPONE_THROTTLED, 5, "slow"), DPONE_THROTTLED);
    dpone_error_prepend(NULL, "where");
    dpone_error_clear(NULL);
}

static void error_set__marks_what_may_pass_as_retryable(void **state) {
    (void)state;
    for (int32_t status = DPONE_OK; status <= DPONE_INTERNAL; status++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        dpone_error_set(&error, status, "x");
        assert_int_equal(error.retryable,
                         status == DPONE_THROTTLED || status == DPONE_UNAVAILABLE || status == DPONE_TIMEOUT);
    }
}

static void error_set_retry__keeps_the_wait(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_error_set_retry(&error, DPONE_THROTTLED, 1500, "429 after %d pages", 7);
    assert_error(error, DPONE_THROTTLED, "429 after 7 pages");
    assert_int_equal(error.retry_after_ms, 1500);
    assert_int_equal(error.retryable, 1);
}

static void error_set__makes_one_line_of_any_text(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_error_set(&error, DPONE_IO, "%s",
                    "a\nb\tc\x7F"
                    "d\xC2\x85"
                    "e\xFF"
                    "f\xE2\x82"
                    "g \xE2\x82\xAC");
    assert_error(error, DPONE_IO, "a b c d  e?f??g \xE2\x82\xAC");
}

static void error_set__ends_without_blanks(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_error_set(&error, DPONE_IO, "server closed the connection\n\tunexpectedly \n");
    assert_error(error, DPONE_IO, "server closed the connection  unexpectedly");
    dpone_error_set(&error, DPONE_IO, " \n");
    assert_error(error, DPONE_IO, "");
}

static void error_set__cuts_at_a_character(void **state) {
    (void)state;
    char text[DPONE_ERROR_MESSAGE_BYTES + 1];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memcpy(text + 1021, "\xE2\x82\xAC", 3);
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_error_set(&error, DPONE_IO, "%s", text);
    assert_int_equal(strlen(error.message), 1021);
    assert_memory_equal(error.message, text, 1021);
}

static void error_set__keeps_a_character_that_just_fits(void **state) {
    (void)state;
    char text[DPONE_ERROR_MESSAGE_BYTES + 16];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memcpy(text + 1020, "\xE2\x82\xAC", 3);
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_error_set(&error, DPONE_IO, "%s", text);
    assert_int_equal(strlen(error.message), 1023);
}

static void error_set__may_quote_its_own_message(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_error_set(&error, DPONE_IO, "inner");
    dpone_error_set(&error, DPONE_UNAVAILABLE, "outer: %s", error.message);
    assert_error(error, DPONE_UNAVAILABLE, "outer: inner");
}

static void error_set__respects_a_shorter_record(void **state) {
    (void)state;
    size_t size = offsetof(struct dpone_error, message) + 8;
    struct dpone_error *error = support_guarded(size);
    error->struct_size = (uint32_t)size;
    dpone_error_set(error, DPONE_IO, "0123456789");
    assert_string_equal(error->message, "0123456");
    dpone_error_prepend(error, "ab");
    assert_string_equal(error->message, "ab: 012");
    dpone_error_clear(error);
    assert_string_equal(error->message, "");
    support_guarded_free(error, size);
}

static void error_set__leaves_a_record_without_room_alone(void **state) {
    (void)state;
    size_t size = 2 * sizeof(uint32_t);
    struct dpone_error *error = support_guarded(size);
    error->struct_size = (uint32_t)size;
    assert_int_equal(dpone_error_set(error, DPONE_IO, "x"), DPONE_IO);
    dpone_error_prepend(error, "x");
    dpone_error_clear(error);
    support_guarded_free(error, size);
}

static void error_prepend__puts_the_context_first(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_error_set(&error, DPONE_TIMEOUT, "no answer");
    dpone_error_prepend(&error, "page %d", 2);
    assert_error(error, DPONE_TIMEOUT, "page 2: no answer");
}

static void error_clear__empties_the_record(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_error_set_retry(&error, DPONE_TIMEOUT, 9, "no answer");
    dpone_error_clear(&error);
    assert_error(error, DPONE_OK, "");
    assert_int_equal(error.retryable, 0);
    assert_int_equal(error.retry_after_ms, -1);
}

static void status_name__knows_every_status(void **state) {
    (void)state;
    assert_string_equal(dpone_status_name(DPONE_OK), "OK");
    assert_string_equal(dpone_status_name(DPONE_INVALID_ARGUMENT), "INVALID_ARGUMENT");
    assert_string_equal(dpone_status_name(DPONE_INTERNAL), "INTERNAL");
    for (int32_t status = DPONE_OK; status <= DPONE_INTERNAL; status++)
        assert_string_not_equal(dpone_status_name(status), "UNKNOWN");
    assert_string_equal(dpone_status_name(DPONE_INTERNAL + 1), "UNKNOWN");
    assert_string_equal(dpone_status_name(-1), "UNKNOWN");
}

static void string__compares_bytes(void **state) {
    (void)state;
    struct dpone_string null = {NULL, 0};
    assert_true(dpone_string_equal(dpone_string_of(NULL), null));
    assert_true(dpone_string_equal(dpone_string_of(""), null));
    assert_true(dpone_string_equal(dpone_string_of("ab"), dpone_string_of("ab")));
    assert_false(dpone_string_equal(dpone_string_of("ab"), dpone_string_of("ac")));
    assert_false(dpone_string_equal(dpone_string_of("ab"), dpone_string_of("a")));
}

static void buffer__copies_and_clears(void **state) {
    (void)state;
    struct dpone_buffer buffer = DPONE_BUFFER_INIT;
    dpone_buffer_clear(&buffer);
    assert_int_equal(dpone_buffer_copy(&buffer, "a\0b", 3), DPONE_OK);
    assert_int_equal(dpone_buffer_view(&buffer).size, 3);
    assert_memory_equal(dpone_buffer_view(&buffer).data, "a\0b", 3);
    dpone_buffer_clear(&buffer);
    assert_null(buffer.release);
    assert_null(buffer.data);
    assert_int_equal(buffer.struct_size, sizeof(buffer));
    assert_int_equal(dpone_buffer_copy(&buffer, NULL, 0), DPONE_OK);
    assert_non_null(buffer.release);
    dpone_buffer_clear(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_set__fills_the_record_and_returns_the_status),
        cmocka_unit_test(error_set__accepts_null),
        cmocka_unit_test(error_set__marks_what_may_pass_as_retryable),
        cmocka_unit_test(error_set_retry__keeps_the_wait),
        cmocka_unit_test(error_set__makes_one_line_of_any_text),
        cmocka_unit_test(error_set__ends_without_blanks),
        cmocka_unit_test(error_set__cuts_at_a_character),
        cmocka_unit_test(error_set__keeps_a_character_that_just_fits),
        cmocka_unit_test(error_set__may_quote_its_own_message),
        cmocka_unit_test(error_set__respects_a_shorter_record),
        cmocka_unit_test(error_set__leaves_a_record_without_room_alone),
        cmocka_unit_test(error_prepend__puts_the_context_first),
        cmocka_unit_test(error_clear__empties_the_record),
        cmocka_unit_test(status_name__knows_every_status),
        cmocka_unit_test(string__compares_bytes),
        cmocka_unit_test(buffer__copies_and_clears),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
