/* One load under way, from its first batch to its end. */
#include "load.h"

#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "rows.h"

/* Rows are gathered up to so many bytes before they are sent. */
#define LOAD_PIECE_BYTES (256 * 1024)

/* The server may need a moment to notice that a client is gone. */
#define LOAD_PATIENCE_MS "1000"

static int32_t load_wrong_phase(const struct postgres_load *load, const char *call,
                                struct dpone_error *error) {
    static const char *const phases[] = {"not staged yet", "staged", "published", "aborted", "failed"};
    return dpone_error_set(error, DPONE_INVALID_STATE, "%s is out of order: the load is %s", call,
                           phases[load->phase]);
}

/* ---- The lock ---- */

/* Waits a little for somebody who has the lock to be gone. */
static int32_t load_lock_patiently(struct postgres_session *session, const char *stage, int *taken,
                                   struct dpone_error *error) {
    struct postgres_sql sql = {0};
    postgres_sql_add(&sql,
                     "BEGIN; SET LOCAL lock_timeout = " LOAD_PATIENCE_MS
                     "; SELECT pg_advisory_lock(hashtextextended(%L, 0)); COMMIT",
                     stage);
    int32_t status = postgres_session_run_sql(session, &sql, NULL, error);
    *taken = status == DPONE_OK;
    return status == DPONE_TIMEOUT ? postgres_session_run(session, "ROLLBACK", error) : status;
}

int32_t postgres_load_lock(struct postgres_session *session, const char *stage, int is_patient, int *taken,
                           struct dpone_error *error) {
    struct postgres_query query = {.sql = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"};
    PGresult *result = NULL;
    postgres_query_add_text(&query, dpone_string_of(stage));
    int32_t status = postgres_session_ask(session, &query, &result, error);
    *taken = status == DPONE_OK && postgres_result_bool(result, 0, 0);
    PQclear(result);
    return status == DPONE_OK && !*taken && is_patient ? load_lock_patiently(session, stage, taken, error)
                                                       : status;
}

int32_t postgres_load_connect(struct postgres_load *load, struct dpone_error *error) {
    int taken = 1;
    if (postgres_session_is_alive(load->session)) {
        return DPONE_OK;
    }
    postgres_session_close(load->session);
    int32_t status = postgres_session_open(&load->session, load->instance, error);
    if (status == DPONE_OK) {
        status = postgres_load_lock(load->session, load->stage.name, 1, &taken, error);
    }
    return taken ? status
                 : dpone_error_set(
                       error, DPONE_UNAVAILABLE,
                       "the server has not noticed yet that the connection of load %s was lost; try again",
                       load->idempotency_key);
}

void postgres_load_add_drop(struct postgres_sql *sql, const struct postgres_table *stage) {
    postgres_sql_add(sql, "; DROP TABLE IF EXISTS %T; DELETE FROM %I." POSTGRES_LOADS " WHERE stage = %L",
                     stage, stage->schema, stage->name);
}

/* ---- Writing ---- */

int32_t postgres_load_begin_copy(struct postgres_load *load, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    postgres_sql_add(&sql, "COPY %T FROM STDIN (FORMAT binary, FREEZE)", &load->stage);
    int32_t status = postgres_session_copy_in(load->session, &sql, error);
    load->is_copying = status == DPONE_OK;
    load->wire.size = 0;
    return status == DPONE_OK ? postgres_wire_add_header(&load->wire, error) : status;
}

/* Sends what was gathered, once it is worth it. */
static int32_t load_send(struct postgres_load *load, size_t worth_bytes, struct dpone_error *error) {
    if (load->wire.size <= worth_bytes) {
        return DPONE_OK;
    }
    int32_t status = postgres_session_put(load->session, load->wire.data, load->wire.size, error);
    load->wire.size = 0;
    return status;
}

/* Ends the COPY; the server tells how many rows it has. */
static int32_t load_end_copy(struct postgres_load *load, struct dpone_error *error) {
    int64_t arrived = 0;
    int32_t status = postgres_wire_add_trailer(&load->wire, error);
    if (status == DPONE_OK) {
        status = load_send(load, 0, error);
    }
    if (status == DPONE_OK) {
        load->is_copying = 0;
        status = postgres_session_put_end(load->session, NULL, &arrived, error);
    }
    load->copied += arrived;
    return status != DPONE_OK || load->copied == load->rows
               ? status
               : dpone_error_set(error, DPONE_DATA_CORRUPT,
                                 "%lld rows were sent to staging, and %lld arrived", (long long)load->rows,
                                 (long long)load->copied);
}

static int32_t load_add_rows(struct postgres_load *load, struct dpone_error *error) {
    int32_t status = DPONE_OK;
    for (int64_t row = 0; status == DPONE_OK && row < load->view->rows; row++) {
        status = postgres_wire_add_row(&load->wire, load->view, row, error);
        if (status == DPONE_OK) {
            status = load_send(load, LOAD_PIECE_BYTES, error);
        }
    }
    load->rows += load->view->rows;
    return status;
}

/* A server that gave up must not be sent the rest of the rows; one that just said something gets them in a
 * COPY of their own. */
static int32_t load_listen(struct postgres_load *load, struct dpone_error *error) {
    if (!postgres_session_has_spoken(load->session)) {
        return DPONE_OK;
    }
    int32_t status = load_end_copy(load, error);
    return status == DPONE_OK ? postgres_load_begin_copy(load, error) : status;
}

static int32_t load_write(struct dpone_load *out, const struct ArrowArray *batch, struct dpone_error *error) {
    struct postgres_load *load = out->private_data;
    if (load->phase != POSTGRES_WRITING) {
        return load_wrong_phase(load, "write", error);
    }
    int32_t status = dpone_batch_view_set(load->view, batch, error);
    if (status == DPONE_OK) {
        status = postgres_values_check(load->view, error);
    }
    if (status != DPONE_OK) {
        return status; /* nothing of the batch was sent */
    }
    status = load_listen(load, error);
    if (status == DPONE_OK) {
        status = load_add_rows(load, error);
    }
    load->phase = status == DPONE_OK ? POSTGRES_WRITING : POSTGRES_FAILED;
    return status;
}

/* ---- Sealing ---- */

/* Refuses the load when `sql`, which is cleared, counts rows. */
static int32_t load_refuse(const struct postgres_load *load, struct postgres_sql *sql, const char *what,
                           struct dpone_error *error) {
    int64_t rows = 0;
    int32_t status = postgres_session_count(load->session, sql, &rows, error);
    return status != DPONE_OK || rows == 0
               ? status
               : dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s in %lld rows of the load", what,
                                 (long long)rows);
}

