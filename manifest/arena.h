/* Memory that is freed all at once: what belongs to one compiled schema. */
#ifndef DPONE_MANIFEST_ARENA_H
#define DPONE_MANIFEST_ARENA_H

#include <dpone/base.h>

struct dpone_arena_block;

/* All zero is an empty arena. Used by one thread. */
struct dpone_arena {
    struct dpone_arena_block *blocks;
    size_t used; /* bytes of the newest block */
};

/* Zeroed memory for `count` items, aligned for any type; NULL without memory. Valid until the arena is
 * cleared. */
void *dpone_arena_take(struct dpone_arena *arena, size_t count, size_t item_bytes);

/* A copy with a NUL behind it. */
char *dpone_arena_text(struct dpone_arena *arena, struct dpone_string text);

void dpone_arena_clear(struct dpone_arena *arena);

#endif
