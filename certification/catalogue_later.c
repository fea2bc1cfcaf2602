/* Checks that the catalogue names and this version cannot run yet: required where they apply, and unverified.
 */
#include "catalogue_rows.h"

static const char *const contract_inputs[] = {"dpone_connector_manifest.json",
                                              "certification/certification.yaml", NULL};

/* LATER(name, id, title, group, capabilities, condition, profile, needs, proves, remedy) */
#define LATER(name, row_id, row_title, row_group, row_capabilities, row_condition, row_profile, row_needs,   \
              row_proves, row_remedy)                                                                        \
    const struct dpone_check dpone_check_##name = {.id = (row_id),                                           \
                                                   .title = (row_title),                                     \
                                                   .proves = (row_proves),                                   \
                                                   .remedy = (row_remedy),                                   \
                                                   .group = (row_group),                                     \
                                                   .capabilities = (row_capabilities),                       \
                                                   .condition = (row_condition),                             \
                                                   .profile = (row_profile),                                 \
                                                   .needs = (row_needs),                                     \
                                                   .inputs = contract_inputs}

#define LIVE (DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE)

LATER(native_stream_export, "native_transfer.stream_export", "Native stream export", DPONE_GROUP_EVIDENCE, 0,
      DPONE_WHEN_NATIVE, DPONE_PROFILE_LOCAL, LIVE, "The export was executed, with its failures.",
      "Check sizes and checksums, and clean up on failure.");
LATER(native_file_export, "native_transfer.file_export", "Native file export", DPONE_GROUP_EVIDENCE, 0,
      DPONE_WHEN_NATIVE, DPONE_PROFILE_LOCAL, LIVE, "The export was executed, with its failures.",
      "Check sizes and checksums, and clean up on failure.");
LATER(native_stream_staging_load, "native_transfer.stream_staging_load", "Native stream load",
      DPONE_GROUP_EVIDENCE, 0, DPONE_WHEN_NATIVE, DPONE_PROFILE_LOCAL, LIVE,
      "The load was executed, with its failures.", "Check sizes and checksums, and clean up on failure.");
LATER(native_file_staging_load, "native_transfer.file_staging_load", "Native file load", DPONE_GROUP_EVIDENCE,
      0, DPONE_WHEN_NATIVE, DPONE_PROFILE_LOCAL, LIVE, "The load was executed, with its failures.",
      "Check sizes and checksums, and clean up on failure.");
