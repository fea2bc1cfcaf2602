/* The source: rows of one snapshot by COPY, in the order of a cursor column, or in which they are stored.
 *
 * A checkpoint holds the cursor's value and the place (ctid) of the last row, so equal values hide and repeat
 * no row. A partition is a range of places. */
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "partition.h"

/* What a request asks for, checked against the table. */
struct source_plan {
    struct postgres_session *session;
    struct postgres_table table;
    struct postgres_columns columns;
    struct postgres_table_facts facts;
    const struct postgres_column *column; /* the cursor, of columns; NULL: none */
    struct postgres_partition partition;
    struct postgres_place after;
    int has_after;
    int has_place; /* rows are told apart, and so a read can be gone on with */
};

static void source_plan_clear(struct source_plan *plan) {
    postgres_session_close(plan->session);
    postgres_columns_clear(&plan->columns);
}

/* ---- What is asked for ---- */

static int32_t source_find_cursor(struct source_plan *plan, const struct dpone_read_request *request,
                                  struct dpone_error *error) {
    struct dpone_string name = request->cursor_column;
    plan->column = name.size > 0 ? postgres_columns_find(&plan->columns, name) : NULL;
    plan->has_place = plan->facts.has_place && (plan->column != NULL || !plan->facts.has_children);
    if (name.size > 0 && plan->column == NULL) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                               "table \"%s\" has no column \"%.*s\" for a cursor", plan->table.name,
                               (int)name.size, name.data);
    }
    if (plan->has_place || (request->mode == DPONE_READ_FULL && request->partition.size == 0)) {
        return DPONE_OK;
    }
    return dpone_error_set(
        error, DPONE_INVALID_ARGUMENT,
        plan->facts.has_place
            ? "\"%s\" has partitions or heirs, so reading on needs a cursor_column"
            : "\"%s\" is a view or foreign, so there is no place to read on from; read a table",
        plan->table.name);
}

static const char *source_cursor_name(const struct source_plan *plan) {
    return plan->column == NULL ? "" : plan->column->as.name;
}

/* Begins the snapshot of a read: its own, or the one that its partition shares with others. */
static int32_t source_begin_snapshot(const struct source_plan *plan, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    postgres_sql_add(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (plan->partition.snapshot.size > 0) {
        postgres_sql_add(&sql, "; SET TRANSACTION SNAPSHOT '");
        postgres_sql_add_bytes(&sql, plan->partition.snapshot.data, plan->partition.snapshot.size);
        postgres_sql_add(&sql, "'");
    }
    int32_t status = postgres_session_run_sql(plan->session, &sql, NULL, error);
    if (status == DPONE_INVALID_ARGUMENT || status == DPONE_NOT_FOUND) {
        dpone_error_prepend(
            error, "the snapshot of the partition is gone with the process that cut it; keep that open, "
                   "or set partition_snapshot: own");
    }
    return status;
}

/* Connects, begins the snapshot, and checks the request. */
static int32_t source_plan_make(struct source_plan *plan, struct dpone_instance *instance,
                                const struct dpone_read_request *request, struct dpone_error *error) {
    int32_t status = postgres_table_of(&plan->table, instance, &request->stream, error);
    if (status == DPONE_OK) {
        status = postgres_partition_read(&plan->partition, request->partition, &plan->table, error);
    }
    if (status == DPONE_OK) {
        status = postgres_session_open(&plan->session, instance, error);
    }
    if (status == DPONE_OK) {
        status = source_begin_snapshot(plan, error);
    }
    if (status == DPONE_OK) {
        status = postgres_columns_of_table(&plan->columns, plan->session, &plan->table, &plan->facts, error);
    }
    if (status == DPONE_OK) {
        status = source_find_cursor(plan, request, error);
    }
    if (status == DPONE_OK && request->after.size > 0) {
        status =
            postgres_cursor_read(&plan->after, request->after, &plan->table, source_cursor_name(plan), error);
        plan->has_after = request->mode == DPONE_READ_INCREMENTAL;
    }
    return status;
}

static int32_t source_schema(struct dpone_instance *instance, const struct dpone_read_request *request,
                             struct ArrowSchema *out, struct dpone_error *error) {
    struct source_plan plan = {0};
    int32_t status = source_plan_make(&plan, instance, request, error);
    if (status == DPONE_OK) {
        status = postgres_columns_to_schema(out, &plan.columns, error);
    }
    source_plan_clear(&plan);
    return status;
}

/* ---- Reading ---- */

/* One read between read() and close. */
struct source_read {
    struct postgres_rows *rows;
    struct postgres_table table;
    char *column;               /* "": none */
    struct dpone_buffer before; /* the checkpoint that it began at */
};

static void source_add_columns(struct postgres_sql *sql, const struct source_plan *plan) {
    for (size_t i = 0; i < plan->columns.count; i++) {
        const struct postgres_column *column = &plan->columns.items[i];
        postgres_sql_add(sql, i == 0 ? "" : ",");
        postgres_sql_add(sql, column->foreign ? "%I::text" : "%I", column->as.name);
    }
    postgres_sql_add(sql, plan->has_place ? (plan->columns.count == 0 ? "ctid" : ",ctid") : "");
    postgres_sql_add(sql, plan->has_place && plan->facts.has_children ? ",tableoid" : "");
}

/* NULL sorts first, so that a read behind it misses nothing. Without a cursor rows come as they are stored:
 * the session allows neither parallel nor synchronised scans. */
static int32_t source_write_sql(struct postgres_sql *sql, const struct source_plan *plan,
                                struct dpone_error *error) {
    int32_t status = DPONE_OK;
    postgres_sql_add(sql, "COPY (SELECT ");
    source_add_columns(sql, plan);
    postgres_sql_add(sql, " FROM %T WHERE true", &plan->table);
    postgres_partition_add_condition(sql, &plan->partition);
    if (plan->has_after) {
        postgres_sql_add(sql, " AND ");
        status =
            postgres_cursor_add_condition(sql, &plan->after, plan->column, plan->facts.has_children, error);
    }
    if (plan->column != NULL) {
        postgres_sql_add(sql, plan->column->as.nullable ? " ORDER BY %I NULLS FIRST" : " ORDER BY %I",
                         plan->column->as.name);
        postgres_sql_add(sql, !plan->has_place ? "" : plan->facts.has_children ? ",tableoid,ctid" : ",ctid");
    }
    postgres_sql_add(sql, ") TO STDOUT (FORMAT binary)");
    return status;
}

static int32_t source_next(void *context, struct ArrowArray *out, struct dpone_error *error) {
    struct source_read *read = context;
    return postgres_rows_next(read->rows, out, error);
}

static int32_t source_checkpoint(void *context, struct dpone_buffer *out, struct dpone_error *error) {
    const struct source_read *read = context;
    struct postgres_place place;
    if (postgres_rows_place(read->rows, &place)) {
        return postgres_cursor_write(out, &read->table, read->column, &place, error);
    }
    int32_t status = dpone_buffer_copy(out, read->before.data, read->before.size);
    return status == DPONE_OK ? DPONE_OK : dpone_error_set(error, status, "out of memory for a checkpoint");
}

static void source_close(void *context) {
    struct source_read *read = context;
    postgres_rows_close(read->rows);
    dpone_buffer_clear(&read->before);
    free(read->column);
    free(read);
}

static int32_t source_begin(struct source_read *read, struct source_plan *plan,
                            const struct dpone_read_request *request, struct dpone_error *error) {
    struct postgres_sql sql = {0};
    const struct postgres_rows_request rows = {
        .columns = &plan->columns,
        .batch_rows = request->batch_rows,
        .batch_bytes = request->batch_bytes,
        .has_place = plan->has_place,
        .has_children = plan->has_place && plan->facts.has_children,
        .cursor = plan->column == NULL ? -1 : plan->column - plan->columns.items,
    };
    read->before = (struct dpone_buffer)DPONE_BUFFER_INIT;
    read->table = plan->table;
    read->column = strdup(source_cursor_name(plan));
    if (read->column == NULL || (plan->has_after && dpone_buffer_copy(&read->before, request->after.data,
                                                                      request->after.size) != DPONE_OK)) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a read");
    }
    int32_t status = source_write_sql(&sql, plan, error);
    if (status != DPONE_OK) {
        postgres_sql_clear(&sql);
        return status;
    }
    struct postgres_session *session = plan->session;
    plan->session = NULL;
    return postgres_rows_open(&read->rows, session, &rows, &sql, error);
}

