/* `dpone template render`: one template and one document of data to standard output. */
#include "generator/entry.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "generator/mustache.h"
#include "generator/partials.h"

/* A partial that is missing renders as nothing, so a folder that is missing must not pass unnoticed. */
static int32_t check_partials(const char *folder, struct dpone_error *error) {
    struct stat status;
    if (folder == NULL || (stat(folder, &status) == 0 && S_ISDIR(status.st_mode))) {
        return DPONE_OK;
    }
    return dpone_error_set(error, DPONE_NOT_FOUND,
                           "--partials %s: there is no such folder; name the one that holds the partials",
                           folder);
}

static int32_t render(struct dpone_text *out, const struct dpone_arguments *arguments,
                      const struct dpone_tree *data, const struct dpone_template *template,
                      struct dpone_error *error) {
    const struct dpone_node *root = dpone_tree_root(data);
    const char *folder = dpone_arguments_value(arguments, "--partials");
    struct dpone_partials partials = {.folders = {folder}, .folder_count = folder == NULL ? 0 : 1};
    struct dpone_template_context context = {
        .data = &root,
        .data_count = 1,
        .escape = strcmp(dpone_arguments_value(arguments, "--escape"), "html") == 0
                      ? DPONE_TEMPLATE_ESCAPE_HTML
                      : DPONE_TEMPLATE_ESCAPE_NONE,
        .partial = dpone_partials_find,
        .user = &partials};
    int32_t status = dpone_template_render(out, template, &context, error);
    dpone_partials_clear(&partials);
    return status;
}

/* A template or document that is wrong does not hold; one that cannot be read is the environment's. */
static int exit_status_of(int32_t status) {
    switch (status) {
    case DPONE_OK:
        return DPONE_EXIT_HOLDS;
    case DPONE_INVALID_ARGUMENT:
    case DPONE_RESOURCE_EXHAUSTED:
        return DPONE_EXIT_FAILED;
    default:
        return DPONE_EXIT_ENVIRONMENT;
    }
}

int32_t dpone_template_render_command(const struct dpone_arguments *arguments) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_template *template = NULL;
    struct dpone_tree *data = NULL;
    struct dpone_text text = {0};
    int32_t status = check_partials(dpone_arguments_value(arguments, "--partials"), &error);
    if (status == DPONE_OK) {
        status = dpone_template_read(&template, dpone_arguments_operand(arguments, 0), &error);
    }
    if (status == DPONE_OK) {
        status = dpone_tree_read_file(&data, dpone_arguments_value(arguments, "--data"), NULL, &error);
    }
    if (status == DPONE_OK) {
        status = render(&text, arguments, data, template, &error);
    }
    if (status == DPONE_OK) {
        (void)fwrite(text.data, 1, text.size, stdout);
    } else {
        (void)fprintf(stderr, "dpone %s: %s\n", dpone_arguments_command(arguments), error.message);
    }
    dpone_text_clear(&text);
    dpone_tree_free(data);
    dpone_template_free(template);
    return exit_status_of(status);
}
