# Sinks that must be rejected, in ways that only a database offers.

# ---- One transaction ----

# The position is written once the rows are committed.
dpone_fault(crash_atomicity position_follows_the_rows CASE full_refresh.killed_in_publish
  EXPECTED "^crash-1$" OBSERVED "^the publication of nobody$"
  FILE publish.c
  FROM [[    return status == DPONE_OK ? publish_record(load, request, error) : status;
}]]
  TO [[    status = demo_database_store_end(load->store, status, error);
    if (status == DPONE_OK) {
        status = demo_database_store_begin(load->store, error);
    }
    return status == DPONE_OK ? publish_record(load, request, error) : status;
}]])

dpone_fault(staging_first_load leaves_its_table CASE invisible_until_publish
  EXPECTED "^no staging area on the system$" OBSERVED "^1, the first __dpone__stage_[0-9a-f]+ for target ledger in state table$"
  FILE publish.c
  FROM [[    return status == DPONE_OK ? demo_database_load_drop(load->store, load->stage, error) : status;
}]]
  TO [[    return status;
}]])

# ---- Leases ----

dpone_fault(load_concurrency ignores_leases CASE recover_spares_the_living
  EXPECTED "^OK$" OBSERVED "^(CONFLICT: load living was swept|INTERNAL: )"
  FILE sink.c
  FROM [[AND owner <> ?2 AND lease_until_us < ?3 LIMIT 1]]
  TO [[AND owner <> ?2 AND lease_until_us > ?3 - ?3 LIMIT 1]])

# ---- Rows ----

dpone_fault(replace_load deletes_beyond_the_window CASE fills_an_empty_window
  EXPECTED "^.\"1000\"" OBSERVED "60 rows. 200 missing, 0 too many\\)$"
  FILE publish.c
  FROM [[        return publish_delete_window(load, error);]]
  TO [[        (void)publish_delete_window;
        return demo_database_database_run(load->store, error, "DELETE FROM \"%w\"", load->target);]])

# ---- Values ----

# A column declared DECIMAL turns its digits into a real number.
dpone_fault(type_fidelity declares_numbers CASE decimal128_18_4.exact
  EXPECTED "^.0.0000. " OBSERVED "^{.misfit.: .integer 0.} "
  FILE value.c
  FROM [[    {"TEXT_DECIMAL", DPONE_TYPE_DECIMAL128},
]]
  TO [[    {"DECIMAL", DPONE_TYPE_DECIMAL128},
]])

# A column declared REAL keeps whole numbers as integers, which have no sign of zero.
dpone_fault(type_fidelity loses_the_sign_of_zero CASE float64.exact
  EXPECTED "^.-0. " OBSERVED "^.0. "
  FILE value.c
  FROM [[    {"BLOB_FLOAT64", DPONE_TYPE_FLOAT64},
]]
  TO [[    {"REAL", DPONE_TYPE_FLOAT64},
]])

dpone_fault(type_fidelity single_precision CASE float64.exact
  EXPECTED "^.0.1. " OBSERVED "^.0.10000000149011612. "
  FILE value.c
  FROM [[                        : sqlite3_bind_double(statement, index, value);]]
  TO [[                        : sqlite3_bind_double(statement, index, (double)(float)value);]])

dpone_fault(type_fidelity bytes_end_at_nul CASE binary.exact
  EXPECTED "^.00. " OBSERVED "^.. "
  FILE value.c
  FROM [[        bytes = dpone_view_bytes(view, row);
]]
  TO [[        bytes = dpone_view_bytes(view, row);
        bytes.size = strnlen((const char *)bytes.data, bytes.size);
]])
