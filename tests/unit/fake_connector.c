/* The fake connector: every slot notes the call and answers fake.status. */
#include "fake_connector.h"

#include <errno.h>
#include <string.h>

struct fake_connector fake;
struct dpone_error error;

static int32_t fake_answer(struct dpone_error *to) {
    fake.calls++;
    if (fake.message != NULL)
        dpone_error_set(to, fake.status, "%s", fake.message);
    return fake.status;
}

static int fake_fills(void) {
    return !fake.hollow && (fake.status == DPONE_OK || fake.fill);
}

static void fake_release_schema(struct ArrowSchema *schema) {
    fake.released++;
    schema->release = NULL;
}

void fake_release_array(struct ArrowArray *array) {
    fake.released++;
    array->release = NULL;
}

static void fake_release_buffer(struct dpone_buffer *buffer) {
    (void)buffer;
    fake.released++;
}

static void fake_fill_schema(struct ArrowSchema *out) {
    *out = (struct ArrowSchema){.format = "+s", .name = "", .release = fake_release_schema};
}

static void fake_fill_buffer(struct dpone_buffer *out) {
    if (out == NULL)
        return;
    out->data = (const uint8_t *)"x";
    out->size = 1;
    out->release = fake_release_buffer;
}

static int instance_storage;
struct dpone_instance *const fake_instance = (struct dpone_instance *)(void *)&instance_storage;

static int32_t fake_open(struct dpone_instance **out, const struct dpone_host *host,
                         const struct dpone_option *options, struct dpone_error *to) {
    (void)host;
    (void)options;
    if (fake_fills())
        *out = fake_instance;
    return fake_answer(to);
}

static int32_t fake_check(struct dpone_instance *in, struct dpone_error *to) {
    (void)in;
    return fake_answer(to);
}

static void fake_note(struct dpone_instance *in) {
    (void)in;
    fake.released++;
}

int32_t fake_schema(struct dpone_instance *in, const struct dpone_read_request *request,
                    struct ArrowSchema *out, struct dpone_error *to) {
    (void)in;
    (void)request;
    if (fake_fills())
        fake_fill_schema(out);
    return fake_answer(to);
}

static int fake_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    (void)stream;
    fake_fill_schema(out);
    return 0;
}

static int fake_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    (void)stream;
    fake.calls++;
    if (fake_fills())
        out->release = fake_release_array;
    return fake.status == DPONE_OK ? 0 : EIO;
}

static const char *fake_get_last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "told by the stream";
}

static void fake_release_stream(struct ArrowArrayStream *stream) {
    fake.released++;
    stream->release = NULL;
}

static int32_t fake_checkpoint(struct dpone_reader *reader, struct dpone_buffer *out,
                               struct dpone_error *to) {
    (void)reader;
    if (fake_fills())
        fake_fill_buffer(out);
    return fake_answer(to);
}

static int32_t fake_last_error(struct dpone_reader *reader, struct dpone_error *to) {
    (void)reader;
    return fake.hollow ? DPONE_OK : fake_answer(to);
}

static void fake_close_reader(struct dpone_reader *reader) {
    fake.released++;
    reader->close = NULL;
}

static void fake_fill_stream(struct ArrowArrayStream *out) {
    *out = (struct ArrowArrayStream){fake_get_schema, fake_get_next, fake_get_last_error, fake_release_stream,
                                     NULL};
}

int32_t fake_read(struct dpone_instance *in, const struct dpone_read_request *request,
                  struct dpone_reader *out, struct dpone_error *to) {
    (void)in;
    (void)request;
    if (fake_fills()) {
        fake_fill_stream(&out->stream);
        out->checkpoint = fake_checkpoint;
        out->last_error = fake_last_error;
        out->close = fake_close_reader;
    }
    return fake_answer(to);
}

static struct dpone_buffer partition = {sizeof(partition), (const uint8_t *)"p", 1, NULL, NULL};
static struct dpone_buffer *const partition_items[1] = {&partition};

static void fake_release_partitions(struct dpone_partitions *partitions) {
    fake.released++;
    partitions->release = NULL;
}

