/* Drives one spike sink against its real system: what is staged, published, replayed, refused and swept is
 * judged by looking into the system itself. Arguments: the plug-in. */
#include "../unit/support.h"

#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

#include <dpone/dpone.h>

#include "system.h"

#define TARGET "orders"

static struct dpone_connector connector = {.struct_size = sizeof(connector)};
static struct dpone_instance *instance;
static char address[SYSTEM_TEXT_BYTES];
static struct dpone_error error;
static int64_t clock_us = INT64_C(1700000000000000);

static const struct dpone_table target = {{NULL, 0}, {TARGET, sizeof(TARGET) - 1}};
static const struct dpone_string pipeline = {"nightly", 7};

/* Fails with the connector's own words. */
#define assert_ok(call)                                                                                      \
    do {                                                                                                     \
        int32_t status_ = (call);                                                                            \
        if (status_ != DPONE_OK)                                                                             \
            print_error("%s: %s\n", dpone_status_name(status_), error.message);                              \
        assert_int_equal(status_, DPONE_OK);                                                                 \
    } while (0)

#define assert_status(call, expected)                                                                        \
    assert_string_equal(dpone_status_name(call), dpone_status_name(expected))

static void host_log(void *context, int32_t level, struct dpone_string message) {
    (void)context;
    (void)level;
    (void)message;
}

static int64_t host_monotonic(void *context) {
    (void)context;
    return clock_us * 1000;
}

static int64_t host_clock(void *context) {
    (void)context;
    return clock_us;
}

static int32_t host_sleep(void *context, int64_t duration_ms) {
    (void)context;
    clock_us += duration_ms * 1000;
    return DPONE_OK;
}

static void host_random(void *context, void *out, size_t size) {
    static uint64_t state = 88172645463325252u;
    (void)context;
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((uint8_t *)out)[i] = (uint8_t)state;
    }
}

static int32_t host_wait(void *context, struct dpone_wait_fd *fds, size_t count, int64_t timeout_ms) {
    (void)context;
    (void)fds;
    (void)count;
    (void)timeout_ms;
    return DPONE_TIMEOUT;
}

static int32_t host_is_cancelled(void *context) {
    (void)context;
    return 0;
}

static int32_t host_secret(void *context, struct dpone_string reference, struct dpone_buffer *out,
                           struct dpone_error *to) {
    (void)context;
    (void)out;
    return dpone_error_set(to, DPONE_NOT_FOUND, "no secret %.*s", (int)reference.size, reference.data);
}

static const struct dpone_host host = {.struct_size = sizeof(host),
                                       .log = host_log,
                                       .monotonic_ns = host_monotonic,
                                       .wall_clock_us = host_clock,
                                       .sleep_ms = host_sleep,
                                       .random = host_random,
                                       .wait = host_wait,
                                       .is_cancelled = host_is_cancelled,
                                       .secret = host_secret,
                                       .temporary_directory = {"/tmp", 4}};

static struct dpone_instance *open_instance(void) {
    struct dpone_instance *opened = NULL;
    struct dpone_option option = {
        .struct_size = sizeof(option), .kind = DPONE_OPTION_STRING, .key = {"address", 7}};
    const struct dpone_option *children[] = {&option};
    struct dpone_option options = {
        .struct_size = sizeof(options), .kind = DPONE_OPTION_MAP, .child_count = 1, .children = children};
    option.text = dpone_string_of(address);
    assert_ok(dpone_call_open(&connector, &opened, &host, &options, &error));
    return opened;
}

/* Three rows whose numbers begin at `first`; the middle one is all NULL but for its id. */
static void make_batch(int64_t first, struct ArrowSchema *schema, struct ArrowArray *batch,
                       struct dpone_digest *digest) {
    static const struct dpone_column columns[] = {{"id", DPONE_TYPE_INT64, 0, 0, 0},
                                                  {"score", DPONE_TYPE_FLOAT64, 1, 0, 0},
                                                  {"name", DPONE_TYPE_UTF8, 1, 0, 0}};
    struct dpone_batch_builder *builder = NULL;
    struct dpone_batch_view *view = NULL;
    assert_ok(dpone_schema_make(schema, columns, 3, &error));
    assert_ok(dpone_batch_builder_new(&builder, schema, &error));
    for (int64_t i = 0; i < 3; i++) {
        dpone_batch_append_int64(builder, 0, first + i);
        if (i != 1) {
            dpone_batch_append_float64(builder, 1, (double)i + 0.5);
            dpone_batch_append_text(builder, 2, "J\xC3\xBCrgen's \\ \"%s\"", 16);
        }
        assert_ok(dpone_batch_end_row(builder, &error));
    }
    assert_ok(dpone_batch_builder_finish(builder, batch, &error));
    assert_ok(dpone_batch_view_new(&view, schema, &error));
    assert_ok(dpone_batch_view_set(view, batch, &error));
    memset(digest, 0, sizeof(*digest));
    assert_ok(dpone_digest_add_batch(digest, view, &error));
    dpone_batch_view_free(view);
    dpone_batch_builder_free(builder);
}

