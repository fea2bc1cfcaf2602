/* symbol_hygiene: what the shared object exports, imports and needs. */
#include "../check.h"

#include "../elf_file.h"
#include "../subject.h"

#include <dpone/connector.h>

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const char *const inputs[] = {DPONE_PACKAGE_MANIFEST, NULL};

/* What every program on a glibc system has, so no package needs to declare it. */
static const char *const base_libraries[] = {
    "libc.so.6",  "libm.so.6",     "libpthread.so.0",      "libdl.so.2",
    "librt.so.1", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
    NULL};

/* Beginnings of what a sanitizer or a coverage build adds by itself. */
static const char *const tool_libraries[] = {"libasan.so", "libubsan.so",  "libtsan.so",
                                             "liblsan.so", "libclang_rt.", NULL};
static const char *const tool_symbols[] = {"__asan_",    "__ubsan_", "__tsan_", "__lsan_", "__sanitizer_",
                                           "__odr_asan", "___asan_", "__gcov_", "__llvm_", NULL};

/* What a connector asks its host for instead. */
struct forbidden_import {
    const char *name;
    const char *instead;
};

static const struct forbidden_import forbidden_imports[] = {
    {"sleep", "host->sleep_ms"},
    {"usleep", "host->sleep_ms"},
    {"nanosleep", "host->sleep_ms"},
    {"clock_nanosleep", "host->sleep_ms"},
    {"thrd_sleep", "host->sleep_ms"},
    {"time", "host->wall_clock_us"},
    {"gettimeofday", "host->wall_clock_us"},
    {"clock_gettime", "host->monotonic_ns"},
    {"timespec_get", "host->wall_clock_us"},
    {"clock", "host->monotonic_ns"},
    {"times", "host->monotonic_ns"},
    {"ftime", "host->wall_clock_us"},
    {"getenv", "an option, or a secret reference"},
    {"secure_getenv", "an option, or a secret reference"},
    {"setenv", "an option"},
    {"putenv", "an option"},
    {"unsetenv", "an option"},
    {"clearenv", "an option"},
    {"environ", "an option"},
    {"__environ", "an option"},
    {"exit", "a status"},
    {"_exit", "a status"},
    {"_Exit", "a status"},
    {"quick_exit", "a status"},
    {"on_exit", "close() of the instance"},
    {"at_quick_exit", "close() of the instance"},
    {"__cxa_at_quick_exit", "close() of the instance"},
    {"pthread_atfork", "nothing: processes belong to the host"},
    {"__register_atfork", "nothing: processes belong to the host"},
    {"umask", "fchmod() of the file"},
    {"chdir", "paths from an option, or openat()"},
    {"fchdir", "paths from an option, or openat()"},
    {"setlocale", "a function that takes a locale_t"},
    {"uselocale", "a function that takes a locale_t"},
    {"err", "a status"},
    {"errx", "a status"},
    {"error", "a status"},
    {"signal", "host->is_cancelled"},
    {"__sysv_signal", "host->is_cancelled"},
    {"sigaction", "host->is_cancelled"},
    {"sigprocmask", "host->is_cancelled"},
    {"pthread_sigmask", "host->is_cancelled"},
    {"sigset", "host->is_cancelled"},
    {"sigignore", "host->is_cancelled"},
    {"sigwait", "host->is_cancelled"},
    {"sigwaitinfo", "host->is_cancelled"},
    {"sigtimedwait", "host->is_cancelled"},
    {"sigsuspend", "host->is_cancelled"},
    {"signalfd", "host->is_cancelled"},
    {"pause", "host->wait"},
    {"sigqueue", "nothing: processes belong to the host"},
    {"killpg", "nothing: processes belong to the host"},
    {"sigaltstack", "nothing: the process belongs to the host"},
    {"raise", "a status"},
    {"kill", "nothing: processes belong to the host"},
    {"alarm", "host->sleep_ms"},
    {"ualarm", "host->sleep_ms"},
    {"setitimer", "host->sleep_ms"},
    {"timer_create", "host->sleep_ms"},
    {"printf", "host->log"},
    {"__printf_chk", "host->log"},
    {"vprintf", "host->log"},
    {"__vprintf_chk", "host->log"},
    {"puts", "host->log"},
    {"putchar", "host->log"},
    {"putchar_unlocked", "host->log"},
    {"wprintf", "host->log"},
    {"vwprintf", "host->log"},
    {"putwchar", "host->log"},
    {"warn", "host->log"},
    {"warnx", "host->log"},
    {"perror", "host->log"},
    {"_ZSt4cout", "host->log"},
    {"_ZSt4cerr", "host->log"},
    {"_ZSt4clog", "host->log"},
    {"psignal", "host->log"},
    {"psiginfo", "host->log"},
    {"herror", "host->log"},
    {"stdout", "host->log"},
    {"stderr", "host->log"},
};

