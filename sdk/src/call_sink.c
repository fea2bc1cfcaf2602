/* Calling a sink (dpone/call.h): the questions about a target and the ways to open a load. */
#include "call_support.h"

#include <string.h>

#include <dpone/schema.h>
#include <dpone/validate.h>

#define MAXIMUM_KEY_BYTES 128

/* A slot of the sink, or NULL. */
#define SINK_SLOT(connector, member) DPONE_SLOT((connector)->sink, struct dpone_sink_functions, member)

static const char no_target[] = "the target has no name";

static int call_target_named(const struct dpone_table *target) {
    return target != NULL && target->name.size > 0;
}

int32_t dpone_call_describe(const struct dpone_connector *connector, struct dpone_instance *instance,
                            const struct dpone_table *target, struct dpone_description *out,
                            struct dpone_error *error) {
    static const char slot[] = "sink.describe";
    if (SINK_SLOT(connector, describe) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    if (!call_target_named(target))
        return dpone_call_refuse(slot, no_target, error);
    if (!DPONE_HAS(out, struct dpone_description, version))
        return dpone_call_refuse(slot, "set out->struct_size to sizeof(struct dpone_description)", error);
    dpone_description_clear(out);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(connector->sink->describe(instance, target, out, error), slot, error);
    if (status == DPONE_OK)
        status = dpone_schema_validate(&out->schema, error);
    if (status != DPONE_OK)
        dpone_description_clear(out);
    return status;
}

int32_t dpone_call_plan(const struct dpone_connector *connector, struct dpone_instance *instance,
                        const struct dpone_schema_change *change, struct dpone_buffer *out,
                        struct dpone_error *error) {
    static const char slot[] = "sink.plan";
    const char *reason = NULL;
    if (SINK_SLOT(connector, plan) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    if (change == NULL || !DPONE_HAS(change, struct dpone_schema_change, policy))
        reason = "the change is missing, or shorter than its struct_size must be";
    else if (!call_target_named(&change->target))
        reason = no_target;
    else if (change->wanted == NULL)
        reason = "the wanted schema is missing";
    else if (change->policy < DPONE_EVOLUTION_FAIL || change->policy > DPONE_EVOLUTION_NEW_COLUMN)
        reason = "the policy is none of enum dpone_evolution_policy";
    else if (!dpone_call_buffer_ready(out))
        reason = "the buffer is not empty: clear it first";
    if (reason != NULL)
        return dpone_call_refuse(slot, reason, error);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(connector->sink->plan(instance, change, out, error), slot, error);
    if (status != DPONE_OK)
        dpone_buffer_clear(out);
    return status;
}

static int call_key_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("_.:-", c) != NULL);
}

static int call_key_valid(struct dpone_string key) {
    size_t valid = 0;
    while (valid < key.size && call_key_character(key.data[valid]))
        valid++;
    return key.size > 0 && key.size <= MAXIMUM_KEY_BYTES && valid == key.size;
}

/* The unique key names columns of the load, each once. */
static const char *call_bad_unique_key(const struct dpone_load_request *request) {
    if (request->strategy != DPONE_INCREMENTAL_MERGE)
        return NULL;
    if (request->unique_key_count == 0 || request->unique_key == NULL)
        return "incremental_merge needs a unique_key";
    for (size_t i = 0; i < request->unique_key_count; i++) {
        if (dpone_schema_find(request->schema, *request->unique_key[i]) < 0)
            return "a column of unique_key is not in the load's schema";
        for (size_t j = 0; j < i; j++)
            if (dpone_string_equal(*request->unique_key[i], *request->unique_key[j]))
                return "a column stands twice in unique_key";
    }
    return NULL;
}

static const char *call_bad_window(const struct dpone_load_request *request) {
    const struct dpone_window *window = request->window;
    if (request->strategy != DPONE_REPLACE)
        return window == NULL ? NULL : "a window is for the strategy replace only";
    if (window == NULL || !DPONE_HAS(window, struct dpone_window, to))
        return "replace needs a window";
    if (dpone_schema_find(request->schema, window->column) < 0)
        return "the window's column is not in the load's schema";
    return NULL;
}

static const char *call_bad_load_request(const struct dpone_load_request *request) {
    if (request == NULL || !DPONE_HAS(request, struct dpone_load_request, partition_count))
        return "the request is missing, or shorter than its struct_size must be";
    if (request->strategy < DPONE_FULL_REFRESH || request->strategy > DPONE_REPLACE)
        return "the strategy is none of enum dpone_strategy";
    if (!call_target_named(&request->target))
        return no_target;
    if (request->pipeline.size == 0)
        return "the pipeline has no name";
    if (!call_key_valid(request->idempotency_key))
        return "the idempotency key must be 1 to 128 bytes of [A-Za-z0-9_.:-]";
    if (request->schema == NULL)
        return "the schema is missing";
    if (request->lease_ms < 0 || request->partition_count < 0)
        return "lease_ms and partition_count must be 0 or more";
    return NULL;
}

