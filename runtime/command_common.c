/* What the commands of this layer share. */
#include "runtime/command_common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/files.h"
#include "runtime/reference.h"

static int may_pass(int32_t status) {
    switch (status) {
    case DPONE_THROTTLED:
    case DPONE_UNAVAILABLE:
    case DPONE_TIMEOUT:
    case DPONE_CANCELLED:
    case DPONE_RESOURCE_EXHAUSTED:
    case DPONE_OUT_OF_MEMORY:
    case DPONE_IO:
    case DPONE_NOT_FOUND:
    case DPONE_OUTCOME_UNKNOWN:
        return 1;
    default:
        return 0;
    }
}

int32_t dpone_runtime_fail(const struct dpone_arguments *arguments, const struct dpone_error *error) {
    (void)fprintf(stderr, "dpone %s: %s\n", dpone_arguments_command(arguments), error->message);
    if (error->status == DPONE_NOT_IMPLEMENTED) {
        return DPONE_EXIT_USAGE;
    }
    return may_pass(error->status) ? DPONE_EXIT_ENVIRONMENT : DPONE_EXIT_FAILED;
}

int dpone_runtime_wants_json(const struct dpone_arguments *arguments) {
    const char *format = dpone_arguments_value(arguments, "--format");
    return format != NULL && strcmp(format, "json") == 0;
}

/* ---- exit() in a plug-in, whose status would be taken for the command's */

static struct {
    const struct dpone_arguments *arguments; /* NULL: no plug-in can be running */
    size_t loading;                          /* which --plugin, SIZE_MAX: all are loaded */
    pid_t process;                           /* a child that a plug-in forked may exit */
} guarded;

static void refuse_exit(void) {
    if (guarded.arguments == NULL || guarded.process != getpid()) {
        return;
    }
    int is_loading = guarded.loading != SIZE_MAX;
    size_t first = is_loading ? guarded.loading : 0;
    size_t end = is_loading ? first + 1 : dpone_arguments_count(guarded.arguments, "--plugin");
    (void)fprintf(stderr, "dpone %s: the plug-in ", dpone_arguments_command(guarded.arguments));
    for (size_t i = first; i < end; i++) {
        (void)fprintf(stderr, "%s%s", i == first ? "" : " or ",
                      dpone_arguments_at(guarded.arguments, "--plugin", i));
    }
    (void)fprintf(stderr, " ended the process: exit() was called while %s\n",
                  is_loading ? "it was loaded; see import_safety"
                             : "it worked; a connector returns a status, see symbol_hygiene");
    _exit(DPONE_EXIT_FAILED);
}

static int32_t guard_begin(const struct dpone_arguments *arguments, struct dpone_error *error) {
    if (atexit(refuse_exit) != 0) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for an exit handler");
    }
    guarded.process = getpid();
    guarded.arguments = arguments;
    return DPONE_OK;
}

int32_t dpone_runtime_load_plugins(struct dpone_loaded_plugins *out, const struct dpone_arguments *arguments,
                                   struct dpone_error *error) {
    size_t count = dpone_arguments_count(arguments, "--plugin");
    *out = (struct dpone_loaded_plugins){calloc(count + 1, sizeof *out->items), 0};
    if (out->items == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for plug-ins");
    }
    int32_t status = guard_begin(arguments, error);
    for (size_t i = 0; status == DPONE_OK && i < count; i++) {
        struct dpone_loaded_plugin *item = &out->items[i];
        guarded.loading = i;
        status = dpone_plugin_open(&item->plugin, dpone_arguments_at(arguments, "--plugin", i), error);
        if (status == DPONE_OK) {
            out->count++;
            status = dpone_sha256_file(item->sha256, dpone_plugin_path(item->plugin), error);
        }
    }
    guarded.loading = SIZE_MAX;
    return status;
}

void dpone_runtime_clear_plugins(struct dpone_loaded_plugins *plugins) {
    guarded.arguments = NULL;
    for (size_t i = 0; i < plugins->count; i++) {
        dpone_plugin_free(plugins->items[i].plugin);
    }
    free(plugins->items);
    *plugins = (struct dpone_loaded_plugins){NULL, 0};
}

static int32_t no_connector(const struct dpone_loaded_plugins *plugins, const char *type,
                            struct dpone_error *error) {
    char given[512] = "";
    for (size_t i = 0; i < plugins->count; i++) {
        struct dpone_string name = dpone_plugin_connector(plugins->items[i].plugin)->name;
        size_t used = strlen(given);
        (void)snprintf(given + used, sizeof given - used, "%s%.*s", i == 0 ? "" : ", ", (int)name.size,
                       name.data);
    }
    return dpone_error_set(error, DPONE_NOT_IMPLEMENTED,
                           "no plug-in is the connector \"%s\" (given: %s); add --plugin %s", type,
                           given[0] == '\0' ? "none" : given, type);
}

int32_t dpone_runtime_choose(struct dpone_pipeline_side *out, const struct dpone_loaded_plugins *plugins,
                             const char *type, struct dpone_error *error) {
    for (size_t i = 0; i < plugins->count; i++) {
        const struct dpone_loaded_plugin *item = &plugins->items[i];
        const struct dpone_connector *connector = dpone_plugin_connector(item->plugin);
        if (dpone_string_equal(connector->name, dpone_string_of(type))) {
            out->connector = connector;
            out->plugin_path = dpone_plugin_path(item->plugin);
            out->plugin_sha256 = item->sha256;
            return DPONE_OK;
        }
    }
    const struct dpone_connector *reference = dpone_reference_connector();
    if (!dpone_string_equal(reference->name, dpone_string_of(type))) {
        return no_connector(plugins, type, error);
    }
    out->connector = reference;
    return DPONE_OK;
}

static void log_line(void *context, int32_t level, struct dpone_string message) {
    static const char *const names[] = {"debug", "info", "warning", "error"};
    (void)context;
    if (level >= DPONE_LOG_INFO && level <= DPONE_LOG_ERROR) {
        (void)fprintf(stderr, "%s: %.*s\n", names[level], (int)message.size, message.data);
    }
}

int32_t dpone_runtime_host(struct dpone_system_host **out, struct dpone_error *error) {
    struct dpone_system_host_options options = {.log = log_line};
    return dpone_system_host_new(out, &options, error);
}
