/* The commands of this layer, one function a row of the program's table: each reads its options, works,
 * prints its result on stdout and diagnostics on stderr, and returns an enum dpone_exit. */
#ifndef DPONE_RUNTIME_COMMANDS_H
#define DPONE_RUNTIME_COMMANDS_H

#include "manifest/arguments.h"

/* dpone run MANIFEST --plugin FILE... [--run-dir DIR] [--format text|json] */
int32_t dpone_run_command(const struct dpone_arguments *arguments);

/* dpone partitions MANIFEST --plugin FILE... [--count N]: one partition a line, in hexadecimal */
int32_t dpone_partitions_command(const struct dpone_arguments *arguments);

/* dpone connectors check|discover|read --plugin FILE --options FILE [--table NAME] [--limit N] [--format
 * text|json] */
int32_t dpone_check_command(const struct dpone_arguments *arguments);
int32_t dpone_discover_command(const struct dpone_arguments *arguments);
int32_t dpone_read_command(const struct dpone_arguments *arguments);

#endif
