/* What a fixture module implements: a real system that dpone starts, fills, disturbs and looks into while it
 * certifies.
 *
 * A module is a shared object `<name>.so` with one exported symbol, dpone_fixture_init(). dpone runs it in a
 * process of its own (program dpone-fixture), so a module may start threads and servers, and its crash ends
 * one check, never the certification. An author's own module implements the same interface
 * (docs/reference/fixtures.md) and counts after its self-test: rows that the harness inserts, deletes and
 * edits through it appear in observe_target() exactly.
 *
 * Rules for every function here: it returns an enum dpone_status and fills `error` (never NULL here) when
 * that is not DPONE_OK; calls come one at a time, from one thread; memory that a call is given is valid
 * during that call only, unless said otherwise; memory behind a returned pointer belongs to the module and
 * lives until stop(). */
#ifndef DPONE_FIXTURE_H
#define DPONE_FIXTURE_H

#include <dpone/error.h>
#include <dpone/schema.h>

DPONE_BEGIN_DECLS

/* Number of this interface; it changes on breaks only, members are appended and told apart by struct_size. */
#define DPONE_FIXTURE_VERSION 1u

/* ---- Values ---- */

/* A value that some systems cannot hold although they hold others of its type. */
enum dpone_fixture_feature {
    DPONE_FIXTURE_ORDINARY = 0,
    DPONE_FIXTURE_NAN = 1,           /* float64 */
    DPONE_FIXTURE_INFINITY = 2,      /* float64, either sign */
    DPONE_FIXTURE_NEGATIVE_ZERO = 3, /* float64 */
    DPONE_FIXTURE_NUL = 4,           /* utf8 with U+0000 inside */
    DPONE_FIXTURE_FAR_PAST = 5,      /* date32 or timestamp before the year 0001 */
    DPONE_FIXTURE_FAR_FUTURE = 6,    /* date32 or timestamp after the year 9999 */
    DPONE_FIXTURE_FEATURE_COUNT = 7
};

/* One value of a column, whose struct dpone_column says how to read it. `bytes` is borrowed: the giver says
 * until when. */
struct dpone_fixture_value {
    int32_t is_null; /* 1: nothing below counts */
    int32_t misfit;  /* 1: what stands there is no value of the column's type; `bytes` hold it as text.
                        Observers only */
    union {
        int64_t integer;          /* BOOL (0, 1), INT32, INT64, DATE32 (days), TIMESTAMP_US */
        double real;              /* FLOAT64 */
        struct dpone_bytes bytes; /* UTF8, BINARY */
        uint8_t decimal[16];      /* DECIMAL128: two's complement, little endian */
    } as;
};

/* Bytes that a caller of dpone_fixture_rows.value lends for texts that are made on the fly. */
#define DPONE_FIXTURE_SCRATCH_BYTES 8192

/* Rows as a pure function of (row, column), so that a million of them cost nothing until they are asked for.
 * Threads: value() may be called from any thread, also from several at once. */
struct dpone_fixture_rows {
    const struct dpone_column *columns;
    size_t column_count;
    const uint8_t *nested; /* one byte a column, 1: its texts are JSON documents, and a system that has nested
                              values serves them as such; NULL: no column is */
    int64_t row_count;     /* rows 0 .. row_count - 1 exist */
    const void *context;
    /* The value at (row, column); its bytes live in `scratch` or as long as the rows. Never fails. */
    void (*value)(const void *context, int64_t row, size_t column, char scratch[DPONE_FIXTURE_SCRATCH_BYTES],
                  struct dpone_fixture_value *out);
};

/* ---- What a module says about its system ---- */

enum dpone_fixture_fault_class {
    DPONE_FIXTURE_TRANSIENT = 1,
    DPONE_FIXTURE_PERMANENT = 2,
    DPONE_FIXTURE_THROTTLED = 3,
    DPONE_FIXTURE_TRUNCATED = 4,
    DPONE_FIXTURE_EXHAUSTED = 5
};

/* Where a fault can strike; a fault names every operation that makes sense for it. */
enum dpone_fixture_operation {
    DPONE_FIXTURE_READ = 1,    /* a source reads rows */
    DPONE_FIXTURE_STAGE = 2,   /* a sink opens, fills or seals a staging area */
    DPONE_FIXTURE_PUBLISH = 4, /* a sink publishes */
    DPONE_FIXTURE_DESCRIBE = 8 /* a sink looks at its target or at the last publication */
};

