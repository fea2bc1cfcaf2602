/* Taking values out of a manifest, each with its own exact error. */
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

/* Refuses anything but a map (absent is fine), and an unknown key that is near one of `known`: a typo. */
int32_t dpone_spec_map(struct dpone_spec_reader *reader, const struct dpone_place *place,
                       const char *const *known);
int32_t dpone_spec_required_map(struct dpone_spec_reader *reader, const struct dpone_place *place,
                                const char *const *known);

/* The same, but no unknown key at all. */
int32_t dpone_spec_strict_map(struct dpone_spec_reader *reader, const struct dpone_place *place,
                              const char *const *known);

int32_t dpone_spec_string(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                          const char **out);
int32_t dpone_spec_required_string(struct dpone_spec_reader *reader, const struct dpone_place *map,
                                   const char *key, const char **out);

/* A scalar of any kind, as it is written: 5, 2026-01-01, "text". */
int32_t dpone_spec_required_scalar(struct dpone_spec_reader *reader, const struct dpone_place *map,
                                   const char *key, const char **out);

/* A whole number, 0 or more. */
int32_t dpone_spec_integer(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                           int64_t *out);

/* A number, 0 or more. */
int32_t dpone_spec_number(struct dpone_spec_reader *reader, const struct dpone_place *map, const char *key,
                          double *out);

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
