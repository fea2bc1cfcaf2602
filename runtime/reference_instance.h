/* One instance of the reference connector, and the slots of its sides. */
#ifndef DPONE_RUNTIME_REFERENCE_INSTANCE_H
#define DPONE_RUNTIME_REFERENCE_INSTANCE_H

#include <dpone/connector.h>

#include "runtime/reference_columns.h"
#include "runtime/reference_store.h"

struct dpone_reference_config {
    char *path;
    char *table; /* read when a request names none; NULL: not given */
    int64_t lease_ms;
    int64_t batch_rows;
};

struct dpone_instance {
    const struct dpone_host *host;
    struct dpone_reference_config config;
    atomic_int cancelled;
    struct dpone_store *store; /* for writing; opened by the first call that needs it */
};

/* The instance's own connection, which lives as long as the instance. */
int32_t dpone_reference_store(struct dpone_instance *instance, struct dpone_store **out,
                              struct dpone_error *error);

/* A connection for reading, which the caller closes. */
int32_t dpone_reference_reader_store(struct dpone_instance *instance, struct dpone_store **out,
                                     struct dpone_error *error);

/* A name for the row id that no column of the table hides; NULL when columns took all three. */
const char *dpone_reference_rowid(const struct dpone_columns *columns);

/* Fills a load handle for a stage that exists; sink and attach. */
int32_t dpone_reference_load_open(struct dpone_instance *instance, const char *stage, int64_t partition,
                                  int64_t attempt, struct dpone_load *out, struct dpone_error *error);

/* Drops a stage and forgets its load, within a transaction of the caller. */
int32_t dpone_reference_stage_drop(struct dpone_store *store, const char *stage, struct dpone_error *error);

/* JSON of an own buffer as a tree; DPONE_INVALID_ARGUMENT naming `what` it should be. */
int32_t dpone_reference_json(json_t **out, struct dpone_bytes bytes, const char *what,
                             struct dpone_error *error);

/* JSON into an owned buffer. Takes `json` over; NULL counts as lack of memory. */
int32_t dpone_reference_json_buffer(struct dpone_buffer *out, json_t *json, struct dpone_error *error);

extern const struct dpone_source_functions dpone_reference_source;
extern const struct dpone_sink_functions dpone_reference_sink;
extern const struct dpone_state_functions dpone_reference_state;

#endif
