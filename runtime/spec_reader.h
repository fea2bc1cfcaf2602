/* Taking values out of a manifest that is valid (dpone_manifest_validate): what is refused here is what one
 * run cannot do. */
#ifndef DPONE_RUNTIME_SPEC_READER_H
#define DPONE_RUNTIME_SPEC_READER_H

#include "manifest/arena.h"

#include "runtime/gates.h"
#include "runtime/place.h"

/* Strings are copied into the arena. A value that is absent leaves its output alone, unless it is required.
 */
struct dpone_spec_reader {
    struct dpone_arena *arena;
    struct dpone_error *error;
};

int32_t dpone_spec_out_of_memory(struct dpone_spec_reader *reader);

/* A scalar of any kind, as it is written: 5, 2026-01-01, "text". */
int32_t dpone_spec_text(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                        const char **out);
int32_t dpone_spec_required_text(struct dpone_spec_reader *reader, const struct dpone_place *map,
                                 const char *key, const char **out);

/* A whole number that fits 64 bits. */
int32_t dpone_spec_integer(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                           int64_t *out);

/* The index of a word in `choices`, which NULL ends. */
int32_t dpone_spec_choice(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                          const char *const *choices, int32_t *out);

/* A string, or a list of strings. */
int32_t dpone_spec_names(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                         const char *const **out, size_t *count);

/* `quality.gates` of a document (gate_spec.c). */
int32_t dpone_spec_gates(struct dpone_spec_reader *reader, const struct dpone_place *root,
                         const struct dpone_gate_spec **out, size_t *count);

#endif
