/* Canonical texts: one spelling per value, exact both ways, in any locale. */
#include "support.h"

#include <float.h>
#include <locale.h>
#include <stdio.h>

#include <dpone/batch_builder.h>
#include <dpone/value_text.h>

static struct dpone_column column_of(int32_t type, int32_t precision, int32_t scale) {
    struct dpone_column column = {"c", type, 1, precision, scale};
    return column;
}

/* The value writes as `text`, and `text` reads back to the same bytes. */
static void expect_text(struct dpone_column column, const void *value, size_t size, const char *text) {
    char out[DPONE_VALUE_TEXT_BYTES];
    uint8_t back[16] = {0};
    assert_int_equal(dpone_value_text_write(out, &column, value), strlen(text));
    assert_string_equal(out, text);
    assert_int_equal(dpone_value_text_read(back, &column, dpone_string_of(text), NULL), DPONE_OK);
    assert_memory_equal(back, value, size);
}

static void expect_refused(struct dpone_column column, const char *text) {
    uint8_t value[16];
    assert_int_equal(dpone_value_text_read(value, &column, dpone_string_of(text), NULL),
                     DPONE_INVALID_ARGUMENT);
}

static void value_text_bool__has_two_words(void **state) {
    (void)state;
    struct dpone_column column = column_of(DPONE_TYPE_BOOL, 0, 0);
    expect_text(column, &(int32_t){1}, 4, "true");
    expect_text(column, &(int32_t){0}, 4, "false");
    expect_refused(column, "True");
    expect_refused(column, "1");
    expect_refused(column, "");
}

static void value_text_integer__reaches_both_ends(void **state) {
    (void)state;
    struct dpone_column narrow = column_of(DPONE_TYPE_INT32, 0, 0);
    struct dpone_column wide = column_of(DPONE_TYPE_INT64, 0, 0);
    expect_text(narrow, &(int32_t){INT32_MIN}, 4, "-2147483648");
    expect_text(narrow, &(int32_t){INT32_MAX}, 4, "2147483647");
    expect_text(wide, &(int64_t){INT64_MIN}, 8, "-9223372036854775808");
    expect_text(wide, &(int64_t){INT64_MAX}, 8, "9223372036854775807");
    expect_text(wide, &(int64_t){0}, 8, "0");
    expect_text(wide, &(int64_t){-10}, 8, "-10");
}

static void value_text_integer__refuses_other_spellings(void **state) {
    (void)state;
    static const char *const texts[] = {"", "-", "+1", "01", "-0", "-01", " 1", "1 ", "1.0", "1e3", "0x1"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        expect_refused(column_of(DPONE_TYPE_INT32, 0, 0), texts[i]);
        expect_refused(column_of(DPONE_TYPE_INT64, 0, 0), texts[i]);
    }
    expect_refused(column_of(DPONE_TYPE_INT32, 0, 0), "2147483648");
    expect_refused(column_of(DPONE_TYPE_INT32, 0, 0), "-2147483649");
    expect_refused(column_of(DPONE_TYPE_INT64, 0, 0), "9223372036854775808");
    expect_refused(column_of(DPONE_TYPE_INT64, 0, 0), "-9223372036854775809");
    expect_refused(column_of(DPONE_TYPE_INT64, 0, 0), "99999999999999999999");
}

/* Pairs whose texts any shortest-digits printer agrees on. */
static void check_floats(void) {
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1.0, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3.0, "0.3333333333333333"},
        {100000.0, "100000"},
        {123456789012345678.0, "1.2345678901234568e+17"},
        {1e15, "1000000000000000"},
        {1e16, "10000000000000000"},
        {12345678901234567.0, "12345678901234568"},
        {1e17, "1e+17"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {0.00001, "1e-05"},
        {1.5e-7, "1.5e-07"},
        {1e100, "1e+100"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {4.9406564584124654e-324, "5e-324"},
        {2.2250738585072009e-308, "2.225073858507201e-308"},
        {5.684341886080801486968994140625e-14, "5.684341886080802e-14"}, /* 2^-44: denser below than above */
        {9007199254740993.0, "9007199254740992"},
        {2251799813685248.5, "2251799813685248.5"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_text(column_of(DPONE_TYPE_FLOAT64, 0, 0), &cases[i].value, 8, cases[i].text);
}

static void value_text_float__is_the_shortest(void **state) {
    (void)state;
    check_floats();
}

static void value_text_float__names_what_is_not_finite(void **state) {
    (void)state;
    struct dpone_column column = column_of(DPONE_TYPE_FLOAT64, 0, 0);
    static const uint64_t infinity = UINT64_C(0x7FF0000000000000);
    static const uint64_t minus_infinity = UINT64_C(0xFFF0000000000000);
    static const uint64_t nan = UINT64_C(0x7FF8000000000000);
    expect_text(column, &infinity, 8, "Infinity");
    expect_text(column, &minus_infinity, 8, "-Infinity");
    expect_text(column, &nan, 8, "NaN");
}

static void value_text_float__reads_any_decimal_form(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"1e3", 1000},  {"1E+3", 1000},
                 {"+2.50", 2.5}, {".5", 0.5},
                 {"5.", 5},      {"0005", 5},
                 {"1e-400", 0},  {"123456789012345678901234567890e-10", 12345678901234567890.123456789}};
    struct dpone_column column = column_of(DPONE_TYPE_FLOAT64, 0, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double value;
        assert_int_equal(dpone_value_text_read(&value, &column, dpone_string_of(cases[i].text), NULL),
                         DPONE_OK);
        assert_true(value == cases[i].value);
    }
}

