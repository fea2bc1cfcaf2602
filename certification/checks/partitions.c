/* partitions: what partitions() cuts a stream into is disjoint and complete, and each part can be read by a
 * process that has nothing but its bytes, in any order. */
#include "../check.h"

#include "../fresh.h"
#include "../live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM "shipments"
#define ROWS 430
#define BATCH_ROWS 37

struct cut {
    struct dpone_live live;
    struct dpone_fresh *reader; /* its context is live */
};

/* ---- One partition, read elsewhere ---- */

static struct dpone_read_request partition_request(struct dpone_bytes partition) {
    struct dpone_read_request request = dpone_live_read_request(STREAM, BATCH_ROWS);
    request.partition = partition;
    return request;
}

/* The question is the partition; the answer the rows as a dump. */
static int32_t read_job(void *context, struct dpone_bytes question, FILE *answer, struct dpone_error *error) {
    struct dpone_live *live = context;
    struct dpone_live_instance instance;
    struct dpone_reader reader = {.struct_size = sizeof(reader)};
    struct dpone_error reason = DPONE_ERROR_INIT;
    const struct dpone_read_request request = partition_request(question);
    int32_t status = dpone_live_instance_try_open(&instance, live, error);
    if (status != DPONE_OK) {
        return status;
    }
    status = dpone_call_read(live->connector, instance.instance, &request, &reader, error);
    if (status == DPONE_OK) {
        status = dpone_canonical_dump_stream(answer, &reader.stream, NULL, NULL, error);
        if (status != DPONE_OK && reader.last_error != NULL &&
            reader.last_error(&reader, &reason) != DPONE_OK) {
            *error = reason;
            status = reason.status;
        }
        dpone_call_reader_close(&reader);
    }
    dpone_live_instance_close(&instance);
    return status;
}

/* Appends the rows of a partition to the dump, whose line of columns is the golden one. */
static int read_elsewhere(struct cut *cut, struct dpone_bytes partition, const char *where, FILE *rows) {
    struct dpone_fresh_end end;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_fresh_ask(cut->reader, read_job, partition, &end, &error) != DPONE_OK) {
        dpone_check_environment(cut->live.run, "a new process", &error);
        return 0;
    }
    int holds = dpone_expect_status(cut->live.run, where, DPONE_OK, end.status, &end.error);
    const char *text = (const char *)end.answer.data;
    const char *columns_end = end.answer.size == 0 ? NULL : memchr(text, '\n', end.answer.size);
    if (holds && columns_end != NULL) {
        (void)fwrite(columns_end + 1, 1, end.answer.size - (size_t)(columns_end + 1 - text), rows);
    }
    dpone_fresh_end_clear(&end);
    return holds;
}

/* ---- All partitions ---- */

