/* What a binary says of itself. */
#include "probe.h"

#include "catalogue.h"
#include "guard.h"

#include "runtime/pipeline_spec.h"
#include "runtime/plugin.h"

#include <dpone/call.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A slot by its name and whether it is filled. */
#define ADD_SLOT(list, prefix, table, type, member)                                                          \
    add_slot(list, prefix "." #member, DPONE_HAS(table, struct type, member) && (table)->member != NULL)

static void add_slot(json_t *list, const char *name, int filled) {
    if (filled) {
        (void)json_array_append_new(list, json_string(name));
    }
}

static json_t *json_of_text(struct dpone_string text) {
    return json_stringn(text.size == 0 ? "" : text.data, text.size);
}

static void add_source_slots(json_t *slots, const struct dpone_source_functions *source) {
    ADD_SLOT(slots, "source", source, dpone_source_functions, schema);
    ADD_SLOT(slots, "source", source, dpone_source_functions, read);
    ADD_SLOT(slots, "source", source, dpone_source_functions, partitions);
}

static void add_sink_slots(json_t *slots, const struct dpone_sink_functions *sink) {
    ADD_SLOT(slots, "sink", sink, dpone_sink_functions, describe);
    ADD_SLOT(slots, "sink", sink, dpone_sink_functions, plan);
    ADD_SLOT(slots, "sink", sink, dpone_sink_functions, begin);
    ADD_SLOT(slots, "sink", sink, dpone_sink_functions, attach);
    ADD_SLOT(slots, "sink", sink, dpone_sink_functions, last_published);
    ADD_SLOT(slots, "sink", sink, dpone_sink_functions, recover);
}

static void add_native_slots(json_t *slots, const struct dpone_native_transfer_functions *native) {
    ADD_SLOT(slots, "native_transfer", native, dpone_native_transfer_functions, stream_export);
    ADD_SLOT(slots, "native_transfer", native, dpone_native_transfer_functions, file_export);
    ADD_SLOT(slots, "native_transfer", native, dpone_native_transfer_functions, stream_staging_load);
    ADD_SLOT(slots, "native_transfer", native, dpone_native_transfer_functions, file_staging_load);
}

static json_t *json_of_slots(const struct dpone_connector *connector) {
    json_t *slots = json_array();
    ADD_SLOT(slots, "connector", connector, dpone_connector, open);
    ADD_SLOT(slots, "connector", connector, dpone_connector, check_connection);
    ADD_SLOT(slots, "connector", connector, dpone_connector, cancel);
    ADD_SLOT(slots, "connector", connector, dpone_connector, close);
    if (connector->source != NULL) {
        add_source_slots(slots, connector->source);
    }
    if (connector->sink != NULL) {
        add_sink_slots(slots, connector->sink);
    }
    if (connector->state != NULL) {
        ADD_SLOT(slots, "state", connector->state, dpone_state_functions, read);
        ADD_SLOT(slots, "state", connector->state, dpone_state_functions, write);
    }
    if (connector->native_transfer != NULL) {
        add_native_slots(slots, connector->native_transfer);
    }
    return slots;
}

static json_t *json_of_strategies(uint32_t strategies) {
    json_t *list = json_array();
    for (int32_t strategy = 0; dpone_strategy_name(strategy) != NULL; strategy++) {
        if (strategies & (1u << strategy)) {
            (void)json_array_append_new(list, json_string(dpone_strategy_name(strategy)));
        }
    }
    return list;
}

static json_t *json_of_capabilities(const struct dpone_connector *connector) {
    json_t *list = json_array();
    add_slot(list, "source", connector->source != NULL);
    add_slot(list, "sink", connector->sink != NULL);
    add_slot(list, "state", connector->state != NULL);
    add_slot(list, "native_transfer", connector->native_transfer != NULL);
    return list;
}

json_t *dpone_probe_describe(const struct dpone_connector *connector) {
    json_t *facts = json_pack(
        "{s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "name", json_of_text(connector->name), "version",
        json_of_text(connector->version), "connector_type", json_of_text(connector->connector_type),
        "abi_version", (json_int_t)connector->abi_version, "struct_size", (json_int_t)connector->struct_size,
        "capabilities", json_of_capabilities(connector), "slots", json_of_slots(connector));
    if (facts != NULL && connector->sink != NULL) {
        (void)json_object_set_new(facts, "sink",
                                  json_pack("{s:b, s:o}", "staging_first", connector->sink->staging_first,
                                            "strategies", json_of_strategies(connector->sink->strategies)));
    }
    return facts;
}

/* ---- In the guarded process ---- */

static int write_answer(int record, json_t *answer) {
    char *text = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT);
    size_t size = text == NULL ? 0 : strlen(text);
    ssize_t written = text == NULL ? -1 : write(record, text, size);
    json_decref(answer);
    free(text);
    return written == (ssize_t)size ? 0 : 1;
}

