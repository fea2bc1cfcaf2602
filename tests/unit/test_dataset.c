/* The data set and its canonical form: values are a pure function, patterns keep their promises, dumps
 * compare exactly. */
#include "certification/canonical.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct dpone_dataset *narrow_of(uint64_t seed) {
    struct dpone_dataset_spec spec = {.seed = seed};
    struct dpone_dataset *set = NULL;
    spec.columns = dpone_dataset_narrow(&spec.column_count);
    assert_int_equal(dpone_dataset_new(&set, &spec, NULL), DPONE_OK);
    return set;
}

static size_t column_named(const struct dpone_dataset *set, const char *name) {
    size_t count = 0;
    const struct dpone_column *columns = dpone_dataset_columns(set, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(columns[i].name, name) == 0) {
            return i;
        }
    }
    fail_msg("no column %s", name);
    return 0;
}

/* The canonical lines of rows first .. first + count - 1; freed by the caller. */
static char *lines_of(const struct dpone_dataset *set, int64_t count) {
    char *data = NULL;
    size_t size = 0;
    struct dpone_fixture_rows rows = dpone_dataset_rows(set, count);
    FILE *out = open_memstream(&data, &size);
    assert_int_equal(dpone_canonical_dump_rows(out, &rows, NULL), DPONE_OK);
    (void)fclose(out);
    return data;
}

/* The digest of rows as libdpone computes it from batches. */
static void add_batches(struct dpone_digest *digest, const struct dpone_fixture_rows *rows) {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct dpone_batch_view *view = NULL;
    assert_int_equal(dpone_canonical_stream_rows(&stream, rows, 7, NULL), DPONE_OK);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_int_equal(dpone_batch_view_new(&view, &schema, NULL), DPONE_OK);
    for (;;) {
        assert_int_equal(stream.get_next(&stream, &batch), 0);
        if (batch.release == NULL) {
            break;
        }
        assert_int_equal(dpone_batch_view_set(view, &batch, NULL), DPONE_OK);
        assert_int_equal(dpone_digest_add_batch(digest, view, NULL), DPONE_OK);
        batch.release(&batch);
    }
    dpone_batch_view_free(view);
    schema.release(&schema);
    stream.release(&stream);
}

static void dataset_value__depends_on_seed_only(void **state) {
    (void)state;
    struct dpone_dataset *sets[3] = {narrow_of(7), narrow_of(7), narrow_of(8)};
    char *lines[3] = {lines_of(sets[0], 200), lines_of(sets[1], 200), lines_of(sets[2], 200)};
    assert_string_equal(lines[0], lines[1]);
    assert_string_not_equal(lines[0], lines[2]);
    for (size_t i = 0; i < 3; i++) {
        free(lines[i]);
        dpone_dataset_free(sets[i]);
    }
}

/* The rows of seed 1 are part of the reports' reproducibility: a change of the generator must be noticed. */
static void dataset_value__first_row_is_known(void **state) {
    (void)state;
    struct dpone_dataset *set = narrow_of(1);
    char *lines = lines_of(set, 1);
    char *row = strchr(lines, '\n') + 1;
    assert_string_equal(row,
                        "[\"1000\",\"2024-01-01T00:00:00.123201Z\",\"1\",\"east\",\"false\",null,"
                        "\"166248760705611\",\"269421.2734375\",\"r9iGD\",\"2c879f\",\"1987-07-24\","
                        "\"27078702305.8810\",null,null,\"00388\",\"184\",\"[10,{\\\"on\\\":false},null]\","
                        "\" lazy dog and then rests under a tree; the quick brown fox jumps over the \","
                        "\"cafe\xcc\x81\",\"\"]\n");
    free(lines);
    dpone_dataset_free(set);
}

