/* Any bytes as a schema: it is refused with a message, or compiled and then applied to itself. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "manifest/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void apply(const struct dpone_json_schema *schema, const uint8_t *data, size_t size) {
    struct dpone_evaluation *evaluation = dpone_evaluation_new();
    struct dpone_diagnostics diagnostics = {.keep = 20};
    struct dpone_tree *tree = NULL;
    if (evaluation != NULL &&
        dpone_tree_read_memory(&tree, "itself.json", data, size, NULL, NULL) == DPONE_OK) {
        int32_t status =
            dpone_json_schema_validate(schema, evaluation, dpone_tree_root(tree), "/itself", &diagnostics);
        if ((status == DPONE_OK) != (diagnostics.errors == 0)) {
            abort();
        }
    }
    dpone_diagnostics_clear(&diagnostics);
    dpone_tree_free(tree);
    dpone_evaluation_free(evaluation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct dpone_json_schema_options options = {.format_assertion = 1, .refuse_typos = 1};
    struct dpone_json_schema *schema = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_json_schema_compile_memory(&schema, "schema.json", data, size, &options, &error) != DPONE_OK) {
        if (schema != NULL || error.message[0] == '\0') {
            abort();
        }
        return 0;
    }
    apply(schema, data, size);
    dpone_json_schema_free(schema);
    return 0;
}
