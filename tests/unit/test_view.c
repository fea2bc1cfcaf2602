/* The batch view: offsets applied, and shapes that are refused before anything is read. */
#include "support.h"

#include <dpone/batch_view.h>

static void never_called(struct ArrowArray *array) {
    array->release = NULL;
}

/* A batch over buffers of the test's own, rows 2.. of longer columns. */
struct fixture {
    struct ArrowSchema schema;
    struct dpone_batch_view *view;
    struct ArrowArray batch;
    struct ArrowArray columns[3];
    struct ArrowArray *children[3];
    const void *no_buffers[1];
    const void *int_buffers[2];
    const void *bool_buffers[2];
    const void *text_buffers[3];
    struct dpone_error error;
};

/* Aligned to 8 bytes each. */
static const uint64_t validity_bits[1] = {0x1B}; /* 1 1 0 1 1 0 */
static const uint64_t bool_bits[1] = {0x2A};     /* 0 1 0 1 0 1 */
static const int64_t numbers[6] = {0, 1, 2, 3, 4, 5};
static const union {
    int32_t offsets[8];
    int64_t alignment;
} text_offsets = {{0, 1, 1, 3, 6, 6, 7, 0}};
static const uint64_t text_data[1] = {UINT64_C(0x0067666564636261)}; /* abcdefg on little endian */

static const struct dpone_column columns[] = {
    {"n", DPONE_TYPE_INT64, 1, 0, 0}, {"b", DPONE_TYPE_BOOL, 1, 0, 0}, {"t", DPONE_TYPE_UTF8, 1, 0, 0}};

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_int_equal(dpone_schema_make(&fixture->schema, columns, 3, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_new(&fixture->view, &fixture->schema, NULL), DPONE_OK);
    fixture->int_buffers[0] = validity_bits;
    fixture->int_buffers[1] = numbers;
    fixture->bool_buffers[1] = bool_bits;
    fixture->text_buffers[1] = text_offsets.offsets;
    fixture->text_buffers[2] = text_data;
    const void **buffers[3] = {fixture->int_buffers, fixture->bool_buffers, fixture->text_buffers};
    for (int i = 0; i < 3; i++) {
        fixture->children[i] = &fixture->columns[i];
        fixture->columns[i] = (struct ArrowArray){.length = 4,
                                                  .offset = 2,
                                                  .null_count = i == 0 ? -1 : 0,
                                                  .n_buffers = i == 2 ? 3 : 2,
                                                  .buffers = buffers[i],
                                                  .release = never_called};
    }
    fixture->batch = (struct ArrowArray){.length = 4,
                                         .n_buffers = 1,
                                         .n_children = 3,
                                         .buffers = fixture->no_buffers,
                                         .children = fixture->children,
                                         .release = never_called};
    fixture->error = (struct dpone_error)DPONE_ERROR_INIT;
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    dpone_batch_view_free(fixture->view);
    fixture->schema.release(&fixture->schema);
    free(fixture);
    return 0;
}

static void view_set__applies_the_offset_of_each_column(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(dpone_batch_view_set(fixture->view, &fixture->batch, &fixture->error), DPONE_OK);
    const struct dpone_column_view *views = fixture->view->columns;
    static const int nulls[4] = {1, 0, 0, 1};
    static const size_t sizes[4] = {2, 3, 0, 1};
    assert_int_equal(fixture->view->rows, 4);
    for (int64_t row = 0; row < 4; row++) {
        assert_int_equal(dpone_view_is_null(&views[0], row), nulls[row]);
        assert_int_equal(dpone_view_int64(&views[0], row), row + 2);
        assert_int_equal(dpone_view_bool(&views[1], row), row % 2);
        assert_int_equal(dpone_view_utf8(&views[2], row).size, sizes[row]);
    }
    assert_int_equal(views[0].null_count, -1);
    assert_int_equal(views[1].null_count, 0);
    assert_string_equal(views[2].column.name, "t");
}

static void view_set__reads_an_empty_batch_without_buffers(void **state) {
    struct fixture *fixture = *state;
    for (int i = 0; i < 3; i++) {
        fixture->columns[i].length = 0;
        fixture->columns[i].offset = 0;
    }
    fixture->batch.length = 0;
    fixture->int_buffers[0] = fixture->int_buffers[1] = NULL;
    fixture->bool_buffers[1] = NULL;
    fixture->text_buffers[1] = fixture->text_buffers[2] = NULL;
    assert_int_equal(dpone_batch_view_set(fixture->view, &fixture->batch, &fixture->error), DPONE_OK);
    assert_int_equal(fixture->view->rows, 0);
    assert_int_equal(fixture->view->columns[2].offsets[0], 0);
}

static void view_set__gives_texts_without_data_as_empty(void **state) {
    struct fixture *fixture = *state;
    static const int64_t zeros[4] = {0};
    fixture->text_buffers[1] = zeros;
    fixture->text_buffers[2] = NULL;
    assert_int_equal(dpone_batch_view_set(fixture->view, &fixture->batch, &fixture->error), DPONE_OK);
    assert_int_equal(dpone_view_utf8(&fixture->view->columns[2], 3).size, 0);
    assert_non_null(dpone_view_utf8(&fixture->view->columns[2], 3).data);
}

static void expect_corrupt(struct fixture *fixture, const char *message) {
    assert_int_equal(dpone_batch_view_set(fixture->view, &fixture->batch, &fixture->error),
                     DPONE_DATA_CORRUPT);
    assert_error(fixture->error, DPONE_DATA_CORRUPT, message);
    assert_int_equal(fixture->view->rows, 0);
}

static void view_set__refuses_a_wrong_shape(void **state) {
    struct fixture *fixture = *state;
    fixture->columns[1].length = 3;
    expect_corrupt(fixture, "column \"b\": expected 4 rows as in its batch, found 3");
    fixture->columns[1].length = 4;
    fixture->batch.n_children = 2;
    expect_corrupt(fixture, "the batch: expected 3 children as in its schema, found 2");
    fixture->batch.n_children = 3;
    fixture->text_buffers[1] = NULL;
    expect_corrupt(fixture, "column \"t\": the offsets buffer is missing, though there are rows");
}

static void view_new__refuses_what_is_not_of_the_abi(void **state) {
    struct fixture *fixture = *state;
    struct dpone_batch_view *view = NULL;
    struct ArrowSchema child = *fixture->schema.children[0];
    struct ArrowSchema *children[1] = {&child};
    struct ArrowSchema schema = fixture->schema;
    schema.n_children = 1;
    schema.children = children;
    child.format = "L";
    assert_int_equal(dpone_batch_view_new(&view, &schema, &fixture->error), DPONE_UNSUPPORTED_TYPE);
    assert_null(view);
}

#define VIEW_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        VIEW_TEST(view_set__applies_the_offset_of_each_column),
        VIEW_TEST(view_set__reads_an_empty_batch_without_buffers),
        VIEW_TEST(view_set__gives_texts_without_data_as_empty),
        VIEW_TEST(view_set__refuses_a_wrong_shape),
        VIEW_TEST(view_new__refuses_what_is_not_of_the_abi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
