/* What the files of the data set share. */
#ifndef DPONE_CERTIFICATION_DATASET_INTERNAL_H
#define DPONE_CERTIFICATION_DATASET_INTERNAL_H

#include "dataset.h"

struct dpone_dataset {
    struct dpone_dataset_spec spec;     /* its columns are `owned` */
    struct dpone_dataset_column *owned; /* names are ours */
    struct dpone_column *columns;       /* the same, as the ABI sees them */
    uint8_t *nested;                    /* 1 where the texts are JSON */
    uint64_t *salts; /* per column, from the seed and the name: subsets have the same values */
};

/* An ordinary value of the column's type, not null. */
void dpone_dataset_ordinary(const struct dpone_column *column, uint64_t random, char *scratch,
                            struct dpone_fixture_value *out);

/* The special value whose turn it is in `row` (0 or more), or null. */
void dpone_dataset_extreme(const struct dpone_column *column, int64_t row, char *scratch,
                           struct dpone_fixture_value *out);

/* The decimal +-`number`, or +-99..9 with `nines` digits when that is more than 0. */
void dpone_dataset_set_decimal(struct dpone_fixture_value *out, int negative, int32_t nines, uint64_t number);

#endif
