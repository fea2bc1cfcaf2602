/* struct_size is honoured both ways: whatever struct the other side made, of whatever length up to this
 * header's, nothing behind its end is touched (a guard page stands there), and what it is too short for is
 * refused. */
#include "fake_connector.h"

/* One struct of the ABI, whole, and a call that is given a shorter one. */
struct sized {
    const char *what;
    const void *whole;
    size_t size;
    int32_t (*call)(void *given);
};

/* What the calls below use besides the struct under test. */
static struct ArrowSchema columns;

static struct dpone_connector *with_source(void *given) {
    fake.connector.source = given;
    return &fake.connector;
}

static struct dpone_connector *with_sink(void *given) {
    fake.connector.sink = given;
    return &fake.connector;
}

static struct dpone_connector *with_state(void *given) {
    fake.connector.state = given;
    return &fake.connector;
}

static struct dpone_connector *with_transfers(void *given) {
    fake.connector.native_transfer = given;
    return &fake.connector;
}

/* ---- Tables of a connector with other headers ---- */

static int32_t call_schema(struct dpone_connector *connector, const struct dpone_read_request *request) {
    struct ArrowSchema out;
    int32_t status = dpone_call_schema(connector, fake_instance, request, &out, &error);
    if (out.release != NULL)
        out.release(&out);
    return status;
}

static int32_t call_read(struct dpone_connector *connector, struct dpone_reader *out) {
    int32_t status = dpone_call_read(connector, fake_instance, &read_request, out, &error);
    if (status == DPONE_OK)
        dpone_call_reader_close(out);
    return status;
}

static int32_t call_partitions(struct dpone_connector *connector, struct dpone_partitions *out) {
    int32_t status = dpone_call_partitions(connector, fake_instance, &read_request, 1, out, &error);
    if (status == DPONE_OK)
        out->release(out);
    return status;
}

static int32_t call_describe(struct dpone_connector *connector, struct dpone_description *out) {
    int32_t status = dpone_call_describe(connector, fake_instance, &target, out, &error);
    dpone_description_clear(out);
    return status;
}

static int32_t call_plan(struct dpone_connector *connector, const struct dpone_schema_change *change) {
    struct dpone_buffer out = DPONE_BUFFER_INIT;
    int32_t status = dpone_call_plan(connector, fake_instance, change, &out, &error);
    dpone_buffer_clear(&out);
    return status;
}

static int32_t call_begin(struct dpone_connector *connector, const struct dpone_load_request *request,
                          struct dpone_load *out) {
    int32_t status = dpone_call_begin(connector, fake_instance, request, out, &error);
    if (status == DPONE_OK)
        dpone_call_load_close(out);
    return status;
}

static int32_t call_attach(struct dpone_connector *connector, struct dpone_load *out) {
    int32_t status = dpone_call_attach(connector, fake_instance, token, 0, 0, out, &error);
    if (status == DPONE_OK)
        dpone_call_load_close(out);
    return status;
}

static int32_t call_last_published(struct dpone_connector *connector, struct dpone_publication *out) {
    int32_t status = dpone_call_last_published(connector, fake_instance, &target, pipeline, out, &error);
    dpone_publication_clear(out);
    return status;
}

static int32_t call_state_read(struct dpone_connector *connector, struct dpone_state_value *out) {
    int32_t status = dpone_call_state_read(connector, fake_instance, key, out, &error);
    dpone_state_value_clear(out);
    return status;
}

static int32_t call_state_write(struct dpone_connector *connector, struct dpone_state_change *out) {
    int32_t status = dpone_call_state_write(connector, fake_instance, key, token, token, out, &error);
    if (status == DPONE_OK)
        dpone_call_state_close(out);
    return status;
}

static int32_t call_transfer(struct dpone_connector *connector, int32_t kind,
                             const struct dpone_transfer_request *request, struct dpone_transfer *out) {
    int32_t status = dpone_call_transfer(connector, fake_instance, kind, request, out, &error);
    if (status == DPONE_OK)
        dpone_call_transfer_close(out);
    return status;
}

static struct dpone_schema_change schema_change(void) {
    return (struct dpone_schema_change){
        .struct_size = sizeof(struct dpone_schema_change), .target = target, .wanted = &columns};
}

static struct dpone_transfer_request transfer_request(void) {
    static struct dpone_load_request load;
    load = load_request(&columns);
    return (struct dpone_transfer_request){.struct_size = sizeof(struct dpone_transfer_request),
                                           .read = &read_request,
                                           .load = &load,
                                           .path = {"/f", 2}};
}

