/* Bytes that grow and are used again. */
#include "runtime/scratch.h"

#include <stdlib.h>
#include <string.h>

#include <dpone/error.h>

void dpone_scratch_clear(struct dpone_scratch *scratch) {
    free(scratch->data);
    *scratch = (struct dpone_scratch){NULL, 0, 0};
}

int32_t dpone_scratch_add(struct dpone_scratch *scratch, const void *data, size_t size) {
    if (size > scratch->capacity - scratch->size) {
        if (size > (SIZE_MAX - 64) / 2 - scratch->size) {
            return DPONE_OUT_OF_MEMORY;
        }
        size_t capacity = 2 * (scratch->size + size) + 64;
        uint8_t *grown = realloc(scratch->data, capacity);
        if (grown == NULL) {
            return DPONE_OUT_OF_MEMORY;
        }
        scratch->data = grown;
        scratch->capacity = capacity;
    }
    if (size > 0) {
        memcpy(scratch->data + scratch->size, data, size);
        scratch->size += size;
    }
    return DPONE_OK;
}

int32_t dpone_scratch_add_text(void *context, const char *data, size_t size) {
    return dpone_scratch_add(context, data, size);
}
