/* `dpone manifest validate`: finds the schema, shares the files out to threads, prints in the order they
 * were given. */
#include "manifest/validate_command.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "manifest/manifest.h"
#include "manifest/validate_files.h"
#include "manifest/validate_output.h"
#include "manifest/validate_package.h"
#include "manifest/validate_schemas.h"

/* Errors, and warnings, kept of one file: more than are shown, so that those shown are the first ones. */
enum { KEPT_PROBLEMS = 200, MOST_THREADS = 16 };

/* From here on threads and machine code for patterns pay. */
enum { BULK_BYTES = 128 * 1024 };

/* The result for one file, written by the thread that checks it. */
struct checked_file {
    const char *path;
    const struct dpone_manifest_connector *connector;
    char *package_problem; /* why the package it lies in cannot be used, or NULL; owned */
    struct dpone_diagnostics diagnostics;
    int32_t unreadable;
};

/* Everything the command works with. */
struct validation {
    const struct dpone_arguments *arguments;
    struct dpone_tree_limits limits;
    struct dpone_json_schema_root *roots;
    size_t root_count;
    struct dpone_schema_choice *schemas;
    int32_t has_schema; /* one is named on the command line */
    struct dpone_package_schemas *packages;
    struct dpone_file_list list;
    struct checked_file *files;
    atomic_size_t next; /* file to check */
};

static struct dpone_validate_style choose_style(const struct dpone_arguments *arguments) {
    static const char *const formats[] = {
        [DPONE_VALIDATE_TEXT] = "text", [DPONE_VALIDATE_JSON] = "json", [DPONE_VALIDATE_GITHUB] = "github"};
    const char *wanted = dpone_arguments_value(arguments, "--format");
    const char *no_colour = getenv("NO_COLOR");
    struct dpone_validate_style style = {.format = DPONE_VALIDATE_TEXT, .is_terminal = isatty(STDOUT_FILENO)};
    for (int32_t i = 0; wanted != NULL && i < 3; i++) {
        style.format = strcmp(wanted, formats[i]) == 0 ? i : style.format;
    }
    style.has_colour = style.is_terminal && (no_colour == NULL || no_colour[0] == '\0');
    return style;
}

/* Prints why the command cannot go on, and returns its exit status. */
static int32_t fail(const struct validation *validation, int32_t status, const struct dpone_error *error) {
    fprintf(stderr, "dpone %s: %s\n", dpone_arguments_command(validation->arguments), error->message);
    struct dpone_validate_style style = choose_style(validation->arguments);
    dpone_validate_print_failure(stdout, &style, error->message);
    return status == DPONE_INVALID_ARGUMENT ? DPONE_EXIT_FAILED : DPONE_EXIT_ENVIRONMENT;
}

static int32_t fail_usage(const struct validation *validation, const char *message, const char *value) {
    fprintf(stderr, "dpone %s: %s: %s\n", dpone_arguments_command(validation->arguments), value, message);
    return DPONE_EXIT_USAGE;
}

/* ---- Options */

static int read_limit(struct dpone_tree_limits *limits, const char *text) {
    struct {
        const char *name;
        size_t *value;
    } known[] = {{"file_bytes", &limits->max_file_bytes},
                 {"scalar_bytes", &limits->max_scalar_bytes},
                 {"nodes", &limits->max_nodes},
                 {"depth", &limits->max_depth},
                 {"expanded", &limits->max_expanded}};
    const char *equals = strchr(text, '=');
    char *end = NULL;
    unsigned long value =
        equals == NULL || equals[1] < '1' || equals[1] > '9' ? 0 : strtoul(equals + 1, &end, 10);
    for (size_t i = 0; value > 0 && *end == '\0' && i < sizeof known / sizeof known[0]; i++) {
        if (strlen(known[i].name) == (size_t)(equals - text) &&
            strncmp(known[i].name, text, (size_t)(equals - text)) == 0) {
            *known[i].value = value;
            return 1;
        }
    }
    return 0;
}

static int32_t read_limits(struct validation *validation) {
    validation->limits.strict = dpone_arguments_flag(validation->arguments, "--strict");
    for (size_t i = 0; i < dpone_arguments_count(validation->arguments, "--limit"); i++) {
        const char *text = dpone_arguments_at(validation->arguments, "--limit", i);
        if (!read_limit(&validation->limits, text)) {
            return fail_usage(
                validation,
                "--limit takes file_bytes, scalar_bytes, nodes, depth or expanded, as in depth=512", text);
        }
    }
    if (validation->limits.max_depth > DPONE_TREE_DEEPEST) {
        char given[32];
        snprintf(given, sizeof given, "depth=%zu", validation->limits.max_depth);
        return fail_usage(validation, "--limit takes a depth of 4000 at most", given);
    }
    return DPONE_EXIT_HOLDS;
}

