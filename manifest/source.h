/* The bytes of one file in memory, checked to be UTF-8 text, with a way from a byte to its line and column.
 */
#ifndef DPONE_MANIFEST_SOURCE_H
#define DPONE_MANIFEST_SOURCE_H

#include "manifest/diagnostics.h"

/* Where a block of the source begins, so that a position is found by counting through one block only. */
struct dpone_source_mark {
    uint32_t line;
    uint32_t column;
};

struct dpone_source {
    char *name;
    char *data;   /* size bytes and a NUL behind them; owned */
    size_t size;  /* at most UINT32_MAX - 1 */
    size_t start; /* 3 behind a byte order mark, else 0 */
    int is_ascii;
    struct dpone_source_mark *marks; /* one for each DPONE_SOURCE_BLOCK bytes */
};

enum { DPONE_SOURCE_BLOCK = 4096 };

/* Fills `source` (all zero before) from a regular file or a copy of memory; 0 when a problem was added to
 * `diagnostics`. Whatever the outcome, the caller clears `source`. */
int dpone_source_open_file(struct dpone_source *source, const char *path, size_t max_bytes,
                           struct dpone_diagnostics *diagnostics);
int dpone_source_open_memory(struct dpone_source *source, const char *name, const void *data, size_t size,
                             size_t max_bytes, struct dpone_diagnostics *diagnostics);
void dpone_source_clear(struct dpone_source *source);

/* Line and column of the byte at `offset` (at most size). */
struct dpone_position dpone_source_position(const struct dpone_source *source, size_t offset);

/* Line `line`, counted from 1, without its line break; empty past the end. */
struct dpone_string dpone_source_line(const struct dpone_source *source, uint32_t line);

/* Adds an error that spans [start, end) of the source. */
void dpone_source_error(const struct dpone_source *source, struct dpone_diagnostics *diagnostics,
                        size_t start, size_t end, int32_t status, const char *format, ...) DPONE_PRINTF(6, 7);

#endif
