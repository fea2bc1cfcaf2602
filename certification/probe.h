/* What a binary says of itself, asked in a process of its own: a plug-in that crashes or hangs while it is
 * loaded does so there. */
#ifndef DPONE_CERTIFICATION_PROBE_H
#define DPONE_CERTIFICATION_PROBE_H

#include "required.h"

#include <jansson.h>

/* Loads the plug-in in a guarded process and describes it: {"name", "version", "connector_type",
 * "abi_version", "struct_size", "capabilities": [...], "sink": {"staging_first", "strategies"}, "slots":
 * ["source.read", ...]}; adds what it offers to `offer`. The caller has no other children. The caller decrefs
 * `*out`. DPONE_INVALID_ARGUMENT with what the plug-in said, or how its process ended. */
int32_t dpone_probe_plugin(json_t **out, struct dpone_offer *offer, const char *plugin,
                           struct dpone_error *error);

/* The description of a connector that is loaded already. NULL when memory is short. */
json_t *dpone_probe_describe(const struct dpone_connector *connector);

#endif