/* --resolve URI-PREFIX=DIR: the last '=' divides them, because a URI may hold one too. */
static int32_t read_roots(struct validation *validation) {
    size_t count = dpone_arguments_count(validation->arguments, "--resolve");
    validation->roots = calloc(count + 1, sizeof *validation->roots);
    for (size_t i = 0; validation->roots != NULL && i < count; i++) {
        const char *text = dpone_arguments_at(validation->arguments, "--resolve", i);
        const char *equals = strrchr(text, '=');
        if (equals == NULL || equals == text || equals[1] == '\0') {
            return fail_usage(validation, "--resolve takes URI-PREFIX=DIR", text);
        }
        validation->roots[i].uri_prefix = strndup(text, (size_t)(equals - text));
        validation->roots[i].directory = equals + 1;
        validation->root_count++;
    }
    return DPONE_EXIT_HOLDS;
}

static int32_t open_schemas(struct validation *validation) {
    const char *path = dpone_arguments_value(validation->arguments, "--schema");
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_json_schema_options options = {
        .roots = validation->roots,
        .root_count = validation->root_count,
        .format_assertion = dpone_arguments_flag(validation->arguments, "--format-assertion"),
        .refuse_typos = path == NULL,
        .limits = validation->limits};
    options.limits.strict = 0;
    if (path != NULL && dpone_arguments_value(validation->arguments, "--package") != NULL) {
        return fail_usage(validation, "--schema replaces the schemas of a package; give only one of them",
                          path);
    }
    validation->has_schema = path != NULL;
    int32_t status = dpone_schema_choice_open(&validation->schemas, path, &options, &error);
    status = status == DPONE_RESOURCE_EXHAUSTED ? DPONE_INVALID_ARGUMENT : status; /* of the schema's text */
    return status == DPONE_OK ? DPONE_EXIT_HOLDS : fail(validation, status, &error);
}

static int32_t list_files(struct validation *validation) {
    int recursive = dpone_arguments_flag(validation->arguments, "--recursive");
    struct dpone_error error = DPONE_ERROR_INIT;
    for (size_t i = 0; i < dpone_arguments_operand_count(validation->arguments); i++) {
        const char *path = dpone_arguments_operand(validation->arguments, i);
        int32_t status =
            recursive ? dpone_file_list_add_below(&validation->list, path, validation->has_schema, &error)
                      : dpone_file_list_add(&validation->list, path, &error);
        if (status != DPONE_OK) {
            return fail(validation, status, &error);
        }
    }
    return DPONE_EXIT_HOLDS;
}

/* The results to be, each with the connector whose options it is checked for. */
static int32_t prepare_files(struct validation *validation) {
    const char *directory = dpone_arguments_value(validation->arguments, "--package");
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_package_schemas_open(&validation->packages, directory, &error);
    validation->files = calloc(validation->list.count + 1, sizeof *validation->files);
    if (status == DPONE_OK && validation->files == NULL) {
        status = dpone_error_set(&error, DPONE_OUT_OF_MEMORY, "not enough memory for the files");
    }
    for (size_t i = 0; status == DPONE_OK && i < validation->list.count; i++) {
        struct checked_file *file = &validation->files[i];
        file->path = validation->list.paths[i];
        file->diagnostics.keep = KEPT_PROBLEMS;
        struct dpone_error problem = DPONE_ERROR_INIT;
        if (!validation->has_schema && dpone_package_schemas_find(validation->packages, file->path,
                                                                  &file->connector, &problem) != DPONE_OK) {
            file->package_problem = strdup(problem.message);
        }
    }
    return status == DPONE_OK ? DPONE_EXIT_HOLDS : fail(validation, status, &error);
}

/* ---- Checking */

static void refuse_for_memory(struct checked_file *file) {
    struct dpone_diagnostic problem = {.status = DPONE_OUT_OF_MEMORY, .keyword = "file"};
    dpone_diagnostics_add(&file->diagnostics, &problem, "not enough memory to check the file");
    file->unreadable = 1;
}

static void check_tree(const struct validation *validation, struct dpone_evaluation *evaluation,
                       struct checked_file *file, const struct dpone_tree *tree) {
    int is_manifest;
    const struct dpone_json_schema *schema = dpone_schema_choice_for(validation->schemas, tree, &is_manifest);
    if (schema == NULL) {
        refuse_for_memory(file);
        return;
    }
    dpone_json_schema_validate(schema, evaluation, dpone_tree_root(tree), NULL, &file->diagnostics);
    if (is_manifest && file->package_problem != NULL) {
        struct dpone_diagnostic problem = {.status = DPONE_INVALID_ARGUMENT, .keyword = "package"};
        dpone_diagnostics_add(&file->diagnostics, &problem, "the connector package it lies in is broken: %s",
                              file->package_problem);
    }
    if (is_manifest) {
        dpone_manifest_check_rules(tree, file->connector, evaluation, &file->diagnostics);
    }
}

