/* run.json: what one run of a pipeline did, for people, for reviewers, and for the certification, which
 * recounts it. docs/reference/run.md describes every field. */
#ifndef DPONE_RUNTIME_RUN_RECORD_H
#define DPONE_RUNTIME_RUN_RECORD_H

#include <dpone/arrow.h>
#include <dpone/connector.h>
#include <dpone/row_hash.h>

#include <jansson.h>

#include "runtime/gates.h"
#include "runtime/pipeline_spec.h"
#include "runtime/ulid.h"

/* Which connector served a side. Strings are borrowed from the connector or the caller. */
struct dpone_run_connector {
    const struct dpone_connector *connector; /* NULL: side not used */
    const char *plugin_path;
    const char *plugin_sha256;
};

/* One step as it happened; WRITE is one entry over all batches. */
struct dpone_run_step {
    int32_t step; /* enum dpone_step */
    int32_t status;
    int64_t started_us; /* wall clock */
    int64_t ended_us;
    int64_t duration_us; /* monotonic clock */
};

#define DPONE_RUN_STEPS_MAXIMUM 32

enum dpone_run_status {
    DPONE_RUN_RUNNING = 0,
    DPONE_RUN_SUCCEEDED = 1,
    DPONE_RUN_FAILED = 2,
    DPONE_RUN_CANCELLED = 3
};

struct dpone_run_record {
    char run_id[DPONE_ULID_TEXT_BYTES];
    char load_id[129]; /* the idempotency key */
    const struct dpone_pipeline_spec *spec;
    struct dpone_run_connector source, sink, state;
    int32_t status; /* enum dpone_run_status */
    int64_t started_us;
    int64_t ended_us; /* 0 while running */
    int64_t duration_us;

    struct ArrowSchema schema; /* of the source; release NULL while unknown */
    int64_t read_rows;         /* delivered by the source */
    int64_t staged_rows;       /* read back from staging when there are gates, else acknowledged by it */
    int64_t published_rows;    /* made visible by this run */
    int64_t rejected_rows;     /* staged, but kept from publication by a gate */
    int64_t batches;
    int64_t swept_loads; /* removed by recover() */
    struct dpone_digest content_digest;
    struct dpone_buffer checkpoint_before; /* where reading began */
    struct dpone_buffer checkpoint_after;  /* where it ended */

    const struct dpone_gate_result *const *gate_results;
    size_t gate_count;
    const struct dpone_gate_result *stopped_by_gate; /* NULL: none */

    int32_t state_advanced;  /* 1: brought up to the last publication at the start */
    int32_t state_committed; /* 1: moved on by this run */
    int32_t published;       /* 1: a publication of this run is live */
    int32_t publish_attempts;

    struct dpone_run_step steps[DPONE_RUN_STEPS_MAXIMUM];
    size_t step_count;
    int32_t failed_step; /* enum dpone_step, -1: none */
    struct dpone_error error;
};

/* The document. NULL when memory is short; the caller decrefs it. */
json_t *dpone_run_record_json(const struct dpone_run_record *record);

/* A schema as run.json has it: [{"name", "type", "nullable", "precision", "scale"}]; null when it has no
 * release. */
json_t *dpone_run_schema_json(const struct ArrowSchema *schema);

/* Writes it to `path` atomically: temporary file beside it, fsync, rename, fsync of the folder. DPONE_IO
 * naming it. */
int32_t dpone_run_record_write(const struct dpone_run_record *record, const char *path,
                               struct dpone_error *error);

#endif
