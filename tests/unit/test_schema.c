/* Column types, schemas made of them, and the validation of schemas from elsewhere. */
#include "support.h"

#include <stdio.h>

#include <dpone/schema.h>
#include <dpone/validate.h>

static const struct dpone_column every_type[] = {
    {"a", DPONE_TYPE_BOOL, 1, 0, 0},        {"b", DPONE_TYPE_INT32, 0, 0, 0},
    {"c", DPONE_TYPE_INT64, 1, 0, 0},       {"d", DPONE_TYPE_FLOAT64, 1, 0, 0},
    {"e", DPONE_TYPE_UTF8, 1, 0, 0},        {"f", DPONE_TYPE_BINARY, 1, 0, 0},
    {"g", DPONE_TYPE_DATE32, 1, 0, 0},      {"h", DPONE_TYPE_TIMESTAMP_US, 1, 0, 0},
    {"i", DPONE_TYPE_DECIMAL128, 1, 38, 9}, {"\xC3\xBC", DPONE_TYPE_DECIMAL128, 0, 1, 0},
};
#define EVERY_TYPE (sizeof(every_type) / sizeof(every_type[0]))

static void schema_make__describes_every_type(void **state) {
    (void)state;
    static const char *const formats[] = {"b", "i", "l", "g", "u", "z", "tdD", "tsu:UTC", "d:38,9", "d:1,0"};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct ArrowSchema schema;
    assert_int_equal(dpone_schema_make(&schema, every_type, EVERY_TYPE, &error), DPONE_OK);
    assert_string_equal(schema.format, "+s");
    assert_int_equal(schema.n_children, EVERY_TYPE);
    for (size_t i = 0; i < EVERY_TYPE; i++) {
        struct dpone_column column;
        assert_string_equal(schema.children[i]->format, formats[i]);
        assert_int_equal(dpone_schema_column(&schema, (int64_t)i, &column, &error), DPONE_OK);
        assert_string_equal(column.name, every_type[i].name);
        assert_int_equal(column.type, every_type[i].type);
        assert_int_equal(column.nullable, every_type[i].nullable);
        assert_int_equal(column.precision, every_type[i].precision);
        assert_int_equal(column.scale, every_type[i].scale);
    }
    assert_int_equal(dpone_schema_validate(&schema, &error), DPONE_OK);
    schema.release(&schema);
    assert_null(schema.release);
}

static void schema_make__of_no_columns_is_a_schema(void **state) {
    (void)state;
    struct ArrowSchema schema;
    assert_int_equal(dpone_schema_make(&schema, NULL, 0, NULL), DPONE_OK);
    assert_int_equal(dpone_schema_validate(&schema, NULL), DPONE_OK);
    schema.release(&schema);
}

static void schema_make__lets_a_child_be_moved_away(void **state) {
    (void)state;
    struct ArrowSchema schema;
    assert_int_equal(dpone_schema_make(&schema, every_type, EVERY_TYPE, NULL), DPONE_OK);
    struct ArrowSchema child = *schema.children[8];
    schema.children[8]->release = NULL;
    schema.release(&schema);
    assert_string_equal(child.name, "i");
    assert_string_equal(child.format, "d:38,9");
    child.release(&child);
}

static void schema_make__refuses(void **state) {
    (void)state;
    static const struct {
        struct dpone_column columns[2];
        const char *message;
    } cases[] = {
        {{{NULL, 0, 0, 0, 0}}, "column 0 has no name"},
        {{{"", 0, 0, 0, 0}}, "column 0 has no name"},
        {{{"\xFF", 0, 0, 0, 0}}, "column 0: the name is not UTF-8"},
        {{{"a", 9, 0, 0, 0}}, "column \"a\": 9 is no column type"},
        {{{"a", -1, 0, 0, 0}}, "column \"a\": -1 is no column type"},
        {{{"a", DPONE_TYPE_DECIMAL128, 0, 39, 0}},
         "column \"a\": decimal128(39,0) needs a precision from 1 to 38 and a scale from 0 to it"},
        {{{"a", DPONE_TYPE_DECIMAL128, 0, 5, 6}},
         "column \"a\": decimal128(5,6) needs a precision from 1 to 38 and a scale from 0 to it"},
        {{{"a", 0, 0, 0, 0}, {"a", 1, 0, 0, 0}}, "column \"a\" stands twice, at 0 and 1: rename one"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        struct ArrowSchema schema;
        size_t count = cases[i].columns[1].name == NULL ? 1 : 2;
        assert_int_equal(dpone_schema_make(&schema, cases[i].columns, count, &error), DPONE_INVALID_ARGUMENT);
        assert_error(error, DPONE_INVALID_ARGUMENT, cases[i].message);
        assert_null(schema.release);
    }
}

static void schema_copy__is_independent_and_equal(void **state) {
    (void)state;
    struct ArrowSchema schema;
    struct ArrowSchema copy;
    assert_int_equal(dpone_schema_make(&schema, every_type, EVERY_TYPE, NULL), DPONE_OK);
    assert_int_equal(dpone_schema_copy(&copy, &schema, NULL), DPONE_OK);
    assert_true(dpone_schema_equal(&schema, &copy));
    schema.release(&schema);
    assert_int_equal(dpone_schema_find(&copy, dpone_string_of("\xC3\xBC")), 9);
    assert_int_equal(dpone_schema_find(&copy, dpone_string_of("A")), -1);
    copy.release(&copy);
}

static void schema_equal__sees_every_difference(void **state) {
    (void)state;
    static const struct dpone_column changes[] = {{"z", DPONE_TYPE_DECIMAL128, 1, 10, 2},
                                                  {"a", DPONE_TYPE_UTF8, 1, 0, 0},
                                                  {"a", DPONE_TYPE_DECIMAL128, 0, 10, 2},
                                                  {"a", DPONE_TYPE_DECIMAL128, 1, 11, 2},
                                                  {"a", DPONE_TYPE_DECIMAL128, 1, 10, 3}};
    static const struct dpone_column original = {"a", DPONE_TYPE_DECIMAL128, 1, 10, 2};
    struct ArrowSchema left;
    struct ArrowSchema right;
    assert_int_equal(dpone_schema_make(&left, &original, 1, NULL), DPONE_OK);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        assert_int_equal(dpone_schema_make(&right, &changes[i], 1, NULL), DPONE_OK);
        assert_false(dpone_schema_equal(&left, &right));
        right.release(&right);
    }
    assert_int_equal(dpone_schema_make(&right, NULL, 0, NULL), DPONE_OK);
    assert_false(dpone_schema_equal(&left, &right));
    right.release(&right);
    left.release(&left);
}

