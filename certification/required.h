/* Which checks a connector must pass: what its author promised, and what the catalogue demands of everything
 * that it declares or that its binary offers. Nothing ever leaves the set. */
#ifndef DPONE_CERTIFICATION_REQUIRED_H
#define DPONE_CERTIFICATION_REQUIRED_H

#include "package.h"

#include <dpone/connector.h>

/* What a connector has, whoever says so. Bits add up with |. */
struct dpone_offer {
    uint32_t capabilities;      /* enum dpone_capability */
    uint32_t source_strategies; /* 1u << enum dpone_strategy */
    uint32_t sink_strategies;
    uint32_t partitions;      /* 1: the source offers partitions */
    uint32_t native_transfer; /* bit i: dpone_native_transfer_names[i] */
};

/* Adds what manifest and contract declare. */
void dpone_offer_add_package(struct dpone_offer *offer, const struct dpone_package *package);

/* Adds what the slots of a binary offer. */
void dpone_offer_add_connector(struct dpone_offer *offer, const struct dpone_connector *connector);

enum dpone_required_reason {
    DPONE_REQUIRED_BY_CONTRACT = 1, /* certification.yaml lists it */
    DPONE_REQUIRED_BY_CATALOGUE = 2 /* it applies to what the connector offers */
};

/* 1 when the catalogue row applies to the offer. */
int dpone_check_applies(const struct dpone_check *check, const struct dpone_offer *offer);

/* Bits of enum dpone_required_reason; 0: not required. `contract` may be NULL. */
uint32_t dpone_check_required(const struct dpone_check *check, const struct dpone_offer *offer,
                              const struct dpone_contract *contract);

#endif
