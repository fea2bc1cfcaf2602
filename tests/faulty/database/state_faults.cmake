# State backends that must be rejected.

dpone_fault(state_read_write_round_trip value_ends_at_nul CASE any_bytes
  EXPECTED "^1 bytes, 00 from byte 0$" OBSERVED "^0 bytes, none from byte 0$"
  FILE state.c
  FROM [[dpone_buffer_copy(&change->value, value.data, value.size)]]
  TO [[dpone_buffer_copy(&change->value, value.data, strnlen((const char *)value.data, value.size))]])

dpone_fault(state_read_write_round_trip keys_of_either_case CASE thousand_keys
  EXPECTED "^each key with its own value$" OBSERVED "^key \"a\": value of key 1$"
  FILE store.c
  FROM [[(key TEXT PRIMARY KEY, value]]
  TO [[(key TEXT COLLATE NOCASE PRIMARY KEY, value]])

dpone_fault(state_commit_after_success commits_first CASE invisible_until_commit
  EXPECTED "^no value$" OBSERVED "^5 bytes, 6166746572 from byte 0$"
  FILE state.c
  FROM [[    dpone_struct_fill(out, &filled);]]
  TO [[    struct dpone_state_change early = filled;
    (void)state_commit(&early, NULL, error);
    change->finished = 0;
    change->version = version + 1;
    dpone_struct_fill(out, &filled);]])

dpone_fault(state_commit_after_success answers_no_current CASE commit_answers_current
  EXPECTED "^3 bytes, 6f6e65 from byte 0$" OBSERVED "^0 bytes, none from byte 0$"
  FILE state.c
  FROM [[    if (current == NULL || (status != DPONE_OK && status != DPONE_CONFLICT)) {]]
  TO [[    if (current == NULL || status != DPONE_CONFLICT) {]])

dpone_fault(state_no_advance_after_failure advances_when_closed CASE given_up_changes
  EXPECTED "^no value$" OBSERVED "^6 bytes, 636c6f736564 from byte 0$"
  FILE state.c
  FROM [[    state_free(out->private_data);
]]
  TO [[    const struct state_change *change = out->private_data;
    if (!change->finished) {
        (void)state_commit(out, NULL, NULL);
    }
    state_free(out->private_data);
]])

# An instance that committed nothing saves nothing over what is there.
dpone_fault(state_no_advance_after_failure wipes_with_braces CASE zero_row_run
  EXPECTED "^[0-9]+ bytes, [0-9a-f]+ from byte 1$" OBSERVED "^2 bytes, 7d from byte 1$"
  FILE connector.c
  FROM [[    if (instance != NULL) {
]]
  TO [[    extern void demo_database_save(struct dpone_instance *closing);
    if (instance != NULL) {
        demo_database_save(instance);
]]
  FILE2 state.c
  FROM2 [[static int32_t state_commit(struct dpone_state_change *out, struct dpone_state_value *current,
                            struct dpone_error *error) {
    struct state_change *change = out->private_data;
]]
  TO2 [[static const struct dpone_instance *state_saved;
void demo_database_save(struct dpone_instance *instance);

void demo_database_save(struct dpone_instance *instance) {
    struct demo_database_database *store = NULL;
    if (instance != state_saved && demo_database_store_open(&store, instance, NULL) == DPONE_OK) {
        (void)demo_database_database_run(store, NULL, "UPDATE __dpone__state SET value = '{}'");
    }
    demo_database_database_close(store);
}

static int32_t state_commit(struct dpone_state_change *out, struct dpone_state_value *current,
                            struct dpone_error *error) {
    struct state_change *change = out->private_data;
    state_saved = change->instance;
]])

dpone_fault(state_concurrency last_writer_wins CASE second_gets_conflict EXPECTED "^CONFLICT$" OBSERVED "^OK$"
  FILE state.c
  FROM [[    if (status == DPONE_OK && version != change->version) {]]
  TO [[    if (status == DPONE_OK && version < change->version) {]])

# Two steps: between comparing and setting another process may do both.
dpone_fault(state_concurrency compares_then_sets CASE thousand_rounds
  EXPECTED "^4 bytes, [0-9a-f]+ from byte [0-3]$" OBSERVED "^3 bytes, [0-9a-f]+ from byte [0-3]$"
  FILE state.c
  FROM [[    status = state_compare(store, change, error);
    if (status == DPONE_OK) {]]
  TO [[    status = demo_database_store_end(store, state_compare(store, change, error), error);
    (void)change->instance->host->sleep_ms(change->instance->host->context, 1);
    if (status == DPONE_OK) {
        status = demo_database_store_begin(store, error);
    }
    if (status == DPONE_OK) {]])

dpone_fault(state_no_advance_after_failure commit_unchecked CASE failing_calls
  EXPECTED "^5 bytes, 6166746572 from byte 0$" OBSERVED "^6 bytes, 6265666f7265 from byte 0$"
  FILE store.c
  FROM [[    status = demo_database_store_end(store, DPONE_OK, error);
]]
  TO [[    (void)demo_database_store_end(store, DPONE_OK, error);
]])

# Two transactions: a process killed between them leaves no value.
dpone_fault(state_no_advance_after_failure deletes_then_inserts CASE killed_calls
  EXPECTED "^6 bytes, 6265666f7265 from byte 0$" OBSERVED "^no value$"
  FILE state.c
  FROM [[    if (status == DPONE_OK) {
        status = state_set(store, change, error);
    }]]
  TO [[    if (status == DPONE_OK) {
        status = demo_database_database_run(store, error,
                                            "DELETE FROM __dpone__state WHERE key = %Q; COMMIT; BEGIN IMMEDIATE",
                                            change->key);
    }
    if (status == DPONE_OK) {
        status = state_set(store, change, error);
    }]])
