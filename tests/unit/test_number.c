/* Exact decimal numbers: comparing, integrality, divisibility, hashing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "manifest/number.h"

static int compare(const char *left, const char *right) {
    struct dpone_number a;
    struct dpone_number b;
    dpone_number_read(&a, dpone_string_of(left));
    dpone_number_read(&b, dpone_string_of(right));
    return dpone_number_compare(&a, &b);
}

static int is_multiple(const char *number, const char *divisor) {
    struct dpone_number a;
    struct dpone_number b;
    dpone_number_read(&a, dpone_string_of(number));
    dpone_number_read(&b, dpone_string_of(divisor));
    return dpone_number_is_multiple(&a, &b);
}

static void number_compare__is_exact(void **state) {
    (void)state;
    static const struct {
        const char *left;
        const char *right;
        int order;
    } cases[] = {{"1", "1.0", 0},
                 {"1e3", "1000", 0},
                 {"0", "-0.0", 0},
                 {"0.000", "0e9", 0},
                 {"100", "1e2", 0},
                 {"0.1", "0.10000000000000000001", -1},
                 {"9007199254740993", "9007199254740992", 1},
                 {"123456789012345678901234567890", "123456789012345678901234567891", -1},
                 {"-1", "1", -1},
                 {"-2", "-10", 1},
                 {"-0.5", "-0.25", -1},
                 {"1e400", "1e399", 1},
                 {"1e-400", "0", 1},
                 {".5", "0.5", 0},
                 {"+3", "3.", 0},
                 {"0x1F", "31", 0},
                 {"0o17", "15.0", 0},
                 {"0xFFFFFFFFFFFFFFFF", "18446744073709551615", 0},
                 {"1e99999999999999999999", "1e5", 1},
                 {".inf", "1e400", 1},
                 {"-.Inf", "-1e400", -1},
                 {".inf", ".INF", 0},
                 {".nan", "1", 2},
                 {"1", ".NaN", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (compare(cases[i].left, cases[i].right) != cases[i].order) {
            fail_msg("%s and %s", cases[i].left, cases[i].right);
        }
    }
}

static void number_integer__looks_at_the_value(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int is_integer;
    } cases[] = {{"1", 1},   {"1.0", 1},  {"1.5", 0},   {"1e2", 1},  {"1.25e2", 1}, {"1.25e1", 0}, {"0.0", 1},
                 {"-3.", 1}, {"1e-1", 0}, {"10e-1", 1}, {".inf", 0}, {".nan", 0},   {"1e308", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dpone_number number;
        dpone_number_read(&number, dpone_string_of(cases[i].text));
        if (dpone_number_is_integer(&number) != cases[i].is_integer) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void number_multiple__has_no_rounding(void **state) {
    (void)state;
    static const struct {
        const char *number;
        const char *divisor;
        int holds;
    } cases[] = {{"0.3", "0.1", 1},
                 {"4.35", "0.01", 1},
                 {"1.1", "0.1", 1},
                 {"1.15", "0.1", 0},
                 {"0", "7", 1},
                 {"-21", "7", 1},
                 {"22", "7", 0},
                 {"5", "10", 0},
                 {"50", "10", 1},
                 {"1e308", "0.123456789", 0},
                 {"1e308", "0.5", 1},
                 {"1e1000000000", "3", 0},
                 {"3e1000000000", "3", 1},
                 {"1e1000000000", "1024", 1},
                 {"12345678901234567890123", "3", 1},
                 {"370370367037037036703703703670", "123456789012345678901234567890", 1},
                 {"370370367037037036703703703671", "123456789012345678901234567890", 0},
                 {"246913578024691357802469135780", "1234567890123456789012345678.9", 1},
                 {"1e500", "1125899906842624000000.000000000000000000001", 0},
                 {".inf", "1", 0},
                 {".nan", "1", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (is_multiple(cases[i].number, cases[i].divisor) != cases[i].holds) {
            fail_msg("%s of %s", cases[i].number, cases[i].divisor);
        }
    }
}

static void number_hash__is_the_same_for_equal_values(void **state) {
    (void)state;
    static const char *const same[] = {"1500", "1.5e3", "1500.00", "0x5DC", "+1500", "15e2"};
    struct dpone_number number;
    dpone_number_read(&number, dpone_string_of(same[0]));
    uint64_t first = dpone_number_hash(&number);
    for (size_t i = 1; i < sizeof same / sizeof same[0]; i++) {
        dpone_number_read(&number, dpone_string_of(same[i]));
        assert_true(dpone_number_hash(&number) == first);
    }
    dpone_number_read(&number, dpone_string_of("-1500"));
    assert_true(dpone_number_hash(&number) != first);
    dpone_number_read(&number, dpone_string_of("150"));
    assert_true(dpone_number_hash(&number) != first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_compare__is_exact),
        cmocka_unit_test(number_integer__looks_at_the_value),
        cmocka_unit_test(number_multiple__has_no_rounding),
        cmocka_unit_test(number_hash__is_the_same_for_equal_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