/* An order of 0 .. count - 1 from the seed. */
static void shuffle(size_t *order, size_t count, uint64_t seed) {
    for (size_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (size_t i = count; i > 1; i--) {
        char name[48];
        (void)snprintf(name, sizeof(name), "partition %zu", i);
        size_t other = (size_t)(dpone_dataset_salt(seed, name) % i);
        size_t kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

static int read_all(struct cut *cut, const struct dpone_partitions *partitions, FILE *rows) {
    size_t *order = calloc(partitions->count + 1, sizeof(*order));
    int holds = order != NULL;
    if (holds) {
        shuffle(order, partitions->count, cut->live.run->seed);
    }
    for (size_t i = 0; i < partitions->count && holds; i++) {
        char where[96];
        (void)snprintf(where, sizeof(where), "partition %zu of %zu, read by a process of its own",
                       order[i] + 1, partitions->count);
        holds = read_elsewhere(cut, dpone_buffer_view(partitions->items[order[i]]), where, rows);
    }
    free(order);
    return holds;
}

/* A dump with the golden columns of the stream and these rows. */
static int golden(struct dpone_live *live, const char *path, int64_t rows) {
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_fixture_dump_stream(live->fixture, STREAM, 0, rows, path, &error);
    if (status != DPONE_OK) {
        dpone_check_environment(live->run, "the expected rows", &error);
    }
    return status == DPONE_OK;
}

/* partitions() in this process; the stream grows from `rows` to `grown` before they are read elsewhere, all
 * into `path`. 1 when every call went well. */
static int cut_and_read(struct cut *cut, size_t wanted, int64_t grown, const char *path,
                        int32_t *one_snapshot) {
    struct dpone_live *live = &cut->live;
    struct dpone_live_instance instance;
    struct dpone_partitions partitions = {.struct_size = sizeof(partitions)};
    struct dpone_error error = DPONE_ERROR_INIT;
    const struct dpone_read_request request = partition_request((struct dpone_bytes){NULL, 0});
    if (!golden(live, path, 0) || !dpone_live_instance_open(&instance, live)) {
        return 0;
    }
    int32_t status =
        dpone_call_partitions(live->connector, instance.instance, &request, wanted, &partitions, &error);
    int holds = dpone_expect_status(live->run, "partitions(request)", DPONE_OK, status, &error) &&
                (grown == 0 || dpone_live_publish_stream(live, STREAM, grown));
    *one_snapshot = partitions.shared_snapshot;
    FILE *rows = holds ? fopen(path, "a") : NULL;
    if (rows != NULL) {
        holds = read_all(cut, &partitions, rows);
        (void)fclose(rows);
    }
    if (partitions.release != NULL) {
        partitions.release(&partitions);
    }
    dpone_live_instance_close(&instance);
    return holds && rows != NULL;
}

/* ---- Cases ---- */

static void expect_whole(struct cut *cut, size_t wanted, int64_t rows) {
    const char *expected = dpone_live_path(&cut->live, "expected.dump");
    const char *observed = dpone_live_path(&cut->live, "observed.dump");
    char where[64];
    int32_t one_snapshot = 0;
    (void)snprintf(where, sizeof(where), "rows of all partitions, %zu wanted", wanted);
    if (dpone_live_publish_stream(&cut->live, STREAM, rows) && golden(&cut->live, expected, rows) &&
        cut_and_read(cut, wanted, 0, observed, &one_snapshot)) {
        (void)dpone_expect_dump(cut->live.run, where, expected, observed, DPONE_COMPARE_AS_MULTISET);
    }
}

static void case_union_is_whole(struct dpone_check_run *run, void *context) {
    static const size_t wanted[] = {1, 2, 3, 7, 2 * ROWS};
    dpone_case_remedy(
        run, "Let each partition begin where the one before it ends, with the first and the last open.");
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && !dpone_check_given_up(run); i++) {
        expect_whole(context, wanted[i], ROWS);
    }
}

static void case_few_rows(struct dpone_check_run *run, void *context) {
    dpone_case_remedy(
        run, "A stream with fewer rows than partitions is cut too; an empty one has no rows in any.");
    for (int64_t rows = 0; rows < 3 && !dpone_check_given_up(run); rows++) {
        expect_whole(context, 4, rows);
    }
}

/* Rows that arrive between the cutting and the reading: of those there before, none is lost and none comes
 * twice. */
static void case_stream_grows_meanwhile(struct dpone_check_run *run, void *context) {
    struct cut *cut = context;
    const char *expected = dpone_live_path(&cut->live, "expected.dump");
    const char *observed = dpone_live_path(&cut->live, "observed.dump");
    struct dpone_difference from_old = {0};
    struct dpone_difference from_grown = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t one_snapshot = 0;
    dpone_case_remedy(run,
                      "Claim a shared snapshot only where rows that come later stay out of every partition.");
    if (!dpone_live_publish_stream(&cut->live, STREAM, ROWS) || !golden(&cut->live, expected, ROWS) ||
        !cut_and_read(cut, 5, ROWS + 50, observed, &one_snapshot)) {
        return;
    }
    int32_t status =
        dpone_canonical_compare(&from_old, expected, observed, DPONE_COMPARE_AS_MULTISET, &error);
    if (status == DPONE_OK && golden(&cut->live, expected, ROWS + 50)) {
        status = dpone_canonical_compare(&from_grown, expected, observed, DPONE_COMPARE_AS_MULTISET, &error);
    }
    if (status != DPONE_OK) {
        dpone_check_environment(run, "two dumps to compare", &error);
        return;
    }
    (void)dpone_expect(run, from_old.missing_rows == 0, "rows that were there before partitions()",
                       "all of them", "%lld missing", (long long)from_old.missing_rows);
    (void)dpone_expect(run, from_grown.surplus_rows == 0, "rows of the stream", "each once at most",
                       "%lld too many", (long long)from_grown.surplus_rows);
    if (one_snapshot) {
        (void)dpone_expect_integer(run, "rows that came after partitions(), with a shared snapshot", 0,
                                   from_old.surplus_rows);
    }
}

static void case_no_partition(struct dpone_check_run *run, void *context) {
    struct cut *cut = context;
    struct dpone_fresh_end end;
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_case_remedy(run, "Refuse bytes that partitions() never gave with INVALID_ARGUMENT.");
    if (!dpone_live_publish_stream(&cut->live, STREAM, ROWS)) {
        return;
    }
    static const uint8_t bytes[] = {0xff, 0x00, 'p', '?'};
    if (dpone_fresh_ask(cut->reader, read_job, (struct dpone_bytes){bytes, sizeof(bytes)}, &end, &error) !=
        DPONE_OK) {
        dpone_check_environment(run, "a new process", &error);
        return;
    }
    (void)dpone_expect_status(run, "bytes that are no partition", DPONE_INVALID_ARGUMENT, end.status,
                              &end.error);
    dpone_fresh_end_clear(&end);
}

static void run_check(struct dpone_check_run *run) {
    static const struct dpone_live_case cases[] = {{"union_is_whole", case_union_is_whole},
                                                   {"few_rows", case_few_rows},
                                                   {"stream_grows_meanwhile", case_stream_grows_meanwhile},
                                                   {"no_partition", case_no_partition}};
    struct cut cut = {.reader = NULL};
    struct dpone_error error = DPONE_ERROR_INIT;
    if (!dpone_live_open(&cut.live, run, DPONE_LIVE_SOURCE)) {
        return;
    }
    if (dpone_fresh_start(&cut.reader, &cut.live, &error) != DPONE_OK) {
        dpone_check_environment(run, "a new process", &error);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && cut.reader != NULL; i++) {
        dpone_case_run(run, cases[i].id, cases[i].function, &cut);
    }
    dpone_fresh_stop(cut.reader);
    dpone_live_close(&cut.live);
}

const struct dpone_check dpone_check_partitions = {
    .id = "partitions",
    .title = "Partitions",
    .proves = "Partitions read in separate processes in any order add up to the whole, each row once.",
    .remedy = "Make the partitions disjoint and complete.",
    .group = DPONE_GROUP_SOURCE,
    .capabilities = DPONE_CAPABILITY_SOURCE,
    .condition = DPONE_WHEN_PARTITIONS,
    .profile = DPONE_PROFILE_LOCAL,
    .needs = DPONE_NEED_PLUGIN | DPONE_NEED_FIXTURE,
    .inputs = dpone_live_inputs,
    .time_limit_s = 300,
    .run = run_check,
};
