/* Printing a report; shared by the commands that make one. */
#ifndef DPONE_CERTIFICATION_COMMAND_REPORT_H
#define DPONE_CERTIFICATION_COMMAND_REPORT_H

#include <jansson.h>
#include <stdint.h>

/* Prints the report, or its summary with the paths of both files, and returns the exit status: 0 certified, 1
 * failed or unverified; 77 unverified where that was allowed. */
int32_t dpone_command_print_report(const json_t *report, const char *artifact_directory, int json,
                                   int allow_unverified);

#endif