#define TEXT "|J\xC3\xBCrgen's \\ \"%s\"\n"
static const char first_rows[] = "1|0.5" TEXT "2|NULL|NULL\n3|2.5" TEXT;
static const char second_rows[] = "11|0.5" TEXT "12|NULL|NULL\n13|2.5" TEXT;

/* The system itself holds these rows and so many staging areas. */
static void expect_system(const char *rows, int stages) {
    char dump[SYSTEM_TEXT_BYTES];
    system_dump(TARGET, dump);
    assert_string_equal(dump, rows);
    assert_int_equal(system_count_stages(TARGET), stages);
}

static void begin(struct dpone_load *load, struct dpone_instance *in, const char *key,
                  const struct ArrowSchema *schema, int64_t lease_ms) {
    const struct dpone_load_request request = {.struct_size = sizeof(request),
                                               .strategy = DPONE_FULL_REFRESH,
                                               .target = target,
                                               .pipeline = pipeline,
                                               .idempotency_key = dpone_string_of(key),
                                               .schema = schema,
                                               .lease_ms = lease_ms};
    *load = (struct dpone_load){.struct_size = sizeof(*load)};
    assert_ok(dpone_call_begin(&connector, in, &request, load, &error));
}

/* The digest of what is staged, as the quality gates would read it. */
static void expect_staged(struct dpone_load *load, const struct ArrowSchema *schema,
                          const struct dpone_digest *expected) {
    struct ArrowArrayStream stream;
    struct dpone_batch_view *view = NULL;
    struct dpone_digest digest = {{0}};
    struct ArrowArray batch;
    assert_ok(dpone_call_load_open_staged(load, &stream, &error));
    assert_ok(dpone_batch_view_new(&view, schema, &error));
    while (stream.get_next(&stream, &batch) == 0 && batch.release != NULL) {
        assert_ok(dpone_batch_validate(schema, &batch, &error));
        assert_ok(dpone_batch_view_set(view, &batch, &error));
        assert_ok(dpone_digest_add_batch(&digest, view, &error));
        batch.release(&batch);
    }
    assert_null(stream.get_last_error(&stream));
    assert_memory_equal(digest.bytes, expected->bytes, DPONE_DIGEST_BYTES);
    stream.release(&stream);
    dpone_batch_view_free(view);
}

/* A whole load of the batch that begins at `first`; what publish() answered. The load is aborted when it
 * failed. */
static int32_t load_rows(const char *key, int64_t first) {
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct dpone_digest digest;
    struct dpone_load load;
    make_batch(first, &schema, &batch, &digest);
    const struct dpone_publish_request request = {.struct_size = sizeof(request),
                                                  .rows = 3,
                                                  .content_digest = {digest.bytes, DPONE_DIGEST_BYTES},
                                                  .position = {(const uint8_t *)"\0at", 3}};
    begin(&load, instance, key, &schema, 0);
    assert_ok(dpone_call_load_write(&load, &batch, &error));
    assert_status(dpone_call_load_publish(&load, &request, &error), DPONE_INVALID_STATE);
    assert_ok(dpone_call_load_stage(&load, NULL, &error));
    assert_status(dpone_call_load_stage(&load, NULL, &error), DPONE_INVALID_STATE);
    assert_status(dpone_call_load_write(&load, &batch, &error), DPONE_INVALID_STATE);
    expect_staged(&load, &schema, &digest);
    expect_staged(&load, &schema, &digest);
    int32_t status = dpone_call_load_publish(&load, &request, &error);
    if (status != DPONE_OK)
        assert_ok(dpone_call_load_abort(&load, NULL));
    assert_ok(dpone_call_load_abort(&load, NULL));
    dpone_call_load_close(&load);
    batch.release(&batch);
    schema.release(&schema);
    return status;
}

