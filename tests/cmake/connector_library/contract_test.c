#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hand_made.h"

static void hand_made__answers(void **state) {
    (void)state;
    assert_int_equal(not_exported(), ANSWER);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(hand_made__answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
