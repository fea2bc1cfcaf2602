/* The sink side of a connector: staging first, publication in one atomic step, idempotent, recoverable.
 *
 * A load goes begin -> write* -> stage -> (open_staged)* -> publish, or abort at any point before. Readers of
 * the target see its old content until publish() and its new content after, nothing between and nothing else
 * ever. A system that cannot switch atomically declares staging_first false and cannot be certified as a
 * sink.
 *
 * A distributed load: one process begins and hands the load's token to workers; each attaches with its
 * partition and attempt number, writes, stages, and returns a receipt; the first process publishes exactly
 * one receipt per partition. */
#ifndef DPONE_SINK_H
#define DPONE_SINK_H

#include <dpone/arrow.h>
#include <dpone/error.h>
#include <dpone/source.h>

DPONE_BEGIN_DECLS

enum dpone_strategy {
    DPONE_FULL_REFRESH = 0,       /* the target becomes exactly the load, also an empty one */
    DPONE_INCREMENTAL_APPEND = 1, /* rows are added; order kept where the system has one */
    DPONE_INCREMENTAL_MERGE = 2,  /* upsert by unique_key; NULL in a key or a key twice in one load:
                                     INVALID_ARGUMENT at stage(), target unchanged */
    DPONE_REPLACE = 3 /* rows whose window column lies in the window are replaced by the load, also by none */
};

/* `from` <= column < `to`, for DPONE_REPLACE. The bounds are the canonical text of the column's type (integer
 * digits, ISO 8601 date, RFC 3339 timestamp in UTC, or text compared byte by byte). A row of the load outside
 * its window is INVALID_ARGUMENT. */
struct dpone_window {
    uint32_t struct_size;
    struct dpone_string column;
    struct dpone_string from;
    struct dpone_string to;
};

enum dpone_evolution_policy {
    DPONE_EVOLUTION_FAIL = 0,  /* any difference stops the load before the target changes */
    DPONE_EVOLUTION_APPLY = 1, /* safe changes are applied: add a nullable column, widen int32->int64, widen a
                                  decimal's precision */
    DPONE_EVOLUTION_NEW_COLUMN =
        2 /* like APPLY; a column whose type cannot be widened goes to `__dpone__nc__<column>` */
};

/* The difference between a target and a load's schema, as asked of plan(). */
struct dpone_schema_change {
    uint32_t struct_size;
    struct dpone_table target;
    const struct ArrowSchema *current;  /* from describe(); NULL: the target does not exist */
    struct dpone_bytes current_version; /* from describe() */
    const struct ArrowSchema *wanted;   /* the load's */
    int32_t policy;                     /* enum dpone_evolution_policy */
};

/* The target as describe() saw it. */
struct dpone_description {
    uint32_t struct_size;
    struct ArrowSchema schema;   /* released by dpone_description_clear() */
    struct dpone_buffer version; /* changes with every change of the target's columns, and with nothing else:
                                    a full refresh may replace the relation, so its identity is no version.
                                    Compared by publish() */
};
#define DPONE_DESCRIPTION_INIT                                                                               \
    { (uint32_t)sizeof(struct dpone_description), {0}, DPONE_BUFFER_INIT }
DPONE_API void dpone_description_clear(struct dpone_description *description);

/* What begin() gets; lent for the call, the sink copies what it keeps. */
struct dpone_load_request {
    uint32_t struct_size;
    int32_t strategy;             /* enum dpone_strategy */
    struct dpone_table target;    /* `sink.table` of the manifest; names are data: quote, never interpolate */
    struct dpone_string pipeline; /* who loads: publications are remembered per (target, pipeline) */
    struct dpone_string idempotency_key;          /* names this load; at most 128 bytes of [A-Za-z0-9_.:-] */
    const struct ArrowSchema *schema;             /* columns of every batch; borrowed for the call */
    const struct dpone_string *const *unique_key; /* columns, for DPONE_INCREMENTAL_MERGE */
    size_t unique_key_count;
    const struct dpone_window *window; /* for DPONE_REPLACE, else NULL */
    struct dpone_bytes position; /* the source position this load reads on from; empty: the beginning. Kept
                                    with the load for diagnosis */
    struct dpone_bytes plan;     /* from plan(), carries the schema version it saw; empty: the target has the
                                    load's schema already, or does not exist */
    int64_t lease_ms; /* a load untouched for so long may be swept by recover(); 0: the connector's choice */
    int64_t partition_count; /* 0: not distributed; else so many receipts must be published */
};

/* What publish() gets. */
struct dpone_publish_request {
    uint32_t struct_size;
    int64_t rows;                      /* rows written, over all partitions */
    struct dpone_bytes content_digest; /* 16 bytes, dpone/row_hash.h, over all rows written; the sink stores
                                          it, and may recompute it */
    struct dpone_bytes position; /* the source position after the load; stored with it in the same step */
    const struct dpone_bytes *const
        *receipts; /* of stage(), one per partition; not distributed: none needed */
    size_t receipt_count;
};

