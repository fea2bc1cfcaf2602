/* A connector whose system is not there. */
#include "detached.h"

#include "live_options.h"
#include "path.h"
#include "subject.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

int dpone_detached_host_open(struct dpone_detached_host *out, struct dpone_check_run *run) {
    struct dpone_error error = DPONE_ERROR_INIT;
    *out = (struct dpone_detached_host){.time = dpone_virtual_time_new()};
    struct dpone_system_host_options settings = {
        .time = out->time == NULL ? NULL : dpone_virtual_time_functions(out->time),
        .seeded = 1,
        .seed = run->seed,
        .temporary_parent = run->directory};
    if (dpone_system_host_new(&out->host, &settings, &error) != DPONE_OK) {
        dpone_check_environment(run, "a host without a system", &error);
        dpone_detached_host_close(out);
        return 0;
    }
    return 1;
}

void dpone_detached_host_close(struct dpone_detached_host *host) {
    dpone_system_host_free(host->host);
    dpone_virtual_time_free(host->time);
    *host = (struct dpone_detached_host){0};
}

/* Nobody listens on the discard port of this machine. */
static json_t *variables_of_nowhere(const char *directory) {
    json_t *variables =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "url", "http://127.0.0.1:9", "host",
                  "127.0.0.1", "port", "9", "token", "nobody", "username", "nobody", "password", "nobody",
                  "database", "nothing", "socket", "/nowhere", "directory", directory);
    char *path = dpone_format("%s/nothing", directory);
    if (path != NULL && variables != NULL) {
        (void)json_object_set_new(variables, "path", json_string(path));
    }
    free(path);
    return variables;
}

static void export_variables(json_t *variables) {
    const char *name;
    json_t *value;
    json_object_foreach(variables, name, value) {
        char variable[128];
        (void)snprintf(variable, sizeof(variable), "DPONE_FIXTURE_%s", name);
        for (char *letter = variable; *letter != '\0'; letter++) {
            *letter = (char)toupper((unsigned char)*letter);
        }
        (void)setenv(variable, json_string_value(value), 0); /* a fixture that is there has set them */
    }
}

json_t *dpone_detached_options(struct dpone_check_run *run) {
    const struct dpone_contract *contract = run->subject->package->contract;
    json_t *variables = variables_of_nowhere(run->directory);
    export_variables(variables);
    json_t *options = contract == NULL || contract->connector_options == NULL
                          ? json_object()
                          : dpone_live_node_to_json(contract->connector_options, variables);
    json_decref(variables);
    return options;
}

int dpone_detached_tree(struct dpone_option_tree **out, struct dpone_check_run *run, const json_t *options) {
    struct dpone_error error = DPONE_ERROR_INIT;
    char *path = dpone_format("%s/detached_options.json", run->directory);
    int32_t status = path == NULL || options == NULL || json_dump_file(options, path, JSON_INDENT(1)) != 0
                         ? dpone_error_set(&error, DPONE_IO, "cannot write the options of a connector")
                         : dpone_option_tree_read(out, path, &error);
    free(path);
    if (status != DPONE_OK) {
        dpone_check_environment(run, "options for a connector without a system", &error);
    }
    return status == DPONE_OK;
}
