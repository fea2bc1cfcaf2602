/* Reads pipeline manifests as `dpone run` does; fails with the first problem. */
#include <stdio.h>

#include "runtime/pipeline_spec.h"

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        struct dpone_pipeline_manifest *manifest = NULL;
        struct dpone_error error = DPONE_ERROR_INIT;
        if (dpone_pipeline_manifest_read(&manifest, argv[i], &error) != DPONE_OK) {
            (void)fprintf(stderr, "%s\n", error.message);
            return 1;
        }
        dpone_pipeline_manifest_free(manifest);
    }
    return argc > 1 ? 0 : 1;
}
