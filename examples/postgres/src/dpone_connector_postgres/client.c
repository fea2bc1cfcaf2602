/* The client of PostgreSQL: the only place that knows where the server is. */
#include "client.h"

#include <stdio.h>

#include "sql.h"

/* Every setting that libpq would look up in the environment, in a service file or in the home folder is said
 * here, also by an empty value: an option of the manifest is the only way to change it. */
static const char client_settings[] =
    " hostaddr='' options='' application_name=dpone client_encoding=UTF8 gssencmode=disable "
    "krbsrvname=postgres"
    " channel_binding=prefer target_session_attrs=any replication='' requirepeer='' sslcert='' sslkey=''"
    " sslcrl='' sslcrldir='' sslcompression=0 sslsni=1 ssl_min_protocol_version=TLSv1.2 "
    "ssl_max_protocol_version=''"
    " keepalives=1 keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000";

/* One `name='value'`, with the backslashes that a connection string wants. */
static void client_add(struct postgres_sql *text, const char *name, const char *value) {
    postgres_sql_add(text, " %s='", name);
    for (const char *at = value; *at != '\0'; at++) {
        postgres_sql_add(text, *at == '\'' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    postgres_sql_add(text, "'");
}

static PGconn *client_connect(const void *context, const char *password, const char *temporary_directory) {
    const struct postgres_config *config = context;
    struct postgres_sql text = {0};
    char port[16];
    char no_file[4096];
    (void)snprintf(port, sizeof(port), "%d", (int)config->port);
    (void)snprintf(no_file, sizeof(no_file), "%s/no.pgpass", temporary_directory);
    client_add(&text, "host", config->host);
    client_add(&text, "port", port);
    client_add(&text, "dbname", config->database);
    client_add(&text, "user", config->user);
    client_add(&text, "password", password);
    client_add(&text, "passfile", no_file);
    client_add(&text, "sslmode", postgres_config_sslmode(config));
    client_add(&text, "sslrootcert", config->sslrootcert == NULL ? "" : config->sslrootcert);
    postgres_sql_add(&text, "%s", client_settings);
    PGconn *connection = text.failed ? NULL : PQconnectStart(text.data);
    postgres_sql_wipe(&text);
    return connection;
}

void postgres_client_open(struct postgres_client *out, const struct postgres_config *config) {
    *out = (struct postgres_client){.context = config, .connect = client_connect};
}
