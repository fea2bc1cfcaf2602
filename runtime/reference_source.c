/* The reference connector as a source: rows in the order of a cursor column, or of their row ids.
 *
 * A checkpoint says where the last row delivered stands, by cursor and row id, so that equal cursor values
 * never hide or repeat a row: {"reference":1,"table":...,"cursor":NAME|null,"value":TEXT|null,"rowid":N}. A
 * partition is a range of row ids: {"reference":1,"table":...,"from":N,"to":N|null}. */
#include <stdlib.h>
#include <string.h>

#include <dpone/stream.h>

#include "runtime/files.h"
#include "runtime/reference_instance.h"
#include "runtime/reference_rows.h"
#include "runtime/reference_value.h"

#define BATCH_BYTES (8 * 1024 * 1024)

/* What one read is about; everything but `store` lives until the request was served. */
struct read {
    struct dpone_store *store;
    char *table;
    struct dpone_columns columns;
    const struct dpone_column *cursor; /* of columns, or NULL */
    const char *rowid;
    json_t *after;     /* a checkpoint to read on from, or NULL */
    json_t *partition; /* or NULL */
};

/* A reader's own: lives until it is closed. */
struct reader {
    struct dpone_rows *rows;
    char *table;
    char *cursor;               /* name, or NULL */
    struct dpone_buffer before; /* where the read started from */
};

static void read_clear(struct read *read) {
    dpone_store_close(read->store);
    free(read->table);
    dpone_columns_clear(&read->columns);
    json_decref(read->after);
    json_decref(read->partition);
}

static int32_t table_of(char **out, const struct dpone_instance *instance,
                        const struct dpone_read_request *request, struct dpone_error *error) {
    struct dpone_table table = request->stream;
    if (table.name.size == 0 && instance->config.table != NULL) {
        table.name = dpone_string_of(instance->config.table);
    }
    return dpone_reference_table_name(out, &table, error);
}

static int is_text_or_null(const json_t *value) {
    return json_is_string(value) || json_is_null(value);
}

static int same_name(const json_t *value, const struct dpone_column *column) {
    return column == NULL ? json_is_null(value)
                          : json_is_string(value) && strcmp(json_string_value(value), column->name) == 0;
}

static int is_of_table(const json_t *json, const char *table) {
    const char *named = json_string_value(json_object_get(json, "table"));
    return json_integer_value(json_object_get(json, "reference")) == 1 && named != NULL &&
           strcmp(named, table) == 0;
}

static int32_t parse_after(struct read *read, struct dpone_bytes bytes, struct dpone_error *error) {
    int32_t status = dpone_reference_json(&read->after, bytes, "checkpoint", error);
    if (status == DPONE_OK && (!is_of_table(read->after, read->table) ||
                               !same_name(json_object_get(read->after, "cursor"), read->cursor) ||
                               !is_text_or_null(json_object_get(read->after, "value")) ||
                               !json_is_integer(json_object_get(read->after, "rowid")))) {
        status = dpone_error_set(
            error, DPONE_INVALID_ARGUMENT,
            "the checkpoint is not one of table \"%s\" by %s; remove the state to read from the "
            "beginning",
            read->table, read->cursor == NULL ? "row id" : read->cursor->name);
    }
    return status;
}

static int32_t parse_partition(struct read *read, struct dpone_bytes bytes, struct dpone_error *error) {
    int32_t status = dpone_reference_json(&read->partition, bytes, "partition", error);
    if (status == DPONE_OK && (!is_of_table(read->partition, read->table) ||
                               !json_is_integer(json_object_get(read->partition, "from")))) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the partition is not one of table \"%s\"",
                                 read->table);
    }
    return status;
}

static int32_t find_cursor(struct read *read, struct dpone_string name, struct dpone_error *error) {
    if (name.size == 0) {
        return DPONE_OK;
    }
    for (size_t i = 0; i < read->columns.count; i++) {
        if (dpone_string_equal(dpone_string_of(read->columns.items[i].name), name)) {
            read->cursor = &read->columns.items[i];
            return DPONE_OK;
        }
    }
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                           "table \"%s\" has no column \"%.*s\" to use as cursor", read->table,
                           (int)name.size, name.data);
}

