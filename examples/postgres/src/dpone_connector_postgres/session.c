/* One connection to the server, and the ways to use it. */
#include "session.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "wire.h"

/* Between two looks at cancel(), which no descriptor announces. */
#define SESSION_LOOK_MS 50

enum { SESSION_BYTEA_OID = 17, SESSION_BIGINT_OID = 20, SESSION_TEXT_OID = 25 };

/* ---- Waiting ---- */

/* One look: DPONE_OK when the socket is ready, DPONE_TIMEOUT when not yet. */
static int32_t session_look(struct postgres_session *session, int32_t events) {
    const struct dpone_host *host = session->instance->host;
    struct dpone_wait_fd fd = {.fd = PQsocket(session->connection), .events = events};
    struct pollfd unstoppable = {.fd = fd.fd,
                                 .events = (short)((events & DPONE_WAIT_READABLE ? POLLIN : 0) |
                                                   (events & DPONE_WAIT_WRITABLE ? POLLOUT : 0))};
    if (session->unstoppable) {
        return poll(&unstoppable, 1, SESSION_LOOK_MS) > 0 ? DPONE_OK : DPONE_TIMEOUT;
    }
    if (postgres_is_cancelled(session->instance)) {
        return DPONE_CANCELLED;
    }
    int32_t status = host->wait(host->context, &fd, 1, SESSION_LOOK_MS);
    session->spoken |= status == DPONE_OK && (fd.happened & DPONE_WAIT_READABLE) != 0;
    return status;
}

/* A session that is interrupted here would still get the answers to what nobody asks for any more. */
static int32_t session_wait(struct postgres_session *session, int32_t events, struct dpone_error *error) {
    int32_t status = DPONE_TIMEOUT;
    while (status == DPONE_TIMEOUT) {
        status = session_look(session, events);
    }
    if (status == DPONE_OK) {
        return DPONE_OK;
    }
    session->interrupted = 1;
    return dpone_error_set(error, status, "interrupted while waiting for the server");
}

/* ---- Connecting ---- */

static int64_t session_now_ms(const struct dpone_instance *instance) {
    return instance->host->monotonic_ns(instance->host->context) / 1000000;
}

/* Lets libpq go on until it is connected or has given up. */
static int32_t session_poll(struct postgres_session *session, struct dpone_error *error) {
    const struct dpone_instance *instance = session->instance;
    int64_t deadline_ms = session_now_ms(instance) + instance->config.connect_timeout_ms;
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        int32_t status =
            session_look(session, next == PGRES_POLLING_READING ? DPONE_WAIT_READABLE : DPONE_WAIT_WRITABLE);
        if (status == DPONE_OK) {
            next = PQconnectPoll(session->connection);
        } else if (status != DPONE_TIMEOUT) {
            return dpone_error_set(error, status, "interrupted while connecting to the server");
        } else if (session_now_ms(instance) > deadline_ms) {
            return dpone_error_set(error, DPONE_TIMEOUT, "the server did not answer within %lld ms",
                                   (long long)instance->config.connect_timeout_ms);
        }
    }
    return DPONE_OK;
}

static void session_be_silent(void *context, const PGresult *result) {
    (void)context;
    (void)result;
}

static int32_t session_connect(struct postgres_session *session, struct dpone_error *error) {
    const struct dpone_instance *instance = session->instance;
    struct dpone_secret password = DPONE_SECRET_INIT;
    int32_t status = dpone_secret_resolve(&password, instance->host, instance->config.password, error);
    if (status != DPONE_OK) {
        return status;
    }
    session->connection = instance->client.connect(instance->client.context, dpone_secret_text(&password),
                                                   instance->host->temporary_directory.data);
    if (session->connection == NULL) {
        status = dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a connection");
    } else {
        (void)PQsetNoticeReceiver(session->connection, session_be_silent, NULL);
        (void)PQsetErrorVerbosity(session->connection, PQERRORS_VERBOSE);
        status = PQstatus(session->connection) != CONNECTION_BAD ? session_poll(session, error) : DPONE_OK;
        if (status == DPONE_OK && PQstatus(session->connection) != CONNECTION_OK) {
            status = postgres_failure_to_connect(session->connection, &password, error);
        }
    }
    dpone_secret_clear(&password);
    return status;
}

