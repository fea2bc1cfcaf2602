/* One SQLite connection of the reference connector: statements, transactions, waiting for locks, and error
 * mapping.
 *
 * Names and values never reach SQL as text: identifiers are written with %w inside double quotes, values are
 * bound. */
#ifndef DPONE_RUNTIME_REFERENCE_STORE_H
#define DPONE_RUNTIME_REFERENCE_STORE_H

#include <stdatomic.h>

#include <sqlite3.h>

#include <dpone/host.h>

/* Names that begin so belong to dpone. */
#define DPONE_RESERVED_PREFIX "__dpone__"

/* A lock is waited for so long. */
#define DPONE_STORE_LOCK_WAIT_MS 30000

enum dpone_store_mode { DPONE_STORE_READ = 0, DPONE_STORE_WRITE = 1 };

struct dpone_store {
    sqlite3 *db;
    const struct dpone_host *host;
    const atomic_int *cancelled; /* the instance's; NULL: cannot be cancelled */
    int64_t waiting_since_ns;    /* of the lock being waited for */
};

/* Opens the file: DPONE_STORE_READ needs it to exist, DPONE_STORE_WRITE makes it with the tables that every
 * sink and state uses. The caller frees `*out` with dpone_store_close(). */
int32_t dpone_store_open(struct dpone_store **out, const char *path, enum dpone_store_mode mode,
                         const struct dpone_host *host, const atomic_int *cancelled,
                         struct dpone_error *error);
void dpone_store_close(struct dpone_store *store);

/* DPONE_CANCELLED once the host or the instance was. */
int32_t dpone_store_check(const struct dpone_store *store, struct dpone_error *error);

/* Fills `error` from the connection's last failure, `code`; `doing` says what failed. Returns the status. */
int32_t dpone_store_error(struct dpone_store *store, int code, const char *doing, struct dpone_error *error);

/* Prepares one statement from a format of sqlite3_mprintf(). The caller finalises `*out`. */
int32_t dpone_store_prepare(struct dpone_store *store, sqlite3_stmt **out, struct dpone_error *error,
                            const char *format, ...);

/* The same from text that sqlite3_mprintf() or sqlite3_str_finish() made; it is freed here. NULL: out of
 * memory. */
int32_t dpone_store_prepare_owned(struct dpone_store *store, sqlite3_stmt **out, char *sql,
                                  struct dpone_error *error);

/* Steps: `*row` is 1 while there is a row. */
int32_t dpone_store_step(struct dpone_store *store, sqlite3_stmt *statement, int *row,
                         struct dpone_error *error);

/* Runs a statement to its end and finalises it. */
int32_t dpone_store_finish(struct dpone_store *store, sqlite3_stmt *statement, struct dpone_error *error);

/* Prepares and runs one statement without parameters. */
int32_t dpone_store_run(struct dpone_store *store, struct dpone_error *error, const char *format, ...);

/* The first column of the first row, 0 when there is none; finalises the statement. */
int32_t dpone_store_integer(struct dpone_store *store, sqlite3_stmt *statement, int64_t *out,
                            struct dpone_error *error);

/* A write transaction. end() commits when `status` is DPONE_OK, else rolls back; it returns how it all ended.
 */
int32_t dpone_store_begin(struct dpone_store *store, struct dpone_error *error);
int32_t dpone_store_end(struct dpone_store *store, int32_t status, struct dpone_error *error);

/* Binds text or bytes; the data must live until the statement has run. */
void dpone_store_bind_string(sqlite3_stmt *statement, int index, struct dpone_string text);
void dpone_store_bind_bytes(sqlite3_stmt *statement, int index, struct dpone_bytes bytes);

/* A column of the current row, valid until the next step. */
struct dpone_string dpone_store_string(sqlite3_stmt *statement, int column);
struct dpone_bytes dpone_store_bytes(sqlite3_stmt *statement, int column);

#endif
