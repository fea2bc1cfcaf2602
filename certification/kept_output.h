/* The beginning and the end of an output that may be endless. */
#ifndef DPONE_CERTIFICATION_KEPT_OUTPUT_H
#define DPONE_CERTIFICATION_KEPT_OUTPUT_H

#include "guard.h"

/* Begin with all zero. */
struct dpone_kept_output {
    char *head; /* the first DPONE_GUARD_KEPT_BYTES */
    char *tail; /* a ring of as many */
    int64_t total;
};

/* Without memory the bytes are only counted. */
void dpone_kept_output_add(struct dpone_kept_output *kept, const char *data, size_t size);

/* Head and tail with "[... N bytes left out ...]" between them when there were more; NULL when memory is
 * short. */
char *dpone_kept_output_text(const struct dpone_kept_output *kept);

void dpone_kept_output_clear(struct dpone_kept_output *kept);

#endif
