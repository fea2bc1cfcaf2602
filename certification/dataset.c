/* The data set: which columns it has, and its life. What the values are is dataset_values.c. */
#include "dataset_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN(name, type, nullable, pattern)                                                                \
    { {name, DPONE_TYPE_##type, nullable, 0, 0}, DPONE_PATTERN_##pattern }
#define DECIMAL(name, precision, scale, pattern)                                                             \
    { {name, DPONE_TYPE_DECIMAL128, 1, precision, scale}, DPONE_PATTERN_##pattern }

static const struct dpone_dataset_column narrow_columns[] = {
    COLUMN("id", INT64, 0, KEY),
    COLUMN("updated_at", TIMESTAMP_US, 0, CURSOR),
    COLUMN("seq", INT64, 0, CURSOR),
    COLUMN("region", UTF8, 0, CATEGORY),
    COLUMN("is_active", BOOL, 1, MIXED),
    COLUMN("quantity", INT32, 1, MIXED),
    COLUMN("balance", INT64, 1, MIXED),
    COLUMN("score", FLOAT64, 1, MIXED),
    COLUMN("name", UTF8, 1, MIXED),
    COLUMN("payload", BINARY, 1, MIXED),
    COLUMN("created_on", DATE32, 1, MIXED),
    DECIMAL("price", 18, 4, MIXED),
    COLUMN("late_value", INT64, 1, NULLS_FIRST),
    COLUMN("late_text", UTF8, 1, NULLS_FIRST),
    COLUMN("postal_code", UTF8, 1, LEADING_ZERO),
    COLUMN("ratio", FLOAT64, 1, WIDENING),
    COLUMN("attributes", UTF8, 1, NESTED_JSON),
    COLUMN("note", UTF8, 1, LONG_TEXT),
    COLUMN("label", UTF8, 1, UNICODE),
    COLUMN("comment", UTF8, 1, EMPTY_TEXT),
};

static const struct dpone_dataset_column type_columns[] = {
    COLUMN("id", INT64, 0, KEY),
    COLUMN("bool", BOOL, 1, EXTREMES),
    COLUMN("int32", INT32, 1, EXTREMES),
    COLUMN("int64", INT64, 1, EXTREMES),
    COLUMN("float64", FLOAT64, 1, EXTREMES),
    COLUMN("utf8", UTF8, 1, EXTREMES),
    COLUMN("binary", BINARY, 1, EXTREMES),
    COLUMN("date32", DATE32, 1, EXTREMES),
    COLUMN("timestamp_us", TIMESTAMP_US, 1, EXTREMES),
    DECIMAL("decimal128_38_0", 38, 0, EXTREMES),
    DECIMAL("decimal128_38_38", 38, 38, EXTREMES),
    DECIMAL("decimal128_18_4", 18, 4, EXTREMES),
};

static const struct dpone_dataset_column small_columns[] = {
    COLUMN("id", INT64, 0, KEY),
    COLUMN("seq", INT64, 0, CURSOR),
    COLUMN("name", UTF8, 1, MIXED),
    DECIMAL("amount", 18, 4, MIXED),
};

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

const struct dpone_dataset_column *dpone_dataset_narrow(size_t *count) {
    *count = COUNT_OF(narrow_columns);
    return narrow_columns;
}

const struct dpone_dataset_column *dpone_dataset_types(size_t *count) {
    *count = COUNT_OF(type_columns);
    return type_columns;
}

const struct dpone_dataset_column *dpone_dataset_small(size_t *count) {
    *count = COUNT_OF(small_columns);
    return small_columns;
}

void dpone_dataset_columns_free(struct dpone_dataset_column *columns, size_t count) {
    if (columns == NULL) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        free((char *)columns[i].column.name);
    }
    free(columns);
}

static struct dpone_dataset_column *columns_copy(const struct dpone_dataset_column *columns, size_t count) {
    struct dpone_dataset_column *copy = calloc(count + 1, sizeof(*copy));
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = columns[i];
        copy[i].column.name = strdup(columns[i].column.name);
        if (copy[i].column.name == NULL) {
            dpone_dataset_columns_free(copy, i);
            return NULL;
        }
    }
    return copy;
}

/* Column `index` of a wide set: the types in turn. */
static struct dpone_dataset_column wide_column(char name[32], size_t index) {
    int32_t type = (int32_t)(index % DPONE_TYPE_COUNT);
    int decimal = type == DPONE_TYPE_DECIMAL128;
    (void)snprintf(name, 32, "wide_%04u", (unsigned)index);
    struct dpone_dataset_column wide = {{name, type, 1, decimal ? 18 : 0, decimal ? 4 : 0},
                                        DPONE_PATTERN_MIXED};
    return wide;
}

int32_t dpone_dataset_wide(struct dpone_dataset_column **out, size_t count, struct dpone_error *error) {
    *out = NULL;
    if (count < COUNT_OF(narrow_columns) || count > 9999) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "a wide data set has %zu to 9999 columns, not %zu", COUNT_OF(narrow_columns),
                               count);
    }
    struct dpone_dataset_column *wide = calloc(count, sizeof(*wide));
    char(*names)[32] = calloc(count, sizeof(*names));
    if (wide != NULL && names != NULL) {
        memcpy(wide, narrow_columns, sizeof(narrow_columns));
        for (size_t i = COUNT_OF(narrow_columns); i < count; i++) {
            wide[i] = wide_column(names[i], i);
        }
        *out = columns_copy(wide, count);
    }
    free(wide);
    free(names);
    return *out != NULL ? DPONE_OK
                        : dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a wide data set");
}

