/* Rows put together from parts of data sets: what a load brings, and what a target must hold after it. */
#ifndef DPONE_CERTIFICATION_LIVE_ROWS_H
#define DPONE_CERTIFICATION_LIVE_ROWS_H

#include "live.h"

/* Open rows; `rows` may be read as long as this is. Begin with all zero. */
struct dpone_live_rows {
    struct dpone_fixture_rows rows;
    struct dpone_dataset **datasets;
    int64_t *ends; /* rows up to the end of each part */
    size_t part_count;
};

/* The rows of the parts, one after the other, in the columns that the system can hold. Gives the check up on
 * failure. */
int dpone_live_rows_open(struct dpone_live_rows *out, struct dpone_live *live,
                         const struct dpone_live_part *parts, size_t part_count);
void dpone_live_rows_close(struct dpone_live_rows *rows);

#endif
