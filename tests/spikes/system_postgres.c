/* A private PostgreSQL cluster, run by the user postgres when the test is root, on a Unix socket only. */
#include "system.h"

#include <glob.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char bin[SYSTEM_TEXT_BYTES];
static char root[SYSTEM_TEXT_BYTES];

/* Runs a program of the cluster as its owner. */
static int run(const char *arguments) {
    char command[5 * SYSTEM_TEXT_BYTES];
    const char *owner = geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : "";
    (void)snprintf(command, sizeof(command), "cd '%s' && %s'%s'/%s >>'%s/commands.log' 2>&1", root, owner,
                   bin, arguments, root);
    return system(command);
}

static int find_binaries(void) {
    glob_t found;
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0)
        return 0;
    (void)snprintf(bin, sizeof(bin), "%s", found.gl_pathv[found.gl_pathc - 1]);
    *strrchr(bin, '/') = '\0';
    globfree(&found);
    return 1;
}

const char *system_start(const char *directory, char address[SYSTEM_TEXT_BYTES]) {
    char command[SYSTEM_TEXT_BYTES + 64];
    (void)snprintf(root, sizeof(root), "%s", directory);
    (void)snprintf(address, SYSTEM_TEXT_BYTES, "%s", directory);
    if (!find_binaries())
        return "postgresql";
    (void)snprintf(command, sizeof(command), "chown postgres '%s'", directory);
    if (geteuid() == 0 && system(command) != 0)
        return "postgresql";
    if (run("initdb -D data -A trust -U postgres -N --locale=C.UTF-8") != 0 ||
        run("pg_ctl -D data -w -l server.log -o \"-c listen_addresses='' -k . -F\" start") != 0) {
        (void)fprintf(stderr, "the cluster below %s did not start, see its commands.log\n", directory);
        exit(3);
    }
    (void)snprintf(address, SYSTEM_TEXT_BYTES, "%s/data", directory);
    return NULL;
}

void system_stop(void) {
    run("pg_ctl -D data -m immediate stop");
}

/* Runs a query of one text column and joins the rows; their number, or -1. */
static int query(const char *sql, char out[SYSTEM_TEXT_BYTES]) {
    char socket[SYSTEM_TEXT_BYTES + 8];
    const char *const names[] = {"host", "dbname", "user", NULL};
    const char *const values[] = {socket, "postgres", "postgres", NULL};
    size_t size = 0;
    (void)snprintf(socket, sizeof(socket), "%s/data", root);
    PGconn *connection = PQconnectdbParams(names, values, 0);
    PGresult *result = PQexec(connection, sql);
    int rows = PQresultStatus(result) == PGRES_TUPLES_OK ? PQntuples(result) : -1;
    out[0] = '\0';
    for (int i = 0; i < rows && size < SYSTEM_TEXT_BYTES; i++)
        size += (size_t)snprintf(out + size, SYSTEM_TEXT_BYTES - size, "%s\n", PQgetvalue(result, i, 0));
    PQclear(result);
    PQfinish(connection);
    return rows;
}

void system_dump(const char *target, char out[SYSTEM_TEXT_BYTES]) {
    char sql[512];
    (void)snprintf(
        sql, sizeof(sql),
        "SELECT id || '|' || coalesce(score::text, 'NULL') || '|' || coalesce(name, 'NULL') FROM \"%s\" "
        "ORDER BY id",
        target);
    if (query(sql, out) < 0)
        (void)snprintf(out, SYSTEM_TEXT_BYTES, "absent");
}

int system_count_stages(const char *target) {
    char out[SYSTEM_TEXT_BYTES];
    (void)target;
    return query("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^stage_'", out);
}
