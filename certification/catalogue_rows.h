/* Every check by the name of its row `dpone_check_<name>`, in the order of the catalogue. A row is defined in
 * checks/<id>.c, or in catalogue_later.c until the check exists. */
#ifndef DPONE_CERTIFICATION_CATALOGUE_ROWS_H
#define DPONE_CERTIFICATION_CATALOGUE_ROWS_H

#include "check.h"

/* clang-format off */
#define DPONE_CATALOGUE_ROWS(ROW) \
    ROW(package_layout) \
    ROW(manifest_validation) \
    ROW(docs_present) \
    ROW(secret_hygiene) \
    ROW(workflow_valid) \
    ROW(import_safety) \
    ROW(symbol_hygiene) \
    ROW(abi_conformance) \
    ROW(config_contract) \
    ROW(lifecycle) \
    ROW(schema_inference) \
    ROW(stream_contract) \
    ROW(full_refresh_extract) \
    ROW(incremental_append_extract) \
    ROW(source_fault_tolerance) \
    ROW(partitions) \
    ROW(staging_first_load) \
    ROW(full_refresh_load) \
    ROW(incremental_append_load) \
    ROW(incremental_merge_load) \
    ROW(replace_load) \
    ROW(type_fidelity) \
    ROW(identifier_safety) \
    ROW(schema_evolution_contracts) \
    ROW(load_idempotency) \
    ROW(crash_atomicity) \
    ROW(sink_fault_tolerance) \
    ROW(load_concurrency) \
    ROW(state_read_write_round_trip) \
    ROW(state_commit_after_success) \
    ROW(state_no_advance_after_failure) \
    ROW(state_concurrency) \
    ROW(quality_contracts) \
    ROW(run_artifact_evidence) \
    ROW(secret_redaction) \
    ROW(benchmark) \
    ROW(native_stream_export) \
    ROW(native_file_export) \
    ROW(native_stream_staging_load) \
    ROW(native_file_staging_load) \
    ROW(evidence_binding)
/* clang-format on */

#define DPONE_CATALOGUE_DECLARE(name) extern const struct dpone_check dpone_check_##name;
DPONE_CATALOGUE_ROWS(DPONE_CATALOGUE_DECLARE)
#undef DPONE_CATALOGUE_DECLARE

#endif
