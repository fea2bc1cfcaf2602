/* A manifest judged as a whole, for those who then read it: see manifest.h. */
#include "manifest/manifest.h"

static int32_t validate(const struct dpone_tree *tree, const struct dpone_json_schema *schema,
                        struct dpone_error *error) {
    struct dpone_diagnostics problems = {.keep = 50};
    struct dpone_evaluation *evaluation = dpone_evaluation_new();
    if (evaluation == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to validate %s", dpone_tree_name(tree));
    }
    (void)dpone_json_schema_validate(schema, evaluation, dpone_tree_root(tree), NULL, &problems);
    dpone_manifest_check_rules(tree, NULL, evaluation, &problems);
    dpone_diagnostics_sort(&problems);
    int32_t status = dpone_diagnostics_first_error(&problems, dpone_tree_name(tree), error);
    dpone_diagnostics_clear(&problems);
    dpone_evaluation_free(evaluation);
    return status;
}

int32_t dpone_manifest_validate(const struct dpone_tree *tree, struct dpone_error *error) {
    const struct dpone_json_schema_options options = {.refuse_typos = 1};
    struct dpone_json_schema *schema = NULL;
    int32_t status = dpone_json_schema_compile_builtin(&schema, "manifest", &options, error);
    if (status == DPONE_OK) {
        status = validate(tree, schema, error);
    }
    dpone_json_schema_free(schema);
    return status;
}
