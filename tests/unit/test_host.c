/* The system host: time real and virtual, waits that end on cancellation, randomness, secrets, its folder. */
#include "support.h"

#include <stdio.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dpone/secret.h>

#include "runtime/digest.h"
#include "runtime/files.h"
#include "runtime/real_time.h"
#include "runtime/system_host.h"
#include "runtime/ulid.h"
#include "runtime/virtual_time.h"

static struct dpone_system_host *host_with(const struct dpone_system_host_options *options) {
    struct dpone_system_host *host = NULL;
    assert_int_equal(dpone_system_host_new(&host, options, NULL), DPONE_OK);
    return host;
}

static struct dpone_system_host *real_host(void) {
    struct dpone_system_host_options options = {0};
    return host_with(&options);
}

/* ---- Time */

static void host_sleep__really_waits(void **context) {
    (void)context;
    struct dpone_system_host *self = real_host();
    const struct dpone_host *host = dpone_system_host_get(self);
    int64_t started_ns = host->monotonic_ns(host->context);
    assert_int_equal(host->sleep_ms(host->context, 20), DPONE_OK);
    assert_int_equal(host->sleep_ms(host->context, -5), DPONE_OK);
    assert_true(host->monotonic_ns(host->context) - started_ns >= INT64_C(20) * 1000000);
    dpone_system_host_free(self);
}

static void host_sleep__virtual_time_is_recorded_and_passes(void **context) {
    (void)context;
    struct dpone_virtual_time *time = dpone_virtual_time_new();
    struct dpone_system_host_options options = {.time = dpone_virtual_time_functions(time)};
    struct dpone_system_host *self = host_with(&options);
    const struct dpone_host *host = dpone_system_host_get(self);
    int64_t wall_us = host->wall_clock_us(host->context);
    int64_t real_ns = dpone_real_monotonic_ns();
    assert_int_equal(host->sleep_ms(host->context, 3600000), DPONE_OK);
    assert_int_equal(host->wait(host->context, NULL, 0, 1000), DPONE_TIMEOUT);
    assert_true(host->wall_clock_us(host->context) - wall_us >= INT64_C(3601) * 1000000);
    assert_true(dpone_real_monotonic_ns() - real_ns < INT64_C(60) * 1000000000);
    assert_int_equal(dpone_virtual_time_sleep_count(time), 2);
    assert_int_equal(dpone_virtual_time_sleep_ms(time, 0), 3600000);
    assert_int_equal(dpone_virtual_time_sleep_ms(time, 1), 1000);
    assert_int_equal(dpone_virtual_time_sleep_ms(time, 2), -1);
    assert_int_equal(dpone_virtual_time_slept_ms(time), 3601000);
    dpone_system_host_free(self);
    dpone_virtual_time_free(time);
}

static void *cancel_soon(void *context) {
    struct timespec pause = {0, 20000000};
    (void)nanosleep(&pause, NULL);
    dpone_system_host_cancel(context);
    return NULL;
}

static void host_cancel__ends_waits_now_and_later(void **context) {
    (void)context;
    struct dpone_system_host *self = real_host();
    const struct dpone_host *host = dpone_system_host_get(self);
    pthread_t thread;
    assert_int_equal(host->is_cancelled(host->context), 0);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, self), 0);
    assert_int_equal(host->sleep_ms(host->context, INT64_MAX), DPONE_CANCELLED);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(host->is_cancelled(host->context), 1);
    assert_int_equal(host->sleep_ms(host->context, 0), DPONE_CANCELLED);
    struct dpone_wait_fd fd = {0, DPONE_WAIT_READABLE, 0};
    assert_int_equal(host->wait(host->context, &fd, 1, -1), DPONE_CANCELLED);
    dpone_system_host_free(self);
}

static void host_wait__tells_what_happened(void **context) {
    (void)context;
    struct dpone_system_host *self = real_host();
    const struct dpone_host *host = dpone_system_host_get(self);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct dpone_wait_fd fds[] = {{ends[0], DPONE_WAIT_READABLE, 0}, {ends[1], DPONE_WAIT_WRITABLE, 0}};
    assert_int_equal(host->wait(host->context, fds, 1, 1), DPONE_TIMEOUT);
    assert_int_equal(host->wait(host->context, fds, 2, -1), DPONE_OK);
    assert_int_equal(fds[0].happened, 0);
    assert_int_equal(fds[1].happened, DPONE_WAIT_WRITABLE);
    (void)close(ends[1]);
    assert_int_equal(host->wait(host->context, fds, 1, -1), DPONE_OK);
    assert_true((fds[0].happened & DPONE_WAIT_BROKEN) != 0);
    (void)close(ends[0]);
    dpone_system_host_free(self);
}

