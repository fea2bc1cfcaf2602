/* certification/certification.yaml: what a connector's author promises to have certified.
 *
 * The file is a floor that the author may raise and never lower. It is read with the position of everything,
 * so that each problem names file, line and column. Nothing here looks at the plug-in. */
#ifndef DPONE_CERTIFICATION_CONTRACT_H
#define DPONE_CERTIFICATION_CONTRACT_H

#include "check.h"

#include "manifest/diagnostics.h"
#include "manifest/tree.h"

/* What the author may not go below. */
#define DPONE_MINIMUM_ROWS 10000
#define DPONE_WIDE_COLUMNS 120

/* stream_export, file_export, stream_staging_load, file_staging_load; ends with NULL. */
extern const char *const dpone_native_transfer_names[];

/* One capability of the contract. */
struct dpone_contract_side {
    int32_t declared;
    uint32_t strategies;                 /* sum of 1u << enum dpone_strategy; 0 for state */
    const struct dpone_check **required; /* required_tests, known ones only, each once */
    size_t required_count;
};

/* Names and nodes live as long as the contract. */
struct dpone_contract {
    struct dpone_tree *tree;
    struct dpone_string connector;
    struct dpone_string connector_type;
    struct dpone_contract_side source;
    struct dpone_contract_side sink;
    struct dpone_contract_side state;
    const struct dpone_node *native_capabilities; /* mapping name -> properties, NULL when there are none */
    int64_t minimum_rows;
    int64_t wide_columns;
    struct dpone_string fixture;                /* never empty: by default the one of the connector's type */
    const struct dpone_node *fixture_options;   /* environment.options, or NULL */
    const struct dpone_node *connector_options; /* environment.connector_options, or NULL */
    const struct dpone_node *environment;       /* the whole section, or NULL */
};

/* Reads the contract. Every problem is added to `diagnostics`, which the caller owns; with errors there
 * `*out` may still be filled with what could be read (it is NULL when the file is no YAML). Free it by
 * dpone_contract_free(). */
void dpone_contract_read(struct dpone_contract **out, const char *path,
                         struct dpone_diagnostics *diagnostics);

/* The same from memory; `name` stands for the path. */
void dpone_contract_read_memory(struct dpone_contract **out, const char *name, const char *text, size_t size,
                                struct dpone_diagnostics *diagnostics);

/* NULL is harmless. */
void dpone_contract_free(struct dpone_contract *contract);

/* The declared capabilities as bits of enum dpone_capability. */
uint32_t dpone_contract_capabilities(const struct dpone_contract *contract);

#endif