static int32_t load_check_key(const struct postgres_load *load, struct dpone_error *error) {
    struct postgres_sql nulls = {0};
    struct postgres_sql repeated = {0};
    postgres_sql_add(&nulls, "SELECT count(*) FROM %T WHERE false", &load->stage);
    for (size_t i = 0; i < load->key.count; i++) {
        postgres_sql_add(&nulls, " OR %I IS NULL", load->key.items[i].as.name);
    }
    postgres_sql_add(&repeated,
                     "SELECT coalesce(sum(n), 0)::bigint FROM (SELECT count(*) AS n FROM %T GROUP BY ",
                     &load->stage);
    postgres_add_names(&repeated, &load->key);
    postgres_sql_add(&repeated, " HAVING count(*) > 1) AS repeated");
    int32_t status = load_refuse(load, &nulls, "a column of unique_key is NULL", error);
    if (status == DPONE_OK) {
        status = load_refuse(load, &repeated, "a unique_key stands more than once", error);
    }
    postgres_sql_clear(&repeated);
    return status;
}

static int32_t load_check_window(const struct postgres_load *load, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    postgres_sql_add(&sql, "SELECT count(*) FROM %T WHERE (%s) IS NOT TRUE", &load->stage, load->window.data);
    return load_refuse(load, &sql, "the window column lies outside the window", error);
}

static int32_t load_check(const struct postgres_load *load, struct dpone_error *error) {
    switch (load->strategy) {
    case DPONE_INCREMENTAL_MERGE:
        return load_check_key(load, error);
    case DPONE_REPLACE:
        return load_check_window(load, error);
    default:
        return DPONE_OK;
    }
}

/* A merge joins with staging, so the planner should know its size. */
static int32_t load_commit(struct postgres_load *load, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    int32_t status = DPONE_OK;
    if (load->strategy == DPONE_INCREMENTAL_MERGE) {
        postgres_sql_add(&sql, "ANALYZE %T", &load->stage);
        status = postgres_session_run_sql(load->session, &sql, NULL, error);
    }
    if (status == DPONE_OK) {
        status = postgres_session_end(load->session, DPONE_OK, error);
    }
    return status != DPONE_OUTCOME_UNKNOWN /* of staging: recover() removes it */
               ? status
               : dpone_error_set(error, DPONE_UNAVAILABLE,
                                 "the connection was lost while staging was sealed");
}

static int32_t load_stage(struct dpone_load *out, struct dpone_buffer *receipt, struct dpone_error *error) {
    struct postgres_load *load = out->private_data;
    if (load->phase != POSTGRES_WRITING) {
        return load_wrong_phase(load, "stage", error);
    }
    int32_t status = load_end_copy(load, error);
    if (status == DPONE_OK) {
        status = load_check(load, error);
    }
    if (status == DPONE_OK) {
        status = load_commit(load, error);
    }
    load->phase = status == DPONE_OK ? POSTGRES_STAGED : POSTGRES_FAILED;
    if (status == DPONE_OK && receipt != NULL &&
        dpone_buffer_copy(receipt, load->stage.name, strlen(load->stage.name)) != DPONE_OK) {
        status = dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a receipt");
    }
    return status;
}

