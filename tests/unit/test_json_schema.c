/* JSON Schema draft-07: every keyword, by a small schema and what it must accept and refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/schema.h"

static struct dpone_json_schema *compile(const char *text, const struct dpone_json_schema_options *options) {
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_json_schema_compile_memory(&schema, "s.json", text, strlen(text), options, &error) !=
        DPONE_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    return schema;
}

static int is_valid(const struct dpone_json_schema *schema, struct dpone_evaluation *evaluation,
                    const char *text) {
    struct dpone_tree *tree = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_tree_read_memory(&tree, "d.json", text, strlen(text), NULL, &error) != DPONE_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    struct dpone_diagnostics diagnostics = {.keep = 10};
    int32_t status =
        dpone_json_schema_validate(schema, evaluation, dpone_tree_root(tree), NULL, &diagnostics);
    assert_int_equal(status == DPONE_OK, diagnostics.errors == 0);
    dpone_diagnostics_clear(&diagnostics);
    dpone_tree_free(tree);
    return status == DPONE_OK;
}

enum { MOST_CASES = 12 };

struct keyword_case {
    const char *schema;
    const char *good[MOST_CASES];
    const char *bad[MOST_CASES];
};

static void check(const struct keyword_case *cases, size_t count,
                  const struct dpone_json_schema_options *options) {
    struct dpone_evaluation *evaluation = dpone_evaluation_new();
    for (size_t i = 0; i < count; i++) {
        struct dpone_json_schema *schema = compile(cases[i].schema, options);
        for (size_t j = 0; j < MOST_CASES && cases[i].good[j] != NULL; j++) {
            if (!is_valid(schema, evaluation, cases[i].good[j])) {
                fail_msg("%s refuses %s", cases[i].schema, cases[i].good[j]);
            }
        }
        for (size_t j = 0; j < MOST_CASES && cases[i].bad[j] != NULL; j++) {
            if (is_valid(schema, evaluation, cases[i].bad[j])) {
                fail_msg("%s accepts %s", cases[i].schema, cases[i].bad[j]);
            }
        }
        dpone_json_schema_free(schema);
    }
    dpone_evaluation_free(evaluation);
}

#define CHECK(cases, options) check(cases, sizeof(cases) / sizeof(cases)[0], options)

static void schema_types__any_and_boolean_schemas(void **state) {
    (void)state;
    static const struct keyword_case cases[] = {
        {"true", {"1", "null", "{}"}, {NULL}},
        {"false", {NULL}, {"1", "null", "{}"}},
        {"{}", {"1", "[]"}, {NULL}},
        {"{\"type\": \"integer\"}",
         {"1", "-1", "1.0", "1e3", "123456789012345678901234567890"},
         {"1.5", "\"1\"", "null", "true"}},
        {"{\"type\": \"number\"}", {"1", "1.5", "1e400"}, {"\"1\"", "null", "[]"}},
        {"{\"type\": \"string\"}", {"\"\""}, {"1", "null"}},
        {"{\"type\": \"boolean\"}", {"true", "false"}, {"0", "\"true\"", "null"}},
        {"{\"type\": \"null\"}", {"null"}, {"0", "false", "\"\""}},
        {"{\"type\": \"array\"}", {"[]"}, {"{}"}},
        {"{\"type\": \"object\"}", {"{}"}, {"[]"}},
        {"{\"type\": [\"integer\", \"null\"]}", {"1", "null"}, {"1.5", "\"\""}},
        {"{\"type\": [\"integer\", \"number\"]}", {"1", "1.5"}, {"\"\""}},
    };
    CHECK(cases, NULL);
}

static void schema_values__enum_and_const_compare_deeply(void **state) {
    (void)state;
    static const struct keyword_case cases[] = {
        {"{\"enum\": [1, \"a\", null, {\"x\": [1, 2]}]}",
         {"1", "1.0", "\"a\"", "null", "{\"x\": [1.0, 2]}"},
         {"2", "\"b\"", "true", "{\"x\": [2, 1]}", "{}", "{\"x\": [1, 2], \"y\": 1}"}},
        {"{\"enum\": [1,2,3,4,5,6,7,8,9,10,\"x\",[1],{\"b\":1,\"a\":2}]}",
         {"10.0", "\"x\"", "[1]", "{\"a\": 2, \"b\": 1}", "1e1"},
         {"11", "\"y\"", "[2]", "{\"a\": 1, \"b\": 2}", "true", "null"}},
        {"{\"const\": false}", {"false"}, {"0", "null", "true", "[]"}},
        {"{\"const\": 0}", {"0", "0.0", "-0", "0e5"}, {"false", "\"0\"", "1"}},
        {"{\"const\": {\"a\": 1, \"b\": [null]}}",
         {"{\"b\": [null], \"a\": 1}"},
         {"{\"a\": 1}", "{\"a\": 1, \"b\": []}"}},
        {"{\"const\": \"a\\u0000b\"}", {"\"a\\u0000b\""}, {"\"ab\"", "\"a\""}},
        {"{\"const\": null}", {"null"}, {"0"}},
        {"{\"enum\": []}", {NULL}, {"1"}},
        {"{\"const\": 9007199254740993}", {"9007199254740993"}, {"9007199254740992"}},
    };
    CHECK(cases, NULL);
}

static void schema_numbers__bounds_and_multiples(void **state) {
    (void)state;
    static const struct keyword_case cases[] = {
        {"{\"minimum\": 1.1}", {"1.1", "2", "\"x\"", "1.10"}, {"1.0999999999999999999", "-5"}},
        {"{\"exclusiveMinimum\": 1}", {"1.00000000000000000001", "2"}, {"1", "1.0", "0"}},
        {"{\"maximum\": 9007199254740992}", {"9007199254740992", "-1"}, {"9007199254740993", "1e17"}},
        {"{\"exclusiveMaximum\": -1e-3}", {"-0.0011"}, {"-0.001", "0"}},
        {"{\"maximum\": 18446744073709551615}", {"18446744073709551615"}, {"18446744073709551616"}},
        {"{\"multipleOf\": 0.01}", {"4.35", "19.99", "1e2", "0"}, {"4.355", "0.001"}},
        {"{\"multipleOf\": 7}", {"-14", "0", "7.0", "\"x\""}, {"8", "7.5"}},
        {"{\"multipleOf\": 1e-8}", {"12391239123"}, {"1e-9"}},
        {"{\"type\": \"integer\", \"multipleOf\": 0.123456789}", {NULL}, {"1e308"}},
    };
    CHECK(cases, NULL);
}

static void schema_strings__lengths_patterns_and_formats(void **state) {
    (void)state;
    static const struct keyword_case cases[] = {
        {"{\"minLength\": 2}",
         {"\"ab\"", "\"\\ud83d\\udca9\\ud83d\\udca9\"", "1"},
         {"\"a\"", "\"\\ud83d\\udca9\"", "\"\""}},
        {"{\"maxLength\": 2.0}", {"\"ab\"", "\"\\u00e9\\u00e9\""}, {"\"abc\""}},
        {"{\"pattern\": \"^a*$\"}", {"\"aaa\"", "\"\"", "1"}, {"\"b\"", "\"a\\n\""}},
        {"{\"format\": \"email\"}", {"\"no address\"", "1"}, {NULL}},
        {"{\"contentMediaType\": \"application/json\", \"contentEncoding\": \"base64\"}", {"\"{\""}, {NULL}},
    };
    static const struct keyword_case asserted[] = {
        {"{\"format\": \"ipv4\"}", {"\"127.0.0.1\"", "1", "[]"}, {"\"x\""}},
        {"{\"format\": \"unheard-of\"}", {"\"x\""}, {NULL}},
        {"{\"format\": \"date\"}", {"\"2024-02-29\""}, {"\"2023-02-29\""}},
    };
    const struct dpone_json_schema_options options = {.format_assertion = 1};
    CHECK(cases, NULL);
    CHECK(asserted, &options);
}

static void schema_arrays__items_contains_and_uniqueness(void **state) {
    (void)state;
    static const struct keyword_case cases[] = {
        {"{\"items\": {\"type\": \"integer\"}}", {"[]", "[1, 2]", "{\"0\": \"x\"}"}, {"[1, \"x\"]"}},
        {"{\"items\": [{\"type\": \"integer\"}, {\"type\": \"string\"}]}",
         {"[]", "[1]", "[1, \"a\"]", "[1, \"a\", null]"},
         {"[\"a\"]", "[1, 2]"}},
        {"{\"items\": [true, false]}", {"[1]"}, {"[1, 2]"}},
        {"{\"items\": [{}], \"additionalItems\": {\"type\": \"null\"}}", {"[1]", "[1, null]"}, {"[1, 2]"}},
        {"{\"items\": [{}], \"additionalItems\": false}", {"[]", "[1]"}, {"[1, 2]"}},
        {"{\"items\": {}, \"additionalItems\": false}", {"[1, 2, 3]"}, {NULL}},
        {"{\"additionalItems\": false}", {"[1, 2, 3]"}, {NULL}},
        {"{\"items\": false}", {"[]"}, {"[1]"}},
        {"{\"contains\": {\"minimum\": 5}}", {"[1, 5]", "{}"}, {"[]", "[1, 2]"}},
        {"{\"contains\": true}", {"[null]"}, {"[]"}},
        {"{\"minItems\": 1, \"maxItems\": 2}", {"[1]", "[1, 2]", "\"\""}, {"[]", "[1, 2, 3]"}},
        {"{\"uniqueItems\": true}",
         {"[]", "[1, 2]", "[1, true]", "[0, false]", "[{\"a\": 1}, {\"a\": true}]", "[[1], [true]]",
          "[\"1\", 1]"},
         {"[1, 1.0]", "[{\"a\": 1, \"b\": 2}, {\"b\": 2, \"a\": 1}]", "[[1, 2], [1, 2]]", "[null, null]"}},
        {"{\"uniqueItems\": true}",
         {"[1,2,3,4,5,6,7,8,9,10,11,\"1\",\"2\",{},[],null]"},
         {"[1,2,3,4,5,6,7,8,9,10,11,1e1]", "[{},1,2,3,4,5,6,7,8,{}]", "[[],1,2,3,4,5,6,7,8,9,[]]"}},
        {"{\"uniqueItems\": false}", {"[1, 1]"}, {NULL}},
    };
    CHECK(cases, NULL);
}

static void schema_objects__members_names_and_dependencies(void **state) {
    (void)state;
    static const struct keyword_case cases[] = {
        {"{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": false}}",
         {"{}", "{\"a\": 1, \"c\": \"x\"}", "[]"},
         {"{\"a\": \"x\"}", "{\"b\": 1}"}},
        {"{\"properties\": {\"a\": {}}, \"patternProperties\": {\"^x\": {\"type\": \"string\"}}, "
         "\"additionalProperties\": {\"type\": \"integer\"}}",
         {"{\"a\": null, \"x1\": \"s\", \"other\": 5}"},
         {"{\"x1\": 5}", "{\"other\": \"s\"}"}},
        {"{\"patternProperties\": {\"a\": {\"minimum\": 1}, \"b\": {\"maximum\": 3}}}",
         {"{\"ab\": 2}"},
         {"{\"ab\": 0}", "{\"ab\": 4}"}},
        {"{\"properties\": {\"a\": {}}, \"additionalProperties\": false}", {"{\"a\": 1}"}, {"{\"b\": 1}"}},
        {"{\"additionalProperties\": false}", {"{}"}, {"{\"a\": 1}"}},
        {"{\"allOf\": [{\"properties\": {\"a\": {}}}], \"additionalProperties\": false}",
         {"{}"},
         {"{\"a\": 1}"}},
        {"{\"required\": [\"a\", \"b\"]}", {"{\"a\": 1, \"b\": null}", "[]"}, {"{\"a\": 1}", "{}"}},
        {"{\"required\": [\"__proto__\", \"toString\"]}", {"{\"__proto__\": 1, \"toString\": 2}"}, {"{}"}},
        {"{\"minProperties\": 1, \"maxProperties\": 2}",
         {"{\"a\": 1}"},
         {"{}", "{\"a\": 1, \"b\": 2, \"c\": 3}"}},
        {"{\"propertyNames\": {\"maxLength\": 2}}", {"{\"ab\": 1}", "{}", "[]"}, {"{\"abc\": 1}"}},
        {"{\"propertyNames\": false}", {"{}"}, {"{\"a\": 1}"}},
        {"{\"dependencies\": {\"a\": [\"b\", \"c\"], \"d\": {\"required\": [\"e\"]}, \"f\": false, \"g\": "
         "[]}}",
         {"{}", "{\"b\": 1}", "{\"a\": 1, \"b\": 1, \"c\": 1}", "{\"d\": 1, \"e\": 1}", "{\"g\": 1}",
          "\"a\""},
         {"{\"a\": 1}", "{\"a\": 1, \"b\": 1}", "{\"d\": 1}", "{\"f\": 1}"}},
    };
    CHECK(cases, NULL);
}

static void schema_applicators__combine(void **state) {
    (void)state;
    static const struct keyword_case cases[] = {
        {"{\"allOf\": [{\"minimum\": 1}, {\"maximum\": 3}]}", {"2", "\"x\""}, {"0", "4"}},
        {"{\"allOf\": [true, false]}", {NULL}, {"1"}},
        {"{\"anyOf\": [{\"type\": \"string\"}, {\"minimum\": 3}]}", {"\"x\"", "3", "null"}, {"2"}},
        {"{\"oneOf\": [{\"type\": \"integer\"}, {\"minimum\": 2}]}", {"1", "2.5"}, {"3", "1.5"}},
        {"{\"oneOf\": [true, true]}", {NULL}, {"1"}},
        {"{\"not\": {\"type\": \"integer\"}}", {"\"x\"", "1.5"}, {"1"}},
        {"{\"not\": {}}", {NULL}, {"1", "null"}},
        {"{\"not\": {\"not\": {\"type\": \"null\"}}}", {"null"}, {"1"}},
        {"{\"if\": {\"minimum\": 0}, \"then\": {\"maximum\": 10}, \"else\": {\"multipleOf\": 2}}",
         {"5", "-4"},
         {"11", "-3"}},
        {"{\"if\": {\"properties\": {\"a\": {\"const\": 1}}}, \"then\": {\"required\": [\"b\"]}}",
         {"{\"a\": 2}", "{\"b\": 1}", "{\"a\": 1, \"b\": 2}"},
         {"{}", "{\"a\": 1}"}},
        {"{\"if\": false, \"then\": false}", {"1"}, {NULL}},
        {"{\"if\": true, \"else\": false}", {"1"}, {NULL}},
        {"{\"then\": false, \"else\": false}", {"1"}, {NULL}},
        {"{\"if\": {\"const\": 0}}", {"0", "1"}, {NULL}},
    };
    CHECK(cases, NULL);
}

static void schema_unknown__keywords_are_annotations(void **state) {
    (void)state;
    static const struct keyword_case cases[] = {
        {"{\"$comment\": \"x\", \"title\": \"t\", \"default\": {}, \"examples\": [1], \"readOnly\": true, "
         "\"minContains\": 5, "
         "\"x-more\": {\"type\": 5}, \"dependentRequired\": {\"a\": [\"b\"]}, \"prefixItems\": [false]}",
         {"1", "{\"a\": 1}", "[1]"},
         {NULL}},
    };
    CHECK(cases, NULL);
}

static void schema_compile__refuses_what_is_no_schema(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"[]", "s.json:1:1: error: expected a boolean or a mapping, found a list"},
        {"{\"type\": \"int\"}",
         "s.json:1:10: error: type: \"int\" is not one of array, boolean, integer, null, number, "
         "object, string"},
        {"{\"type\": \"strnig\"}",
         "s.json:1:10: error: type: \"strnig\" is not one of array, boolean, integer, null, "
         "number, object, string; did you mean \"string\"?"},
        {"{\"minLength\": -1}", "s.json:1:15: error: minLength: -1 is not at least 0"},
        {"{\"properties\": {\"a\": 5}}",
         "s.json:1:22: error: properties.a: expected a boolean or a mapping, found an "
         "integer, 5"},
        {"{\"multipleOf\": 0}", "s.json:1:16: error: multipleOf: 0 is not above 0"},
        {"{\"required\": [\"a\", \"a\"]}",
         "s.json:1:20: error: required[1]: \"a\" is in the list already, as item 0; items "
         "must differ"},
        {"{\"allOf\": []}", "s.json:1:11: error: allOf: 0 items found, needed are at least 1"},
        {"{\"pattern\": \"(\"}",
         "s.json:1:13: error: the pattern \"(\" is not valid: missing closing parenthesis"},
        {"{\"patternProperties\": {\"a\\\\Z\": {}}}",
         "s.json:1:24: error: the pattern \"a\\\\Z\" is not valid: an escape that ECMA-262 does not have at "
         "character 2"},
        {"{\"$ref\": \"#/definitions/a\"}", "s.json:1:10: error: $ref #/definitions/a names no schema"},
        {"{\"$ref\": \"#here\"}", "s.json:1:10: error: $ref #here names no schema"},
        {"{\"$ref\": \"http://x.y/z\"}", "s.json:1:10: error: cannot resolve the reference to http://x.y/z; "
                                         "put the schema below the folder of this one, "
                                         "or name a folder for it with --resolve"},
        {"{\"$ref\": \"#\"}", "s.json:1:1: error: $ref leads in a circle; it must end at a schema"},
        {"{\"definitions\": {\"a\": {\"$ref\": \"#/definitions/b\"}, \"b\": {\"$ref\": "
         "\"#/definitions/a\"}}, "
         "\"items\": {\"$ref\": \"#/definitions/a\"}}",
         "s.json:1:96: error: $ref leads in a circle; it must end at a schema"},
        {"{\"allOf\": [{\"$ref\": \"#\"}]}",
         "s.json:1:1: error: this schema applies to the same value again without end; break the circle"},
        {"{\"dependencies\": {\"a\": {\"not\": {\"$ref\": \"#\"}}}}",
         "s.json:1:1: error: this schema applies to the same value again without end; break the circle"},
        {"{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"}",
         "s.json:1:13: error: $schema https://json-schema.org/draft/2020-12/schema is another draft; dpone "
         "applies "
         "draft-07"},
        {"{\"x\": {\"multipleOf\": -1}, \"items\": {\"$ref\": \"#/x\"}}",
         "s.json:1:22: error: multipleOf needs a number above 0"},
        {"{\"type\": \"string\",}", "s.json:1:19: error: nothing follows the `,` before; remove it"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dpone_json_schema *schema = NULL;
        struct dpone_error error = DPONE_ERROR_INIT;
        assert_int_equal(dpone_json_schema_compile_memory(&schema, "s.json", cases[i].text,
                                                          strlen(cases[i].text), NULL, &error),
                         DPONE_INVALID_ARGUMENT);
        assert_string_equal(error.message, cases[i].message);
        assert_null(schema);
    }
}

static void schema_compile__names_what_is_too_long_or_unknown(void **state) {
    (void)state;
    char text[600];
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    snprintf(text, sizeof text, "{\"multipleOf\": %0401d1}", 0);
    text[15] = '1';
    assert_int_equal(dpone_json_schema_compile_memory(&schema, "s.json", text, strlen(text), NULL, &error),
                     DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "s.json:1:16: error: multipleOf has more than 400 digits");
    assert_int_equal(dpone_json_schema_compile_builtin(&schema, "manifesto", NULL, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "dpone has no schema called manifesto");
}

/* The one problem that a schema finds in a document. */
static void assert_problem(const char *schema_text, const char *data, const char *path, const char *message) {
    struct dpone_json_schema *schema = compile(schema_text, NULL);
    struct dpone_evaluation *evaluation = dpone_evaluation_new();
    struct dpone_tree *tree = NULL;
    struct dpone_diagnostics diagnostics = {.keep = 10};
    assert_int_equal(dpone_tree_read_memory(&tree, "d.json", data, strlen(data), NULL, NULL), DPONE_OK);
    assert_int_equal(
        dpone_json_schema_validate(schema, evaluation, dpone_tree_root(tree), NULL, &diagnostics),
        DPONE_INVALID_ARGUMENT);
    assert_int_equal(diagnostics.errors, 1);
    assert_string_equal(diagnostics.items[0].path, path);
    assert_string_equal(diagnostics.items[0].message, message);
    dpone_diagnostics_clear(&diagnostics);
    dpone_tree_free(tree);
    dpone_evaluation_free(evaluation);
    dpone_json_schema_free(schema);
}