/* ---- Randomness */

static void host_random__seed_decides(void **context) {
    (void)context;
    uint8_t bytes[3][37];
    for (uint64_t i = 0; i < 3; i++) {
        struct dpone_system_host_options options = {.seeded = 1, .seed = i / 2};
        struct dpone_system_host *self = host_with(&options);
        const struct dpone_host *host = dpone_system_host_get(self);
        host->random(host->context, bytes[i], sizeof bytes[i]);
        dpone_system_host_free(self);
    }
    assert_memory_equal(bytes[0], bytes[1], sizeof bytes[0]);
    assert_memory_not_equal(bytes[0], bytes[2], sizeof bytes[0]);
}

/* ---- Log and folder */

static void remember_line(void *context, int32_t level, struct dpone_string message) {
    (void)snprintf(context, 64, "%d %.*s", level, (int)message.size, message.data);
}

static void host_log__reaches_the_callback(void **context) {
    (void)context;
    char line[64] = "";
    struct dpone_system_host_options options = {.log = remember_line, .log_context = line};
    struct dpone_system_host *self = host_with(&options);
    const struct dpone_host *host = dpone_system_host_get(self);
    host->log(host->context, DPONE_LOG_WARNING, dpone_string_of("slow"));
    assert_string_equal(line, "2 slow");
    dpone_system_host_free(self);
}

static void host_folder__is_private_and_goes_with_the_host(void **context) {
    (void)context;
    struct dpone_system_host *self = real_host();
    char path[512];
    char inner[600];
    struct stat found;
    const struct dpone_host *host = dpone_system_host_get(self);
    (void)snprintf(path, sizeof path, "%.*s", (int)host->temporary_directory.size,
                   host->temporary_directory.data);
    assert_int_equal(path[0], '/');
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    (void)snprintf(inner, sizeof inner, "%s/a/b", path);
    assert_int_equal(dpone_directory_make(inner, NULL), DPONE_OK);
    (void)snprintf(inner, sizeof inner, "%s/a/link", path);
    assert_int_equal(symlink("/etc", inner), 0);
    dpone_system_host_free(self);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access("/etc", F_OK), 0);
}

static void host_new__names_a_folder_that_is_not_there(void **context) {
    (void)context;
    struct dpone_system_host_options options = {.temporary_parent = "/nowhere"};
    struct dpone_system_host *self = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_system_host_new(&self, &options, &error), DPONE_NOT_FOUND);
    assert_null(self);
    assert_error(error, DPONE_NOT_FOUND,
                 "cannot use the temporary folder /nowhere: No such file or directory");
}

/* ---- Secrets */

struct vault {
    struct dpone_system_host *self;
    const struct dpone_host *host;
    char path[512];
    char reference[600];
};

static struct vault vault_with(const void *content, size_t size) {
    struct vault vault = {.self = real_host()};
    vault.host = dpone_system_host_get(vault.self);
    (void)snprintf(vault.path, sizeof vault.path, "%.*s/secret", (int)vault.host->temporary_directory.size,
                   vault.host->temporary_directory.data);
    (void)snprintf(vault.reference, sizeof vault.reference, "file:%s", vault.path);
    assert_int_equal(dpone_file_write(vault.path, content, size, NULL), DPONE_OK);
    return vault;
}

static void assert_secret(const struct vault *vault, const char *reference, const char *expected) {
    struct dpone_secret secret = DPONE_SECRET_INIT;
    assert_int_equal(dpone_secret_resolve(&secret, vault->host, reference, NULL), DPONE_OK);
    assert_string_equal(dpone_secret_text(&secret), expected);
    assert_int_equal(secret.value.size, strlen(expected));
    dpone_secret_clear(&secret);
}

static void assert_no_secret(const struct vault *vault, const char *reference, int32_t status,
                             const char *message) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_buffer value = DPONE_BUFFER_INIT;
    assert_int_equal(vault->host->secret(vault->host->context, dpone_string_of(reference), &value, &error),
                     status);
    assert_error(error, status, message);
    assert_null(value.release);
}