/* Opens a connection, starts its snapshot, and checks the request against the table. */
static int32_t read_prepare(struct read *read, struct dpone_instance *instance,
                            const struct dpone_read_request *request, struct dpone_error *error) {
    int32_t status = table_of(&read->table, instance, request, error);
    if (status == DPONE_OK) {
        status = dpone_reference_reader_store(instance, &read->store, error);
    }
    if (status == DPONE_OK) {
        status = dpone_store_run(read->store, error, "BEGIN");
    }
    if (status == DPONE_OK) {
        status = dpone_columns_of_table(&read->columns, read->store, read->table, error);
    }
    if (status == DPONE_OK) {
        status = find_cursor(read, request->cursor_column, error);
    }
    if (status == DPONE_OK && request->after.size > 0) {
        status = parse_after(read, request->after, error);
    }
    if (status == DPONE_OK && request->partition.size > 0) {
        status = parse_partition(read, request->partition, error);
    }
    read->rowid = dpone_reference_rowid(&read->columns);
    if (status == DPONE_OK && read->rowid == NULL) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                 "columns of table \"%s\" hide its row id; rename rowid, _rowid_ or oid",
                                 read->table);
    }
    return status;
}

static int32_t source_schema(struct dpone_instance *instance, const struct dpone_read_request *request,
                             struct ArrowSchema *out, struct dpone_error *error) {
    struct read read = {0};
    int32_t status = read_prepare(&read, instance, request, error);
    if (status == DPONE_OK) {
        status = dpone_schema_make(out, read.columns.items, read.columns.count, error);
    }
    read_clear(&read);
    return status;
}

/* Parameters: ?1 and ?2 bound a partition, ?3 and ?4 are cursor and row id of a checkpoint. NULL cursors come
 * first, as SQLite sorts them. */
static char *select_sql(const struct read *read, int resume) {
    sqlite3_str *sql = sqlite3_str_new(read->store->db);
    sqlite3_str_appendall(sql, "SELECT ");
    for (size_t i = 0; i < read->columns.count; i++) {
        sqlite3_str_appendf(sql, "\"%w\",", read->columns.items[i].name);
    }
    sqlite3_str_appendf(sql, "%s", read->rowid);
    if (read->cursor != NULL) {
        sqlite3_str_appendf(sql, ",\"%w\"", read->cursor->name);
    }
    sqlite3_str_appendf(sql, " FROM \"%w\" WHERE 1", read->table);
    if (read->partition != NULL) {
        sqlite3_str_appendf(sql, " AND %s >= ?1 AND (?2 IS NULL OR %s < ?2)", read->rowid, read->rowid);
    }
    if (resume && read->cursor == NULL) {
        sqlite3_str_appendf(sql, " AND %s > ?4", read->rowid);
    } else if (resume) {
        const char *name = read->cursor->name;
        sqlite3_str_appendf(sql,
                            " AND ((\"%w\" IS NULL AND ?3 IS NULL AND %s > ?4) OR (\"%w\" IS NOT NULL AND"
                            " (?3 IS NULL OR \"%w\" > ?3 OR (\"%w\" = ?3 AND %s > ?4))))",
                            name, read->rowid, name, name, name, read->rowid);
    }
    sqlite3_str_appendall(sql, " ORDER BY ");
    if (read->cursor != NULL) {
        sqlite3_str_appendf(sql, "\"%w\",", read->cursor->name);
    }
    sqlite3_str_appendf(sql, "%s", read->rowid);
    return sqlite3_str_finish(sql);
}

static int32_t bind_resume(const struct read *read, sqlite3_stmt *statement, struct dpone_error *error) {
    const json_t *value = json_object_get(read->after, "value");
    (void)sqlite3_bind_int64(statement, 4, json_integer_value(json_object_get(read->after, "rowid")));
    if (read->cursor == NULL || json_is_null(value)) {
        return DPONE_OK;
    }
    struct dpone_string text = {json_string_value(value), json_string_length(value)};
    int32_t status = dpone_reference_bind_text(statement, 3, read->cursor, text, error);
    if (status != DPONE_OK) {
        dpone_error_prepend(error, "checkpoint of table \"%s\"", read->table);
    }
    return status;
}

