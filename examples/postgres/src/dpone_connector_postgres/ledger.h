/* What dpone keeps beside the targets of a schema: leases of loads, publications, state. */
#ifndef DPONE_CONNECTOR_POSTGRES_LEDGER_H
#define DPONE_CONNECTOR_POSTGRES_LEDGER_H

#include "session.h"

#define POSTGRES_LOADS POSTGRES_RESERVED_PREFIX "loads"
#define POSTGRES_PUBLICATIONS POSTGRES_RESERVED_PREFIX "publications"
#define POSTGRES_STATE POSTGRES_RESERVED_PREFIX "state"

/* Makes the tables of a schema that are missing; a session may be in a transaction or not. */
int32_t postgres_ledger_make(struct postgres_session *session, const char *schema, struct dpone_error *error);

/* Puts `%T` of `format` in for a table of the ledger, and asks. `query->sql` is set meanwhile. */
int32_t postgres_ledger_ask(struct postgres_session *session, const char *schema, const char *table,
                            const char *format, struct postgres_query *query, PGresult **out,
                            struct dpone_error *error);

/* The same for a statement without rows; `*changed` (may be NULL) counts those that it changed. */
int32_t postgres_ledger_run(struct postgres_session *session, const char *schema, const char *table,
                            const char *format, struct postgres_query *query, int64_t *changed,
                            struct dpone_error *error);

#endif
