/* Patterns mean what ECMA-262 says, whatever PCRE2 would make of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "manifest/pattern.h"

static int matches(const char *pattern, const char *text) {
    struct dpone_pattern *compiled = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_pattern_compile(&compiled, dpone_string_of(pattern), &error) != DPONE_OK) {
        fail_msg("%s: %s", pattern, error.message);
    }
    struct dpone_pattern_scratch *scratch = dpone_pattern_scratch_new();
    int slow = dpone_pattern_matches(compiled, scratch, dpone_string_of(text));
    dpone_pattern_speed_up(compiled);
    assert_int_equal(dpone_pattern_matches(compiled, scratch, dpone_string_of(text)), slow);
    dpone_pattern_scratch_free(scratch);
    dpone_pattern_free(compiled);
    return slow;
}

static void pattern_match__follows_ecma_262(void **state) {
    (void)state;
    static const struct {
        const char *pattern;
        const char *text;
        int holds;
    } cases[] = {
        {"b", "abc", 1},
        {"^abc$", "abc", 1},
        {"^abc$", "abc\n", 0},
        {"^.$", "\xF0\x9F\x98\x80", 1},
        {"^.$", "\r", 0},
        {"^.$", "\xE2\x80\xA8", 0},
        {"^\\d$", "\xD9\xA3", 0},
        {"^\\w$", "\xC3\xA9", 0},
        {"^\\W$", "\xC3\xA9", 1},
        {"^\\s$", "\xC2\xA0", 1},
        {"^\\s$", "\xEF\xBB\xBF", 1},
        {"^\\S$", "\xE3\x80\x80", 0},
        {"^[\\s]$", "\xE2\x80\x83", 1},
        {"^[^\\s]$", "\xE2\x80\x83", 0},
        {"^[\\S]$", "x", 1},
        {"^[\\S]$", "\v", 0},
        {"^\\v$", "\v", 1},
        {"^\\v$", "\n", 0},
        {"^\\u00e9$", "\xC3\xA9", 1},
        {"^\\ud83d\\ude00$", "\xF0\x9F\x98\x80", 1},
        {"^\\u{1F600}$", "\xF0\x9F\x98\x80", 1},
        {"^\\x41\\cJ$", "A\n", 1},
        {"^[\\b]$", "\b", 1},
        {"^\\p{Letter}+$", "\xC3\xA9x", 1},
        {"^\\p{L}\\P{L}$", "a1", 1},
        {"^\\p{Script=Greek}$", "\xCE\xB1", 1},
        {"^\\p{digit}$", "\xD9\xA3", 1},
        {"[]", "x", 0},
        {"^[^]$", "\n", 1},
        {"^[[:alpha:]]$", "a]", 1},
        {"^[a-c[]+$", "a[c", 1},
        {"^a{,2}$", "a{,2}", 1},
        {"^a{2}$", "aa", 1},
        {"^x{$", "x{", 1},
        {"^]}$", "]}", 1},
        {"^(?:(a)|b)\\1$", "b", 1},
        {"^(?<y>\\d{4})-\\k<y>$", "2024-2024", 1},
        {"^(?!no).*(?<=s)$", "yes", 1},
        {"^(?!no).*(?<!s)$", "yes", 0},
        {"^a+?b*?c??$", "aabb", 1},
        {"^\\/\\-\\.\\$$", "/-.$", 1},
        {"^\\:\\\"$", ":\"", 1},
        {"", "", 1},
        {"\xC3\xA9+$", "\xC3\xA9\xC3\xA9", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (matches(cases[i].pattern, cases[i].text) != cases[i].holds) {
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
        }
    }
}

static void pattern_compile__refuses_what_ecma_262_does_not_have(void **state) {
    (void)state;
    static const struct {
        const char *pattern;
        const char *message;
    } cases[] = {
        {"a\\Z", "an escape that ECMA-262 does not have at character 2"},
        {"\\a", "an escape that ECMA-262 does not have at character 1"},
        {"\xC3\xA9\\Qx\\E", "an escape that ECMA-262 does not have at character 2"},
        {"[\\B]", "\\B cannot stand in a class at character 2"},
        {"a++", "nothing to repeat at character 3"},
        {"*a", "nothing to repeat at character 1"},
        {"(?:+)", "nothing to repeat at character 4"},
        {"(*FAIL)", "nothing to repeat at character 2"},
        {"(?i)a", "a group that ECMA-262 does not have at character 1"},
        {"(?>a)", "a group that ECMA-262 does not have at character 1"},
        {"[a", "a class without its ] at character 3"},
        {"a\\", "\\ at the end of the pattern at character 2"},
        {"\\u12", "\\u needs four hexadecimal digits of a character at character 1"},
        {"\\ud800", "\\u needs four hexadecimal digits of a character at character 1"},
        {"\\u{110000}", "\\u{...} is no character at character 1"},
        {"\\x1", "bad escape; ECMA-262 has \\xHH, \\cX with a letter, and \\0 at character 1"},
        {"\\01", "bad escape; ECMA-262 has \\xHH, \\cX with a letter, and \\0 at character 1"},
        {"\\p", "\\p needs the name of a property in braces at character 1"},
        {"\\k", "\\k needs the name of a group, as in \\k<name> at character 1"},
        {"(a", "missing closing parenthesis"},
        {"a)", "unmatched closing parenthesis"},
        {"\\2(a)", "reference to non-existent subpattern"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dpone_pattern *compiled = NULL;
        struct dpone_error error = DPONE_ERROR_INIT;
        assert_int_equal(dpone_pattern_compile(&compiled, dpone_string_of(cases[i].pattern), &error),
                         DPONE_INVALID_ARGUMENT);
        assert_string_equal(error.message, cases[i].message);
    }
}

static void pattern_match__gives_up_instead_of_hanging(void **state) {
    (void)state;
    assert_int_equal(matches("^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), -1);
    assert_int_equal(matches("^(a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), -1);
}

static void pattern_match__takes_long_texts(void **state) {
    (void)state;
    size_t size = 100000;
    char *text = malloc(size + 1);
    memset(text, 'a', size);
    text[size] = '\0';
    assert_int_equal(matches("^(?:a|b)*$", text), 1);
    text[size - 1] = 'c';
    assert_int_equal(matches("^[ab]*$", text), 0);
    free(text);
}

static void pattern_match__gives_up_before_it_takes_much_memory(void **state) {
    (void)state;
    size_t size = (size_t)2 << 20;
    char *text = malloc(size + 1);
    memset(text, 'a', size);
    text[size] = '\0';
    assert_int_equal(matches("^(?:a|b)*$", text), -1);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pattern_match__follows_ecma_262),
        cmocka_unit_test(pattern_compile__refuses_what_ecma_262_does_not_have),
        cmocka_unit_test(pattern_match__gives_up_instead_of_hanging),
        cmocka_unit_test(pattern_match__takes_long_texts),
        cmocka_unit_test(pattern_match__gives_up_before_it_takes_much_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
