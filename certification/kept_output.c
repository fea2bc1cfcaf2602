/* The beginning and the end of an output that may be endless. */
#include "kept_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT ((size_t)DPONE_GUARD_KEPT_BYTES)

void dpone_kept_output_add(struct dpone_kept_output *kept, const char *data, size_t size) {
    if (kept->head == NULL) {
        kept->head = malloc(KEPT);
        kept->tail = malloc(KEPT);
    }
    for (size_t i = 0; i < size; i++) {
        size_t at = (size_t)kept->total++;
        if (kept->head == NULL || kept->tail == NULL) {
            continue;
        }
        if (at < KEPT) {
            kept->head[at] = data[i];
        } else {
            kept->tail[at % KEPT] = data[i];
        }
    }
}

/* Copies the bytes [from, total) of the stream out of the ring. */
static size_t copy_tail(char *out, const struct dpone_kept_output *kept, size_t from) {
    size_t size = 0;
    for (size_t at = from; at < (size_t)kept->total; at++) {
        out[size++] = kept->tail[at % KEPT];
    }
    return size;
}

char *dpone_kept_output_text(const struct dpone_kept_output *kept) {
    size_t total = kept->head == NULL || kept->tail == NULL ? 0 : (size_t)kept->total;
    size_t head = total < KEPT ? total : KEPT;
    size_t from = total > 2 * KEPT ? total - KEPT : head;
    char *text = malloc(2 * KEPT + 64);
    if (text == NULL) {
        return NULL;
    }
    if (head > 0) {
        memcpy(text, kept->head, head);
    }
    size_t used = head;
    if (from > head) {
        used += (size_t)snprintf(text + used, 64, "\n[... %zu bytes left out ...]\n", from - head);
    }
    used += copy_tail(text + used, kept, from);
    text[used] = '\0';
    return text;
}

void dpone_kept_output_clear(struct dpone_kept_output *kept) {
    free(kept->head);
    free(kept->tail);
    *kept = (struct dpone_kept_output){0};
}