/* What this connector relies on, whatever the role, the database or the environment have set. */
static int32_t session_configure(struct postgres_session *session, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    char milliseconds[DPONE_VALUE_TEXT_BYTES];
    static const struct dpone_column number = {.type = DPONE_TYPE_INT64};
    (void)dpone_value_text_write(milliseconds, &number, &session->instance->config.lock_wait_ms);
    postgres_sql_add(
        &sql,
        "SET standard_conforming_strings = on; SET lock_timeout = %s; SET statement_timeout = 0;"
        "SET idle_in_transaction_session_timeout = 0; SET synchronize_seqscans = off;"
        "SET max_parallel_workers_per_gather = 0; SET row_security = off; SET search_path = pg_catalog;"
        "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres';"
        "SET extra_float_digits = 1; SET bytea_output = 'hex'; SET xmloption = content;"
        "SET client_connection_check_interval = 1000",
        milliseconds);
    return postgres_session_run_sql(session, &sql, NULL, error);
}

static int32_t session_open(struct postgres_session **out, const struct dpone_instance *instance,
                            int unstoppable, struct dpone_error *error) {
    struct postgres_session *session = calloc(1, sizeof(*session));
    *out = NULL;
    if (session == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a connection");
    }
    session->instance = instance;
    session->unstoppable = unstoppable;
    int32_t status = session_connect(session, error);
    if (status == DPONE_OK && PQsetnonblocking(session->connection, 1) != 0) {
        status = dpone_error_set(error, DPONE_INTERNAL, "the connection cannot be made non-blocking");
    }
    if (status == DPONE_OK) {
        status = session_configure(session, error);
    }
    if (status != DPONE_OK) {
        postgres_session_close(session);
        return status;
    }
    *out = session;
    return DPONE_OK;
}

int32_t postgres_session_open(struct postgres_session **out, const struct dpone_instance *instance,
                              struct dpone_error *error) {
    return session_open(out, instance, 0, error);
}

int32_t postgres_session_open_unstoppable(struct postgres_session **out,
                                          const struct dpone_instance *instance, struct dpone_error *error) {
    return session_open(out, instance, 1, error);
}

void postgres_session_close(struct postgres_session *session) {
    if (session != NULL) {
        PQfinish(session->connection);
        free(session);
    }
}

int postgres_session_is_alive(const struct postgres_session *session) {
    if (session == NULL || session->interrupted || PQstatus(session->connection) != CONNECTION_OK) {
        return 0;
    }
    struct pollfd idle = {.fd = PQsocket(session->connection), .events = POLLIN};
    return poll(&idle, 1, 0) == 0 || PQconsumeInput(session->connection) == 1;
}

int32_t postgres_session_of(struct postgres_session **out, struct dpone_instance *instance,
                            struct dpone_error *error) {
    if (!postgres_session_is_alive(instance->session)) {
        postgres_session_close(instance->session);
        int32_t status = postgres_session_open(&instance->session, instance, error);
        if (status != DPONE_OK) {
            return status;
        }
    }
    *out = instance->session;
    return DPONE_OK;
}

/* ---- Statements ---- */

static int32_t session_lost(const struct postgres_session *session, struct dpone_error *error) {
    return postgres_failure(session->connection, NULL, error);
}

/* Sends what libpq has gathered. The server may talk meanwhile: what it says is taken in, or neither side
 * could go on. */
static int32_t session_flush(struct postgres_session *session, struct dpone_error *error) {
    int left = PQflush(session->connection);
    while (left == 1) {
        int32_t status = session_wait(session, DPONE_WAIT_READABLE | DPONE_WAIT_WRITABLE, error);
        if (status != DPONE_OK) {
            return status;
        }
        left = PQconsumeInput(session->connection) == 1 ? PQflush(session->connection) : -1;
    }
    return left == 0 ? DPONE_OK : session_lost(session, error);
}

/* Waits for the next result; NULL after the last one of a request. */
static int32_t session_next(struct postgres_session *session, PGresult **out, struct dpone_error *error) {
    *out = NULL;
    while (PQisBusy(session->connection)) {
        int32_t status = session_wait(session, DPONE_WAIT_READABLE, error);
        if (status != DPONE_OK) {
            return status;
        }
        if (PQconsumeInput(session->connection) != 1) {
            break; /* the result tells why */
        }
    }
    *out = PQgetResult(session->connection);
    return DPONE_OK;
}

static int session_is_good(const PGresult *result, ExecStatusType wanted) {
    ExecStatusType code = PQresultStatus(result);
    return code == wanted || code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK || code == PGRES_EMPTY_QUERY;
}

/* Takes in every result of a request and keeps the last, or the first failure. A COPY that begins is the
 * last: its results go on when the rows have passed. */
