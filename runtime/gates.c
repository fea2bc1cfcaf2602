/* Quality gates: what each type does with a row, and its verdict at the end. */
#include "runtime/gates.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dpone/row_hash.h>
#include <dpone/value_text.h>

#include "runtime/key_set.h"
#include "runtime/scratch.h"
#include "runtime/value_set.h"

#define DEFAULT_MEMORY_BYTES (16 * 1024 * 1024)
#define DAY_US (INT64_C(86400) * 1000000)

struct gate {
    struct dpone_gate_result result;
    int64_t *columns;                /* positions in the schema, as many as the spec has columns */
    struct dpone_value_set **values; /* ACCEPTED_VALUES: one a column */
    struct dpone_key_set *keys;      /* UNIQUE */
    int64_t newest_us;               /* FRESHNESS */
    int has_newest;
};

struct dpone_gates {
    struct gate *items;
    size_t count;
    int64_t rows;
    struct dpone_scratch scratch;
};

static int32_t out_of_memory(struct dpone_error *error) {
    return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for quality gates");
}

/* ---- What a gate does with a row */

static int32_t row_not_null(struct gate *gate, const struct dpone_batch_view *view, int64_t row,
                            struct dpone_scratch *scratch, struct dpone_error *error) {
    (void)scratch;
    (void)error;
    for (size_t i = 0; i < gate->result.spec->column_count; i++) {
        if (dpone_view_is_null(&view->columns[gate->columns[i]], row)) {
            gate->result.failed_rows++;
            break;
        }
    }
    return DPONE_OK;
}

/* The key as bytes that differ whenever the values do: each text behind its length. */
static int32_t key_bytes(const struct gate *gate, const struct dpone_batch_view *view, int64_t row,
                         struct dpone_scratch *scratch) {
    scratch->size = 0;
    for (size_t i = 0; i < gate->result.spec->column_count; i++) {
        size_t length_at = scratch->size;
        uint64_t length = 0;
        int32_t status = dpone_scratch_add(scratch, &length, sizeof length);
        if (status == DPONE_OK) {
            status = dpone_value_text_of_view(&view->columns[gate->columns[i]], row, dpone_scratch_add_text,
                                              scratch);
        }
        if (status != DPONE_OK) {
            return status;
        }
        length = scratch->size - length_at;
        memcpy(scratch->data + length_at, &length, sizeof length);
    }
    return DPONE_OK;
}

static int32_t row_unique(struct gate *gate, const struct dpone_batch_view *view, int64_t row,
                          struct dpone_scratch *scratch, struct dpone_error *error) {
    for (size_t i = 0; i < gate->result.spec->column_count; i++) {
        if (dpone_view_is_null(&view->columns[gate->columns[i]], row)) {
            return DPONE_OK;
        }
    }
    if (key_bytes(gate, view, row, scratch) != DPONE_OK) {
        return out_of_memory(error);
    }
    struct dpone_digest digest = {{0}};
    dpone_digest_add_row(&digest, scratch->data, scratch->size);
    return dpone_key_set_add(gate->keys, digest.bytes, error);
}

static int32_t row_accepted_values(struct gate *gate, const struct dpone_batch_view *view, int64_t row,
                                   struct dpone_scratch *scratch, struct dpone_error *error) {
    for (size_t i = 0; i < gate->result.spec->column_count; i++) {
        const struct dpone_column_view *column = &view->columns[gate->columns[i]];
        if (dpone_view_is_null(column, row)) {
            continue;
        }
        scratch->size = 0;
        if (dpone_value_text_of_view(column, row, dpone_scratch_add_text, scratch) != DPONE_OK) {
            return out_of_memory(error);
        }
        struct dpone_string text = {(const char *)scratch->data, scratch->size};
        if (!dpone_value_set_has(gate->values[i], text)) {
            gate->result.failed_rows++;
            break;
        }
    }
    return DPONE_OK;
}

static int32_t row_freshness(struct gate *gate, const struct dpone_batch_view *view, int64_t row,
                             struct dpone_scratch *scratch, struct dpone_error *error) {
    (void)scratch;
    (void)error;
    const struct dpone_column_view *column = &view->columns[gate->columns[0]];
    if (dpone_view_is_null(column, row)) {
        return DPONE_OK;
    }
    int64_t value_us = column->column.type == DPONE_TYPE_DATE32 ? dpone_view_int32(column, row) * DAY_US
                                                                : dpone_view_int64(column, row);
    if (!gate->has_newest || value_us > gate->newest_us) {
        gate->has_newest = 1;
        gate->newest_us = value_us;
    }
    return DPONE_OK;
}

