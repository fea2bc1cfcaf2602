/* Quality gates: rules about the rows of one load, judged on what is staged, counted exactly. */
#ifndef DPONE_RUNTIME_GATES_H
#define DPONE_RUNTIME_GATES_H

#include <dpone/batch_view.h>
#include <dpone/error.h>

enum dpone_gate_type {
    DPONE_GATE_NOT_NULL = 0, /* a row with NULL in any of `columns` is bad */
    DPONE_GATE_UNIQUE =
        1, /* a row is bad when an earlier one has the same `columns`; a NULL equals nothing */
    DPONE_GATE_ACCEPTED_VALUES = 2, /* a row is bad when a column of `columns` holds none of `values`; NULL is
                                       not judged */
    DPONE_GATE_ROW_COUNT_RECONCILIATION = 3, /* |staged - read| is within the tolerance */
    DPONE_GATE_FRESHNESS =
        4, /* the newest value of the one column is at most `max_age_us` old; no rows: passes */
    DPONE_GATE_MIN_ROWS = 5, /* at least `threshold` rows are staged */
    DPONE_GATE_TYPE_COUNT = 6
};

enum dpone_gate_severity { DPONE_GATE_ERROR = 0, DPONE_GATE_WARNING = 1 };
enum dpone_gate_tolerance { DPONE_TOLERANCE_ABSOLUTE = 0, DPONE_TOLERANCE_PCT = 1 };

/* Plain data; whoever makes one keeps what it points to until the gates are freed. */
struct dpone_gate_spec {
    const char *id;
    int32_t type;     /* enum dpone_gate_type */
    int32_t severity; /* enum dpone_gate_severity: an error stops publication */
    const char *const *columns;
    size_t column_count;
    const struct dpone_string *values; /* ACCEPTED_VALUES: canonical text (dpone/value_text.h) */
    size_t value_count;
    int32_t tolerance_mode; /* enum dpone_gate_tolerance */
    double tolerance;       /* rows, or per cent of the rows read */
    int64_t threshold;      /* MIN_ROWS */
    int64_t max_age_us;     /* FRESHNESS */
};

/* The verdict on one gate. */
struct dpone_gate_result {
    const struct dpone_gate_spec *spec;
    int32_t passed;
    int64_t failed_rows; /* bad rows; 0 for gates that judge the load as a whole */
    char expected[160];
    char observed[160];
};

/* "not_null" and so on in the order of enum dpone_gate_type, as manifests and run.json spell them; ended by
 * NULL. */
extern const char *const dpone_gate_type_names[];

struct dpone_gates;

/* Prepares to judge rows of `schema`, which must outlive the gates. `temporary_directory` takes what `unique`
 * spills when it has more than `memory_bytes` of keys (0: 16 MiB per gate). DPONE_INVALID_ARGUMENT names the
 * gate and the column that does not exist or has the wrong type. */
int32_t dpone_gates_new(struct dpone_gates **out, const struct dpone_gate_spec *specs, size_t count,
                        const struct ArrowSchema *schema, const char *temporary_directory,
                        size_t memory_bytes, struct dpone_error *error);
void dpone_gates_free(struct dpone_gates *gates);

/* Looks at every row of a batch. DPONE_OK, DPONE_IO (spilling), DPONE_OUT_OF_MEMORY. */
int32_t dpone_gates_add_batch(struct dpone_gates *gates, const struct dpone_batch_view *view,
                              struct dpone_error *error);

/* Reaches the verdicts. `read_rows` came from the source; `now_us` is the wall clock. */
int32_t dpone_gates_finish(struct dpone_gates *gates, int64_t read_rows, int64_t now_us,
                           struct dpone_error *error);

/* After finish; the results live until the gates are freed, in the order of the specs. */
size_t dpone_gates_count(const struct dpone_gates *gates);
const struct dpone_gate_result *dpone_gates_result(const struct dpone_gates *gates, size_t index);

/* Rows seen by add_batch so far. */
int64_t dpone_gates_rows(const struct dpone_gates *gates);

/* The first gate of severity error that failed, or NULL. */
const struct dpone_gate_result *dpone_gates_stop(const struct dpone_gates *gates);

#endif
