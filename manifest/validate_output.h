/* How the results of a validation are printed: for people, for programs, for workflow runs. */
#ifndef DPONE_MANIFEST_VALIDATE_OUTPUT_H
#define DPONE_MANIFEST_VALIDATE_OUTPUT_H

#include <stdio.h>

#include "manifest/diagnostics.h"

enum dpone_validate_format { DPONE_VALIDATE_TEXT, DPONE_VALIDATE_JSON, DPONE_VALIDATE_GITHUB };

/* Problems of one file that are shown; the others are counted. */
enum { DPONE_VALIDATE_SHOWN = 50 };

/* What all files came to. */
struct dpone_validate_summary {
    size_t files;
    size_t invalid;
    size_t errors;
    size_t warnings;
    double elapsed_ms;
};

struct dpone_validate_style {
    int32_t format;      /* enum dpone_validate_format */
    int32_t is_terminal; /* 1: the line of the source with a caret below */
    int32_t has_colour;
};

/* The problems of one file, sorted. `is_first` says whether another file was printed before. */
void dpone_validate_print_file(FILE *stream, const struct dpone_validate_style *style, const char *path,
                               const struct dpone_diagnostics *diagnostics, int is_first);

/* What comes before all files and behind them. */
/* All there is when no file could be checked; nothing in the format for people, who read standard error. */
void dpone_validate_print_failure(FILE *stream, const struct dpone_validate_style *style,
                                  const char *message);

void dpone_validate_print_head(FILE *stream, const struct dpone_validate_style *style);
void dpone_validate_print_summary(FILE *stream, const struct dpone_validate_style *style,
                                  const struct dpone_validate_summary *summary);

#endif
