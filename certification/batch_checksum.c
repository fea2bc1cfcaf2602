/* A checksum of every byte that belongs to a batch. */
#include "batch_checksum.h"

#include <string.h>

/* FNV-1a over words: enough to see a change, fast enough to take twice. */
static uint64_t mix(uint64_t sum, const void *data, size_t size) {
    const uint8_t *bytes = data;
    uint64_t word = 0;
    for (; size >= sizeof(word); size -= sizeof(word), bytes += sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        sum = (sum ^ word) * 0x100000001b3u;
        sum ^= sum >> 29;
    }
    for (; size > 0; size--, bytes++) {
        sum = (sum ^ *bytes) * 0x100000001b3u;
    }
    return sum;
}

static uint64_t mix_number(uint64_t sum, int64_t number) {
    return mix(sum, &number, sizeof(number));
}

/* Bytes of one value in the second buffer; 0: a bit, -1: offsets with a data buffer. */
static int width_of(const char *format) {
    switch (format[0]) {
    case 'b':
        return 0;
    case 'i':
        return 4;
    case 'u':
    case 'z':
        return -1;
    case 'd':
        return 16;
    case 't':
        return format[1] == 'd' ? 4 : 8;
    default:
        return 8;
    }
}

uint64_t dpone_column_checksum(const char *format, const struct ArrowArray *column) {
    size_t rows = (size_t)(column->length + column->offset);
    int width = width_of(format);
    uint64_t sum = mix_number(0xcbf29ce484222325u, column->length);
    sum = mix_number(sum, column->null_count);
    sum = mix_number(sum, column->offset);
    sum = mix(sum, column->buffers, (size_t)column->n_buffers * sizeof(void *));
    if (column->buffers[0] != NULL) {
        sum = mix(sum, column->buffers[0], (rows + 7) / 8);
    }
    if (column->buffers[1] == NULL || rows == 0) {
        return sum;
    }
    if (width >= 0) {
        return mix(sum, column->buffers[1], width == 0 ? (rows + 7) / 8 : rows * (size_t)width);
    }
    const int32_t *offsets = column->buffers[1];
    sum = mix(sum, offsets, (rows + 1) * sizeof(*offsets));
    return column->buffers[2] == NULL ? sum : mix(sum, column->buffers[2], (size_t)offsets[rows]);
}

uint64_t dpone_batch_checksum(const struct ArrowSchema *schema, const struct ArrowArray *batch) {
    uint64_t sum = mix_number(0xcbf29ce484222325u, batch->length);
    sum = mix(sum, batch->children, (size_t)batch->n_children * sizeof(*batch->children));
    for (int64_t i = 0; i < batch->n_children; i++) {
        sum =
            mix_number(sum, (int64_t)dpone_column_checksum(schema->children[i]->format, batch->children[i]));
    }
    return sum;
}
