/* One load of the reference connector: what begin() was asked for, read back from the file, and how far it
 * is. */
#ifndef DPONE_RUNTIME_REFERENCE_LOAD_H
#define DPONE_RUNTIME_REFERENCE_LOAD_H

#include <dpone/batch_view.h>

#include "runtime/reference_instance.h"
#include "runtime/reference_plan.h"

enum load_phase { LOAD_OPEN, LOAD_STAGED, LOAD_PUBLISHED, LOAD_ABORTED };

struct load {
    struct dpone_instance *instance;
    char *stage;
    int64_t partition;
    int64_t attempt;
    enum load_phase phase;
    json_t *request; /* as reference_sink.c wrote it; the strings below are its own */
    const char *target;
    const char *pipeline;
    const char *key;
    int32_t strategy;
    int64_t lease_ms;
    int64_t partition_count; /* 0: not distributed */
    struct dpone_columns columns;
    struct ArrowSchema schema;
    struct dpone_batch_view *view;
    const char *rowid; /* of the stage */
};

/* Moves the lease on. DPONE_CONFLICT when the load was swept meanwhile. */
int32_t dpone_reference_renew_lease(const struct load *load, struct dpone_store *store,
                                    struct dpone_error *error);

/* Publication, in one transaction (reference_publish.c). */
int32_t dpone_reference_publish(struct load *load, struct dpone_store *store,
                                const struct dpone_publish_request *request, struct dpone_error *error);

/* Checks the rows of the stage that `where` selects (SQL of our own): keys unique and not NULL, window kept.
 */
int32_t dpone_reference_check_rows(const struct load *load, struct dpone_store *store, const char *where,
                                   struct dpone_error *error);

/* "col","col": the unique key, quoted, on sqlite3's heap; NULL when memory is short. */
char *dpone_reference_key_list(const struct load *load, sqlite3 *db);

#endif