static void host_secret__file_without_its_last_newline(void **context) {
    (void)context;
    static const struct {
        const char *content;
        const char *expected;
    } rows[] = {{"s3cret", "s3cret"},
                {"s3cret\n", "s3cret"},
                {"s3cret\r\n", "s3cret"},
                {"two\n\n", "two\n"},
                {"", ""},
                {"\n", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vault vault = vault_with(rows[i].content, strlen(rows[i].content));
        assert_secret(&vault, vault.reference, rows[i].expected);
        dpone_system_host_free(vault.self);
    }
}

static void host_secret__environment(void **context) {
    (void)context;
    struct vault vault = vault_with("", 0);
    assert_int_equal(setenv("DPONE_TEST_SECRET", "from the environment", 1), 0);
    assert_secret(&vault, "env:DPONE_TEST_SECRET", "from the environment");
    assert_int_equal(unsetenv("DPONE_TEST_SECRET"), 0);
    assert_no_secret(
        &vault, "env:DPONE_TEST_SECRET", DPONE_NOT_FOUND,
        "secret env:DPONE_TEST_SECRET: the environment variable DPONE_TEST_SECRET is not set; export it");
    dpone_system_host_free(vault.self);
}

static void host_secret__refusals_name_the_reference_only(void **context) {
    (void)context;
    static char huge[DPONE_SECRET_MAXIMUM_BYTES + 1];
    char message[800];
    struct vault vault = vault_with("a\0b", 3);
    (void)snprintf(message, sizeof message, "secret %s holds a NUL byte; store text", vault.reference);
    assert_no_secret(&vault, vault.reference, DPONE_INVALID_ARGUMENT, message);
    memset(huge, 'x', sizeof huge);
    assert_int_equal(dpone_file_write(vault.path, huge, sizeof huge, NULL), DPONE_OK);
    (void)snprintf(message, sizeof message, "secret %s is longer than 65536 bytes; shorten it",
                   vault.reference);
    assert_no_secret(&vault, vault.reference, DPONE_INVALID_ARGUMENT, message);
    assert_no_secret(&vault, "file:/dev/null", DPONE_INVALID_ARGUMENT,
                     "secret file:/dev/null is not a regular file; name one");
    assert_no_secret(&vault, "file:/nowhere", DPONE_NOT_FOUND,
                     "cannot open secret file:/nowhere: No such file or directory");
    assert_no_secret(&vault, "hunter2", DPONE_INVALID_ARGUMENT,
                     "a secret reference is neither env:NAME nor file:PATH; write one of these");
    assert_no_secret(&vault, "env:", DPONE_INVALID_ARGUMENT,
                     "a secret reference is neither env:NAME nor file:PATH; write one of these");
    dpone_system_host_free(vault.self);
}

static void host_secret__of_the_longest_length_still_fits(void **context) {
    (void)context;
    static char longest[DPONE_SECRET_MAXIMUM_BYTES + 2];
    memset(longest, 'x', sizeof longest);
    longest[DPONE_SECRET_MAXIMUM_BYTES] = '\n';
    struct vault vault = vault_with(longest, DPONE_SECRET_MAXIMUM_BYTES + 1);
    longest[DPONE_SECRET_MAXIMUM_BYTES] = '\0';
    assert_secret(&vault, vault.reference, longest);
    dpone_system_host_free(vault.self);
}

/* ---- Digests, hexadecimal, ULIDs */

static void digest_sha256__known_answers(void **context) {
    (void)context;
    char text[DPONE_SHA256_TEXT_BYTES];
    struct vault vault = vault_with("abc", 3);
    assert_int_equal(dpone_sha256_file(text, vault.path, NULL), DPONE_OK);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(dpone_sha256_bytes(text, (struct dpone_bytes){NULL, 0}), DPONE_OK);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    dpone_system_host_free(vault.self);
}

static void digest_sha256__file_that_is_not_there(void **context) {
    (void)context;
    char text[DPONE_SHA256_TEXT_BYTES];
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_sha256_file(text, "/nowhere", &error), DPONE_NOT_FOUND);
    assert_error(error, DPONE_NOT_FOUND, "cannot open /nowhere: No such file or directory");
}