/* Definitions d0 (given) to dN, each applying the one before `times` times to the same value; dN is the root.
 * The caller frees it. */
static char *tower(const char *bottom, int levels, int times) {
    size_t size = 0;
    char *text = NULL;
    FILE *stream = open_memstream(&text, &size);
    fprintf(stream, "{\"definitions\": {\"d0\": %s", bottom);
    for (int i = 1; i <= levels; i++) {
        fprintf(stream, ",\"d%d\": {\"allOf\": [{\"$ref\": \"#/definitions/d%d\"}", i, i - 1);
        for (int j = 1; j < times; j++) {
            fprintf(stream, ", {\"$ref\": \"#/definitions/d%d\"}", i - 1);
        }
        fputs("]}", stream);
    }
    fprintf(stream, "}, \"allOf\": [{\"$ref\": \"#/definitions/d%d\"}]}", levels);
    fclose(stream);
    return text;
}

static void schema_compile__too_many_schemas_for_one_value(void **state) {
    (void)state;
    char *text = tower("{}", 1100, 1);
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_json_schema_compile_memory(&schema, "s.json", text, strlen(text), NULL, &error),
                     DPONE_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "more than 1000 schemas apply to one value inside each other"));
    free(text);
}

static void schema_limits__a_schema_that_explodes_ends(void **state) {
    (void)state;
    char *text = tower("{\"type\": \"string\"}", 60, 2);
    assert_problem(text, "\"x\"", "", "checking this document takes too many steps; simplify the schema");
    free(text);
}

