/* A list of problems found in one file, each with its place, in the order they were found.
 *
 * A list is filled by one thread. It keeps at most `keep` errors and as many warnings, and counts the rest.
 */
#ifndef DPONE_MANIFEST_DIAGNOSTICS_H
#define DPONE_MANIFEST_DIAGNOSTICS_H

#include <stdarg.h>

#include "manifest/tree.h"

#ifdef __cplusplus
extern "C" {
#endif

enum dpone_severity { DPONE_SEVERITY_ERROR, DPONE_SEVERITY_WARNING };

/* One problem. Lines are 0 when the problem concerns the file as a whole (it cannot be read). */
struct dpone_diagnostic {
    int32_t severity; /* enum dpone_severity */
    int32_t status;   /* enum dpone_status of an error */
    int32_t hidden;   /* 1: its line may hold a secret and must not be shown */
    struct dpone_position start;
    struct dpone_position end;
    char *message; /* one line, without file and position; owned by the list */
    char *place; /* where in the document, "sink.strategy.mode"; NULL for its root or without a tree; owned */
    char *path;  /* the same as a JSON pointer; NULL without a tree; owned */
    char *schema_path;   /* JSON pointer into the schema; NULL when no schema was concerned; owned */
    const char *keyword; /* keyword of the schema, or the name of the rule; static storage or the schema's */
    struct dpone_string meant; /* a key that is missing, or that an unknown one is taken for; the schema's */
};

/* The problems of one file. All zero (and `keep` set) is an empty list. */
struct dpone_diagnostics {
    struct dpone_diagnostic *items;
    size_t count;         /* kept in items */
    size_t kept_warnings; /* of them */
    size_t capacity;      /* of items */
    size_t keep;          /* keep this many errors and this many warnings; 0: all */
    size_t errors;        /* found, kept or not */
    size_t warnings;      /* found, kept or not */
};

/* Adds a copy of `template` with the formatted message. Members that the template leaves NULL stay NULL; the
 * path strings are taken over (freed by the list even when it is full). Without memory for it only the
 * counters grow. */
void dpone_diagnostics_add(struct dpone_diagnostics *diagnostics, const struct dpone_diagnostic *template,
                           const char *format, ...) DPONE_PRINTF(3, 4);
void dpone_diagnostics_vadd(struct dpone_diagnostics *diagnostics, const struct dpone_diagnostic *template,
                            const char *format, va_list arguments) DPONE_PRINTF(3, 0);

/* 1 while a problem of that severity would be kept: composing it may cost something. */
int dpone_diagnostics_has_room(const struct dpone_diagnostics *diagnostics, int32_t severity);

/* Moves everything that `from` holds and counted to the end of `to`. */
void dpone_diagnostics_move(struct dpone_diagnostics *to, struct dpone_diagnostics *from);

/* Takes out each missing key that an unknown key beside it is taken for: one slip is one problem. Takes time
 * for each pair of them that is kept. */
void dpone_diagnostics_pair_typos(struct dpone_diagnostics *diagnostics);

/* Takes out every problem that `keyword` found. */
void dpone_diagnostics_drop(struct dpone_diagnostics *diagnostics, const char *keyword);

/* Sorts by position; problems of one place keep their order. */
void dpone_diagnostics_sort(struct dpone_diagnostics *diagnostics);

/* The first error as `name:line:column: error: message`, with its status, or DPONE_OK when there is none. */
int32_t dpone_diagnostics_first_error(const struct dpone_diagnostics *diagnostics, const char *name,
                                      struct dpone_error *error);

/* Frees what the list owns and empties it; `keep` stays. */
void dpone_diagnostics_clear(struct dpone_diagnostics *diagnostics);

#ifdef __cplusplus
}
#endif

#endif
