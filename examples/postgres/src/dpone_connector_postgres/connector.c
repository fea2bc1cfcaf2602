/* Opening, closing, checking, and the one symbol that this plug-in exports. */
#include "connector.h"

#include <stdlib.h>

#include "session.h"

int32_t postgres_open_with(struct dpone_instance **out, const struct dpone_host *host,
                           const struct dpone_option *options, const struct postgres_client *client,
                           struct dpone_error *error) {
    struct dpone_instance *instance = calloc(1, sizeof(*instance));
    *out = NULL;
    if (instance == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for an instance");
    }
    instance->host = host;
    atomic_init(&instance->cancelled, 0);
    int32_t status = postgres_config_read(&instance->config, options, error);
    if (status != DPONE_OK) {
        postgres_config_clear(&instance->config);
        free(instance);
        return status;
    }
    if (client != NULL) {
        instance->client = *client;
    } else {
        postgres_client_open(&instance->client, &instance->config);
    }
    *out = instance;
    return DPONE_OK;
}

static int32_t connector_open(struct dpone_instance **out, const struct dpone_host *host,
                              const struct dpone_option *options, struct dpone_error *error) {
    return postgres_open_with(out, host, options, NULL, error);
}

static void connector_cancel(struct dpone_instance *instance) {
    atomic_store(&instance->cancelled, 1);
}

static void connector_close(struct dpone_instance *instance) {
    if (instance != NULL) {
        postgres_session_close(instance->session);
        postgres_session_close(instance->snapshot);
        postgres_config_clear(&instance->config);
        free(instance);
    }
}

int postgres_is_cancelled(const struct dpone_instance *instance) {
    return atomic_load(&instance->cancelled) || instance->host->is_cancelled(instance->host->context);
}

static int32_t connector_check_connection(struct dpone_instance *instance, struct dpone_error *error) {
    struct postgres_session *session = NULL;
    int32_t status = postgres_session_of(&session, instance, error);
    return status == DPONE_OK ? postgres_session_run(session, "SELECT 1", error) : status;
}

int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out, struct dpone_error *error) {
    static const struct dpone_connector self = {
        .struct_size = sizeof(self),
        .abi_version = DPONE_ABI_VERSION,
        .name = {"postgres", sizeof("postgres") - 1},
        .version = {.data = POSTGRES_VERSION, .size = sizeof(POSTGRES_VERSION) - 1},
        .connector_type = {"database", sizeof("database") - 1},
        .open = connector_open,
        .check_connection = connector_check_connection,
        .cancel = connector_cancel,
        .close = connector_close,
        .source = &postgres_source_functions,
        .sink = &postgres_sink_functions,
        .state = &postgres_state_functions,
    };
    return dpone_connector_fill(abi_version, out, &self, error);
}
