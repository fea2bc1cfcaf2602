/* Where fixtures are: dpone's own, and those of authors. */
#include "fixture_internal.h"

#include "runtime/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct dpone_fixture_known known_fixtures[] = {
    {"http", "HTTP and JSON server", "libmicrohttpd-dev"},
    {"sqlite", "SQLite database file", "libsqlite3-dev"},
    {"postgres", "private PostgreSQL cluster", "libpq-dev and postgresql"},
    {"directory", "directory of JSONL or CSV files", ""},
};

const struct dpone_fixture_known *dpone_fixture_catalogue(size_t *count) {
    *count = sizeof(known_fixtures) / sizeof(*known_fixtures);
    return known_fixtures;
}

static const struct dpone_fixture_known *find_known(const char *name) {
    for (size_t i = 0; i < sizeof(known_fixtures) / sizeof(*known_fixtures); i++) {
        if (strcmp(known_fixtures[i].name, name) == 0) {
            return &known_fixtures[i];
        }
    }
    return NULL;
}

int dpone_fixture_is_known(const char *name) {
    return find_known(name) != NULL;
}

/* ---- Where the program and the modules are ---- */

/* The folders where authors' modules are, separated by colons; on the heap, NULL without memory. */
static char *search_path(const struct dpone_fixture_settings *settings) {
    const char *folders = getenv(DPONE_FIXTURE_PATH_VARIABLE);
    const char *beside = settings->beside == NULL ? "" : settings->beside;
    const char *slash = strrchr(beside, '/');
    return dpone_format("%s%s%.*s", folders == NULL ? "" : folders, slash == NULL ? "" : ":",
                        slash == NULL ? 0 : (int)(slash - beside), beside);
}

/* <prefix>/libexec/dpone beside <prefix>/bin/dpone, or the same in a build tree, whose programs lie a few
 * folders deep. */
static int find_libexec(char out[DPONE_FIXTURE_PATH_BYTES]) {
    char base[DPONE_FIXTURE_PATH_BYTES - 64];
    ssize_t size = readlink("/proc/self/exe", base, sizeof(base) - 1);
    if (size <= 0) {
        return 0;
    }
    base[size] = 0;
    for (int depth = 0; depth < 5; depth++) {
        char *slash = strrchr(base, '/');
        if (slash == NULL || slash == base) {
            return 0;
        }
        *slash = 0;
        (void)snprintf(out, DPONE_FIXTURE_PATH_BYTES, "%s/" DPONE_LIBEXEC "/dpone-fixture", base);
        if (access(out, X_OK) == 0) {
            *strrchr(out, '/') = 0;
            return 1;
        }
    }
    return 0;
}

static int libexec_path(char out[DPONE_FIXTURE_PATH_BYTES], const char *libexec, const char *name) {
    char folder[DPONE_FIXTURE_PATH_BYTES];
    if (libexec != NULL) {
        (void)snprintf(folder, sizeof(folder), "%s", libexec);
    } else if (!find_libexec(folder)) {
        return 0;
    }
    return snprintf(out, DPONE_FIXTURE_PATH_BYTES, "%s/%s", folder, name) < DPONE_FIXTURE_PATH_BYTES;
}

/* A module of dpone's own, or any by its path. */
static int module_path(char out[DPONE_FIXTURE_PATH_BYTES], const char *name, const char *libexec) {
    char file[128];
    if (strchr(name, '/') != NULL) {
        return snprintf(out, DPONE_FIXTURE_PATH_BYTES, "%s", name) < DPONE_FIXTURE_PATH_BYTES;
    }
    return snprintf(file, sizeof(file), "fixtures/%s.so", name) < (int)sizeof(file) &&
           libexec_path(out, libexec, file);
}

int dpone_fixture_available(const char *name, const char *libexec) {
    char path[DPONE_FIXTURE_PATH_BYTES];
    return module_path(path, name, libexec) && access(path, R_OK) == 0;
}

/* An author's module, by its name. */
static int32_t search_module(char out[DPONE_FIXTURE_PATH_BYTES],
                             const struct dpone_fixture_settings *settings, struct dpone_error *error) {
    char *folders = search_path(settings);
    char *file = dpone_format("%s.so", settings->name);
    const char *const names[] = {file, NULL};
    char *found = folders == NULL || file == NULL ? NULL : dpone_file_search(folders, names);
    int32_t status = DPONE_OK;
    if (found == NULL || snprintf(out, DPONE_FIXTURE_PATH_BYTES, "%s", found) >= DPONE_FIXTURE_PATH_BYTES) {
        status = dpone_error_set(
            error, DPONE_INVALID_ARGUMENT,
            "fixture \"%s\" is none of dpone's, and no %s.so is in %s; build it, and name "
            "its folder in " DPONE_FIXTURE_PATH_VARIABLE,
            settings->name, settings->name, folders == NULL || *folders == '\0' ? "any folder" : folders);
    }
    free(found);
    free(file);
    free(folders);
    return status;
}

int32_t dpone_fixture_find_module(char out[DPONE_FIXTURE_PATH_BYTES],
                                  const struct dpone_fixture_settings *settings, struct dpone_error *error) {
    const struct dpone_fixture_known *known = find_known(settings->name);
    int is_path = strchr(settings->name, '/') != NULL;
    if (known == NULL && !is_path) {
        return search_module(out, settings, error);
    }
    if (module_path(out, settings->name, settings->libexec) && access(out, R_OK) == 0) {
        return DPONE_OK;
    }
    return is_path ? dpone_error_set(error, DPONE_NOT_FOUND, "fixture module %s: %s", settings->name,
                                     strerror(errno))
                   : dpone_error_set(error, DPONE_NOT_FOUND,
                                     "fixture \"%s\" (%s) is not part of this dpone; %s%s%sbuild dpone again",
                                     known->name, known->title, *known->package != 0 ? "install " : "",
                                     known->package, *known->package != 0 ? " and " : "");
}

int32_t dpone_fixture_find_program(char out[DPONE_FIXTURE_PATH_BYTES],
                                   const struct dpone_fixture_settings *settings, struct dpone_error *error) {
    if (libexec_path(out, settings->libexec, "dpone-fixture") && access(out, X_OK) == 0) {
        return DPONE_OK;
    }
    return dpone_error_set(error, DPONE_NOT_FOUND,
                           "the program dpone-fixture is missing in <prefix>/" DPONE_LIBEXEC
                           "; install dpone again");
}
