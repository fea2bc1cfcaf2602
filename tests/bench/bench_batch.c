/* Batches of int64 + float64 + 16-byte utf8: built by column and by row against a memcpy of the same bytes
 * into equally fresh buffers, walked against flat arrays, validated against reading the memory. */
#include "bench.h"

#include <malloc.h>
#include <string.h>

#include <dpone/dpone.h>

#define BATCH_ROWS INT64_C(65536)
#define TEXT_BYTES INT64_C(16)
#define ROW_BYTES (8 + 8 + 4 + TEXT_BYTES)

/* Batches that are walked and validated in turn: more than a cache holds. */
#define KEPT_BATCHES 64

enum content { WITHOUT_NULLS, WITH_NULLS, WITH_NULLS_AND_ACCENTS };

/* One batch's worth of input. */
struct input {
    int64_t *ids;
    double *amounts;
    int32_t *offsets;
    char *text;
};

/* What a run measures: ns of one pass over all batches. */
struct bench {
    struct input input;
    struct ArrowSchema schema;
    struct dpone_batch_builder *builder;
    int64_t batches;
    struct ArrowArray kept[KEPT_BATCHES];
    volatile int64_t sink;
};

static void bench_check(int32_t status, const struct dpone_error *error) {
    if (status == DPONE_OK)
        return;
    (void)fprintf(stderr, "bench_batch: %s\n", error->message);
    exit(3);
}

static void *bench_memory(size_t size) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, size) != 0)
        exit(3);
    return memory;
}

static void bench_fill(struct input *input) {
    input->ids = bench_memory(BATCH_ROWS * sizeof(int64_t));
    input->amounts = bench_memory(BATCH_ROWS * sizeof(double));
    input->offsets = bench_memory((BATCH_ROWS + 1) * sizeof(int32_t));
    input->text = bench_memory(BATCH_ROWS * TEXT_BYTES + 1);
    for (int32_t i = 0; i < BATCH_ROWS; i++) {
        input->ids[i] = i;
        input->amounts[i] = i / 7.0;
        input->offsets[i] = i * TEXT_BYTES;
        (void)snprintf(input->text + i * TEXT_BYTES, TEXT_BYTES + 1, "customer %07d", (int)i);
    }
    input->offsets[BATCH_ROWS] = BATCH_ROWS * TEXT_BYTES;
}

static void bench_copy(struct bench *bench, uint8_t *to[4]) {
    const struct input *in = &bench->input;
    memcpy(to[0], in->ids, BATCH_ROWS * sizeof(int64_t));
    memcpy(to[1], in->amounts, BATCH_ROWS * sizeof(double));
    memcpy(to[2], in->offsets, (BATCH_ROWS + 1) * sizeof(int32_t));
    memcpy(to[3], in->text, BATCH_ROWS * TEXT_BYTES);
    bench->sink += to[0][BATCH_ROWS] + to[1][BATCH_ROWS] + to[2][BATCH_ROWS] + to[3][BATCH_ROWS];
}

static void bench_allocate(uint8_t *to[4]) {
    to[0] = bench_memory(BATCH_ROWS * sizeof(int64_t));
    to[1] = bench_memory(BATCH_ROWS * sizeof(double));
    to[2] = bench_memory((BATCH_ROWS + 1) * sizeof(int32_t));
    to[3] = bench_memory(BATCH_ROWS * TEXT_BYTES);
}

static void bench_free(uint8_t *to[4]) {
    for (int i = 0; i < 4; i++)
        free(to[i]);
}

/* The floor: the same bytes into four buffers of their own for every batch, as new as those of a new builder.
 */
static void run_memcpy_fresh(struct bench *bench) {
    uint8_t *to[4];
    for (int64_t i = 0; i < bench->batches; i++) {
        bench_allocate(to);
        bench_copy(bench, to);
        bench_free(to);
    }
}

