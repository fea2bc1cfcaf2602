/* The memory behind a batch under construction, column by column. A finished column owns its storage until it
 * is released, on whatever thread; then the storage waits as the spare of its column for the builder's next
 * batch. Internal. */
#ifndef DPONE_SRC_BATCH_STORAGE_H
#define DPONE_SRC_BATCH_STORAGE_H

#include <stdatomic.h>

#include <dpone/arrow.h>

/* A growable block. */
struct storage_block {
    uint8_t *data;
    size_t capacity;
};

/* The buffers of one column of one batch. */
struct column_storage {
    struct storage_pool *pool;
    size_t column;
    struct storage_block validity;
    struct storage_block fixed; /* values, bits of bool, offsets of utf8 and binary */
    struct storage_block bytes; /* data of utf8 and binary */
    const void *buffers[3];     /* as a finished array shows them */
};

/* One spare storage per column, shared by the builder and the columns it has handed out. */
struct storage_pool {
    atomic_size_t references;
    size_t count;
    _Atomic(struct column_storage *) spare[];
};

/* A pool for so many columns with one reference, or NULL. */
struct storage_pool *dpone_storage_pool_new(size_t columns);

/* Drops a reference; the last one frees the pool with its spares. */
void dpone_storage_pool_drop(struct storage_pool *pool);

/* The spare of a column, or a new storage without buffers, or NULL. */
struct column_storage *dpone_storage_take(struct storage_pool *pool, size_t column);

/* Makes the storage the spare of its column; what was the spare is freed. */
void dpone_storage_give_back(struct column_storage *storage);

/* Makes a block hold `needed` bytes, keeping the first `used`; grows at least by half. 0 when out of memory,
 * the block is as it was then. */
int dpone_storage_grow(struct storage_block *block, size_t used, size_t needed);

#endif
