/* A function over several data sets that share their columns. */
#include "live_rows.h"

#include <stdlib.h>

static void value_of_parts(const void *context, int64_t row, size_t column,
                           char scratch[DPONE_FIXTURE_SCRATCH_BYTES], struct dpone_fixture_value *out) {
    const struct dpone_live_rows *rows = context;
    size_t part = 0;
    while (row >= rows->ends[part]) {
        part++;
    }
    dpone_dataset_value(rows->datasets[part], row - (part == 0 ? 0 : rows->ends[part - 1]), column, scratch,
                        out);
}

static int32_t open_parts(struct dpone_live_rows *out, struct dpone_live *live,
                          const struct dpone_live_part *parts, size_t part_count, struct dpone_error *error) {
    out->datasets = calloc(part_count, sizeof(struct dpone_dataset *));
    out->ends = calloc(part_count, sizeof(*out->ends));
    if (out->datasets == NULL || out->ends == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for rows");
    }
    for (size_t i = 0; i < part_count; i++) {
        struct dpone_dataset_spec spec = dpone_live_spec(live, parts[i].first_row);
        spec.seed += parts[i].other;
        int32_t status = dpone_dataset_new(&out->datasets[i], &spec, error);
        if (status != DPONE_OK) {
            return status;
        }
        out->part_count++;
        out->ends[i] = (i == 0 ? 0 : out->ends[i - 1]) + parts[i].rows;
    }
    return DPONE_OK;
}

int dpone_live_rows_open(struct dpone_live_rows *out, struct dpone_live *live,
                         const struct dpone_live_part *parts, size_t part_count) {
    struct dpone_error error = DPONE_ERROR_INIT;
    *out = (struct dpone_live_rows){.part_count = 0};
    int32_t status = open_parts(out, live, parts, part_count, &error);
    if (status != DPONE_OK) {
        dpone_live_rows_close(out);
        dpone_check_environment(live->run, "the rows of the data set", &error);
        return 0;
    }
    out->rows = dpone_dataset_rows(out->datasets[0], out->ends[part_count - 1]);
    out->rows.context = out;
    out->rows.value = value_of_parts;
    return 1;
}

void dpone_live_rows_close(struct dpone_live_rows *rows) {
    for (size_t i = 0; i < rows->part_count; i++) {
        dpone_dataset_free(rows->datasets[i]);
    }
    free(rows->datasets);
    free(rows->ends);
    *rows = (struct dpone_live_rows){.part_count = 0};
}