static int32_t session_collect(struct postgres_session *session, ExecStatusType wanted, PGresult **out,
                               struct dpone_error *error) {
    PGresult *result = NULL;
    int32_t failure = DPONE_OK;
    *out = NULL;
    int32_t status = session_next(session, &result, error);
    while (status == DPONE_OK && result != NULL) {
        if (failure == DPONE_OK && !session_is_good(result, wanted)) {
            failure = postgres_failure(session->connection, result, error);
        }
        PQclear(*out);
        *out = result;
        if (PQresultStatus(result) == PGRES_COPY_IN || PQresultStatus(result) == PGRES_COPY_OUT) {
            break;
        }
        status = session_next(session, &result, error);
    }
    if (status == DPONE_OK && failure == DPONE_OK && *out == NULL) {
        status = session_lost(session, error);
    }
    return status == DPONE_OK ? failure : status;
}

/* Sends and collects; `sent` is what libpq answered to the request. */
static int32_t session_answer(struct postgres_session *session, int sent, ExecStatusType wanted,
                              PGresult **out, struct dpone_error *error) {
    *out = NULL;
    int32_t status = sent == 1 ? session_flush(session, error) : session_lost(session, error);
    return status == DPONE_OK ? session_collect(session, wanted, out, error) : status;
}

int64_t postgres_result_changed(PGresult *result) {
    return strtoll(PQcmdTuples(result), NULL, 10);
}

int32_t postgres_session_run(struct postgres_session *session, const char *sql, struct dpone_error *error) {
    PGresult *result = NULL;
    int32_t status =
        session_answer(session, PQsendQuery(session->connection, sql), PGRES_COMMAND_OK, &result, error);
    PQclear(result);
    return status;
}

/* Sends SQL that was put together. */
static int32_t session_send_sql(struct postgres_session *session, struct postgres_sql *sql,
                                ExecStatusType wanted, PGresult **out, struct dpone_error *error) {
    *out = NULL;
    int32_t status = sql->failed ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for SQL")
                                 : session_answer(session, PQsendQuery(session->connection, sql->data),
                                                  wanted, out, error);
    postgres_sql_clear(sql);
    return status;
}

int32_t postgres_session_run_sql(struct postgres_session *session, struct postgres_sql *sql, int64_t *rows,
                                 struct dpone_error *error) {
    PGresult *result = NULL;
    int32_t status = session_send_sql(session, sql, PGRES_COMMAND_OK, &result, error);
    if (status == DPONE_OK && rows != NULL) {
        *rows = postgres_result_changed(result);
    }
    PQclear(result);
    return status;
}

int32_t postgres_session_begin(struct postgres_session *session, struct dpone_error *error) {
    return postgres_session_run(session, "BEGIN", error);
}

/* A COMMIT that was sent is waited for, come what may. */
static int32_t session_commit(struct postgres_session *session, struct dpone_error *error) {
    int unstoppable = session->unstoppable;
    session->unstoppable = 1;
    int32_t status = postgres_session_run(session, "COMMIT", error);
    session->unstoppable = unstoppable;
    return status != DPONE_OK && PQstatus(session->connection) != CONNECTION_OK
               ? dpone_error_set(error, DPONE_OUTCOME_UNKNOWN,
                                 "the connection was lost during COMMIT; run again: what "
                                 "was published is found and not repeated")
               : status;
}

int32_t postgres_session_end(struct postgres_session *session, int32_t status, struct dpone_error *error) {
    if (status == DPONE_OK) {
        return session_commit(session, error);
    }
    if (postgres_session_is_alive(session)) {
        (void)postgres_session_run(session, "ROLLBACK", NULL);
    }
    return status;
}

/* ---- Parameters and answers ---- */

static void query_add(struct postgres_query *query, Oid type, const void *data, size_t size) {
    query->types[query->count] = type;
    query->values[query->count] = data == NULL ? "" : data;
    query->sizes[query->count++] = (int)size;
}

void postgres_query_add_text(struct postgres_query *query, struct dpone_string text) {
    query_add(query, SESSION_TEXT_OID, text.data, text.size);
}

void postgres_query_add_bytes(struct postgres_query *query, struct dpone_bytes bytes) {
    query_add(query, SESSION_BYTEA_OID, bytes.data, bytes.size);
}

void postgres_query_add_integer(struct postgres_query *query, int64_t integer) {
    char *place = query->integers[query->count];
    postgres_wire_put64((uint8_t *)place, (uint64_t)integer);
    query_add(query, SESSION_BIGINT_OID, place, sizeof(query->integers[0]));
}

int32_t postgres_session_ask(struct postgres_session *session, const struct postgres_query *query,
                             PGresult **out, struct dpone_error *error) {
    static const int binary[POSTGRES_PARAMETERS_MAXIMUM] = {1, 1, 1, 1, 1, 1, 1, 1};
    int sent = PQsendQueryParams(session->connection, query->sql, query->count, query->types, query->values,
                                 query->sizes, binary, 1);
    int32_t status = session_answer(session, sent, PGRES_TUPLES_OK, out, error);
    if (status != DPONE_OK) {
        PQclear(*out);
        *out = NULL;
    }
    return status;
}

