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

/* Version 1 as it was published, on the 64-bit platforms that are supported: members may be appended, so of
 * growable structs the last member is pinned down; embedded ones never change at all. */
static void layout__is_frozen(void **state) {
    (void)state;
    static const struct {
        const char *what;
        size_t found;
        size_t published;
    } rows[] = {
        {"dpone_string", sizeof(struct dpone_string), 16},
        {"dpone_bytes", sizeof(struct dpone_bytes), 16},
        {"dpone_buffer", sizeof(struct dpone_buffer), 40},
        {"dpone_table", sizeof(struct dpone_table), 32},
        {"dpone_wait_fd", sizeof(struct dpone_wait_fd), 12},
        {"ArrowSchema", sizeof(struct ArrowSchema), 72},
        {"ArrowArray", sizeof(struct ArrowArray), 80},
        {"ArrowArrayStream", sizeof(struct ArrowArrayStream), 40},
        {"dpone_error.message", offsetof(struct dpone_error, message), 24},
        {"dpone_option.column", offsetof(struct dpone_option, column), 76},
        {"dpone_host.temporary_directory", offsetof(struct dpone_host, temporary_directory), 80},
        {"dpone_connector.native_transfer", offsetof(struct dpone_connector, native_transfer), 112},
        {"dpone_read_request.batch_bytes", offsetof(struct dpone_read_request, batch_bytes), 96},
        {"dpone_reader.close", offsetof(struct dpone_reader, close), 72},
        {"dpone_partitions.release", offsetof(struct dpone_partitions, release), 32},
        {"dpone_source_functions.partitions", offsetof(struct dpone_source_functions, partitions), 24},
        {"dpone_window.to", offsetof(struct dpone_window, to), 40},
        {"dpone_schema_change.policy", offsetof(struct dpone_schema_change, policy), 72},
        {"dpone_description.version", offsetof(struct dpone_description, version), 80},
        {"dpone_load_request.partition_count", offsetof(struct dpone_load_request, partition_count), 144},
        {"dpone_publish_request.receipt_count", offsetof(struct dpone_publish_request, receipt_count), 56},
        {"dpone_publication.rows", offsetof(struct dpone_publication, rows), 128},
        {"dpone_load.close", offsetof(struct dpone_load, close), 64},
        {"dpone_sink_functions.recover", offsetof(struct dpone_sink_functions, recover), 56},
        {"dpone_state_value.token", offsetof(struct dpone_state_value, token), 48},
        {"dpone_state_change.close", offsetof(struct dpone_state_change, close), 32},
        {"dpone_state_functions.write", offsetof(struct dpone_state_functions, write), 16},
        {"dpone_transfer_request.path", offsetof(struct dpone_transfer_request, path), 48},
        {"dpone_transfer.close", offsetof(struct dpone_transfer, close), 48},
        {"dpone_native_transfer_functions.file_staging_load",
         offsetof(struct dpone_native_transfer_functions, file_staging_load), 32},
    };
    if (sizeof(void *) != 8)
        skip();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].found != rows[i].published)
            print_error("%s: %zu, published %zu\n", rows[i].what, rows[i].found, rows[i].published);
        assert_int_equal(rows[i].found, rows[i].published);
    }
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