/* Every slot of a table in turn; the first that fails is the answer. */
static int32_t source_table(void *given) {
    struct dpone_reader reader = {.struct_size = sizeof(reader)};
    struct dpone_partitions partitions = {.struct_size = sizeof(partitions)};
    int32_t status = call_schema(with_source(given), &read_request);
    status = status == DPONE_OK ? call_read(&fake.connector, &reader) : status;
    return status == DPONE_OK ? call_partitions(&fake.connector, &partitions) : status;
}

static int32_t sink_table(void *given) {
    struct dpone_description description = DPONE_DESCRIPTION_INIT;
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    struct dpone_load load = {.struct_size = sizeof(load)};
    struct dpone_schema_change change = schema_change();
    struct dpone_load_request request = load_request(&columns);
    int64_t removed;
    int32_t status = call_describe(with_sink(given), &description);
    status = status == DPONE_OK ? call_plan(&fake.connector, &change) : status;
    status = status == DPONE_OK ? call_begin(&fake.connector, &request, &load) : status;
    load.struct_size = sizeof(load);
    status = status == DPONE_OK ? call_attach(&fake.connector, &load) : status;
    status = status == DPONE_OK ? call_last_published(&fake.connector, &publication) : status;
    return status == DPONE_OK ? dpone_call_recover(&fake.connector, fake_instance, &target, &removed, &error)
                              : status;
}

static int32_t state_table(void *given) {
    struct dpone_state_value value = DPONE_STATE_VALUE_INIT;
    struct dpone_state_change change = {.struct_size = sizeof(change)};
    int32_t status = call_state_read(with_state(given), &value);
    return status == DPONE_OK ? call_state_write(&fake.connector, &change) : status;
}

static int32_t transfer_table(void *given) {
    struct dpone_transfer_request request = transfer_request();
    int32_t status = DPONE_OK;
    with_transfers(given);
    for (int32_t kind = DPONE_STREAM_EXPORT; kind <= DPONE_FILE_STAGING_LOAD && status == DPONE_OK; kind++) {
        struct dpone_transfer transfer = {.struct_size = sizeof(transfer)};
        status = call_transfer(&fake.connector, kind, &request, &transfer);
    }
    return status;
}

/* ---- Requests and hosts of a host with other headers ---- */

static int32_t request_read(void *given) {
    return call_schema(&fake.connector, given);
}

static int32_t request_plan(void *given) {
    return call_plan(&fake.connector, given);
}

static int32_t request_begin(void *given) {
    struct dpone_load load = {.struct_size = sizeof(load)};
    return call_begin(&fake.connector, given, &load);
}

static int32_t request_window(void *given) {
    struct dpone_load load = {.struct_size = sizeof(load)};
    struct dpone_load_request request = load_request(&columns);
    request.strategy = DPONE_REPLACE;
    request.window = given;
    return call_begin(&fake.connector, &request, &load);
}

static int32_t request_publish(void *given) {
    struct dpone_load load = {.struct_size = sizeof(load)};
    fake_fill_load(&load);
    int32_t status = dpone_call_load_publish(&load, given, &error);
    dpone_call_load_close(&load);
    return status;
}

static int32_t request_transfer(void *given) {
    struct dpone_transfer transfer = {.struct_size = sizeof(transfer)};
    return call_transfer(&fake.connector, DPONE_FILE_EXPORT, given, &transfer);
}

static int32_t handle_init(void *given) {
    return dpone_call_init(fake_init, given, &error);
}

static int32_t handle_reader(void *given) {
    return call_read(&fake.connector, given);
}

static int32_t handle_partitions(void *given) {
    return call_partitions(&fake.connector, given);
}

static int32_t handle_description(void *given) {
    return call_describe(&fake.connector, given);
}

static int32_t handle_load(void *given) {
    struct dpone_load_request request = load_request(&columns);
    return call_begin(&fake.connector, &request, given);
}

static int32_t handle_attached(void *given) {
    return call_attach(&fake.connector, given);
}

static int32_t handle_publication(void *given) {
    return call_last_published(&fake.connector, given);
}

static int32_t handle_value(void *given) {
    return call_state_read(&fake.connector, given);
}

static int32_t handle_change(void *given) {
    return call_state_write(&fake.connector, given);
}

