/* One SQLite connection of the reference connector. */
#include "runtime/reference_store.h"

#include <stdlib.h>
#include <string.h>

/* Loads hold what begin() was asked for as JSON, so that attach() finds it in another process. Publications
 * are the ledger: the newest row of a (target, pipeline) is its last publication. */
static const char schema_sql[] =
    "CREATE TABLE IF NOT EXISTS __dpone__loads("
    " stage TEXT PRIMARY KEY, target TEXT NOT NULL, request TEXT NOT NULL,"
    " lease_until_us INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS __dpone__publications("
    " sequence INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL,"
    " pipeline TEXT NOT NULL, idempotency_key TEXT NOT NULL, content_digest BLOB NOT NULL,"
    " position BLOB NOT NULL, rows INTEGER NOT NULL,"
    " UNIQUE(target, pipeline, idempotency_key));"
    "CREATE TABLE IF NOT EXISTS __dpone__state("
    " key TEXT PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;";

static int is_cancelled(const struct dpone_store *store) {
    return store->cancelled != NULL &&
           (atomic_load(store->cancelled) || store->host->is_cancelled(store->host->context));
}

int32_t dpone_store_check(const struct dpone_store *store, struct dpone_error *error) {
    return is_cancelled(store) ? dpone_error_set(error, DPONE_CANCELLED, "the host asked to stop") : DPONE_OK;
}

/* SQLite asks this every so many virtual instructions. */
static int stop_statement(void *context) {
    return is_cancelled(context);
}

/* Waits for another connection's lock with the host's sleep, a little longer each time. */
static int wait_for_lock(void *context, int attempt) {
    struct dpone_store *store = context;
    int64_t now_ns = store->host->monotonic_ns(store->host->context);
    if (attempt == 0) {
        store->waiting_since_ns = now_ns;
    }
    if (now_ns - store->waiting_since_ns > (int64_t)DPONE_STORE_LOCK_WAIT_MS * 1000000) {
        return 0;
    }
    int64_t pause_ms = attempt < 20 ? 1 + attempt : 20;
    return store->host->sleep_ms(store->host->context, pause_ms) == DPONE_OK && !is_cancelled(store);
}

static int32_t status_of_code(int code) {
    static const struct {
        int code;
        int32_t status;
    } table[] = {
        {SQLITE_BUSY, DPONE_UNAVAILABLE},        {SQLITE_LOCKED, DPONE_UNAVAILABLE},
        {SQLITE_FULL, DPONE_RESOURCE_EXHAUSTED}, {SQLITE_TOOBIG, DPONE_RESOURCE_EXHAUSTED},
        {SQLITE_NOMEM, DPONE_OUT_OF_MEMORY},     {SQLITE_IOERR, DPONE_IO},
        {SQLITE_CANTOPEN, DPONE_NOT_FOUND},      {SQLITE_CORRUPT, DPONE_DATA_CORRUPT},
        {SQLITE_NOTADB, DPONE_DATA_CORRUPT},     {SQLITE_READONLY, DPONE_PERMISSION_DENIED},
        {SQLITE_PERM, DPONE_PERMISSION_DENIED},  {SQLITE_AUTH, DPONE_PERMISSION_DENIED},
        {SQLITE_INTERRUPT, DPONE_CANCELLED},     {SQLITE_CONSTRAINT, DPONE_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].code == (code & 0xff)) {
            return table[i].status;
        }
    }
    return DPONE_INTERNAL;
}

int32_t dpone_store_error(struct dpone_store *store, int code, const char *doing, struct dpone_error *error) {
    if (is_cancelled(store)) {
        return dpone_store_check(store, error);
    }
    return dpone_error_set(error, status_of_code(code), "cannot %s: %s", doing,
                           store->db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(store->db));
}

static int32_t run_script(struct dpone_store *store, const char *sql, const char *doing,
                          struct dpone_error *error) {
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? DPONE_OK : dpone_store_error(store, code, doing, error);
}