static void dataset_first_row__shifts_the_function(void **state) {
    (void)state;
    char scratch[2][DPONE_FIXTURE_SCRATCH_BYTES];
    struct dpone_dataset_spec spec = {.seed = 3, .first_row = 50};
    struct dpone_dataset *shifted = NULL;
    struct dpone_dataset *plain = narrow_of(3);
    spec.columns = dpone_dataset_narrow(&spec.column_count);
    assert_int_equal(dpone_dataset_new(&shifted, &spec, NULL), DPONE_OK);
    size_t name = column_named(plain, "name");
    for (int64_t row = 0; row < 20; row++) {
        struct dpone_fixture_value left;
        struct dpone_fixture_value right;
        dpone_dataset_value(shifted, row, name, scratch[0], &left);
        dpone_dataset_value(plain, row + 50, name, scratch[1], &right);
        assert_int_equal(left.is_null, right.is_null);
        if (!left.is_null) {
            assert_int_equal(left.as.bytes.size, right.as.bytes.size);
            assert_memory_equal(left.as.bytes.data, right.as.bytes.data, left.as.bytes.size);
        }
    }
    dpone_dataset_free(shifted);
    dpone_dataset_free(plain);
}

static void dataset_cursor__never_decreases_and_ties(void **state) {
    (void)state;
    char scratch[DPONE_FIXTURE_SCRATCH_BYTES];
    struct dpone_dataset *set = narrow_of(11);
    size_t columns[] = {column_named(set, "updated_at"), column_named(set, "seq")};
    for (size_t i = 0; i < 2; i++) {
        int64_t last = INT64_MIN;
        int ties = 0;
        int longest = 1;
        int run = 1;
        for (int64_t row = 0; row < 280; row++) {
            struct dpone_fixture_value value;
            dpone_dataset_value(set, row, columns[i], scratch, &value);
            assert_false(value.is_null);
            assert_true(value.as.integer >= last);
            ties += value.as.integer == last;
            run = value.as.integer == last ? run + 1 : 1;
            longest = run > longest ? run : longest;
            last = value.as.integer;
        }
        assert_int_equal(ties, 280 - 70); /* seven runs in each 28 rows */
        assert_true(longest == 7);
    }
    dpone_dataset_free(set);
}

static void dataset_nulls_first__then_values(void **state) {
    (void)state;
    char scratch[DPONE_FIXTURE_SCRATCH_BYTES];
    struct dpone_dataset *set = narrow_of(5);
    size_t late = column_named(set, "late_value");
    int64_t values = 0;
    for (int64_t row = 0; row < 120; row++) {
        struct dpone_fixture_value value;
        dpone_dataset_value(set, row, late, scratch, &value);
        assert_true(row >= 60 || value.is_null);
        values += !value.is_null;
    }
    assert_true(values > 40);
    dpone_dataset_free(set);
}

static void dataset_narrow__every_column_is_null_or_not_as_declared(void **state) {
    (void)state;
    char scratch[DPONE_FIXTURE_SCRATCH_BYTES];
    struct dpone_dataset *set = narrow_of(2);
    size_t count = 0;
    int types = 0;
    const struct dpone_column *columns = dpone_dataset_columns(set, &count);
    assert_int_equal(count, 20);
    for (size_t i = 0; i < count; i++) {
        int64_t present = 0;
        for (int64_t row = 0; row < 200; row++) {
            struct dpone_fixture_value value;
            dpone_dataset_value(set, row, i, scratch, &value);
            assert_true(columns[i].nullable || !value.is_null);
            present += !value.is_null;
        }
        assert_true(present > 0);
        types |= 1 << columns[i].type;
    }
    assert_int_equal(types, (1 << DPONE_TYPE_COUNT) - 1);
    dpone_dataset_free(set);
}

