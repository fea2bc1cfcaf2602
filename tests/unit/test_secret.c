/* Secrets: resolved through the host, terminated, wiped, redacted. */
#include "support.h"

#include <dpone/secret.h>

static int released;

static void host_release(struct dpone_buffer *buffer) {
    (void)buffer;
    released++;
}

/* Knows env:TOKEN; fails with words for env:GONE, without for anything else. */
static int32_t host_secret(void *context, struct dpone_string reference, struct dpone_buffer *out,
                           struct dpone_error *error) {
    (void)context;
    if (dpone_string_equal(reference, dpone_string_of("env:TOKEN"))) {
        out->data = (const uint8_t *)"hunter2-and-more";
        out->size = 7;
        out->release = host_release;
        return DPONE_OK;
    }
    if (dpone_string_equal(reference, dpone_string_of("env:GONE")))
        return dpone_error_set(error, DPONE_NOT_FOUND, "GONE is not set");
    return DPONE_INVALID_ARGUMENT;
}

static const struct dpone_host host = {.struct_size = sizeof(host), .secret = host_secret};

static void secret_resolve__copies_and_terminates(void **state) {
    (void)state;
    struct dpone_secret secret = DPONE_SECRET_INIT;
    released = 0;
    assert_int_equal(dpone_secret_resolve(&secret, &host, "env:TOKEN", NULL), DPONE_OK);
    assert_int_equal(secret.value.size, 7);
    assert_string_equal(dpone_secret_text(&secret), "hunter2");
    assert_int_equal(released, 1);
    dpone_secret_clear(&secret);
    assert_string_equal(dpone_secret_text(&secret), "");
    dpone_secret_clear(&secret);
}

static void secret_resolve__of_nothing_is_empty(void **state) {
    (void)state;
    struct dpone_secret secret = DPONE_SECRET_INIT;
    assert_int_equal(dpone_secret_resolve(&secret, &host, NULL, NULL), DPONE_OK);
    assert_int_equal(dpone_secret_resolve(&secret, &host, "", NULL), DPONE_OK);
    assert_string_equal(dpone_secret_text(&secret), "");
}

static void secret_resolve__passes_the_failure_on(void **state) {
    (void)state;
    struct dpone_secret secret = DPONE_SECRET_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_secret_resolve(&secret, &host, "env:GONE", &error), DPONE_NOT_FOUND);
    assert_error(error, DPONE_NOT_FOUND, "GONE is not set");
    assert_int_equal(dpone_secret_resolve(&secret, &host, "vault:x", &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "the secret \"vault:x\" cannot be resolved");
    assert_int_equal(dpone_secret_resolve(&secret, &host, "env:GONE", NULL), DPONE_NOT_FOUND);
}

static void secret_redact__covers_every_occurrence(void **state) {
    (void)state;
    struct dpone_secret secret = DPONE_SECRET_INIT;
    char text[] = "hunter2: login as hunter2hunter2 failed, hunter";
    assert_int_equal(dpone_secret_resolve(&secret, &host, "env:TOKEN", NULL), DPONE_OK);
    dpone_secret_redact(text, &secret);
    assert_string_equal(text, "*******: login as ************** failed, hunter");
    dpone_secret_clear(&secret);
    dpone_secret_redact(text, &secret);
    assert_string_equal(text, "*******: login as ************** failed, hunter");
}

static void wipe__zeroes(void **state) {
    (void)state;
    char text[] = "secret";
    dpone_wipe(text, 6);
    assert_memory_equal(text, "\0\0\0\0\0\0", 7);
    dpone_wipe(NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_resolve__copies_and_terminates),
        cmocka_unit_test(secret_resolve__of_nothing_is_empty),
        cmocka_unit_test(secret_resolve__passes_the_failure_on),
        cmocka_unit_test(secret_redact__covers_every_occurrence),
        cmocka_unit_test(wipe__zeroes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
