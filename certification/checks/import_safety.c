/* import_safety: loading a connector has no effects, with and without its optional libraries. */
#include "../check.h"

#include "../elf_file.h"
#include "../load_watch.h"
#include "../subject.h"

#include <stdio.h>
#include <string.h>

static const char *const inputs[] = {DPONE_PACKAGE_MANIFEST, NULL};

/* Loads under the filter; 0 when this machine gives no filter, and the check was given up. */
static int watch(struct dpone_check_run *run, struct dpone_load_watch *out, const char *hidden_library) {
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_load_watch_run(out, run->subject->plugin, hidden_library, &error) != DPONE_OK) {
        dpone_check_environment(run, "watching the load", &error);
        return 0;
    }
    if (out->end == DPONE_LOAD_UNWATCHED) {
        dpone_check_skip(run, "loading cannot be watched here: %s", out->message);
        return 0;
    }
    return 1;
}

static void expect_loaded(struct dpone_check_run *run, const struct dpone_load_watch *watch) {
    dpone_expect(run, watch->end == DPONE_LOAD_DONE, "dlopen and dpone_connector_init",
                 "both return, and init fills a connector", "%s", watch->message);
}

static void check_loads(struct dpone_check_run *run, void *context) {
    expect_loaded(run, context);
}

static int64_t count_events(const struct dpone_load_watch *watch, int calls) {
    int64_t count = 0;
    for (size_t i = 0; i < watch->event_count; i++) {
        count += (watch->events[i].before == NULL) == calls;
    }
    return count;
}

static void check_calls(struct dpone_check_run *run, void *context) {
    const struct dpone_load_watch *watch = context;
    char where[96];
    dpone_case_remedy(run, "Move what constructors and dpone_connector_init() do into open() or later.");
    dpone_expect_integer(run, "forbidden system calls", 0, count_events(watch, 1));
    for (size_t i = 0; i < watch->event_count; i++) {
        if (watch->events[i].before == NULL) {
            (void)snprintf(where, sizeof(where), "system call %s", watch->events[i].what);
            dpone_expect(run, 0, where, "not called while the plug-in is loaded", "%s(%s)",
                         watch->events[i].what, watch->events[i].detail);
        }
    }
}

static void check_state(struct dpone_check_run *run, void *context) {
    const struct dpone_load_watch *watch = context;
    char expected[600];
    dpone_case_remedy(run,
                      "Leave the process as it was found; what the connector needs belongs into open().");
    dpone_expect_integer(run, "properties of the process that changed", 0, count_events(watch, 0));
    for (size_t i = 0; i < watch->event_count; i++) {
        if (watch->events[i].before != NULL) {
            (void)snprintf(expected, sizeof(expected), "as before the load: %s", watch->events[i].before);
            dpone_expect(run, 0, watch->events[i].what, expected, "%s", watch->events[i].detail);
        }
    }
}

static void check_not_linked(struct dpone_check_run *run, void *context) {
    const struct dpone_names *optional = context;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_elf elf;
    dpone_case_remedy(run, "Do not link the library: open it with dpone_library_open() where it is needed.");
    if (dpone_expect_status(run, "the shared object", DPONE_OK,
                            dpone_elf_read(&elf, run->subject->plugin, &error), &error)) {
        for (size_t i = 0; i < optional->count; i++) {
            for (size_t k = 0; k < elf.needed.count; k++) {
                dpone_expect(run, !dpone_load_is_library(elf.needed.items[k], optional->items[i]),
                             "NEEDED of the shared object", "no optional library",
                             "%s, which " DPONE_PACKAGE_MANIFEST " calls optional", elf.needed.items[k]);
            }
        }
    }
    dpone_elf_clear(&elf);
}

static void check_hidden(struct dpone_check_run *run, void *context) {
    struct dpone_load_watch hidden = {0};
    dpone_case_remedy(run, "Open %s with dpone_library_open() in the function that needs it.",
                      (const char *)context);
    if (watch(run, &hidden, context)) {
        expect_loaded(run, &hidden);
    }
    dpone_load_watch_clear(&hidden);
}

static void check_optional_libraries(struct dpone_check_run *run) {
    const struct dpone_names *optional = &run->subject->package->optional_libraries;
    char id[160];
    if (optional->count == 0) {
        return;
    }
    dpone_case_run(run, "optional_not_linked", check_not_linked, (void *)(uintptr_t)optional);
    for (size_t i = 0; i < optional->count && !dpone_check_given_up(run); i++) {
        (void)snprintf(id, sizeof(id), "without.%.120s", optional->items[i]);
        dpone_case_run(run, id, check_hidden, optional->items[i]);
    }
}

static void check_import_safety(struct dpone_check_run *run) {
    struct dpone_load_watch loading = {0};
    if (watch(run, &loading, NULL)) {
        dpone_case_run(run, "loads", check_loads, &loading);
        dpone_case_run(run, "system_calls", check_calls, &loading);
        dpone_case_run(run, "process_state", check_state, &loading);
        if (loading.end == DPONE_LOAD_DONE) {
            check_optional_libraries(run);
        }
    }
    dpone_load_watch_clear(&loading);
}

const struct dpone_check dpone_check_import_safety = {
    .id = "import_safety",
    .title = "Loading has no effects",
    .proves = "Between dlopen and the return of init the connector connects nowhere, writes nothing, starts "
              "nothing, "
              "prints nothing and leaves the process as it was, also when an optional library is missing.",
    .remedy = "Let dpone_connector_init() fill its struct and nothing else, and use no constructors.",
    .group = DPONE_GROUP_LOADING,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN,
    .inputs = inputs,
    .memory_limit_mib = 256,
    .run = check_import_safety,
};
