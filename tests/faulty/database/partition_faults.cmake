# Sources that cut a stream badly.

dpone_fault(partitions overlapping_partitions CASE union_is_whole
  EXPECTED "\\(430 rows\\)$" OBSERVED "; 0 missing, [1-9][0-9]* too many\\)$"
  FILE source.c
  FROM [[(int64_t)(begin + step - 1)]]
  TO [[(int64_t)(begin + step)]])

dpone_fault(partitions loses_the_last_partition CASE union_is_whole
  EXPECTED "\\(430 rows\\)$" OBSERVED "; [1-9][0-9]* missing, 0 too many\\)$"
  FILE source.c
  FROM [[    for (size_t i = 0; status == DPONE_OK && i < count; i++) {
        uint64_t begin]]
  TO [[    for (size_t i = 0; status == DPONE_OK && (i == 0 || i + 1 < count); i++) {
        uint64_t begin]])

dpone_fault(partitions partition_of_one_process CASE union_is_whole
  EXPECTED "^OK$" OBSERVED "^INVALID_ARGUMENT: this process made no partitions$"
  FILE source.c
  FROM [[    plan->from = INT64_MIN;
]]
  TO [[    static int made;
    made |= partition.size == 0;
    if (!made) {
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "this process made no partitions");
    }
    plan->from = INT64_MIN;
]])

dpone_fault(partitions claims_a_snapshot CASE stream_grows_meanwhile EXPECTED "^0$" OBSERVED "^50$"
  FILE source.c
  FROM [[    out->release = source_partitions_release;
]]
  TO [[    out->release = source_partitions_release;
    out->shared_snapshot = 1;
]])

dpone_fault(partitions takes_anything_for_a_partition CASE no_partition EXPECTED "^INVALID_ARGUMENT$" OBSERVED "^OK$"
  FILE source.c
  FROM [[    return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the partition is none of table \"%s\"",
                           plan->table);]]
  TO [[    (void)error;
    return DPONE_OK;]])
