/* Growing, lending and reusing the buffers of batches. */
#include "batch_storage.h"

#include <string.h>

#include "memory.h"

static void storage_free(struct column_storage *storage) {
    if (storage == NULL)
        return;
    dpone_memory_free(storage->validity.data);
    dpone_memory_free(storage->fixed.data);
    dpone_memory_free(storage->bytes.data);
    dpone_memory_free(storage);
}

struct storage_pool *dpone_storage_pool_new(size_t columns) {
    struct storage_pool *pool =
        dpone_memory_allocate_zeroed(1, sizeof(*pool) + columns * sizeof(pool->spare[0]));
    if (pool == NULL)
        return NULL;
    atomic_init(&pool->references, 1);
    pool->count = columns;
    for (size_t i = 0; i < columns; i++)
        atomic_init(&pool->spare[i], NULL);
    return pool;
}

void dpone_storage_pool_drop(struct storage_pool *pool) {
    if (atomic_fetch_sub(&pool->references, 1) > 1)
        return;
    for (size_t i = 0; i < pool->count; i++)
        storage_free(atomic_load(&pool->spare[i]));
    dpone_memory_free(pool);
}

struct column_storage *dpone_storage_take(struct storage_pool *pool, size_t column) {
    struct column_storage *storage = atomic_exchange(&pool->spare[column], NULL);
    if (storage != NULL)
        return storage;
    storage = dpone_memory_allocate_zeroed(1, sizeof(*storage));
    if (storage != NULL) {
        storage->pool = pool;
        storage->column = column;
    }
    return storage;
}

void dpone_storage_give_back(struct column_storage *storage) {
    storage_free(atomic_exchange(&storage->pool->spare[storage->column], storage));
}

int dpone_storage_grow(struct storage_block *block, size_t used, size_t needed) {
    if (needed <= block->capacity)
        return 1;
    size_t capacity = block->capacity + block->capacity / 2;
    if (capacity < needed)
        capacity = needed;
    if (capacity > SIZE_MAX - DPONE_MEMORY_ALIGNMENT)
        return 0;
    capacity = (capacity + DPONE_MEMORY_ALIGNMENT - 1) / DPONE_MEMORY_ALIGNMENT * DPONE_MEMORY_ALIGNMENT;
    uint8_t *data = dpone_memory_allocate(capacity);
    if (data == NULL)
        return 0;
    if (used > 0)
        memcpy(data, block->data, used);
    dpone_memory_free(block->data);
    block->data = data;
    block->capacity = capacity;
    return 1;
}