static int32_t fake_partitions(struct dpone_instance *in, const struct dpone_read_request *request,
                               size_t wanted, struct dpone_partitions *out, struct dpone_error *to) {
    (void)in;
    (void)request;
    if (fake_fills()) {
        out->count = wanted;
        out->items = partition_items;
        out->release = fake_release_partitions;
    }
    return fake_answer(to);
}

static int32_t fake_write(struct dpone_load *load, const struct ArrowArray *batch, struct dpone_error *to) {
    (void)load;
    (void)batch;
    return fake_answer(to);
}

static int32_t fake_buffer_of_load(struct dpone_load *load, struct dpone_buffer *out,
                                   struct dpone_error *to) {
    (void)load;
    if (fake_fills())
        fake_fill_buffer(out);
    return fake_answer(to);
}

static int32_t fake_open_staged(struct dpone_load *load, struct ArrowArrayStream *out,
                                struct dpone_error *to) {
    (void)load;
    if (fake_fills())
        fake_fill_stream(out);
    return fake_answer(to);
}

static int32_t fake_publish(struct dpone_load *load, const struct dpone_publish_request *request,
                            struct dpone_error *to) {
    (void)load;
    (void)request;
    return fake_answer(to);
}

static int32_t fake_abort(struct dpone_load *load, struct dpone_error *to) {
    (void)load;
    return fake_answer(to);
}

static void fake_close_load(struct dpone_load *load) {
    fake.released++;
    load->close = NULL;
}

void fake_fill_load(struct dpone_load *out) {
    out->write = fake_write;
    out->stage = fake_buffer_of_load;
    out->open_staged = fake_open_staged;
    out->publish = fake_publish;
    out->abort = fake_abort;
    out->token = fake_buffer_of_load;
    out->close = fake_close_load;
}

static int32_t fake_describe(struct dpone_instance *in, const struct dpone_table *asked,
                             struct dpone_description *out, struct dpone_error *to) {
    (void)in;
    (void)asked;
    if (fake_fills()) {
        fake_fill_schema(&out->schema);
        fake_fill_buffer(&out->version);
    }
    return fake_answer(to);
}

static int32_t fake_plan(struct dpone_instance *in, const struct dpone_schema_change *change,
                         struct dpone_buffer *out, struct dpone_error *to) {
    (void)in;
    (void)change;
    if (fake_fills())
        fake_fill_buffer(out);
    return fake_answer(to);
}

static int32_t fake_begin(struct dpone_instance *in, const struct dpone_load_request *request,
                          struct dpone_load *out, struct dpone_error *to) {
    (void)in;
    (void)request;
    if (fake_fills())
        fake_fill_load(out);
    return fake_answer(to);
}

static int32_t fake_attach(struct dpone_instance *in, struct dpone_bytes given, int64_t number,
                           int64_t attempt, struct dpone_load *out, struct dpone_error *to) {
    (void)in;
    (void)given;
    (void)number;
    (void)attempt;
    if (fake_fills()) {
        fake_fill_load(out);
        out->publish = NULL;
        out->open_staged = NULL;
    }
    return fake_answer(to);
}

static int32_t fake_last_published(struct dpone_instance *in, const struct dpone_table *asked,
                                   struct dpone_string who, struct dpone_publication *out,
                                   struct dpone_error *to) {
    (void)in;
    (void)asked;
    (void)who;
    if (fake_fills())
        fake_fill_buffer(&out->position);
    return fake_answer(to);
}

static int32_t fake_recover(struct dpone_instance *in, const struct dpone_table *asked, int64_t *removed,
                            struct dpone_error *to) {
    (void)in;
    (void)asked;
    if (removed != NULL)
        *removed += 2;
    return fake_answer(to);
}

static int32_t fake_state_read(struct dpone_instance *in, struct dpone_string name,
                               struct dpone_state_value *out, struct dpone_error *to) {
    (void)in;
    (void)name;
    if (fake_fills())
        fake_fill_buffer(&out->token);
    return fake_answer(to);
}

static int32_t fake_commit(struct dpone_state_change *change, struct dpone_state_value *current,
                           struct dpone_error *to) {
    (void)change;
    if (current != NULL && fake_fills())
        fake_fill_buffer(&current->token);
    return fake_answer(to);
}

