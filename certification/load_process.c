/* The process in which the plug-in is loaded under the filter. */
#define _GNU_SOURCE
#include "load_watch_internal.h"

#include "call_filter.h"
#include "load_snapshot.h"

#include <dpone/call.h>

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A line of the report: fields between tabs. */
static void tell(int channel, const char *format, ...) {
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    size = size < 0 ? 0 : size < (int)sizeof(line) - 1 ? size : (int)sizeof(line) - 2;
    for (int i = 0; i < size; i++) {
        line[i] = line[i] == '\n' ? ' ' : line[i];
    }
    line[size++] = '\n';
    (void)!write(channel, line, (size_t)size);
}

static void tell_change(void *context, const char *property, const char *before, const char *after) {
    tell(*(const int *)context, "changed\t%s\t%.400s\t%.400s", property, before, after);
}

/* Stops at the first object of this program that is a file of the library. */
static int is_of_library(struct dl_phdr_info *object, size_t size, void *library) {
    (void)size;
    return dpone_load_is_library(object->dlpi_name, library);
}

static int uses_itself(const char *library) {
    return library != NULL && dl_iterate_phdr(is_of_library, (void *)(uintptr_t)library);
}

/* What this program uses itself stays loaded; a name space of its own makes the plug-in look for files. */
static void *open_plugin(const char *plugin, const char *hidden_library) {
    return uses_itself(hidden_library) ? dlmopen(LM_ID_NEWLM, plugin, RTLD_NOW)
                                       : dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
}

/* dlopen, dlsym, init: what happens in production. */
static void load(const char *plugin, const char *hidden_library, int channel) {
    struct dpone_connector connector = {.struct_size = (uint32_t)sizeof(connector)};
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_connector_init_function init = NULL;
    void *handle = open_plugin(plugin, hidden_library);
    if (handle == NULL) {
        tell(channel, "refused\t%s", dlerror());
        return;
    }
    void *symbol = dlsym(handle, DPONE_CONNECTOR_INIT_SYMBOL);
    if (symbol == NULL) {
        tell(channel, "refused\tit exports no " DPONE_CONNECTOR_INIT_SYMBOL);
        return;
    }
    memcpy(&init, &symbol, sizeof(init));
    if (dpone_call_init(init, &connector, &error) != DPONE_OK) {
        tell(channel, "refused\t%s", error.message);
    }
}

_Noreturn void dpone_load_process_run(const char *plugin, const char *hidden_library, int channel) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (uses_itself(hidden_library) && dlsym(RTLD_DEFAULT, "__sanitizer_print_stack_trace") != NULL) {
        tell(channel, "unwatched\t%s is part of this program, and a sanitizer allows no second one",
             hidden_library);
        _exit(0);
    }
    struct dpone_load_snapshot *before = dpone_load_snapshot_take(channel);
    int filter = dpone_load_calls_install(channel, hidden_library != NULL);
    if (filter < 0 || dpone_call_filter_send(channel, filter) != 0) {
        tell(channel, "unwatched\tseccomp notification is refused (%s)", strerror(errno));
        _exit(0);
    }
    (void)close(filter);
    load(plugin, hidden_library, channel);
    struct dpone_load_snapshot *after = dpone_load_snapshot_take(channel);
    if (before != NULL && after != NULL) {
        dpone_load_snapshot_compare(before, after, tell_change, &channel);
        tell(channel, "done");
    }
    _exit(0);
}
