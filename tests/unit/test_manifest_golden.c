/* Every message of the validation: each folder below tests/golden/manifest holds a manifest, perhaps a
 * schema.json to check it by, and what must be printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest/manifest.h"
#include "manifest/validate_output.h"

static struct dpone_json_schema *compile(int *is_manifest) {
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    *is_manifest = access("schema.json", F_OK) != 0;
    struct dpone_json_schema_options options = {.format_assertion = 1, .refuse_typos = *is_manifest};
    int32_t status = *is_manifest ? dpone_json_schema_compile_builtin(&schema, "manifest", &options, &error)
                                  : dpone_json_schema_compile_file(&schema, "schema.json", &options, &error);
    if (status != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    return schema;
}

/* What `dpone manifest validate manifest.yaml` prints about the file in the current folder. */
static char *validate(void) {
    static const struct dpone_validate_style style = {.format = DPONE_VALIDATE_TEXT, .is_terminal = 1};
    int is_manifest;
    struct dpone_json_schema *schema = compile(&is_manifest);
    struct dpone_evaluation *evaluation = dpone_evaluation_new();
    struct dpone_diagnostics diagnostics = {.keep = 200};
    struct dpone_tree *tree = NULL;
    dpone_tree_collect_file(&tree, "manifest.yaml", NULL, &diagnostics);
    if (tree != NULL) {
        dpone_json_schema_validate(schema, evaluation, dpone_tree_root(tree), NULL, &diagnostics);
        if (is_manifest) {
            dpone_manifest_check_rules(tree, NULL, evaluation, &diagnostics);
        }
    }
    dpone_diagnostics_sort(&diagnostics);
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    dpone_validate_print_file(stream, &style, "manifest.yaml", &diagnostics, 1);
    fclose(stream);
    dpone_diagnostics_clear(&diagnostics);
    dpone_tree_free(tree);
    dpone_evaluation_free(evaluation);
    dpone_json_schema_free(schema);
    return text;
}

static char *read_expected(void) {
    FILE *file = fopen("expected", "r");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    size_t size = fread(text, 1, 65535, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

static void golden_messages__are_printed_exactly(void **state) {
    (void)state;
    DIR *folder = opendir(DPONE_TEST_GOLDEN);
    assert_non_null(folder);
    size_t cases = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", DPONE_TEST_GOLDEN, entry->d_name);
        if (entry->d_name[0] == '.' || chdir(path) != 0) {
            continue;
        }
        char *printed = validate();
        char *expected = read_expected();
        if (strcmp(printed, expected) != 0) {
            fail_msg("%s prints:\n%s", entry->d_name, printed);
        }
        free(expected);
        free(printed);
        cases++;
    }
    closedir(folder);
    assert_true(cases >= 19);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_messages__are_printed_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
