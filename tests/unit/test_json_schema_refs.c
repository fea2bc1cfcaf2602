/* References: pointers, $id, anchors, files, prefixes served from folders, and what they may not reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest/schema.h"

/* Checks one document against a compiled schema. */
static int holds(const struct dpone_json_schema *schema, const char *text) {
    struct dpone_evaluation *evaluation = dpone_evaluation_new();
    struct dpone_diagnostics diagnostics = {.keep = 10};
    struct dpone_tree *tree = NULL;
    assert_int_equal(dpone_tree_read_memory(&tree, "d.json", text, strlen(text), NULL, NULL), DPONE_OK);
    int32_t status =
        dpone_json_schema_validate(schema, evaluation, dpone_tree_root(tree), NULL, &diagnostics);
    dpone_diagnostics_clear(&diagnostics);
    dpone_tree_free(tree);
    dpone_evaluation_free(evaluation);
    return status == DPONE_OK;
}

static void assert_holds(const char *schema_text, const char *good, const char *bad) {
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_json_schema_compile_memory(&schema, "s.json", schema_text, strlen(schema_text), NULL, &error) !=
        DPONE_OK) {
        fail_msg("%s: %s", schema_text, error.message);
    }
    if (!holds(schema, good) || holds(schema, bad)) {
        fail_msg("%s", schema_text);
    }
    dpone_json_schema_free(schema);
}

static void refs_pointers__lead_to_any_place_of_the_document(void **state) {
    (void)state;
    assert_holds("{\"properties\": {\"next\": {\"$ref\": \"#\"}}, \"additionalProperties\": false}",
                 "{\"next\": {\"next\": {}}}", "{\"next\": {\"other\": 1}}");
    assert_holds("{\"items\": [{\"type\": \"integer\"}, {\"$ref\": \"#/items/0\"}]}", "[1, 2]", "[1, \"x\"]");
    assert_holds("{\"definitions\": {\"a/b\": {\"type\": \"integer\"}, \"c~d\": {\"type\": \"string\"}, "
                 "\"e%f\": {\"type\": "
                 "\"null\"}}, \"items\": [{\"$ref\": \"#/definitions/a~1b\"}, {\"$ref\": "
                 "\"#/definitions/c~0d\"}, {\"$ref\": "
                 "\"#/definitions/e%25f\"}]}",
                 "[1, \"x\", null]", "[1, \"x\", 0]");
    assert_holds(
        "{\"definitions\": {\"\": {\"definitions\": {\"\": {\"type\": \"number\"}}}}, \"items\": {\"$ref\": "
        "\"#/definitions//definitions/\"}}",
        "[1]", "[\"x\"]");
    assert_holds("{\"x-shared\": {\"deep\": [0, {\"type\": \"integer\"}]}, \"items\": {\"$ref\": "
                 "\"#/x-shared/deep/1\"}}",
                 "[1]", "[null]");
    assert_holds(
        "{\"definitions\": {\"no\": false}, \"properties\": {\"a\": {\"$ref\": \"#/definitions/no\"}}}",
        "{\"b\": 1}", "{\"a\": 1}");
}

static void refs_siblings__of_a_reference_are_ignored(void **state) {
    (void)state;
    assert_holds("{\"definitions\": {\"list\": {\"type\": \"array\"}}, \"properties\": {\"a\": {\"$ref\": "
                 "\"#/definitions/list\", \"maxItems\": 1, \"type\": \"string\"}}}",
                 "{\"a\": [1, 2, 3]}", "{\"a\": \"x\"}");
    assert_holds("{\"properties\": {\"$ref\": {\"type\": \"string\"}}}", "{\"$ref\": \"x\"}",
                 "{\"$ref\": 1}");
    /* An $id beside a $ref does not move the base. */
    assert_holds(
        "{\"$id\": \"http://x.test/base/\", \"definitions\": {\"right\": {\"$id\": \"foo.json\", \"type\": "
        "\"number\"}, \"wrong\": {\"$id\": \"http://x.test/sibling/foo.json\", \"type\": \"string\"}}, "
        "\"allOf\": "
        "[{\"$id\": \"http://x.test/sibling/\", \"$ref\": \"foo.json\"}]}",
        "1", "\"x\"");
}

