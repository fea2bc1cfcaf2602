/* One connection to the server, and the ways to use it: run, ask, copy. Every wait is the host's, so that a
 * cancellation ends it; a session that was interrupted is of no more use, and the server rolls back. */
#ifndef DPONE_CONNECTOR_POSTGRES_SESSION_H
#define DPONE_CONNECTOR_POSTGRES_SESSION_H

#include "connector.h"
#include "sql.h"

struct postgres_session {
    const struct dpone_instance *instance;
    PGconn *connection;
    int unstoppable; /* 1: a cancellation is overlooked, because what is under way must come to its end */
    int interrupted; /* 1: a wait was ended by a cancellation */
    int spoken;      /* 1: the server said something since the last COPY began */
};

/* Connects, whatever the environment says. DPONE_UNAVAILABLE, DPONE_UNAUTHENTICATED, DPONE_TIMEOUT, ... */
int32_t postgres_session_open(struct postgres_session **out, const struct dpone_instance *instance,
                              struct dpone_error *error);

/* The same where a cancellation does not count: to clean up. */
int32_t postgres_session_open_unstoppable(struct postgres_session **out,
                                          const struct dpone_instance *instance, struct dpone_error *error);

/* NULL is harmless. */
void postgres_session_close(struct postgres_session *session);

/* The instance's own session, connected if it is not; it stays the instance's. */
int32_t postgres_session_of(struct postgres_session **out, struct dpone_instance *instance,
                            struct dpone_error *error);

/* 0 once the connection was lost, also while nobody used it. NULL is 0. */
int postgres_session_is_alive(const struct postgres_session *session);

/* ---- Statements ---- */

/* Runs one or more statements whose rows do not matter. */
int32_t postgres_session_run(struct postgres_session *session, const char *sql, struct dpone_error *error);

/* The same with SQL that was put together, and is cleared. `*rows` (may be NULL) is how many rows the last
 * statement changed. */
int32_t postgres_session_run_sql(struct postgres_session *session, struct postgres_sql *sql, int64_t *rows,
                                 struct dpone_error *error);

/* BEGIN, and COMMIT or ROLLBACK by `status`, which it returns. A COMMIT whose answer is lost is
 * DPONE_OUTCOME_UNKNOWN. */
int32_t postgres_session_begin(struct postgres_session *session, struct dpone_error *error);
int32_t postgres_session_end(struct postgres_session *session, int32_t status, struct dpone_error *error);

/* One statement with parameters $1, $2, ... in their order; begins as {.sql = "..."}. */
#define POSTGRES_PARAMETERS_MAXIMUM 8
struct postgres_query {
    const char *sql;
    int count;
    Oid types[POSTGRES_PARAMETERS_MAXIMUM];
    const char *values[POSTGRES_PARAMETERS_MAXIMUM];
    int sizes[POSTGRES_PARAMETERS_MAXIMUM];
    char integers[POSTGRES_PARAMETERS_MAXIMUM][8];
};

/* Texts and bytes are borrowed until the query was asked. */
void postgres_query_add_text(struct postgres_query *query, struct dpone_string text);
void postgres_query_add_bytes(struct postgres_query *query, struct dpone_bytes bytes);
void postgres_query_add_integer(struct postgres_query *query, int64_t integer);

/* Asks it; the caller clears the result. Columns of the answer are bigint, text, bytea or boolean. */
int32_t postgres_session_ask(struct postgres_session *session, const struct postgres_query *query,
                             PGresult **out, struct dpone_error *error);

/* Asks SQL that was put together, and is cleared, for one number. */
int32_t postgres_session_count(struct postgres_session *session, struct postgres_sql *sql, int64_t *out,
                               struct dpone_error *error);

int64_t postgres_result_integer(const PGresult *result, int row, int column);
int postgres_result_bool(const PGresult *result, int row, int column);
struct dpone_string postgres_result_text(const PGresult *result, int row, int column);

/* How many rows a statement changed. */
int64_t postgres_result_changed(PGresult *result);

/* Copies a field into an empty buffer. */
int32_t postgres_result_copy(struct dpone_buffer *out, const PGresult *result, int row, int column,
                             struct dpone_error *error);

/* ---- COPY ---- */

/* Begins a COPY, whose SQL is cleared. */
int32_t postgres_session_copy_in(struct postgres_session *session, struct postgres_sql *sql,
                                 struct dpone_error *error);
int32_t postgres_session_copy_out(struct postgres_session *session, struct postgres_sql *sql,
                                  struct dpone_error *error);

/* Sends a piece. */
int32_t postgres_session_put(struct postgres_session *session, const void *data, size_t size,
                             struct dpone_error *error);

/* 1 when the server said something while rows are sent: it has given up, or has a notice. The COPY must be
 * ended to learn which. */
int postgres_session_has_spoken(const struct postgres_session *session);

/* Ends the rows, or gives them up because of `reason` (NULL: all is well). `*rows`: how many arrived. */
int32_t postgres_session_put_end(struct postgres_session *session, const char *reason, int64_t *rows,
                                 struct dpone_error *error);

/* Receives a piece, to be freed with PQfreemem(); NULL at the end. */
int32_t postgres_session_get(struct postgres_session *session, char **data, size_t *size,
                             struct dpone_error *error);

#endif
