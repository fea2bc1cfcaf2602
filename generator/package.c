/* Index entries to rendered files. The type's entries come first, so that common's give way where both name a
 * path. */
#include "generator/package.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generator/mustache.h"
#include "generator/name.h"
#include "generator/partials.h"

enum { MAX_CONTEXT = 3 };

/* What rendering one package needs throughout. */
struct package_builder {
    struct dpone_package *package;
    const struct dpone_template_folder *folder;
    struct dpone_template_context context;
    const struct dpone_tree *index; /* the one whose entries are being taken */
    size_t type_count;              /* files that the type's index gave; common's entries give way to these */
    struct dpone_error *error;
};

/* "index.yaml:line:column: text 'what'" */
static int32_t entry_error(const struct package_builder *builder, const struct dpone_node *node,
                           const char *text, struct dpone_string what) {
    struct dpone_position position = dpone_node_start(node);
    return dpone_error_set(builder->error, DPONE_INVALID_ARGUMENT, "%s:%u:%u: %s '%.*s'",
                           dpone_tree_name(builder->index), position.line, position.column, text,
                           (int)what.size, what.data);
}

static int32_t check_entry_keys(const struct package_builder *builder, const struct dpone_node *entry) {
    static const char *const keys[] = {"path", "template", "when", "mode"};
    if (dpone_node_kind(entry) != DPONE_NODE_MAPPING) {
        return entry_error(builder, entry, "a file is a mapping with path and template, not",
                           dpone_node_text(entry));
    }
    for (size_t i = 0; i < dpone_node_count(entry); i++) {
        struct dpone_string name = dpone_node_text(dpone_node_key_at(entry, i));
        size_t known = 0;
        while (known < 4 && !dpone_string_equal(name, dpone_string_of(keys[known]))) {
            known++;
        }
        if (known == 4) {
            return entry_error(builder, dpone_node_key_at(entry, i),
                               "a file has path, template, when and mode, but no key", name);
        }
    }
    for (size_t i = 0; i < 2; i++) {
        if (dpone_node_kind(dpone_node_get(entry, keys[i])) != DPONE_NODE_STRING) {
            return entry_error(builder, entry, "a file needs the text", dpone_string_of(keys[i]));
        }
    }
    return DPONE_OK;
}

/* One condition: a name, turned round by a leading `!`. `*out` is 0 when it does not hold. */
static int32_t check_condition(int *out, const struct package_builder *builder,
                               const struct dpone_node *node) {
    struct dpone_string name = dpone_node_text(node);
    int negated = name.size > 0 && name.data[0] == '!';
    name.data += negated;
    name.size -= (size_t)negated;
    int truth = name.size == 0 ? -1 : dpone_template_truth(&builder->context, name);
    if (truth < 0) {
        return entry_error(builder, node, "the data has no condition", name);
    }
    *out = truth != negated;
    return DPONE_OK;
}

static int32_t check_when(int *out, const struct package_builder *builder, const struct dpone_node *when) {
    int32_t status = DPONE_OK;
    *out = 1;
    if (dpone_node_kind(when) == DPONE_NODE_STRING) {
        return check_condition(out, builder, when);
    }
    for (size_t i = 0; i < dpone_node_count(when) && status == DPONE_OK && *out; i++) {
        status = check_condition(out, builder, dpone_node_at(when, i));
    }
    return status;
}

static int32_t read_mode(unsigned *out, const struct package_builder *builder,
                         const struct dpone_node *mode) {
    struct dpone_string text = mode == NULL ? dpone_string_of("0644") : dpone_node_text(mode);
    *out = dpone_string_equal(text, dpone_string_of("0755")) ? 0755 : 0644;
    if (*out == 0644 && !dpone_string_equal(text, dpone_string_of("0644"))) {
        return entry_error(builder, mode, "a mode is \"0644\" or \"0755\", not", text);
    }
    return DPONE_OK;
}

