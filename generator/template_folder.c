/* Finding a template folder and checking its index files: keys and shapes by table. */
#include "generator/template_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manifest/suggest.h"

#define TEMPLATES_BELOW_PREFIX "share/dpone/templates"

enum { PROGRAM_PATH_BYTES = 4096, MAX_LEVELS = 5, MAX_TYPES = 64 };

/* A key of an index: what it holds, and in which of the two indexes it must or may stand. */
struct index_key {
    const char *name;
    enum dpone_node_kind kind;
    int required_in_type;
    int allowed_in_common;
};

static const struct index_key index_keys[] = {
    {"type", DPONE_NODE_STRING, 1, 0},           {"summary", DPONE_NODE_STRING, 1, 0},
    {"capabilities", DPONE_NODE_SEQUENCE, 1, 0}, {"native_capabilities", DPONE_NODE_SEQUENCE, 1, 0},
    {"data", DPONE_NODE_MAPPING, 0, 1},          {"files", DPONE_NODE_SEQUENCE, 1, 1},
};

enum { INDEX_KEY_COUNT = sizeof(index_keys) / sizeof(index_keys[0]) };

int32_t dpone_template_folder_locate(struct dpone_text *out, struct dpone_error *error) {
    char program[PROGRAM_PATH_BYTES];
    size_t start = out->size;
    ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[size < 0 ? 0 : size] = '\0';
    for (int level = 0; level < MAX_LEVELS && strrchr(program, '/') != NULL; level++) {
        *strrchr(program, '/') = '\0';
        out->size = start;
        if (dpone_text_append_format(out, "%s/" TEMPLATES_BELOW_PREFIX, program) != DPONE_OK) {
            return dpone_text_memory_error(error);
        }
        if (access(out->data + start, F_OK) == 0) {
            return DPONE_OK;
        }
    }
    return dpone_error_set(error, DPONE_NOT_FOUND,
                           "no folder " TEMPLATES_BELOW_PREFIX
                           " lies near this program; name one with --template-dir");
}

static int32_t index_error(const struct dpone_tree *tree, const struct dpone_node *node,
                           struct dpone_error *error, const char *text, const char *word, const char *more) {
    struct dpone_position position = dpone_node_start(node);
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s:%u:%u: %s '%s'%s", dpone_tree_name(tree),
                           position.line, position.column, text, word, more);
}

static const struct index_key *find_key(struct dpone_string name, struct dpone_suggestion *suggestion) {
    for (size_t i = 0; i < INDEX_KEY_COUNT; i++) {
        if (dpone_string_equal(dpone_string_of(index_keys[i].name), name)) {
            return &index_keys[i];
        }
        dpone_suggestion_consider(suggestion, dpone_string_of(index_keys[i].name));
    }
    return NULL;
}

static int32_t check_keys_known(const struct dpone_tree *tree, int is_common, struct dpone_error *error) {
    const struct dpone_node *root = dpone_tree_root(tree);
    for (size_t i = 0; i < dpone_node_count(root); i++) {
        const struct dpone_node *key = dpone_node_key_at(root, i);
        struct dpone_string name = dpone_node_text(key);
        struct dpone_suggestion suggestion = {.word = name};
        char text[96], word[64];
        const struct index_key *known = find_key(name, &suggestion);
        (void)snprintf(word, sizeof(word), "%.*s", (int)name.size, name.data);
        if (known == NULL) {
            return index_error(tree, key, error, "an index has no key", word,
                               dpone_suggestion_text(&suggestion, text, sizeof(text)));
        }
        if (is_common && !known->allowed_in_common) {
            return index_error(tree, key, error, "the common index has no key", word, "");
        }
        if (dpone_node_kind(dpone_node_at(root, i)) != known->kind) {
            return index_error(tree, dpone_node_at(root, i), error, "wrong kind of value for", word,
                               known->kind == DPONE_NODE_STRING     ? "; it is a text"
                               : known->kind == DPONE_NODE_SEQUENCE ? "; it is a list"
                                                                    : "; it is a mapping");
        }
    }
    return DPONE_OK;
}

static int32_t check_index(const struct dpone_tree *tree, int is_common, struct dpone_error *error) {
    const struct dpone_node *root = dpone_tree_root(tree);
    if (dpone_node_kind(root) != DPONE_NODE_MAPPING) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s: an index is a mapping (docs: templates)",
                               dpone_tree_name(tree));
    }
    int32_t status = check_keys_known(tree, is_common, error);
    for (size_t i = 0; i < INDEX_KEY_COUNT && status == DPONE_OK; i++) {
        if (!is_common && index_keys[i].required_in_type &&
            dpone_node_get(root, index_keys[i].name) == NULL) {
            status = index_error(tree, root, error, "the index lacks the key", index_keys[i].name, "");
        }
    }
    return status;
}