/* ---- Which pattern fits which type ---- */

#define BIT(type) (1u << DPONE_TYPE_##type)
#define ANY_TYPE ((1u << DPONE_TYPE_COUNT) - 1u)

static const struct {
    const char *name;
    uint32_t types;
} patterns[] = {
    [DPONE_PATTERN_MIXED] = {"mixed", ANY_TYPE},
    [DPONE_PATTERN_KEY] = {"key", BIT(INT64) | BIT(UTF8)},
    [DPONE_PATTERN_CURSOR] = {"cursor", BIT(INT64) | BIT(TIMESTAMP_US)},
    [DPONE_PATTERN_NULLS_FIRST] = {"nulls_first", ANY_TYPE},
    [DPONE_PATTERN_EXTREMES] = {"extremes", ANY_TYPE},
    [DPONE_PATTERN_LEADING_ZERO] = {"leading_zero", BIT(UTF8)},
    [DPONE_PATTERN_WIDENING] = {"widening", BIT(FLOAT64)},
    [DPONE_PATTERN_NESTED_JSON] = {"nested_json", BIT(UTF8)},
    [DPONE_PATTERN_LONG_TEXT] = {"long_text", BIT(UTF8)},
    [DPONE_PATTERN_UNICODE] = {"unicode", BIT(UTF8)},
    [DPONE_PATTERN_EMPTY_TEXT] = {"empty_text", BIT(UTF8) | BIT(BINARY)},
    [DPONE_PATTERN_CATEGORY] = {"category", BIT(UTF8) | BIT(INT32) | BIT(INT64)},
};

static int32_t column_check(const struct dpone_dataset_column *column, struct dpone_error *error) {
    const struct dpone_column *c = &column->column;
    int decimal = c->type == DPONE_TYPE_DECIMAL128;
    if (c->type < 0 || c->type >= DPONE_TYPE_COUNT) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "data set column \"%s\": %d is no type",
                               c->name, c->type);
    }
    if (column->pattern < 0 || (size_t)column->pattern >= COUNT_OF(patterns)) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "data set column \"%s\": %d is no pattern",
                               c->name, column->pattern);
    }
    if ((patterns[column->pattern].types >> c->type & 1u) == 0) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "data set column \"%s\": pattern %s does not fit type %s; use mixed", c->name,
                               patterns[column->pattern].name, dpone_type_name(c->type));
    }
    if (decimal && (c->precision < 1 || c->precision > 38 || c->scale < 0 || c->scale > c->precision)) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "data set column \"%s\": decimal128(%d,%d) is outside 1..38 and 0..precision",
                               c->name, c->precision, c->scale);
    }
    return DPONE_OK;
}

/* ---- Life ---- */

int32_t dpone_dataset_new(struct dpone_dataset **out, const struct dpone_dataset_spec *spec,
                          struct dpone_error *error) {
    *out = NULL;
    for (size_t i = 0; i < spec->column_count; i++) {
        int32_t status = column_check(&spec->columns[i], error);
        if (status != DPONE_OK) {
            return status;
        }
    }
    struct dpone_dataset *set = calloc(1, sizeof(*set));
    if (set == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a data set");
    }
    set->spec = *spec;
    set->owned = columns_copy(spec->columns, spec->column_count);
    set->spec.columns = set->owned;
    set->columns = calloc(spec->column_count + 1, sizeof(*set->columns));
    set->nested = calloc(spec->column_count + 1, 1);
    set->salts = calloc(spec->column_count + 1, sizeof(*set->salts));
    if (set->owned == NULL || set->columns == NULL || set->nested == NULL || set->salts == NULL) {
        dpone_dataset_free(set);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a data set");
    }
    for (size_t i = 0; i < spec->column_count; i++) {
        set->columns[i] = set->owned[i].column;
        set->nested[i] = set->owned[i].pattern == DPONE_PATTERN_NESTED_JSON;
        set->salts[i] = dpone_dataset_salt(spec->seed, set->columns[i].name);
    }
    *out = set;
    return DPONE_OK;
}

