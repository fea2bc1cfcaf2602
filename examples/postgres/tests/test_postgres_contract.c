/* What this connector promises, tried on a host and a server that are played: a socket on which one scripted
 * answer waits. What a real server does with it is for the certification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../src/dpone_connector_postgres/connector.h"
#include "../src/dpone_connector_postgres/cursor.h"
#include "../src/dpone_connector_postgres/failure.h"
#include "../src/dpone_connector_postgres/numeric.h"
#include "../src/dpone_connector_postgres/partition.h"
#include "../src/dpone_connector_postgres/plan.h"
#include "../src/dpone_connector_postgres/value.h"

/* ---- The host and the server that are played ---- */

static struct {
    char folder[64];
    int listening;
    const char *sqlstate; /* what the server refuses the connection with; NULL: it says nothing */
} played;

static int64_t played_monotonic_ns(void *context) {
    struct timespec now;
    (void)context;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int32_t played_is_cancelled(void *context) {
    (void)context;
    return 0;
}

static int32_t played_secret(void *context, struct dpone_string reference, struct dpone_buffer *out,
                             struct dpone_error *error) {
    (void)context;
    (void)reference;
    (void)error;
    return dpone_buffer_copy(out, "hunter2", sizeof("hunter2"));
}

/* ErrorResponse: severity, SQLSTATE, message. */
static void server_refuse(int client) {
    char body[128];
    char ignored[1024];
    uint8_t head[5] = {'E', 0, 0, 0, 0};
    int size = snprintf(body, sizeof(body), "SFATAL%cVFATAL%cC%s%cMno, said with hunter2%c", 0, 0,
                        played.sqlstate, 0, 0);
    head[4] = (uint8_t)(size + 1 + 4);
    assert_true(read(client, ignored, sizeof(ignored)) > 0);
    assert_int_equal(write(client, head, sizeof(head)), sizeof(head));
    assert_int_equal(write(client, body, (size_t)size + 1), size + 1);
    (void)close(client);
}

/* Waits as a host does, and lets the server answer meanwhile. */
static int32_t played_wait(void *context, struct dpone_wait_fd *fds, size_t count, int64_t timeout_ms) {
    struct pollfd polled[2] = {{.fd = fds[0].fd,
                                .events = (short)((fds[0].events & DPONE_WAIT_READABLE ? POLLIN : 0) |
                                                  (fds[0].events & DPONE_WAIT_WRITABLE ? POLLOUT : 0))},
                               {.fd = played.listening, .events = POLLIN}};
    (void)context;
    assert_int_equal(count, 1);
    (void)poll(polled, 2, (int)timeout_ms);
    if (played.sqlstate != NULL && (polled[1].revents & POLLIN) && !(fds[0].events & DPONE_WAIT_WRITABLE)) {
        server_refuse(accept(played.listening, NULL, NULL));
        return DPONE_TIMEOUT;
    }
    return polled[0].revents != 0 ? DPONE_OK : DPONE_TIMEOUT;
}

static const struct dpone_host host = {.struct_size = sizeof(host),
                                       .monotonic_ns = played_monotonic_ns,
                                       .is_cancelled = played_is_cancelled,
                                       .secret = played_secret,
                                       .wait = played_wait,
                                       .temporary_directory = {"/nonexistent", 12}};

static int play(void **state) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)state;
    memset(&played, 0, sizeof(played));
    (void)snprintf(played.folder, sizeof(played.folder), "/tmp/dpone-contract-XXXXXX");
    if (mkdtemp(played.folder) == NULL) {
        return -1;
    }
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", played.folder);
    played.listening = socket(AF_UNIX, SOCK_STREAM, 0);
    return bind(played.listening, (struct sockaddr *)&address, sizeof(address)) == 0 &&
                   listen(played.listening, 8) == 0
               ? 0
               : -1;
}

static int play_no_more(void **state) {
    char path[128];
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", played.folder);
    (void)close(played.listening);
    (void)unlink(path);
    return rmdir(played.folder);
}

/* ---- Opening an instance ---- */