/* ---- What a gate needs before the first row */

static int32_t refuse(const struct gate *gate, struct dpone_error *error, const char *problem) {
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "quality gate \"%s\": %s", gate->result.spec->id,
                           problem);
}

static int32_t prepare_unique(struct gate *gate, const struct dpone_column *columns, const char *directory,
                              size_t memory_bytes, struct dpone_error *error) {
    (void)columns;
    return dpone_key_set_new(&gate->keys, directory, memory_bytes == 0 ? DEFAULT_MEMORY_BYTES : memory_bytes,
                             error);
}

static int32_t prepare_accepted_values(struct gate *gate, const struct dpone_column *columns,
                                       const char *directory, size_t memory_bytes,
                                       struct dpone_error *error) {
    (void)directory;
    (void)memory_bytes;
    const struct dpone_gate_spec *spec = gate->result.spec;
    gate->values = calloc(spec->column_count, sizeof(struct dpone_value_set *));
    int32_t status = gate->values == NULL ? out_of_memory(error) : DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < spec->column_count; i++) {
        status = dpone_value_set_new(&gate->values[i], &columns[i], spec->values, spec->value_count, error);
        if (status != DPONE_OK) {
            dpone_error_prepend(error, "quality gate \"%s\": column \"%s\"", spec->id, columns[i].name);
        }
    }
    return status;
}

static int32_t prepare_freshness(struct gate *gate, const struct dpone_column *columns, const char *directory,
                                 size_t memory_bytes, struct dpone_error *error) {
    (void)directory;
    (void)memory_bytes;
    if (gate->result.spec->column_count != 1) {
        return refuse(gate, error, "freshness judges one column");
    }
    return columns[0].type == DPONE_TYPE_DATE32 || columns[0].type == DPONE_TYPE_TIMESTAMP_US
               ? DPONE_OK
               : refuse(gate, error, "freshness needs a column of dates or timestamps");
}

/* ---- Its verdict */

static void judge_rows(struct gate *gate, const char *wanted, int64_t rows) {
    struct dpone_gate_result *result = &gate->result;
    result->passed = result->failed_rows == 0;
    (void)snprintf(result->expected, sizeof result->expected, "%s", wanted);
    (void)snprintf(result->observed, sizeof result->observed, "%" PRId64 " of %" PRId64 " rows fail",
                   result->failed_rows, rows);
}

static int32_t judge_not_null(struct gate *gate, int64_t rows, int64_t read_rows, int64_t now_us,
                              struct dpone_error *error) {
    (void)read_rows;
    (void)now_us;
    (void)error;
    judge_rows(gate, "no row with NULL", rows);
    return DPONE_OK;
}

static int32_t judge_unique(struct gate *gate, int64_t rows, int64_t read_rows, int64_t now_us,
                            struct dpone_error *error) {
    (void)read_rows;
    (void)now_us;
    int32_t status = dpone_key_set_repeats(gate->keys, &gate->result.failed_rows, error);
    judge_rows(gate, "no row whose key occurred before", rows);
    return status;
}

static int32_t judge_accepted_values(struct gate *gate, int64_t rows, int64_t read_rows, int64_t now_us,
                                     struct dpone_error *error) {
    (void)read_rows;
    (void)now_us;
    (void)error;
    judge_rows(gate, "no row with another value", rows);
    return DPONE_OK;
}

static int32_t judge_row_count(struct gate *gate, int64_t rows, int64_t read_rows, int64_t now_us,
                               struct dpone_error *error) {
    (void)now_us;
    (void)error;
    struct dpone_gate_result *result = &gate->result;
    const struct dpone_gate_spec *spec = result->spec;
    int64_t difference = rows > read_rows ? rows - read_rows : read_rows - rows;
    int relative = spec->tolerance_mode == DPONE_TOLERANCE_PCT;
    double allowed = relative ? (double)read_rows * spec->tolerance / 100.0 : spec->tolerance;
    result->passed = (double)difference <= allowed;
    (void)snprintf(result->expected, sizeof result->expected, "%" PRId64 " rows, %.15g%s more or less",
                   read_rows, spec->tolerance, relative ? " %" : "");
    (void)snprintf(result->observed, sizeof result->observed, "%" PRId64 " rows", rows);
    return DPONE_OK;
}