/* The floor of a builder that gets its buffers back: always the same four. */
static void run_memcpy_reused(struct bench *bench) {
    uint8_t *to[4];
    bench_allocate(to);
    for (int64_t i = 0; i < bench->batches; i++)
        bench_copy(bench, to);
    bench_free(to);
}

static void bench_finish(struct bench *bench) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct ArrowArray batch;
    bench_check(dpone_batch_builder_finish(bench->builder, &batch, &error), &error);
    bench->sink += batch.length;
    batch.release(&batch);
}

static void bench_append_columns(struct bench *bench) {
    const struct input *in = &bench->input;
    struct dpone_error error = DPONE_ERROR_INIT;
    bench_check(dpone_batch_append_column(bench->builder, 0, in->ids, NULL, BATCH_ROWS, &error), &error);
    bench_check(dpone_batch_append_column(bench->builder, 1, in->amounts, NULL, BATCH_ROWS, &error), &error);
    bench_check(
        dpone_batch_append_column_bytes(bench->builder, 2, in->text, in->offsets, NULL, BATCH_ROWS, &error),
        &error);
}

static void bench_append_rows(struct bench *bench) {
    const struct input *in = &bench->input;
    struct dpone_error error = DPONE_ERROR_INIT;
    for (int64_t row = 0; row < BATCH_ROWS; row++) {
        dpone_batch_append_int64(bench->builder, 0, in->ids[row]);
        dpone_batch_append_float64(bench->builder, 1, in->amounts[row]);
        dpone_batch_append_utf8(bench->builder, 2, in->text + row * TEXT_BYTES, TEXT_BYTES);
        if (dpone_batch_end_row(bench->builder, &error) != DPONE_OK)
            bench_check(error.status, &error);
    }
}

/* All batches by one builder, which gets its buffers back. */
static void bench_build_reused(struct bench *bench, void (*append)(struct bench *)) {
    for (int64_t i = 0; i < bench->batches; i++) {
        append(bench);
        bench_finish(bench);
    }
}

/* Every batch by a builder of its own, which has nothing to reuse. */
static void bench_build_fresh(struct bench *bench, void (*append)(struct bench *)) {
    struct dpone_batch_builder *shared = bench->builder;
    for (int64_t i = 0; i < bench->batches; i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        bench_check(dpone_batch_builder_new(&bench->builder, &bench->schema, &error), &error);
        bench_check(dpone_batch_builder_reserve(bench->builder, BATCH_ROWS, BATCH_ROWS * TEXT_BYTES, &error),
                    &error);
        append(bench);
        bench_finish(bench);
        dpone_batch_builder_free(bench->builder);
    }
    bench->builder = shared;
}

static void run_columns_fresh(struct bench *bench) {
    bench_build_fresh(bench, bench_append_columns);
}

static void run_columns_reused(struct bench *bench) {
    bench_build_reused(bench, bench_append_columns);
}

static void run_rows_fresh(struct bench *bench) {
    bench_build_fresh(bench, bench_append_rows);
}

static void run_rows_reused(struct bench *bench) {
    bench_build_reused(bench, bench_append_rows);
}

static int bench_bit(const uint8_t *bits, int64_t row) {
    return bits == NULL || (bits[row >> 3] >> (row & 7) & 1) != 0;
}

/* What a connector with flat arrays of its own would write. */
static int64_t bench_sum_arrays(const struct ArrowArray *batch) {
    const int64_t *ids = batch->children[0]->buffers[1];
    const double *amounts = batch->children[1]->buffers[1];
    const int32_t *offsets = batch->children[2]->buffers[1];
    const uint8_t *id_bits = batch->children[0]->buffers[0];
    const uint8_t *amount_bits = batch->children[1]->buffers[0];
    const uint8_t *text_bits = batch->children[2]->buffers[0];
    int64_t sum = 0;
    double total = 0;
    for (int64_t row = 0; row < BATCH_ROWS; row++) {
        if (bench_bit(id_bits, row))
            sum += ids[row];
        if (bench_bit(amount_bits, row))
            total += amounts[row];
        if (bench_bit(text_bits, row))
            sum += offsets[row + 1] - offsets[row];
    }
    return sum + (int64_t)total;
}

