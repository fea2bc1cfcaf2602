/* A package's names and capabilities, and the JSON document in which templates find them. */
#include "generator/package_spec.h"

#include <stdio.h>
#include <string.h>

#include <dpone/version.h>

#include "manifest/suggest.h"

#define NEW_PACKAGE_VERSION "1.0.0"

const char *const dpone_capability_names[DPONE_CAPABILITY_COUNT] = {"source", "sink", "state"};

/* Every native capability that the connector ABI knows (sdk/include/dpone/native_transfer.h). */
static const char *const native_names[] = {"stream_export", "file_export", "stream_staging_load",
                                           "file_staging_load"};

enum {
    NATIVE_NAME_COUNT = sizeof(native_names) / sizeof(native_names[0]),
    FULL_NAME_BYTES = 2 * DPONE_NAME_BYTES /* prefix and name */
};

int32_t dpone_package_spec_init(struct dpone_package_spec *out, const char *name, const char *prefix,
                                const char *type, struct dpone_error *error) {
    *out = (struct dpone_package_spec){.type = type};
    int32_t status = dpone_name_check(out->connector, DPONE_NAME_CONNECTOR, name, error);
    return status == DPONE_OK ? dpone_name_check(out->prefix, DPONE_NAME_PREFIX, prefix, error) : status;
}

/* Index of `name`; an error that lists what there is otherwise. */
static int32_t find_name(size_t *out, const char *what, const char *name, const char *const *names,
                         size_t count, struct dpone_error *error) {
    struct dpone_suggestion suggestion = {.word = dpone_string_of(name)};
    char text[96], list[160] = "";
    for (*out = 0; *out < count; (*out)++) {
        if (strcmp(names[*out], name) == 0) {
            return DPONE_OK;
        }
        dpone_suggestion_consider(&suggestion, dpone_string_of(names[*out]));
        size_t used = strlen(list);
        (void)snprintf(list + used, sizeof(list) - used, "%s%s", used == 0 ? "" : ", ", names[*out]);
    }
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "there is no %s '%s'%s; there are %s", what, name,
                           dpone_suggestion_text(&suggestion, text, sizeof(text)), list);
}

int32_t dpone_package_spec_add_capability(struct dpone_package_spec *spec, const char *name,
                                          struct dpone_error *error) {
    size_t index;
    int32_t status =
        find_name(&index, "capability", name, dpone_capability_names, DPONE_CAPABILITY_COUNT, error);
    if (status == DPONE_OK) {
        spec->capabilities[index] = 1;
    }
    return status;
}

int32_t dpone_package_spec_add_native(struct dpone_package_spec *spec, const char *name,
                                      struct dpone_error *error) {
    size_t index, place = 0;
    int32_t status = find_name(&index, "native capability", name, native_names, NATIVE_NAME_COUNT, error);
    if (status != DPONE_OK) {
        return status;
    }
    while (place < spec->native_count && strcmp(spec->native[place], name) < 0) {
        place++;
    }
    if (place < spec->native_count && strcmp(spec->native[place], name) == 0) {
        return DPONE_OK;
    }
    memmove(&spec->native[place + 1], &spec->native[place],
            (spec->native_count - place) * sizeof(spec->native[0]));
    spec->native[place] = native_names[index];
    spec->native_count++;
    return DPONE_OK;
}

/* Copies a name with every `_` as `to`, and lower-case letters as capitals when asked. */
static void respell(char out[FULL_NAME_BYTES], const char *name, char to, int capitals) {
    size_t size = 0;
    for (; name[size] != '\0'; size++) {
        char byte = name[size] == '_' ? to : name[size];
        out[size] = capitals && byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
    }
    out[size] = '\0';
}

static void import_package(char out[FULL_NAME_BYTES], const struct dpone_package_spec *spec) {
    (void)snprintf(out, FULL_NAME_BYTES, "%s_%s", spec->prefix, spec->connector);
}

int32_t dpone_package_spec_append_folder(struct dpone_text *out, const struct dpone_package_spec *spec) {
    char name[FULL_NAME_BYTES], dashed[FULL_NAME_BYTES];
    import_package(name, spec);
    respell(dashed, name, '-', 0);
    return dpone_text_append(out, dashed, strlen(dashed));
}

