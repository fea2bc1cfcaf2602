/* The self-test of a fixture: each change that it is asked for, followed by a look at what it observes. */
#include "fixture_self_test.h"

#include "canonical.h"

#include "runtime/files.h"

#include <stdlib.h>
#include <string.h>

#define TARGET "dpone_self_test"

enum {
    PREPARED_ROWS = 5,
    INSERTED_ROWS = 3,
    ALL_ROWS = PREPARED_ROWS + INSERTED_ROWS,
    DELETED_ROW = 1,
    EDITED_ROW = 6,
    DONOR_ROW = 100, /* whose values the edited row is given; the first of many, as values may repeat */
    DONOR_ROWS = 100
};

/* A run of the test: the rows that must be there. */
struct self_test {
    struct dpone_fixture *fixture;
    struct dpone_dataset *dataset;
    const struct dpone_column *columns;
    size_t column_count;
    int64_t rows[ALL_ROWS]; /* of the data set, in the order of the target */
    size_t row_count;
    int64_t *donors; /* for each column, the row that the edited one has its value of */
    char *expected, *observed;
};

static void value_at(const struct self_test *test, int64_t row, size_t column,
                     char scratch[DPONE_FIXTURE_SCRATCH_BYTES], struct dpone_fixture_value *out) {
    int64_t source = row == EDITED_ROW ? test->donors[column] : row;
    dpone_dataset_value(test->dataset, source, column, scratch, out);
}

static void expected_value(const void *context, int64_t row, size_t column,
                           char scratch[DPONE_FIXTURE_SCRATCH_BYTES], struct dpone_fixture_value *out) {
    const struct self_test *test = context;
    value_at(test, test->rows[row], column, scratch, out);
}

/* Compares what the fixture observes with the rows that must be there. */
static int32_t expect_rows(struct self_test *test, const char *step, struct dpone_error *error) {
    struct dpone_fixture_rows rows = {.columns = test->columns,
                                      .column_count = test->column_count,
                                      .row_count = (int64_t)test->row_count,
                                      .context = test,
                                      .value = expected_value};
    struct dpone_difference difference = {0};
    FILE *file = fopen(test->expected, "w");
    int32_t status = file == NULL ? dpone_error_set(error, DPONE_IO, "cannot write %s", test->expected)
                                  : dpone_canonical_dump_rows(file, &rows, error);
    if (file != NULL) {
        (void)fclose(file);
    }
    if (status == DPONE_OK) {
        status = dpone_fixture_observe_target(test->fixture, TARGET, test->observed, error);
    }
    if (status == DPONE_OK) {
        status = dpone_canonical_compare(&difference, test->expected, test->observed,
                                         DPONE_COMPARE_AS_MULTISET, error);
    }
    if (status == DPONE_OK && !difference.equal) {
        status = dpone_error_set(error, DPONE_DATA_CORRUPT,
                                 "self-test of fixture %s: after %s, %s: expected %.200s, observed %.200s; a "
                                 "fixture must observe every row as it is",
                                 dpone_fixture_facts(test->fixture)->name, step, difference.where,
                                 difference.expected, difference.observed);
    }
    return status;
}

/* Canonical text of a value of the data set, NULL for null; it belongs to `text`. */
static const char *text_of(const struct self_test *test, int64_t row, size_t column,
                           struct dpone_canonical_text *text) {
    char scratch[DPONE_FIXTURE_SCRATCH_BYTES];
    struct dpone_fixture_value value;
    dpone_dataset_value(test->dataset, row, column, scratch, &value);
    text->size = 0;
    dpone_canonical_text_add(text, "", 0);
    dpone_canonical_add_value(text, &test->columns[column], &value);
    return value.is_null ? NULL : text->data;
}

/* ---- The steps ---- */

static int32_t insert_step(struct self_test *test, const struct dpone_dataset_spec *spec,
                           struct dpone_error *error) {
    struct dpone_dataset_spec more = *spec;
    more.first_row += PREPARED_ROWS;
    int32_t status = dpone_fixture_insert_rows(test->fixture, TARGET, &more, INSERTED_ROWS, error);
    test->row_count = ALL_ROWS;
    return status == DPONE_OK ? expect_rows(test, "insert_rows", error) : status;
}