static int32_t fake_rollback(struct dpone_state_change *change, struct dpone_error *to) {
    (void)change;
    return fake_answer(to);
}

static void fake_close_change(struct dpone_state_change *change) {
    fake.released++;
    change->close = NULL;
}

static int32_t fake_state_write(struct dpone_instance *in, struct dpone_string name, struct dpone_bytes value,
                                struct dpone_bytes given, struct dpone_state_change *out,
                                struct dpone_error *to) {
    (void)in;
    (void)name;
    (void)value;
    (void)given;
    if (fake_fills()) {
        out->commit = fake_commit;
        out->rollback = fake_rollback;
        out->close = fake_close_change;
    }
    return fake_answer(to);
}

static int32_t fake_transfer_read(struct dpone_transfer *transfer, void *buffer, size_t capacity,
                                  size_t *size, struct dpone_error *to) {
    (void)transfer;
    (void)buffer;
    *size = fake.hollow ? capacity + 1 : 1;
    return fake_answer(to);
}

int32_t fake_transfer_write(struct dpone_transfer *transfer, const void *data, size_t size,
                            struct dpone_error *to) {
    (void)transfer;
    (void)data;
    (void)size;
    return fake_answer(to);
}

static int32_t fake_finish(struct dpone_transfer *transfer, uint8_t *checksum, int64_t *rows,
                           struct dpone_load *load, struct dpone_error *to) {
    (void)transfer;
    (void)checksum;
    (void)rows;
    if (load != NULL && fake_fills())
        fake_fill_load(load);
    return fake_answer(to);
}

static int32_t fake_transfer_abort(struct dpone_transfer *transfer, struct dpone_error *to) {
    (void)transfer;
    return fake_answer(to);
}

static void fake_close_transfer(struct dpone_transfer *transfer) {
    fake.released++;
    transfer->close = NULL;
}

static int32_t fake_export(struct dpone_instance *in, const struct dpone_transfer_request *request,
                           struct dpone_transfer *out, struct dpone_error *to) {
    (void)in;
    (void)request;
    if (fake_fills()) {
        out->read = fake_transfer_read;
        out->finish = fake_finish;
        out->abort = fake_transfer_abort;
        out->close = fake_close_transfer;
    }
    return fake_answer(to);
}

static const struct dpone_source_functions source = {sizeof(source), fake_schema, fake_read, fake_partitions};
const struct dpone_sink_functions fake_sink = {
    .struct_size = sizeof(fake_sink),
    .staging_first = 1,
    .strategies = 1u << DPONE_FULL_REFRESH | 1u << DPONE_INCREMENTAL_MERGE | 1u << DPONE_REPLACE,
    .describe = fake_describe,
    .plan = fake_plan,
    .begin = fake_begin,
    .attach = fake_attach,
    .last_published = fake_last_published,
    .recover = fake_recover};
const struct dpone_state_functions fake_state = {sizeof(fake_state), fake_state_read, fake_state_write};
static const struct dpone_native_transfer_functions transfers = {sizeof(transfers), fake_export, fake_export,
                                                                 fake_export, fake_export};

void fake_reset(void) {
    memset(&fake, 0, sizeof(fake));
    fake.connector = (struct dpone_connector){.struct_size = sizeof(fake.connector),
                                              .abi_version = DPONE_ABI_VERSION,
                                              .name = {"fake", 4},
                                              .version = {"1.0.0", 5},
                                              .connector_type = {"api", 3},
                                              .open = fake_open,
                                              .check_connection = fake_check,
                                              .cancel = fake_note,
                                              .close = fake_note,
                                              .source = &source,
                                              .sink = &fake_sink,
                                              .state = &fake_state,
                                              .native_transfer = &transfers};
}

int32_t fake_init(uint32_t abi_version, struct dpone_connector *out, struct dpone_error *to) {
    fake_answer(to);
    return fake.status != DPONE_OK ? fake.status
                                   : dpone_connector_fill(abi_version, out, &fake.connector, to);
}
