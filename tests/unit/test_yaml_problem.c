/* What cannot be read as YAML: each message of libyaml in our words, at the place where a reader would look.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "manifest/tree.h"

static void assert_refused(const char *text, const char *message) {
    struct dpone_tree *tree = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_tree_read_memory(&tree, "m.yaml", text, strlen(text), NULL, &error);
    assert_string_equal(error.message, message);
    assert_int_equal(status, DPONE_INVALID_ARGUMENT);
    assert_null(tree);
}

static const struct {
    const char *text;
    const char *message;
} cases[] = {
    {"a: \x7F\n", "m.yaml:1:4: error: "
                  "control character or noncharacter; remove it, or write it as an escape in double quotes"},
    {"a: \xEF\xBF\xBF\n",
     "m.yaml:1:4: error: "
     "control character or noncharacter; remove it, or write it as an escape in double quotes"},
    {"a:\n\tb: 1\n", "m.yaml:2:1: error: "
                     "tab in the indentation; use spaces"},
    {"a: 1\n\tb: 2\n", "m.yaml:2:1: error: "
                       "tab in the indentation; use spaces"},
    {"a: b: c\n", "m.yaml:1:5: error: "
                  "`:` where no key can stand; quote a value that contains `: `, or correct the indentation"},
    {"a: 1\n  b: 2\n",
     "m.yaml:2:4: error: "
     "`:` where no key can stand; quote a value that contains `: `, or correct the indentation"},
    {"a: ? b\n", "m.yaml:1:4: error: "
                 "`? ` where no key can stand; put a value that begins with it in quotes"},
    {"a: 1\nb\nc: 2\n", "m.yaml:2:1: error: "
                        "a key without its `: `; add it, or correct the indentation"},
    {"a:\n  b:1\n  c: 2\n", "m.yaml:2:3: error: "
                            "a key without its `: `; add it, or correct the indentation"},
    {"a:\n  b: 1\n c: 2\n", "m.yaml:3:2: error: "
                            "a key was expected here; correct the indentation, or quote the value before"},
    {"a: [b]]\n", "m.yaml:1:7: error: "
                  "`]` without its `[`; remove it, or put the text in quotes"},
    {"a: {b: 1}}\n", "m.yaml:1:10: error: "
                     "`}` without its `{`; remove it, or put the text in quotes"},
    {"- a\nb: 1\n", "m.yaml:2:1: error: "
                    "`- ` or the end of the list was expected here; correct the indentation"},
    {"a: - b\n", "m.yaml:1:4: error: "
                 "`- ` cannot stand here; start the list on a line of its own"},
    {"a: [1 \"2\"]\nb: [1, 2}\n", "m.yaml:2:9: error: "
                                  "`,` or `]` was expected here; close the `[` or separate its items"},
    {"a: [\n  1\n  b: 2\n]\n", "m.yaml:3:4: error: "
                               "`,` or `]` was expected here; close the `[` or separate its items"},
    {"a: {b: 1 c: 2}\n", "m.yaml:1:11: error: "
                         "`,` or `}` was expected here; close the `{` or separate its entries"},
    {"a: [1, 2\nb: 3\n", "m.yaml:1:4: error: "
                         "the `[` that starts here has no end; add the closing `]`"},
    {"a: {b: 1\n", "m.yaml:1:4: error: "
                   "the `{` that starts here has no end; add the closing `}`"},
    {"a: [1,, 2]\n",
     "m.yaml:1:7: error: "
     "a value was expected here; add one, or put text that begins with this character in quotes"},
    {"a: \"x\nb: 1\n", "m.yaml:1:4: error: "
                       "the quoted text that starts here has no end; add the closing quote"},
    {"a: 'x\n---\n", "m.yaml:1:4: error: "
                     "the quoted text that starts here runs into a document marker; add the closing quote"},
    {"a: \"b\\q\"\n", "m.yaml:1:6: error: "
                      "unknown escape in double quotes; write `\\\\` for a backslash, or use single quotes"},
    {"a: \"b\\x4g\"\n",
     "m.yaml:1:6: error: "
     "bad escape in double quotes; \\x takes 2 hexadecimal digits, \\u 4 and \\U 8, of a character"},
    {"a: \"b\\ud800\"\n",
     "m.yaml:1:6: error: "
     "bad escape in double quotes; \\x takes 2 hexadecimal digits, \\u 4 and \\U 8, of a character"},
    {"a: |0\n  b\n", "m.yaml:1:5: error: "
                     "an indentation indicator counts from 1 to 9; correct it, or leave it out"},
    {"a: | b\n", "m.yaml:1:6: error: "
                 "the line must end here; start the text on the next line"},
    {"a: @b\n", "m.yaml:1:4: error: "
                "this character cannot start a value; put the value in quotes"},
    {"a: *.csv\n", "m.yaml:1:4: error: "
                   "an alias or anchor needs a name of letters, digits, `-` and `_`; put text that "
                   "begins with `*` or `&` in quotes"},
    {"a: & b\n", "m.yaml:1:4: error: "
                 "an alias or anchor needs a name of letters, digits, `-` and `_`; put text that begins "
                 "with `*` or `&` in quotes"},
    {"%YAML 1.2\na: 1\n", "m.yaml:2:1: error: "
                          "the document ended before this; correct the indentation"},
    {"a: !e!f 1\n", "m.yaml:1:4: error: "
                    "a tag whose beginning no %TAG line explains; a manifest is plain YAML, remove the tag"},
    {"%TAG !e! tag:e.org:\n%TAG !e! tag:e.org:\n---\na: 1\n",
     "m.yaml:2:1: error: "
     "a second %TAG line for one beginning; remove it"},
    {"%YAML 1.2\n%YAML 1.2\n---\na: 1\n", "m.yaml:2:1: error: "
                                          "a second %YAML line; remove it"},
    {"%YAML 2.0\n---\na: 1\n", "m.yaml:1:1: error: "
                               "dpone reads YAML 1.1 and 1.2; write %YAML 1.2, or remove the line"},
    {"%YAML x\n---\na: 1\n", "m.yaml:1:1: error: "
                             "dpone reads YAML 1.1 and 1.2; write %YAML 1.2, or remove the line"},
    {"%YAML 1\n---\na: 1\n", "m.yaml:1:1: error: "
                             "dpone reads YAML 1.1 and 1.2; write %YAML 1.2, or remove the line"},
    {"%YAML 1.1234567890\n---\na: 1\n", "m.yaml:1:1: error: "
                                        "dpone reads YAML 1.1 and 1.2; write %YAML 1.2, or remove the line"},
    {"%FOO 1\n---\na: 1\n", "m.yaml:1:1: error: "
                            "a directive that YAML does not have; remove the line"},
    {"% 1\n---\na: 1\n", "m.yaml:1:1: error: "
                         "a directive that YAML does not have; remove the line"},
    {"%F!O\n---\na: 1\n", "m.yaml:1:1: error: "
                          "a directive that YAML does not have; remove the line"},
    {"a: !<x 1\n", "m.yaml:1:4: error: "
                   "a tag that is malformed; a manifest is plain YAML, remove the tag"},
    {"a: !%zz 1\n", "m.yaml:1:4: error: "
                    "a tag that is malformed; a manifest is plain YAML, remove the tag"},
    {"a: !%ff 1\n", "m.yaml:1:4: error: "
                    "a tag that is malformed; a manifest is plain YAML, remove the tag"},
    {"a:\n  b: 1\n  c:2\n  d: 3\n", "m.yaml:3:3: error: "
                                    "a key without its `: `; add it, or correct the indentation"},
};

static void yaml_problem__each_is_said_where_it_is(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i].text, cases[i].message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_problem__each_is_said_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
