/* Views and owned bytes (dpone/base.h), and the allocations that are built on the pair of memory.h. */
#include <dpone/error.h>

#include <string.h>

#include "memory.h"

struct dpone_string dpone_string_of(const char *text) {
    struct dpone_string view = {text, text == NULL ? 0 : strlen(text)};
    return view;
}

int dpone_string_equal(struct dpone_string left, struct dpone_string right) {
    return left.size == right.size && (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
}

void dpone_struct_fill(void *out, const void *filled) {
    uint32_t room;
    uint32_t size;
    memcpy(&room, out, sizeof(room));
    memcpy(&size, filled, sizeof(size));
    if (size > room)
        size = room;
    if (size > sizeof(room))
        memcpy((char *)out + sizeof(room), (const char *)filled + sizeof(room), size - sizeof(room));
}

static void buffer_release(struct dpone_buffer *buffer) {
    dpone_memory_free(buffer->private_data);
}

int32_t dpone_buffer_copy(struct dpone_buffer *out, const void *data, size_t size) {
    void *copy = dpone_memory_allocate(size);
    if (copy == NULL)
        return DPONE_OUT_OF_MEMORY;
    if (size > 0)
        memcpy(copy, data, size);
    out->struct_size = (uint32_t)sizeof(*out);
    out->data = copy;
    out->size = size;
    out->private_data = copy;
    out->release = buffer_release;
    return DPONE_OK;
}

void dpone_buffer_clear(struct dpone_buffer *buffer) {
    if (buffer->release != NULL)
        buffer->release(buffer);
    *buffer = (struct dpone_buffer)DPONE_BUFFER_INIT;
}

struct dpone_bytes dpone_buffer_view(const struct dpone_buffer *buffer) {
    struct dpone_bytes view = {buffer->data, buffer->size};
    return view;
}

void *dpone_memory_allocate_zeroed(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    void *block = dpone_memory_allocate(count * size);
    if (block != NULL)
        memset(block, 0, count * size);
    return block;
}

char *dpone_memory_copy_text(const char *data, size_t size) {
    char *copy = size == SIZE_MAX ? NULL : dpone_memory_allocate(size + 1);
    if (copy == NULL)
        return NULL;
    if (size > 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}
