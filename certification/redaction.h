/* Keeping the secrets of an author's own system out of evidence.
 *
 * What is known are the references in environment.connector_options ({secret: env:NAME}, {secret:
 * file:PATH}); their values are replaced by asterisks wherever a check or a connector's output holds them. */
#ifndef DPONE_CERTIFICATION_REDACTION_H
#define DPONE_CERTIFICATION_REDACTION_H

#include "contract.h"

#include <jansson.h>

/* A copy of `value` with every occurrence of such a secret in its strings blotted out; `contract` may be
 * NULL. NULL when memory is short; the caller decrefs it. */
json_t *dpone_redact_json(const json_t *value, const struct dpone_contract *contract);

#endif
