/* The self-test of fixtures: it believes those that do and see everything, and none that skips one thing. */
#include "certification/fixture_self_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture_folder.h"

static int32_t self_test(const char *module, const char *options, struct dpone_error *error) {
    static int turn;
    char directory[96];
    struct dpone_fixture *fixture = NULL;
    struct dpone_dataset_spec spec = {.seed = 7};
    spec.columns = dpone_dataset_small(&spec.column_count);
    (void)snprintf(directory, sizeof(directory), "%s/%d", folder, turn++);
    struct dpone_fixture_settings settings = {
        .name = module, .directory = directory, .options = options, .seed = 7};
    if (dpone_fixture_open(&fixture, &settings, error) != DPONE_OK) {
        fail_msg("%s", error->message);
    }
    int32_t status = dpone_fixture_self_test(fixture, &spec, folder, error);
    dpone_fixture_close(fixture);
    return status;
}

static void self_test__believes_an_honest_fixture(void **state) {
    (void)state;
    static const char *const modules[] = {"sqlite", "directory", "http", DPONE_TEST_LIAR};
    for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        if (self_test(modules[i], "{}", &error) != DPONE_OK) {
            fail_msg("%s: %s", modules[i], error.message);
        }
    }
}

static void self_test__has_nothing_to_ask_of_a_source(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(self_test(DPONE_STUB_MODULE, "{}", &error), DPONE_OK);
}

static void self_test__names_the_call_that_was_skipped(void **state) {
    (void)state;
    static const struct {
        const char *options;
        const char *message;
    } lies[] = {
        {"{\"skips\": \"insert_rows\"}",
         "self-test of fixture liar: after insert_rows, row 5: expected [\"1005\","},
        {"{\"skips\": \"delete_rows\"}",
         "self-test of fixture liar: after delete_rows, row 1: expected (no such row), observed [\"1001\","},
        {"{\"skips\": \"edit_rows\"}", "self-test of fixture liar: after edit_rows, row 5 (first column "
                                       "\"1006\"), column \"amount\": expected "},
        {"{\"skips\": \"drop_target\"}",
         "self-test of fixture liar: after drop_target: expected NOT_FOUND of "
         "observe_target, observed OK"},
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        assert_int_equal(self_test(DPONE_TEST_LIAR, lies[i].options, &error), DPONE_DATA_CORRUPT);
        if (strncmp(error.message, lies[i].message, strlen(lies[i].message)) != 0) {
            fail_msg("%s", error.message);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(self_test__believes_an_honest_fixture),
        cmocka_unit_test(self_test__has_nothing_to_ask_of_a_source),
        cmocka_unit_test(self_test__names_the_call_that_was_skipped),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
