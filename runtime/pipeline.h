/* One pipeline, run once: read -> stage -> gates -> publish -> state -> run.json.
 *
 * Exactly once, also after a crash anywhere: the sink stores the source's position in the same atomic step as
 * the rows. Every run first asks the sink for its last publication and advances the state to that position;
 * only then it reads on. A publish whose answer was lost is resolved through last_published(), and repeated
 * with the same key. */
#ifndef DPONE_RUNTIME_PIPELINE_H
#define DPONE_RUNTIME_PIPELINE_H

#include <dpone/connector.h>

#include "runtime/pipeline_spec.h"
#include "runtime/run_record.h"

/* The steps of a run, in their order; WRITE is entered once a batch, the others once at most. */
enum dpone_step {
    DPONE_STEP_OPEN = 0,           /* open the instances */
    DPONE_STEP_RECOVER = 1,        /* sweep staging of dead loads */
    DPONE_STEP_LAST_PUBLISHED = 2, /* what did this pipeline publish last? */
    DPONE_STEP_STATE_READ = 3,
    DPONE_STEP_STATE_ADVANCE = 4, /* to the last publication's position, when the state is behind */
    DPONE_STEP_READ = 5,          /* open the reader from the checkpoint, learn the schema */
    DPONE_STEP_PLAN = 6,          /* describe the target, plan its schema */
    DPONE_STEP_BEGIN = 7,         /* open staging */
    DPONE_STEP_WRITE = 8,         /* read one batch and stage it; the last time there is none */
    DPONE_STEP_STAGE = 9,         /* seal staging */
    DPONE_STEP_GATES = 10,        /* judge what is staged */
    DPONE_STEP_PUBLISH = 11,
    DPONE_STEP_RESOLVE = 12, /* after OUTCOME_UNKNOWN only: last_published(), or publish() once more */
    DPONE_STEP_STATE_COMMIT = 13,
    DPONE_STEP_COUNT = 14
};

/* "last_published" and so on, as run.json spells it; NULL for a number that is none. */
const char *dpone_step_name(int32_t step);

enum dpone_step_phase { DPONE_STEP_BEFORE = 0, DPONE_STEP_AFTER = 1 };

/* What a hook is told. */
struct dpone_step_event {
    int32_t step;    /* enum dpone_step */
    int32_t phase;   /* enum dpone_step_phase */
    int32_t status;  /* AFTER: how it ended, enum dpone_status */
    int64_t ordinal; /* WRITE: number of the batch, from 0; RESOLVE: of the attempt; else 0 */
    int64_t rows;    /* written so far */
};

/* Called on the pipeline's thread around every step. What it returns takes the place of the step: before it,
 * anything but DPONE_OK means that the step does not run and failed so; after it, it is the step's outcome
 * (return event->status to leave it alone). A hook may also kill the process. */
typedef int32_t (*dpone_step_hook)(void *context, const struct dpone_step_event *event,
                                   struct dpone_error *error);

/* A connector for one side. Everything is borrowed until the pipeline is freed. */
struct dpone_pipeline_side {
    const struct dpone_connector *connector; /* NULL: dpone_reference_connector() with the side's options */
    const struct dpone_host *host;           /* of this instance alone */
    const char *plugin_path;                 /* for run.json; NULL: built in */
    const char *plugin_sha256;               /* likewise */
};

/* Where and how to run. */
struct dpone_pipeline_environment {
    struct dpone_pipeline_side source;
    struct dpone_pipeline_side sink;
    struct dpone_pipeline_side state; /* not used when spec->state.type is NULL: then the sink's last
                                         publication alone says where to read on */
    const char *run_directory;        /* run.json goes to RUN_DIRECTORY/RUN_ID/run.json; made when missing */
    const char *load_id;              /* idempotency key to use; NULL: a new ULID */
    dpone_step_hook hook;             /* NULL: none */
    void *hook_context;
};

struct dpone_pipeline;

/* Prepares a run; touches nothing. `spec` and `environment` are borrowed until freed. DPONE_INVALID_ARGUMENT:
 * a connector lacks the side or the strategy asked of it. DPONE_OUT_OF_MEMORY. */
int32_t dpone_pipeline_new(struct dpone_pipeline **out, const struct dpone_pipeline_spec *spec,
                           const struct dpone_pipeline_environment *environment, struct dpone_error *error);

/* Runs it, once. DPONE_OK; or the status of the step that failed, whose name opens the message;
 * DPONE_DATA_CORRUPT naming the gate when a gate of severity error stopped it, with
 * dpone_pipeline_record()->stopped_by_gate set; DPONE_IO when run.json could not be written. run.json is
 * written in every case: at the start with status "running", at the end again. */
int32_t dpone_pipeline_run(struct dpone_pipeline *pipeline, struct dpone_error *error);

/* Passes cancel() to the connectors of a run under way. Any thread; a run ends with DPONE_CANCELLED, unless
 * the publication happened already: then it is completed. (Hosts are cancelled by their owner.) */
void dpone_pipeline_cancel(struct dpone_pipeline *pipeline);

/* What the run did; valid until freed. */
const struct dpone_run_record *dpone_pipeline_record(const struct dpone_pipeline *pipeline);

/* Path of run.json; "" before the run. */
const char *dpone_pipeline_record_path(const struct dpone_pipeline *pipeline);

void dpone_pipeline_free(struct dpone_pipeline *pipeline);

#endif
