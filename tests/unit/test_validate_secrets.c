/* What validation prints never holds a secret, whatever else is wrong on its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest/manifest.h"
#include "manifest/validate_output.h"

/* What a terminal, or a program, would get for a file with the text. */
static char *printed(const char *text, int format) {
    char path[] = "/tmp/dpone-secrets-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    struct dpone_diagnostics diagnostics = {.keep = 50};
    struct dpone_tree *tree = NULL;
    (void)dpone_tree_collect_file(&tree, path, NULL, &diagnostics);
    if (tree != NULL) {
        dpone_manifest_check_secrets(tree, &diagnostics);
        struct dpone_diagnostic other = {.keyword = "required", .start = {.line = 1, .column = 1}};
        dpone_diagnostics_add(&diagnostics, &other, "something else is wrong");
    }
    assert_true(diagnostics.count > 0);
    char *out = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&out, &size);
    assert_non_null(stream);
    struct dpone_validate_style style = {.format = format, .is_terminal = 1};
    dpone_validate_print_file(stream, &style, path, &diagnostics, 1);
    fclose(stream);
    unlink(path);
    dpone_tree_free(tree);
    dpone_diagnostics_clear(&diagnostics);
    return out;
}

static const char *const secrets[] = {
    "source: {options: {password: hunter2}, typ: 5}\n",
    "password: \"hunter2\n",
    "password: @hunter2\n",
    "source: {password: hunter2, password: hunter2}\n",
    "'db_password' : [hunter2]\n",
    "url: postgres://me:hunter2@db/shop\n",
    "token: 0123\n",
    "token: [1_000_5]\n",
};

static void validate_secrets__are_in_no_output(void **state) {
    (void)state;
    static const char *const values[] = {"hunter2", "0123", "1_000_5", "83"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        for (int format = DPONE_VALIDATE_TEXT; format <= DPONE_VALIDATE_GITHUB; format++) {
            char *out = printed(secrets[i], format);
            char *message = strstr(out, "error");
            assert_non_null(message);
            for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
                assert_null(strstr(message, values[j]));
            }
            free(out);
        }
    }
}

static void validate_secrets__that_are_ambiguous_are_said_to_be(void **state) {
    (void)state;
    char *out = printed("token: 0123\n", DPONE_VALIDATE_TEXT);
    assert_non_null(strstr(out, ":1:8: warning: YAML 1.1, which dpone reads, and YAML 1.2 read this secret "
                                "differently; quote it\n"));
    free(out);
}

static void validate_secrets__that_are_references_are_shown(void **state) {
    (void)state;
    char *out = printed("password: {secret: env:NAME}\n", DPONE_VALIDATE_TEXT);
    assert_null(strstr(out, "env:NAME"));
    free(out);
    out = printed("password: env:NAME\n", DPONE_VALIDATE_TEXT);
    assert_non_null(strstr(out, "  password: env:NAME\n  ^\n"));
    free(out);
}

static void validate_text__escapes_what_turns_the_direction(void **state) {
    (void)state;
    for (int format = DPONE_VALIDATE_TEXT; format <= DPONE_VALIDATE_GITHUB; format++) {
        char *out = printed("\"a\xE2\x80\xAE\xE2\x81\xA6\": {password: x}\n", format);
        assert_null(strstr(out, "\xE2\x80\xAE"));
        assert_null(strstr(out, "\xE2\x81\xA6"));
        assert_non_null(strstr(out, "a\\u202e\\u2066"));
        free(out);
    }
    char *out = printed("b: \"\xE2\x80\xAE\"\n", DPONE_VALIDATE_TEXT);
    assert_null(strstr(out, "\xE2\x80\xAE"));
    free(out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(validate_secrets__are_in_no_output),
        cmocka_unit_test(validate_secrets__that_are_ambiguous_are_said_to_be),
        cmocka_unit_test(validate_secrets__that_are_references_are_shown),
        cmocka_unit_test(validate_text__escapes_what_turns_the_direction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
