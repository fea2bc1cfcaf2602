/* Bytes that grow and are used again: the text of one value after another. */
#ifndef DPONE_RUNTIME_SCRATCH_H
#define DPONE_RUNTIME_SCRATCH_H

#include <dpone/base.h>

/* Begin with all zero; set size to 0 to start again. */
struct dpone_scratch {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

void dpone_scratch_clear(struct dpone_scratch *scratch);

/* DPONE_OK or DPONE_OUT_OF_MEMORY. */
int32_t dpone_scratch_add(struct dpone_scratch *scratch, const void *data, size_t size);

/* The same as dpone_value_text_of_view() calls it; `context` is the scratch. */
int32_t dpone_scratch_add_text(void *context, const char *data, size_t size);

#endif