/* The path itself is a template; messages about it count lines and columns within it. */
static int32_t render_path(struct dpone_text *out, const struct package_builder *builder,
                           const struct dpone_node *node) {
    struct dpone_template *template = NULL;
    int32_t status = dpone_template_parse(&template, "path", dpone_node_text(node), builder->error);
    if (status == DPONE_OK) {
        status = dpone_template_render(out, template, &builder->context, builder->error);
    }
    dpone_template_free(template);
    if (status != DPONE_OK) {
        struct dpone_position position = dpone_node_start(node);
        dpone_error_prepend(builder->error, "%s:%u:%u", dpone_tree_name(builder->index), position.line,
                            position.column);
        return status;
    }
    struct dpone_string path = {out->data, out->size};
    if (!dpone_name_is_path_below(path)) {
        return entry_error(builder, node, "this is no path below a package:", path);
    }
    return dpone_name_hides_header(out->data)
               ? entry_error(builder, node,
                             "give it a prefix, because in an include path this file would hide a header of "
                             "the C library:",
                             path)
               : DPONE_OK;
}

/* The template's file: of the type, else of common. */
static int32_t open_template(struct dpone_template **out, const struct package_builder *builder,
                             const struct dpone_node *node) {
    const struct dpone_text *folders[] = {&builder->folder->type_path, &builder->folder->common_path};
    struct dpone_string name = dpone_node_text(node);
    struct dpone_text path = {0};
    int32_t status = DPONE_NOT_FOUND;
    if (!dpone_name_is_path_below(name)) {
        return entry_error(builder, node, "this is no template below the folder of templates:", name);
    }
    for (size_t i = 0; i < 2 && status == DPONE_NOT_FOUND; i++) {
        path.size = 0;
        status = dpone_text_append_format(&path, "%s/%.*s", folders[i]->data, (int)name.size, name.data);
        status = status == DPONE_OK ? dpone_template_read(out, path.data, builder->error)
                                    : dpone_text_memory_error(builder->error);
    }
    dpone_text_clear(&path);
    return status == DPONE_NOT_FOUND
               ? entry_error(builder, node, "neither the type nor common has the template", name)
               : status;
}

static int32_t render_content(struct dpone_text *out, const struct package_builder *builder,
                              const struct dpone_node *entry) {
    struct dpone_template *template = NULL;
    int32_t status = open_template(&template, builder, dpone_node_get(entry, "template"));
    if (status == DPONE_OK) {
        status = dpone_template_render(out, template, &builder->context, builder->error);
    }
    dpone_template_free(template);
    return status;
}

/* 1 when both are the same path, or one is a folder of the other. */
static int overlaps(const struct dpone_text *left, const struct dpone_text *right) {
    const struct dpone_text *longer = left->size > right->size ? left : right;
    size_t size = left->size < right->size ? left->size : right->size;
    return memcmp(left->data, right->data, size) == 0 && (longer->size == size || longer->data[size] == '/');
}

/* `*wanted` is 0 when the type's index gave this path: common's entry gives way. A path that is given twice
 * in one index, or that is a file here and a folder there, would be two things at once. */
static int32_t check_path_is_new(int *wanted, const struct package_builder *builder,
                                 const struct dpone_text *path, const struct dpone_node *node) {
    for (size_t i = 0; i < builder->package->count; i++) {
        const struct dpone_text *other = &builder->package->files[i].path;
        if (overlaps(path, other)) {
            *wanted = 0;
            return i < builder->type_count && path->size == other->size
                       ? DPONE_OK
                       : entry_error(builder, node, "this path is given twice, or as a file and as a folder:",
                                     (struct dpone_string){path->data, path->size});
        }
    }
    return DPONE_OK;
}

static int32_t add_file(struct package_builder *builder, struct dpone_package_file *file) {
    struct dpone_package *package = builder->package;
    if (package->count == package->capacity) {
        size_t capacity = package->capacity == 0 ? 32 : package->capacity * 2;
        struct dpone_package_file *files = realloc(package->files, capacity * sizeof(*files));
        if (files == NULL) {
            return dpone_text_memory_error(builder->error);
        }
        package->files = files;
        package->capacity = capacity;
    }
    package->files[package->count++] = *file;
    *file = (struct dpone_package_file){0};
    return DPONE_OK;
}

static int32_t take_entry(struct package_builder *builder, const struct dpone_node *entry) {
    struct dpone_package_file file = {0};
    int wanted = 0;
    int32_t status = check_entry_keys(builder, entry);
    status = status == DPONE_OK ? check_when(&wanted, builder, dpone_node_get(entry, "when")) : status;
    status = status == DPONE_OK ? read_mode(&file.mode, builder, dpone_node_get(entry, "mode")) : status;
    if (status == DPONE_OK && wanted) {
        const struct dpone_node *path = dpone_node_get(entry, "path");
        status = render_path(&file.path, builder, path);
        status = status == DPONE_OK ? check_path_is_new(&wanted, builder, &file.path, path) : status;
    }
    if (status == DPONE_OK && wanted) {
        status = render_content(&file.content, builder, entry);
        status = status == DPONE_OK ? add_file(builder, &file) : status;
    }
    dpone_text_clear(&file.path);
    dpone_text_clear(&file.content);
    return status;
}