static void dataset_wide__keeps_the_narrow_columns(void **state) {
    (void)state;
    char scratch[2][DPONE_FIXTURE_SCRATCH_BYTES];
    struct dpone_dataset_column *columns = NULL;
    struct dpone_dataset *wide = NULL;
    struct dpone_dataset *narrow = narrow_of(9);
    assert_int_equal(dpone_dataset_wide(&columns, 120, NULL), DPONE_OK);
    struct dpone_dataset_spec spec = {.seed = 9, .columns = columns, .column_count = 120};
    assert_int_equal(dpone_dataset_new(&wide, &spec, NULL), DPONE_OK);
    assert_string_equal(columns[119].column.name, "wide_0119");
    struct dpone_fixture_value left;
    struct dpone_fixture_value right;
    dpone_dataset_value(wide, 3, 6, scratch[0], &left);
    dpone_dataset_value(narrow, 3, 6, scratch[1], &right);
    assert_int_equal(left.as.integer, right.as.integer);
    dpone_dataset_columns_free(columns, 120);
    dpone_dataset_free(wide);
    dpone_dataset_free(narrow);
}

static void dataset_wide__too_few_columns(void **state) {
    (void)state;
    struct dpone_dataset_column *columns = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_dataset_wide(&columns, 19, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "a wide data set has 20 to 9999 columns, not 19");
}

static int32_t new_with(struct dpone_dataset_column column, struct dpone_error *error) {
    struct dpone_dataset *set = NULL;
    struct dpone_dataset_spec spec = {.columns = &column, .column_count = 1};
    int32_t status = dpone_dataset_new(&set, &spec, error);
    dpone_dataset_free(set);
    return status;
}

