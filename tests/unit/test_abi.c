/* The binary contract: layouts that are frozen, and structs of other lengths than this header's. */
#include "support.h"

#include <stdio.h>

#include <dpone/dpone.h>

static int32_t open_instance(struct dpone_instance **out, const struct dpone_host *host,
                             const struct dpone_option *options, struct dpone_error *error) {
    (void)host;
    (void)options;
    (void)error;
    *out = NULL;
    return DPONE_OK;
}

static void close_instance(struct dpone_instance *instance) {
    (void)instance;
}

static const struct dpone_connector self = {.struct_size = sizeof(self),
                                            .abi_version = DPONE_ABI_VERSION,
                                            .name = {"probe", 5},
                                            .version = {"1.0.0", 5},
                                            .connector_type = {"api", 3},
                                            .open = open_instance,
                                            .close = close_instance};

/* Embedded structs, and the published offsets of the others, on the 64-bit platforms that are supported. */
static void layout__is_frozen(void **state) {
    (void)state;
    if (sizeof(void *) != 8)
        skip();
    assert_int_equal(sizeof(struct dpone_string), 16);
    assert_int_equal(sizeof(struct dpone_bytes), 16);
    assert_int_equal(sizeof(struct dpone_buffer), 40);
    assert_int_equal(sizeof(struct dpone_table), 32);
    assert_int_equal(sizeof(struct dpone_wait_fd), 12);
    assert_int_equal(sizeof(struct ArrowSchema), 72);
    assert_int_equal(sizeof(struct ArrowArray), 80);
    assert_int_equal(sizeof(struct ArrowArrayStream), 40);
    assert_int_equal(offsetof(struct dpone_error, message), 24);
    assert_int_equal(sizeof(struct dpone_error), 1048);
    assert_int_equal(offsetof(struct dpone_connector, open), 56);
    assert_int_equal(offsetof(struct dpone_connector, source), 88);
    assert_int_equal(sizeof(struct dpone_connector), 120);
    assert_int_equal(offsetof(struct dpone_host, secret), 72);
    assert_int_equal(offsetof(struct dpone_reader, checkpoint), 56);
    assert_int_equal(offsetof(struct dpone_load_request, lease_ms), 136);
    assert_int_equal(offsetof(struct dpone_load, close), 64);
}

static void connector_fill__refuses_other_versions_and_fills_nothing(void **state) {
    (void)state;
    static const uint32_t versions[] = {0, DPONE_ABI_VERSION + 1, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct dpone_connector out = {.struct_size = sizeof(out)};
        struct dpone_connector untouched = out;
        assert_int_equal(dpone_connector_fill(versions[i], &out, &self, NULL), DPONE_NOT_IMPLEMENTED);
        assert_memory_equal(&out, &untouched, sizeof(out));
    }
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_connector out = {.struct_size = sizeof(out)};
    dpone_connector_fill(2, &out, &self, &error);
    assert_error(error, DPONE_NOT_IMPLEMENTED,
                 "the host speaks version 2 of the connector ABI, this connector version 1: rebuild it with "
                 "that host's SDK");
}

static void connector_fill__writes_nothing_beyond_a_shorter_host(void **state) {
    (void)state;
    static const size_t sizes[] = {8, offsetof(struct dpone_connector, open),
                                   offsetof(struct dpone_connector, source),
                                   offsetof(struct dpone_connector, native_transfer)};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct dpone_connector *out = support_guarded(sizes[i]);
        memset(out, 0, sizes[i]);
        out->struct_size = (uint32_t)sizes[i];
        assert_int_equal(dpone_connector_fill(DPONE_ABI_VERSION, out, &self, NULL), DPONE_OK);
        assert_int_equal(out->struct_size, sizes[i]);
        assert_memory_equal((const char *)out + 4, (const char *)&self + 4, sizes[i] - 4);
        support_guarded_free(out, sizes[i]);
    }
}

static void struct_fill__reads_nothing_beyond_a_shorter_connector(void **state) {
    (void)state;
    size_t size = offsetof(struct dpone_connector, source);
    struct dpone_connector *old = support_guarded(size);
    memcpy(old, &self, size);
    old->struct_size = (uint32_t)size;
    struct dpone_connector out = {.struct_size = sizeof(out)};
    assert_int_equal(dpone_connector_fill(DPONE_ABI_VERSION, &out, old, NULL), DPONE_OK);
    assert_ptr_equal(out.close, close_instance);
    assert_null(out.source);
    assert_int_equal(out.struct_size, sizeof(out));
    support_guarded_free(old, size);
}

/* Tables of a connector whose headers did not have the last slot yet. */
static void call__does_not_read_beyond_a_shorter_table(void **state) {
    (void)state;
    size_t size = offsetof(struct dpone_source_functions, partitions);
    struct dpone_source_functions *source = support_guarded(size);
    memset(source, 0, size);
    source->struct_size = (uint32_t)size;
    struct dpone_connector connector = self;
    connector.source = source;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_partitions partitions = {.struct_size = sizeof(partitions)};
    struct dpone_read_request request = {.struct_size = sizeof(request)};
    assert_int_equal(dpone_call_partitions(&connector, NULL, &request, 1, &partitions, &error),
                     DPONE_NOT_IMPLEMENTED);
    assert_error(error, DPONE_NOT_IMPLEMENTED, "source.partitions is not offered by this connector");
    support_guarded_free(source, size);
}

static void clear__touches_nothing_beyond_a_shorter_caller(void **state) {
    (void)state;
    size_t size = offsetof(struct dpone_publication, rows);
    struct dpone_publication full = DPONE_PUBLICATION_INIT;
    struct dpone_publication *publication = support_guarded(size);
    memcpy(publication, &full, size);
    publication->struct_size = (uint32_t)size;
    assert_int_equal(dpone_buffer_copy(&publication->position, "p", 1), DPONE_OK);
    dpone_publication_clear(publication);
    assert_null(publication->position.release);
    support_guarded_free(publication, size);

    size = offsetof(struct dpone_description, version);
    struct dpone_description *description = support_guarded(size);
    memset(description, 0, size);
    description->struct_size = (uint32_t)size;
    dpone_description_clear(description);
    support_guarded_free(description, size);

    size = offsetof(struct dpone_state_value, token);
    struct dpone_state_value value = DPONE_STATE_VALUE_INIT;
    struct dpone_state_value *shorter = support_guarded(size);
    memcpy(shorter, &value, size);
    shorter->struct_size = (uint32_t)size;
    shorter->exists = 1;
    dpone_state_value_clear(shorter);
    assert_int_equal(shorter->exists, 0);
    support_guarded_free(shorter, size);
}

static void version__agrees_with_itself(void **state) {
    (void)state;
    char version[32];
    (void)snprintf(version, sizeof(version), "%d.%d.%d", DPONE_VERSION_MAJOR, DPONE_VERSION_MINOR,
                   DPONE_VERSION_PATCH);
    assert_string_equal(version, DPONE_VERSION);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout__is_frozen),
        cmocka_unit_test(connector_fill__refuses_other_versions_and_fills_nothing),
        cmocka_unit_test(connector_fill__writes_nothing_beyond_a_shorter_host),
        cmocka_unit_test(struct_fill__reads_nothing_beyond_a_shorter_connector),
        cmocka_unit_test(call__does_not_read_beyond_a_shorter_table),
        cmocka_unit_test(clear__touches_nothing_beyond_a_shorter_caller),
        cmocka_unit_test(version__agrees_with_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
