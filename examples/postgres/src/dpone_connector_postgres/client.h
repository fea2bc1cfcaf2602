/* The system's client, reduced to what the rest of the connector needs: begin one connection to the server.
 *
 * Everything above (session.c and what calls it) connects through struct postgres_client, so a test passes
 * its own function: one that fails as the test likes, or that connects to another server. client.c fills it
 * for libpq. */
#ifndef DPONE_CONNECTOR_POSTGRES_CLIENT_H
#define DPONE_CONNECTOR_POSTGRES_CLIENT_H

#include <libpq-fe.h>

#include "options.h"

struct postgres_client {
    const void *context;

    /* Begins to connect, without waiting; the caller polls. NULL: no memory. The caller finishes the
     * connection, also after a failure. */
    PGconn *(*connect)(const void *context, const char *password, const char *temporary_directory);
};

/* The client of libpq. `config` stays the caller's and is read at every connection. */
void postgres_client_open(struct postgres_client *out, const struct postgres_config *config);

#endif