static void schema_limits__deep_schemas_on_deep_documents_end(void **state) {
    (void)state;
    char *text = tower("{\"items\": {\"$ref\": \"#/definitions/d900\"}}", 900, 1);
    assert_problem(text, "[[[[[[1]]]]]]", "/0/0/0/0",
                   "schema and document are nested too deeply together; simplify one of them");
    free(text);
}

static void schema_limits__an_expensive_pattern_is_an_error_even_under_not(void **state) {
    (void)state;
    assert_problem("{\"items\": {\"not\": {\"pattern\": \"^(a+)+$\"}}}",
                   "[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"b\"]", "/0",
                   "matching a pattern takes too many steps; simplify the pattern in the schema");
}

static void schema_messages__an_item_that_must_not_be(void **state) {
    (void)state;
    assert_problem("{\"items\": false}", "[1]", "/0", "nothing is allowed here");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_types__any_and_boolean_schemas),
        cmocka_unit_test(schema_values__enum_and_const_compare_deeply),
        cmocka_unit_test(schema_numbers__bounds_and_multiples),
        cmocka_unit_test(schema_strings__lengths_patterns_and_formats),
        cmocka_unit_test(schema_arrays__items_contains_and_uniqueness),
        cmocka_unit_test(schema_objects__members_names_and_dependencies),
        cmocka_unit_test(schema_applicators__combine),
        cmocka_unit_test(schema_unknown__keywords_are_annotations),
        cmocka_unit_test(schema_compile__refuses_what_is_no_schema),
        cmocka_unit_test(schema_compile__names_what_is_too_long_or_unknown),
        cmocka_unit_test(schema_compile__too_many_schemas_for_one_value),
        cmocka_unit_test(schema_limits__a_schema_that_explodes_ends),
        cmocka_unit_test(schema_limits__deep_schemas_on_deep_documents_end),
        cmocka_unit_test(schema_limits__an_expensive_pattern_is_an_error_even_under_not),
        cmocka_unit_test(schema_messages__an_item_that_must_not_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
