/* What the two halves of dpone-fixture share: the loop that serves one client, and the calls it serves. */
#ifndef DPONE_CERTIFICATION_FIXTURE_HOST_H
#define DPONE_CERTIFICATION_FIXTURE_HOST_H

#include "canonical.h"

/* A data set that was published; it stays until the module stopped. */
struct dpone_host_stream {
    struct dpone_host_stream *next; /* newest first */
    char *name;
    struct dpone_dataset *dataset;
};

struct dpone_host {
    const struct dpone_fixture_module *module;
    void *instance; /* NULL: not started */
    struct dpone_host_stream *streams;
};

/* Serves one call: fills members of `reply`. DPONE_NOT_IMPLEMENTED for a call that is none or that the module
 * lacks. */
int32_t dpone_host_serve(struct dpone_host *host, json_t *request, json_t *reply, struct dpone_error *error);

/* Stops the module's instance, then frees what it was lent. */
void dpone_host_stop(struct dpone_host *host);

#endif
