/* generator/text.h: bytes that grow, and files that cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "generator/text.h"
#include "scratch.h"

static void text_append__keeps_bytes_and_a_terminator(void **state) {
    struct dpone_text text = {0};
    (void)state;
    assert_int_equal(dpone_text_append(&text, NULL, 0), DPONE_OK);
    assert_string_equal(text.data, "");
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(dpone_text_append(&text, "a\0b", 3), DPONE_OK);
        assert_int_equal(dpone_text_append_format(&text, "%03d", i), DPONE_OK);
    }
    assert_int_equal(text.size, 6000);
    assert_memory_equal(text.data + 5994, "a\0b999", 7);
    assert_int_equal(dpone_text_append(&text, "", SIZE_MAX / 2), DPONE_OUT_OF_MEMORY);
    assert_int_equal(text.size, 6000);
    dpone_text_clear(&text);
    assert_null(text.data);
}

static void text_file__is_read_whole_or_refused(void **state) {
    char path[2 * SCRATCH_BYTES], expected[3 * SCRATCH_BYTES];
    struct dpone_text text = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    scratch_write(&scratch, "file", "0123456789");
    (void)scratch_path(path, &scratch, "file");
    assert_int_equal(dpone_text_append_file(&text, path, 10, &error), DPONE_OK);
    assert_string_equal(text.data, "0123456789");
    assert_int_equal(dpone_text_append_file(&text, path, 9, &error), DPONE_RESOURCE_EXHAUSTED);
    (void)snprintf(expected, sizeof(expected), "%s: is larger than the 9 bytes allowed", path);
    assert_string_equal(error.message, expected);
    assert_int_equal(dpone_text_append_file(&text, scratch.path, 9, &error), DPONE_IO);
    (void)snprintf(expected, sizeof(expected), "%s: cannot be read: it is not a regular file", scratch.path);
    assert_string_equal(error.message, expected);
    assert_int_equal(dpone_text_append_file(&text, "/nowhere/x", 9, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "/nowhere/x: cannot be read: No such file or directory");
    dpone_text_clear(&text);
    scratch_remove(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_append__keeps_bytes_and_a_terminator),
        cmocka_unit_test(text_file__is_read_whole_or_refused),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