static void schema_column__refuses_what_is_not_of_the_abi(void **state) {
    (void)state;
    static const char *const formats[] = {"tsu:",    "c",   "d:39,0", "d:10", "d:10,2,256",
                                          "d:10,11", "d:,", "d:1,0x", "",     "+s"};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_column column;
    struct ArrowSchema schema;
    assert_int_equal(dpone_schema_make(&schema, every_type, 1, NULL), DPONE_OK);
    const char *format = schema.children[0]->format;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        char message[128];
        (void)snprintf(
            message, sizeof(message),
            "column \"a\": Arrow format \"%s\" is not of the ABI: see dpone/arrow.h for the ones that are",
            formats[i]);
        schema.children[0]->format = formats[i];
        assert_int_equal(dpone_schema_column(&schema, 0, &column, &error), DPONE_UNSUPPORTED_TYPE);
        assert_error(error, DPONE_UNSUPPORTED_TYPE, message);
    }
    schema.children[0]->format = "d:10,2,128";
    assert_int_equal(dpone_schema_column(&schema, 0, &column, &error), DPONE_OK);
    assert_int_equal(column.precision, 10);
    assert_int_equal(dpone_schema_column(&schema, 1, &column, &error), DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, "column 1: the schema has 1 columns");
    schema.children[0]->format = format;
    schema.release(&schema);
}

static void type_parse__reads_what_type_name_writes(void **state) {
    (void)state;
    int32_t type;
    int32_t precision;
    int32_t scale;
    for (int32_t i = 0; i < DPONE_TYPE_DECIMAL128; i++) {
        assert_int_equal(
            dpone_type_parse(dpone_string_of(dpone_type_name(i)), &type, &precision, &scale, NULL), DPONE_OK);
        assert_int_equal(type, i);
    }
    assert_int_equal(dpone_type_parse(dpone_string_of("decimal128(38,9)"), &type, &precision, &scale, NULL),
                     DPONE_OK);
    assert_int_equal(type, DPONE_TYPE_DECIMAL128);
    assert_int_equal(precision, 38);
    assert_int_equal(scale, 9);
    assert_null(dpone_type_name(DPONE_TYPE_COUNT));
    assert_null(dpone_type_name(-1));
}

static void type_parse__refuses_anything_else(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "int16",
                                        "INT64",
                                        "int64 ",
                                        "decimal128",
                                        "decimal128()",
                                        "decimal128(38)",
                                        "decimal128(39,0)",
                                        "decimal128(3,4)",
                                        "decimal128(0,0)",
                                        "decimal128(3,2) ",
                                        "decimal128(038,2)",
                                        "decimal128(-3,2)"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        int32_t type;
        int32_t precision;
        int32_t scale;
        char message[256];
        (void)snprintf(
            message, sizeof(message),
            "unknown type \"%s\": use bool, int32, int64, float64, utf8, binary, date32, timestamp_us or "
            "decimal128(P,S) with P from 1 to 38 and S from 0 to P",
            texts[i]);
        assert_int_equal(dpone_type_parse(dpone_string_of(texts[i]), &type, &precision, &scale, &error),
                         DPONE_INVALID_ARGUMENT);
        assert_error(error, DPONE_INVALID_ARGUMENT, message);
    }
}

