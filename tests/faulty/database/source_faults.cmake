# Sources that read a table badly.

# Rows that share the last value of a batch are lost.
dpone_fault(incremental_append_extract skips_equal_cursors CASE every_checkpoint
  EXPECTED "^.\"1037\"" OBSERVED "^.no such row. .429 rows. 1 missing, 0 too many.$"
  FILE source.c
  FROM [[" AND \"%w\" >= ?4 AND (\"%w\" > ?4 OR %s > ?3)", name, name, plan->rowid);]]
  TO [[" AND \"%w\" > ?4", name);]])

dpone_fault(source_fault_tolerance waits_for_no_lock CASE database_locked.passes
  EXPECTED "^OK$" OBSERVED "^UNAVAILABLE: .*: database is locked$"
  FILE database.c
  FROM [[    if (now_ns - database->waiting_since_ns >=]]
  TO [[    if (now_ns + 1 > database->waiting_since_ns || now_ns - database->waiting_since_ns >=]])

# A value that does not fit its column becomes NULL.
dpone_fault(source_fault_tolerance reads_misfits_as_null CASE spoiled_value.stays EXPECTED "^DATA_CORRUPT$" OBSERVED "^OK$"
  FILE value.c
  FROM [[    return fits ? DPONE_OK : value_misfit(column, statement, index, error);]]
  TO [[    (void)value_misfit;
    if (!fits) {
        (void)error;
        dpone_batch_append_null(builder, index);
    }
    return DPONE_OK;]])

# Another process cannot read on from its checkpoints.
dpone_fault(incremental_append_extract checkpoint_of_one_process CASE killed_at_every_checkpoint
  EXPECTED "^OK$" OBSERVED "^INVALID_ARGUMENT: this process has read nothing yet$"
  FILE source.c
  FROM [[    if (status == DPONE_OK && request->after.size > 0) {
]]
  TO [[    static int has_begun;
    has_begun |= request->after.size == 0;
    if (!has_begun) {
        status = dpone_error_set(error, DPONE_INVALID_ARGUMENT, "this process has read nothing yet");
    }
    if (status == DPONE_OK && request->after.size > 0) {
]])
