/* What is certified: one package, one binary, one set of circumstances. */
#include "subject.h"

#include "path.h"

#include "runtime/plugin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int32_t find_plugin(struct dpone_subject *out, const struct dpone_subject_request *request,
                           struct dpone_error *error) {
    char *found = NULL;
    if (request->plugin == NULL) {
        return request->profile == DPONE_PROFILE_STATIC
                   ? DPONE_OK
                   : dpone_error_set(
                         error, DPONE_INVALID_ARGUMENT,
                         "--plugin is missing: profile %s runs the connector; name its shared object with "
                         "--plugin FILE, or ask for --profile static",
                         dpone_profile_name(request->profile));
    }
    int32_t status = dpone_plugin_find(&found, request->plugin, error);
    if (status == DPONE_OK) {
        out->plugin = realpath(found, NULL);
        status = out->plugin == NULL ? dpone_file_error(error, errno, "read", found)
                                     : dpone_sha256_file(out->plugin_sha256, out->plugin, error);
    }
    free(found);
    return status;
}

static int32_t open_package(struct dpone_subject *out, const struct dpone_subject_request *request,
                            struct dpone_error *error) {
    char *directory = NULL;
    int32_t status = dpone_package_find(&directory, request->package, out->plugin, error);
    if (status == DPONE_OK) {
        status = dpone_package_open(&out->package, directory, error);
    }
    free(directory);
    return status;
}

int32_t dpone_subject_open(struct dpone_subject *out, const struct dpone_subject_request *request,
                           struct dpone_error *error) {
    *out = (struct dpone_subject){.profile = request->profile, .seed = request->seed};
    int32_t status = find_plugin(out, request, error);
    if (status == DPONE_OK) {
        status = open_package(out, request, error);
    }
    if (status == DPONE_OK) {
        out->artifact_directory = request->artifact_directory != NULL
                                      ? strdup(request->artifact_directory)
                                      : dpone_format("test_artifacts/connectors/%s", out->package->connector);
        status = out->artifact_directory == NULL
                     ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a path")
                     : DPONE_OK;
    }
    if (status != DPONE_OK) {
        dpone_subject_close(out);
    }
    return status;
}

void dpone_subject_close(struct dpone_subject *subject) {
    dpone_package_close(subject->package);
    free(subject->plugin);
    free(subject->artifact_directory);
    *subject = (struct dpone_subject){0};
}

int32_t dpone_subject_make_artifacts(struct dpone_subject *subject, struct dpone_error *error) {
    char *evidence = dpone_format("%s/evidence", subject->artifact_directory);
    int32_t status = evidence == NULL ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a path")
                                      : dpone_directory_make(evidence, error);
    char *absolute = status == DPONE_OK ? realpath(subject->artifact_directory, NULL) : NULL;
    if (absolute != NULL) {
        free(subject->artifact_directory);
        subject->artifact_directory = absolute;
    }
    free(evidence);
    return status;
}
