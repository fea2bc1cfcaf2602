/* The options of this connector: one table says what there is, docs/postgres.md what it means. */
#include "options.h"

#define AT(member) offsetof(struct postgres_config, member)

static const char *const options_sslmodes[] = {"disable",   "prefer",      "require",
                                               "verify-ca", "verify-full", NULL};
static const char *const options_snapshots[] = {"exported", "own", NULL};

/* Name, kind, required, place, smallest and largest (of text: length), default, choices. Keep
 * schemas/options.schema.json in step. */
static const struct dpone_option_rule options_rules[] = {
    {"host", DPONE_FIELD_STRING, 1, AT(host), 1, 1024, NULL, NULL},
    {"port", DPONE_FIELD_INTEGER, 0, AT(port), 1, 65535, "5432", NULL},
    {"database", DPONE_FIELD_STRING, 1, AT(database), 1, 63, NULL, NULL},
    {"user", DPONE_FIELD_STRING, 1, AT(user), 1, 63, NULL, NULL},
    {"password", DPONE_FIELD_SECRET, 0, AT(password), 0, 0, NULL, NULL},
    {"schema", DPONE_FIELD_STRING, 0, AT(schema), 1, 63, "public", NULL},
    {"sslmode", DPONE_FIELD_CHOICE, 0, AT(sslmode), 0, 0, "prefer", options_sslmodes},
    {"sslrootcert", DPONE_FIELD_STRING, 0, AT(sslrootcert), 1, 4096, NULL, NULL},
    {"connect_timeout_ms", DPONE_FIELD_INTEGER, 0, AT(connect_timeout_ms), 1, 3600000, "10000", NULL},
    {"lock_wait_ms", DPONE_FIELD_INTEGER, 0, AT(lock_wait_ms), 1, 3600000, "30000", NULL},
    {"lease_ms", DPONE_FIELD_INTEGER, 0, AT(lease_ms), 1000, 86400000, "600000", NULL},
    {"partition_snapshot", DPONE_FIELD_CHOICE, 0, AT(partition_snapshot), 0, 0, "exported",
     options_snapshots},
    {NULL, DPONE_FIELD_BOOL, 0, 0, 0, 0, NULL, NULL},
};

const char *postgres_config_sslmode(const struct postgres_config *config) {
    return options_sslmodes[config->sslmode];
}

int32_t postgres_config_read(struct postgres_config *out, const struct dpone_option *options,
                             struct dpone_error *error) {
    return dpone_options_bind(out, options_rules, options, error);
}

void postgres_config_clear(struct postgres_config *config) {
    dpone_options_clear(config, options_rules);
}
