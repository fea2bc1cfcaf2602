/* Choosing schemas by what a document says it is: see validate_schemas.h. */
#include "manifest/validate_schemas.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Documents that dpone writes or reads besides manifests, by keys that only they have. The first that fits
 * counts. */
static const struct {
    const char *schema;
    const char *key;
    const char *mapping; /* a key whose value is a mapping; NULL: any */
} kinds[] = {
    {"report", "report_version", NULL},
    {"evidence", "evidence_version", NULL},
    {"certification", "contract_version", "capabilities"},
    {"connector_manifest", "contract_version", NULL},
    {"manifest", NULL, NULL},
};

enum { KINDS = sizeof kinds / sizeof kinds[0], MANIFEST = KINDS - 1 };

struct dpone_schema_choice {
    struct dpone_json_schema *given; /* NULL: our own */
    struct dpone_json_schema_options options;
    struct dpone_json_schema *own[KINDS];
    pthread_mutex_t lock; /* of own */
    int32_t is_fast;
};

int32_t dpone_schema_choice_open(struct dpone_schema_choice **out, const char *path,
                                 const struct dpone_json_schema_options *options, struct dpone_error *error) {
    *out = calloc(1, sizeof **out);
    if (*out == NULL || pthread_mutex_init(&(*out)->lock, NULL) != 0) {
        free(*out);
        *out = NULL;
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "not enough memory for the schema");
    }
    (*out)->options = *options;
    int32_t status =
        path == NULL ? DPONE_OK : dpone_json_schema_compile_file(&(*out)->given, path, options, error);
    if (status != DPONE_OK) {
        dpone_schema_choice_free(*out);
        *out = NULL;
    }
    return status;
}

void dpone_schema_choice_free(struct dpone_schema_choice *choice) {
    if (choice == NULL) {
        return;
    }
    dpone_json_schema_free(choice->given);
    for (size_t i = 0; i < KINDS; i++) {
        dpone_json_schema_free(choice->own[i]);
    }
    pthread_mutex_destroy(&choice->lock);
    free(choice);
}

void dpone_schema_choice_speed_up(struct dpone_schema_choice *choice) {
    choice->is_fast = 1;
    if (choice->given != NULL) {
        dpone_json_schema_speed_up(choice->given);
    }
}

/* The kind that only the name of the file tells, because the deciding key is misspelt; MANIFEST: none. */
static size_t kind_by_name(const struct dpone_tree *tree) {
    static const struct {
        const char *file;
        const char *schema;
    } files[] = {{"certification.yaml", "certification"},
                 {"dpone_connector_manifest.json", "connector_manifest"}};
    const char *slash = strrchr(dpone_tree_name(tree), '/');
    const char *name = slash == NULL ? dpone_tree_name(tree) : slash + 1;
    size_t file = 0;
    while (file < sizeof files / sizeof files[0] && strcmp(name, files[file].file) != 0) {
        file++;
    }
    size_t kind = file < sizeof files / sizeof files[0] ? 0 : MANIFEST;
    while (kind < MANIFEST && strcmp(kinds[kind].schema, files[file].schema) != 0) {
        kind++;
    }
    return kind;
}

static size_t kind_of(const struct dpone_tree *tree) {
    const struct dpone_node *root = dpone_tree_root(tree);
    size_t kind = 0;
    while (kinds[kind].key != NULL &&
           (dpone_node_get(root, kinds[kind].key) == NULL ||
            (kinds[kind].mapping != NULL &&
             dpone_node_kind(dpone_node_get(root, kinds[kind].mapping)) != DPONE_NODE_MAPPING))) {
        kind++;
    }
    int is_process = dpone_node_get(root, "sink") != NULL || dpone_node_get(root, "schemas") != NULL;
    return kind == MANIFEST && !is_process ? kind_by_name(tree) : kind;
}

const struct dpone_json_schema *dpone_schema_choice_for(struct dpone_schema_choice *choice,
                                                        const struct dpone_tree *tree, int *is_manifest) {
    *is_manifest = 0;
    if (choice->given != NULL) {
        return choice->given;
    }
    size_t kind = kind_of(tree);
    *is_manifest = kind == MANIFEST;
    pthread_mutex_lock(&choice->lock);
    if (choice->own[kind] == NULL) {
        struct dpone_json_schema *compiled = NULL;
        if (dpone_json_schema_compile_builtin(&compiled, kinds[kind].schema, &choice->options, NULL) ==
            DPONE_OK) {
            if (choice->is_fast) {
                dpone_json_schema_speed_up(compiled);
            }
            choice->own[kind] = compiled;
        }
    }
    const struct dpone_json_schema *schema = choice->own[kind];
    pthread_mutex_unlock(&choice->lock);
    return schema;
}
