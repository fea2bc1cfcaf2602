/* What the server's failures mean: SQLSTATE to status. */
#ifndef DPONE_CONNECTOR_POSTGRES_FAILURE_H
#define DPONE_CONNECTOR_POSTGRES_FAILURE_H

#include <libpq-fe.h>

#include <dpone/dpone.h>

/* The status of a five-letter SQLSTATE. */
int32_t postgres_failure_status(const char *sqlstate);

/* Reports a failed result, or, when it has no SQLSTATE, a lost connection. */
int32_t postgres_failure(PGconn *connection, const PGresult *result, struct dpone_error *error);

/* Reports why a connection was not made. */
int32_t postgres_failure_to_connect(PGconn *connection, const struct dpone_secret *password,
                                    struct dpone_error *error);

#endif
