/* The batch validator: every seeded defect is found with its place, and nothing good is refused. */
#include "support.h"

#include <stdio.h>

#include <dpone/batch_builder.h>
#include <dpone/validate.h>

enum { NUMBER, TEXT, BLOB, DECIMAL, REQUIRED, COLUMNS };
#define ROWS 200

static const struct dpone_column columns[COLUMNS] = {{"number", DPONE_TYPE_INT64, 1, 0, 0},
                                                     {"text", DPONE_TYPE_UTF8, 1, 0, 0},
                                                     {"blob", DPONE_TYPE_BINARY, 1, 0, 0},
                                                     {"decimal", DPONE_TYPE_DECIMAL128, 1, 5, 2},
                                                     {"required", DPONE_TYPE_UTF8, 0, 0, 0}};

struct fixture {
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct dpone_error error;
};

/* A batch that is right in every respect, with NULLs and characters of every length. */
static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct dpone_batch_builder *builder = NULL;
    assert_int_equal(dpone_schema_make(&fixture->schema, columns, COLUMNS, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_new(&builder, &fixture->schema, NULL), DPONE_OK);
    for (int64_t row = 0; row < ROWS; row++) {
        static const char *const texts[] = {"plain", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", ""};
        const uint8_t decimal[16] = {(uint8_t)row, 0x01};
        const char *text = texts[row % 5];
        if (row % 4 != 0) {
            dpone_batch_append_int64(builder, NUMBER, row);
            dpone_batch_append_utf8(builder, TEXT, text, strlen(text));
            dpone_batch_append_binary(builder, BLOB, "\xFF\xFE", (size_t)(row % 3));
            dpone_batch_append_decimal128(builder, DECIMAL, decimal);
        }
        dpone_batch_append_utf8(builder, REQUIRED, "0123456789", 10);
        assert_int_equal(dpone_batch_end_row(builder, NULL), DPONE_OK);
    }
    assert_int_equal(dpone_batch_builder_finish(builder, &fixture->batch, NULL), DPONE_OK);
    dpone_batch_builder_free(builder);
    fixture->error = (struct dpone_error)DPONE_ERROR_INIT;
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    fixture->batch.release(&fixture->batch);
    fixture->schema.release(&fixture->schema);
    free(fixture);
    return 0;
}

static void expect_good(struct fixture *fixture) {
    assert_int_equal(dpone_batch_validate(&fixture->schema, &fixture->batch, &fixture->error), DPONE_OK);
}

static void expect_corrupt(struct fixture *fixture, const char *message) {
    assert_int_equal(dpone_batch_validate(&fixture->schema, &fixture->batch, &fixture->error),
                     DPONE_DATA_CORRUPT);
    assert_error(fixture->error, DPONE_DATA_CORRUPT, message);
}

/* The writable side of a buffer. */
static void *buffer_of(struct fixture *fixture, int64_t column, int64_t buffer) {
    return (void *)fixture->batch.children[column]->buffers[buffer];
}

static void validate__accepts_what_is_right(void **state) {
    struct fixture *fixture = *state;
    expect_good(fixture);
    fixture->batch.children[NUMBER]->null_count = -1;
    fixture->batch.null_count = -1;
    expect_good(fixture);
}

static void validate__accepts_a_slice(void **state) {
    struct fixture *fixture = *state;
    int64_t counts[COLUMNS];
    for (int64_t i = 0; i < COLUMNS; i++) {
        counts[i] = fixture->batch.children[i]->null_count;
        fixture->batch.children[i]->offset = 3;
        fixture->batch.children[i]->length = 101;
        fixture->batch.children[i]->null_count = i == REQUIRED ? 0 : 25;
    }
    fixture->batch.length = 101;
    expect_good(fixture);
    fixture->batch.children[TEXT]->null_count = 26;
    expect_corrupt(fixture, "column \"text\": null_count is 26, its validity buffer says 25");
    for (int64_t i = 0; i < COLUMNS; i++)
        fixture->batch.children[i]->null_count = counts[i];
}

static void validate__finds_a_byte_that_is_not_utf8(void **state) {
    struct fixture *fixture = *state;
    const int32_t *offsets = buffer_of(fixture, TEXT, 1);
    ((uint8_t *)buffer_of(fixture, TEXT, 2))[offsets[7] + 1] = 0x41;
    expect_corrupt(fixture, "column \"text\", row 7: byte 0 (0xe2) of 3 is not UTF-8");
}

static void validate__finds_a_character_cut_by_an_offset(void **state) {
    struct fixture *fixture = *state;
    ((int32_t *)buffer_of(fixture, TEXT, 1))[7]++;
    expect_corrupt(fixture, "column \"text\", row 6: byte 2 (0xe2) of 3 is not UTF-8");
}

static void validate__lets_any_bytes_stand_behind_a_null(void **state) {
    struct fixture *fixture = *state;
    int32_t *offsets = buffer_of(fixture, TEXT, 1);
    uint8_t *bits = buffer_of(fixture, TEXT, 0);
    ((uint8_t *)buffer_of(fixture, TEXT, 2))[offsets[7]] = 0xFF;
    bits[0] &= (uint8_t) ~(1 << 7);
    fixture->batch.children[TEXT]->null_count++;
    expect_good(fixture);
}

static void validate__finds_a_wrong_null_count(void **state) {
    struct fixture *fixture = *state;
    fixture->batch.children[NUMBER]->null_count = 49;
    expect_corrupt(fixture, "column \"number\": null_count is 49, its validity buffer says 50");
    fixture->batch.children[NUMBER]->null_count = 201;
    expect_corrupt(fixture, "column \"number\": null_count 201 is not between -1 and its 200 rows");
    fixture->batch.children[NUMBER]->null_count = -2;
    expect_corrupt(fixture, "column \"number\": null_count -2 is not between -1 and its 200 rows");
}

static void validate__finds_a_null_where_none_may_be(void **state) {
    struct fixture *fixture = *state;
    static uint64_t bits[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    bits[2] = ~(UINT64_C(1) << 9);
    fixture->batch.children[REQUIRED]->buffers[0] = bits;
    fixture->batch.children[REQUIRED]->null_count = 1;
    expect_corrupt(fixture, "column \"required\", row 137: NULL, though the column is not nullable");
}

static void validate__finds_a_decimal_out_of_range(void **state) {
    struct fixture *fixture = *state;
    uint8_t *values = buffer_of(fixture, DECIMAL, 1);
    const size_t width = 16;
    values[width * 9 + 2] = 0x0F;
    expect_corrupt(fixture, "column \"decimal\", row 9: 9833.05 has more digits than decimal128(5,2)");
    memset(values + width * 9, 0, 16);
    values[width * 8 + 15] = 0x80; /* row 8 is NULL */
    expect_good(fixture);
    memset(values + width * 5, 0, 16);
    values[width * 5 + 15] = 0x80;
    expect_corrupt(fixture, "column \"decimal\", row 5: -1701411834604692317316873037158841057.28 has more "
                            "digits than decimal128(5,2)");
}

static void validate__finds_offsets_that_decrease(void **state) {
    struct fixture *fixture = *state;
    int32_t *offsets = buffer_of(fixture, REQUIRED, 1);
    offsets[100] = 2000000000;
    expect_corrupt(fixture,
                   "column \"required\", row 100: ends at offset 1010, before its start at 2000000000");
    offsets[100] = -5;
    expect_corrupt(fixture, "column \"required\", row 99: ends at offset -5, before its start at 990");
    offsets[100] = 1000;
    offsets[0] = -1;
    expect_corrupt(fixture, "column \"required\", row 0: offset -1 is below 0");
}

static void validate__finds_missing_buffers(void **state) {
    struct fixture *fixture = *state;
    struct ArrowArray *number = fixture->batch.children[NUMBER];
    struct ArrowArray *text = fixture->batch.children[TEXT];
    const void *kept = number->buffers[0];
    number->buffers[0] = NULL;
    expect_corrupt(fixture, "column \"number\": null_count is 50, but the validity buffer is missing");
    number->buffers[0] = kept;
    kept = number->buffers[1];
    number->buffers[1] = NULL;
    expect_corrupt(fixture, "column \"number\": the values buffer is missing, though there are rows");
    number->buffers[1] = kept;
    kept = text->buffers[2];
    text->buffers[2] = NULL;
    expect_corrupt(fixture, "column \"text\": the data buffer is missing, though the offsets end at 420");
    text->buffers[2] = kept;
    const void **buffers = text->buffers;
    text->buffers = NULL;
    expect_corrupt(fixture, "column \"text\": buffers is NULL");
    text->buffers = buffers;
    text->n_buffers = 2;
    expect_corrupt(fixture, "column \"text\": expected 3 buffers, found 2");
}

static void validate__finds_unaligned_buffers(void **state) {
    struct fixture *fixture = *state;
    static const char *const names[] = {"validity", "offsets", "data"};
    struct ArrowArray *text = fixture->batch.children[TEXT];
    for (int i = 0; i < 3; i++) {
        char message[96];
        const void *kept = text->buffers[i];
        (void)snprintf(message, sizeof(message), "column \"text\": the %s buffer is not aligned to 8 bytes",
                       names[i]);
        text->buffers[i] = (const uint8_t *)kept + 4;
        expect_corrupt(fixture, message);
        text->buffers[i] = kept;
    }
    fixture->batch.children[NUMBER]->buffers[1] =
        (const uint8_t *)fixture->batch.children[NUMBER]->buffers[1] + 1;
    expect_corrupt(fixture, "column \"number\": the values buffer is not aligned to 8 bytes");
}

static void validate__finds_wrong_children(void **state) {
    struct fixture *fixture = *state;
    struct ArrowArray *number = fixture->batch.children[NUMBER];
    number->n_children = 1;
    expect_corrupt(fixture, "column \"number\": expected 0 children, found 1");
    number->n_children = 0;
    number->dictionary = fixture->batch.children[TEXT];
    expect_corrupt(fixture, "column \"number\": expected plain values, found dictionary indices");
    number->dictionary = NULL;
    void (*release)(struct ArrowArray *) = number->release;
    number->release = NULL;
    expect_corrupt(fixture, "column \"number\" has been released");
    number->release = release;
    number->length = ROWS - 1;
    expect_corrupt(fixture, "column \"number\": expected 200 rows as in its batch, found 199");
    number->length = ROWS;
    number->offset = -1;
    expect_corrupt(fixture, "column \"number\": offset -1 is out of range");
}

static void validate__finds_a_wrong_struct(void **state) {
    struct fixture *fixture = *state;
    struct ArrowArray good = fixture->batch;
    struct ArrowArray *children[COLUMNS] = {good.children[0], NULL, good.children[2], good.children[3],
                                            good.children[4]};
    static const uint64_t null_row[4] = {UINT64_MAX - 4, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    const void *validity[1] = {null_row};
    fixture->batch.release = NULL;
    expect_corrupt(fixture, "the batch has been released");
    fixture->batch = good;
    fixture->batch.length = -1;
    expect_corrupt(fixture, "the batch: expected a length from 0 to 2^58, found -1");
    fixture->batch = good;
    fixture->batch.offset = 1;
    expect_corrupt(fixture, "the batch: expected offset 0, found 1");
    fixture->batch = good;
    fixture->batch.n_buffers = 0;
    expect_corrupt(fixture, "the batch: expected 1 buffer, found 0");
    fixture->batch = good;
    fixture->batch.n_children = COLUMNS + 1;
    expect_corrupt(fixture, "the batch: expected 5 children as in its schema, found 6");
    fixture->batch = good;
    fixture->batch.buffers = NULL;
    expect_corrupt(fixture, "the batch: expected buffers, found NULL");
    fixture->batch = good;
    fixture->batch.children = NULL;
    expect_corrupt(fixture, "the batch: expected children, found NULL");
    fixture->batch = good;
    fixture->batch.children = children;
    expect_corrupt(fixture, "the batch: child 1 is NULL");
    fixture->batch = good;
    fixture->batch.dictionary = good.children[0];
    expect_corrupt(fixture, "the batch: expected no dictionary, found one");
    fixture->batch = good;
    fixture->batch.null_count = 3;
    expect_corrupt(fixture, "the batch: expected no NULL rows, found 3");
    fixture->batch = good;
    fixture->batch.null_count = -2;
    expect_corrupt(fixture, "the batch: expected no NULL rows, found -2");
    fixture->batch = good;
    fixture->batch.buffers = validity;
    expect_corrupt(fixture, "the batch: expected no NULL rows, found 1");
    fixture->batch = good;
}

/* Offsets are proven first: data behind a wrong one must not be touched, here the page behind the buffer. */
static void validate__reads_nothing_before_it_is_proven(void **state) {
    struct fixture *fixture = *state;
    struct ArrowArray *required = fixture->batch.children[REQUIRED];
    const void *kept = required->buffers[2];
    const size_t bytes = (size_t)10 * ROWS;
    uint8_t *guarded = support_guarded(bytes);
    memset(guarded, 'x', bytes);
    required->buffers[2] = guarded;
    expect_good(fixture);
    ((int32_t *)buffer_of(fixture, REQUIRED, 1))[150] = INT32_MAX;
    expect_corrupt(fixture,
                   "column \"required\", row 150: ends at offset 1510, before its start at 2147483647");
    ((int32_t *)buffer_of(fixture, REQUIRED, 1))[150] = 1500;
    required->buffers[2] = kept;
    support_guarded_free(guarded, bytes);
}

static void utf8__accepts_exactly_the_shortest_forms(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t valid;
    } cases[] = {{"", 0},
                 {"abc", 3},
                 {"\xC2\x80\xDF\xBF", 4},
                 {"\xE0\xA0\x80\xEF\xBF\xBF", 6},
                 {"\xED\x9F\xBF\xEE\x80\x80", 6},
                 {"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 8},
                 {"a\x80", 1},
                 {"a\xC0\x80", 1},
                 {"a\xC1\xBF", 1},
                 {"a\xC3", 1},
                 {"a\xC3z", 1},
                 {"a\xE0\x9F\xBF", 1},
                 {"a\xE2\x82", 1},
                 {"a\xE2\x82z", 1},
                 {"a\xED\xA0\x80", 1},
                 {"a\xF0\x8F\xBF\xBF", 1},
                 {"a\xF0\x9F\x98", 1},
                 {"a\xF4\x90\x80\x80", 1},
                 {"a\xF5\x80\x80\x80", 1},
                 {"a\xFF", 1},
                 {"0123456789abcdef0123456789abcdef0123456789abcdef\xFFz", 48},
                 {"\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC"
                  "\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3",
                  34}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(dpone_utf8_valid_prefix(cases[i].text, strlen(cases[i].text)), cases[i].valid);
}

#define VALIDATE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        VALIDATE_TEST(validate__accepts_what_is_right),
        VALIDATE_TEST(validate__accepts_a_slice),
        VALIDATE_TEST(validate__finds_a_byte_that_is_not_utf8),
        VALIDATE_TEST(validate__finds_a_character_cut_by_an_offset),
        VALIDATE_TEST(validate__lets_any_bytes_stand_behind_a_null),
        VALIDATE_TEST(validate__finds_a_wrong_null_count),
        VALIDATE_TEST(validate__finds_a_null_where_none_may_be),
        VALIDATE_TEST(validate__finds_a_decimal_out_of_range),
        VALIDATE_TEST(validate__finds_offsets_that_decrease),
        VALIDATE_TEST(validate__finds_missing_buffers),
        VALIDATE_TEST(validate__finds_unaligned_buffers),
        VALIDATE_TEST(validate__finds_wrong_children),
        VALIDATE_TEST(validate__finds_a_wrong_struct),
        VALIDATE_TEST(validate__reads_nothing_before_it_is_proven),
        cmocka_unit_test(utf8__accepts_exactly_the_shortest_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
