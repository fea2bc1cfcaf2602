/* What the server's failures mean. */
#include "failure.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The first row whose letters the SQLSTATE begins with counts. */
static const struct {
    const char *prefix;
    int32_t status;
} failure_rows[] = {
    {"08", DPONE_UNAVAILABLE},
    {"22003", DPONE_UNSUPPORTED_TYPE}, /* out of range */
    {"22008", DPONE_UNSUPPORTED_TYPE}, /* a time out of range */
    {"22021", DPONE_UNSUPPORTED_TYPE}, /* NUL in a text */
    {"22P05", DPONE_UNSUPPORTED_TYPE}, /* no such character in the server's encoding */
    {"22", DPONE_INVALID_ARGUMENT},
    {"23", DPONE_INVALID_ARGUMENT},     /* a constraint of the target */
    {"25006", DPONE_PERMISSION_DENIED}, /* read only */
    {"28", DPONE_UNAUTHENTICATED},
    {"3D", DPONE_NOT_FOUND},
    {"3F", DPONE_NOT_FOUND},
    {"40", DPONE_CONFLICT}, /* deadlock, serialisation */
    {"42501", DPONE_PERMISSION_DENIED},
    {"42P01", DPONE_NOT_FOUND},
    {"42703", DPONE_CONFLICT}, /* a column went */
    {"42P07", DPONE_CONFLICT}, /* a table came */
    {"42804", DPONE_CONFLICT}, /* a type changed */
    {"42", DPONE_INVALID_ARGUMENT},
    {"53", DPONE_RESOURCE_EXHAUSTED},
    {"54", DPONE_RESOURCE_EXHAUSTED},
    {"55P03", DPONE_TIMEOUT}, /* lock_timeout */
    {"55", DPONE_CONFLICT},
    {"57014", DPONE_TIMEOUT},  /* statement_timeout */
    {"57", DPONE_UNAVAILABLE}, /* shutting down, starting up, a backend that was ended */
    {"58", DPONE_UNAVAILABLE},
    {"0A", DPONE_INVALID_ARGUMENT},
    {"P0", DPONE_INVALID_ARGUMENT}, /* raised by a trigger of the target */
    {"XX", DPONE_DATA_CORRUPT},
    {"", DPONE_INTERNAL},
};

int32_t postgres_failure_status(const char *sqlstate) {
    size_t row = 0;
    while (strncmp(sqlstate, failure_rows[row].prefix, strlen(failure_rows[row].prefix)) != 0) {
        row++;
    }
    return failure_rows[row].status;
}

int32_t postgres_failure(PGconn *connection, const PGresult *result, struct dpone_error *error) {
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (sqlstate == NULL || message == NULL) {
        return dpone_error_set(error, DPONE_UNAVAILABLE, "the connection to the server is lost: %s",
                               PQerrorMessage(connection));
    }
    return dpone_error_set(error, postgres_failure_status(sqlstate), "the server says: %s (SQLSTATE %s)",
                           message, sqlstate);
}

/* "FATAL:  28P01: ..." of a verbose message; a failed connection has no other place for the SQLSTATE. */
static const char *failure_find_sqlstate(const char *message) {
    const char *at = strstr(message, ":  ");
    for (int i = 3; at != NULL && i < 8; i++) {
        if (!isupper((unsigned char)at[i]) && !isdigit((unsigned char)at[i])) {
            return NULL;
        }
    }
    return at != NULL && at[8] == ':' ? at + 3 : NULL;
}

int32_t postgres_failure_to_connect(PGconn *connection, const struct dpone_secret *password,
                                    struct dpone_error *error) {
    char message[DPONE_ERROR_MESSAGE_BYTES];
    (void)snprintf(message, sizeof(message), "%s", PQerrorMessage(connection));
    dpone_secret_redact(message, password);
    const char *sqlstate = failure_find_sqlstate(message);
    int32_t status = sqlstate != NULL                        ? postgres_failure_status(sqlstate)
                     : PQconnectionNeedsPassword(connection) ? DPONE_UNAUTHENTICATED
                                                             : DPONE_UNAVAILABLE;
    char *location = strstr(message, "\nLOCATION:"); /* a line of the server's source */
    if (location != NULL) {
        *location = '\0';
    }
    return dpone_error_set(error, status, "cannot connect: %s", message);
}