static int32_t prepare_select(const struct read *read, int resume, sqlite3_stmt **out,
                              struct dpone_error *error) {
    int32_t status = dpone_store_prepare_owned(read->store, out, select_sql(read, resume), error);
    if (status != DPONE_OK) {
        return status;
    }
    if (read->partition != NULL) {
        const json_t *to = json_object_get(read->partition, "to");
        (void)sqlite3_bind_int64(*out, 1, json_integer_value(json_object_get(read->partition, "from")));
        if (json_is_integer(to)) {
            (void)sqlite3_bind_int64(*out, 2, json_integer_value(to));
        }
    }
    status = resume ? bind_resume(read, *out, error) : DPONE_OK;
    if (status != DPONE_OK) {
        (void)sqlite3_finalize(*out);
        *out = NULL;
    }
    return status;
}

static json_t *text_or_null(const char *text, size_t size) {
    return text == NULL ? json_null() : json_stringn(text, size);
}

static int32_t reader_next(void *context, struct ArrowArray *out, struct dpone_error *error) {
    struct reader *reader = context;
    return dpone_rows_next(reader->rows, out, error);
}

static int32_t reader_checkpoint(void *context, struct dpone_buffer *out, struct dpone_error *error) {
    const struct reader *reader = context;
    const struct dpone_rows_position *position = dpone_rows_position(reader->rows);
    if (!position->started) {
        int32_t status = dpone_buffer_copy(out, reader->before.data, reader->before.size);
        return status == DPONE_OK ? status : dpone_error_set(error, status, "no memory for a checkpoint");
    }
    size_t name_size = reader->cursor == NULL ? 0 : strlen(reader->cursor);
    json_t *json = json_pack("{s:i,s:s,s:o,s:o,s:I}", "reference", 1, "table", reader->table, "cursor",
                             text_or_null(reader->cursor, name_size), "value",
                             text_or_null(position->cursor, position->cursor_size), "rowid",
                             (json_int_t)position->rowid);
    return dpone_reference_json_buffer(out, json, error);
}

static void reader_free(void *context) {
    struct reader *reader = context;
    if (reader != NULL) {
        dpone_rows_free(reader->rows);
        free(reader->table);
        free(reader->cursor);
        dpone_buffer_clear(&reader->before);
        free(reader);
    }
}

static const struct dpone_stream_functions reader_functions = {reader_next, reader_checkpoint, reader_free};

static struct reader *reader_new(const struct read *read, struct dpone_bytes before) {
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return NULL;
    }
    reader->before = (struct dpone_buffer)DPONE_BUFFER_INIT;
    reader->table = dpone_format("%s", read->table);
    reader->cursor = read->cursor == NULL ? NULL : dpone_format("%s", read->cursor->name);
    if (reader->table == NULL || (read->cursor != NULL && reader->cursor == NULL) ||
        dpone_buffer_copy(&reader->before, before.data, before.size) != DPONE_OK) {
        reader_free(reader);
        return NULL;
    }
    return reader;
}

static int32_t start_rows(struct read *read, const struct dpone_instance *instance,
                          const struct dpone_read_request *request, struct reader *reader,
                          struct dpone_error *error) {
    sqlite3_stmt *statement = NULL;
    int resume = request->mode == DPONE_READ_INCREMENTAL && read->after != NULL;
    int32_t status = prepare_select(read, resume, &statement, error);
    if (status != DPONE_OK) {
        return status;
    }
    struct dpone_rows_request rows = {
        .store = read->store,
        .statement = statement,
        .columns = &read->columns,
        .cursor = read->cursor,
        .batch_rows = request->batch_rows > 0 ? request->batch_rows : instance->config.batch_rows,
        .batch_bytes = request->batch_bytes > 0 ? request->batch_bytes : BATCH_BYTES,
    };
    read->store = NULL;
    return dpone_rows_new(&reader->rows, &rows, error);
}

