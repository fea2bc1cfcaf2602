/* `dpone manifest validate FILE...`. */
#ifndef DPONE_MANIFEST_VALIDATE_COMMAND_H
#define DPONE_MANIFEST_VALIDATE_COMMAND_H

#include "manifest/arguments.h"

/* Prints results on standard output and why something could not be done on standard error; returns an enum
 * dpone_exit: HOLDS when every file is valid, FAILED when one is not, ENVIRONMENT when one cannot be read. */
int32_t dpone_manifest_validate_command(const struct dpone_arguments *arguments);

#endif