/* Adds members `key`, `key`_words and `key`_json: the list three ways. */
static int32_t append_lists(struct dpone_text *json, const char *key, const char *const *names,
                            size_t count) {
    static const struct {
        const char *suffix, *begin, *before, *behind, *between, *end;
    } forms[] = {{"", "[", "\"", "\"", ", ", "]"},
                 {"_words", "\"", "", "", " ", "\""},
                 {"_json", "\"", "\\\"", "\\\"", ", ", "\""}};
    int32_t status = DPONE_OK;
    for (size_t form = 0; form < sizeof(forms) / sizeof(forms[0]) && status == DPONE_OK; form++) {
        status = dpone_text_append_format(json, "\"%s%s\": %s", key, forms[form].suffix, forms[form].begin);
        for (size_t i = 0; i < count && status == DPONE_OK; i++) {
            status = dpone_text_append_format(json, "%s%s%s%s", i == 0 ? "" : forms[form].between,
                                              forms[form].before, names[i], forms[form].behind);
        }
        status = status == DPONE_OK ? dpone_text_append_format(json, "%s,\n", forms[form].end) : status;
    }
    return status;
}

static int32_t append_names(struct dpone_text *json, const struct dpone_package_spec *spec) {
    char name[FULL_NAME_BYTES], spelled[5][FULL_NAME_BYTES];
    import_package(name, spec);
    respell(spelled[0], spec->connector, '-', 0);
    respell(spelled[1], spec->connector, '_', 1);
    respell(spelled[2], name, '-', 0);
    respell(spelled[3], name, '_', 1);
    return dpone_text_append_format(
        json,
        "\"connector\": \"%s\",\n\"dashed\": \"%s\",\n\"upper\": \"%s\",\n"
        "\"package\": \"%s\",\n\"import_package\": \"%s\",\n\"import_upper\": \"%s\",\n"
        "\"type\": \"%s\",\n\"version\": \"%s\",\n\"dpone_version\": \"%s\",\n",
        spec->connector, spelled[0], spelled[1], spelled[2], name, spelled[3], spec->type,
        NEW_PACKAGE_VERSION, DPONE_VERSION);
}

static int has_native(const struct dpone_package_spec *spec, struct dpone_string name) {
    for (size_t i = 0; i < spec->native_count; i++) {
        if (dpone_string_equal(dpone_string_of(spec->native[i]), name)) {
            return 1;
        }
    }
    return 0;
}

/* The objects `has` and `native`: conditions. Files that two sides share need one that says "either". */
static int32_t append_conditions(struct dpone_text *json, const struct dpone_package_spec *spec,
                                 const struct dpone_node *native_offered) {
    const int *has = spec->capabilities;
    const struct {
        const char *name;
        int holds;
    } rows[] = {{"source", has[0]},
                {"sink", has[1]},
                {"state", has[2]},
                {"source_or_sink", has[0] || has[1]},
                {"sink_or_state", has[1] || has[2]},
                {"native", spec->native_count > 0}};
    int32_t status = dpone_text_append_format(json, "\"has\": {");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && status == DPONE_OK; i++) {
        status = dpone_text_append_format(json, "%s\"%s\": %s", i == 0 ? "" : ", ", rows[i].name,
                                          rows[i].holds ? "true" : "false");
    }
    status = status == DPONE_OK ? dpone_text_append_format(json, "},\n\"native\": {") : status;
    for (size_t i = 0; i < dpone_node_count(native_offered) && status == DPONE_OK; i++) {
        struct dpone_string name = dpone_node_text(dpone_node_at(native_offered, i));
        status = dpone_text_append_format(json, "%s\"%.*s\": %s", i == 0 ? "" : ", ", (int)name.size,
                                          name.data, has_native(spec, name) ? "true" : "false");
    }
    return status == DPONE_OK ? dpone_text_append_format(json, "}\n") : status;
}

static int32_t append_data(struct dpone_text *json, const struct dpone_package_spec *spec,
                           const struct dpone_node *native_offered) {
    const char *names[DPONE_CAPABILITY_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < DPONE_CAPABILITY_COUNT; i++) {
        if (spec->capabilities[i]) {
            names[count++] = dpone_capability_names[i];
        }
    }
    int32_t status = dpone_text_append_format(json, "{\n");
    status = status == DPONE_OK ? append_names(json, spec) : status;
    status = status == DPONE_OK ? append_lists(json, "capabilities", names, count) : status;
    status = status == DPONE_OK ? append_lists(json, "native_capabilities", spec->native, spec->native_count)
                                : status;
    status = status == DPONE_OK ? append_conditions(json, spec, native_offered) : status;
    return status == DPONE_OK ? dpone_text_append_format(json, "}\n") : status;
}

int32_t dpone_package_spec_data(struct dpone_tree **out, const struct dpone_package_spec *spec,
                                const struct dpone_node *native_offered, struct dpone_error *error) {
    struct dpone_text json = {0};
    int32_t status = append_data(&json, spec, native_offered);
    if (status == DPONE_OK) {
        status = dpone_tree_read_memory(out, "scaffold.json", json.data, json.size, NULL, error);
    } else {
        (void)dpone_text_memory_error(error);
    }
    dpone_text_clear(&json);
    return status;
}