static struct dpone_connector connector(void) {
    struct dpone_connector out = {.struct_size = sizeof(out)};
    assert_int_equal(dpone_connector_init(DPONE_ABI_VERSION, &out, NULL), DPONE_OK);
    return out;
}

static struct dpone_option text_option(const char *key, int32_t kind, const char *text) {
    return (struct dpone_option){.struct_size = sizeof(struct dpone_option),
                                 .kind = kind,
                                 .key = dpone_string_of(key),
                                 .text = dpone_string_of(text)};
}

static int32_t open_on(struct dpone_instance **out, const char *folder, struct dpone_error *error) {
    const struct dpone_option options[] = {text_option("host", DPONE_OPTION_STRING, folder),
                                           text_option("database", DPONE_OPTION_STRING, "shop"),
                                           text_option("user", DPONE_OPTION_STRING, "o'neil"),
                                           text_option("password", DPONE_OPTION_SECRET, "env:SHOP_PASSWORD")};
    const struct dpone_option *const children[] = {&options[0], &options[1], &options[2], &options[3]};
    const struct dpone_option map = {
        .struct_size = sizeof(map), .kind = DPONE_OPTION_MAP, .child_count = 4, .children = children};
    return postgres_open_with(out, &host, &map, NULL, error);
}

/* ---- Loading ---- */

static void connector_init__says_what_the_package_says(void **state) {
    struct dpone_connector self = connector();
    (void)state;
    assert_true(dpone_string_equal(self.name, dpone_string_of("postgres")));
    assert_true(dpone_string_equal(self.connector_type, dpone_string_of("database")));
    assert_non_null(self.source);
    assert_non_null(self.sink);
    assert_non_null(self.state);
}

static void connector_init__refuses_another_abi(void **state) {
    struct dpone_connector out = {.struct_size = sizeof(out)};
    (void)state;
    assert_int_equal(dpone_connector_init(DPONE_ABI_VERSION + 1, &out, NULL), DPONE_NOT_IMPLEMENTED);
    assert_null(out.open);
}

static void options__name_what_is_missing(void **state) {
    struct dpone_instance *instance = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(postgres_open_with(&instance, &host, NULL, NULL, &error), DPONE_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "host"));
    assert_null(instance);
}

/* ---- Connections ---- */

static void connection__says_what_is_wrong_and_no_secret(void **state) {
    static const struct {
        const char *sqlstate;
        int32_t status;
    } rows[] = {{"28P01", DPONE_UNAUTHENTICATED},
                {"3D000", DPONE_NOT_FOUND},
                {"42501", DPONE_PERMISSION_DENIED},
                {"53300", DPONE_RESOURCE_EXHAUSTED},
                {"57P03", DPONE_UNAVAILABLE}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dpone_instance *instance = NULL;
        struct dpone_error error = DPONE_ERROR_INIT;
        played.sqlstate = rows[i].sqlstate;
        assert_int_equal(open_on(&instance, played.folder, &error), DPONE_OK);
        assert_int_equal(connector().check_connection(instance, &error), rows[i].status);
        assert_non_null(strstr(error.message, "cannot connect: "));
        assert_non_null(strstr(error.message, rows[i].sqlstate));
        assert_null(strstr(error.message, "hunter2"));
        connector().close(instance);
    }
}

static void connection__needs_a_server(void **state) {
    struct dpone_instance *instance = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(open_on(&instance, "/nonexistent", &error), DPONE_OK);
    assert_int_equal(connector().check_connection(instance, &error), DPONE_UNAVAILABLE);
    assert_int_equal(error.retryable, 1);
    connector().close(instance);
}

static void connection__ends_when_it_is_cancelled(void **state) {
    struct dpone_instance *instance = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(open_on(&instance, played.folder, &error), DPONE_OK);
    connector().cancel(instance);
    assert_int_equal(connector().check_connection(instance, &error), DPONE_CANCELLED);
    assert_string_equal(error.message, "interrupted while connecting to the server");
    connector().close(instance);
}

/* ---- Names ---- */