static void refs_ids__name_schemas_and_move_the_base(void **state) {
    (void)state;
    assert_holds("{\"definitions\": {\"a\": {\"$id\": \"#here\", \"type\": \"integer\"}}, \"items\": "
                 "{\"$ref\": \"#here\"}}",
                 "[1]", "[\"x\"]");
    assert_holds("{\"$id\": \"http://x.test/root.json\", \"definitions\": {\"a\": {\"$id\": "
                 "\"nested/a.json\", \"definitions\": "
                 "{\"b\": {\"$id\": \"#deep\", \"type\": \"integer\"}}}}, \"items\": {\"$ref\": "
                 "\"http://x.test/nested/a.json#deep\"}}",
                 "[1]", "[\"x\"]");
    assert_holds("{\"$id\": \"http://x.test/ref/absref.json\", \"definitions\": {\"a\": {\"$id\": "
                 "\"http://x.test/ref/absref/foobar.json\", \"type\": \"number\"}, \"b\": {\"$id\": "
                 "\"http://x.test/absref/foobar.json\", \"type\": \"string\"}}, \"allOf\": [{\"$ref\": "
                 "\"/absref/foobar.json\"}]}",
                 "\"x\"", "1");
    assert_holds(
        "{\"$id\": \"urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed\", \"definitions\": {\"bar\": {\"type\": "
        "\"string\"}}, \"properties\": {\"foo\": {\"$ref\": \"#/definitions/bar\"}, \"more\": {\"$ref\": "
        "\"urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed#/definitions/bar\"}}}",
        "{\"foo\": \"x\", \"more\": \"y\"}", "{\"more\": 1}");
    assert_holds("{\"$id\": \"file:///folder/file.json\", \"definitions\": {\"foo\": {\"type\": "
                 "\"number\"}}, \"allOf\": "
                 "[{\"$ref\": \"#/definitions/foo\"}]}",
                 "1", "\"x\"");
    assert_holds(
        "{\"allOf\": [{\"$ref\": \"http://x.test/if\"}, {\"if\": {\"$id\": \"http://x.test/if\", \"type\": "
        "\"integer\"}}]}",
        "1", "\"x\"");
}

static void refs_ids__inside_data_and_unknown_keywords_name_nothing(void **state) {
    (void)state;
    assert_holds("{\"definitions\": {\"a\": {\"enum\": [{\"$id\": \"http://x.test/my.json\", \"type\": "
                 "\"null\"}]}, \"b\": "
                 "{\"$id\": \"http://x.test/my.json\", \"type\": \"string\"}, \"c\": {\"not\": {\"unheard\": "
                 "[{\"$id\": "
                 "\"http://x.test/my.json\", \"type\": \"null\"}]}}, \"d\": {\"const\": {\"$ref\": "
                 "\"nowhere\"}}}, \"items\": "
                 "{\"$ref\": \"http://x.test/my.json\"}}",
                 "[\"x\"]", "[null]");
}

static void refs_builtin__the_meta_schema_is_known(void **state) {
    (void)state;
    assert_holds("{\"$ref\": \"http://json-schema.org/draft-07/schema#\"}", "{\"minLength\": 1}",
                 "{\"minLength\": -1}");
    assert_holds(
        "{\"items\": {\"$ref\": \"http://json-schema.org/draft-07/schema#/definitions/nonNegativeInteger\"}}",
        "[1]", "[-1]");
}

/* ---- Files */

static void write_file(const char *folder, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/dpone-refs-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state) {
    (void)state;
    static const char *const names[] = {"s.json",
                                        "parts/a.json",
                                        "parts/b.yaml",
                                        "served/deep/int.json",
                                        "served/bad.json",
                                        "served/0/int.json",
                                        "served/link.json",
                                        "outside.json",
                                        "served/0",
                                        "parts/s b.json",
                                        "served/deep",
                                        "served",
                                        "parts"};
    char path[512];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    return rmdir(folder);
}

static int32_t compile_file(struct dpone_json_schema **schema, const char *text, const char *prefix,
                            struct dpone_error *error) {
    char path[512];
    char served[512];
    struct dpone_json_schema_root root = {prefix, served};
    struct dpone_json_schema_options options = {.roots = &root, .root_count = prefix == NULL ? 0 : 1};
    write_file(folder, "s.json", text);
    snprintf(path, sizeof path, "%s/s.json", folder);
    snprintf(served, sizeof served, "%s/served", folder);
    return dpone_json_schema_compile_file(schema, path, &options, error);
}

