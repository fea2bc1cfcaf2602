/* A plug-in for tests: the reference connector under the name `stub`. PLUGIN_STUB_BROKEN makes one whose init
 * fails, PLUGIN_STUB_EXITS one that calls exit() where DPONE_TEST_EXIT says. */
#include "runtime/reference.h"

#ifdef PLUGIN_STUB_EXITS
#include <stdlib.h>
#include <string.h>

static void exit_in(const char *place) {
    if (strcmp(getenv("DPONE_TEST_EXIT"), place) == 0) {
        exit(0);
    }
}

__attribute__((constructor)) static void construct(void) {
    exit_in("constructor");
}

static int32_t open_or_exit(struct dpone_instance **out, const struct dpone_host *host,
                            const struct dpone_option *options, struct dpone_error *error) {
    exit_in("open");
    return dpone_reference_connector()->open(out, host, options, error);
}
#endif

DPONE_EXPORT int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out,
                                          struct dpone_error *error) {
#ifdef PLUGIN_STUB_BROKEN
    (void)abi_version;
    (void)out;
    return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "built for another dpone");
#else
    struct dpone_connector self = *dpone_reference_connector();
    self.name = (struct dpone_string){"stub", 4};
#ifdef PLUGIN_STUB_EXITS
    exit_in("init");
    self.open = open_or_exit;
#endif
    return dpone_connector_fill(abi_version, out, &self, error);
#endif
}
