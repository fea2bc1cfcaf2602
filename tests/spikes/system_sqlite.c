/* SQLite looked into by a connection of its own. */
#include "system.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static char path[SYSTEM_TEXT_BYTES];

const char *system_start(const char *directory, char address[SYSTEM_TEXT_BYTES]) {
    (void)snprintf(path, sizeof(path), "%s/spike.db", directory);
    (void)snprintf(address, SYSTEM_TEXT_BYTES, "%s", path);
    return NULL;
}

void system_stop(void) {
    (void)remove(path);
}

/* Runs a query whose first column is text, and joins the rows; -1 when it cannot be prepared. */
static int query(const char *sql, char out[SYSTEM_TEXT_BYTES]) {
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    size_t size = 0;
    int rows = -1;
    out[0] = '\0';
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK)
        for (rows = 0; sqlite3_step(statement) == SQLITE_ROW && size < SYSTEM_TEXT_BYTES; rows++)
            size += (size_t)snprintf(out + size, SYSTEM_TEXT_BYTES - size, "%s\n",
                                     (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return rows;
}

void system_dump(const char *target, char out[SYSTEM_TEXT_BYTES]) {
    char sql[512];
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT id || '|' || coalesce(score, 'NULL') || '|' || coalesce(name, 'NULL') FROM \"%s\" ORDER "
        "BY id",
        target);
    if (query(sql, out) < 0)
        (void)snprintf(out, SYSTEM_TEXT_BYTES, "absent");
}

int system_count_stages(const char *target) {
    char out[SYSTEM_TEXT_BYTES];
    (void)target;
    int stages = query("SELECT name FROM sqlite_master WHERE name GLOB 'stage_*'", out);
    return stages < 0 ? 0 : stages;
}