static void names__are_quoted(void **state) {
    const struct postgres_table table = {"s\"x", "drop"};
    struct postgres_sql sql = {0};
    (void)state;
    postgres_sql_add(&sql, "%T %I %L %s%c", &table, "a\"b", "o'clock\\", "plain", '!');
    assert_string_equal(sql.data, "\"s\"\"x\".\"drop\" \"a\"\"b\" 'o''clock\\' plain!");
    postgres_sql_clear(&sql);
}

static void names__longer_than_63_bytes_are_refused(void **state) {
    static const char name[] = "n23456789_123456789_123456789_123456789_123456789_123456789_1234";
    struct dpone_instance *instance = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_table table = {.name = {name, 64}};
    struct postgres_table out;
    (void)state;
    assert_int_equal(open_on(&instance, played.folder, &error), DPONE_OK);
    assert_int_equal(postgres_table_of(&out, instance, &table, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "table \"n23456789_123456789_123456789_123456789_123456789_123456789_1234\": a "
                        "name has 1 to 63 bytes in PostgreSQL, not 64; choose another");
    table.name.size = 63;
    assert_int_equal(postgres_table_of(&out, instance, &table, &error), DPONE_OK);
    assert_string_equal(out.schema, "public");
    table.name = dpone_string_of("__dpone__loads");
    assert_int_equal(postgres_table_of(&out, instance, &table, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(
        error.message,
        "table \"__dpone__loads\": names that begin with __dpone__ are reserved; choose another");
    assert_int_equal(postgres_check_column_name(name, &error), DPONE_INVALID_ARGUMENT);
    connector().close(instance);
}

/* ---- Values ---- */

static void numeric__comes_back_as_it_went(void **state) {
    static const struct {
        int32_t precision, scale;
        const char *text;
        int is_small; /* read without a text */
    } rows[] = {{38, 0, "99999999999999999999999999999999999999", 0},
                {38, 0, "-99999999999999999999999999999999999999", 0},
                {38, 37, "1.0000000000000000000000000000000000001", 0},
                {38, 38, "-0.00000000000000000000000000000000000001", 0},
                {10, 2, "0.00", 1},
                {10, 2, "12345678.90", 1},
                {10, 3, "10000.000", 1},
                {5, 5, "0.00012", 1},
                {18, 4, "-12345678901234.5678", 0},
                {16, 4, "-123456789012.3456", 1}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct dpone_column column = {"n", DPONE_TYPE_DECIMAL128, 0, rows[i].precision, rows[i].scale};
        uint8_t value[16];
        uint8_t wire[POSTGRES_NUMERIC_MAXIMUM_BYTES];
        uint8_t small[16];
        char text[DPONE_VALUE_TEXT_BYTES];
        assert_int_equal(dpone_value_text_read(value, &column, dpone_string_of(rows[i].text), NULL),
                         DPONE_OK);
        size_t size = postgres_numeric_write(wire, &column, value);
        assert_true(size <= sizeof(wire));
        assert_int_equal(postgres_numeric_read(text, &column, wire, size), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
        assert_int_equal(postgres_numeric_read(text, &column, wire, size - 1), 0);
        assert_int_equal(postgres_numeric_read_small(small, &column, wire, size), rows[i].is_small);
        assert_true(!rows[i].is_small || memcmp(small, value, sizeof(value)) == 0);
    }
}

static void numeric__refuses_nan_and_what_is_too_long(void **state) {
    static const uint8_t nan[] = {0, 0, 0, 0, 0xc0, 0, 0, 0};
    static const uint8_t huge[] = {0, 1, 0, 20, 0, 0, 0, 0, 0, 1};
    static const struct dpone_column column = {"n", DPONE_TYPE_DECIMAL128, 0, 38, 2};
    char text[DPONE_VALUE_TEXT_BYTES];
    (void)state;
    assert_int_equal(postgres_numeric_read(text, &column, nan, sizeof(nan)), 0);
    assert_int_equal(postgres_numeric_read(text, &column, huge, sizeof(huge)), 0);
}

static void literals__are_of_their_type(void **state) {
    static const struct {
        int32_t type;
        const char *text;
        const char *literal;
    } rows[] = {{DPONE_TYPE_INT64, "-5", "'-5'::int8"},
                {DPONE_TYPE_UTF8, "it's", "'it''s'::text"},
                {DPONE_TYPE_BINARY, "00ff", "'\\x00ff'::bytea"},
                {DPONE_TYPE_BINARY, "'; drop", "'\\x''; drop'::bytea"},
                {DPONE_TYPE_DATE32, "2024-02-29", "'2024-02-29'::date"},
                {DPONE_TYPE_DATE32, "+12345-01-02", "'12345-01-02'::date"},
                {DPONE_TYPE_DATE32, "0000-03-15", "'0001-03-15 BC'::date"},
                {DPONE_TYPE_TIMESTAMP_US, "-0043-03-15T01:02:03.000004Z",
                 "'0044-03-15T01:02:03.000004Z BC'::timestamptz"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct postgres_column column = {.as = {.name = "c", .type = rows[i].type}};
        struct postgres_sql sql = {0};
        assert_int_equal(postgres_value_add_literal(&sql, &column, dpone_string_of(rows[i].text), NULL),
                         DPONE_OK);
        assert_string_equal(sql.data, rows[i].literal);
        postgres_sql_clear(&sql);
    }
}

static void values__that_do_not_fit_are_named(void **state) {
    static const struct dpone_column columns[] = {{.name = "t", .type = DPONE_TYPE_UTF8},
                                                  {.name = "d", .type = DPONE_TYPE_DATE32}};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_batch_builder *builder = NULL;
    struct dpone_batch_view *view = NULL;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    (void)state;
    assert_int_equal(dpone_schema_make(&schema, columns, 2, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_builder_new(&builder, &schema, NULL), DPONE_OK);
    assert_int_equal(dpone_batch_view_new(&view, &schema, NULL), DPONE_OK);
    for (int round = 0; round < 2; round++) {
        dpone_batch_append_utf8(builder, 0, round == 0 ? "a\0b" : "ab", round == 0 ? 3 : 2);
        dpone_batch_append_int32(builder, 1, round == 0 ? 0 : -2440589);
        assert_int_equal(dpone_batch_end_row(builder, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_builder_finish(builder, &batch, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_view_set(view, &batch, NULL), DPONE_OK);
        assert_int_equal(postgres_values_check(view, &error), DPONE_UNSUPPORTED_TYPE);
        assert_string_equal(
            error.message,
            round == 0 ? "column \"t\", row 0 of the batch: PostgreSQL cannot hold the character U+0000 "
                         "in a text"
                       : "column \"d\", row 0 of the batch: PostgreSQL cannot hold a time so far from "
                         "now");
        batch.release(&batch);
    }
    dpone_batch_view_free(view);
    dpone_batch_builder_free(builder);
    schema.release(&schema);
}

/* ---- Opaque bytes ---- */

static void checkpoints__lead_on_behind_the_last_row(void **state) {
    static const struct postgres_table table = {"public", "orders"};
    static const struct postgres_column at = {.as = {.name = "at", .type = DPONE_TYPE_INT64}};
    const struct postgres_place written = {.page = 7, .item = 3, .cursor = {"42", 2}};
    struct dpone_buffer checkpoint = DPONE_BUFFER_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct postgres_place place = {0};
    struct postgres_sql sql = {0};
    (void)state;
    assert_int_equal(postgres_cursor_write(&checkpoint, &table, "at", &written, NULL), DPONE_OK);
    assert_int_equal(postgres_cursor_read(&place, dpone_buffer_view(&checkpoint), &table, "at", NULL),
                     DPONE_OK);
    assert_int_equal(postgres_cursor_add_condition(&sql, &place, &at, 0, NULL), DPONE_OK);
    assert_string_equal(sql.data, "\"at\" >= '42'::int8 AND (\"at\" > '42'::int8 OR ctid > '(7,3)'::tid)");
    assert_int_equal(postgres_cursor_read(&place, dpone_buffer_view(&checkpoint), &table, "other", &error),
                     DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "the checkpoint is none of table \"orders\" in the order of other; remove the "
                        "state to read from the beginning");
    postgres_sql_clear(&sql);
    dpone_buffer_clear(&checkpoint);
}

static void partitions__cover_every_page_once(void **state) {
    static const struct postgres_table table = {"public", "orders"};
    const struct dpone_string snapshot = {"00000003-1", 10};
    (void)state;
    for (int64_t pages = 0; pages < 40; pages++) {
        struct dpone_partitions cut = {.struct_size = sizeof(cut)};
        int64_t next = 0;
        assert_int_equal(postgres_partitions_make(&cut, &table, pages, snapshot, 7, NULL), DPONE_OK);
        assert_int_equal(cut.shared_snapshot, 1);
        for (size_t i = 0; i < cut.count; i++) {
            struct postgres_partition part;
            assert_int_equal(postgres_partition_read(&part, dpone_buffer_view(cut.items[i]), &table, NULL),
                             DPONE_OK);
            assert_int_equal(part.from, next);
            assert_true(dpone_string_equal(part.snapshot, snapshot));
            next = part.to;
        }
        assert_int_equal(next, -1);
        cut.release(&cut);
    }
}

static void plans__widen_and_divert(void **state) {
    static const struct dpone_column here[] = {{"n", DPONE_TYPE_INT32, 1, 0, 0},
                                               {"t", DPONE_TYPE_INT64, 1, 0, 0}};
    static const struct dpone_column there[] = {{"n", DPONE_TYPE_INT64, 1, 0, 0},
                                                {"t", DPONE_TYPE_UTF8, 1, 0, 0}};
    struct dpone_schema_change change = {.struct_size = sizeof(change), .policy = DPONE_EVOLUTION_NEW_COLUMN};
    struct dpone_buffer bytes = DPONE_BUFFER_INIT;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct postgres_plan plan = {0};
    struct ArrowSchema current;
    struct ArrowSchema wanted;
    (void)state;
    assert_int_equal(dpone_schema_make(&current, here, 2, NULL), DPONE_OK);
    assert_int_equal(dpone_schema_make(&wanted, there, 2, NULL), DPONE_OK);
    change.current = &current;
    change.wanted = &wanted;
    assert_int_equal(postgres_plan_make(&bytes, &change, NULL), DPONE_OK);
    assert_int_equal(postgres_plan_read(&plan, dpone_buffer_view(&bytes), NULL), DPONE_OK);
    assert_int_equal(plan.columns.count, 3);
    assert_int_equal(plan.columns.items[0].as.type, DPONE_TYPE_INT64);
    assert_string_equal(plan.targets.items[1].as.name, "__dpone__nc__t");
    dpone_buffer_clear(&bytes);
    change.policy = DPONE_EVOLUTION_APPLY;
    assert_int_equal(postgres_plan_make(&bytes, &change, &error), DPONE_CONFLICT);
    assert_string_equal(error.message,
                        "column \"t\" is int64 in the target and utf8 in the load; use schema_evolution "
                        "apply or new_column, or change the source");
    postgres_plan_clear(&plan);
    current.release(&current);
    wanted.release(&wanted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connector_init__says_what_the_package_says),
        cmocka_unit_test(connector_init__refuses_another_abi),
        cmocka_unit_test(options__name_what_is_missing),
        cmocka_unit_test_setup_teardown(connection__says_what_is_wrong_and_no_secret, play, play_no_more),
        cmocka_unit_test_setup_teardown(connection__needs_a_server, play, play_no_more),
        cmocka_unit_test_setup_teardown(connection__ends_when_it_is_cancelled, play, play_no_more),
        cmocka_unit_test(names__are_quoted),
        cmocka_unit_test(names__longer_than_63_bytes_are_refused),
        cmocka_unit_test(numeric__comes_back_as_it_went),
        cmocka_unit_test(numeric__refuses_nan_and_what_is_too_long),
        cmocka_unit_test(literals__are_of_their_type),
        cmocka_unit_test(values__that_do_not_fit_are_named),
        cmocka_unit_test(checkpoints__lead_on_behind_the_last_row),
        cmocka_unit_test(partitions__cover_every_page_once),
        cmocka_unit_test(plans__widen_and_divert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
