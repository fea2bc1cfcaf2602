/* The digest of rows: the reference's vectors, and that order and cuts do not matter. */
#include "support.h"

#include <stdio.h>

#include <dpone/batch_builder.h>
#include <dpone/row_hash.h>

/* SipHash-2-4-128 of 00 01 02 ..., as `openssl mac -macopt size:16 SIPHASH` and the reference give it. */
static void digest_row__matches_the_reference(void **state) {
    (void)state;
    static const struct {
        size_t size;
        uint8_t hash[16];
    } cases[] = {
        {0, {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93}},
        {1, {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45}},
        {7, {0xa1, 0xf1, 0xeb, 0xbe, 0xd8, 0xdb, 0xc1, 0x53, 0xc0, 0xb8, 0x4a, 0xa6, 0x1f, 0xf0, 0x82, 0x39}},
        {8, {0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4}},
        {15,
         {0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11, 0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3, 0xd9}},
        {16,
         {0x6e, 0xe2, 0xa4, 0xca, 0x67, 0xb0, 0x54, 0xbb, 0xfd, 0x33, 0x15, 0xbf, 0x85, 0x23, 0x05, 0x77}}};
    uint8_t row[16];
    for (uint8_t i = 0; i < 16; i++)
        row[i] = i;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct dpone_digest digest = {{0}};
        dpone_digest_add_row(&digest, row, cases[i].size);
        assert_memory_equal(digest.bytes, cases[i].hash, 16);
    }
}

static void digest_add__carries_through_all_bytes(void **state) {
    (void)state;
    struct dpone_digest sum;
    struct dpone_digest one = {{1}};
    struct dpone_digest zero = {{0}};
    memset(sum.bytes, 0xFF, sizeof(sum.bytes));
    dpone_digest_add(&sum, &one);
    assert_memory_equal(sum.bytes, zero.bytes, 16);
    memset(sum.bytes, 0xFF, 8);
    dpone_digest_add(&sum, &one);
    assert_int_equal(sum.bytes[8], 1);
}

static const struct dpone_column columns[] = {{"id", DPONE_TYPE_INT64, 1, 0, 0},
                                              {"name", DPONE_TYPE_UTF8, 1, 0, 0}};

/* The digest of rows `first` to `last`, backwards where `first` is greater, in batches of `cut`. */
static struct dpone_digest digest_of(int64_t first, int64_t last, int64_t cut) {
    struct dpone_digest digest = {{0}};
    struct ArrowSchema schema;
    struct dpone_batch_builder *builder = NULL;
    struct dpone_batch_view *view = NULL;
    assert_int_equal(dpone_schema_make(&schema, columns, 2, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_new(&builder, &schema, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_new(&view, &schema, NULL), DPONE_OK);
    int64_t step = first <= last ? 1 : -1;
    for (int64_t row = first;; row += step) {
        char name[32];
        int size = snprintf(name, sizeof(name), "row %lld", (long long)row);
        dpone_batch_append_int64(builder, 0, row);
        if (row % 3 != 0)
            dpone_batch_append_utf8(builder, 1, name, (size_t)size);
        assert_int_equal(dpone_batch_end_row(builder, NULL), DPONE_OK);
        if (dpone_batch_builder_rows(builder) == cut || row == last) {
            struct ArrowArray batch;
            assert_int_equal(dpone_batch_builder_finish(builder, &batch, NULL), DPONE_OK);
            assert_int_equal(dpone_batch_view_set(view, &batch, NULL), DPONE_OK);
            assert_int_equal(dpone_digest_add_batch(&digest, view, NULL), DPONE_OK);
            batch.release(&batch);
        }
        if (row == last)
            break;
    }
    dpone_batch_view_free(view);
    dpone_batch_builder_free(builder);
    schema.release(&schema);
    return digest;
}

static void digest_batch__ignores_order_and_cuts(void **state) {
    (void)state;
    struct dpone_digest whole = digest_of(1, 100, 1000);
    struct dpone_digest cut = digest_of(100, 1, 7);
    struct dpone_digest part = digest_of(1, 40, 11);
    struct dpone_digest rest = digest_of(41, 100, 60);
    assert_memory_equal(whole.bytes, cut.bytes, 16);
    dpone_digest_add(&part, &rest);
    assert_memory_equal(whole.bytes, part.bytes, 16);
    struct dpone_digest more = digest_of(1, 101, 1000);
    assert_memory_not_equal(whole.bytes, more.bytes, 16);
}

/* The serialisation is part of the contract: other implementations must be able to follow it. */
static void digest_batch__serialises_as_documented(void **state) {
    (void)state;
    static const char rows[2][19] = {"\1\1\0\0\0"
                                     "1\1\5\0\0\0row 1",
                                     "\1\1\0\0\0"
                                     "2\1\5\0\0\0row 2"};
    static const char with_null[] = "\1\1\0\0\0"
                                    "3\0";
    struct dpone_digest expected = {{0}};
    for (size_t i = 0; i < 2; i++)
        dpone_digest_add_row(&expected, rows[i], 16);
    dpone_digest_add_row(&expected, with_null, 7);
    struct dpone_digest digest = digest_of(1, 3, 10);
    assert_memory_equal(digest.bytes, expected.bytes, 16);
}

static void digest_batch__tells_null_from_empty(void **state) {
    (void)state;
    struct dpone_digest null = {{0}};
    struct dpone_digest empty = {{0}};
    dpone_digest_add_row(&null, "\0", 1);
    dpone_digest_add_row(&empty, "\1\0\0\0\0", 5);
    assert_memory_not_equal(null.bytes, empty.bytes, 16);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_row__matches_the_reference),
        cmocka_unit_test(digest_add__carries_through_all_bytes),
        cmocka_unit_test(digest_batch__ignores_order_and_cuts),
        cmocka_unit_test(digest_batch__serialises_as_documented),
        cmocka_unit_test(digest_batch__tells_null_from_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
