# State backends that must be rejected.

dpone_fault(state_concurrency compares_without_the_lock CASE thousand_rounds
  EXPECTED "^(OK|4 bytes, .*)$" OBSERVED "^(NOT_FOUND: cannot rename|[0-9] bytes, )"
  FILE store.c
  FROM [[    while (status == DPONE_OK && client->lock(client->context, *out) != 0) {]]
  TO [[    while (status == DPONE_OK && client == NULL) {]])

# So short a digest that two keys have one file.
dpone_fault(state_read_write_round_trip shares_files CASE thousand_keys
  EXPECTED "^OK$" OBSERVED "^DATA_CORRUPT: the state of .* is damaged; restore its file$"
  FILE state.c
  FROM [[    for (size_t i = 0; i < sizeof(digest.bytes); i++) {]]
  TO [[    for (size_t i = 0; i < 1; i++) {]])
