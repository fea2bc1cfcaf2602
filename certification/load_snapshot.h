/* The state of this process that loading a plug-in must leave alone, and which no system-call filter sees
 * change. */
#ifndef DPONE_CERTIFICATION_LOAD_SNAPSHOT_H
#define DPONE_CERTIFICATION_LOAD_SNAPSHOT_H

#include <stddef.h>

struct dpone_load_snapshot;

/* Takes a snapshot: working directory, umask, environment, locale, signal handlers, mask and alternate stack,
 * open files, threads, rounding mode, unwritten output. `ignored_fd` is not looked at (-1: none). NULL when
 * memory is short. */
struct dpone_load_snapshot *dpone_load_snapshot_take(int ignored_fd);
void dpone_load_snapshot_free(struct dpone_load_snapshot *snapshot);

/* Calls `differs` for each property that is not the same. */
void dpone_load_snapshot_compare(const struct dpone_load_snapshot *before,
                                 const struct dpone_load_snapshot *after,
                                 void (*differs)(void *context, const char *property, const char *before,
                                                 const char *after),
                                 void *context);

#endif