int32_t postgres_session_count(struct postgres_session *session, struct postgres_sql *sql, int64_t *out,
                               struct dpone_error *error) {
    const struct postgres_query query = {.sql = sql->data};
    PGresult *result = NULL;
    int32_t status = sql->failed ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for SQL")
                                 : postgres_session_ask(session, &query, &result, error);
    *out = status == DPONE_OK ? postgres_result_integer(result, 0, 0) : 0;
    PQclear(result);
    postgres_sql_clear(sql);
    return status;
}

int64_t postgres_result_integer(const PGresult *result, int row, int column) {
    return (int64_t)postgres_wire_get64((const uint8_t *)PQgetvalue(result, row, column));
}

int postgres_result_bool(const PGresult *result, int row, int column) {
    return PQgetvalue(result, row, column)[0] != 0;
}

struct dpone_string postgres_result_text(const PGresult *result, int row, int column) {
    return (struct dpone_string){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

int32_t postgres_result_copy(struct dpone_buffer *out, const PGresult *result, int row, int column,
                             struct dpone_error *error) {
    struct dpone_string text = postgres_result_text(result, row, column);
    int32_t status = dpone_buffer_copy(out, text.data, text.size);
    return status == DPONE_OK ? status : dpone_error_set(error, status, "out of memory for an answer");
}

/* ---- COPY ---- */

static int32_t session_copy(struct postgres_session *session, struct postgres_sql *sql, ExecStatusType wanted,
                            struct dpone_error *error) {
    PGresult *result = NULL;
    int32_t status = session_send_sql(session, sql, wanted, &result, error);
    PQclear(result);
    return status;
}

int32_t postgres_session_copy_in(struct postgres_session *session, struct postgres_sql *sql,
                                 struct dpone_error *error) {
    int32_t status = session_copy(session, sql, PGRES_COPY_IN, error);
    session->spoken = 0;
    return status;
}

int32_t postgres_session_copy_out(struct postgres_session *session, struct postgres_sql *sql,
                                  struct dpone_error *error) {
    return session_copy(session, sql, PGRES_COPY_OUT, error);
}

/* libpq gathers a piece as a whole, so pieces bound its memory. */
#define SESSION_PIECE_BYTES 65536

int32_t postgres_session_put(struct postgres_session *session, const void *data, size_t size,
                             struct dpone_error *error) {
    const char *at = data;
    int32_t status = DPONE_OK;
    while (status == DPONE_OK && size > 0) {
        size_t piece = size < SESSION_PIECE_BYTES ? size : SESSION_PIECE_BYTES;
        int put = PQputCopyData(session->connection, at, (int)piece);
        at += put == 1 ? piece : 0;
        size -= put == 1 ? piece : 0;
        status = put >= 0 ? session_flush(session, error) : session_lost(session, error);
    }
    return status;
}

int postgres_session_has_spoken(const struct postgres_session *session) {
    struct pollfd unread = {.fd = PQsocket(session->connection), .events = POLLIN};
    return session->spoken || poll(&unread, 1, 0) > 0;
}

int32_t postgres_session_put_end(struct postgres_session *session, const char *reason, int64_t *rows,
                                 struct dpone_error *error) {
    PGresult *result = NULL;
    int ended = PQputCopyEnd(session->connection, reason);
    while (ended == 0) {
        int32_t status = session_flush(session, error);
        if (status != DPONE_OK) {
            return status;
        }
        ended = PQputCopyEnd(session->connection, reason);
    }
    int32_t status = session_answer(session, ended, PGRES_COMMAND_OK, &result, error);
    if (status == DPONE_OK) {
        *rows = postgres_result_changed(result);
    }
    PQclear(result);
    return status;
}

int32_t postgres_session_get(struct postgres_session *session, char **data, size_t *size,
                             struct dpone_error *error) {
    PGresult *result = NULL;
    int got = PQgetCopyData(session->connection, data, 1);
    while (got == 0) {
        int32_t status = session_wait(session, DPONE_WAIT_READABLE, error);
        if (status != DPONE_OK) {
            return status;
        }
        if (PQconsumeInput(session->connection) != 1) {
            return session_lost(session, error);
        }
        got = PQgetCopyData(session->connection, data, 1);
    }
    if (got > 0) {
        *size = (size_t)got;
        return DPONE_OK;
    }
    *data = NULL;
    int32_t status = session_collect(session, PGRES_COMMAND_OK, &result, error);
    PQclear(result);
    return status;
}
