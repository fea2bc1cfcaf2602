/* What the commands of this layer share: errors, JSON results, verdicts as text. */
#ifndef DPONE_CERTIFICATION_COMMAND_SUPPORT_H
#define DPONE_CERTIFICATION_COMMAND_SUPPORT_H

#include "check.h"

#include "manifest/arguments.h"

#include <jansson.h>

/* Prints `dpone COMMAND: message` on stderr and returns the exit status that goes with the error's status. */
int32_t dpone_command_fail(const struct dpone_arguments *arguments, const struct dpone_error *error);

/* 1 when --format json was asked for. */
int dpone_command_wants_json(const struct dpone_arguments *arguments);

/* Prints one document and a line break on stdout. */
void dpone_command_print_json(const json_t *document);

/* One line for a check, and four more for each failed case: expected, observed, where, remedy, rerun. */
void dpone_command_print_evidence(const struct dpone_check *check, const json_t *evidence);
void dpone_command_print_failed_case(const json_t *failed);

/* The word for a verdict, coloured on a terminal unless NO_COLOR is set. */
const char *dpone_command_verdict(const char *verdict, char out[48]);

#endif