static void spike__has_nothing_before_the_first_load(void **state) {
    (void)state;
    struct dpone_description description = DPONE_DESCRIPTION_INIT;
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    assert_ok(dpone_call_check_connection(&connector, instance, &error));
    assert_status(dpone_call_describe(&connector, instance, &target, &description, &error), DPONE_NOT_FOUND);
    assert_status(dpone_call_last_published(&connector, instance, &target, pipeline, &publication, &error),
                  DPONE_NOT_FOUND);
    expect_system("absent", 0);
}

static void spike__shows_nothing_before_publish_and_all_after(void **state) {
    (void)state;
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    struct dpone_description description = DPONE_DESCRIPTION_INIT;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct dpone_digest digest;
    struct dpone_load load;
    make_batch(1, &schema, &batch, &digest);
    begin(&load, instance, "run-0", &schema, 0);
    assert_ok(dpone_call_load_write(&load, &batch, &error));
    expect_system("absent", 1);
    assert_ok(dpone_call_load_abort(&load, &error));
    expect_system("absent", 0);
    dpone_call_load_close(&load);
    assert_ok(load_rows("run-1", 1));
    expect_system(first_rows, 0);
    assert_ok(dpone_call_last_published(&connector, instance, &target, pipeline, &publication, &error));
    assert_int_equal(publication.rows, 3);
    assert_memory_equal(publication.idempotency_key.data, "run-1", 5);
    assert_memory_equal(publication.content_digest.data, digest.bytes, DPONE_DIGEST_BYTES);
    assert_int_equal(publication.position.size, 3);
    assert_memory_equal(publication.position.data, "\0at", 3);
    assert_ok(dpone_call_describe(&connector, instance, &target, &description, &error));
    assert_true(dpone_schema_equal(&description.schema, &schema));
    dpone_publication_clear(&publication);
    dpone_description_clear(&description);
    batch.release(&batch);
    schema.release(&schema);
}

static void spike__replays_a_key_without_effect(void **state) {
    (void)state;
    assert_ok(load_rows("run-1", 1));
    expect_system(first_rows, 0);
}

static void spike__refuses_other_content_under_a_key(void **state) {
    (void)state;
    assert_status(load_rows("run-1", 11), DPONE_CONFLICT);
    assert_string_equal(error.message, "key run-1 was published with other content");
    expect_system(first_rows, 0);
}

static void spike__replaces_the_target_under_a_new_key(void **state) {
    (void)state;
    struct dpone_publication publication = DPONE_PUBLICATION_INIT;
    assert_ok(load_rows("run-2", 11));
    expect_system(second_rows, 0);
    assert_ok(load_rows("run-2", 11));
    expect_system(second_rows, 0);
    assert_ok(dpone_call_last_published(&connector, instance, &target, pipeline, &publication, &error));
    assert_memory_equal(publication.idempotency_key.data, "run-2", 5);
    dpone_publication_clear(&publication);
}

static void spike__plans_nothing_for_equal_columns_and_refuses_others(void **state) {
    (void)state;
    static const struct dpone_column other = {"id", DPONE_TYPE_UTF8, 0, 0, 0};
    struct dpone_description description = DPONE_DESCRIPTION_INIT;
    struct dpone_buffer plan = DPONE_BUFFER_INIT;
    struct ArrowSchema wanted;
    assert_ok(dpone_schema_make(&wanted, &other, 1, &error));
    assert_ok(dpone_call_describe(&connector, instance, &target, &description, &error));
    struct dpone_schema_change change = {.struct_size = sizeof(change),
                                         .target = target,
                                         .current = &description.schema,
                                         .wanted = &description.schema,
                                         .current_version = dpone_buffer_view(&description.version)};
    assert_ok(dpone_call_plan(&connector, instance, &change, &plan, &error));
    assert_int_equal(plan.size, 0);
    change.wanted = &wanted;
    assert_status(dpone_call_plan(&connector, instance, &change, &plan, &error), DPONE_CONFLICT);
    dpone_description_clear(&description);
    wanted.release(&wanted);
}

