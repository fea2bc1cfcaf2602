/* `dpone connectors scaffold`: from options to a package on disk, or to a list of what it would be. */
#include "generator/entry.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "generator/package.h"
#include "generator/stage.h"

static int32_t read_spec(struct dpone_package_spec *out, const struct dpone_arguments *arguments,
                         struct dpone_error *error) {
    int32_t status = dpone_package_spec_init(out, dpone_arguments_operand(arguments, 0),
                                             dpone_arguments_value(arguments, "--package-prefix"),
                                             dpone_arguments_value(arguments, "--connector-type"), error);
    for (size_t i = 0; i < dpone_arguments_count(arguments, "--capability") && status == DPONE_OK; i++) {
        status =
            dpone_package_spec_add_capability(out, dpone_arguments_at(arguments, "--capability", i), error);
    }
    for (size_t i = 0; i < dpone_arguments_count(arguments, "--native-capability") && status == DPONE_OK;
         i++) {
        status = dpone_package_spec_add_native(out, dpone_arguments_at(arguments, "--native-capability", i),
                                               error);
    }
    return status;
}

static int32_t render_package(struct dpone_package *out, const struct dpone_arguments *arguments,
                              const struct dpone_package_spec *spec, struct dpone_error *error) {
    struct dpone_template_folder folder = {0};
    struct dpone_text templates = {0};
    const char *given = dpone_arguments_value(arguments, "--template-dir");
    int32_t status = DPONE_OK;
    if (given == NULL) {
        status = dpone_template_folder_locate(&templates, error);
    } else if (dpone_text_append(&templates, given, strlen(given)) != DPONE_OK) {
        status = dpone_text_memory_error(error);
    }
    status =
        status == DPONE_OK ? dpone_template_folder_open(&folder, templates.data, spec->type, error) : status;
    status = status == DPONE_OK ? dpone_template_folder_offers(&folder, spec, error) : status;
    status = status == DPONE_OK ? dpone_package_render(out, &folder, spec, error) : status;
    dpone_template_folder_clear(&folder);
    dpone_text_clear(&templates);
    return status;
}

static void print_text(const struct dpone_package *package, const char *root, int dry_run) {
    (void)printf("%s %s/%s (%zu files)\n", dry_run ? "would create" : "created", root, package->folder.data,
                 package->count);
    for (size_t i = 0; i < package->count; i++) {
        (void)printf("  %s\n", package->files[i].path.data);
    }
}

/* jansson refuses strings that are no UTF-8, which a path may hold: those bytes become question marks. */
static json_t *json_path(const char *root, const char *folder) {
    json_t *text = json_sprintf("%s/%s", root, folder);
    return text != NULL ? text : json_sprintf("?/%s", folder);
}

static int32_t print_json(const struct dpone_package *package, const struct dpone_package_spec *spec,
                          const char *root, int dry_run) {
    json_t *files = json_array();
    for (size_t i = 0; i < package->count; i++) {
        char mode[8];
        (void)snprintf(mode, sizeof(mode), "%04o", package->files[i].mode);
        (void)json_array_append_new(files, json_pack("{s:s, s:s, s:I}", "path", package->files[i].path.data,
                                                     "mode", mode, "size_bytes",
                                                     (json_int_t)package->files[i].content.size));
    }
    json_t *document = json_pack("{s:s, s:s, s:s, s:o, s:b, s:o}", "connector", spec->connector,
                                 "connector_type", spec->type, "package", package->folder.data, "path",
                                 json_path(root, package->folder.data), "dry_run", dry_run, "files", files);
    if (document == NULL) {
        return DPONE_OUT_OF_MEMORY;
    }
    (void)json_dumpf(document, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(document);
    return DPONE_OK;
}

/* What the user asked for wrongly is usage; what the machine refused is the environment's. */
static int exit_status_of(int32_t status) {
    switch (status) {
    case DPONE_OK:
        return DPONE_EXIT_HOLDS;
    case DPONE_INVALID_ARGUMENT:
    case DPONE_CONFLICT:
        return DPONE_EXIT_USAGE;
    default:
        return DPONE_EXIT_ENVIRONMENT;
    }
}

int32_t dpone_connectors_scaffold_command(const struct dpone_arguments *arguments) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_package_spec spec;
    struct dpone_package package = {0};
    const char *root = dpone_arguments_value(arguments, "--root");
    int dry_run = dpone_arguments_flag(arguments, "--dry-run");
    int32_t status = read_spec(&spec, arguments, &error);
    status = status == DPONE_OK ? render_package(&package, arguments, &spec, &error) : status;
    if (status == DPONE_OK) {
        status =
            dry_run ? dpone_stage_check(&package, root, &error) : dpone_stage_write(&package, root, &error);
    }
    if (status != DPONE_OK) {
        (void)fprintf(stderr, "dpone %s: %s\n", dpone_arguments_command(arguments), error.message);
    } else if (strcmp(dpone_arguments_value(arguments, "--format"), "json") == 0) {
        status = print_json(&package, &spec, root, dry_run);
    } else {
        print_text(&package, root, dry_run);
    }
    dpone_package_clear(&package);
    return exit_status_of(status);
}
