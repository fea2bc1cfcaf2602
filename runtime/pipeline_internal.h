/* One run under way, shared by the files that implement its steps. */
#ifndef DPONE_RUNTIME_PIPELINE_INTERNAL_H
#define DPONE_RUNTIME_PIPELINE_INTERNAL_H

#include <pthread.h>

#include <dpone/batch_view.h>
#include <dpone/call.h>
#include <dpone/row_hash.h>

#include "runtime/pipeline.h"

/* A side with the instance that the run opened. */
struct dpone_endpoint {
    const struct dpone_connector *connector;
    const struct dpone_host *host;
    struct dpone_instance *instance;
    const struct dpone_side_spec *spec;
};

struct dpone_pipeline {
    const struct dpone_pipeline_spec *spec;
    const struct dpone_pipeline_environment *environment;
    struct dpone_run_record record;
    char *run_directory;
    char *record_path;

    pthread_mutex_t lock; /* guards the instances against cancel(), and the two flags */
    int cancelled;
    int publishing; /* from the first publish() on: what was begun is completed */

    struct dpone_endpoint source, sink, state;
    struct dpone_state_value state_value; /* as last seen */
    struct dpone_buffer last_position;    /* of the last publication at the start; empty: none */
    struct dpone_buffer last_key;         /* its idempotency key */
    struct dpone_reader reader;
    struct dpone_description target;
    int target_exists;
    struct dpone_buffer plan;
    struct dpone_load load;
    struct dpone_batch_view *view;
    struct dpone_gates *gates;
    const struct dpone_gate_result **gate_results;
    int outcome_unknown; /* 1: a publish may have happened, and nobody could say */
};

/* 1 when the pipeline has a state backend of its own. */
int dpone_pipeline_has_state(const struct dpone_pipeline *pipeline);

/* 1 when reading on found nothing, and the target exists: there is nothing to publish. */
int dpone_pipeline_is_idle(const struct dpone_pipeline *pipeline);

int64_t dpone_pipeline_wall_us(const struct dpone_pipeline *pipeline);

/* The bodies of the steps, in their order. */
int32_t dpone_step_open(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_recover(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_last_published(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_state_read(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_state_advance(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_read(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_plan(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_begin(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_stage(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_gates(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_publish(struct dpone_pipeline *pipeline, struct dpone_error *error);
int32_t dpone_step_state_commit(struct dpone_pipeline *pipeline, struct dpone_error *error);

/* One batch: `*more` is 0 at the end of the stream. */
int32_t dpone_step_write(struct dpone_pipeline *pipeline, int *more, struct dpone_error *error);

/* One attempt to learn what became of a publish: `*resolved` is 1 when it is known to have happened. */
int32_t dpone_step_resolve(struct dpone_pipeline *pipeline, int64_t attempt, int *resolved,
                           struct dpone_error *error);

/* Ends everything that the run holds open, also after a failure. */
void dpone_pipeline_close_all(struct dpone_pipeline *pipeline);

#endif
