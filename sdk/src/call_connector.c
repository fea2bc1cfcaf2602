/* Calling the connector itself: init, open, check_connection, cancel, close (dpone/call.h), and how a plug-in
 * answers init (dpone/connector.h). */
#include "call_support.h"

#include <string.h>

int32_t dpone_connector_fill(uint32_t abi_version, struct dpone_connector *out,
                             const struct dpone_connector *self, struct dpone_error *error) {
    if (abi_version != DPONE_ABI_VERSION)
        return dpone_error_set(error, DPONE_NOT_IMPLEMENTED,
                               "the host speaks version %u of the connector ABI, this connector version %u: "
                               "rebuild it with that host's SDK",
                               (unsigned)abi_version, DPONE_ABI_VERSION);
    dpone_struct_fill(out, self);
    return DPONE_OK;
}

static const char *call_missing_source(const struct dpone_source_functions *source) {
    if (DPONE_SLOT(source, struct dpone_source_functions, schema) == NULL)
        return "source.schema is missing";
    if (DPONE_SLOT(source, struct dpone_source_functions, read) == NULL)
        return "source.read is missing";
    return NULL;
}

static const char *call_missing_sink(const struct dpone_sink_functions *sink) {
    if (DPONE_SLOT(sink, struct dpone_sink_functions, describe) == NULL)
        return "sink.describe is missing";
    if (DPONE_SLOT(sink, struct dpone_sink_functions, plan) == NULL)
        return "sink.plan is missing";
    if (DPONE_SLOT(sink, struct dpone_sink_functions, begin) == NULL)
        return "sink.begin is missing";
    if (DPONE_SLOT(sink, struct dpone_sink_functions, last_published) == NULL)
        return "sink.last_published is missing";
    if (DPONE_SLOT(sink, struct dpone_sink_functions, recover) == NULL)
        return "sink.recover is missing";
    if (sink->strategies == 0)
        return "the sink offers no strategy";
    return NULL;
}

static const char *call_missing_state(const struct dpone_state_functions *state) {
    if (DPONE_SLOT(state, struct dpone_state_functions, read) == NULL)
        return "state.read is missing";
    if (DPONE_SLOT(state, struct dpone_state_functions, write) == NULL)
        return "state.write is missing";
    return NULL;
}

/* What is wrong with a connector that init filled; NULL when it is complete. */
static const char *call_missing(const struct dpone_connector *connector) {
    const char *missing = NULL;
    if (connector->abi_version != DPONE_ABI_VERSION)
        return "it was built for another version of the connector ABI";
    if (connector->name.size == 0 || connector->version.size == 0)
        return connector->name.size == 0 ? "it has no name" : "it has no version";
    if (connector->open == NULL || connector->close == NULL)
        return connector->open == NULL ? "open is missing" : "close is missing";
    if (connector->source != NULL)
        missing = call_missing_source(connector->source);
    if (missing == NULL && connector->sink != NULL)
        missing = call_missing_sink(connector->sink);
    if (missing == NULL && connector->state != NULL)
        missing = call_missing_state(connector->state);
    return missing;
}

int32_t dpone_call_init(dpone_connector_init_function init, struct dpone_connector *out,
                        struct dpone_error *error) {
    static const char slot[] = DPONE_CONNECTOR_INIT_SYMBOL;
    if (!DPONE_HAS(out, struct dpone_connector, native_transfer)) /* NOLINT: the size of a pointer is meant */
        return dpone_call_refuse(slot, "set out->struct_size to sizeof(struct dpone_connector)", error);
    dpone_call_zero(out);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(init(DPONE_ABI_VERSION, out, error), slot, error);
    const char *missing = status == DPONE_OK ? call_missing(out) : NULL;
    if (missing != NULL)
        status = dpone_call_defect(slot, missing, error);
    if (status != DPONE_OK)
        dpone_call_zero(out);
    return status;
}

static int call_host_complete(const struct dpone_host *host) {
    return host != NULL && DPONE_HAS(host, struct dpone_host, temporary_directory) && host->log != NULL &&
           host->monotonic_ns != NULL && host->wall_clock_us != NULL && host->sleep_ms != NULL &&
           host->random != NULL && host->wait != NULL && host->is_cancelled != NULL && host->secret != NULL;
}

int32_t dpone_call_open(const struct dpone_connector *connector, struct dpone_instance **out,
                        const struct dpone_host *host, const struct dpone_option *options,
                        struct dpone_error *error) {
    *out = NULL;
    if (!call_host_complete(host))
        return dpone_call_refuse("open", "the host lacks a function: no slot of it may be NULL", error);
    if (options != NULL && options->kind != DPONE_OPTION_MAP)
        return dpone_call_refuse("open", "the options are not a map", error);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(connector->open(out, host, options, error), "open", error);
    if (status == DPONE_OK && *out == NULL)
        return dpone_call_defect("open", "DPONE_OK without an instance", error);
    if (status != DPONE_OK && *out != NULL) {
        connector->close(*out);
        *out = NULL;
    }
    return status;
}

int32_t dpone_call_check_connection(const struct dpone_connector *connector, struct dpone_instance *instance,
                                    struct dpone_error *error) {
    if (connector->check_connection == NULL)
        return dpone_call_absent("check_connection", error);
    if (instance == NULL)
        return dpone_call_closed("check_connection", error);
    dpone_error_clear(error);
    return dpone_call_finish(connector->check_connection(instance, error), "check_connection", error);
}

void dpone_call_cancel(const struct dpone_connector *connector, struct dpone_instance *instance) {
    if (connector->cancel != NULL && instance != NULL)
        connector->cancel(instance);
}

void dpone_call_close(const struct dpone_connector *connector, struct dpone_instance *instance) {
    if (instance != NULL)
        connector->close(instance);
}