/* What is known of the last publication of a pipeline into a target. */
struct dpone_publication {
    uint32_t struct_size;
    struct dpone_buffer idempotency_key;
    struct dpone_buffer content_digest;
    struct dpone_buffer position;
    int64_t rows;
};
#define DPONE_PUBLICATION_INIT                                                                               \
    { (uint32_t)sizeof(struct dpone_publication), DPONE_BUFFER_INIT, DPONE_BUFFER_INIT, DPONE_BUFFER_INIT, 0 }
DPONE_API void dpone_publication_clear(struct dpone_publication *publication);

/* One load under way. The caller allocates it zeroed but for struct_size; begin() or attach() fills it. */
struct dpone_load {
    uint32_t struct_size;
    void *private_data;

    /* Adds one batch to staging, and leaves its ownership with the caller: the sink neither changes nor
     * releases it, nor keeps a pointer into it. DPONE_UNSUPPORTED_TYPE for a value the target cannot hold
     * exactly; DPONE_INVALID_STATE after stage(). */
    int32_t (*write)(struct dpone_load *load, const struct ArrowArray *batch, struct dpone_error *error);

    /* Seals staging: everything is on the system, checked (unique keys, window), and complete. `receipt` (may
     * be NULL when not distributed) names what was sealed. A second call is DPONE_INVALID_STATE. No batch at
     * all is fine. */
    int32_t (*stage)(struct dpone_load *load, struct dpone_buffer *receipt, struct dpone_error *error);

    /* Streams what is staged, read back from the system, for the quality gates; any number of times between
     * stage() and publish(). */
    int32_t (*open_staged)(struct dpone_load *load, struct ArrowArrayStream *out, struct dpone_error *error);

    /* Applies the schema plan, the data and the position in one atomic step; staging is gone afterwards.
     * DPONE_OK also when this key was published before with this digest (nothing happens twice). A sink
     * remembers at least the last key of every (target, pipeline).
     * DPONE_CONFLICT: same key with another digest, or the target's schema is no longer the one the plan saw,
     * or another publication is in the way; the target is unchanged.
     * DPONE_OUTCOME_UNKNOWN: sent, no answer. Ask last_published(), or call publish() again with the same
     * request. Any other status: the target is unchanged. Unless it answered DPONE_OK the load is still
     * staged: publish again, or abort. */
    int32_t (*publish)(struct dpone_load *load, const struct dpone_publish_request *request,
                       struct dpone_error *error);

    /* Gives up: staging is removed. After a publish() was attempted it removes only what cannot be live.
     * Calling it twice is harmless. */
    int32_t (*abort)(struct dpone_load *load, struct dpone_error *error);

    /* The token that attach() takes in another process. NULL where distributed loads are not offered. */
    int32_t (*token)(struct dpone_load *load, struct dpone_buffer *out, struct dpone_error *error);

    /* Frees the handle. A load neither published nor aborted stays on the system until recover() finds its
     * lease dead. Sets close to NULL. */
    void (*close)(struct dpone_load *load);
};

/* Slots a sink fills; all required but attach. */
struct dpone_sink_functions {
    uint32_t struct_size;
    int32_t staging_first; /* 1: staging and atomic publication as described above */
    uint32_t strategies; /* sum of 1u << enum dpone_strategy of those offered; begin() answers NOT_IMPLEMENTED
                            for the others */

    /* What the target looks like now, without columns of the sink's own. DPONE_NOT_FOUND when it does not
     * exist. */
    int32_t (*describe)(struct dpone_instance *instance, const struct dpone_table *target,
                        struct dpone_description *out, struct dpone_error *error);

    /* Decides which schema changes a load needs; pure: touches nothing, the same answer for the same
     * question. `out` is empty when nothing has to change. DPONE_CONFLICT with the first unsafe change in the
     * message when the policy forbids it. */
    int32_t (*plan)(struct dpone_instance *instance, const struct dpone_schema_change *change,
                    struct dpone_buffer *out, struct dpone_error *error);

    /* Opens staging; fills `out` with dpone_struct_fill(). Whatever the target cannot hold (types, names too
     * long) is refused here with DPONE_UNSUPPORTED_TYPE or INVALID_ARGUMENT. */
    int32_t (*begin)(struct dpone_instance *instance, const struct dpone_load_request *request,
                     struct dpone_load *out, struct dpone_error *error);

    /* Joins a distributed load from another process. Attempts of one partition are independent; only the
     * published receipt counts. */
    int32_t (*attach)(struct dpone_instance *instance, struct dpone_bytes token, int64_t partition,
                      int64_t attempt, struct dpone_load *out, struct dpone_error *error);

    /* The last publication of `pipeline` into `target`. DPONE_NOT_FOUND when there is none. */
    int32_t (*last_published)(struct dpone_instance *instance, const struct dpone_table *target,
                              struct dpone_string pipeline, struct dpone_publication *out,
                              struct dpone_error *error);

    /* Removes staging of loads into `target` whose lease or lock is dead, never of a live one, nor of one of
     * this very instance. `removed` (may be NULL) counts them. */
    int32_t (*recover)(struct dpone_instance *instance, const struct dpone_table *target, int64_t *removed,
                       struct dpone_error *error);
};

DPONE_END_DECLS

#endif
