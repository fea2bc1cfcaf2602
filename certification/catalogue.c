/* The catalogue as an array, and looking things up in it. */
#include "catalogue.h"

#include "catalogue_rows.h"

#include <string.h>

#define ROW_ADDRESS(name) &dpone_check_##name,

static const struct dpone_check *const catalogue[] = {DPONE_CATALOGUE_ROWS(ROW_ADDRESS)};

const struct dpone_check *const *dpone_catalogue(size_t *count) {
    *count = sizeof(catalogue) / sizeof(catalogue[0]);
    return catalogue;
}

const struct dpone_check *dpone_catalogue_find(const char *id) {
    for (size_t i = 0; i < sizeof(catalogue) / sizeof(catalogue[0]); i++) {
        if (strcmp(catalogue[i]->id, id) == 0) {
            return catalogue[i];
        }
    }
    return NULL;
}

static const struct {
    uint32_t capability;
    const char *name;
} capability_names[] = {{DPONE_CAPABILITY_SOURCE, "source"},
                        {DPONE_CAPABILITY_SINK, "sink"},
                        {DPONE_CAPABILITY_STATE, "state"},
                        {DPONE_CAPABILITY_NATIVE_TRANSFER, "native_transfer"}};

uint32_t dpone_capability_parse(const char *name) {
    for (size_t i = 0; i < sizeof(capability_names) / sizeof(capability_names[0]); i++) {
        if (strcmp(capability_names[i].name, name) == 0) {
            return capability_names[i].capability;
        }
    }
    return 0;
}

const char *dpone_capability_name(uint32_t capability) {
    for (size_t i = 0; i < sizeof(capability_names) / sizeof(capability_names[0]); i++) {
        if (capability_names[i].capability == capability) {
            return capability_names[i].name;
        }
    }
    return "unknown";
}
