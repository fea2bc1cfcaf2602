/* A connector that answers what the test tells it to, for the tests of the call wrappers. */
#ifndef DPONE_TEST_FAKE_CONNECTOR_H
#define DPONE_TEST_FAKE_CONNECTOR_H

#include "support.h"

#include <dpone/call.h>
#include <dpone/schema.h>

/* What it answers, and what it saw. */
struct fake_connector {
    int32_t status;      /* of every slot */
    const char *message; /* put into the error, when any */
    int fill;            /* fill out-parameters even when failing */
    int hollow;          /* DPONE_OK without filling anything */
    int released;        /* out-parameters of ours that were released or closed */
    int calls;
    struct dpone_connector connector; /* what init answers */
};

extern struct fake_connector fake;

/* Everything as at the start: all slots, DPONE_OK. */
void fake_reset(void);

extern struct dpone_instance *const fake_instance;

int32_t fake_init(uint32_t abi_version, struct dpone_connector *out, struct dpone_error *error);
void fake_fill_load(struct dpone_load *out);
void fake_release_array(struct ArrowArray *array);

/* Slots, for tables with holes. */
int32_t fake_schema(struct dpone_instance *in, const struct dpone_read_request *request,
                    struct ArrowSchema *out, struct dpone_error *error);
int32_t fake_read(struct dpone_instance *in, const struct dpone_read_request *request,
                  struct dpone_reader *out, struct dpone_error *error);
int32_t fake_transfer_write(struct dpone_transfer *transfer, const void *data, size_t size,
                            struct dpone_error *error);
extern const struct dpone_sink_functions fake_sink;
extern const struct dpone_state_functions fake_state;

/* The record that the wrappers under test fill; emptied by call_setup(). */
extern struct dpone_error error;

static inline int call_setup(void **state) {
    (void)state;
    fake_reset();
    error = (struct dpone_error)DPONE_ERROR_INIT;
    return 0;
}

/* Every wrapper below, called with arguments that are right, answers `expected`. */
#define assert_call(call, expected) assert_string_equal(dpone_status_name(call), dpone_status_name(expected))

static const struct dpone_read_request read_request = {.struct_size = sizeof(read_request)};
static const struct dpone_table target = {{NULL, 0}, {"t", 1}};
static const struct dpone_string pipeline = {"p", 1};
static const struct dpone_string key = {"k", 1};
static const struct dpone_bytes token = {(const uint8_t *)"t", 1};
static const uint8_t digest_bytes[16];

static inline struct dpone_load_request load_request(const struct ArrowSchema *schema) {
    struct dpone_load_request request = {.struct_size = sizeof(request),
                                         .target = target,
                                         .pipeline = pipeline,
                                         .idempotency_key = {"Run-1.2:3_x", 11},
                                         .schema = schema};
    return request;
}

static inline struct ArrowSchema load_schema(void) {
    static const struct dpone_column columns[] = {{"id", DPONE_TYPE_INT64, 0, 0, 0},
                                                  {"at", DPONE_TYPE_DATE32, 0, 0, 0}};
    struct ArrowSchema schema;
    assert_int_equal(dpone_schema_make(&schema, columns, 2, NULL), DPONE_OK);
    return schema;
}

static inline void expect_refused(int32_t status, const char *message) {
    assert_call(status, DPONE_INVALID_ARGUMENT);
    assert_error(error, DPONE_INVALID_ARGUMENT, message);
    assert_int_equal(fake.calls, 0);
}

#define CALL_TEST(test) cmocka_unit_test_setup(test, call_setup)

#endif