static int probe_in_child(void *context, int record) {
    struct dpone_plugin *plugin = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_plugin_open(&plugin, context, &error) != DPONE_OK) {
        return write_answer(record, json_pack("{s:s}", "problem", error.message));
    }
    struct dpone_offer offer = {0};
    const struct dpone_connector *connector = dpone_plugin_connector(plugin);
    dpone_offer_add_connector(&offer, connector);
    json_t *bits = json_pack("[I, I, I, I, I]", (json_int_t)offer.capabilities,
                             (json_int_t)offer.source_strategies, (json_int_t)offer.sink_strategies,
                             (json_int_t)offer.partitions, (json_int_t)offer.native_transfer);
    return write_answer(record,
                        json_pack("{s:o, s:o}", "facts", dpone_probe_describe(connector), "offer", bits));
}

/* ---- In the caller's ---- */

static uint32_t offer_bits(const json_t *answer, size_t index) {
    return (uint32_t)json_integer_value(json_array_get(json_object_get(answer, "offer"), index));
}

static int32_t read_answer(json_t **out, struct dpone_offer *offer, const struct dpone_guard_result *result,
                           const char *plugin, struct dpone_error *error) {
    char ended[160];
    json_t *answer = json_loadb(result->record, result->record_bytes, 0, NULL);
    const char *problem = json_string_value(json_object_get(answer, "problem"));
    json_t *facts = json_object_get(answer, "facts");
    int32_t status = DPONE_OK;
    if (problem != NULL) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s", problem);
    } else if (result->end == DPONE_GUARD_INTERRUPTED) {
        status = dpone_error_set(error, DPONE_CANCELLED, "interrupted; run it again");
    } else if (result->end != DPONE_GUARD_RETURNED || facts == NULL) {
        dpone_guard_describe(result, NULL, ended, sizeof(ended));
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s: loading it %s; see import_safety",
                                 plugin, ended);
    } else {
        offer->capabilities |= offer_bits(answer, 0);
        offer->source_strategies |= offer_bits(answer, 1);
        offer->sink_strategies |= offer_bits(answer, 2);
        offer->partitions |= offer_bits(answer, 3);
        offer->native_transfer |= offer_bits(answer, 4);
        *out = json_incref(facts);
    }
    json_decref(answer);
    return status;
}

int32_t dpone_probe_plugin(json_t **out, struct dpone_offer *offer, const char *plugin,
                           struct dpone_error *error) {
    struct dpone_guard_limits limits = {.time_ms = 20000};
    struct dpone_guard_result result = {0};
    *out = NULL;
    int32_t status = dpone_guard_run(&result, &limits, probe_in_child, (void *)(uintptr_t)plugin, error);
    if (status == DPONE_OK) {
        status = read_answer(out, offer, &result, plugin, error);
    }
    dpone_guard_result_clear(&result);
    return status;
}
