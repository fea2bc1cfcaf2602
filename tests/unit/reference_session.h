/* One instance of the reference connector on a file of its own, and batches as text, for its tests. */
#ifndef DPONE_TEST_REFERENCE_SESSION_H
#define DPONE_TEST_REFERENCE_SESSION_H

#include "runtime_world.h"

#include <dpone/batch_builder.h>
#include <dpone/batch_view.h>
#include <dpone/call.h>
#include <dpone/validate.h>
#include <dpone/value_text.h>

#include "runtime/option_tree.h"
#include "runtime/scratch.h"

/* One instance on data.db of a world. */
struct session {
    struct world world;
    struct dpone_system_host *host;
    const struct dpone_connector *connector;
    struct dpone_instance *instance;
    struct dpone_error error;
};

static inline struct dpone_instance *open_instance(struct session *session) {
    struct dpone_option_tree *options = NULL;
    struct dpone_instance *instance = NULL;
    char path[WORLD_PATH_BYTES];
    world_path(path, &session->world, "data.db");
    assert_int_equal(dpone_option_tree_of_string(&options, "path", path, NULL), DPONE_OK);
    assert_int_equal(dpone_call_open(session->connector, &instance, dpone_system_host_get(session->host),
                                     dpone_option_tree_root(options), NULL),
                     DPONE_OK);
    dpone_option_tree_free(options);
    return instance;
}

static inline struct session session_open(void) {
    struct session session = {
        .world = world_make(), .connector = dpone_reference_connector(), .error = DPONE_ERROR_INIT};
    session.host = world_host(&session.world);
    session.instance = open_instance(&session);
    return session;
}

static inline void session_close(struct session *session) {
    dpone_call_close(session->connector, session->instance);
    dpone_system_host_free(session->host);
    world_clear(&session->world);
}

static const struct dpone_table target = {{NULL, 0}, {"t", 1}};

/* ---- Batches as text: "1|a\n2|NULL\n" */

static inline void make_schema(struct ArrowSchema *out, const struct dpone_column *columns, size_t count) {
    assert_int_equal(dpone_schema_make(out, columns, count, NULL), DPONE_OK);
}

static inline void make_batch(struct ArrowArray *out, const struct ArrowSchema *schema,
                              const char *const *values, int64_t rows) {
    struct dpone_batch_builder *builder = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_batch_builder_new(&builder, schema, NULL), DPONE_OK);
    for (int64_t row = 0; row < rows; row++) {
        for (int64_t i = 0; i < schema->n_children; i++) {
            const char *value = values[row * schema->n_children + i];
            if (value != NULL) {
                dpone_batch_append_text(builder, i, value, strlen(value));
            }
        }
        if (dpone_batch_end_row(builder, &error) != DPONE_OK) {
            fail_msg("%s", error.message);
        }
    }
    assert_int_equal(dpone_batch_builder_finish(builder, out, NULL), DPONE_OK);
    dpone_batch_builder_free(builder);
}

static inline void text_of_batch(struct dpone_scratch *out, struct dpone_batch_view *view) {
    for (int64_t row = 0; row < view->rows; row++) {
        for (int64_t i = 0; i < view->column_count; i++) {
            assert_int_equal(dpone_scratch_add(out, "|", i > 0), DPONE_OK);
            if (dpone_view_is_null(&view->columns[i], row)) {
                assert_int_equal(dpone_scratch_add(out, "NULL", 4), DPONE_OK);
            } else {
                assert_int_equal(
                    dpone_value_text_of_view(&view->columns[i], row, dpone_scratch_add_text, out), DPONE_OK);
            }
        }
        assert_int_equal(dpone_scratch_add(out, "\n", 1), DPONE_OK);
    }
}

/* Reads a stream to its end, validating every batch. */
static inline void text_of_stream(struct dpone_scratch *out, struct ArrowArrayStream *stream) {
    struct ArrowSchema schema = {0};
    struct dpone_batch_view *view = NULL;
    assert_int_equal(stream->get_schema(stream, &schema), 0);
    assert_int_equal(dpone_batch_view_new(&view, &schema, NULL), DPONE_OK);
    for (;;) {
        struct ArrowArray batch = {0};
        assert_int_equal(stream->get_next(stream, &batch), 0);
        if (batch.release == NULL) {
            break;
        }
        assert_int_equal(dpone_batch_validate(&schema, &batch, NULL), DPONE_OK);
        assert_int_equal(dpone_batch_view_set(view, &batch, NULL), DPONE_OK);
        text_of_batch(out, view);
        batch.release(&batch);
    }
    dpone_batch_view_free(view);
    schema.release(&schema);
}

static inline void assert_text(struct dpone_scratch *text, const char *expected) {
    assert_int_equal(dpone_scratch_add(text, "", 1), DPONE_OK);
    assert_string_equal((const char *)text->data, expected);
    dpone_scratch_clear(text);
}

static const struct dpone_bytes nothing = {NULL, 0};

static inline struct dpone_bytes bytes_of(const char *text) {
    return (struct dpone_bytes){(const uint8_t *)text, strlen(text)};
}

static inline struct dpone_read_request request_for(const char *table, const char *cursor,
                                                    struct dpone_bytes after) {
    return (struct dpone_read_request){.struct_size = (uint32_t)sizeof(struct dpone_read_request),
                                       .mode = DPONE_READ_INCREMENTAL,
                                       .stream = {{NULL, 0}, dpone_string_of(table)},
                                       .cursor_column = dpone_string_of(cursor),
                                       .after = after,
                                       .batch_rows = 2};
}

static inline void read_all(struct session *session, const struct dpone_read_request *request,
                            const char *expected) {
    struct dpone_reader reader = {.struct_size = (uint32_t)sizeof reader};
    struct dpone_scratch text = {0};
    if (dpone_call_read(session->connector, session->instance, request, &reader, &session->error) !=
        DPONE_OK) {
        fail_msg("%s", session->error.message);
    }
    text_of_stream(&text, &reader.stream);
    dpone_call_reader_close(&reader);
    assert_text(&text, expected);
}

#endif