static int compare_names(const void *left, const void *right) {
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Adds "api, file": the folders that have an index, sorted, "none" when there are none. */
static void append_types(struct dpone_text *out, const char *templates) {
    char *names[MAX_TYPES];
    size_t count = 0;
    DIR *folder = opendir(templates);
    struct dpone_text path = {0};
    for (struct dirent *entry; folder != NULL && count < MAX_TYPES && (entry = readdir(folder)) != NULL;) {
        path.size = 0;
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "common") != 0 &&
            dpone_text_append_format(&path, "%s/%s/index.yaml", templates, entry->d_name) == DPONE_OK &&
            access(path.data, F_OK) == 0 && (names[count] = strdup(entry->d_name)) != NULL) {
            count++;
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    qsort(names, count, sizeof(names[0]), compare_names);
    for (size_t i = 0; i < count; i++) {
        (void)dpone_text_append_format(out, "%s%s", i == 0 ? "" : ", ", names[i]);
        free(names[i]);
    }
    if (count == 0) {
        (void)dpone_text_append_format(out, "none");
    }
    dpone_text_clear(&path);
}

static int32_t unknown_type(const char *templates, const char *type, struct dpone_error *error) {
    struct dpone_text types = {0};
    append_types(&types, templates);
    int32_t status =
        dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the connector type '%s' is not offered; %s has: %s",
                        type, templates, types.data == NULL ? "" : types.data);
    dpone_text_clear(&types);
    return status;
}

/* Reads <path>/index.yaml into `*out`. */
static int32_t read_index(struct dpone_tree **out, const struct dpone_text *path, struct dpone_error *error) {
    struct dpone_text file = {0};
    int32_t status = dpone_text_append_format(&file, "%s/index.yaml", path->data);
    status = status == DPONE_OK ? dpone_tree_read_file(out, file.data, NULL, error)
                                : dpone_text_memory_error(error);
    dpone_text_clear(&file);
    return status;
}

int32_t dpone_template_folder_open(struct dpone_template_folder *out, const char *templates, const char *type,
                                   struct dpone_error *error) {
    if (dpone_text_append_format(&out->type_path, "%s/%s", templates, type) != DPONE_OK ||
        dpone_text_append_format(&out->common_path, "%s/common", templates) != DPONE_OK) {
        return dpone_text_memory_error(error);
    }
    if (access(templates, F_OK) != 0) {
        return dpone_error_set(error, DPONE_NOT_FOUND, "%s: there is no such folder of templates", templates);
    }
    int32_t status = read_index(&out->type, &out->type_path, error);
    if (status == DPONE_NOT_FOUND) {
        return unknown_type(templates, type, error);
    }
    status = status == DPONE_OK ? check_index(out->type, 0, error) : status;
    if (status != DPONE_OK) {
        return status;
    }
    status = read_index(&out->common, &out->common_path, error);
    if (status == DPONE_NOT_FOUND) {
        dpone_error_clear(error);
        return DPONE_OK;
    }
    return status == DPONE_OK ? check_index(out->common, 1, error) : status;
}

const struct dpone_node *dpone_template_folder_native(const struct dpone_template_folder *folder) {
    return dpone_node_get(dpone_tree_root(folder->type), "native_capabilities");
}

static int lists(const struct dpone_node *sequence, const char *name) {
    for (size_t i = 0; i < dpone_node_count(sequence); i++) {
        if (dpone_string_equal(dpone_node_text(dpone_node_at(sequence, i)), dpone_string_of(name))) {
            return 1;
        }
    }
    return 0;
}

static int32_t not_offered(const struct dpone_package_spec *spec, const char *what, const char *name,
                           const struct dpone_node *offered, struct dpone_error *error) {
    struct dpone_text list = {0};
    for (size_t i = 0; i < dpone_node_count(offered); i++) {
        struct dpone_string item = dpone_node_text(dpone_node_at(offered, i));
        (void)dpone_text_append_format(&list, "%s%.*s", i == 0 ? "" : ", ", (int)item.size, item.data);
    }
    int32_t status = dpone_error_set(error, DPONE_INVALID_ARGUMENT,
                                     "the connector type '%s' does not offer the %s '%s'; it offers: %s",
                                     spec->type, what, name, list.data == NULL ? "none" : list.data);
    dpone_text_clear(&list);
    return status;
}

int32_t dpone_template_folder_offers(const struct dpone_template_folder *folder,
                                     const struct dpone_package_spec *spec, struct dpone_error *error) {
    const struct dpone_node *native = dpone_template_folder_native(folder);
    const struct dpone_node *capabilities = dpone_node_get(dpone_tree_root(folder->type), "capabilities");
    for (size_t i = 0; i < DPONE_CAPABILITY_COUNT; i++) {
        if (spec->capabilities[i] && !lists(capabilities, dpone_capability_names[i])) {
            return not_offered(spec, "capability", dpone_capability_names[i], capabilities, error);
        }
    }
    for (size_t i = 0; i < spec->native_count; i++) {
        if (!lists(native, spec->native[i])) {
            return not_offered(spec, "native capability", spec->native[i], native, error);
        }
    }
    return DPONE_OK;
}

void dpone_template_folder_clear(struct dpone_template_folder *folder) {
    dpone_text_clear(&folder->type_path);
    dpone_text_clear(&folder->common_path);
    dpone_tree_free(folder->type);
    dpone_tree_free(folder->common);
    *folder = (struct dpone_template_folder){0};
}