static int begins_with_any(const char *text, const char *const *beginnings) {
    for (; *beginnings != NULL; beginnings++) {
        if (strncmp(text, *beginnings, strlen(*beginnings)) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_any(const char *text, const char *const *words) {
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return 1;
        }
    }
    return 0;
}

static void check_exports(struct dpone_check_run *run, void *context) {
    const struct dpone_elf *elf = context;
    dpone_case_remedy(run, "Hide everything but " DPONE_CONNECTOR_INIT_SYMBOL
                           ": compile with -fvisibility=hidden and link with -Wl,--exclude-libs,ALL, as "
                           "dpone_connector_library() does.");
    dpone_expect(run, dpone_names_hold(&elf->exports, DPONE_CONNECTOR_INIT_SYMBOL), "exported symbols",
                 DPONE_CONNECTOR_INIT_SYMBOL, "it is not exported");
    for (size_t i = 0; i < elf->exports.count; i++) {
        const char *name = elf->exports.items[i];
        if (!begins_with_any(name, tool_symbols)) {
            dpone_expect(run, strcmp(name, DPONE_CONNECTOR_INIT_SYMBOL) == 0, "exported symbols",
                         DPONE_CONNECTOR_INIT_SYMBOL " alone", "%s", name);
        }
    }
}

/* A declared library covers NEEDED entries by its name with or without version: libcurl, libcurl.so.4. */
static int is_declared(const struct dpone_names *libraries, const char *needed) {
    for (size_t i = 0; i < libraries->count; i++) {
        const char *name = libraries->items[i];
        size_t size = strlen(name);
        if (size > 0 && strncmp(needed, name, size) == 0 &&
            (needed[size] == '\0' || strncmp(needed + size, ".so", 3) == 0 ||
             (strstr(name, ".so") != NULL && needed[size] == '.'))) {
            return 1;
        }
    }
    return 0;
}

static void check_needed(struct dpone_check_run *run, void *context) {
    const struct dpone_elf *elf = context;
    dpone_case_remedy(run, "Add the library to libraries.required in " DPONE_PACKAGE_MANIFEST
                           ", or do not link it: an optional one is opened with dpone_library_open().");
    dpone_expect(run, elf->needed.count > 0 || elf->imports.count == 0, "NEEDED", "the C library", "nothing");
    for (size_t i = 0; i < elf->needed.count; i++) {
        const char *name = elf->needed.items[i];
        dpone_expect(run,
                     is_any(name, base_libraries) || begins_with_any(name, tool_libraries) ||
                         is_declared(&run->subject->package->required_libraries, name),
                     "NEEDED", "a library of libraries.required in " DPONE_PACKAGE_MANIFEST, "%s", name);
    }
}

static void check_imports(struct dpone_check_run *run, void *context) {
    const struct dpone_elf *elf = context;
    char expected[96];
    for (size_t i = 0; i < sizeof(forbidden_imports) / sizeof(forbidden_imports[0]); i++) {
        const struct forbidden_import *import = &forbidden_imports[i];
        (void)snprintf(expected, sizeof(expected), "%s instead", import->instead);
        dpone_expect(run, !dpone_names_hold(&elf->imports, import->name), "imported symbols", expected, "%s",
                     import->name);
    }
}

static void check_hardening(struct dpone_check_run *run, void *context) {
    const struct dpone_elf *elf = context;
    dpone_case_remedy(run, "Compile every source with -fPIC, and assembly with .note.GNU-stack.");
    dpone_expect(run, !elf->text_relocations, "dynamic section", "no text relocations", "TEXTREL");
    dpone_expect(run, !elf->executable_stack, "PT_GNU_STACK", "no executable stack", "it asks for one");
}

static void check_resolves(struct dpone_check_run *run, void *context) {
    (void)context;
    dpone_case_remedy(
        run, "Link every library whose functions the connector calls; -Wl,-z,defs finds them at link "
             "time.");
    const void *handle = dlopen(run->subject->plugin, RTLD_NOW | RTLD_LOCAL);
    const char *problem = handle == NULL ? dlerror() : "";
    dpone_expect(run, handle != NULL, "dlopen with RTLD_NOW", "every symbol is found", "%s", problem);
}

static void check_symbol_hygiene(struct dpone_check_run *run) {
    struct dpone_elf elf;
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_elf_read(&elf, run->subject->plugin, &error);
    if (status != DPONE_OK) {
        if (dpone_case_begin(run, "readable")) {
            dpone_expect_status(run, run->subject->plugin, DPONE_OK, status, &error);
            dpone_case_end(run);
        }
    } else {
        dpone_case_run(run, "exports", check_exports, &elf);
        dpone_case_run(run, "needed", check_needed, &elf);
        dpone_case_run(run, "imports", check_imports, &elf);
        dpone_case_run(run, "hardening", check_hardening, &elf);
        if (run->profile != DPONE_PROFILE_STATIC) {
            dpone_case_run(run, "resolves", check_resolves, NULL);
        }
    }
    dpone_elf_clear(&elf);
}

const struct dpone_check dpone_check_symbol_hygiene = {
    .id = "symbol_hygiene",
    .title = "One symbol out, only known ones in",
    .proves = "The shared object exports dpone_connector_init alone, needs declared libraries alone, "
              "resolves at once, "
              "and imports nothing that belongs to its host.",
    .remedy = "Ask the host (dpone/host.h) for time, waiting, logging and secrets, and return a status.",
    .group = DPONE_GROUP_LOADING,
    .profile = DPONE_PROFILE_STATIC,
    .needs = DPONE_NEED_PLUGIN,
    .inputs = inputs,
    .run = check_symbol_hygiene,
};