static void write_time(char out[DPONE_VALUE_TEXT_BYTES], int64_t time_us) {
    const struct dpone_column column = {.name = "", .type = DPONE_TYPE_TIMESTAMP_US};
    (void)dpone_value_text_write(out, &column, &time_us);
}

static int32_t judge_freshness(struct gate *gate, int64_t rows, int64_t read_rows, int64_t now_us,
                               struct dpone_error *error) {
    (void)read_rows;
    (void)error;
    struct dpone_gate_result *result = &gate->result;
    char text[DPONE_VALUE_TEXT_BYTES];
    int64_t oldest_us = now_us - result->spec->max_age_us;
    result->passed = rows == 0 || (gate->has_newest && gate->newest_us >= oldest_us);
    write_time(text, oldest_us);
    (void)snprintf(result->expected, sizeof result->expected, "newest value not before %s", text);
    write_time(text, gate->newest_us);
    const char *nothing = rows == 0 ? "no rows" : "no value but NULL";
    (void)snprintf(result->observed, sizeof result->observed, "%s", gate->has_newest ? text : nothing);
    return DPONE_OK;
}

static int32_t judge_min_rows(struct gate *gate, int64_t rows, int64_t read_rows, int64_t now_us,
                              struct dpone_error *error) {
    (void)read_rows;
    (void)now_us;
    (void)error;
    struct dpone_gate_result *result = &gate->result;
    result->passed = rows >= result->spec->threshold;
    (void)snprintf(result->expected, sizeof result->expected, "at least %" PRId64 " rows",
                   result->spec->threshold);
    (void)snprintf(result->observed, sizeof result->observed, "%" PRId64 " rows", rows);
    return DPONE_OK;
}

/* ---- The types */

const char *const dpone_gate_type_names[] = {
    [DPONE_GATE_NOT_NULL] = "not_null",
    [DPONE_GATE_UNIQUE] = "unique",
    [DPONE_GATE_ACCEPTED_VALUES] = "accepted_values",
    [DPONE_GATE_ROW_COUNT_RECONCILIATION] = "row_count_reconciliation",
    [DPONE_GATE_FRESHNESS] = "freshness",
    [DPONE_GATE_MIN_ROWS] = "min_rows",
    [DPONE_GATE_TYPE_COUNT] = NULL,
};

static const struct gate_type {
    int needs_columns;
    int32_t (*prepare)(struct gate *gate, const struct dpone_column *columns, const char *directory,
                       size_t memory_bytes, struct dpone_error *error);
    int32_t (*row)(struct gate *gate, const struct dpone_batch_view *view, int64_t row,
                   struct dpone_scratch *scratch, struct dpone_error *error);
    int32_t (*judge)(struct gate *gate, int64_t rows, int64_t read_rows, int64_t now_us,
                     struct dpone_error *error);
} types[DPONE_GATE_TYPE_COUNT] = {
    [DPONE_GATE_NOT_NULL] = {1, NULL, row_not_null, judge_not_null},
    [DPONE_GATE_UNIQUE] = {1, prepare_unique, row_unique, judge_unique},
    [DPONE_GATE_ACCEPTED_VALUES] = {1, prepare_accepted_values, row_accepted_values, judge_accepted_values},
    [DPONE_GATE_ROW_COUNT_RECONCILIATION] = {0, NULL, NULL, judge_row_count},
    [DPONE_GATE_FRESHNESS] = {1, prepare_freshness, row_freshness, judge_freshness},
    [DPONE_GATE_MIN_ROWS] = {0, NULL, NULL, judge_min_rows},
};

/* Finds the gate's columns in the schema; `described` gets one entry a column. */
static int32_t find_columns(struct gate *gate, const struct ArrowSchema *schema,
                            struct dpone_column *described, struct dpone_error *error) {
    const struct dpone_gate_spec *spec = gate->result.spec;
    if (spec->column_count == 0 && types[spec->type].needs_columns) {
        return refuse(gate, error, "it names no column");
    }
    for (size_t i = 0; i < spec->column_count; i++) {
        gate->columns[i] = dpone_schema_find(schema, dpone_string_of(spec->columns[i]));
        if (gate->columns[i] < 0) {
            return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                   "quality gate \"%s\": the load has no column \"%s\"", spec->id,
                                   spec->columns[i]);
        }
        int32_t status = dpone_schema_column(schema, gate->columns[i], &described[i], error);
        if (status != DPONE_OK) {
            return status;
        }
    }
    return DPONE_OK;
}

