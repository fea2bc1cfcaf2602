/* The effective required set. */
#include "required.h"

#include <dpone/call.h>

#include <string.h>

#define NATIVE_PREFIX "native_transfer."

static uint32_t native_bit(struct dpone_string name) {
    for (uint32_t i = 0; dpone_native_transfer_names[i] != NULL; i++) {
        if (dpone_string_equal(name, dpone_string_of(dpone_native_transfer_names[i]))) {
            return 1u << i;
        }
    }
    return 0;
}

static void add_contract(struct dpone_offer *offer, const struct dpone_contract *contract) {
    offer->capabilities |= dpone_contract_capabilities(contract);
    offer->source_strategies |= contract->source.strategies;
    offer->sink_strategies |= contract->sink.strategies;
    for (size_t i = 0; i < dpone_node_count(contract->native_capabilities); i++) {
        offer->native_transfer |=
            native_bit(dpone_node_text(dpone_node_key_at(contract->native_capabilities, i)));
    }
}

void dpone_offer_add_package(struct dpone_offer *offer, const struct dpone_package *package) {
    offer->capabilities |= package->capabilities;
    for (size_t i = 0; i < package->native_capabilities.count; i++) {
        offer->native_transfer |= native_bit(dpone_string_of(package->native_capabilities.items[i]));
    }
    if (package->contract != NULL) {
        add_contract(offer, package->contract);
    }
}

static uint32_t native_slots(const struct dpone_native_transfer_functions *native) {
    return (native->stream_export != NULL ? 1u : 0u) | (native->file_export != NULL ? 2u : 0u) |
           (native->stream_staging_load != NULL ? 4u : 0u) | (native->file_staging_load != NULL ? 8u : 0u);
}

void dpone_offer_add_connector(struct dpone_offer *offer, const struct dpone_connector *connector) {
    if (connector->source != NULL) {
        offer->capabilities |= DPONE_CAPABILITY_SOURCE;
        offer->partitions |= DPONE_HAS(connector->source, struct dpone_source_functions, partitions) &&
                             connector->source->partitions != NULL;
    }
    if (connector->sink != NULL) {
        offer->capabilities |= DPONE_CAPABILITY_SINK;
        offer->sink_strategies |= connector->sink->strategies;
    }
    if (connector->state != NULL) {
        offer->capabilities |= DPONE_CAPABILITY_STATE;
    }
    if (connector->native_transfer != NULL) {
        offer->native_transfer |= native_slots(connector->native_transfer);
    }
}

static int condition_holds(const struct dpone_check *check, const struct dpone_offer *offer) {
    switch (check->condition) {
    case DPONE_WHEN_SOURCE_INCREMENTAL:
        return (offer->source_strategies >> DPONE_INCREMENTAL_APPEND) & 1u;
    case DPONE_WHEN_SINK_FULL_REFRESH:
        return (offer->sink_strategies >> DPONE_FULL_REFRESH) & 1u;
    case DPONE_WHEN_SINK_APPEND:
        return (offer->sink_strategies >> DPONE_INCREMENTAL_APPEND) & 1u;
    case DPONE_WHEN_SINK_MERGE:
        return (offer->sink_strategies >> DPONE_INCREMENTAL_MERGE) & 1u;
    case DPONE_WHEN_SINK_REPLACE:
        return (offer->sink_strategies >> DPONE_REPLACE) & 1u;
    case DPONE_WHEN_PARTITIONS:
        return offer->partitions != 0;
    case DPONE_WHEN_NATIVE:
        return (offer->native_transfer & native_bit(dpone_string_of(check->id + strlen(NATIVE_PREFIX)))) != 0;
    default:
        return 1;
    }
}

int dpone_check_applies(const struct dpone_check *check, const struct dpone_offer *offer) {
    return (check->capabilities == 0 || (check->capabilities & offer->capabilities) != 0) &&
           condition_holds(check, offer);
}

static int side_lists(const struct dpone_contract_side *side, const struct dpone_check *check) {
    for (size_t i = 0; i < side->required_count; i++) {
        if (side->required[i] == check) {
            return 1;
        }
    }
    return 0;
}

uint32_t dpone_check_required(const struct dpone_check *check, const struct dpone_offer *offer,
                              const struct dpone_contract *contract) {
    uint32_t reasons = 0;
    if (contract != NULL && (side_lists(&contract->source, check) || side_lists(&contract->sink, check) ||
                             side_lists(&contract->state, check))) {
        reasons |= DPONE_REQUIRED_BY_CONTRACT;
    }
    if (dpone_check_applies(check, offer)) {
        reasons |= DPONE_REQUIRED_BY_CATALOGUE;
    }
    return reasons;
}
