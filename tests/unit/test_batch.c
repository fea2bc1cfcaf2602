/* The batch builder: rows, whole columns, failures that leave the batch valid, and buffers that come back. */
#include "support.h"

#include <pthread.h>

#include <dpone/batch_builder.h>
#include <dpone/batch_view.h>
#include <dpone/validate.h>

enum { BOOL, INT32, INT64, FLOAT64, UTF8, BINARY, DATE32, TIMESTAMP, DECIMAL, REQUIRED, COLUMNS };

static const struct dpone_column columns[COLUMNS] = {
    {"bool", DPONE_TYPE_BOOL, 1, 0, 0},          {"int32", DPONE_TYPE_INT32, 1, 0, 0},
    {"int64", DPONE_TYPE_INT64, 1, 0, 0},        {"float64", DPONE_TYPE_FLOAT64, 1, 0, 0},
    {"utf8", DPONE_TYPE_UTF8, 1, 0, 0},          {"binary", DPONE_TYPE_BINARY, 1, 0, 0},
    {"date32", DPONE_TYPE_DATE32, 1, 0, 0},      {"timestamp", DPONE_TYPE_TIMESTAMP_US, 1, 0, 0},
    {"decimal", DPONE_TYPE_DECIMAL128, 1, 5, 2}, {"required", DPONE_TYPE_INT64, 0, 0, 0}};

