# Connectors whose instances live badly.

dpone_fault(lifecycle leaks_descriptor CASE rounds EXPECTED "^[0-9]+$" OBSERVED "^[0-9]+$"
  FILE connector.c
  FROM [[    instance->host = host;
]]
  TO [[    extern int dup(int descriptor);
    instance->host = host;
    (void)dup(0);
]])

dpone_fault(lifecycle leaks_memory CASE rounds EXPECTED "^less than 256 bytes more a round"
  OBSERVED "^[0-9]+ bytes more$"
  FILE connector.c
  FROM [[    demo_api_config_clear(&instance->config);
    free(instance);]]
  TO [[    demo_api_config_clear(&instance->config);]])

# One connection for all: the latest instance takes it away from the others.
dpone_fault(lifecycle shares_connection CASE options_of_their_own EXPECTED "^OK$"
  OBSERVED "^UNAVAILABLE: another instance has the connection$"
  FILE connector.c
  FROM [[    instance->host = host;
]]
  TO [[    extern const struct dpone_instance *demo_api_latest;
    demo_api_latest = instance;
    instance->host = host;
]]
  FILE2 api.c
  FROM2 [[int32_t demo_api_call(struct dpone_instance *instance, const struct demo_api_call *call,
                      struct demo_api_answer *out, struct dpone_error *error) {
]]
  TO2 [[extern const struct dpone_instance *demo_api_latest;
const struct dpone_instance *demo_api_latest;

int32_t demo_api_call(struct dpone_instance *instance, const struct demo_api_call *call,
                      struct demo_api_answer *out, struct dpone_error *error) {
    if (demo_api_latest != instance) {
        return dpone_error_set(error, DPONE_UNAVAILABLE, "another instance has the connection");
    }
]])

# A static variable remembers which read came last, and a row is lost whenever that was another one.
dpone_fault(lifecycle static_reader CASE interleaved EXPECTED "^(420|170)$" OBSERVED "^[0-9]+$"
  FILE source.c
  FROM [[    int32_t status = DPONE_OK;
    while (status == DPONE_OK && read->index < json_array_size(read->pages.items) &&]]
  TO [[    static const struct source_read *last;
    int32_t status = DPONE_OK;
    read->index += last != NULL && last != read && read->index + 1 < json_array_size(read->pages.items);
    last = read;
    while (status == DPONE_OK && read->index < json_array_size(read->pages.items) &&]])

if(NOT DPONE_SANITIZE) # which would end the process before the NULL pointer is used
  dpone_fault(lifecycle closes_nothing_badly CASE close_twice EXPECTED "^nothing happens$" OBSERVED "^signal 11$"
  FILE connector.c
  FROM [[    if (instance != NULL) {
        instance->client.close(instance->client.context);
        connector_free(instance);
    }]]
  TO [[    instance->client.close(instance->client.context);
    connector_free(instance);]])
endif()

dpone_fault(lifecycle ignores_cancellation CASE cancel_between_batches EXPECTED "^CANCELLED$" OBSERVED "^OK$"
  FILE connector.c
  FROM [[    return atomic_load(&instance->cancelled) || instance->host->is_cancelled(instance->host->context);]]
  TO [[    return instance->host == NULL;]])