static void run_walk_arrays(struct bench *bench) {
    for (int64_t i = 0; i < bench->batches; i++)
        bench->sink += bench_sum_arrays(&bench->kept[i % KEPT_BATCHES]);
}

static int64_t bench_sum_view(const struct dpone_batch_view *view) {
    int64_t sum = 0;
    double total = 0;
    for (int64_t row = 0; row < view->rows; row++) {
        if (!dpone_view_is_null(&view->columns[0], row))
            sum += dpone_view_int64(&view->columns[0], row);
        if (!dpone_view_is_null(&view->columns[1], row))
            total += dpone_view_float64(&view->columns[1], row);
        if (!dpone_view_is_null(&view->columns[2], row))
            sum += (int64_t)dpone_view_utf8(&view->columns[2], row).size;
    }
    return sum + (int64_t)total;
}

static void run_walk_view(struct bench *bench) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_batch_view *view = NULL;
    bench_check(dpone_batch_view_new(&view, &bench->schema, &error), &error);
    for (int64_t i = 0; i < bench->batches; i++) {
        bench_check(dpone_batch_view_set(view, &bench->kept[i % KEPT_BATCHES], &error), &error);
        bench->sink += bench_sum_view(view);
    }
    dpone_batch_view_free(view);
}

static int64_t bench_read(const void *data, size_t size) {
    const uint64_t *words = data;
    uint64_t sum[4] = {0};
    for (size_t i = 0; i + 4 <= size / 8; i += 4)
        for (size_t k = 0; k < 4; k++)
            sum[k] += words[i + k];
    return (int64_t)(sum[0] + sum[1] + sum[2] + sum[3]);
}

/* The ceiling of the validator: every byte of the batches read once. */
static void run_read(struct bench *bench) {
    for (int64_t i = 0; i < bench->batches; i++) {
        struct ArrowArray **columns = bench->kept[i % KEPT_BATCHES].children;
        bench->sink += bench_read(columns[0]->buffers[1], BATCH_ROWS * 8);
        bench->sink += bench_read(columns[1]->buffers[1], BATCH_ROWS * 8);
        bench->sink += bench_read(columns[2]->buffers[1], BATCH_ROWS * 4);
        bench->sink += bench_read(columns[2]->buffers[2], BATCH_ROWS * TEXT_BYTES);
    }
}

static void run_validate(struct bench *bench) {
    struct dpone_error error = DPONE_ERROR_INIT;
    for (int64_t i = 0; i < bench->batches; i++)
        bench_check(dpone_batch_validate(&bench->schema, &bench->kept[i % KEPT_BATCHES], &error), &error);
}

static void bench_drop(struct bench *bench) {
    for (size_t i = 0; i < KEPT_BATCHES; i++)
        if (bench->kept[i].release != NULL)
            bench->kept[i].release(&bench->kept[i]);
}

/* The batches to walk and validate; a tenth of the numbers NULL, unless without. */
static void bench_keep(struct bench *bench, enum content content) {
    struct dpone_error error = DPONE_ERROR_INIT;
    const char *text = content == WITH_NULLS_AND_ACCENTS ? "J\xC3\xBCrgen Gr\xC3\xBC\xC3\x9F"
                                                           "en"
                                                         : "customer 0000001";
    bench_drop(bench);
    for (size_t i = 0; i < KEPT_BATCHES; i++) {
        for (int64_t row = 0; row < BATCH_ROWS; row++) {
            if (content == WITHOUT_NULLS || row % 10 != 0) {
                dpone_batch_append_int64(bench->builder, 0, row);
                dpone_batch_append_float64(bench->builder, 1, (double)row);
            }
            dpone_batch_append_utf8(bench->builder, 2, text, TEXT_BYTES);
            bench_check(dpone_batch_end_row(bench->builder, &error), &error);
        }
        bench_check(dpone_batch_builder_finish(bench->builder, &bench->kept[i], &error), &error);
    }
}