/* A defect put into a good schema, and what is said about it. */
struct defect {
    void (*apply)(struct ArrowSchema *schema);
    int32_t status;
    const char *message;
};

static void defect_format(struct ArrowSchema *schema) {
    schema->format = "l";
}
static void defect_no_format(struct ArrowSchema *schema) {
    schema->format = NULL;
}
static void defect_dictionary(struct ArrowSchema *schema) {
    schema->dictionary = schema->children[0];
}
static void defect_count(struct ArrowSchema *schema) {
    schema->n_children = -1;
}
static void defect_children(struct ArrowSchema *schema) {
    schema->children = NULL;
}
static void defect_child(struct ArrowSchema *schema) {
    schema->children[1] = NULL;
}
static void defect_child_released(struct ArrowSchema *schema) {
    schema->children[1]->release = NULL;
}
static void defect_name(struct ArrowSchema *schema) {
    schema->children[1]->name = NULL;
}
static void defect_name_empty(struct ArrowSchema *schema) {
    schema->children[1]->name = "";
}
static void defect_name_bytes(struct ArrowSchema *schema) {
    schema->children[1]->name = "\xC0\x80";
}
static void defect_name_twice(struct ArrowSchema *schema) {
    schema->children[1]->name = "a";
}
static void defect_nested(struct ArrowSchema *schema) {
    schema->children[1]->n_children = 1;
}
static void defect_flags(struct ArrowSchema *schema) {
    schema->children[1]->flags = 8;
}
static void defect_child_format(struct ArrowSchema *schema) {
    schema->children[1]->format = NULL;
}
static void defect_child_dictionary(struct ArrowSchema *schema) {
    schema->children[1]->dictionary = schema;
}
static void defect_released(struct ArrowSchema *schema) {
    schema->release = NULL;
}

static void schema_validate__finds_every_defect(void **state) {
    (void)state;
    static const struct defect defects[] = {
        {defect_released, DPONE_DATA_CORRUPT, "the schema has been released"},
        {defect_format, DPONE_UNSUPPORTED_TYPE, "the schema's format is \"l\": a batch is a struct, \"+s\""},
        {defect_no_format, DPONE_UNSUPPORTED_TYPE,
         "the schema's format is \"\": a batch is a struct, \"+s\""},
        {defect_dictionary, DPONE_UNSUPPORTED_TYPE, "the schema itself has a dictionary"},
        {defect_count, DPONE_DATA_CORRUPT, "the schema has -1 children"},
        {defect_children, DPONE_DATA_CORRUPT, "the schema has 2 children, but no array of them"},
        {defect_child, DPONE_DATA_CORRUPT, "column 1 of the schema is NULL"},
        {defect_child_released, DPONE_DATA_CORRUPT, "column 1 of the schema has been released"},
        {defect_name, DPONE_DATA_CORRUPT, "column 1 of the schema has no name"},
        {defect_name_empty, DPONE_DATA_CORRUPT, "column 1 of the schema has no name"},
        {defect_name_bytes, DPONE_DATA_CORRUPT, "column 1 of the schema: the name is not UTF-8"},
        {defect_name_twice, DPONE_DATA_CORRUPT, "column \"a\" stands twice in the schema"},
        {defect_nested, DPONE_UNSUPPORTED_TYPE, "column \"b\": nested columns are not of the ABI"},
        {defect_flags, DPONE_DATA_CORRUPT, "column \"b\": flags 8 are not of Arrow"},
        {defect_child_format, DPONE_UNSUPPORTED_TYPE,
         "column \"b\": Arrow format \"\" is not of the ABI: see dpone/arrow.h for the ones that are"},
        {defect_child_dictionary, DPONE_UNSUPPORTED_TYPE,
         "column \"b\": dictionary encoding is not of the ABI: send plain values"},
    };
    for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        struct ArrowSchema good;
        assert_int_equal(dpone_schema_make(&good, every_type, 2, NULL), DPONE_OK);
        struct ArrowSchema children[2] = {*good.children[0], *good.children[1]};
        struct ArrowSchema *pointers[2] = {&children[0], &children[1]};
        struct ArrowSchema bad = good;
        bad.children = pointers;
        defects[i].apply(&bad);
        assert_int_equal(dpone_schema_validate(&bad, &error), defects[i].status);
        assert_error(error, defects[i].status, defects[i].message);
        good.release(&good);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_make__describes_every_type),
        cmocka_unit_test(schema_make__of_no_columns_is_a_schema),
        cmocka_unit_test(schema_make__lets_a_child_be_moved_away),
        cmocka_unit_test(schema_make__refuses),
        cmocka_unit_test(schema_copy__is_independent_and_equal),
        cmocka_unit_test(schema_equal__sees_every_difference),
        cmocka_unit_test(schema_column__refuses_what_is_not_of_the_abi),
        cmocka_unit_test(type_parse__reads_what_type_name_writes),
        cmocka_unit_test(type_parse__refuses_anything_else),
        cmocka_unit_test(schema_validate__finds_every_defect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
