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
#define SOURCE DPONE_CAPABILITY_SOURCE
#define SINK DPONE_CAPABILITY_SINK
#define STATE DPONE_CAPABILITY_STATE

LATER(partitions, "partitions", "Partitions", DPONE_GROUP_SOURCE, SOURCE, DPONE_WHEN_PARTITIONS,
      DPONE_PROFILE_LOCAL, LIVE, "Partitions read in separate processes in any order add up to the whole.",
      "Make the partitions disjoint and complete.");
LATER(state_read_write_round_trip, "state_read_write_round_trip", "State keeps bytes", DPONE_GROUP_STATE,
      STATE, 0, DPONE_PROFILE_LOCAL, LIVE, "Any bytes come back exactly, in another process too.",
      "Store values with their length.");
LATER(state_commit_after_success, "state_commit_after_success", "State after publication", DPONE_GROUP_STATE,
      STATE, 0, DPONE_PROFILE_LOCAL, LIVE,
      "A change is visible only after commit, and the commit follows the publication.",
      "Write nothing that others can see before commit().");
LATER(state_no_advance_after_failure, "state_no_advance_after_failure", "State stays after a failure",
      DPONE_GROUP_STATE, STATE, 0, DPONE_PROFILE_LOCAL, LIVE,
      "After a failure or a kill the state is what it was.", "Roll back everything that was not committed.");
LATER(state_concurrency, "state_concurrency", "Two writers of one key", DPONE_GROUP_STATE, STATE, 0,
      DPONE_PROFILE_LOCAL, LIVE, "One of two writers commits, the other gets CONFLICT.",
      "Compare the token and set the value in one step.");
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