struct fixture {
    struct ArrowSchema schema;
    struct dpone_batch_builder *builder;
    struct dpone_batch_view *view;
    struct ArrowArray batch;
    struct dpone_error error;
};

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_int_equal(dpone_schema_make(&fixture->schema, columns, COLUMNS, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_new(&fixture->builder, &fixture->schema, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_new(&fixture->view, &fixture->schema, NULL), DPONE_OK);
    fixture->error = (struct dpone_error)DPONE_ERROR_INIT;
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    if (fixture->batch.release != NULL)
        fixture->batch.release(&fixture->batch);
    dpone_batch_view_free(fixture->view);
    dpone_batch_builder_free(fixture->builder);
    fixture->schema.release(&fixture->schema);
    free(fixture);
    return 0;
}

/* Finishes, validates in full, and points the view at the batch. */
static void finish(struct fixture *fixture, int64_t rows) {
    if (fixture->batch.release != NULL)
        fixture->batch.release(&fixture->batch);
    assert_int_equal(dpone_batch_builder_finish(fixture->builder, &fixture->batch, &fixture->error),
                     DPONE_OK);
    assert_int_equal(dpone_batch_validate(&fixture->schema, &fixture->batch, &fixture->error), DPONE_OK);
    assert_int_equal(dpone_batch_view_set(fixture->view, &fixture->batch, &fixture->error), DPONE_OK);
    assert_int_equal(fixture->view->rows, rows);
    assert_int_equal(dpone_batch_builder_rows(fixture->builder), 0);
    assert_int_equal(dpone_batch_builder_bytes(fixture->builder), 0);
}

static void append_required(struct fixture *fixture, int64_t value) {
    dpone_batch_append_int64(fixture->builder, REQUIRED, value);
}

static void end_row(struct fixture *fixture) {
    assert_int_equal(dpone_batch_end_row(fixture->builder, &fixture->error), DPONE_OK);
}

static void builder_rows__keep_every_type(void **state) {
    struct fixture *fixture = *state;
    struct dpone_batch_builder *builder = fixture->builder;
    const uint8_t decimal[16] = {0x85, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    append_required(fixture, 1);
    end_row(fixture);
    dpone_batch_append_bool(builder, BOOL, 2);
    dpone_batch_append_int32(builder, INT32, -5);
    dpone_batch_append_int64(builder, INT64, INT64_MIN);
    dpone_batch_append_float64(builder, FLOAT64, 0.5);
    dpone_batch_append_utf8(builder, UTF8, "\xE2\x82\xAC", 3);
    dpone_batch_append_binary(builder, BINARY, "\0\xFF", 2);
    dpone_batch_append_int32(builder, DATE32, -1);
    dpone_batch_append_int64(builder, TIMESTAMP, 77);
    dpone_batch_append_decimal128(builder, DECIMAL, decimal);
    append_required(fixture, 2);
    end_row(fixture);
    assert_int_equal(dpone_batch_builder_rows(builder), 2);
    finish(fixture, 2);
    const struct dpone_column_view *views = fixture->view->columns;
    for (int64_t i = 0; i < REQUIRED; i++) {
        assert_true(dpone_view_is_null(&views[i], 0));
        assert_false(dpone_view_is_null(&views[i], 1));
        assert_int_equal(views[i].null_count, 1);
    }
    assert_int_equal(dpone_view_bool(&views[BOOL], 1), 1);
    assert_int_equal(dpone_view_int32(&views[INT32], 1), -5);
    assert_true(dpone_view_int64(&views[INT64], 1) == INT64_MIN);
    assert_true(dpone_view_float64(&views[FLOAT64], 1) == 0.5);
    assert_true(dpone_string_equal(dpone_view_utf8(&views[UTF8], 1), dpone_string_of("\xE2\x82\xAC")));
    assert_int_equal(dpone_view_bytes(&views[BINARY], 1).size, 2);
    assert_int_equal(dpone_view_int32(&views[DATE32], 1), -1);
    assert_int_equal(dpone_view_int64(&views[TIMESTAMP], 1), 77);
    assert_memory_equal(dpone_view_decimal128(&views[DECIMAL], 1), decimal, 16);
    assert_null(views[REQUIRED].validity);
}

static void builder_rows__grow_far_beyond_the_first_room(void **state) {
    struct fixture *fixture = *state;
    for (int64_t row = 0; row < 20000; row++) {
        dpone_batch_append_bool(fixture->builder, BOOL, row % 3 == 0);
        if (row % 7 != 0)
            dpone_batch_append_int64(fixture->builder, INT64, row);
        dpone_batch_append_utf8(fixture->builder, UTF8, "abcdefghij", (size_t)(row % 11));
        append_required(fixture, row);
        end_row(fixture);
    }
    finish(fixture, 20000);
    for (int64_t row = 0; row < 20000; row++) {
        assert_int_equal(dpone_view_bool(&fixture->view->columns[BOOL], row), row % 3 == 0);
        assert_int_equal(dpone_view_is_null(&fixture->view->columns[INT64], row), row % 7 == 0);
        assert_int_equal(dpone_view_utf8(&fixture->view->columns[UTF8], row).size, row % 11);
        assert_int_equal(dpone_view_int64(&fixture->view->columns[REQUIRED], row), row);
    }
}

static void builder_finish__of_no_rows_is_an_empty_batch(void **state) {
    struct fixture *fixture = *state;
    finish(fixture, 0);
    for (int64_t i = 0; i < COLUMNS; i++)
        for (int64_t k = 1; k < fixture->batch.children[i]->n_buffers; k++)
            assert_non_null(fixture->batch.children[i]->buffers[k]);
}

static void builder_finish__drops_a_row_not_ended(void **state) {
    struct fixture *fixture = *state;
    append_required(fixture, 1);
    end_row(fixture);
    append_required(fixture, 2);
    dpone_batch_append_utf8(fixture->builder, UTF8, "lost", 4);
    finish(fixture, 1);
    assert_int_equal(dpone_view_utf8(&fixture->view->columns[UTF8], 0).size, 0);
}

static void builder_finish__aligns_every_buffer_as_arrow_advises(void **state) {
    struct fixture *fixture = *state;
    append_required(fixture, 1);
    end_row(fixture);
    finish(fixture, 1);
    for (int64_t i = 0; i < COLUMNS; i++)
        for (int64_t k = 0; k < fixture->batch.children[i]->n_buffers; k++)
            assert_int_equal((uintptr_t)fixture->batch.children[i]->buffers[k] % 64, 0);
}

static void builder_finish__lets_a_column_be_moved_away(void **state) {
    struct fixture *fixture = *state;
    append_required(fixture, 42);
    end_row(fixture);
    finish(fixture, 1);
    struct ArrowArray column = *fixture->batch.children[REQUIRED];
    fixture->batch.children[REQUIRED]->release = NULL;
    fixture->batch.release(&fixture->batch);
    assert_null(fixture->batch.release);
    dpone_batch_builder_free(fixture->builder);
    fixture->builder = NULL;
    assert_int_equal(((const int64_t *)column.buffers[1])[0], 42);
    column.release(&column);
    assert_null(column.release);
}

/* A row that fails: what it appended, and the words. */
static void expect_row_failure(struct fixture *fixture, int32_t status, const char *message) {
    int64_t rows = dpone_batch_builder_rows(fixture->builder);
    assert_int_equal(dpone_batch_end_row(fixture->builder, &fixture->error), status);
    assert_error(fixture->error, status, message);
    assert_int_equal(dpone_batch_builder_rows(fixture->builder), rows);
    append_required(fixture, rows);
    end_row(fixture);
}

static void builder_rows__report_the_first_failure_and_drop_the_row(void **state) {
    struct fixture *fixture = *state;
    struct dpone_batch_builder *builder = fixture->builder;
    const uint8_t big[16] = {0xA0, 0x86, 0x01};
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"required\" is not nullable, and row 0 is NULL");
    dpone_batch_append_null(builder, REQUIRED);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"required\" is not nullable, and row 1 is NULL");
    dpone_batch_append_int64(builder, COLUMNS, 1);
    dpone_batch_append_int64(builder, UTF8, 1);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT, "column 10: the batch has 10 columns");
    dpone_batch_append_int64(builder, -1, 1);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT, "column -1: the batch has 10 columns");
    dpone_batch_append_utf8(builder, INT64, "1", 1);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT, "column \"int64\" is int64: it takes no utf8 value");
    dpone_batch_append_bool(builder, DECIMAL, 1);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"decimal\" is decimal128(5,2): it takes no bool value");
    dpone_batch_append_int32(builder, INT64, 1);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT, "column \"int64\" is int64: it takes no int32 value");
    dpone_batch_append_int64(builder, FLOAT64, 1);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"float64\" is float64: it takes no int64 value");
    dpone_batch_append_float64(builder, INT64, 1);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"int64\" is int64: it takes no float64 value");
    dpone_batch_append_binary(builder, UTF8, "x", 1);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT, "column \"utf8\" is utf8: it takes no binary value");
    dpone_batch_append_decimal128(builder, BINARY, big);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"binary\" is binary: it takes no decimal128 value");
    dpone_batch_append_int64(builder, INT64, 1);
    dpone_batch_append_int64(builder, INT64, 2);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT, "column \"int64\" has a value in this row already");
    dpone_batch_append_int64(builder, INT32, INT64_C(2147483648));
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"int32\": 2147483648 does not fit into int32");
    dpone_batch_append_int64(builder, DATE32, INT64_C(-2147483649));
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"date32\": -2147483649 does not fit into date32");
    dpone_batch_append_utf8(builder, UTF8, "ab\xC3(", 4);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT, "column \"utf8\", row 14: byte 2 of 4 is not UTF-8");
    dpone_batch_append_decimal128(builder, DECIMAL, big);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"decimal\": 1000.00 does not fit into decimal128(5,2)");
    dpone_batch_append_text(builder, INT64, "1.5", 3);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"int64\": \"1.5\" is not the text of a value of type int64");
    dpone_batch_append_text(builder, BINARY, "abc", 3);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"binary\": \"abc\" is not the text of a value of type binary");
    dpone_batch_append_text(builder, BINARY, "0G", 2);
    expect_row_failure(fixture, DPONE_INVALID_ARGUMENT,
                       "column \"binary\": \"0G\" is not the text of a value of type binary");
    finish(fixture, 19);
}

