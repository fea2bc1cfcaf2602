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
                                         "clientSecret", "pwd",         "encryption_key", "credentials",
                                         "pass",         "ssh_key",     "bearer",         "Pass-Phrase"};
    static const char *const harmless[] = {"page_token",
                                           "unique_key",
                                           "insert_deduplication_token",
                                           "passwordless",
                                           "nextPageToken",
                                           "sharding_key",
                                           "key",
                                           "",
                                           "bypass",
                                           "public_key",
                                           "bearer_type",
                                           "passage"};
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
    static const char *const literals[] = {"hunter2", "${TOKEN:-hunter2}", "${TOKEN}hunter2", "$hunter2"};
    for (size_t i = 0; i < sizeof literals / sizeof literals[0]; i++) {
        assert_false(dpone_is_secret_reference(dpone_string_of(literals[i])));
    }
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
                                              "-----BEGIN RSA PRIVATE KEY-----",
                                              "Bearer abcdefgh12345",
                                              "Basic dXNlcjpodW50ZXIy",
                                              "oracle://shop/hunter2@db",
                                              "shop:hunter2@tcp(db:3306)/shop",
                                              "eyJhbGciOiJIUzI1NiJ9abcdefghijklmnop.eyJzdWIiOiIxIn0.sig"};
    static const char *const harmless[] = {"postgres://shop@db/shop",
                                           "postgres://shop:${PASSWORD}@db",
                                           "password=<yours>",
                                           "https://host:8080/@me",
                                           "token == 'x'",
                                           "token = :token",
                                           "XAKIAABCDEFGHIJKLMNOP",
                                           "https://user:***@host",
                                           "Bearer ${TOKEN}",
                                           "Basic authentication",
                                           "oracle://shop@db/service",
                                           "shop:${PASSWORD}@tcp(db:3306)/shop",
                                           "eyJ is how they begin"};
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