static int32_t gate_prepare(struct gate *gate, const struct dpone_gate_spec *spec,
                            const struct ArrowSchema *schema, const char *directory, size_t memory_bytes,
                            struct dpone_error *error) {
    gate->result.spec = spec;
    gate->columns = calloc(spec->column_count + 1, sizeof *gate->columns);
    struct dpone_column *described = calloc(spec->column_count + 1, sizeof *described);
    int32_t status = gate->columns == NULL || described == NULL
                         ? out_of_memory(error)
                         : find_columns(gate, schema, described, error);
    if (status == DPONE_OK && types[spec->type].prepare != NULL) {
        status = types[spec->type].prepare(gate, described, directory, memory_bytes, error);
    }
    free(described);
    return status;
}

int32_t dpone_gates_new(struct dpone_gates **out, const struct dpone_gate_spec *specs, size_t count,
                        const struct ArrowSchema *schema, const char *temporary_directory,
                        size_t memory_bytes, struct dpone_error *error) {
    *out = NULL;
    struct dpone_gates *gates = calloc(1, sizeof *gates);
    if (gates == NULL) {
        return out_of_memory(error);
    }
    gates->items = calloc(count + 1, sizeof *gates->items);
    int32_t status = gates->items == NULL ? out_of_memory(error) : DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < count; i++) {
        gates->count++;
        status = gate_prepare(&gates->items[i], &specs[i], schema, temporary_directory, memory_bytes, error);
    }
    if (status != DPONE_OK) {
        dpone_gates_free(gates);
        return status;
    }
    *out = gates;
    return DPONE_OK;
}

static void gate_clear(struct gate *gate) {
    for (size_t i = 0; gate->values != NULL && i < gate->result.spec->column_count; i++) {
        dpone_value_set_free(gate->values[i]);
    }
    free(gate->values);
    free(gate->columns);
    dpone_key_set_free(gate->keys);
}

void dpone_gates_free(struct dpone_gates *gates) {
    if (gates != NULL) {
        for (size_t i = 0; i < gates->count; i++) {
            gate_clear(&gates->items[i]);
        }
        free(gates->items);
        dpone_scratch_clear(&gates->scratch);
        free(gates);
    }
}

int32_t dpone_gates_add_batch(struct dpone_gates *gates, const struct dpone_batch_view *view,
                              struct dpone_error *error) {
    for (size_t i = 0; i < gates->count; i++) {
        struct gate *gate = &gates->items[i];
        const struct gate_type *type = &types[gate->result.spec->type];
        for (int64_t row = 0; type->row != NULL && row < view->rows; row++) {
            int32_t status = type->row(gate, view, row, &gates->scratch, error);
            if (status != DPONE_OK) {
                return status;
            }
        }
    }
    gates->rows += view->rows;
    return DPONE_OK;
}

int32_t dpone_gates_finish(struct dpone_gates *gates, int64_t read_rows, int64_t now_us,
                           struct dpone_error *error) {
    int32_t status = DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < gates->count; i++) {
        struct gate *gate = &gates->items[i];
        status = types[gate->result.spec->type].judge(gate, gates->rows, read_rows, now_us, error);
    }
    return status;
}

size_t dpone_gates_count(const struct dpone_gates *gates) {
    return gates->count;
}

const struct dpone_gate_result *dpone_gates_result(const struct dpone_gates *gates, size_t index) {
    return &gates->items[index].result;
}

int64_t dpone_gates_rows(const struct dpone_gates *gates) {
    return gates->rows;
}

const struct dpone_gate_result *dpone_gates_stop(const struct dpone_gates *gates) {
    for (size_t i = 0; i < gates->count; i++) {
        const struct dpone_gate_result *result = &gates->items[i].result;
        if (!result->passed && result->spec->severity == DPONE_GATE_ERROR) {
            return result;
        }
    }
    return NULL;
}