static void spike__refuses_what_it_cannot_hold_before_staging(void **state) {
    (void)state;
    static const struct dpone_column date = {"day", DPONE_TYPE_DATE32, 0, 0, 0};
    struct ArrowSchema schema;
    struct dpone_load load = {.struct_size = sizeof(load)};
    assert_ok(dpone_schema_make(&schema, &date, 1, &error));
    const struct dpone_load_request request = {.struct_size = sizeof(request),
                                               .target = target,
                                               .pipeline = pipeline,
                                               .idempotency_key = {"run-3", 5},
                                               .schema = &schema};
    assert_status(dpone_call_begin(&connector, instance, &request, &load, &error), DPONE_UNSUPPORTED_TYPE);
    expect_system(second_rows, 0);
    schema.release(&schema);
}

/* Sweeps until something is removed: a server notices a client's end in its own time. */
static int64_t recover_patiently(void) {
    const struct timespec pause = {0, 50000000};
    int64_t removed = 0;
    for (int tries = 0; tries < 100 && removed == 0; tries++) {
        assert_ok(dpone_call_recover(&connector, instance, &target, &removed, &error));
        (void)nanosleep(&pause, NULL);
    }
    return removed;
}

static void spike__sweeps_dead_loads_and_never_live_ones(void **state) {
    (void)state;
    struct dpone_instance *other = open_instance();
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct dpone_digest digest;
    struct dpone_load dead;
    struct dpone_load live;
    int64_t removed = 9;
    make_batch(1, &schema, &batch, &digest);
    begin(&live, instance, "run-4", &schema, 3600000);
    begin(&dead, other, "run-5", &schema, 100);
    assert_ok(dpone_call_load_write(&dead, &batch, &error));
    assert_ok(dpone_call_load_write(&live, &batch, &error));
    dpone_call_load_close(&dead);
    dpone_call_close(&connector, other);
    expect_system(second_rows, 2);
    clock_us += 10000000;
    assert_int_equal(recover_patiently(), 1);
    assert_ok(dpone_call_recover(&connector, instance, &target, &removed, &error));
    assert_int_equal(removed, 0);
    expect_system(second_rows, 1);
    assert_ok(dpone_call_load_stage(&live, NULL, &error));
    expect_staged(&live, &schema, &digest);
    assert_ok(dpone_call_load_abort(&live, &error));
    dpone_call_load_close(&live);
    expect_system(second_rows, 0);
    batch.release(&batch);
    schema.release(&schema);
}

static void load_connector(const char *file) {
    dpone_connector_init_function init = NULL;
    void *plugin = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) {
        (void)fprintf(stderr, "%s\n", dlerror());
        exit(3);
    }
    *(void **)(void *)&init = dlsym(plugin, DPONE_CONNECTOR_INIT_SYMBOL);
    assert_ok(dpone_call_init(init, &connector, &error));
    instance = open_instance();
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spike__has_nothing_before_the_first_load),
        cmocka_unit_test(spike__shows_nothing_before_publish_and_all_after),
        cmocka_unit_test(spike__replays_a_key_without_effect),
        cmocka_unit_test(spike__refuses_other_content_under_a_key),
        cmocka_unit_test(spike__replaces_the_target_under_a_new_key),
        cmocka_unit_test(spike__plans_nothing_for_equal_columns_and_refuses_others),
        cmocka_unit_test(spike__refuses_what_it_cannot_hold_before_staging),
        cmocka_unit_test(spike__sweeps_dead_loads_and_never_live_ones),
    };
    char directory[] = "/tmp/dpone-spike-XXXXXX";
    char command[64];
    if (argc != 2 || mkdtemp(directory) == NULL)
        return 3;
    error = (struct dpone_error)DPONE_ERROR_INIT;
    const char *missing = system_start(directory, address);
    int failed = 0;
    if (missing == NULL) {
        load_connector(argv[1]);
        failed = cmocka_run_group_tests(tests, NULL, NULL);
        dpone_call_close(&connector, instance);
        system_stop();
    } else {
        (void)printf("skipped: install the Debian package %s\n", missing);
    }
    (void)snprintf(command, sizeof(command), "rm -rf %s", directory);
    if (system(command) != 0)
        failed++;
    return missing != NULL ? 77 : failed != 0;
}