static void assert_file_holds(const char *text, const char *prefix, const char *good, const char *bad) {
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (compile_file(&schema, text, prefix, &error) != DPONE_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    assert_true(holds(schema, good));
    assert_false(holds(schema, bad));
    dpone_json_schema_free(schema);
}

static void refs_files__below_the_folder_are_read(void **state) {
    (void)state;
    write_file(folder, "parts/a.json", "{\"items\": {\"$ref\": \"b.yaml#/definitions/x\"}}");
    write_file(folder, "parts/b.yaml", "definitions:\n  x: {type: integer}\n");
    write_file(folder, "parts/s b.json", "{\"type\": \"null\"}");
    assert_file_holds("{\"$ref\": \"parts/a.json\"}", NULL, "[1]", "[\"x\"]");
    assert_file_holds("{\"$ref\": \"parts/s%20b.json\"}", NULL, "null", "1");
    /* A schema with an $id of its own finds what lies beside its file, too. */
    assert_file_holds("{\"$id\": \"https://x.test/all/s.json\", \"items\": {\"$ref\": \"parts/a.json\"}}",
                      NULL, "[[1]]", "[[\"x\"]]");
}

static void refs_roots__serve_a_prefix_from_a_folder(void **state) {
    (void)state;
    write_file(folder, "served/deep/int.json", "{\"$id\": \"http://other.test/\", \"type\": \"integer\"}");
    assert_file_holds("{\"items\": {\"$ref\": \"http://x.test/deep/int.json\"}}", "http://x.test/", "[1]",
                      "[\"x\"]");
    assert_file_holds("{\"$id\": \"http://x.test/here.json\", \"items\": {\"$ref\": \"deep/int.json\"}}",
                      "http://x.test", "[1]", "[\"x\"]");
}

static void refs_roots__serve_what_lies_below_their_prefix_only(void **state) {
    (void)state;
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    char expected[600];
    write_file(folder, "served/0/int.json", "true");
    assert_int_equal(
        compile_file(&schema, "{\"$ref\": \"http://x.test:80/int.json\"}", "http://x.test:8", &error),
        DPONE_INVALID_ARGUMENT);
    snprintf(
        expected, sizeof expected,
        "%s/s.json:1:10: error: cannot resolve the reference to http://x.test:80/int.json; put the schema "
        "below the folder of this one, or name a folder for it with --resolve",
        folder);
    assert_string_equal(error.message, expected);
}

static void refs_files__never_leave_the_folder(void **state) {
    (void)state;
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    char expected[600];
    assert_int_equal(compile_file(&schema, "{\"$ref\": \"../outside.json\"}", NULL, &error),
                     DPONE_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "put the schema below the folder of this one"));
    assert_int_equal(
        compile_file(&schema, "{\"$ref\": \"http://x.test/a/%2e%2e/%2e%2e/etc\"}", "http://x.test/", &error),
        DPONE_INVALID_ARGUMENT);
    snprintf(expected, sizeof expected,
             "%s/s.json:1:10: error: the reference leaves the folder %s/served; keep schemas below it",
             folder, folder);
    assert_string_equal(error.message, expected);
    char link[600];
    snprintf(link, sizeof link, "%s/served/link.json", folder);
    write_file(folder, "outside.json", "true");
    write_file(folder, "served/bad.json", "true");
    assert_int_equal(symlink("../outside.json", link), 0);
    assert_int_equal(
        compile_file(&schema, "{\"$ref\": \"http://x.test/link.json\"}", "http://x.test/", &error),
        DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, expected);
}

static void refs_files__that_are_wrong_say_where(void **state) {
    (void)state;
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    char expected[600];
    write_file(folder, "served/bad.json", "{\n  \"type\": 5}");
    assert_int_equal(
        compile_file(&schema, "{\"$ref\": \"http://x.test/bad.json\"}", "http://x.test/", &error),
        DPONE_INVALID_ARGUMENT);
    snprintf(expected, sizeof expected,
             "%s/served/bad.json:2:11: error: type: 5 is not one of array, boolean, integer, null, number, "
             "object, string",
             folder);
    assert_string_equal(error.message, expected);
    assert_int_equal(compile_file(&schema, "{\"$ref\": \"gone.json\"}", NULL, &error), DPONE_NOT_FOUND);
    snprintf(expected, sizeof expected,
             "%s/s.json:1:10: error: cannot follow the reference: %s/gone.json: error: cannot open the file: "
             "No such file or "
             "directory",
             folder, folder);
    assert_string_equal(error.message, expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refs_pointers__lead_to_any_place_of_the_document),
        cmocka_unit_test(refs_siblings__of_a_reference_are_ignored),
        cmocka_unit_test(refs_ids__name_schemas_and_move_the_base),
        cmocka_unit_test(refs_ids__inside_data_and_unknown_keywords_name_nothing),
        cmocka_unit_test(refs_builtin__the_meta_schema_is_known),
        cmocka_unit_test_setup_teardown(refs_files__below_the_folder_are_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(refs_roots__serve_a_prefix_from_a_folder, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(refs_roots__serve_what_lies_below_their_prefix_only, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(refs_files__never_leave_the_folder, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(refs_files__that_are_wrong_say_where, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
