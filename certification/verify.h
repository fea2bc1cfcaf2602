/* Does a report belong to this binary and these files? Every digest is computed again, and everything that
 * differs is named. */
#ifndef DPONE_CERTIFICATION_VERIFY_H
#define DPONE_CERTIFICATION_VERIFY_H

#include "report.h"

struct dpone_verification {
    const char *report_path;
    const char *plugin;  /* NULL: where the report says, beside it */
    const char *package; /* NULL: likewise */
};

/* Fills `differences`, an array of one-line texts; empty when everything agrees. `*report` is the report as
 * far as it could be read (NULL when it was edited or is not there). The caller decrefs both. DPONE_OK when
 * the verification could be made, whatever it found. */
int32_t dpone_verify_report(json_t **report, json_t **differences,
                            const struct dpone_verification *verification, struct dpone_error *error);

#endif
