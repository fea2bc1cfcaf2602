# Connectors whose instances live badly.

# All instances share one connection, which the first to close takes away.
dpone_fault(lifecycle uses_what_was_closed CASE options_of_their_own EXPECTED "^OK$"
  OBSERVED "^UNAVAILABLE: the connection was closed$"
  FILE connector.c
  FROM [[static void connector_close(struct dpone_instance *instance) {
    if (instance != NULL) {
        demo_database_config_clear(&instance->config);
        free(instance);
    }
}

int demo_database_is_cancelled(const struct dpone_instance *instance) {
    return atomic_load(&instance->cancelled) || instance->host->is_cancelled(instance->host->context);
}

/* Reading the list of tables proves that the file is there and a database. */
static int32_t connector_check_connection(struct dpone_instance *instance, struct dpone_error *error) {
    struct demo_database_database *database = NULL;
]]
  TO [[static int is_closed;

static void connector_close(struct dpone_instance *instance) {
    if (instance != NULL) {
        demo_database_config_clear(&instance->config);
        free(instance);
        is_closed = 1;
    }
}

int demo_database_is_cancelled(const struct dpone_instance *instance) {
    return atomic_load(&instance->cancelled) || instance->host->is_cancelled(instance->host->context);
}

static int32_t connector_check_connection(struct dpone_instance *instance, struct dpone_error *error) {
    struct demo_database_database *database = NULL;
    static const struct dpone_instance *asked;
    if (is_closed && asked == instance) {
        return dpone_error_set(error, DPONE_UNAVAILABLE, "the connection was closed");
    }
    asked = instance;
    is_closed = 0;
]])