static void digest_hex__both_ways(void **context) {
    (void)context;
    struct dpone_buffer bytes = DPONE_BUFFER_INIT;
    char text[9];
    assert_int_equal(dpone_hex_read(&bytes, "00fFa10b"), DPONE_OK);
    dpone_hex_write(text, dpone_buffer_view(&bytes));
    assert_string_equal(text, "00ffa10b");
    dpone_buffer_clear(&bytes);
    assert_int_equal(dpone_hex_read(&bytes, "0"), DPONE_INVALID_ARGUMENT);
    assert_int_equal(dpone_hex_read(&bytes, "0g"), DPONE_INVALID_ARGUMENT);
}

static void ulid_write__known_answers(void **context) {
    (void)context;
    static const uint8_t zeros[DPONE_ULID_RANDOM_BYTES] = {0};
    static const uint8_t ones[DPONE_ULID_RANDOM_BYTES] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    char text[DPONE_ULID_TEXT_BYTES];
    dpone_ulid_write(text, INT64_C(1469918176385) * 1000, zeros); /* the example of the specification */
    assert_string_equal(text, "01ARYZ6S410000000000000000");
    dpone_ulid_write(text, 0, ones);
    assert_string_equal(text, "0000000000ZZZZZZZZZZZZZZZZ");
    dpone_ulid_write(text, -1, (const uint8_t[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 33});
    assert_string_equal(text, "00000000000000000000000011");
}

static void ulid_make__differ_and_are_valid(void **context) {
    (void)context;
    char first[DPONE_ULID_TEXT_BYTES];
    char second[DPONE_ULID_TEXT_BYTES];
    dpone_ulid_make(first, 1000000);
    dpone_ulid_make(second, 1000000);
    assert_true(dpone_ulid_valid(first) && dpone_ulid_valid(second));
    assert_string_not_equal(first, second);
    assert_false(dpone_ulid_valid("01ARYZ6S41"));
    assert_false(dpone_ulid_valid("81ARYZ6S410000000000000000"));
    assert_false(dpone_ulid_valid("01ARYZ6S41000000000000000I"));
}

/* ---- Files */

static void files_write__whole_or_not_at_all(void **context) {
    (void)context;
    struct vault vault = vault_with("old", 3);
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_file_write(vault.path, "new", 3, NULL), DPONE_OK);
    assert_secret(&vault, vault.reference, "new");
    assert_int_equal(dpone_file_write("/nowhere/file", "new", 3, &error), DPONE_NOT_FOUND);
    assert_error(error, DPONE_NOT_FOUND, "cannot write /nowhere/file: No such file or directory");
    char below[600];
    (void)snprintf(below, sizeof below, "%s/folder", vault.path);
    char message[800];
    (void)snprintf(message, sizeof message, "cannot make folder %s: Not a directory; choose another place",
                   below);
    assert_int_equal(dpone_directory_make(below, &error), DPONE_IO);
    (void)snprintf(message, sizeof message, "cannot make folder %s: Not a directory; choose another place",
                   vault.path);
    assert_error(error, DPONE_IO, message);
    dpone_system_host_free(vault.self);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_sleep__really_waits),
        cmocka_unit_test(host_sleep__virtual_time_is_recorded_and_passes),
        cmocka_unit_test(host_cancel__ends_waits_now_and_later),
        cmocka_unit_test(host_wait__tells_what_happened),
        cmocka_unit_test(host_random__seed_decides),
        cmocka_unit_test(host_log__reaches_the_callback),
        cmocka_unit_test(host_folder__is_private_and_goes_with_the_host),
        cmocka_unit_test(host_new__names_a_folder_that_is_not_there),
        cmocka_unit_test(host_secret__file_without_its_last_newline),
        cmocka_unit_test(host_secret__environment),
        cmocka_unit_test(host_secret__refusals_name_the_reference_only),
        cmocka_unit_test(host_secret__of_the_longest_length_still_fits),
        cmocka_unit_test(digest_sha256__known_answers),
        cmocka_unit_test(digest_sha256__file_that_is_not_there),
        cmocka_unit_test(digest_hex__both_ways),
        cmocka_unit_test(ulid_write__known_answers),
        cmocka_unit_test(ulid_make__differ_and_are_valid),
        cmocka_unit_test(files_write__whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
