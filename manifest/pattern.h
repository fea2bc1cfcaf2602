/* Regular expressions of ECMA-262 (the `pattern` of JSON Schema), matched by PCRE2 over characters.
 *
 * A pattern matches anywhere in a text. `$` never matches before a final line break, \d and \w are ASCII, \s
 * and `.` are what ECMA-262 says, a group that took no part equals the empty text. Syntax that only other
 * dialects have is refused. */
#ifndef DPONE_MANIFEST_PATTERN_H
#define DPONE_MANIFEST_PATTERN_H

#include <dpone/error.h>

struct dpone_pattern;

/* The memory that matching needs; one for each thread. */
struct dpone_pattern_scratch;

/* Compiles; DPONE_INVALID_ARGUMENT with `what is wrong at which character` in `error` for a bad pattern. The
 * caller frees *out. A compiled pattern may be matched on any number of threads. */
int32_t dpone_pattern_compile(struct dpone_pattern **out, struct dpone_string ecma,
                              struct dpone_error *error);
void dpone_pattern_free(struct dpone_pattern *pattern);

/* Compiles further, to machine code, where that pays: before many texts. Not while another thread matches. */
void dpone_pattern_speed_up(struct dpone_pattern *pattern);

struct dpone_pattern_scratch *dpone_pattern_scratch_new(void);
void dpone_pattern_scratch_free(struct dpone_pattern_scratch *scratch);

/* 1 or 0; -1 when the match took more steps or memory than the limits allow. `text` is valid UTF-8. */
int dpone_pattern_matches(const struct dpone_pattern *pattern, struct dpone_pattern_scratch *scratch,
                          struct dpone_string text);

/* The pattern in PCRE2's syntax (pattern_ecma.c), malloced; NULL with `error` filled for a bad pattern. */
char *dpone_pattern_translate(struct dpone_string ecma, size_t *size, struct dpone_error *error);

#endif
