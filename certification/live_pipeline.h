/* A whole pipeline between the connector and the SDK's reference counterparts, driven by a manifest as a user
 * would write it. The connector takes one side; a state backend keeps the position of an incremental pipeline
 * between two tables of the reference connector. */
#ifndef DPONE_CERTIFICATION_LIVE_PIPELINE_H
#define DPONE_CERTIFICATION_LIVE_PIPELINE_H

#include "live.h"

#include "runtime/pipeline.h"

#include <jansson.h>

/* Follows the name of the source's table in the name of the target, where the connector keeps the state. */
#define DPONE_LIVE_PUBLISHED "_published"

/* What is run. */
struct dpone_live_pipeline {
    int32_t side;        /* enum dpone_live_side that the connector takes */
    const char *table;   /* on both sides, and the key of a state */
    const json_t *extra; /* connector options that take precedence over the contract's; NULL: none */
    const struct dpone_host_time *time; /* NULL: real time */
    const json_t *sections;             /* further sections of the manifest (quality, ...); NULL: none */
    dpone_step_hook hook;               /* around every step; NULL: none */
    void *hook_context;
};

/* What came of it. Free by dpone_live_pipeline_clear(). */
struct dpone_live_outcome {
    int32_t status; /* of dpone_pipeline_run() */
    struct dpone_error error;
    char *manifest_path;
    char *record_path; /* of run.json */
    json_t *record;    /* NULL when there is no run.json that parses */
};

/* Fills table `table` of the reference connector's file with rows of the data set, for a pipeline in which
 * the connector is the sink. */
int dpone_live_fill_reference(struct dpone_live *live, const char *table, int64_t rows);

/* What table `table` of the reference connector's file holds, as a dump, with its digest. */
int dpone_live_dump_reference(struct dpone_live *live, const char *table, const char *path, int64_t *rows,
                              struct dpone_digest *digest);

/* Writes the manifest and runs it. 0 when the check was given up; a pipeline that fails is an outcome. */
int dpone_live_pipeline_run(struct dpone_live_outcome *out, struct dpone_live *live,
                            const struct dpone_live_pipeline *pipeline);
void dpone_live_outcome_clear(struct dpone_live_outcome *outcome);

#endif
