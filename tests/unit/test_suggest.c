/* manifest/suggest.h: which word is near enough to be meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/suggest.h"

static const char *nearest(const char *word, const char *const *candidates) {
    static char text[128];
    struct dpone_suggestion suggestion = {.word = dpone_string_of(word)};
    for (; *candidates != NULL; candidates++) {
        dpone_suggestion_consider(&suggestion, dpone_string_of(*candidates));
    }
    return dpone_suggestion_text(&suggestion, text, sizeof(text));
}

static void suggest_word__offers_the_nearest(void **state) {
    static const char *const options[] = {"--root", "--format", "--dry-run", NULL};
    (void)state;
    assert_string_equal(nearest("--rot", options), "; did you mean --root?");
    assert_string_equal(nearest("--fromat", options), "; did you mean --format?");
    assert_string_equal(nearest("--dryrun", options), "; did you mean --dry-run?");
}

static void suggest_word__stays_silent_when_nothing_is_near(void **state) {
    static const char *const words[] = {"source", "sink", "state", NULL};
    (void)state;
    assert_string_equal(nearest("reader", words), "");
    assert_string_equal(nearest("", words), "");
}

static void suggest_word__takes_the_first_of_equals(void **state) {
    static const char *const words[] = {"beta", "bets", NULL};
    (void)state;
    assert_string_equal(nearest("betx", words), "; did you mean beta?");
}

static void suggest_word__counts_a_swap_as_one_change(void **state) {
    static const char *const words[] = {"api", NULL};
    (void)state;
    assert_string_equal(nearest("pai", words), "; did you mean api?");
}

static void suggest_word__ignores_words_beyond_its_limit(void **state) {
    char word[80];
    const char *const words[] = {word, NULL};
    (void)state;
    memset(word, 'a', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_string_equal(nearest(word + 1, words), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggest_word__offers_the_nearest),
        cmocka_unit_test(suggest_word__stays_silent_when_nothing_is_near),
        cmocka_unit_test(suggest_word__takes_the_first_of_equals),
        cmocka_unit_test(suggest_word__counts_a_swap_as_one_change),
        cmocka_unit_test(suggest_word__ignores_words_beyond_its_limit),
    };
    return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