/* What is true of the target when a fault strikes a publication. */
enum dpone_fixture_effect {
    DPONE_FIXTURE_NOT_APPLIED = 0,
    DPONE_FIXTURE_APPLIED = 1 /* the publication happened, its answer did not arrive */
};

struct dpone_fixture_fault {
    const char *id;          /* "http_429_seconds" */
    const char *description; /* one line for the report */
    int32_t fault_class;     /* enum dpone_fixture_fault_class */
    int32_t operations;      /* bits of enum dpone_fixture_operation */
    int32_t expected_status; /* what a connector must answer when the fault stays: enum dpone_status */
    int32_t other_status;    /* an answer as good as that one; 0: none */
    int32_t retryable; /* 1: a connector must retry, and succeed when the fault goes away; 0: it must fail at
                          once; -1: it may retry */
    int32_t effect;    /* enum dpone_fixture_effect, on PUBLISH */
    int64_t retry_after_ms; /* the wait that the system asks for and that must be honoured; -1: none */
};

/* How one kind of value travels. The row of a type with DPONE_FIXTURE_ORDINARY must exist; a feature without
 * a row of its own behaves like it. */
struct dpone_fixture_mapping {
    int32_t type;        /* enum dpone_type */
    int32_t feature;     /* enum dpone_fixture_feature */
    int32_t source_type; /* the type that a source must show for it (golden schema): itself, INT64 for INT32,
                            UTF8 for anything as its canonical text (dpone/value_text.h); -1: the system
                            cannot serve it */
    int32_t sink_exact;  /* 1: a sink must store it exactly; 0: a sink must refuse it before staging */
};

/* ---- What a module tells the harness while it runs ---- */

/* A staging area that still exists. */
struct dpone_fixture_staging {
    const char *id;
    const char *target;
    const char *state; /* "open", "sealed", ... in the words of the system */
    int64_t rows;
    int32_t expired; /* 1: its lease or lock is dead, a recover() must remove it */
};

/* A publication, oldest first. */
struct dpone_fixture_publication {
    const char *target;
    const char *pipeline;
    const char *idempotency_key;
    const char *content_digest; /* lower-case hexadecimal */
    struct dpone_bytes position;
    int64_t rows; /* rows published by it, -1 when the system does not keep that */
};

/* Something that the system saw, oldest first. */
struct dpone_fixture_event {
    int64_t sequence;    /* 1, 2, ... in the order of arrival */
    int64_t at_us;       /* monotonic clock */
    int32_t operation;   /* enum dpone_fixture_operation, 0: none of them */
    const char *summary; /* "PUT /staging/7/parts/0" */
    const char *outcome; /* "204", "reset", ... */
    const char *fault;   /* id of the fault that struck, or NULL */
    const char *detail;  /* everything that arrived with it (headers), as the system saw it; or "" */
    int64_t body_bytes;
};

/* Where a module puts what it is asked for; filled by the host, used during the call only. */
struct dpone_fixture_output {
    uint32_t struct_size;
    void *context;
    int32_t (*variable)(void *context, const char *name, const char *value);
    /* observe_target: columns once, then row for each row, values in the order of the columns. */
    int32_t (*columns)(void *context, const struct dpone_column *columns, size_t count);
    int32_t (*row)(void *context, const struct dpone_fixture_value *values);
    int32_t (*staging)(void *context, const struct dpone_fixture_staging *staging);
    int32_t (*publication)(void *context, const struct dpone_fixture_publication *publication);
    int32_t (*event)(void *context, const struct dpone_fixture_event *event);
};

/* What start() gets. */
struct dpone_fixture_start {
    uint32_t struct_size;
    const char *directory; /* exists, empty, private to this instance: data, sockets and logs belong here */
    struct dpone_string
        options;   /* `environment.options` of certification.yaml as JSON text, "{}" when absent */
    uint64_t seed; /* secrets and names that the module invents derive from it */
};

/* Which fault, and when. */
struct dpone_fixture_arming {
    uint32_t struct_size;
    const char *fault;
    int32_t operation; /* strike only this enum dpone_fixture_operation; 0: all that the fault names */
    int64_t skip;      /* let so many matching requests pass first */
    int64_t times;     /* then strike so often; 0: until disarmed */
    int64_t
        delay_ms; /* for faults that take time (a slow body): how long in all; 0: the module's own choice */
};

