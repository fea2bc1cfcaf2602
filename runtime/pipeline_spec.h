/* What one pipeline is to do: plain data, read from a manifest or filled in by a program. */
#ifndef DPONE_RUNTIME_PIPELINE_SPEC_H
#define DPONE_RUNTIME_PIPELINE_SPEC_H

#include <dpone/option.h>
#include <dpone/sink.h>
#include <dpone/source.h>

#include "runtime/gates.h"

/* One end of the pipeline. Everything is borrowed from whoever made the spec. */
struct dpone_side_spec {
    const char *type; /* name of a connector, or "reference"; NULL: not configured */
    struct dpone_table table;
    const struct dpone_option *options; /* NULL: none */
};

/* Zero means the default. */
struct dpone_pipeline_spec {
    const char *name; /* who loads: publications and state are kept under it */
    struct dpone_side_spec source;
    struct dpone_side_spec sink;
    struct dpone_side_spec state; /* its table is not used */

    int32_t read_mode; /* enum dpone_read_mode */
    struct dpone_string cursor_column;
    struct dpone_bytes partition; /* one of `dpone partitions`; empty: the whole stream */
    int64_t batch_rows;
    int64_t batch_bytes;

    int32_t strategy; /* enum dpone_strategy */
    const struct dpone_string *const *unique_key;
    size_t unique_key_count;
    const struct dpone_window *window; /* NULL but for DPONE_REPLACE */
    int32_t evolution;                 /* enum dpone_evolution_policy */
    int64_t lease_ms;

    const char *state_key; /* NULL: the pipeline's name */

    const struct dpone_gate_spec *gates;
    size_t gate_count;

    const char *manifest_path;   /* NULL: made by a program */
    const char *manifest_sha256; /* 64 digits; NULL likewise */
};

/* "full_refresh" and so on, as manifests spell it; NULL for a number that is none. */
const char *dpone_strategy_name(int32_t strategy);

/* A manifest file of a single process, and the spec it holds. */
struct dpone_pipeline_manifest;

/* Reads `source` {type, table {schema, name}, incremental {cursor_column} or a boolean, batch_rows,
 * batch_bytes, options}, `sink` {type, table, strategy {mode, unique_key, window {column, from, to}},
 * schema_evolution, lease_ms, options}, `state` {type, key, options} and `quality` {gates}. An incremental
 * strategy reads incrementally unless `source.incremental` is false; the other strategies read everything.
 * Keys that other tools of dpone read (description, observability, ...) are left alone.
 * DPONE_INVALID_ARGUMENT with `file:line:column: error: where.it.stands: what is wrong`; the file's own
 * failures as dpone_tree_read_file(). The caller frees `*out`. */
int32_t dpone_pipeline_manifest_read(struct dpone_pipeline_manifest **out, const char *path,
                                     struct dpone_error *error);
void dpone_pipeline_manifest_free(struct dpone_pipeline_manifest *manifest);

/* Valid until freed. */
const struct dpone_pipeline_spec *
dpone_pipeline_manifest_spec(const struct dpone_pipeline_manifest *manifest);

#endif
