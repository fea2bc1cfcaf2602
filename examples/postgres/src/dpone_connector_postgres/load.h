/* One load under way: its session, its staging table, and what begin() was asked for.
 *
 * Rows come by one COPY into a table that is made in the same transaction, which stage() commits: nobody sees
 * it before, a crash leaves nothing of it, and its rows are frozen, so that they are rows for every snapshot,
 * however old. An advisory lock of the session says that the load lives. */
#ifndef DPONE_CONNECTOR_POSTGRES_LOAD_H
#define DPONE_CONNECTOR_POSTGRES_LOAD_H

#include "table.h"
#include "value.h"

enum postgres_phase {
    POSTGRES_WRITING,
    POSTGRES_STAGED,
    POSTGRES_PUBLISHED,
    POSTGRES_ABORTED,
    POSTGRES_FAILED /* before it was staged: it can be aborted only */
};

struct postgres_load {
    const struct dpone_instance *instance;
    struct postgres_session *session;
    enum postgres_phase phase;
    int32_t strategy;
    int64_t lease_ms;
    int64_t rows;   /* written so far */
    int64_t copied; /* of these, which the server has */
    int is_logged;  /* staging survives a crash of the server, and may become the target */
    int is_copying; /* a COPY is under way */
    struct postgres_table stage;
    struct postgres_table target;
    char *pipeline;
    char *idempotency_key;
    struct postgres_columns columns;
    struct postgres_columns key; /* of a merge, those of columns */
    struct postgres_sql window;  /* of a replacement: the condition that its rows fulfil */
    char *window_column;
    struct dpone_buffer plan;
    struct ArrowSchema schema;
    struct dpone_batch_view *view;
    struct postgres_wire wire;
};

/* Fills the slots of a handle; `load` belongs to it from then on. */
void postgres_load_fill(struct dpone_load *out, struct postgres_load *load);

/* Frees the memory of a load and ends its session; what is staged stays. */
void postgres_load_free(struct postgres_load *load);

/* Begins the COPY into staging. */
int32_t postgres_load_begin_copy(struct postgres_load *load, struct dpone_error *error);

/* A session that holds the lock of the load: its own, or a new one when that was lost. DPONE_UNAVAILABLE
 * while the server still thinks that the old one lives. */
int32_t postgres_load_connect(struct postgres_load *load, struct dpone_error *error);

/* Takes the lock that says that a load with this staging table lives; `*taken` is 0 when somebody has it,
 * when `is_patient` after a second. */
int32_t postgres_load_lock(struct postgres_session *session, const char *stage, int is_patient, int *taken,
                           struct dpone_error *error);

/* Adds "; DROP TABLE ...; DELETE ..." that removes staging and its lease. */
void postgres_load_add_drop(struct postgres_sql *sql, const struct postgres_table *stage);

/* Applies plan, rows and position in one transaction (publish.c). */
int32_t postgres_load_publish(struct postgres_load *load, const struct dpone_publish_request *request,
                              struct dpone_error *error);

#endif
