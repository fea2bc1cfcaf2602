# Sources that must be rejected.

dpone_fault(schema_inference infers_from_the_first_row CASE golden
  EXPECTED "." OBSERVED "."
  FILE stream.c
  FROM [[i < walk->instance->config.sample_rows; i++) {]] TO [[i < 1; i++) {]])

dpone_fault(schema_inference counts_with_leading_zeros CASE golden
  EXPECTED "utf8" OBSERVED "int64"
  FILE columns.c
  FROM [[    default:
        return SAMPLE_TEXT;]]
  TO [[    default:
        return json_string_length(value) > 0 && strspn(json_string_value(value), "0123456789") ==
                       json_string_length(value)
                   ? SAMPLE_INTEGER
                   : SAMPLE_TEXT;]])

# A file that was read once is done.
dpone_fault(incremental_append_extract looks_at_a_file_once CASE only_new_rows
  EXPECTED "rows\\)$" OBSERVED "missing"
  FILE source.c
  FROM [[        range->read = offset > range->from ? offset : range->from;]]
  TO [[        range->read = offset > 0 ? INT64_MAX : range->from;]])

# The state says what was read, whether it was delivered or not.
dpone_fault(incremental_append_extract begins_anew CASE every_checkpoint
  EXPECTED "rows\\)$" OBSERVED "too many"
  FILE source.c
  FROM [[        json_int_t offset = json_integer_value(json_object_get(plan->after, range->file));]]
  TO [[        json_int_t offset = json_integer_value(json_object_get(plan->after, "part-0.jsonl"));]])

dpone_fault(source_fault_tolerance drops_what_is_cut CASE cut_file.stays
  EXPECTED "^DATA_CORRUPT$" OBSERVED "^OK$"
  FILE source.c
  FROM [[        status = demo_file_stream_open(&plan->walk, instance, plan->table, whole, error);
    }
    return status]]
  TO [[        status = demo_file_stream_open(&plan->walk, instance, plan->table, 0, error);
    }
    return status]])

dpone_fault(source_fault_tolerance skips_what_it_cannot_read CASE cut_record.stays
  EXPECTED "^DATA_CORRUPT$" OBSERVED "^OK$"
  FILE walk.c
  FROM [[    if (*row == NULL) {
        return walk_corrupt(walk, problem.text, error);
    }]]
  TO [[    if (*row == NULL) {
        return DPONE_OK;
    }]])

dpone_fault(partitions cuts_inside_records CASE union_is_whole
  EXPECTED "^OK$" OBSERVED "^DATA_CORRUPT: part-00000.jsonl, byte [0-9]+: no record begins where the last read ended"
  FILE source.c
  FROM [[        int64_t to = records.next < size ? records.next : size;]]
  TO [[        int64_t to = from + cutter->room;]])
