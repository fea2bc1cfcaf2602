/* What the files of this connector share: its instance. */
#ifndef DPONE_CONNECTOR_POSTGRES_CONNECTOR_H
#define DPONE_CONNECTOR_POSTGRES_CONNECTOR_H

#include <stdatomic.h>

#include "client.h"
#include "options.h"

/* Of the package. CMakeLists.txt sets it; this one is for a build without CMake. */
#ifndef POSTGRES_VERSION
#define POSTGRES_VERSION "1.0.0"
#endif

struct postgres_session;

struct dpone_instance {
    const struct dpone_host *host;
    struct postgres_config config;
    struct postgres_client client;
    struct postgres_session *session;  /* for calls that end before they return; NULL: not needed yet */
    struct postgres_session *snapshot; /* holds the snapshot of partitions; NULL: there are none */
    atomic_int cancelled;
};

/* Opens an instance on a client of the caller's: what a test does. NULL: libpq. */
int32_t postgres_open_with(struct dpone_instance **out, const struct dpone_host *host,
                           const struct dpone_option *options, const struct postgres_client *client,
                           struct dpone_error *error);

/* 1 once the host or cancel() asked to stop. Any thread. */
int postgres_is_cancelled(const struct dpone_instance *instance);

/* The capabilities, one file each. */
extern const struct dpone_source_functions postgres_source_functions;
extern const struct dpone_sink_functions postgres_sink_functions;
extern const struct dpone_state_functions postgres_state_functions;

#endif
