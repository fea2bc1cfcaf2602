/* Jobs in processes of their own: what they start from, what they answer, and how they end. */
#define _GNU_SOURCE
#include "certification/fresh.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int calls; /* what a connector would remember of earlier calls */

/* "n" answers the calls that this process remembers, then counts one; "k" is killed, "x" leaves, "e" fails;
 * anything else is answered as it came. */
static int32_t job(void *context, struct dpone_bytes question, FILE *answer, struct dpone_error *error) {
    (void)context;
    switch (question.size == 0 ? 0 : question.data[0]) {
    case 'n':
        (void)fprintf(answer, "%d", calls++);
        return DPONE_OK;
    case 'k':
        (void)raise(SIGKILL);
        return DPONE_OK;
    case 'x':
        _exit(3);
    case 'e':
        return dpone_error_set(error, DPONE_NOT_FOUND, "nothing there");
    default:
        (void)fwrite(question.data, 1, question.size, answer);
        return DPONE_OK;
    }
}

static int open_fresh(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    return dpone_fresh_start((struct dpone_fresh **)state, NULL, &error) == DPONE_OK ? 0 : -1;
}

static int close_fresh(void **state) {
    dpone_fresh_stop(*state);
    return 0;
}

static struct dpone_fresh_end ask(void **state, const void *question, size_t size) {
    struct dpone_fresh_end end;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_fresh_ask(*state, job, (struct dpone_bytes){question, size}, &end, &error),
                     DPONE_OK);
    return end;
}

static void fresh_ask__remembers_no_call(void **state) {
    calls = 7; /* in this process alone */
    for (int i = 0; i < 2; i++) {
        struct dpone_fresh_end end = ask(state, "n", 1);
        assert_int_equal(end.status, DPONE_OK);
        assert_int_equal(end.answer.size, 1);
        assert_int_equal(end.answer.data[0], '0');
        dpone_fresh_end_clear(&end);
    }
    calls = 0;
}

static void fresh_ask__carries_any_bytes(void **state) {
    size_t size = (size_t)3 << 20;
    uint8_t *bytes = calloc(size, 1);
    assert_non_null(bytes);
    bytes[1] = 0xff;
    bytes[size - 1] = 1;
    struct dpone_fresh_end end = ask(state, bytes, size);
    assert_int_equal(end.answer.size, size);
    assert_memory_equal(end.answer.data, bytes, size);
    dpone_fresh_end_clear(&end);
    end = ask(state, NULL, 0);
    assert_int_equal(end.answer.size, 0);
    dpone_fresh_end_clear(&end);
    free(bytes);
}

static void fresh_ask__says_how_a_job_ended(void **state) {
    struct dpone_fresh_end end = ask(state, "e", 1);
    assert_int_equal(end.status, DPONE_NOT_FOUND);
    assert_string_equal(end.error.message, "nothing there");
    dpone_fresh_end_clear(&end);
    end = ask(state, "k", 1);
    assert_int_equal(end.status, DPONE_INTERNAL);
    assert_int_equal(end.signal, SIGKILL);
    assert_string_equal(end.error.message, "its process ended by signal 9");
    dpone_fresh_end_clear(&end);
    end = ask(state, "x", 1);
    assert_int_equal(end.signal, 0);
    assert_int_equal(strncmp(end.error.message, "its process ended by exit status ", 33),
                     0); /* valgrind's own */
    dpone_fresh_end_clear(&end);
    end = ask(state, "n", 1); /* and the next one runs */
    assert_int_equal(end.status, DPONE_OK);
    dpone_fresh_end_clear(&end);
}

static void fresh_begin__two_at_once(void **state) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_fresh *other = NULL;
    struct dpone_fresh_end ends[2];
    assert_int_equal(dpone_fresh_start(&other, NULL, &error), DPONE_OK);
    const struct dpone_bytes questions[2] = {{(const uint8_t *)"one", 3}, {(const uint8_t *)"two", 3}};
    assert_int_equal(dpone_fresh_begin(*state, job, questions[0], &error), DPONE_OK);
    assert_int_equal(dpone_fresh_begin(other, job, questions[1], &error), DPONE_OK);
    assert_int_equal(dpone_fresh_await(other, &ends[1], &error), DPONE_OK);
    assert_int_equal(dpone_fresh_await(*state, &ends[0], &error), DPONE_OK);
    for (int i = 0; i < 2; i++) {
        assert_memory_equal(ends[i].answer.data, questions[i].data, 3);
        dpone_fresh_end_clear(&ends[i]);
    }
    dpone_fresh_stop(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fresh_ask__remembers_no_call, open_fresh, close_fresh),
        cmocka_unit_test_setup_teardown(fresh_ask__carries_any_bytes, open_fresh, close_fresh),
        cmocka_unit_test_setup_teardown(fresh_ask__says_how_a_job_ended, open_fresh, close_fresh),
        cmocka_unit_test_setup_teardown(fresh_begin__two_at_once, open_fresh, close_fresh)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