static double bench_time(struct bench *bench, void (*run)(struct bench *)) {
    int64_t start = bench_now_ns();
    run(bench);
    return (double)(bench_now_ns() - start);
}

/* Medians of a program and its rival, run in turn, so that both meet the same moods of the machine. */
static void bench_pair(struct bench *bench, void (*run)(struct bench *), void (*rival)(struct bench *),
                       int runs, double medians[2]) {
    double times[2][BENCH_MAXIMUM_RUNS];
    rival(bench);
    run(bench);
    for (int i = 0; i < runs; i++) {
        times[0][i] = bench_time(bench, run);
        times[1][i] = bench_time(bench, rival);
    }
    medians[0] = bench_median(times[0], (size_t)runs);
    medians[1] = bench_median(times[1], (size_t)runs);
}

int main(int argc, char **argv) {
    static const struct dpone_column columns[] = {{"id", DPONE_TYPE_INT64, 1, 0, 0},
                                                  {"amount", DPONE_TYPE_FLOAT64, 1, 0, 0},
                                                  {"name", DPONE_TYPE_UTF8, 1, 0, 0}};
    static const struct {
        const char *name;
        void (*run)(struct bench *);
        const char *rival;
        void (*rival_run)(struct bench *);
        enum content content;
    } rows[] = {
        {"build by column, fresh buffers", run_columns_fresh, "memcpy, fresh buffers", run_memcpy_fresh,
         WITHOUT_NULLS},
        {"build by row, fresh buffers", run_rows_fresh, "memcpy, fresh buffers", run_memcpy_fresh,
         WITHOUT_NULLS},
        {"build by column, reused buffers", run_columns_reused, "memcpy, reused buffers", run_memcpy_reused,
         WITHOUT_NULLS},
        {"build by row, reused buffers", run_rows_reused, "memcpy, reused buffers", run_memcpy_reused,
         WITHOUT_NULLS},
        {"walk a view", run_walk_view, "flat arrays", run_walk_arrays, WITHOUT_NULLS},
        {"walk a view, 10% NULL", run_walk_view, "flat arrays", run_walk_arrays, WITH_NULLS},
        {"validate ASCII, 10% NULL", run_validate, "reading the memory", run_read, WITH_NULLS},
        {"validate accents, 10% NULL", run_validate, "reading the memory", run_read, WITH_NULLS_AND_ACCENTS}};
    int runs = argc > 1 ? atoi(argv[1]) : 7;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct bench bench = {.batches = 153}; /* 10 million rows */
    if (runs < 1 || runs > BENCH_MAXIMUM_RUNS)
        return 2;
    /* Large blocks always come from the system, and so without pages: freed memory that the allocator happens
     * to keep would make one rival fresh and the other not. */
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    bench_fill(&bench.input);
    bench_check(dpone_schema_make(&bench.schema, columns, 3, &error), &error);
    bench_check(dpone_batch_builder_new(&bench.builder, &bench.schema, &error), &error);
    double total = (double)bench.batches * BATCH_ROWS;
    bench_machine();
    (void)printf("%.0f rows of int64 + float64 + utf8(16) in batches of %lld; median of %d runs\n", total,
                 (long long)BATCH_ROWS, runs);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bench_keep(&bench, rows[i].content);
        double medians[2];
        bench_pair(&bench, rows[i].run, rows[i].rival_run, runs, medians);
        bench_line(rows[i].rival, medians[1], total, total * ROW_BYTES, "itself", medians[1]);
        bench_line(rows[i].name, medians[0], total, total * ROW_BYTES, rows[i].rival, medians[1]);
    }
    bench_drop(&bench);
    dpone_batch_builder_free(bench.builder);
    bench.schema.release(&bench.schema);
    return 0;
}
