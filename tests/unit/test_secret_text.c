/* What looks like a secret, and what only looks a little like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manifest/secret_text.h"

static void secret_names__end_with_a_word_for_secrets(void **state) {
    (void)state;
    static const char *const secret[] = {"password",     "db_password", "accessToken",    "API-KEY",
                                         "clientSecret", "pwd",         "encryption_key", "credentials"};
    static const char *const harmless[] = {"page_token",
                                           "unique_key",
                                           "insert_deduplication_token",
                                           "passwordless",
                                           "nextPageToken",
                                           "sharding_key",
                                           "key",
                                           ""};
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
        assert_true(dpone_is_secret_name(dpone_string_of(secret[i])));
        assert_false(dpone_is_secret_name(dpone_string_of(harmless[i])));
    }
}

static void secret_values__that_only_name_a_secret_are_references(void **state) {
    (void)state;
    static const char *const references[] = {"env:TOKEN", "file:/run/token", "vault:a/b", "airflow:c",
                                             "${TOKEN}",  "{{ token }}",     "<token>"};
    for (size_t i = 0; i < sizeof references / sizeof references[0]; i++) {
        assert_true(dpone_is_secret_reference(dpone_string_of(references[i])));
    }
    assert_false(dpone_is_secret_reference(dpone_string_of("hunter2")));
}

static void secret_values__with_credentials_are_found_in_any_text(void **state) {
    (void)state;
    static const char *const credentials[] = {"postgres://shop:hunter2@db/shop",
                                              "see https://me:hunter2@host now",
                                              "host=db password=hunter2",
                                              "Server=db;Pwd=hunter2",
                                              "https://host/?api_key=abc",
                                              "AKIAABCDEFGHIJKLMNOP",
                                              "Bearer ghp_abcdefghijabcdefghijabcdefghij1234",
                                              "-----BEGIN RSA PRIVATE KEY-----"};
    static const char *const harmless[] = {"postgres://shop@db/shop",
                                           "postgres://shop:${PASSWORD}@db",
                                           "password=<yours>",
                                           "https://host:8080/@me",
                                           "token == 'x'",
                                           "token = :token",
                                           "XAKIAABCDEFGHIJKLMNOP",
                                           "https://user:***@host"};
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        assert_true(dpone_holds_credentials(dpone_string_of(credentials[i])));
        assert_false(dpone_holds_credentials(dpone_string_of(harmless[i])));
    }
    assert_string_equal(dpone_find_known_key(dpone_string_of("key AKIAABCDEFGHIJKLMNOP")), "AKIA");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_names__end_with_a_word_for_secrets),
        cmocka_unit_test(secret_values__that_only_name_a_secret_are_references),
        cmocka_unit_test(secret_values__with_credentials_are_found_in_any_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