struct dpone_fixture_module {
    uint32_t struct_size;
    uint32_t version;   /* DPONE_FIXTURE_VERSION */
    const char *name;   /* "http": the word in certification.yaml and the name of the file */
    const char *title;  /* "HTTP and JSON server" */
    const char *system; /* what really runs: "libmicrohttpd 0.9.75" */

    /* Starts the system, ready to be used on return. DPONE_INVALID_ARGUMENT names the option that is wrong,
     * DPONE_NOT_FOUND the program that is missing and its Debian package. */
    int32_t (*start)(void **instance, const struct dpone_fixture_start *start, struct dpone_error *error);

    /* Stops it and frees everything; never called on an instance that did not start. */
    void (*stop)(void *instance);

    /* Fault `index` from 0 on, NULL past the last. Static. */
    const struct dpone_fixture_fault *(*fault)(size_t index);

    /* Row `index` of the type map, which may depend on the options; NULL past the last. */
    const struct dpone_fixture_mapping *(*mapping)(void *instance, size_t index);

    /* Names that may stand as ${name} in environment.connector_options: url, token, path, ... */
    int32_t (*variables)(void *instance, const struct dpone_fixture_output *out, struct dpone_error *error);

    /* Makes `rows` readable as the source stream `name`, replacing it. `rows` lives until stop(), so it need
     * not be copied. Calling it again with more rows of the same function is how a stream grows. Rows come
     * sorted by their cursor column. NULL when the system has no source side. */
    int32_t (*publish_stream)(void *instance, const char *name, const struct dpone_fixture_rows *rows,
                              struct dpone_error *error);

    /* Creates the sink target `name` with these columns and rows, replacing whatever stands there, its
     * staging areas and publications included. NULL when the system has no sink side; so are the next six. */
    int32_t (*prepare_target)(void *instance, const char *name, const struct dpone_fixture_rows *rows,
                              struct dpone_error *error);

    /* Removes a target with its staging areas and publications; DPONE_OK when there is none. */
    int32_t (*drop_target)(void *instance, const char *name, struct dpone_error *error);

    /* Self-test: adds rows to a target; deletes every row where `key_column` holds `key`; sets `column`
     * there. */
    int32_t (*insert_rows)(void *instance, const char *target, const struct dpone_fixture_rows *rows,
                           struct dpone_error *error);
    int32_t (*delete_rows)(void *instance, const char *target, const char *key_column,
                           const struct dpone_fixture_value *key, struct dpone_error *error);
    int32_t (*edit_rows)(void *instance, const char *target, const char *key_column,
                         const struct dpone_fixture_value *key, const char *column,
                         const struct dpone_fixture_value *value, struct dpone_error *error);

    /* The target as the system itself holds it, in the order of storage. DPONE_NOT_FOUND when there is none.
     */
    int32_t (*observe_target)(void *instance, const char *name, const struct dpone_fixture_output *out,
                              struct dpone_error *error);
    int32_t (*observe_staging)(void *instance, const struct dpone_fixture_output *out,
                               struct dpone_error *error);
    int32_t (*observe_publications)(void *instance, const char *target,
                                    const struct dpone_fixture_output *out, struct dpone_error *error);

    /* Makes every lease of a staging area expire now, as if its time had passed. */
    int32_t (*expire_leases)(void *instance, struct dpone_error *error);

    /* One fault at a time: arming replaces the armed one; a NULL arming disarms. `struck` (nullable) receives
     * how often the fault that was armed before has struck. */
    int32_t (*arm)(void *instance, const struct dpone_fixture_arming *arming, int64_t *struck,
                   struct dpone_error *error);

    /* Returns when no client and no request is in flight, DPONE_TIMEOUT when that takes longer. */
    int32_t (*quiesce)(void *instance, int64_t timeout_ms, struct dpone_error *error);

    /* What the system saw since the start or the last clear_events(). */
    int32_t (*events)(void *instance, const struct dpone_fixture_output *out, struct dpone_error *error);
    int32_t (*clear_events)(void *instance, struct dpone_error *error);
};

/* The one symbol of a module. Answers DPONE_NOT_IMPLEMENTED for a version it does not know; `*out` is static.
 * Loading and this call have no side effects. */
DPONE_EXPORT int32_t dpone_fixture_init(uint32_t version, const struct dpone_fixture_module **out,
                                        struct dpone_error *error);

DPONE_END_DECLS

#endif
