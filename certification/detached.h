/* A connector whose system is not there: opening needs no connection, so much can be learned without one. */
#ifndef DPONE_CERTIFICATION_DETACHED_H
#define DPONE_CERTIFICATION_DETACHED_H

#include "check.h"

#include "runtime/option_tree.h"
#include "runtime/system_host.h"
#include "runtime/virtual_time.h"

#include <dpone/connector.h>

#include <jansson.h>

/* A host in virtual time, seeded, with its folder below the check's. */
struct dpone_detached_host {
    struct dpone_virtual_time *time;
    struct dpone_system_host *host;
};

/* Returns 0 when the check was given up. */
int dpone_detached_host_open(struct dpone_detached_host *out, struct dpone_check_run *run);
void dpone_detached_host_close(struct dpone_detached_host *host);

/* environment.connector_options of the contract with variables of a place where nothing answers:
 * http://127.0.0.1:9, a path that is not there. Their secrets are in the environment. NULL when memory is
 * short; the caller decrefs it. */
json_t *dpone_detached_options(struct dpone_check_run *run);

/* Options as a connector gets them, by way of a file of the check's. Returns 0 when the check was given up.
 */
int dpone_detached_tree(struct dpone_option_tree **out, struct dpone_check_run *run, const json_t *options);

#endif
