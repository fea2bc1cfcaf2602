/* How a host calls a connector: the slots behind their capability, with every rule that can be checked on the
 * spot. A slot that is NULL or lies beyond the connector's struct_size answers DPONE_NOT_IMPLEMENTED naming
 * it; arguments a connector must not see are refused; an out-parameter that a failing connector left
 * half-filled is cleared; a failure without a message gets one. The arguments are those of the slots in
 * source.h, sink.h, state.h and connector.h. */
#ifndef DPONE_CALL_H
#define DPONE_CALL_H

#include <dpone/connector.h>

DPONE_BEGIN_DECLS

/* Calls an init function and checks its answer: version, name, open and close present, capability tables
 * complete. */
DPONE_API int32_t dpone_call_init(dpone_connector_init_function init, struct dpone_connector *out,
                                  struct dpone_error *error);

DPONE_API int32_t dpone_call_open(const struct dpone_connector *connector, struct dpone_instance **out,
                                  const struct dpone_host *host, const struct dpone_option *options,
                                  struct dpone_error *error);
DPONE_API int32_t dpone_call_check_connection(const struct dpone_connector *connector,
                                              struct dpone_instance *instance, struct dpone_error *error);
DPONE_API void dpone_call_cancel(const struct dpone_connector *connector, struct dpone_instance *instance);
DPONE_API void dpone_call_close(const struct dpone_connector *connector, struct dpone_instance *instance);

DPONE_API int32_t dpone_call_schema(const struct dpone_connector *connector, struct dpone_instance *instance,
                                    const struct dpone_read_request *request, struct ArrowSchema *out,
                                    struct dpone_error *error);
DPONE_API int32_t dpone_call_read(const struct dpone_connector *connector, struct dpone_instance *instance,
                                  const struct dpone_read_request *request, struct dpone_reader *out,
                                  struct dpone_error *error);
DPONE_API int32_t dpone_call_partitions(const struct dpone_connector *connector,
                                        struct dpone_instance *instance,
                                        const struct dpone_read_request *request, size_t wanted,
                                        struct dpone_partitions *out, struct dpone_error *error);
DPONE_API int32_t dpone_call_reader_next(struct dpone_reader *reader, struct ArrowArray *out,
                                         struct dpone_error *error);
DPONE_API int32_t dpone_call_reader_checkpoint(struct dpone_reader *reader, struct dpone_buffer *out,
                                               struct dpone_error *error);
DPONE_API void dpone_call_reader_close(struct dpone_reader *reader);

DPONE_API int32_t dpone_call_describe(const struct dpone_connector *connector,
                                      struct dpone_instance *instance, const struct dpone_table *target,
                                      struct dpone_description *out, struct dpone_error *error);
DPONE_API int32_t dpone_call_plan(const struct dpone_connector *connector, struct dpone_instance *instance,
                                  const struct dpone_schema_change *change, struct dpone_buffer *out,
                                  struct dpone_error *error);
DPONE_API int32_t dpone_call_begin(const struct dpone_connector *connector, struct dpone_instance *instance,
                                   const struct dpone_load_request *request, struct dpone_load *out,
                                   struct dpone_error *error);
DPONE_API int32_t dpone_call_attach(const struct dpone_connector *connector, struct dpone_instance *instance,
                                    struct dpone_bytes token, int64_t partition, int64_t attempt,
                                    struct dpone_load *out, struct dpone_error *error);
DPONE_API int32_t dpone_call_last_published(const struct dpone_connector *connector,
                                            struct dpone_instance *instance, const struct dpone_table *target,
                                            struct dpone_string pipeline, struct dpone_publication *out,
                                            struct dpone_error *error);
DPONE_API int32_t dpone_call_recover(const struct dpone_connector *connector, struct dpone_instance *instance,
                                     const struct dpone_table *target, int64_t *removed,
                                     struct dpone_error *error);
DPONE_API int32_t dpone_call_load_write(struct dpone_load *load, const struct ArrowArray *batch,
                                        struct dpone_error *error);
DPONE_API int32_t dpone_call_load_stage(struct dpone_load *load, struct dpone_buffer *receipt,
                                        struct dpone_error *error);
DPONE_API int32_t dpone_call_load_open_staged(struct dpone_load *load, struct ArrowArrayStream *out,
                                              struct dpone_error *error);
DPONE_API int32_t dpone_call_load_publish(struct dpone_load *load,
                                          const struct dpone_publish_request *request,
                                          struct dpone_error *error);
DPONE_API int32_t dpone_call_load_abort(struct dpone_load *load, struct dpone_error *error);
DPONE_API int32_t dpone_call_load_token(struct dpone_load *load, struct dpone_buffer *out,
                                        struct dpone_error *error);
DPONE_API void dpone_call_load_close(struct dpone_load *load);

DPONE_API int32_t dpone_call_state_read(const struct dpone_connector *connector,
                                        struct dpone_instance *instance, struct dpone_string key,
                                        struct dpone_state_value *out, struct dpone_error *error);
DPONE_API int32_t dpone_call_state_write(const struct dpone_connector *connector,
                                         struct dpone_instance *instance, struct dpone_string key,
                                         struct dpone_bytes value, struct dpone_bytes token,
                                         struct dpone_state_change *out, struct dpone_error *error);
DPONE_API int32_t dpone_call_state_commit(struct dpone_state_change *change,
                                          struct dpone_state_value *current, struct dpone_error *error);
DPONE_API int32_t dpone_call_state_rollback(struct dpone_state_change *change, struct dpone_error *error);
DPONE_API void dpone_call_state_close(struct dpone_state_change *change);

/* Which slot of the native transfer functions. */
enum dpone_transfer_kind {
    DPONE_STREAM_EXPORT = 0,
    DPONE_FILE_EXPORT = 1,
    DPONE_STREAM_STAGING_LOAD = 2,
    DPONE_FILE_STAGING_LOAD = 3
};

DPONE_API int32_t dpone_call_transfer(const struct dpone_connector *connector,
                                      struct dpone_instance *instance, int32_t kind,
                                      const struct dpone_transfer_request *request,
                                      struct dpone_transfer *out, struct dpone_error *error);
DPONE_API int32_t dpone_call_transfer_read(struct dpone_transfer *transfer, void *buffer, size_t capacity,
                                           size_t *size, struct dpone_error *error);
DPONE_API int32_t dpone_call_transfer_write(struct dpone_transfer *transfer, const void *data, size_t size,
                                            struct dpone_error *error);
DPONE_API int32_t dpone_call_transfer_finish(struct dpone_transfer *transfer, uint8_t *checksum,
                                             int64_t *rows, struct dpone_load *load,
                                             struct dpone_error *error);
DPONE_API int32_t dpone_call_transfer_abort(struct dpone_transfer *transfer, struct dpone_error *error);
DPONE_API void dpone_call_transfer_close(struct dpone_transfer *transfer);

DPONE_END_DECLS

#endif
