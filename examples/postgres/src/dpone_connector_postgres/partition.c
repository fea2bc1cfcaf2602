/* Partitions: ranges of the pages of a table. */
#include "partition.h"

#include <stdio.h>
#include <stdlib.h>

#include "pack.h"

#define PARTITION_FORMAT "postgres partition 1"

static void partitions_release(struct dpone_partitions *partitions) {
    struct dpone_buffer **items = partitions->private_data;
    for (size_t i = 0; i < partitions->count; i++) {
        dpone_buffer_clear(items[i]);
        free(items[i]);
    }
    free(items);
    partitions->release = NULL;
}

static int32_t partitions_add(struct dpone_partitions *out, const struct postgres_table *table,
                              const struct postgres_partition *partition, struct dpone_error *error) {
    struct dpone_buffer **items = out->private_data;
    struct postgres_sql pack = {0};
    struct dpone_buffer *item = malloc(sizeof(*item));
    if (item == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for partitions");
    }
    *item = (struct dpone_buffer)DPONE_BUFFER_INIT;
    items[out->count++] = item;
    postgres_pack_add(&pack, dpone_string_of(PARTITION_FORMAT));
    postgres_pack_add(&pack, dpone_string_of(table->schema));
    postgres_pack_add(&pack, dpone_string_of(table->name));
    postgres_pack_add_integer(&pack, partition->from);
    postgres_pack_add_integer(&pack, partition->to);
    postgres_pack_add(&pack, partition->snapshot);
    return postgres_pack_finish(&pack, item, error);
}

/* The last range has no end, so that rows have their place that come before it is read. */
int32_t postgres_partitions_make(struct dpone_partitions *out, const struct postgres_table *table,
                                 int64_t pages, struct dpone_string snapshot, size_t wanted,
                                 struct dpone_error *error) {
    int64_t step = pages / (int64_t)(wanted > 0 ? wanted : 1) + 1;
    int64_t count = pages > 0 ? (pages + step - 1) / step : 1;
    int32_t status = DPONE_OK;
    struct dpone_buffer **items = calloc((size_t)count, sizeof(struct dpone_buffer *));
    if (items == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "out of memory for partitions");
    }
    out->private_data = items;
    out->items = items;
    out->release = partitions_release;
    out->shared_snapshot = snapshot.size > 0;
    for (int64_t i = 0; status == DPONE_OK && i < count; i++) {
        const struct postgres_partition partition = {i * step, i + 1 == count ? -1 : (i + 1) * step,
                                                     snapshot};
        status = partitions_add(out, table, &partition, error);
    }
    if (status != DPONE_OK) {
        out->release(out);
    }
    return status;
}

int32_t postgres_partition_read(struct postgres_partition *out, struct dpone_bytes bytes,
                                const struct postgres_table *table, struct dpone_error *error) {
    *out = (struct postgres_partition){.to = -1};
    if (bytes.size == 0 ||
        (postgres_pack_next_is(&bytes, PARTITION_FORMAT) && postgres_pack_next_is(&bytes, table->schema) &&
         postgres_pack_next_is(&bytes, table->name) && postgres_pack_next_integer(&bytes, &out->from) &&
         postgres_pack_next_integer(&bytes, &out->to) && postgres_pack_next(&bytes, &out->snapshot) &&
         bytes.size == 0 && out->from >= 0 && out->from <= UINT32_MAX && out->to <= UINT32_MAX)) {
        return DPONE_OK;
    }
    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the partition is none of table \"%s\"",
                           table->name);
}

void postgres_partition_add_condition(struct postgres_sql *sql, const struct postgres_partition *partition) {
    char text[96] = "";
    if (partition->from > 0) {
        (void)snprintf(text, sizeof(text), " AND ctid >= '(%lld,0)'::tid", (long long)partition->from);
    }
    postgres_sql_add(sql, "%s", text);
    if (partition->to >= 0) {
        (void)snprintf(text, sizeof(text), " AND ctid < '(%lld,0)'::tid", (long long)partition->to);
        postgres_sql_add(sql, "%s", text);
    }
}
