/* A part of certification.yaml as JSON. */
#ifndef DPONE_CERTIFICATION_LIVE_OPTIONS_H
#define DPONE_CERTIFICATION_LIVE_OPTIONS_H

#include "manifest/tree.h"

#include <jansson.h>

/* The node with every ${name} in its strings replaced by the variable of that name; `variables` may be NULL.
 * NULL when memory is short; the caller decrefs it. */
json_t *dpone_live_node_to_json(const struct dpone_node *node, const json_t *variables);

#endif