static void builder_rows__undo_the_nulls_and_bytes_of_a_dropped_row(void **state) {
    struct fixture *fixture = *state;
    append_required(fixture, 0);
    dpone_batch_append_int64(fixture->builder, INT64, 10);
    end_row(fixture);
    dpone_batch_append_null(fixture->builder, INT64);
    dpone_batch_append_utf8(fixture->builder, UTF8, "dropped", 7);
    dpone_batch_append_bool(fixture->builder, BOOL, 1);
    assert_int_equal(dpone_batch_end_row(fixture->builder, NULL), DPONE_INVALID_ARGUMENT);
    append_required(fixture, 1);
    dpone_batch_append_int64(fixture->builder, INT64, 11);
    dpone_batch_append_utf8(fixture->builder, UTF8, "kept", 4);
    dpone_batch_append_bool(fixture->builder, BOOL, 0);
    end_row(fixture);
    finish(fixture, 2);
    assert_null(fixture->view->columns[INT64].validity);
    assert_int_equal(dpone_view_int64(&fixture->view->columns[INT64], 1), 11);
    assert_true(
        dpone_string_equal(dpone_view_utf8(&fixture->view->columns[UTF8], 1), dpone_string_of("kept")));
    assert_int_equal(dpone_view_bool(&fixture->view->columns[BOOL], 1), 0);
    assert_int_equal(((const int32_t *)fixture->batch.children[UTF8]->buffers[1])[2], 4);
}

