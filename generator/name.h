/* The one judge of names that become folders, file names, C identifiers and CMake targets. */
#ifndef DPONE_GENERATOR_NAME_H
#define DPONE_GENERATOR_NAME_H

#include <dpone/base.h>
#include <dpone/error.h>

enum {
    DPONE_NAME_MAX_DEPTH = 16, /* parts of a path */
    DPONE_NAME_MIN_SIZE = 2,
    DPONE_NAME_MAX_SIZE = 63,
    DPONE_NAME_BYTES = DPONE_NAME_MAX_SIZE + 1 /* with terminator */
};

/* What a name is for. */
enum dpone_name_kind {
    DPONE_NAME_CONNECTOR, /* also the beginning of symbols, so not the SDK's own */
    DPONE_NAME_PREFIX     /* of packages */
};

/* Accepts [a-z][a-z0-9_]{1,62} and writes it to `out`; `-` is read as `_`. Refused, with INVALID_ARGUMENT and
 * a message that says why and offers a name which would be accepted: everything else, and whatever C, the C
 * library's headers, CMake, Windows or this SDK keep for themselves, in any letter case. */
int32_t dpone_name_check(char out[DPONE_NAME_BYTES], enum dpone_name_kind kind, const char *text,
                         struct dpone_error *error);

/* Writes an acceptable name that resembles `text`, which may be anything. */
void dpone_name_suggest(char out[DPONE_NAME_BYTES], const char *text);

/* 1 for a path that stays below the folder it is looked for in, on every system. */
int dpone_name_is_path_below(struct dpone_string path);

/* 1 for the path of a file, such as string.h or sys/types.h, that in an include path would hide a header of
 * the C library, in any letter case. */
int dpone_name_hides_header(const char *path);

#endif
