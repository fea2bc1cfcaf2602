/* Blocks that double in size: see arena.h. */
#include "manifest/arena.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK_BYTES = 16 * 1024, LARGEST_BLOCK_BYTES = 1024 * 1024 };

struct dpone_arena_block {
    struct dpone_arena_block *next;
    size_t size;
    max_align_t data[];
};

static int add_block(struct dpone_arena *arena, size_t wanted) {
    size_t size = arena->blocks == NULL ? FIRST_BLOCK_BYTES : arena->blocks->size * 2;
    size = size > LARGEST_BLOCK_BYTES ? LARGEST_BLOCK_BYTES : size;
    size = size < wanted ? wanted : size;
    struct dpone_arena_block *block = calloc(1, sizeof *block + size);
    if (block == NULL) {
        return 0;
    }
    block->next = arena->blocks;
    block->size = size;
    arena->blocks = block;
    arena->used = 0;
    return 1;
}

void *dpone_arena_take(struct dpone_arena *arena, size_t count, size_t item_bytes) {
    if (item_bytes != 0 && count > (SIZE_MAX / 4) / item_bytes) {
        return NULL;
    }
    size_t size = (count * item_bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if ((arena->blocks == NULL || arena->blocks->size - arena->used < size) && !add_block(arena, size)) {
        return NULL;
    }
    void *taken = (char *)arena->blocks->data + arena->used;
    arena->used += size;
    return taken;
}

char *dpone_arena_text(struct dpone_arena *arena, struct dpone_string text) {
    char *copy = dpone_arena_take(arena, text.size + 1, 1);
    if (copy != NULL && text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    return copy;
}

void dpone_arena_clear(struct dpone_arena *arena) {
    while (arena->blocks != NULL) {
        struct dpone_arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    arena->used = 0;
}
