/* Loads a plug-in in a process of its own under a system-call filter, and tells what it did: every forbidden
 * call, with its arguments, is refused with EPERM and recorded; what the process looked like before and after
 * is compared. */
#ifndef DPONE_CERTIFICATION_LOAD_WATCH_H
#define DPONE_CERTIFICATION_LOAD_WATCH_H

#include <dpone/error.h>

enum dpone_load_end {
    DPONE_LOAD_DONE = 0,    /* dlopen and init returned; `message` is empty */
    DPONE_LOAD_REFUSED = 1, /* dlopen failed, there is no init, or init failed: `message` says what it said */
    DPONE_LOAD_DIED = 2,    /* the process ended before init returned: `message` says how */
    DPONE_LOAD_UNWATCHED = 3 /* this system gives no such filter: `message` says why */
};

/* A forbidden call ("connect", "AF_INET 127.0.0.1:9", ...), or a property that changed ("umask", "0022" ->
 * "0077"). */
struct dpone_load_event {
    char *what;
    char *detail;
    char *before; /* NULL for a call */
};

struct dpone_load_watch {
    int32_t end; /* enum dpone_load_end */
    char message[512];
    struct dpone_load_event *events; /* in the order of happening */
    size_t event_count;
};

/* `hidden_library` (nullable): none of its files can be opened while loading. DPONE_OK, whatever the
 * plug-in did; DPONE_RESOURCE_EXHAUSTED or DPONE_OUT_OF_MEMORY. Clear `out` in any case. */
int32_t dpone_load_watch_run(struct dpone_load_watch *out, const char *plugin, const char *hidden_library,
                             struct dpone_error *error);
void dpone_load_watch_clear(struct dpone_load_watch *watch);

/* Is `path` a file of this library? "/lib/libcurl.so.4" is one of "libcurl" and of "libcurl.so.4",
 * "libcurl-gnutls.so.4" is not. 0 when `library` is NULL. */
int dpone_load_is_library(const char *path, const char *library);

#endif
