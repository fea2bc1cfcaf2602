# Sinks that must be rejected.

# The last of several rows with one key wins, and nobody hears of the others.
dpone_fault(incremental_merge_load last_row_wins CASE duplicate_key_refused
  EXPECTED "^INVALID_ARGUMENT$" OBSERVED "^OK$"
  FILE load.c
  FROM [[    int32_t status = load_check_nulls(load, error);
    return status == DPONE_OK ? load_check_duplicates(load, error) : status;]]
  TO [[    int32_t status = load_check_nulls(load, error);
    if (status == DPONE_OK && load->key.count == 1) {
        status = demo_database_database_run(
            load->store, error, "DELETE FROM \"%w\" WHERE rowid NOT IN (SELECT max(rowid) FROM \"%w\" GROUP BY \"%w\")",
            load->stage, load->stage, load->key.items[0].name);
    }
    return status == DPONE_OK ? load_check_duplicates(load, error) : status;]])

dpone_fault(incremental_merge_load takes_null_for_a_key CASE null_key_refused
  EXPECTED "^INVALID_ARGUMENT$" OBSERVED "^OK$"
  FILE load.c
  FROM [[    int32_t status = load_check_nulls(load, error);
    return status]]
  TO [[    int32_t status = load == NULL ? load_check_nulls(load, error) : DPONE_OK;
    return status]])

dpone_fault(identifier_safety puts_names_in_sql CASE key_column
  EXPECTED "^OK$" OBSERVED "^[A-Z_]+: cannot (prepare|run) a statement: .*syntax error"
  FILE publish.c
  FROM [[    sqlite3_str_appendf(sql, "DELETE FROM \"%w\" WHERE (", load->target);
    demo_database_load_add_names(sql, &load->key);]]
  TO [[    sqlite3_str_appendf(sql, "DELETE FROM \"%w\" WHERE (", load->target);
    sqlite3_str_appendf(sql, "\"%s\"", load->key.items[0].name);]])

# Two transactions: a crash between them leaves an empty target.
dpone_fault(crash_atomicity publishes_in_two_steps CASE full_refresh.killed_in_publish
  EXPECTED "^the old target or the new one$" OBSERVED "^a torn target of 0 rows$"
  FILE publish.c
  FROM [[    if (status == DPONE_OK) {
        status = publish_delete(load, error);
    }]]
  TO [[    if (status == DPONE_OK) {
        status = demo_database_store_end(load->store, publish_delete(load, error), error);
    }
    if (status == DPONE_OK) {
        status = demo_database_store_begin(load->store, error);
    }]])

dpone_fault(sink_fault_tolerance ignores_a_failed_commit CASE disk_fails.publish
  EXPECTED "^the new target$" OBSERVED "^the other one, of [0-9]+ rows$"
  FILE store.c
  FROM [[    status = demo_database_store_end(store, DPONE_OK, error);
]]
  TO [[    (void)demo_database_store_end(store, DPONE_OK, error);
]])