/* The whole request: its own members first, then its schema, then what refers to the schema. */
static int32_t call_check_load_request(const char *slot, const struct dpone_load_request *request,
                                       struct dpone_error *error) {
    const char *reason = call_bad_load_request(request);
    if (reason != NULL)
        return dpone_call_refuse(slot, reason, error);
    int32_t status = dpone_schema_validate(request->schema, error);
    if (status != DPONE_OK)
        return status;
    reason = call_bad_unique_key(request);
    if (reason == NULL)
        reason = call_bad_window(request);
    return reason == NULL ? DPONE_OK : dpone_call_refuse(slot, reason, error);
}

/* `attached` loads cannot publish. */
static int call_load_complete(const struct dpone_load *load, int attached) {
    return load->write != NULL && load->stage != NULL && load->abort != NULL && load->close != NULL &&
           (attached || (load->open_staged != NULL && load->publish != NULL));
}

/* After begin() or attach(): a load that works, or none. */
static int32_t call_load_opened(int32_t status, const char *slot, struct dpone_load *out, int attached,
                                struct dpone_error *error) {
    status = dpone_call_finish(status, slot, error);
    if (status == DPONE_OK && !call_load_complete(out, attached))
        status = dpone_call_defect(slot, "DPONE_OK, but the load lacks a function", error);
    if (status != DPONE_OK)
        dpone_call_load_close(out);
    return status;
}

int32_t dpone_call_begin(const struct dpone_connector *connector, struct dpone_instance *instance,
                         const struct dpone_load_request *request, struct dpone_load *out,
                         struct dpone_error *error) {
    static const char slot[] = "sink.begin";
    static const char *const strategies[] = {"full_refresh", "incremental_append", "incremental_merge",
                                             "replace"};
    if (SINK_SLOT(connector, begin) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    int32_t status = call_check_load_request(slot, request, error);
    if (status != DPONE_OK)
        return status;
    if (!DPONE_HAS(out, struct dpone_load, close))
        return dpone_call_refuse(slot, "set out->struct_size to sizeof(struct dpone_load)", error);
    if ((connector->sink->strategies >> request->strategy & 1) == 0)
        return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "sink.begin: this sink does not offer %s",
                               strategies[request->strategy]);
    dpone_call_zero(out);
    dpone_error_clear(error);
    status = connector->sink->begin(instance, request, out, error);
    return call_load_opened(status, slot, out, 0, error);
}

int32_t dpone_call_attach(const struct dpone_connector *connector, struct dpone_instance *instance,
                          struct dpone_bytes token, int64_t partition, int64_t attempt,
                          struct dpone_load *out, struct dpone_error *error) {
    static const char slot[] = "sink.attach";
    if (SINK_SLOT(connector, attach) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    if (token.size == 0 || partition < 0 || attempt < 0)
        return dpone_call_refuse(slot, "the token is empty, or the partition or attempt is below 0", error);
    if (!DPONE_HAS(out, struct dpone_load, close))
        return dpone_call_refuse(slot, "set out->struct_size to sizeof(struct dpone_load)", error);
    dpone_call_zero(out);
    dpone_error_clear(error);
    int32_t status = connector->sink->attach(instance, token, partition, attempt, out, error);
    return call_load_opened(status, slot, out, 1, error);
}

int32_t dpone_call_last_published(const struct dpone_connector *connector, struct dpone_instance *instance,
                                  const struct dpone_table *target, struct dpone_string pipeline,
                                  struct dpone_publication *out, struct dpone_error *error) {
    static const char slot[] = "sink.last_published";
    if (SINK_SLOT(connector, last_published) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    if (!call_target_named(target) || pipeline.size == 0)
        return dpone_call_refuse(slot, "the target or the pipeline has no name", error);
    if (!DPONE_HAS(out, struct dpone_publication, rows))
        return dpone_call_refuse(slot, "set out->struct_size to sizeof(struct dpone_publication)", error);
    dpone_publication_clear(out);
    dpone_error_clear(error);
    int32_t status = dpone_call_finish(
        connector->sink->last_published(instance, target, pipeline, out, error), slot, error);
    if (status != DPONE_OK)
        dpone_publication_clear(out);
    return status;
}

int32_t dpone_call_recover(const struct dpone_connector *connector, struct dpone_instance *instance,
                           const struct dpone_table *target, int64_t *removed, struct dpone_error *error) {
    static const char slot[] = "sink.recover";
    if (SINK_SLOT(connector, recover) == NULL)
        return dpone_call_absent(slot, error);
    if (instance == NULL)
        return dpone_call_closed(slot, error);
    if (!call_target_named(target))
        return dpone_call_refuse(slot, no_target, error);
    if (removed != NULL)
        *removed = 0;
    dpone_error_clear(error);
    return dpone_call_finish(connector->sink->recover(instance, target, removed, error), slot, error);
}