static int32_t delete_step(struct self_test *test, struct dpone_error *error) {
    struct dpone_canonical_text key = {0};
    int32_t status = dpone_fixture_delete_rows(test->fixture, TARGET, &test->columns[0],
                                               text_of(test, DELETED_ROW, 0, &key), error);
    test->row_count--;
    memmove(&test->rows[DELETED_ROW], &test->rows[DELETED_ROW + 1],
            (test->row_count - DELETED_ROW) * sizeof(*test->rows));
    dpone_canonical_text_clear(&key);
    return status == DPONE_OK ? expect_rows(test, "delete_rows", error) : status;
}

/* The first row from DONOR_ROW on that has another value in the column than the edited one. */
static int64_t find_donor(const struct self_test *test, size_t column) {
    struct dpone_canonical_text texts[2] = {{0}};
    const char *old = text_of(test, EDITED_ROW, column, &texts[0]);
    int64_t donor = DONOR_ROW;
    for (; donor < DONOR_ROW + DONOR_ROWS; donor++) {
        const char *new = text_of(test, donor, column, &texts[1]);
        if ((old == NULL) != (new == NULL) || (old != NULL && strcmp(old, new) != 0)) {
            break;
        }
    }
    dpone_canonical_text_clear(&texts[0]);
    dpone_canonical_text_clear(&texts[1]);
    return donor;
}

static int32_t edit_step(struct self_test *test, struct dpone_error *error) {
    struct dpone_canonical_text key = {0};
    struct dpone_canonical_text value = {0};
    const char *key_text = text_of(test, EDITED_ROW, 0, &key);
    int32_t status = DPONE_OK;
    for (size_t column = 1; status == DPONE_OK && column < test->column_count; column++) {
        test->donors[column] = find_donor(test, column);
        status = dpone_fixture_edit_rows(test->fixture, TARGET, &test->columns[0], key_text,
                                         &test->columns[column],
                                         text_of(test, test->donors[column], column, &value), error);
    }
    dpone_canonical_text_clear(&key);
    dpone_canonical_text_clear(&value);
    return status == DPONE_OK ? expect_rows(test, "edit_rows", error) : status;
}

static int32_t drop_step(struct self_test *test, struct dpone_error *error) {
    int32_t status = dpone_fixture_drop_target(test->fixture, TARGET, error);
    if (status != DPONE_OK) {
        return status;
    }
    status = dpone_fixture_observe_target(test->fixture, TARGET, test->observed, error);
    if (status == DPONE_NOT_FOUND) {
        return DPONE_OK;
    }
    return dpone_error_set(error, DPONE_DATA_CORRUPT,
                           "self-test of fixture %s: after drop_target: expected NOT_FOUND of "
                           "observe_target, observed %s",
                           dpone_fixture_facts(test->fixture)->name, dpone_status_name(status));
}

static int32_t run_steps(struct self_test *test, const struct dpone_dataset_spec *spec,
                         struct dpone_error *error) {
    int32_t status = dpone_fixture_prepare_target(test->fixture, TARGET, spec, PREPARED_ROWS, error);
    status = status == DPONE_OK ? expect_rows(test, "prepare_target", error) : status;
    status = status == DPONE_OK ? insert_step(test, spec, error) : status;
    status = status == DPONE_OK ? delete_step(test, error) : status;
    status = status == DPONE_OK ? edit_step(test, error) : status;
    return status == DPONE_OK ? drop_step(test, error) : status;
}

int32_t dpone_fixture_self_test(struct dpone_fixture *fixture, const struct dpone_dataset_spec *spec,
                                const char *directory, struct dpone_error *error) {
    if (!dpone_fixture_facts(fixture)->has_sink) {
        return DPONE_OK;
    }
    struct self_test test = {.fixture = fixture, .row_count = PREPARED_ROWS};
    int32_t status = dpone_dataset_new(&test.dataset, spec, error);
    if (status == DPONE_OK) {
        test.columns = dpone_dataset_columns(test.dataset, &test.column_count);
        test.donors = calloc(test.column_count, sizeof(*test.donors));
        test.expected = dpone_format("%s/self-test-expected.dump", directory);
        test.observed = dpone_format("%s/self-test-observed.dump", directory);
    }
    for (int64_t row = 0; row < ALL_ROWS; row++) {
        test.rows[row] = row;
    }
    for (size_t column = 0; test.donors != NULL && column < test.column_count; column++) {
        test.donors[column] = EDITED_ROW;
    }
    if (status == DPONE_OK) {
        status = test.donors == NULL || test.expected == NULL || test.observed == NULL
                     ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a fixture's self-test")
                     : run_steps(&test, spec, error);
    }
    free(test.donors);
    free(test.expected);
    free(test.observed);
    dpone_dataset_free(test.dataset);
    return status;
}
