/* A plug-in for tests: the reference connector under the name `stub`. PLUGIN_STUB_BROKEN makes one whose init
 * fails. */
#include "runtime/reference.h"

DPONE_EXPORT int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out,
                                          struct dpone_error *error) {
#ifdef PLUGIN_STUB_BROKEN
    (void)abi_version;
    (void)out;
    return dpone_error_set(error, DPONE_NOT_IMPLEMENTED, "built for another dpone");
#else
    struct dpone_connector self = *dpone_reference_connector();
    self.name = (struct dpone_string){"stub", 4};
    return dpone_connector_fill(abi_version, out, &self, error);
#endif
}
