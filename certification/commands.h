/* The commands of this layer: each reads its options, works, prints its result on stdout and diagnostics on
 * stderr, and returns an enum dpone_exit. */
#ifndef DPONE_CERTIFICATION_COMMANDS_H
#define DPONE_CERTIFICATION_COMMANDS_H

#include "manifest/arguments.h"

/* connectors certify [--package DIR] [--plugin FILE] [--artifact-dir DIR] [--check NAME]... [--case NAME]
 * [--profile ...] [--capability NAME]... [--jobs N] [--seed N] [--format text|json] */
int32_t dpone_certify_command(const struct dpone_arguments *arguments);

/* connectors checks [--package DIR] [--plugin FILE] [--format text|json|cmake] */
int32_t dpone_checks_command(const struct dpone_arguments *arguments);

/* connectors report --artifact-dir DIR [--allow-unverified] [--format text|json] */
int32_t dpone_report_command(const struct dpone_arguments *arguments);

/* connectors verify REPORT [--plugin FILE] [--package DIR] [--rerun] [--format text|json] */
int32_t dpone_verify_command(const struct dpone_arguments *arguments);

/* connectors inspect PLUGIN [--format text|json] */
int32_t dpone_inspect_command(const struct dpone_arguments *arguments);

#endif
