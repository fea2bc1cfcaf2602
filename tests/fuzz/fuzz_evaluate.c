/* Schema and document from one input, separated by the first NUL; the document is YAML. Deciding quietly and
 * collecting errors must agree, and both must end. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *separator = size == 0 ? NULL : memchr(data, '\0', size);
    const struct dpone_tree_limits limits = {.max_expanded = 1000, .max_depth = 64};
    const struct dpone_json_schema_options options = {.format_assertion = 1};
    struct dpone_diagnostics diagnostics = {.keep = 50};
    struct dpone_json_schema *schema = NULL;
    struct dpone_tree *tree = NULL;
    if (separator == NULL) {
        return 0;
    }
    size_t schema_size = (size_t)(separator - data);
    if (dpone_tree_read_memory(&tree, "d.yaml", separator + 1, size - schema_size - 1, &limits, NULL) ==
            DPONE_OK &&
        dpone_json_schema_compile_memory(&schema, "s.json", data, schema_size, &options, NULL) == DPONE_OK) {
        struct dpone_evaluation *evaluation = dpone_evaluation_new();
        int32_t status =
            dpone_json_schema_validate(schema, evaluation, dpone_tree_root(tree), NULL, &diagnostics);
        if ((status == DPONE_OK) != (diagnostics.errors == 0)) {
            abort();
        }
        dpone_evaluation_free(evaluation);
    }
    dpone_diagnostics_clear(&diagnostics);
    dpone_json_schema_free(schema);
    dpone_tree_free(tree);
    return 0;
}