static int32_t source_read(struct dpone_instance *instance, const struct dpone_read_request *request,
                           struct dpone_reader *out, struct dpone_error *error) {
    static const struct dpone_stream_functions functions = {source_next, source_checkpoint, source_close};
    struct source_plan plan = {0};
    struct source_read *read = calloc(1, sizeof(*read));
    if (read == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for a read");
    }
    int32_t status = source_plan_make(&plan, instance, request, error);
    if (status == DPONE_OK) {
        status = source_begin(read, &plan, request, error);
    }
    if (status == DPONE_OK) {
        status = dpone_reader_open(out, postgres_rows_schema(read->rows), &functions, read, error);
    }
    source_plan_clear(&plan);
    if (status != DPONE_OK) {
        source_close(read);
    }
    return status;
}

/* ---- Partitions ---- */

/* The snapshot of all partitions, which the instance holds until it is closed or cuts again. */
static int32_t source_export(struct dpone_instance *instance, struct source_plan *plan, PGresult **out,
                             struct dpone_error *error) {
    const struct postgres_query query = {.sql = "SELECT pg_export_snapshot()"};
    int32_t status = postgres_session_ask(plan->session, &query, out, error);
    if (status == DPONE_OK) {
        postgres_session_close(instance->snapshot);
        instance->snapshot = plan->session;
        plan->session = NULL;
    }
    return status;
}

static int32_t source_partitions(struct dpone_instance *instance, const struct dpone_read_request *request,
                                 size_t wanted, struct dpone_partitions *out, struct dpone_error *error) {
    struct source_plan plan = {0};
    struct dpone_string snapshot = {NULL, 0};
    PGresult *result = NULL;
    int32_t status = source_plan_make(&plan, instance, request, error);
    if (status == DPONE_OK && instance->config.partition_snapshot == POSTGRES_SNAPSHOT_EXPORTED) {
        status = source_export(instance, &plan, &result, error);
        snapshot = status == DPONE_OK ? postgres_result_text(result, 0, 0) : snapshot;
    }
    if (status == DPONE_OK) { /* what has no places is one part */
        status = postgres_partitions_make(out, &plan.table,
                                          plan.has_place && !plan.facts.has_children ? plan.facts.pages : 0,
                                          snapshot, wanted, error);
    }
    PQclear(result);
    source_plan_clear(&plan);
    return status;
}

const struct dpone_source_functions postgres_source_functions = {
    .struct_size = sizeof(struct dpone_source_functions),
    .schema = source_schema,
    .read = source_read,
    .partitions = source_partitions,
};