static int32_t prepare_connection(struct dpone_store *store, enum dpone_store_mode mode,
                                  struct dpone_error *error) {
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_handler(store->db, wait_for_lock, store);
    sqlite3_progress_handler(store->db, 2000, stop_statement, store);
    if (mode == DPONE_STORE_READ) {
        return run_script(store, "PRAGMA query_only=1; SELECT count(*) FROM sqlite_master;", "read the file",
                          error);
    }
    int32_t status =
        run_script(store, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", "open the file", error);
    return status == DPONE_OK ? run_script(store, schema_sql, "make the tables of dpone", error) : status;
}

int32_t dpone_store_open(struct dpone_store **out, const char *path, enum dpone_store_mode mode,
                         const struct dpone_host *host, const atomic_int *cancelled,
                         struct dpone_error *error) {
    *out = NULL;
    struct dpone_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a connection to %s", path);
    }
    store->host = host;
    store->cancelled = cancelled;
    int flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (mode == DPONE_STORE_WRITE ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &store->db, flags, NULL);
    int32_t status = code == SQLITE_OK ? prepare_connection(store, mode, error)
                                       : dpone_store_error(store, code, "open the file", error);
    if (status != DPONE_OK) {
        dpone_error_prepend(error, "%s", path);
        dpone_store_close(store);
        return status;
    }
    *out = store;
    return DPONE_OK;
}

void dpone_store_close(struct dpone_store *store) {
    if (store != NULL) {
        (void)sqlite3_close_v2(store->db);
        free(store);
    }
}

int32_t dpone_store_prepare_owned(struct dpone_store *store, sqlite3_stmt **out, char *sql,
                                  struct dpone_error *error) {
    *out = NULL;
    int code = sql == NULL ? SQLITE_NOMEM : sqlite3_prepare_v2(store->db, sql, -1, out, NULL);
    sqlite3_free(sql);
    return code == SQLITE_OK ? DPONE_OK : dpone_store_error(store, code, "prepare a statement", error);
}

int32_t dpone_store_prepare(struct dpone_store *store, sqlite3_stmt **out, struct dpone_error *error,
                            const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    return dpone_store_prepare_owned(store, out, sql, error);
}

int32_t dpone_store_step(struct dpone_store *store, sqlite3_stmt *statement, int *row,
                         struct dpone_error *error) {
    int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? DPONE_OK
               : dpone_store_error(store, code, "run a statement", error);
}

int32_t dpone_store_finish(struct dpone_store *store, sqlite3_stmt *statement, struct dpone_error *error) {
    int row = 0;
    int32_t status;
    do {
        status = dpone_store_step(store, statement, &row, error);
    } while (status == DPONE_OK && row);
    (void)sqlite3_finalize(statement);
    return status;
}

int32_t dpone_store_run(struct dpone_store *store, struct dpone_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *sql = sqlite3_vmprintf(format, arguments);
    va_end(arguments);
    sqlite3_stmt *statement = NULL;
    int32_t status = dpone_store_prepare_owned(store, &statement, sql, error);
    return status == DPONE_OK ? dpone_store_finish(store, statement, error) : status;
}

int32_t dpone_store_integer(struct dpone_store *store, sqlite3_stmt *statement, int64_t *out,
                            struct dpone_error *error) {
    int row = 0;
    int32_t status = dpone_store_step(store, statement, &row, error);
    *out = row ? sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_finalize(statement);
    return status;
}

int32_t dpone_store_begin(struct dpone_store *store, struct dpone_error *error) {
    return dpone_store_run(store, error, "BEGIN IMMEDIATE");
}

int32_t dpone_store_end(struct dpone_store *store, int32_t status, struct dpone_error *error) {
    if (status == DPONE_OK) {
        status = dpone_store_run(store, error, "COMMIT");
    }
    if (status != DPONE_OK && !sqlite3_get_autocommit(store->db)) {
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

void dpone_store_bind_string(sqlite3_stmt *statement, int index, struct dpone_string text) {
    (void)sqlite3_bind_text64(statement, index, text.data == NULL ? "" : text.data, text.size, SQLITE_STATIC,
                              SQLITE_UTF8);
}

void dpone_store_bind_bytes(sqlite3_stmt *statement, int index, struct dpone_bytes bytes) {
    (void)sqlite3_bind_blob64(statement, index, bytes.data == NULL ? (const void *)"" : bytes.data,
                              bytes.size, SQLITE_STATIC);
}

struct dpone_string dpone_store_string(sqlite3_stmt *statement, int column) {
    const char *data = (const char *)sqlite3_column_text(statement, column);
    return (struct dpone_string){data, (size_t)sqlite3_column_bytes(statement, column)};
}

struct dpone_bytes dpone_store_bytes(sqlite3_stmt *statement, int column) {
    const uint8_t *data = sqlite3_column_blob(statement, column);
    return (struct dpone_bytes){data, (size_t)sqlite3_column_bytes(statement, column)};
}