static int32_t take_index(struct package_builder *builder, const struct dpone_tree *index) {
    const struct dpone_node *files = dpone_node_get(dpone_tree_root(index), "files");
    int32_t status = DPONE_OK;
    builder->index = index;
    for (size_t i = 0; i < dpone_node_count(files) && status == DPONE_OK; i++) {
        status = take_entry(builder, dpone_node_at(files, i));
    }
    return status;
}

static int compare_files(const void *left, const void *right) {
    const struct dpone_package_file *a = left, *b = right;
    return strcmp(a->path.data, b->path.data);
}

/* Renders with all that is borrowed for it already open. */
static int32_t render_files(struct package_builder *builder) {
    int32_t status = take_index(builder, builder->folder->type);
    builder->type_count = builder->package->count;
    if (status == DPONE_OK && builder->folder->common != NULL) {
        status = take_index(builder, builder->folder->common);
    }
    struct dpone_package *package = builder->package;
    if (status == DPONE_OK && package->count == 0) {
        builder->index = builder->folder->type;
        return entry_error(builder, dpone_node_get(dpone_tree_root(builder->index), "files"),
                           "no file is listed for these capabilities of the type",
                           dpone_node_text(dpone_node_get(dpone_tree_root(builder->index), "type")));
    }
    if (status == DPONE_OK) {
        qsort(package->files, package->count, sizeof(package->files[0]), compare_files);
    }
    return status;
}

/* The context stack: the scaffold's data above the type's above common's. Returns how many there are. */
static size_t stack_data(const struct dpone_node *out[MAX_CONTEXT],
                         const struct dpone_template_folder *folder, const struct dpone_tree *data) {
    const struct dpone_node *candidates[MAX_CONTEXT] = {
        folder->common == NULL ? NULL : dpone_node_get(dpone_tree_root(folder->common), "data"),
        dpone_node_get(dpone_tree_root(folder->type), "data"), dpone_tree_root(data)};
    size_t count = 0;
    for (size_t i = 0; i < MAX_CONTEXT; i++) {
        if (candidates[i] != NULL) {
            out[count++] = candidates[i];
        }
    }
    return count;
}

int32_t dpone_package_render(struct dpone_package *out, const struct dpone_template_folder *folder,
                             const struct dpone_package_spec *spec, struct dpone_error *error) {
    struct dpone_tree *data = NULL;
    struct dpone_text type_partials = {0}, common_partials = {0};
    struct dpone_partials partials = {.folder_count = 2};
    int32_t status = dpone_package_spec_data(&data, spec, dpone_template_folder_native(folder), error);
    if (status != DPONE_OK) {
        return status;
    }
    if (dpone_package_spec_append_folder(&out->folder, spec) != DPONE_OK ||
        dpone_text_append_format(&type_partials, "%s/partials", folder->type_path.data) != DPONE_OK ||
        dpone_text_append_format(&common_partials, "%s/partials", folder->common_path.data) != DPONE_OK) {
        status = dpone_text_memory_error(error);
    } else {
        const struct dpone_node *stack[MAX_CONTEXT];
        partials.folders[0] = type_partials.data;
        partials.folders[1] = common_partials.data;
        struct package_builder builder = {.package = out,
                                          .folder = folder,
                                          .context = {.data = stack,
                                                      .data_count = stack_data(stack, folder, data),
                                                      .escape = DPONE_TEMPLATE_ESCAPE_NONE,
                                                      .strict = 1,
                                                      .partial = dpone_partials_find,
                                                      .user = &partials},
                                          .error = error};
        status = render_files(&builder);
    }
    dpone_partials_clear(&partials);
    dpone_text_clear(&type_partials);
    dpone_text_clear(&common_partials);
    dpone_tree_free(data);
    return status;
}

void dpone_package_clear(struct dpone_package *package) {
    for (size_t i = 0; i < package->count; i++) {
        dpone_text_clear(&package->files[i].path);
        dpone_text_clear(&package->files[i].content);
    }
    free(package->files);
    dpone_text_clear(&package->folder);
    *package = (struct dpone_package){0};
}