static void check_file(const struct validation *validation, struct dpone_evaluation *evaluation,
                       struct checked_file *file) {
    struct dpone_tree *tree = NULL;
    int32_t status = dpone_tree_collect_file(&tree, file->path, &validation->limits, &file->diagnostics);
    file->unreadable = status == DPONE_NOT_FOUND || status == DPONE_PERMISSION_DENIED || status == DPONE_IO ||
                       status == DPONE_OUT_OF_MEMORY;
    if (tree != NULL) {
        check_tree(validation, evaluation, file, tree);
    }
    dpone_diagnostics_sort(&file->diagnostics);
    dpone_tree_free(tree);
}

/* Takes files until none is left. */
static void *work(void *context) {
    struct validation *validation = context;
    struct dpone_evaluation *evaluation = dpone_evaluation_new();
    size_t index;
    while ((index = atomic_fetch_add(&validation->next, 1)) < validation->list.count) {
        struct checked_file *file = &validation->files[index];
        if (evaluation != NULL) {
            check_file(validation, evaluation, file);
        } else {
            refuse_for_memory(file);
        }
    }
    dpone_evaluation_free(evaluation);
    return NULL;
}

static void check_files(struct validation *validation) {
    pthread_t threads[MOST_THREADS];
    size_t started = 0;
    uint64_t bytes = dpone_file_list_bytes(&validation->list);
    long processors = bytes < BULK_BYTES ? 1 : sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors > MOST_THREADS ? MOST_THREADS : processors < 1 ? 1 : (size_t)processors;
    if (bytes >= BULK_BYTES) {
        dpone_schema_choice_speed_up(validation->schemas);
    }
    while (started + 1 < wanted && started + 1 < validation->list.count &&
           pthread_create(&threads[started], NULL, work, validation) == 0) {
        started++;
    }
    work(validation);
    while (started > 0) {
        pthread_join(threads[--started], NULL);
    }
}

/* ---- Printing */

static double milliseconds_since(const struct timespec *start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) * 1e3 + (double)(now.tv_nsec - start->tv_nsec) / 1e6;
}

/* Prints everything and returns the exit status. */
static int32_t print_results(const struct validation *validation, const struct timespec *start) {
    struct dpone_validate_style style = choose_style(validation->arguments);
    struct dpone_validate_summary summary = {.files = validation->list.count};
    int unreadable = 0;
    dpone_validate_print_head(stdout, &style);
    for (size_t i = 0; i < validation->list.count; i++) {
        const struct checked_file *file = &validation->files[i];
        dpone_validate_print_file(stdout, &style, file->path, &file->diagnostics, i == 0);
        summary.invalid += file->diagnostics.errors > 0;
        summary.errors += file->diagnostics.errors;
        summary.warnings += file->diagnostics.warnings;
        unreadable |= file->unreadable;
    }
    summary.elapsed_ms = milliseconds_since(start);
    dpone_validate_print_summary(stdout, &style, &summary);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        struct dpone_error error = DPONE_ERROR_INIT;
        dpone_error_set(&error, DPONE_IO, "cannot write the results to standard output");
        return fail(validation, DPONE_IO, &error);
    }
    return unreadable ? DPONE_EXIT_ENVIRONMENT : summary.errors > 0 ? DPONE_EXIT_FAILED : DPONE_EXIT_HOLDS;
}

static void clear_validation(struct validation *validation) {
    for (size_t i = 0; validation->files != NULL && i < validation->list.count; i++) {
        dpone_diagnostics_clear(&validation->files[i].diagnostics);
        free(validation->files[i].package_problem);
    }
    for (size_t i = 0; i < validation->root_count; i++) {
        free((void *)(uintptr_t)validation->roots[i].uri_prefix);
    }
    free(validation->files);
    free(validation->roots);
    dpone_file_list_clear(&validation->list);
    dpone_package_schemas_free(validation->packages);
    dpone_schema_choice_free(validation->schemas);
}

int32_t dpone_manifest_validate_command(const struct dpone_arguments *arguments) {
    static int32_t (*const steps[])(struct validation *) = {read_limits, read_roots, open_schemas, list_files,
                                                            prepare_files};
    struct validation validation = {.arguments = arguments};
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    int32_t status = DPONE_EXIT_HOLDS;
    for (size_t i = 0; status == DPONE_EXIT_HOLDS && i < sizeof steps / sizeof steps[0]; i++) {
        status = steps[i](&validation);
    }
    if (status == DPONE_EXIT_HOLDS) {
        check_files(&validation);
        status = print_results(&validation, &start);
    }
    clear_validation(&validation);
    return status;
}