void dpone_dataset_free(struct dpone_dataset *dataset) {
    if (dataset == NULL) {
        return;
    }
    dpone_dataset_columns_free(dataset->owned, dataset->spec.column_count);
    free(dataset->columns);
    free(dataset->nested);
    free(dataset->salts);
    free(dataset);
}

const struct dpone_column *dpone_dataset_columns(const struct dpone_dataset *dataset, size_t *count) {
    *count = dataset->spec.column_count;
    return dataset->columns;
}

static void rows_value(const void *context, int64_t row, size_t column,
                       char scratch[DPONE_FIXTURE_SCRATCH_BYTES], struct dpone_fixture_value *out) {
    dpone_dataset_value(context, row, column, scratch, out);
}

struct dpone_fixture_rows dpone_dataset_rows(const struct dpone_dataset *dataset, int64_t count) {
    struct dpone_fixture_rows rows = {
        dataset->columns, dataset->spec.column_count, dataset->nested, count, dataset, rows_value};
    return rows;
}

/* ---- As JSON ---- */

json_t *dpone_dataset_spec_to_json(const struct dpone_dataset_spec *spec) {
    char seed[32];
    json_t *columns = json_array();
    for (size_t i = 0; i < spec->column_count; i++) {
        const struct dpone_column *column = &spec->columns[i].column;
        json_array_append_new(columns,
                              json_pack("{s:s, s:s, s:b, s:i, s:i, s:s}", "name", column->name, "type",
                                        dpone_type_name(column->type), "nullable", column->nullable,
                                        "precision", column->precision, "scale", column->scale, "pattern",
                                        patterns[spec->columns[i].pattern].name));
    }
    (void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)spec->seed);
    return json_pack("{s:s, s:I, s:i, s:o}", "seed", seed, "first_row", (json_int_t)spec->first_row,
                     "without", (int)spec->without, "columns", columns);
}

static int32_t pattern_of(const char *name) {
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        if (strcmp(patterns[i].name, name) == 0) {
            return (int32_t)i;
        }
    }
    return -1;
}

static int32_t type_of(const char *name) {
    for (int32_t type = 0; type < DPONE_TYPE_COUNT; type++) {
        if (strcmp(dpone_type_name(type), name) == 0) {
            return type;
        }
    }
    return -1;
}

static int column_of_json(struct dpone_dataset_column *out, json_t *json) {
    const char *name = NULL;
    const char *type = NULL;
    const char *pattern = NULL;
    if (json_unpack(json, "{s:s, s:s, s:b, s:i, s:i, s:s}", "name", &name, "type", &type, "nullable",
                    &out->column.nullable, "precision", &out->column.precision, "scale", &out->column.scale,
                    "pattern", &pattern) != 0) {
        return 0;
    }
    out->column.name = name;
    out->column.type = type_of(type);
    out->pattern = pattern_of(pattern);
    return 1;
}

int32_t dpone_dataset_from_json(struct dpone_dataset **out, const json_t *json, struct dpone_error *error) {
    const char *seed = NULL;
    json_int_t first_row = 0;
    int without = 0;
    json_t *columns = NULL;
    *out = NULL;
    if (json_unpack((json_t *)json, "{s:s, s:I, s:i, s:o}", "seed", &seed, "first_row", &first_row, "without",
                    &without, "columns", &columns) != 0 ||
        !json_is_array(columns)) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "a data set needs seed, first_row, without and columns");
    }
    size_t count = json_array_size(columns);
    struct dpone_dataset_column *list = calloc(count + 1, sizeof(*list));
    if (list == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a data set");
    }
    int32_t status = DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < count; i++) {
        if (!column_of_json(&list[i], json_array_get(columns, i))) {
            status = dpone_error_set(
                error, DPONE_INVALID_ARGUMENT,
                "data set column %zu needs name, type, nullable, precision, scale and pattern", i);
        }
    }
    if (status == DPONE_OK) {
        struct dpone_dataset_spec spec = {strtoull(seed, NULL, 10), first_row, list, count,
                                          (uint32_t)without};
        status = dpone_dataset_new(out, &spec, error);
    }
    free(list);
    return status;
}
