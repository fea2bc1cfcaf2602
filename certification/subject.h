/* What is certified: one package, one binary, one set of circumstances. */
#ifndef DPONE_CERTIFICATION_SUBJECT_H
#define DPONE_CERTIFICATION_SUBJECT_H

#include "package.h"

/* The seed when none is given: every run of every machine then uses the same data. */
#define DPONE_DEFAULT_SEED 1

struct dpone_subject {
    struct dpone_package *package;
    char *plugin; /* absolute; NULL: none was given, profile static */
    char plugin_sha256[DPONE_SHA256_TEXT_BYTES];
    char *artifact_directory; /* absolute once made */
    int32_t profile;
    uint64_t seed;
};

/* What the user asked for; everything may be NULL or 0. */
struct dpone_subject_request {
    const char *package;
    const char *plugin;
    const char *artifact_directory; /* NULL: test_artifacts/connectors/<connector> below the current folder */
    int32_t profile;
    uint64_t seed;
};

/* Finds and reads everything, and digests the plug-in. The artifact folder is not made. DPONE_NOT_FOUND,
 * DPONE_INVALID_ARGUMENT (a profile that runs code needs a plug-in), DPONE_IO. Close by
 * dpone_subject_close(). */
int32_t dpone_subject_open(struct dpone_subject *out, const struct dpone_subject_request *request,
                           struct dpone_error *error);
void dpone_subject_close(struct dpone_subject *subject);

/* Makes the artifact folder with its `evidence`, and makes its path absolute. */
int32_t dpone_subject_make_artifacts(struct dpone_subject *subject, struct dpone_error *error);

#endif
