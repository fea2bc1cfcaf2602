/* The options of this connector. */
#ifndef DPONE_CONNECTOR_POSTGRES_OPTIONS_H
#define DPONE_CONNECTOR_POSTGRES_OPTIONS_H

#include <dpone/dpone.h>

/* Indexes into the choices of `partition_snapshot`. */
enum postgres_partition_snapshot { POSTGRES_SNAPSHOT_EXPORTED, POSTGRES_SNAPSHOT_OWN };

/* What the options say; docs/postgres.md describes each. Text is never NULL, but for `sslrootcert`. */
struct postgres_config {
    char *host;
    int64_t port;
    char *database;
    char *user;
    char *password; /* a reference */
    char *schema;
    int32_t sslmode; /* index into the names of libpq */
    char *sslrootcert;
    int64_t connect_timeout_ms;
    int64_t lock_wait_ms;
    int64_t lease_ms;
    int32_t partition_snapshot;
};

/* Reads and checks them. DPONE_INVALID_ARGUMENT names the option. Whatever it answers, `out` is cleared by
 * postgres_config_clear(). */
int32_t postgres_config_read(struct postgres_config *out, const struct dpone_option *options,
                             struct dpone_error *error);

/* What libpq calls the choice of `sslmode`. */
const char *postgres_config_sslmode(const struct postgres_config *config);

void postgres_config_clear(struct postgres_config *config);

#endif