static void dataset_new__refuses_what_does_not_fit(void **state) {
    (void)state;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_dataset_column key = {{"k", DPONE_TYPE_BOOL, 0, 0, 0}, DPONE_PATTERN_KEY};
    assert_int_equal(new_with(key, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "data set column \"k\": pattern key does not fit type bool; use mixed");
    struct dpone_dataset_column typeless = {{"t", 77, 0, 0, 0}, DPONE_PATTERN_MIXED};
    assert_int_equal(new_with(typeless, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "data set column \"t\": 77 is no type");
    struct dpone_dataset_column patternless = {{"p", DPONE_TYPE_BOOL, 0, 0, 0}, 99};
    assert_int_equal(new_with(patternless, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "data set column \"p\": 99 is no pattern");
    struct dpone_dataset_column decimal = {{"d", DPONE_TYPE_DECIMAL128, 0, 39, 0}, DPONE_PATTERN_MIXED};
    assert_int_equal(new_with(decimal, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "data set column \"d\": decimal128(39,0) is outside 1..38 and 0..precision");
}

static void dataset_json__there_and_back(void **state) {
    (void)state;
    struct dpone_dataset_spec spec = {.seed = UINT64_MAX, .first_row = 12, .without = 6};
    struct dpone_dataset *original = NULL;
    struct dpone_dataset *copy = NULL;
    spec.columns = dpone_dataset_types(&spec.column_count);
    json_t *json = dpone_dataset_spec_to_json(&spec);
    assert_int_equal(dpone_dataset_new(&original, &spec, NULL), DPONE_OK);
    assert_int_equal(dpone_dataset_from_json(&copy, json, NULL), DPONE_OK);
    char *lines[2] = {lines_of(original, 40), lines_of(copy, 40)};
    assert_string_equal(lines[0], lines[1]);
    free(lines[0]);
    free(lines[1]);
    json_decref(json);
    dpone_dataset_free(original);
    dpone_dataset_free(copy);
}

static void dataset_without__replaces_special_values(void **state) {
    (void)state;
    char scratch[DPONE_FIXTURE_SCRATCH_BYTES];
    for (uint32_t without = 0; without < 2; without++) {
        struct dpone_dataset_spec spec = {.seed = 1, .without = without * ~1u};
        struct dpone_dataset *set = NULL;
        int features = 0;
        spec.columns = dpone_dataset_types(&spec.column_count);
        assert_int_equal(dpone_dataset_new(&set, &spec, NULL), DPONE_OK);
        for (int64_t row = 0; row < 40; row++) {
            for (size_t i = 0; i < spec.column_count; i++) {
                struct dpone_fixture_value value;
                dpone_dataset_value(set, row, i, scratch, &value);
                if (!value.is_null) {
                    features |= 1 << dpone_dataset_feature(&spec.columns[i].column, &value);
                }
            }
        }
        assert_int_equal(features, without ? 1 : (1 << DPONE_FIXTURE_FEATURE_COUNT) - 1);
        dpone_dataset_free(set);
    }
}

/* ---- Canonical ---- */

static void canonical_value__reads_what_it_wrote(void **state) {
    (void)state;
    char scratch[DPONE_FIXTURE_SCRATCH_BYTES];
    struct dpone_dataset_spec spec = {.seed = 4};
    struct dpone_dataset *set = NULL;
    spec.columns = dpone_dataset_types(&spec.column_count);
    assert_int_equal(dpone_dataset_new(&set, &spec, NULL), DPONE_OK);
    for (int64_t row = 0; row < 40; row++) {
        for (size_t i = 0; i < spec.column_count; i++) {
            const struct dpone_column *column = &spec.columns[i].column;
            struct dpone_fixture_value value;
            struct dpone_fixture_value back;
            struct dpone_canonical_text text[2] = {{0}, {0}};
            struct dpone_canonical_text storage = {0};
            dpone_dataset_value(set, row, i, scratch, &value);
            if (value.is_null) {
                continue;
            }
            dpone_canonical_add_value(&text[0], column, &value);
            struct dpone_string view = {text[0].data, text[0].size};
            assert_int_equal(dpone_canonical_read_value(&back, column, view, &storage, NULL), DPONE_OK);
            dpone_canonical_add_value(&text[1], column, &back);
            assert_int_equal(text[0].size, text[1].size);
            assert_memory_equal(text[0].size > 0 ? text[0].data : "", text[1].size > 0 ? text[1].data : "",
                                text[0].size);
            dpone_canonical_text_clear(&text[0]);
            dpone_canonical_text_clear(&text[1]);
            dpone_canonical_text_clear(&storage);
        }
    }
    dpone_dataset_free(set);
}

static void canonical_binary__refuses_other_digits(void **state) {
    (void)state;
    struct dpone_column column = {"b", DPONE_TYPE_BINARY, 1, 0, 0};
    struct dpone_fixture_value value;
    struct dpone_canonical_text storage = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_canonical_read_value(&value, &column, dpone_string_of("00FF"), &storage, &error),
                     DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "byte 2 is no lower-case hexadecimal");
    assert_int_equal(dpone_canonical_read_value(&value, &column, dpone_string_of("00f"), &storage, &error),
                     DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "an odd number of hexadecimal digits");
    dpone_canonical_text_clear(&storage);
}

static void canonical_json_string__has_one_form(void **state) {
    (void)state;
    static const char odd[] = "\"\\/\b\f\n\r\t\x01\x7f\0\xc3\xa9";
    struct dpone_canonical_text text = {0};
    dpone_canonical_text_add_json_string(&text, odd, sizeof(odd) - 1);
    assert_string_equal(text.data, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\\u0000\xc3\xa9\"");
    dpone_canonical_text_clear(&text);
}

/* The whole set through Arrow and back: the same dump, and the digest that a connector computes from batches.
 */
static void canonical_stream__carries_every_value(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    int64_t rows_read = 0;
    struct dpone_digest digest = {{0}};
    struct dpone_digest expected = {{0}};
    struct ArrowArrayStream stream;
    struct dpone_dataset_spec spec = {.seed = 4};
    struct dpone_dataset *set = NULL;
    spec.columns = dpone_dataset_types(&spec.column_count);
    assert_int_equal(dpone_dataset_new(&set, &spec, NULL), DPONE_OK);
    struct dpone_fixture_rows rows = dpone_dataset_rows(set, 45);
    assert_int_equal(dpone_canonical_stream_rows(&stream, &rows, 20, NULL), DPONE_OK);
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(dpone_canonical_dump_stream(out, &stream, &rows_read, &digest, NULL), DPONE_OK);
    (void)fclose(out);
    stream.release(&stream);
    assert_int_equal(rows_read, 45);
    char *lines = lines_of(set, 45);
    assert_string_equal(text, lines);
    add_batches(&expected, &rows);
    assert_memory_equal(&digest, &expected, sizeof(digest));
    free(text);
    free(lines);
    dpone_dataset_free(set);
}

/* ---- Comparing ---- */

#define HEAD                                                                                                 \
    "{\"columns\":[{\"name\":\"id\",\"type\":\"int64\",\"nullable\":false,\"precision\":0,\"scale\":0},"     \
    "{\"name\":\"v\",\"type\":\"utf8\",\"nullable\":true,\"precision\":0,\"scale\":0}]}\n"

static void write_file(char path[64], const char *text) {
    (void)snprintf(path, 64, "/tmp/dpone-dataset-XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
}

static struct dpone_difference compare(const char *expected, const char *observed, int32_t order) {
    char paths[2][64];
    struct dpone_difference difference;
    write_file(paths[0], expected);
    write_file(paths[1], observed);
    assert_int_equal(dpone_canonical_compare(&difference, paths[0], paths[1], order, NULL), DPONE_OK);
    unlink(paths[0]);
    unlink(paths[1]);
    return difference;
}

static void canonical_compare__any_order_is_equal(void **state) {
    (void)state;
    const char *left = HEAD "[\"1\",\"a\"]\n[\"2\",null]\n[\"1\",\"a\"]\n";
    const char *right = HEAD "[\"1\",\"a\"]\n[\"1\",\"a\"]\n[\"2\",null]\n";
    struct dpone_difference difference = compare(left, right, DPONE_COMPARE_AS_MULTISET);
    assert_true(difference.equal);
    assert_int_equal(difference.expected_rows, 3);
    difference = compare(left, right, DPONE_COMPARE_IN_ORDER);
    assert_false(difference.equal);
    assert_string_equal(difference.where, "row 1 (first column \"2\"), column \"id\"");
}

static void canonical_compare__names_the_column(void **state) {
    (void)state;
    struct dpone_difference difference =
        compare(HEAD "[\"1\",\"a\"]\n[\"2\",\"b\"]\n", HEAD "[\"2\",\"c\"]\n[\"1\",\"a\"]\n",
                DPONE_COMPARE_AS_MULTISET);
    assert_string_equal(difference.where, "row 1 (first column \"2\"), column \"v\"");
    assert_string_equal(difference.expected, "\"b\"");
    assert_string_equal(difference.observed, "\"c\"");
    assert_int_equal(difference.missing_rows, 1);
    assert_int_equal(difference.surplus_rows, 1);
}

static void canonical_compare__counts_duplicates(void **state) {
    (void)state;
    struct dpone_difference difference =
        compare(HEAD "[\"1\",\"a\"]\n", HEAD "[\"1\",\"a\"]\n[\"1\",\"a\"]\n", DPONE_COMPARE_AS_MULTISET);
    assert_string_equal(difference.expected, "(no such row)");
    assert_string_equal(difference.observed, "[\"1\",\"a\"]");
    assert_int_equal(difference.surplus_rows, 1);
    difference = compare(HEAD "[\"1\",\"a\"]\n", HEAD, DPONE_COMPARE_AS_MULTISET);
    assert_string_equal(difference.where, "row 0");
    assert_string_equal(difference.observed, "(no such row)");
    assert_int_equal(difference.missing_rows, 1);
}

static void canonical_compare__null_is_not_empty(void **state) {
    (void)state;
    struct dpone_difference difference =
        compare(HEAD "[\"1\",null]\n", HEAD "[\"1\",\"\"]\n", DPONE_COMPARE_AS_MULTISET);
    assert_string_equal(difference.expected, "null");
    assert_string_equal(difference.observed, "\"\"");
}

static void canonical_compare__columns_differ(void **state) {
    (void)state;
    static const char other[] =
        "{\"columns\":[{\"name\":\"id\",\"type\":\"int64\",\"nullable\":true,\"precision\":0,\"scale\":0},"
        "{\"name\":\"v\",\"type\":\"int32\",\"nullable\":true,\"precision\":0,\"scale\":0}]}\n";
    struct dpone_difference difference = compare(HEAD, other, DPONE_COMPARE_AS_MULTISET);
    assert_string_equal(difference.where, "column 1 \"v\"");
    assert_string_equal(difference.expected, "utf8 \"v\"");
    assert_string_equal(difference.observed, "int32 \"v\"");
}

static void canonical_compare__nullability_when_asked(void **state) {
    (void)state;
    static const char other[] =
        "{\"columns\":[{\"name\":\"id\",\"type\":\"int64\",\"nullable\":true,\"precision\":0,\"scale\":0},"
        "{\"name\":\"v\",\"type\":\"utf8\",\"nullable\":true,\"precision\":0,\"scale\":0}]}\n";
    assert_true(compare(HEAD, other, DPONE_COMPARE_AS_MULTISET).equal);
    struct dpone_difference difference = compare(HEAD, other, DPONE_COMPARE_NULLABLE);
    assert_string_equal(difference.expected, "int64 \"id\" not null");
    assert_string_equal(difference.observed, "int64 \"id\"");
}

static void canonical_compare__refuses_half_a_dump(void **state) {
    (void)state;
    char path[64];
    char message[256];
    struct dpone_difference difference;
    struct dpone_error error = DPONE_ERROR_INIT;
    write_file(path, HEAD "[\"1\",\"a\"]");
    assert_int_equal(dpone_canonical_compare(&difference, path, path, 0, &error), DPONE_DATA_CORRUPT);
    (void)snprintf(message, sizeof(message), "%s: no complete dump of canonical rows", path);
    assert_string_equal(error.message, message);
    unlink(path);
    assert_int_equal(dpone_canonical_compare(&difference, path, path, 0, &error), DPONE_IO);
    (void)snprintf(message, sizeof(message), "%s: No such file or directory", path);
    assert_string_equal(error.message, message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dataset_value__depends_on_seed_only),
        cmocka_unit_test(dataset_value__first_row_is_known),
        cmocka_unit_test(dataset_first_row__shifts_the_function),
        cmocka_unit_test(dataset_cursor__never_decreases_and_ties),
        cmocka_unit_test(dataset_nulls_first__then_values),
        cmocka_unit_test(dataset_narrow__every_column_is_null_or_not_as_declared),
        cmocka_unit_test(dataset_wide__keeps_the_narrow_columns),
        cmocka_unit_test(dataset_wide__too_few_columns),
        cmocka_unit_test(dataset_new__refuses_what_does_not_fit),
        cmocka_unit_test(dataset_json__there_and_back),
        cmocka_unit_test(dataset_without__replaces_special_values),
        cmocka_unit_test(canonical_value__reads_what_it_wrote),
        cmocka_unit_test(canonical_binary__refuses_other_digits),
        cmocka_unit_test(canonical_json_string__has_one_form),
        cmocka_unit_test(canonical_stream__carries_every_value),
        cmocka_unit_test(canonical_compare__any_order_is_equal),
        cmocka_unit_test(canonical_compare__names_the_column),
        cmocka_unit_test(canonical_compare__counts_duplicates),
        cmocka_unit_test(canonical_compare__null_is_not_empty),
        cmocka_unit_test(canonical_compare__columns_differ),
        cmocka_unit_test(canonical_compare__nullability_when_asked),
        cmocka_unit_test(canonical_compare__refuses_half_a_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
