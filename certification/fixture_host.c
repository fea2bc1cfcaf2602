/* The program dpone-fixture: loads one fixture module and serves its parent until that is gone.
 *
 *     dpone-fixture MODULE PARENT_PROCESS_ID        with a socket on descriptor 3 */
#include "fixture_host.h"
#include "fixture_internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static volatile sig_atomic_t stop_requested;

/* Some seconds to leave in order, then by force: the alarm's default action ends the process. */
static void on_terminate(int signal_number) {
    (void)signal_number;
    stop_requested = 1;
    alarm(3);
}

static int arrange_to_die_with(pid_t parent) {
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_terminate;
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGINT, &action, NULL); /* Ctrl-C is the parent's to handle */
    return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

/* ---- Loading ---- */

typedef int32_t (*init_function)(uint32_t version, const struct dpone_fixture_module **out,
                                 struct dpone_error *error);

static int32_t load_module(struct dpone_host *host, const char *path, struct dpone_error *error) {
    init_function init = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        return dpone_error_set(error, DPONE_NOT_FOUND,
                               "fixture module %s cannot be loaded: %s; install that library", path,
                               dlerror());
    }
    void *symbol = dlsym(handle, "dpone_fixture_init");
    memcpy(&init, &symbol, sizeof(init)); /* ISO C has no cast from object to function pointer */
    if (init == NULL) {
        return dpone_error_set(
            error, DPONE_INVALID_ARGUMENT,
            "fixture module %s does not export dpone_fixture_init; see docs/reference/fixtures.md", path);
    }
    int32_t status = init(DPONE_FIXTURE_VERSION, &host->module, error);
    if (status == DPONE_OK && host->module->struct_size < sizeof(*host->module)) {
        status = dpone_error_set(error, DPONE_NOT_IMPLEMENTED,
                                 "fixture module %s was built with an older interface; build it again", path);
    }
    return status;
}

/* ---- Serving ---- */

static int send_reply(json_t *reply) {
    char *text = json_dumps(reply, JSON_COMPACT);
    if (text == NULL) {
        return 0;
    }
    size_t size = strlen(text);
    size_t sent = 0;
    text[size] = '\n';
    while (sent < size + 1) {
        ssize_t got = write(DPONE_FIXTURE_SOCKET, text + sent, size + 1 - sent);
        if (got < 0 && errno != EINTR) {
            break;
        }
        sent += got > 0 ? (size_t)got : 0;
    }
    free(text);
    return sent == size + 1;
}

static int answer(struct dpone_host *host, char *line, const struct dpone_error *load_error) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *reply = json_object();
    json_t *request = json_loads(line, 0, NULL);
    int32_t status = load_error->status;
    if (status != DPONE_OK) {
        error = *load_error;
    } else {
        status = request == NULL ? dpone_error_set(&error, DPONE_INVALID_ARGUMENT,
                                                   "dpone-fixture: a request that is no JSON")
                                 : dpone_host_serve(host, request, reply, &error);
    }
    json_object_set_new(reply, "status", json_integer(status));
    if (status != DPONE_OK) {
        json_object_set_new(reply, "message", json_string(error.message));
        json_object_set_new(reply, "retryable", json_integer(error.retryable));
    }
    int good = send_reply(reply);
    json_decref(request);
    json_decref(reply);
    return good;
}

static void serve(struct dpone_host *host, const struct dpone_error *load_error) {
    char *line = NULL;
    size_t capacity = 0;
    FILE *requests = fdopen(DPONE_FIXTURE_SOCKET, "r");
    while (requests != NULL && !stop_requested && getline(&line, &capacity, requests) > 0) {
        if (!answer(host, line, load_error)) {
            break;
        }
    }
    free(line);
}

int main(int count, char **arguments) {
    struct dpone_host host = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    if (count != 3 || !arrange_to_die_with((pid_t)strtol(arguments[2], NULL, 10))) {
        (void)fprintf(stderr,
                      "dpone-fixture: started by dpone, not by hand: usage: dpone-fixture MODULE PARENT\n");
        return 2;
    }
    fcntl(DPONE_FIXTURE_SOCKET, F_SETFD, FD_CLOEXEC);
    load_module(&host, arguments[1], &error);
    serve(&host, &error);
    alarm(3); /* a module that does not stop must not outlive its parent */
    dpone_host_stop(&host);
    return 0;
}
