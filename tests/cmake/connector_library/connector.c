#include <dpone/connector.h>
#include <jansson.h>

#include "hand_made.h"

int helper_answer(void);

int not_exported(void) {
#ifdef UNDEFINED_SYMBOL
    extern int nowhere_defined(void);
    return nowhere_defined();
#else
    return helper_answer();
#endif
}

int32_t dpone_connector_init(uint32_t abi_version, struct dpone_connector *out, struct dpone_error *error) {
    static const struct dpone_connector self = {.struct_size = sizeof self, .abi_version = DPONE_ABI_VERSION};
    (void)json_null();
    (void)not_exported();
    return dpone_connector_fill(abi_version, out, &self, error);
}
