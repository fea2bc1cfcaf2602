# Sinks that must be rejected.

# The manifest is written where its readers look for it.
dpone_fault(crash_atomicity tears_the_manifest CASE full_refresh.killed_in_publish
  EXPECTED "^a target of that name$" OBSERVED "_manifest.json: no JSON object$"
  FILE version.c
  FROM [[demo_file_store_create(load->instance, load->stage, DEMO_FILE_MANIFEST, text,]]
  TO [[demo_file_store_create(load->instance, load->target, DEMO_FILE_MANIFEST, text,]]
  FILE2 store.c
  FROM2 [[    int32_t status = demo_file_store_rename(instance, from_folder, from, to_folder, to, error);]]
  TO2 [[    int32_t status = demo_file_store_allow_none(
        demo_file_store_rename(instance, from_folder, from, to_folder, to, error), error);]])

# The manifest names parts that are still in staging.
dpone_fault(crash_atomicity switches_before_the_parts CASE full_refresh.killed_in_publish
  EXPECTED "^a target of that name$" OBSERVED "part-00000.jsonl: No such file or directory$"
  FILE publish.c
  FROM [[    status = demo_file_store_rename(instance, staging, load->id, load->target, load->id, error);]]
  TO [[    status = demo_file_store_rename(instance, load->stage, DEMO_FILE_MANIFEST, load->target, "_manifest.json",
                                    error);
    if (status == DPONE_OK) {
        status = demo_file_store_rename(instance, staging, load->id, load->target, load->id, error);
    }]]
  FILE2 store.c
  FROM2 [[    int32_t status = demo_file_store_rename(instance, from_folder, from, to_folder, to, error);]]
  TO2 [[    int32_t status = demo_file_store_allow_none(
        demo_file_store_rename(instance, from_folder, from, to_folder, to, error), error);]])

# Another file system than the target's, on which a rename cannot end.
dpone_fault(staging_first_load stages_elsewhere CASE invisible_until_publish NEEDS disk_full
  EXPECTED "^OK$" OBSERVED "^IO: cannot rename a file to [0-9a-f]+: Invalid cross-device link$"
  FILE staging.c
  FROM [[    int32_t status = demo_file_store_open_folder(&staging, instance, target, DEMO_FILE_STAGING, error);]]
  TO [[    char elsewhere[4096];
    (void)snprintf(elsewhere, sizeof(elsewhere), "%.*s", (int)instance->host->temporary_directory.size,
                   instance->host->temporary_directory.data);
    int32_t status = demo_file_store_open_folder(&staging, instance, target, elsewhere, error);]]
  FILE2 publish.c
  FROM2 [[        status = demo_file_store_open_folder(&staging, instance, load->target, DEMO_FILE_STAGING, error);]]
  TO2 [[        char elsewhere[4096] = "";
        (void)strncat(elsewhere, instance->host->temporary_directory.data,
                      instance->host->temporary_directory.size);
        status = demo_file_store_open_folder(&staging, instance, load->target, elsewhere, error);]])

dpone_fault(staging_first_load leaves_old_parts CASE invisible_until_publish
  EXPECTED "^no staging area on the system$" OBSERVED "in state not in the manifest$"
  FILE publish.c
  FROM [[        (void)demo_file_staging_unlink(instance, target, file, 0, NULL);
]]
  TO "")

dpone_fault(incremental_append_load names_only_new_parts CASE keeps_old_rows
  EXPECTED "\\(370 rows\\)$" OBSERVED "\\(250 rows; 120 missing, 0 too many\\)$"
  FILE version.c
  FROM [[    int64_t replaced = strategy == DPONE_FULL_REFRESH;]]
  TO [[    int64_t replaced = strategy <= DPONE_INCREMENTAL_APPEND;]])

# Between its look at the manifest and the switch another publication has its place.
dpone_fault(load_concurrency publishes_without_the_lock CASE two_appends
  EXPECTED "rows\\)$" OBSERVED "missing"
  FILE store.c
  FROM [[    while (status == DPONE_OK && client->lock(client->context, *out) != 0) {]]
  TO [[    while (status == DPONE_OK && client == NULL) {]]
  FILE2 publish.c
  FROM2 [[        status = published ? demo_file_load_unstage(load, error) : publish_new(&version, error);]]
  TO2 [[        load->instance->host->sleep_ms(load->instance->host->context, 50);
        status = published ? demo_file_load_unstage(load, error) : publish_new(&version, error);]])

dpone_fault(load_concurrency sweeps_whatever_the_lease CASE recover_spares_the_living
  EXPECTED "^OK$" OBSERVED "^CONFLICT: the load was swept because its lease was over; run it again$"
  FILE staging.c
  FROM [[    return until_us < host->wall_clock_us(host->context) ?]]
  TO [[    return until_us > host->wall_clock_us(host->context) - 1 ?]])

dpone_fault(load_idempotency forgets_the_ledger CASE replayed_load
  EXPECTED "rows\\)$" OBSERVED "too many"
  FILE version.c
  FROM [[    (void)json_array_extend(ledger, json_object_get(version->old, "publications"));]]
  TO [[    (void)json_array_extend(ledger, json_object_get(version->old, "none"));]]
  FILE2 manifest.c
  FROM2 [[        if (found != NULL && (key == NULL || strcmp(found, key) == 0) &&]]
  TO2 [[        if (found != NULL && key == NULL &&]])

dpone_fault(sink_fault_tolerance hopes_for_room CASE disk_full.stage.stays NEEDS disk_full
  EXPECTED "^RESOURCE_EXHAUSTED$" OBSERVED "^OK$"
  FILE store.c
  FROM [[        if (written < 0) {]] TO [[        if (written < 0 && errno == ENOSPC) {
            return DPONE_OK;
        }
        if (written < 0) {]])

dpone_fault(incremental_merge_load compares_first_key_column CASE composite_key
  EXPECTED "^OK$" OBSERVED "^INVALID_ARGUMENT: [0-9]+ rows of the load have a unique_key that another one has$"
  FILE filter.c
  FROM [[        for (size_t i = 0; status == DPONE_OK && i < request->unique_key_count; i++) {]]
  TO [[        for (size_t i = 0; status == DPONE_OK && i < 1; i++) {]])

dpone_fault(type_fidelity writes_nan_as_null CASE float64.exact
  EXPECTED "NaN" OBSERVED "null"
  FILE wire.c
  FROM [[    demo_file_text_add_string(out, finite ? "" : "\"");
    demo_file_text_add(out, text, size);]]
  TO [[    if (!finite) {
        demo_file_text_add_string(out, "null");
        return;
    }
    demo_file_text_add(out, text, size);]])