static void builder_reserve__makes_room_and_refuses_nonsense(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(dpone_batch_builder_reserve(fixture->builder, 1000, 5000, &fixture->error), DPONE_OK);
    assert_int_equal(dpone_batch_builder_reserve(fixture->builder, -1, 0, &fixture->error),
                     DPONE_INVALID_ARGUMENT);
    assert_error(fixture->error, DPONE_INVALID_ARGUMENT,
                 "a batch cannot reserve -1 rows and 0 bytes: both are 0 to 2147483647");
    append_required(fixture, 1);
    end_row(fixture);
    finish(fixture, 1);
}

static void builder_bytes__counts_what_is_held(void **state) {
    struct fixture *fixture = *state;
    append_required(fixture, 1);
    dpone_batch_append_utf8(fixture->builder, UTF8, "abc", 3);
    end_row(fixture);
    /* bool 1+1, int32 4+1, int64 8+1, float64 8+1, utf8 4+3, binary 4+1, date32 4+1, timestamp 8+1, decimal
     * 16+1, required 8 */
    assert_in_range(dpone_batch_builder_bytes(fixture->builder), 72, 80);
}

static void builder_columns__keep_every_type(void **state) {
    struct fixture *fixture = *state;
    struct dpone_batch_builder *builder = fixture->builder;
    static const uint8_t validity[5] = {1, 0, 1, 1, 0};
    static const uint8_t bools[5] = {1, 1, 0, 9, 1};
    static const int32_t narrow[5] = {1, 2, 3, 4, 5};
    static const int64_t wide[5] = {10, 20, 30, 40, 50};
    static const double floats[5] = {1.5, 2.5, 3.5, 4.5, 5.5};
    static const int32_t offsets[6] = {2, 3, 5, 5, 8, 9};
    static const char bytes[] = "__a\xC3\x28"
                                "\xC3\xBC"
                                "cd";
    static const uint8_t decimals[5][16] = {{1}, {0xFF, 0xFF, 0xFF}, {3}, {4}, {5}};
    for (int pass = 0; pass < 2; pass++) {
        assert_int_equal(dpone_batch_append_column(builder, BOOL, bools, validity, 5, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_append_column(builder, INT32, narrow, validity, 5, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_append_column(builder, INT64, wide, NULL, 5, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_append_column(builder, FLOAT64, floats, validity, 5, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_append_column_bytes(builder, UTF8, bytes, offsets, validity, 5, NULL),
                         DPONE_OK);
        assert_int_equal(dpone_batch_append_column_bytes(builder, BINARY, bytes, offsets, NULL, 5, NULL),
                         DPONE_OK);
        assert_int_equal(dpone_batch_append_column(builder, DATE32, narrow, validity, 5, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_append_column(builder, TIMESTAMP, wide, validity, 5, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_append_column(builder, DECIMAL, decimals, validity, 5, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_builder_rows(builder), 5 * pass);
        assert_int_equal(dpone_batch_append_column(builder, REQUIRED, wide, NULL, 5, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_builder_rows(builder), 5 * pass + 5);
    }
    append_required(fixture, 99);
    end_row(fixture);
    finish(fixture, 11);
    const struct dpone_column_view *views = fixture->view->columns;
    for (int64_t row = 0; row < 10; row++) {
        int64_t i = row % 5;
        assert_int_equal(dpone_view_is_null(&views[INT32], row), !validity[i]);
        assert_int_equal(dpone_view_bool(&views[BOOL], row), validity[i] && bools[i]);
        assert_int_equal(dpone_view_int32(&views[INT32], row), validity[i] ? narrow[i] : 0);
        assert_int_equal(dpone_view_int64(&views[INT64], row), wide[i]);
        assert_int_equal(dpone_view_utf8(&views[UTF8], row).size,
                         validity[i] ? offsets[i + 1] - offsets[i] : 0);
        assert_int_equal(dpone_view_bytes(&views[BINARY], row).size, offsets[i + 1] - offsets[i]);
        assert_memory_equal(dpone_view_bytes(&views[BINARY], row).data, bytes + offsets[i],
                            (size_t)(offsets[i + 1] - offsets[i]));
    }
    assert_true(dpone_string_equal(dpone_view_utf8(&views[UTF8], 8), (struct dpone_string){"\xC3\xBC"
                                                                                           "c",
                                                                                           3}));
    assert_int_equal(dpone_view_int64(&views[REQUIRED], 10), 99);
}

static void expect_column_failure(struct fixture *fixture, int32_t status, int32_t expected,
                                  const char *message) {
    assert_int_equal(status, expected);
    assert_error(fixture->error, expected, message);
}

static void builder_columns__refuse_and_stay_as_they_were(void **state) {
    struct fixture *fixture = *state;
    struct dpone_batch_builder *builder = fixture->builder;
    struct dpone_error *error = &fixture->error;
    static const int64_t wide[3] = {1, 2, 3};
    static const uint8_t validity[3] = {1, 1, 0};
    static const int32_t decreasing[4] = {0, 2, 1, 3};
    static const int32_t negative[4] = {-1, 0, 1, 2};
    static const int32_t splitting[3] = {0, 1, 2};
    static const uint8_t decimals[2][16] = {{0}, {0xA0, 0x86, 0x01}};
    expect_column_failure(fixture, dpone_batch_append_column(builder, COLUMNS, wide, NULL, 3, error),
                          DPONE_INVALID_ARGUMENT, "column 10: the batch has 10 columns");
    expect_column_failure(fixture, dpone_batch_append_column(builder, INT64, wide, NULL, -1, error),
                          DPONE_INVALID_ARGUMENT, "column \"int64\": -1 rows cannot be appended");
    expect_column_failure(fixture, dpone_batch_append_column(builder, UTF8, wide, NULL, 3, error),
                          DPONE_INVALID_ARGUMENT,
                          "column \"utf8\" is utf8: use dpone_batch_append_column_bytes()");
    expect_column_failure(
        fixture, dpone_batch_append_column_bytes(builder, INT64, "abc", decreasing, NULL, 3, error),
        DPONE_INVALID_ARGUMENT, "column \"int64\" is int64: use dpone_batch_append_column()");
    expect_column_failure(fixture, dpone_batch_append_column(builder, REQUIRED, wide, validity, 3, error),
                          DPONE_INVALID_ARGUMENT, "column \"required\" is not nullable, and row 2 is NULL");
    expect_column_failure(fixture, dpone_batch_append_column(builder, DECIMAL, decimals, NULL, 2, error),
                          DPONE_INVALID_ARGUMENT,
                          "column \"decimal\", row 1: more digits than decimal128(5,2)");
    expect_column_failure(fixture,
                          dpone_batch_append_column_bytes(builder, BINARY, "abc", decreasing, NULL, 3, error),
                          DPONE_INVALID_ARGUMENT,
                          "column \"binary\", row 1: offsets must begin at 0 or above and never decrease");
    expect_column_failure(fixture,
                          dpone_batch_append_column_bytes(builder, BINARY, "abc", negative, NULL, 3, error),
                          DPONE_INVALID_ARGUMENT,
                          "column \"binary\", row 0: offsets must begin at 0 or above and never decrease");
    expect_column_failure(
        fixture, dpone_batch_append_column_bytes(builder, UTF8, "\xC3\xBC", splitting, NULL, 2, error),
        DPONE_INVALID_ARGUMENT, "column \"utf8\", row 0: not UTF-8");
    append_required(fixture, 1);
    expect_column_failure(fixture, dpone_batch_append_column(builder, INT64, wide, NULL, 3, error),
                          DPONE_INVALID_STATE,
                          "column \"int64\": end the row that is under construction first");
    end_row(fixture);
    finish(fixture, 1);
}

static void builder_columns__must_be_even_before_a_row_or_finish(void **state) {
    struct fixture *fixture = *state;
    static const int64_t wide[3] = {1, 2, 3};
    assert_int_equal(dpone_batch_append_column(fixture->builder, REQUIRED, wide, NULL, 3, NULL), DPONE_OK);
    append_required(fixture, 4);
    assert_int_equal(dpone_batch_end_row(fixture->builder, &fixture->error), DPONE_INVALID_STATE);
    assert_error(fixture->error, DPONE_INVALID_STATE,
                 "column \"required\": give every column the same number of rows before the next row");
    assert_int_equal(dpone_batch_end_row(fixture->builder, &fixture->error), DPONE_INVALID_STATE);
    assert_error(fixture->error, DPONE_INVALID_STATE,
                 "column \"bool\": give every column the same number of rows before the next row");
    assert_int_equal(dpone_batch_builder_finish(fixture->builder, &fixture->batch, &fixture->error),
                     DPONE_INVALID_STATE);
    assert_error(
        fixture->error, DPONE_INVALID_STATE,
        "column \"required\" has 3 rows, another 0: give every column the same number before finish");
    assert_null(fixture->batch.release);
}

static void builder_text__reads_every_type(void **state) {
    struct fixture *fixture = *state;
    static const char *const texts[COLUMNS] = {
        "true",  "7", "8", "1e3", "\xC3\xA9", "00Ff", "1970-01-02", "1970-01-01T00:00:00.000005Z",
        "-0.01", "3"};
    for (int64_t i = 0; i < COLUMNS; i++)
        if (i != BINARY)
            dpone_batch_append_text(fixture->builder, i, texts[i], strlen(texts[i]));
    dpone_batch_append_text(fixture->builder, BINARY, "00ff", 4);
    end_row(fixture);
    finish(fixture, 1);
    assert_int_equal(dpone_view_bool(&fixture->view->columns[BOOL], 0), 1);
    assert_true(dpone_view_float64(&fixture->view->columns[FLOAT64], 0) == 1000.0);
    assert_int_equal(dpone_view_int32(&fixture->view->columns[DATE32], 0), 1);
    assert_int_equal(dpone_view_int64(&fixture->view->columns[TIMESTAMP], 0), 5);
    assert_memory_equal(dpone_view_bytes(&fixture->view->columns[BINARY], 0).data, "\0\xFF", 2);
    assert_int_equal(dpone_view_decimal128(&fixture->view->columns[DECIMAL], 0)[0], 0xFF);
}

/* A released batch lends its buffers to the next one, which must not see the old content. */
static void builder_reuse__starts_clean(void **state) {
    struct fixture *fixture = *state;
    for (int round = 0; round < 3; round++) {
        for (int64_t row = 0; row < 300; row++) {
            dpone_batch_append_bool(fixture->builder, BOOL, round != 1);
            if ((row + round) % 2 == 0)
                dpone_batch_append_utf8(fixture->builder, UTF8, "text", 4);
            append_required(fixture, row);
            end_row(fixture);
        }
        finish(fixture, 300);
        for (int64_t row = 0; row < 300; row++) {
            assert_int_equal(dpone_view_bool(&fixture->view->columns[BOOL], row), round != 1);
            assert_int_equal(dpone_view_is_null(&fixture->view->columns[UTF8], row), (row + round) % 2);
        }
        const void *values = fixture->batch.children[REQUIRED]->buffers[1];
        fixture->batch.release(&fixture->batch);
        append_required(fixture, 1);
        end_row(fixture);
        finish(fixture, 1);
        assert_ptr_equal(fixture->batch.children[REQUIRED]->buffers[1], values);
    }
}

static void builder_reuse__leaves_batches_in_other_hands_alone(void **state) {
    struct fixture *fixture = *state;
    struct ArrowArray batches[4];
    for (int64_t i = 0; i < 4; i++) {
        append_required(fixture, i);
        end_row(fixture);
        assert_int_equal(dpone_batch_builder_finish(fixture->builder, &batches[i], NULL), DPONE_OK);
    }
    dpone_batch_builder_free(fixture->builder);
    fixture->builder = NULL;
    for (int64_t i = 0; i < 4; i++) {
        assert_int_equal(((const int64_t *)batches[i].children[REQUIRED]->buffers[1])[0], i);
        batches[i].release(&batches[i]);
    }
}

static void *release_elsewhere(void *batch) {
    struct ArrowArray *array = batch;
    array->release(array);
    return NULL;
}

static void builder_reuse__takes_buffers_back_from_other_threads(void **state) {
    struct fixture *fixture = *state;
    struct ArrowArray batches[8];
    pthread_t threads[8];
    for (int round = 0; round < 50; round++) {
        int64_t slot = round % 8;
        if (round >= 8)
            pthread_join(threads[slot], NULL);
        append_required(fixture, round);
        end_row(fixture);
        assert_int_equal(dpone_batch_builder_finish(fixture->builder, &batches[slot], NULL), DPONE_OK);
        assert_int_equal(pthread_create(&threads[slot], NULL, release_elsewhere, &batches[slot]), 0);
    }
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
}

static void builder_new__refuses_what_is_not_of_the_abi(void **state) {
    struct fixture *fixture = *state;
    struct dpone_batch_builder *builder = NULL;
    struct ArrowSchema child = *fixture->schema.children[0];
    struct ArrowSchema *children[1] = {&child};
    struct ArrowSchema schema = fixture->schema;
    schema.n_children = 1;
    schema.children = children;
    child.format = "e";
    assert_int_equal(dpone_batch_builder_new(&builder, &schema, &fixture->error), DPONE_UNSUPPORTED_TYPE);
    assert_error(
        fixture->error, DPONE_UNSUPPORTED_TYPE,
        "column \"bool\": Arrow format \"e\" is not of the ABI: see dpone/arrow.h for the ones that are");
    assert_null(builder);
}

#define BUILDER_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(builder_rows__keep_every_type),
        BUILDER_TEST(builder_rows__grow_far_beyond_the_first_room),
        BUILDER_TEST(builder_finish__of_no_rows_is_an_empty_batch),
        BUILDER_TEST(builder_finish__drops_a_row_not_ended),
        BUILDER_TEST(builder_finish__aligns_every_buffer_as_arrow_advises),
        BUILDER_TEST(builder_finish__lets_a_column_be_moved_away),
        BUILDER_TEST(builder_rows__report_the_first_failure_and_drop_the_row),
        BUILDER_TEST(builder_rows__undo_the_nulls_and_bytes_of_a_dropped_row),
        BUILDER_TEST(builder_reserve__makes_room_and_refuses_nonsense),
        BUILDER_TEST(builder_bytes__counts_what_is_held),
        BUILDER_TEST(builder_columns__keep_every_type),
        BUILDER_TEST(builder_columns__refuse_and_stay_as_they_were),
        BUILDER_TEST(builder_columns__must_be_even_before_a_row_or_finish),
        BUILDER_TEST(builder_text__reads_every_type),
        BUILDER_TEST(builder_reuse__starts_clean),
        BUILDER_TEST(builder_reuse__leaves_batches_in_other_hands_alone),
        BUILDER_TEST(builder_reuse__takes_buffers_back_from_other_threads),
        BUILDER_TEST(builder_new__refuses_what_is_not_of_the_abi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