static int32_t source_read(struct dpone_instance *instance, const struct dpone_read_request *request,
                           struct dpone_reader *out, struct dpone_error *error) {
    struct read read = {0};
    struct reader *reader = NULL;
    int32_t status = read_prepare(&read, instance, request, error);
    if (status == DPONE_OK) {
        struct dpone_bytes nothing = {NULL, 0};
        reader = reader_new(&read, request->mode == DPONE_READ_INCREMENTAL ? request->after : nothing);
        status = reader == NULL ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a reader")
                                : start_rows(&read, instance, request, reader, error);
    }
    if (status == DPONE_OK) {
        status = dpone_reader_open(out, dpone_rows_schema(reader->rows), &reader_functions, reader, error);
    }
    read_clear(&read);
    if (status != DPONE_OK) {
        reader_free(reader);
    }
    return status;
}

/* ---- Partitions */

static void partitions_release(struct dpone_partitions *partitions) {
    struct dpone_buffer **items = partitions->private_data;
    for (size_t i = 0; i < partitions->count; i++) {
        dpone_buffer_clear(items[i]);
        free(items[i]);
    }
    free(items);
    partitions->items = NULL;
    partitions->count = 0;
    partitions->release = NULL;
}

static int32_t add_partition(struct dpone_partitions *out, const char *table, int64_t from, json_t *to,
                             struct dpone_error *error) {
    struct dpone_buffer **items = out->private_data;
    struct dpone_buffer *item = calloc(1, sizeof *item);
    if (item == NULL) {
        json_decref(to);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for partitions");
    }
    *item = (struct dpone_buffer)DPONE_BUFFER_INIT;
    items[out->count++] = item;
    json_t *json =
        json_pack("{s:i,s:s,s:I,s:o}", "reference", 1, "table", table, "from", (json_int_t)from, "to", to);
    return dpone_reference_json_buffer(item, json, error);
}

/* Equal ranges of row ids; the first begins before everything, the last has no end. */
static int32_t cut(struct dpone_partitions *out, const struct read *read, int64_t first, int64_t last,
                   size_t wanted, struct dpone_error *error) {
    uint64_t span = last < first ? 1 : (uint64_t)last - (uint64_t)first + 1;
    uint64_t count = wanted == 0 ? 1 : wanted;
    count = count > span ? span : count;
    uint64_t step = span / count;
    struct dpone_buffer **items = calloc((size_t)count, sizeof(struct dpone_buffer *));
    if (items == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for partitions");
    }
    out->private_data = items;
    out->items = items;
    out->release = partitions_release;
    int32_t status = DPONE_OK;
    for (uint64_t i = 0; status == DPONE_OK && i < count; i++) {
        int64_t from = i == 0 ? INT64_MIN : (int64_t)((uint64_t)first + i * step);
        json_t *to = i + 1 == count ? json_null() : json_integer((int64_t)((uint64_t)first + (i + 1) * step));
        status = add_partition(out, read->table, from, to, error);
    }
    return status;
}

static int32_t source_partitions(struct dpone_instance *instance, const struct dpone_read_request *request,
                                 size_t wanted, struct dpone_partitions *out, struct dpone_error *error) {
    struct read read = {0};
    int64_t bounds[2] = {0, 0};
    int32_t status = read_prepare(&read, instance, request, error);
    static const char *const functions[] = {"min", "max"};
    for (size_t i = 0; status == DPONE_OK && i < 2; i++) {
        sqlite3_stmt *statement = NULL;
        status = dpone_store_prepare(read.store, &statement, error, "SELECT %s(%s) FROM \"%w\"", functions[i],
                                     read.rowid, read.table);
        if (status == DPONE_OK) {
            status = dpone_store_integer(read.store, statement, &bounds[i], error);
        }
    }
    if (status == DPONE_OK) {
        status = cut(out, &read, bounds[0], bounds[1], wanted, error);
    }
    read_clear(&read);
    if (status != DPONE_OK && out->release != NULL) {
        out->release(out);
    }
    return status;
}

const struct dpone_source_functions dpone_reference_source = {
    .struct_size = (uint32_t)sizeof dpone_reference_source,
    .schema = source_schema,
    .read = source_read,
    .partitions = source_partitions,
};