/* ---- Reading back ---- */

static int32_t load_staged_next(void *context, struct ArrowArray *out, struct dpone_error *error) {
    return postgres_rows_next(context, out, error);
}

static void load_staged_close(void *context) {
    postgres_rows_close(context);
}

static int32_t load_open_staged(struct dpone_load *out, struct ArrowArrayStream *stream,
                                struct dpone_error *error) {
    static const struct dpone_stream_functions functions = {.next = load_staged_next,
                                                            .close = load_staged_close};
    const struct postgres_load *load = out->private_data;
    const struct postgres_rows_request request = {.columns = &load->columns, .cursor = -1};
    struct postgres_session *reader = NULL;
    struct postgres_rows *rows = NULL;
    struct postgres_sql sql = {0};
    if (load->phase != POSTGRES_STAGED) {
        return load_wrong_phase(load, "open_staged", error);
    }
    int32_t status = postgres_session_open(&reader, load->instance, error);
    if (status != DPONE_OK) {
        return status;
    }
    postgres_sql_add(&sql, "COPY %T TO STDOUT (FORMAT binary)", &load->stage);
    status = postgres_rows_open(&rows, reader, &request, &sql, error);
    if (status == DPONE_OK) {
        status = dpone_stream_open(stream, &load->schema, &functions, rows, error);
        if (status != DPONE_OK) {
            postgres_rows_close(rows);
        }
    }
    return status;
}

/* ---- The end ---- */

static int32_t load_publish(struct dpone_load *out, const struct dpone_publish_request *request,
                            struct dpone_error *error) {
    struct postgres_load *load = out->private_data;
    if (load->phase != POSTGRES_STAGED && load->phase != POSTGRES_PUBLISHED) {
        return load_wrong_phase(load, "publish", error);
    }
    int32_t status = postgres_load_publish(load, request, error);
    if (status == DPONE_OK) {
        load->phase = POSTGRES_PUBLISHED;
    }
    return status;
}

/* Nothing of it was committed: the server forgets it. */
static int32_t load_forget(struct postgres_load *load) {
    int64_t rows = 0;
    if (postgres_session_is_alive(load->session)) {
        load->session->unstoppable = 1;
        if (!load->is_copying ||
            postgres_session_put_end(load->session, "the load was aborted", &rows, NULL) != DPONE_OK) {
            (void)postgres_session_run(load->session, "ROLLBACK", NULL);
        }
    }
    postgres_session_close(load->session);
    load->session = NULL;
    return DPONE_OK;
}

/* What is staged is of no more use, also after a cancellation. */
static int32_t load_drop(struct postgres_load *load, struct dpone_error *error) {
    struct postgres_session *cleaner = NULL;
    struct postgres_sql sql = {0};
    if (postgres_session_is_alive(load->session)) {
        load->session->unstoppable = 1;
    } else {
        int32_t status = postgres_session_open_unstoppable(&cleaner, load->instance, error);
        if (status != DPONE_OK) {
            return status;
        }
        postgres_session_close(load->session);
        load->session = cleaner;
    }
    postgres_sql_add(&sql, "SELECT 1");
    postgres_load_add_drop(&sql, &load->stage);
    return postgres_session_run_sql(load->session, &sql, NULL, error);
}

static int32_t load_abort(struct dpone_load *out, struct dpone_error *error) {
    struct postgres_load *load = out->private_data;
    if (load->phase == POSTGRES_PUBLISHED || load->phase == POSTGRES_ABORTED) {
        return DPONE_OK;
    }
    int32_t status = load->phase == POSTGRES_STAGED ? load_drop(load, error) : load_forget(load);
    if (status == DPONE_OK) {
        load->phase = POSTGRES_ABORTED;
    }
    return status;
}

void postgres_load_free(struct postgres_load *load) {
    postgres_session_close(load->session);
    postgres_columns_clear(&load->columns);
    postgres_columns_clear(&load->key);
    postgres_sql_clear(&load->window);
    dpone_buffer_clear(&load->plan);
    dpone_batch_view_free(load->view);
    if (load->schema.release != NULL) {
        load->schema.release(&load->schema);
    }
    postgres_wire_clear(&load->wire);
    free(load->window_column);
    free(load->pipeline);
    free(load->idempotency_key);
    free(load);
}

static void load_close(struct dpone_load *out) {
    postgres_load_free(out->private_data);
    out->private_data = NULL;
    out->close = NULL;
}

void postgres_load_fill(struct dpone_load *out, struct postgres_load *load) {
    const struct dpone_load filled = {.struct_size = sizeof(filled),
                                      .private_data = load,
                                      .write = load_write,
                                      .stage = load_stage,
                                      .open_staged = load_open_staged,
                                      .publish = load_publish,
                                      .abort = load_abort,
                                      .close = load_close};
    dpone_struct_fill(out, &filled);
}
