/* Scalars that YAML 1.1, which dpone reads, and YAML 1.2 take for different things. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "manifest/diagnostics.h"

static void tree_ambiguity__gives_both_readings_and_a_spelling(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"yes", "yes is the boolean true in YAML 1.1, which dpone reads, and a string in YAML 1.2; write "
                "true or \"yes\""},
        {"Off",
         "Off is the boolean false in YAML 1.1, which dpone reads, and a string in YAML 1.2; write false or "
         "\"Off\""},
        {"014", "014 is the integer 12 in YAML 1.1, which dpone reads, and the integer 14 in YAML 1.2; write "
                "12, 14 or "
                "\"014\""},
        {"08",
         "08 is a string in YAML 1.1, which dpone reads, and the integer 8 in YAML 1.2; write 8 or \"08\""},
        {"0o14", "0o14 is a string in YAML 1.1, which dpone reads, and the integer 12 in YAML 1.2; write 12 "
                 "or \"0o14\""},
        {"0b11", "0b11 is the integer 3 in YAML 1.1, which dpone reads, and a string in YAML 1.2; write 3 or "
                 "\"0b11\""},
        {"-1_000", "-1_000 is the integer -1000 in YAML 1.1, which dpone reads, and a string in YAML 1.2; "
                   "write -1000 or "
                   "\"-1_000\""},
        {"1:40",
         "1:40 is the integer 100 in YAML 1.1, which dpone reads, and a string in YAML 1.2; write 100 or "
         "\"1:40\""},
        {"1:40.5", "1:40.5 is a base-60 float in YAML 1.1, which dpone reads, and a string in YAML 1.2; "
                   "write \"1:40.5\""},
        {"5e4",
         "5e4 is a string in YAML 1.1, which dpone reads, and a float in YAML 1.2; write 5.0e+4 or \"5e4\""},
        {"-.5E-3",
         "-.5E-3 is a string in YAML 1.1, which dpone reads, and a float in YAML 1.2; write -0.5e-3 or "
         "\"-.5E-3\""},
        {"1_0.5",
         "1_0.5 is a float in YAML 1.1, which dpone reads, and a string in YAML 1.2; write \"1_0.5\""},
        {"2026-01-01", "2026-01-01 is a date in YAML 1.1, which dpone reads, and a string in YAML 1.2; write "
                       "\"2026-01-01\""},
        {"2026-01-01 10:00:00Z",
         "2026-01-01 10:00:00Z is a date in YAML 1.1, which dpone reads, and a string in YAML "
         "1.2; write \"2026-01-01 10:00:00Z\""},
        {"=", "= is a value key in YAML 1.1, which dpone reads, and a string in YAML 1.2; write "
              "\"=\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dpone_tree *tree = NULL;
        struct dpone_diagnostics diagnostics = {.keep = 5};
        assert_int_equal(dpone_tree_collect_memory(&tree, "m.yaml", cases[i].text, strlen(cases[i].text),
                                                   NULL, &diagnostics),
                         DPONE_OK);
        assert_int_equal(diagnostics.warnings, 1);
        assert_int_equal(diagnostics.items[0].severity, DPONE_SEVERITY_WARNING);
        assert_string_equal(diagnostics.items[0].message, cases[i].message);
        dpone_tree_free(tree);
        dpone_diagnostics_clear(&diagnostics);
    }
}

static void tree_ambiguity__what_both_read_alike_is_silent(void **state) {
    (void)state;
    static const char *const texts[] = {"true", "y",       "n",        "007",      "0",     "-0",
                                        "0x1F", "1.5",     "1.0e+3",   ".5",       "5.",    ".inf",
                                        "null", "\"yes\"", "'014'",    "a:b",      "12:99", "1:60x",
                                        "0x1G", "1.2.3",   "12-01-01", "2026-1-1", "no1",   "'1_0'"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct dpone_tree *tree = NULL;
        struct dpone_diagnostics diagnostics = {.keep = 5};
        dpone_tree_collect_memory(&tree, "m.yaml", texts[i], strlen(texts[i]), NULL, &diagnostics);
        if (diagnostics.warnings != 0) {
            fail_msg("%s", diagnostics.items[0].message);
        }
        dpone_tree_free(tree);
        dpone_diagnostics_clear(&diagnostics);
    }
}

static void tree_ambiguity__strict_makes_it_an_error(void **state) {
    (void)state;
    const struct dpone_tree_limits strict = {.strict = 1};
    struct dpone_tree *tree = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_tree_read_memory(&tree, "m.yaml", "on: 1\n", 6, &strict, &error),
                     DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "m.yaml:1:1: error: on is the boolean true in YAML 1.1, which dpone reads, and a "
                        "string in YAML 1.2; write true or \"on\"");
}

static void ambiguity_paths__lead_to_values_and_keys_as_they_are_written(void **state) {
    (void)state;
    static const char text[] = "a: &x {b: yes}\nc: [1, {on: {~1/: 014}}]\nz:\n  <<: *x\n  q: 1\n  q: 1_0\n";
    static const char *const paths[] = {"/a/b", "/c/1/on", "/c/1/on/~01~1", "/z/q", "/z/q"};
    struct dpone_tree *tree = NULL;
    struct dpone_diagnostics diagnostics = {.keep = 10};
    dpone_tree_collect_memory(&tree, "m.yaml", text, sizeof text - 1, NULL, &diagnostics);
    dpone_diagnostics_sort(&diagnostics);
    assert_int_equal(diagnostics.count, sizeof paths / sizeof paths[0]);
    for (size_t i = 0; i < diagnostics.count; i++) {
        assert_string_equal(diagnostics.items[i].path, paths[i]);
    }
    dpone_diagnostics_clear(&diagnostics);
    dpone_tree_free(tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_ambiguity__gives_both_readings_and_a_spelling),
        cmocka_unit_test(tree_ambiguity__what_both_read_alike_is_silent),
        cmocka_unit_test(tree_ambiguity__strict_makes_it_an_error),
        cmocka_unit_test(ambiguity_paths__lead_to_values_and_keys_as_they_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