static int32_t handle_transfer(void *given) {
    struct dpone_transfer_request request = transfer_request();
    return call_transfer(&fake.connector, DPONE_STREAM_EXPORT, &request, given);
}

/* With each length that is aligned, up to the whole: refused or, long enough, served; and the whole is
 * served. */
static void assert_sized(const struct sized *sized) {
    int32_t status = DPONE_INTERNAL;
    for (size_t size = sizeof(void *); size <= sized->size; size += sizeof(void *)) {
        uint32_t given_size = (uint32_t)size;
        void *given = support_guarded(size);
        fake_reset();
        memcpy(given, sized->whole, size);
        memcpy(given, &given_size, sizeof(given_size));
        status = sized->call(given);
        if (status != DPONE_OK && status != DPONE_INVALID_ARGUMENT && status != DPONE_NOT_IMPLEMENTED)
            fail_msg("%s of %zu bytes: %s: %s", sized->what, size, dpone_status_name(status), error.message);
        if (size == sizeof(void *) && status == DPONE_OK)
            fail_msg("%s that is empty was served", sized->what);
        support_guarded_free(given, size);
    }
    if (status != DPONE_OK)
        fail_msg("%s: %s", sized->what, error.message);
}

static void call_sizes__tables_of_shorter_connectors(void **state) {
    (void)state;
    fake_reset();
    const struct sized rows[] = {
        {"a source", fake.connector.source, sizeof(*fake.connector.source), source_table},
        {"a sink", fake.connector.sink, sizeof(*fake.connector.sink), sink_table},
        {"a state", fake.connector.state, sizeof(*fake.connector.state), state_table},
        {"a native transfer", fake.connector.native_transfer, sizeof(*fake.connector.native_transfer),
         transfer_table},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_sized(&rows[i]);
}

static void call_sizes__requests_of_shorter_hosts(void **state) {
    (void)state;
    const struct dpone_schema_change change = schema_change();
    const struct dpone_load_request load = load_request(&columns);
    const struct dpone_window window = {.struct_size = sizeof(window), .column = {"at", 2}};
    const struct dpone_publish_request publish = {.struct_size = sizeof(publish),
                                                  .content_digest = {digest_bytes, sizeof(digest_bytes)}};
    const struct dpone_transfer_request transfer = transfer_request();
    const struct sized rows[] = {
        {"a read request", &read_request, sizeof(read_request), request_read},
        {"a schema change", &change, sizeof(change), request_plan},
        {"a load request", &load, sizeof(load), request_begin},
        {"a window", &window, sizeof(window), request_window},
        {"a publish request", &publish, sizeof(publish), request_publish},
        {"a transfer request", &transfer, sizeof(transfer), request_transfer},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_sized(&rows[i]);
}

static void call_sizes__handles_of_shorter_hosts(void **state) {
    (void)state;
    static const struct dpone_connector none;
    static const struct dpone_reader reader;
    static const struct dpone_partitions partitions;
    static const struct dpone_load load;
    static const struct dpone_state_change change;
    static const struct dpone_transfer transfer;
    const struct dpone_description description = DPONE_DESCRIPTION_INIT;
    const struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    const struct dpone_state_value value = DPONE_STATE_VALUE_INIT;
    const struct sized rows[] = {
        {"a connector", &none, sizeof(none), handle_init},
        {"a reader", &reader, sizeof(reader), handle_reader},
        {"partitions", &partitions, sizeof(partitions), handle_partitions},
        {"a description", &description, sizeof(description), handle_description},
        {"a load", &load, sizeof(load), handle_load},
        {"an attached load", &load, sizeof(load), handle_attached},
        {"a publication", &publication, sizeof(publication), handle_publication},
        {"a state value", &value, sizeof(value), handle_value},
        {"a state change", &change, sizeof(change), handle_change},
        {"a transfer", &transfer, sizeof(transfer), handle_transfer},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_sized(&rows[i]);
}

static int group_setup(void **state) {
    columns = load_schema();
    return call_setup(state);
}

static int group_teardown(void **state) {
    (void)state;
    columns.release(&columns);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CALL_TEST(call_sizes__tables_of_shorter_connectors),
        CALL_TEST(call_sizes__requests_of_shorter_hosts),
        CALL_TEST(call_sizes__handles_of_shorter_hosts),
    };
    return cmocka_run_group_tests_name("call_sizes", tests, group_setup, group_teardown);
}
