/* Partitions: ranges of the pages of a table, all in one snapshot when it was exported. */
#ifndef DPONE_CONNECTOR_POSTGRES_PARTITION_H
#define DPONE_CONNECTOR_POSTGRES_PARTITION_H

#include "table.h"

struct postgres_partition {
    int64_t from;                 /* page */
    int64_t to;                   /* the first page that is no part of it; -1: it has no end */
    struct dpone_string snapshot; /* borrowed; empty: a read has a snapshot of its own */
};

/* Cuts a table into about `wanted` ranges. */
int32_t postgres_partitions_make(struct dpone_partitions *out, const struct postgres_table *table,
                                 int64_t pages, struct dpone_string snapshot, size_t wanted,
                                 struct dpone_error *error);

/* Reads one; empty bytes are the whole table. DPONE_INVALID_ARGUMENT when it is none of the table. */
int32_t postgres_partition_read(struct postgres_partition *out, struct dpone_bytes bytes,
                                const struct postgres_table *table, struct dpone_error *error);

/* Adds the condition that its rows fulfil, which may be none. */
void postgres_partition_add_condition(struct postgres_sql *sql, const struct postgres_partition *partition);

#endif
