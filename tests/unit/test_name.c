/* generator/name.h: which names are taken, which refused, and what is offered instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "generator/name.h"

static void name_check__accepts_and_normalises(void **state) {
    static const struct {
        const char *text, *name;
    } cases[] = {{"demo_api", "demo_api"},
                 {"demo-api", "demo_api"},
                 {"x2", "x2"},
                 {"a_", "a_"},
                 {"tests", "tests"},
                 {"class", "class"},
                 {"dponet", "dponet"},
                 {"a23456789_123456789_123456789_123456789_123456789_123456789_123",
                  "a23456789_123456789_123456789_123456789_123456789_123456789_123"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[DPONE_NAME_BYTES];
        struct dpone_error error = DPONE_ERROR_INIT;
        if (dpone_name_check(name, DPONE_NAME_CONNECTOR, cases[i].text, &error) != DPONE_OK) {
            fail_msg("%s", error.message);
        }
        assert_string_equal(name, cases[i].name);
    }
}

static void name_check__refuses_with_a_reason_and_an_alternative(void **state) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "the connector name '' is empty; use 'my_connector' for example"},
        {"../x", "the connector name '../x' is a path, not a name; use 'x_connector' for example"},
        {"/abs", "the connector name '/abs' is a path, not a name; use 'abs' for example"},
        {".", "the connector name '.' is a path, not a name; use 'my_connector' for example"},
        {"..", "the connector name '..' is a path, not a name; use 'my_connector' for example"},
        {"a\nb", "the connector name 'a b' has characters other than a to z, 0 to 9, '_' and '-'; use 'a_b' "
                 "for example"},
        {"caf\xC3\xA9",
         "the connector name 'caf\xC3\xA9' has characters other than a to z, 0 to 9, '_' and '-'; use "
         "'cafe' for example"},
        {"cafe\xCC\x81",
         "the connector name 'cafe\xCC\x81' has characters other than a to z, 0 to 9, '_' and '-'; use "
         "'cafe' for example"},
        {"\xE6\x97\xA5",
         "the connector name '\xE6\x97\xA5' has characters other than a to z, 0 to 9, '_' and '-'; use "
         "'my_connector' for "
         "example"},
        {"Demo", "the connector name 'Demo' has characters other than a to z, 0 to 9, '_' and '-'; use "
                 "'demo' for example"},
        {"demo api",
         "the connector name 'demo api' has characters other than a to z, 0 to 9, '_' and '-'; use "
         "'demo_api' for example"},
        {"2api", "the connector name '2api' does not begin with a letter; use 'connector_2api' for example"},
        {"_api", "the connector name '_api' does not begin with a letter; use 'api' for example"},
        {"-api", "the connector name '-api' does not begin with a letter; use 'api' for example"},
        {"x", "the connector name 'x' is shorter than 2 characters; use 'x_connector' for example"},
        {"a23456789_123456789_123456789_123456789_123456789_123456789_1234",
         "the connector name 'a23456789_123456789_123456789_123456789_123456789_123456789_1234' is longer "
         "than 63 "
         "characters; "
         "use 'a23456789_123456789_123456789_123456789_123456789_123456789_123' for example"},
        {"int", "the connector name 'int' is a keyword of C; use 'int_connector' for example"},
        {"_Bool", "the connector name '_Bool' is a keyword of C; use 'bool_connector' for example"},
        {"main",
         "the connector name 'main' is a name that C keeps for itself; use 'main_connector' for example"},
        {"errno",
         "the connector name 'errno' is a name that C keeps for itself; use 'errno_connector' for example"},
        {"null", "the connector name 'null' is a word of YAML, not a text; use 'null_connector' for example"},
        {"package-source", "the connector name 'package-source' is a target name that CMake reserves; use "
                           "'package_source_connector' for example"},
        {"ALL_BUILD", "the connector name 'ALL_BUILD' is a target name that CMake reserves; use "
                      "'all_build_connector' for example"},
        {"dpone",
         "the connector name 'dpone' begins as the SDK's own symbols do; use 'my_dpone' for example"},
        {"dpone-text", "the connector name 'dpone-text' begins as the SDK's own symbols do; use "
                       "'my_dpone_text' for example"},
        {"com1", "the connector name 'com1' is a device name on Windows; use 'com1_connector' for example"},
        {"string", "the connector name 'string' is a header of the C library, which a file of that name "
                   "would hide; use "
                   "'string_connector' for example"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[DPONE_NAME_BYTES];
        struct dpone_error error = DPONE_ERROR_INIT;
        assert_int_equal(dpone_name_check(name, DPONE_NAME_CONNECTOR, cases[i].text, &error),
                         DPONE_INVALID_ARGUMENT);
        assert_string_equal(error.message, cases[i].message);
    }
}

static void name_check__refuses_all_that_is_reserved(void **state) {
    static const char *const words[] = {
        "all",     "test",       "install",       "clean",        "package",       "package_source",
        "help",    "edit_cache", "rebuild_cache", "preinstall",   "ALL_BUILD",     "INSTALL",
        "PACKAGE", "RUN_TESTS",  "ZERO_CHECK",    "Experimental", "Nightly",       "Continuous",
        "con",     "prn",        "aux",           "nul",          "COM9",          "lpt1",
        "auto",    "while",      "_Atomic",       "restrict",     "_Thread_local", "inline",
        "stdio",   "time",       "assert",        "signal",       "pthread",       "unistd"};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char name[DPONE_NAME_BYTES];
        assert_int_equal(dpone_name_check(name, DPONE_NAME_CONNECTOR, words[i], NULL),
                         DPONE_INVALID_ARGUMENT);
    }
}

static void name_check__takes_a_prefix_that_begins_as_the_sdk(void **state) {
    static const char *const prefixes[] = {"dpone", "dpone_connector", "dpone_acme"};
    char name[DPONE_NAME_BYTES];
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        assert_int_equal(dpone_name_check(name, DPONE_NAME_PREFIX, prefixes[i], NULL), DPONE_OK);
    }
    assert_int_equal(dpone_name_check(name, DPONE_NAME_PREFIX, "int", &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "the package prefix 'int' is a keyword of C; use 'int_connector' for example");
}

/* Any bytes at all: what is offered must itself be accepted. */
static void name_suggest__is_always_accepted(void **state) {
    uint32_t random = 1;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[100], suggestion[DPONE_NAME_BYTES], name[DPONE_NAME_BYTES];
        size_t size = (size_t)round % sizeof(text);
        for (size_t i = 0; i < size; i++) {
            random = random * 1664525u + 1013904223u;
            unsigned roll = random >> 16;
            text[i] = "a_-9A. \xC3\xA9/"[roll % 10];
            if (round % 2 == 1) {
                text[i] = (char)(roll % 255 + 1);
            }
        }
        text[size] = '\0';
        if (round % 16 == 0 && size > 5) {
            memcpy(text, "dpone", 5);
        }
        dpone_name_suggest(suggestion, text);
        assert_int_equal(dpone_name_check(name, DPONE_NAME_CONNECTOR, suggestion, NULL), DPONE_OK);
        assert_string_equal(name, suggestion);
    }
}

static void name_hides_header__for_files_of_the_c_library(void **state) {
    static const char *const hiding[] = {"string.h",    "errno.h",     "float.h",         "Time.H",
                                         "stdio_ext.h", "src/stdio.h", "src/sys/types.h", "net/x.h"};
    static const char *const harmless[] = {"string.c", "client.h", "my_string.h", "string",      ".h",
                                           "h",        "",         "string/a.h",  "sys/types.c", "string.h/a",
                                           "sys/a/b.h"};
    (void)state;
    for (size_t i = 0; i < sizeof(hiding) / sizeof(hiding[0]); i++) {
        assert_true(dpone_name_hides_header(hiding[i]));
    }
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
        assert_false(dpone_name_hides_header(harmless[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_check__accepts_and_normalises),
        cmocka_unit_test(name_check__refuses_with_a_reason_and_an_alternative),
        cmocka_unit_test(name_check__refuses_all_that_is_reserved),
        cmocka_unit_test(name_check__takes_a_prefix_that_begins_as_the_sdk),
        cmocka_unit_test(name_suggest__is_always_accepted),
        cmocka_unit_test(name_hides_header__for_files_of_the_c_library),
    };
    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