static void value_text_float__refuses_other_forms(void **state) {
    (void)state;
    static const char *const texts[] = {"",     ".",   "-",     "e5",    "1e",       "1e+",
                                        "0x10", "inf", "nan",   "-NaN",  "infinity", "1,5",
                                        " 1",   "1 ",  "1.5.2", "1e999", "--1",      "1_000"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_refused(column_of(DPONE_TYPE_FLOAT64, 0, 0), texts[i]);
    char text[1400];
    memset(text, '1', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    expect_refused(column_of(DPONE_TYPE_FLOAT64, 0, 0), text);
}

/* Doubles of every exponent with pseudo-random fractions come back bit by bit, and one digit less does not.
 */
static void value_text_float__round_trips(void **state) {
    (void)state;
    struct dpone_column column = column_of(DPONE_TYPE_FLOAT64, 0, 0);
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint64_t bits = i % 2 == 0 ? random : random & UINT64_C(0xFFF0000000000FFF);
        if ((bits >> 52 & 0x7FF) == 0x7FF)
            continue;
        char text[DPONE_VALUE_TEXT_BYTES];
        uint64_t back;
        size_t size = dpone_value_text_write(text, &column, &bits);
        struct dpone_string view = {text, size};
        assert_int_equal(dpone_value_text_read(&back, &column, view, NULL), DPONE_OK);
        assert_true(back == bits);
    }
}

/* A locale with a decimal comma, made on the spot; 0 where the machine cannot. */
static int enter_comma_locale(char directory[64]) {
    char command[256];
    (void)snprintf(directory, 64, "/tmp/dpone-locale-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return 0;
    (void)snprintf(command, sizeof(command), "localedef -i de_DE -f UTF-8 %s/comma.UTF-8 >/dev/null 2>&1",
                   directory);
    int made = system(command) == 0 && setenv("LOCPATH", directory, 1) == 0;
    return made && setlocale(LC_ALL, "comma.UTF-8") != NULL;
}

static void value_text_float__ignores_the_locale(void **state) {
    (void)state;
    char directory[64];
    char command[128];
    int entered = enter_comma_locale(directory);
    if (entered) {
        char text[8];
        (void)snprintf(text, sizeof(text), "%.1f", 1.5);
        assert_string_equal(text, "1,5");
        check_floats();
        expect_refused(column_of(DPONE_TYPE_FLOAT64, 0, 0), "1,5");
    }
    (void)setlocale(LC_ALL, "C");
    (void)snprintf(command, sizeof(command), "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
    if (!entered)
        skip();
}

static void value_text_date__follows_the_gregorian_calendar(void **state) {
    (void)state;
    static const struct {
        int32_t days;
        const char *text;
    } cases[] = {{0, "1970-01-01"},
                 {-1, "1969-12-31"},
                 {11016, "2000-02-29"},
                 {-719528, "0000-01-01"},
                 {-719529, "-0001-12-31"},
                 {2932896, "9999-12-31"},
                 {2932897, "+10000-01-01"},
                 {-25508, "1900-03-01"},
                 {INT32_MAX, "+5881580-07-11"},
                 {INT32_MIN, "-5877641-06-23"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_text(column_of(DPONE_TYPE_DATE32, 0, 0), &cases[i].days, 4, cases[i].text);
}

static void value_text_date__refuses_what_no_calendar_has(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "1970-1-1",
                                        "1970-00-01",
                                        "1970-13-01",
                                        "1970-01-00",
                                        "1970-01-32",
                                        "1970-02-29",
                                        "1900-02-29",
                                        "2001-04-31",
                                        "70-01-01",
                                        "10000-01-01",
                                        "+9999-01-01",
                                        "-0000-01-01",
                                        "+010000-01-01",
                                        "1970-01-01T",
                                        "1970/01/01",
                                        "+5881580-07-12",
                                        "-5877641-06-22"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_refused(column_of(DPONE_TYPE_DATE32, 0, 0), texts[i]);
}

static void value_text_timestamp__keeps_every_microsecond(void **state) {
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {{0, "1970-01-01T00:00:00.000000Z"},
                 {-1, "1969-12-31T23:59:59.999999Z"},
                 {1704067199123456, "2023-12-31T23:59:59.123456Z"},
                 {-62135596800000000, "0001-01-01T00:00:00.000000Z"},
                 {INT64_MAX, "+294247-01-10T04:00:54.775807Z"},
                 {INT64_MIN, "-290308-12-21T19:59:05.224192Z"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_text(column_of(DPONE_TYPE_TIMESTAMP_US, 0, 0), &cases[i].us, 8, cases[i].text);
}

static void value_text_timestamp__refuses_other_forms(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "1970-01-01",
                                        "1970-01-01T00:00:00Z",
                                        "1970-01-01T00:00:00.000000",
                                        "1970-01-01 00:00:00.000000Z",
                                        "1970-01-01T24:00:00.000000Z",
                                        "1970-01-01T00:60:00.000000Z",
                                        "1970-01-01T00:00:60.000000Z",
                                        "1970-01-01T00:00:00.0000000Z",
                                        "1970-01-01T00:00:00.000000+00:00",
                                        "+294247-01-10T04:00:54.775808Z",
                                        "-290308-12-21T19:59:05.224191Z"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_refused(column_of(DPONE_TYPE_TIMESTAMP_US, 0, 0), texts[i]);
}

/* A decimal from a small number. */
static void decimal_of(uint8_t out[16], int64_t value) {
    for (int i = 0; i < 16; i++)
        out[i] = (uint8_t)(i < 8 ? (uint64_t)value >> (8 * i) : value < 0 ? 0xFF : 0);
}

static void value_text_decimal__shows_exactly_its_scale(void **state) {
    (void)state;
    static const struct {
        int64_t value;
        int32_t precision;
        int32_t scale;
        const char *text;
    } cases[] = {{0, 10, 0, "0"},
                 {0, 10, 2, "0.00"},
                 {5, 10, 2, "0.05"},
                 {-5, 10, 2, "-0.05"},
                 {12345, 10, 2, "123.45"},
                 {-12345, 5, 0, "-12345"},
                 {123, 3, 3, "0.123"},
                 {1000000000, 38, 9, "1.000000000"},
                 {INT64_MIN, 38, 0, "-9223372036854775808"},
                 {1, 38, 38, "0.00000000000000000000000000000000000001"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t value[16];
        decimal_of(value, cases[i].value);
        expect_text(column_of(DPONE_TYPE_DECIMAL128, cases[i].precision, cases[i].scale), value, 16,
                    cases[i].text);
    }
}

static void value_text_decimal__holds_38_digits(void **state) {
    (void)state;
    static const char *const texts[] = {"99999999999999999999999999999999999999",
                                        "-99999999999999999999999999999999999999",
                                        "-12345678901234567890.123456789012345678"};
    static const int32_t scales[] = {0, 0, 18};
    for (size_t i = 0; i < 3; i++) {
        struct dpone_column column = column_of(DPONE_TYPE_DECIMAL128, 38, scales[i]);
        uint8_t value[16];
        char out[DPONE_VALUE_TEXT_BYTES];
        assert_int_equal(dpone_value_text_read(value, &column, dpone_string_of(texts[i]), NULL), DPONE_OK);
        dpone_value_text_write(out, &column, value);
        assert_string_equal(out, texts[i]);
    }
}

static void value_text_decimal__refuses_what_does_not_fit(void **state) {
    (void)state;
    static const char *const texts[] = {"",        "-",     "1",     "1.0",  "1.000", ".50", "01.00",
                                        "1000.00", "-0.00", "+1.00", "1,00", "1.0x",  "1e2", "1.00 "};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_refused(column_of(DPONE_TYPE_DECIMAL128, 5, 2), texts[i]);
}

static void value_text_read__names_text_and_type(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_column column = column_of(DPONE_TYPE_DECIMAL128, 5, 2);
    uint8_t value[16];
    dpone_value_text_read(value, &column, dpone_string_of("1,5"), &error);
    assert_error(error, DPONE_INVALID_ARGUMENT, "\"1,5\" is not the text of a value of type decimal128(5,2)");
    column = column_of(DPONE_TYPE_INT64, 0, 0);
    dpone_value_text_read(value, &column,
                          dpone_string_of("a234567890b234567890c234567890d234567890e234567890"), &error);
    assert_error(error, DPONE_INVALID_ARGUMENT,
                 "\"a234567890b234567890c234567890d234567890\" is not the text of a value of type int64");
    column = column_of(DPONE_TYPE_UTF8, 0, 0);
    assert_int_equal(dpone_value_text_read(value, &column, dpone_string_of("x"), &error),
                     DPONE_INVALID_ARGUMENT);
    char out[DPONE_VALUE_TEXT_BYTES];
    assert_int_equal(dpone_value_text_write(out, &column, "x"), 0);
}

static void value_text_read__refuses_a_view_of_nothing(void **state) {
    (void)state;
    const struct dpone_string nothing = {NULL, 0};
    for (int32_t type = 0; type < DPONE_TYPE_COUNT; type++) {
        struct dpone_column column = column_of(type, 5, 2);
        uint8_t value[16];
        assert_int_equal(dpone_value_text_read(value, &column, nothing, NULL), DPONE_INVALID_ARGUMENT);
    }
}

/* Joins texts with bars. */
static int32_t join(void *context, const char *data, size_t size) {
    char *out = context;
    size_t length = strlen(out);
    memcpy(out + length, data, size);
    out[length + size] = '|';
    out[length + size + 1] = '\0';
    return DPONE_OK;
}

static int32_t refuse(void *context, const char *data, size_t size) {
    (void)context;
    (void)data;
    (void)size;
    return DPONE_IO;
}

static void value_text_of_view__writes_every_type(void **state) {
    (void)state;
    static const struct dpone_column columns[] = {
        {"a", DPONE_TYPE_BOOL, 1, 0, 0},      {"b", DPONE_TYPE_INT32, 1, 0, 0},
        {"c", DPONE_TYPE_INT64, 1, 0, 0},     {"d", DPONE_TYPE_FLOAT64, 1, 0, 0},
        {"e", DPONE_TYPE_UTF8, 1, 0, 0},      {"f", DPONE_TYPE_BINARY, 1, 0, 0},
        {"g", DPONE_TYPE_DATE32, 1, 0, 0},    {"h", DPONE_TYPE_TIMESTAMP_US, 1, 0, 0},
        {"i", DPONE_TYPE_DECIMAL128, 1, 9, 2}};
    static const char *const texts[] = {
        "true", "-7", "8", "2.5", "\xC3\xBC", "00ff10", "2020-02-29", "2020-02-29T12:00:00.000001Z", "-1.25"};
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct dpone_batch_builder *builder = NULL;
    struct dpone_batch_view *view = NULL;
    assert_int_equal(dpone_schema_make(&schema, columns, 9, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_new(&builder, &schema, NULL), DPONE_OK);
    for (int64_t i = 0; i < 9; i++)
        dpone_batch_append_text(builder, i, texts[i], strlen(texts[i]));
    assert_int_equal(dpone_batch_end_row(builder, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_finish(builder, &batch, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_new(&view, &schema, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_set(view, &batch, NULL), DPONE_OK);
    char joined[256] = "";
    for (int64_t i = 0; i < 9; i++)
        assert_int_equal(dpone_value_text_of_view(&view->columns[i], 0, join, joined), DPONE_OK);
    assert_string_equal(joined,
                        "true|-7|8|2.5|\xC3\xBC|00ff10|2020-02-29|2020-02-29T12:00:00.000001Z|-1.25|");
    assert_int_equal(dpone_value_text_of_view(&view->columns[0], 0, refuse, NULL), DPONE_IO);
    dpone_batch_view_free(view);
    batch.release(&batch);
    dpone_batch_builder_free(builder);
    schema.release(&schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_text_bool__has_two_words),
        cmocka_unit_test(value_text_integer__reaches_both_ends),
        cmocka_unit_test(value_text_integer__refuses_other_spellings),
        cmocka_unit_test(value_text_float__is_the_shortest),
        cmocka_unit_test(value_text_float__names_what_is_not_finite),
        cmocka_unit_test(value_text_float__reads_any_decimal_form),
        cmocka_unit_test(value_text_float__refuses_other_forms),
        cmocka_unit_test(value_text_float__round_trips),
        cmocka_unit_test(value_text_float__ignores_the_locale),
        cmocka_unit_test(value_text_date__follows_the_gregorian_calendar),
        cmocka_unit_test(value_text_date__refuses_what_no_calendar_has),
        cmocka_unit_test(value_text_timestamp__keeps_every_microsecond),
        cmocka_unit_test(value_text_timestamp__refuses_other_forms),
        cmocka_unit_test(value_text_decimal__shows_exactly_its_scale),
        cmocka_unit_test(value_text_decimal__holds_38_digits),
        cmocka_unit_test(value_text_decimal__refuses_what_does_not_fit),
        cmocka_unit_test(value_text_read__names_text_and_type),
        cmocka_unit_test(value_text_read__refuses_a_view_of_nothing),
        cmocka_unit_test(value_text_of_view__writes_every_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
