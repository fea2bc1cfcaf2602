/* The data that certification moves: a pure function (seed, row, column) -> value, so that the harness and
 * the fixture, in two processes, know every row without ever sending one.
 *
 * Nothing here fails except by lack of memory, and nothing depends on locale, clock or platform. */
#ifndef DPONE_CERTIFICATION_DATASET_H
#define DPONE_CERTIFICATION_DATASET_H

#include <dpone/fixture.h>

#include <jansson.h>

/* What the values of a column are like. Types that a pattern does not fit are refused by dpone_dataset_new().
 */
enum dpone_dataset_pattern {
    DPONE_PATTERN_MIXED = 0, /* any type: random ordinary values, about one in eight null when nullable */
    DPONE_PATTERN_KEY = 1,   /* int64, utf8: unique, never null, growing with the row */
    DPONE_PATTERN_CURSOR =
        2, /* int64, timestamp: never null, never decreasing, runs of 1 to 7 equal values */
    DPONE_PATTERN_NULLS_FIRST = 3, /* any type: null in rows 0..59, then as MIXED */
    DPONE_PATTERN_EXTREMES =
        4, /* any type: smallest, largest, special and empty values in turn, null now and then */
    DPONE_PATTERN_LEADING_ZERO = 5, /* utf8: "00123" */
    DPONE_PATTERN_WIDENING = 6,     /* float64: whole numbers in rows 0..59, fractions after */
    DPONE_PATTERN_NESTED_JSON = 7,  /* utf8: a JSON object or array in compact form */
    DPONE_PATTERN_LONG_TEXT = 8,    /* utf8: up to 4,000 bytes */
    DPONE_PATTERN_UNICODE = 9,      /* utf8: one to four byte characters, combining marks, right to left */
    DPONE_PATTERN_EMPTY_TEXT = 10,  /* utf8, binary: empty, null and short values in turn */
    DPONE_PATTERN_CATEGORY = 11 /* utf8, int32, int64: a handful of values, for windows and accepted_values */
};

struct dpone_dataset_column {
    struct dpone_column column;
    int32_t pattern; /* enum dpone_dataset_pattern */
};

/* What a data set is made of. */
struct dpone_dataset_spec {
    uint64_t seed;
    int64_t
        first_row; /* row 0 of the set is row `first_row` of the function: the same columns with other rows */
    const struct dpone_dataset_column *columns;
    size_t column_count;
    uint32_t without; /* bits 1 << enum dpone_fixture_feature: such values are replaced by ordinary ones */
};

struct dpone_dataset;

/* The 20 columns of the narrow set: `id` (key, int64), `updated_at` (cursor, timestamp), `seq` (cursor,
 * int64), `region` (category, utf8) and every type and pattern. Static. */
const struct dpone_dataset_column *dpone_dataset_narrow(size_t *count);

/* Those 20 first, then `wide_0020`, `wide_0021`, ... MIXED over all types, `count` columns in all (at least
 * 20). The caller frees `*out` by dpone_dataset_columns_free(). DPONE_OK or DPONE_OUT_OF_MEMORY. */
int32_t dpone_dataset_wide(struct dpone_dataset_column **out, size_t count, struct dpone_error *error);

/* `id` and one EXTREMES column per type, named after the type: what type_fidelity loads. Static. */
const struct dpone_dataset_column *dpone_dataset_types(size_t *count);

/* `id`, `seq`, `name`, `amount`: the smallest set that is worth loading. Static. */
const struct dpone_dataset_column *dpone_dataset_small(size_t *count);

void dpone_dataset_columns_free(struct dpone_dataset_column *columns, size_t count);

/* A data set of its own: names and columns are copied. DPONE_INVALID_ARGUMENT names the column whose pattern
 * does not fit its type. Close by dpone_dataset_free(); NULL is harmless there. */
int32_t dpone_dataset_new(struct dpone_dataset **out, const struct dpone_dataset_spec *spec,
                          struct dpone_error *error);
void dpone_dataset_free(struct dpone_dataset *dataset);

const struct dpone_column *dpone_dataset_columns(const struct dpone_dataset *dataset, size_t *count);

/* The value at (row, column); texts live in `scratch`. Any thread. */
void dpone_dataset_value(const struct dpone_dataset *dataset, int64_t row, size_t column,
                         char scratch[DPONE_FIXTURE_SCRATCH_BYTES], struct dpone_fixture_value *out);

/* The enum dpone_fixture_feature of a value that is not null. */
int32_t dpone_dataset_feature(const struct dpone_column *column, const struct dpone_fixture_value *value);

/* Rows 0 .. `count` - 1 of the set as a fixture sees them; the result borrows `dataset` and lives as long as
 * it. */
struct dpone_fixture_rows dpone_dataset_rows(const struct dpone_dataset *dataset, int64_t count);

/* A number that depends on the seed and the name only: salts of columns, secrets that a fixture invents. */
uint64_t dpone_dataset_salt(uint64_t seed, const char *name);

/* A spec as JSON and back: {"seed": "...", "first_row": 0, "without": 0, "columns": [{"name", "type",
 * "nullable", "precision", "scale", "pattern"}]}. */
json_t *dpone_dataset_spec_to_json(const struct dpone_dataset_spec *spec);
int32_t dpone_dataset_from_json(struct dpone_dataset **out, const json_t *json, struct dpone_error *error);

#endif
