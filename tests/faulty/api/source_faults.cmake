# Sources that must be rejected.

dpone_fault(schema_inference first_row CASE golden
  EXPECTED "^int64 \"quantity\"" OBSERVED "^utf8 \"quantity\""
  FILE options.c FROM [[100000, "1000", NULL}]] TO [[100000, "1", NULL}]])

dpone_fault(schema_inference unstable_order CASE stable
  EXPECTED "^the same columns in the same order$" OBSERVED "^a schema that differs from the first answer$"
  FILE columns.c
  FROM [[        items[i] = (struct dpone_column){
            .name = sample->items[i].name]]
  TO [[        static size_t turns;
        turns += i == 0;
        items[turns % 2 == 1 ? i : sample->count - 1 - i] = (struct dpone_column){
            .name = sample->items[i].name]])

dpone_fault(stream_contract wrong_null_count CASE valid_batches
  EXPECTED "." OBSERVED "null_count"
  FILE source.c
  FROM [[return status == DPONE_OK ? dpone_batch_builder_finish(read->builder, out, error) : status;]]
  TO [[status = status == DPONE_OK ? dpone_batch_builder_finish(read->builder, out, error) : status;
    if (status == DPONE_OK) {
        out->children[0]->null_count = 1;
    }
    return status;]])

dpone_fault(stream_contract leaks_page CASE abandoned_reads_leak_nothing
  EXPECTED "bytes more a read" OBSERVED "^[0-9]+ bytes more$"
  FILE source.c
  FROM [[    dpone_batch_builder_free(read->builder);
    demo_api_pages_close(&read->pages);]]
  TO [[    dpone_batch_builder_free(read->builder);]])

dpone_fault(stream_contract half_filled_array CASE error_leaves_no_batch
  EXPECTED "^a released array$" OBSERVED "^an array with a release function$"
  FILE source.c
  FROM [[static int32_t source_read(struct dpone_instance *instance, const struct dpone_read_request *request,
                           struct dpone_reader *out, struct dpone_error *error) {]]
  TO [[static int (*faulty_inner)(struct ArrowArrayStream *, struct ArrowArray *);

static void faulty_release(struct ArrowArray *array) {
    array->release = NULL;
}

static int faulty_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    int code = faulty_inner(stream, out);
    if (code != 0) {
        out->release = faulty_release;
    }
    return code;
}

static int32_t faulty_open(struct dpone_reader *out, const struct ArrowSchema *schema,
                           const struct dpone_stream_functions *functions, void *context, struct dpone_error *error) {
    int32_t status = dpone_reader_open(out, schema, functions, context, error);
    if (status == DPONE_OK) {
        faulty_inner = out->stream.get_next;
        out->stream.get_next = faulty_next;
    }
    return status;
}
#define dpone_reader_open faulty_open

static int32_t source_read(struct dpone_instance *instance, const struct dpone_read_request *request,
                           struct dpone_reader *out, struct dpone_error *error) {]])

dpone_fault(full_refresh_extract drops_last_page CASE all_rows
  EXPECTED "\\(2500 rows\\)$" OBSERVED "\\(2400 rows. 100 missing, 0 too many\\)$"
  FILE source.c
  FROM [[if (status == DPONE_OK && read->pages.items == NULL) {]]
  TO [[if (status == DPONE_OK && (read->pages.items == NULL || read->pages.next == NULL)) {]])

dpone_fault(full_refresh_extract repeats_a_page CASE all_rows
  EXPECTED "\\(2500 rows\\)$" OBSERVED "\\(2600 rows. 0 missing, 100 too many\\)$"
  FILE source.c
  FROM [[            status = demo_api_columns_append(read->columns, read->builder, row, error);]]
  TO [[            status = demo_api_columns_append(read->columns, read->builder, row, error);
            if (status == DPONE_OK && read->rows_read <= 100) {
                status = demo_api_columns_append(read->columns, read->builder, row, error);
            }]])

dpone_fault(full_refresh_extract keeps_every_page CASE bounded_memory
  EXPECTED "^at most 4096 KiB more for ten times the rows" OBSERVED "^[0-9]+ KiB, then [0-9]+ KiB$"
  FILE pages.c
  FROM [[    json_decref(pages->answer);
    pages->answer = answer->json;]]
  TO [[    pages->answer = answer->json;]])

dpone_fault(secret_redaction logs_credentials CASE source.successful_run
  EXPECTED "^no secret in any file$" OBSERVED "^option token, raw, in connector\\.log at byte [0-9]+$"
  FILE api.c
  FROM [[        *out = api_join("Authorization: Bearer ", token, "");]]
  TO [[        *out = api_join("Authorization: Bearer ", token, "");
        instance->host->log(instance->host->context, DPONE_LOG_DEBUG, dpone_string_of(*out));]])

dpone_fault(secret_redaction tells_refused_credentials CASE source.refused_credentials
  EXPECTED "^no secret in any file$" OBSERVED "^option token, "
  FILE api.c
  FROM [[        *out = api_join("Authorization: Bearer ", token, "");]]
  TO [[        *out = api_join("Authorization: Bearer ", token, "");
        if (strncmp(token, "canary", 6) == 0) {
            dpone_secret_clear(&secret);
            return dpone_error_set(error, DPONE_UNAUTHENTICATED, "refused: %s", *out);
        }]])

dpone_fault(incremental_append_extract skips_ties CASE every_checkpoint
  EXPECTED "\\(430 rows\\)$" OBSERVED "[1-9][0-9]* missing, 0 too many\\)$"
  FILE position.c
  FROM [[        status = position_match(position, row, is_new, error);]]
  TO [[        status = position_match(position, row, is_new, error);
        *is_new = 0;]])

dpone_fault(incremental_append_extract checkpoint_ahead CASE every_checkpoint
  EXPECTED "\\(430 rows\\)$" OBSERVED "[1-9][0-9]* missing, "
  FILE source.c
  FROM [[        status = demo_api_position_encode(&read->position, &read->checkpoint, error);]]
  TO [[        json_t *delivered = read->position.value;
        json_t *last = json_array_get(read->pages.items, json_array_size(read->pages.items) - 1);
        read->position.value = json_object_get(last, read->position.column);
        status = demo_api_position_encode(&read->position, &read->checkpoint, error);
        read->position.value = delivered;]])

dpone_fault(incremental_append_extract ignores_checkpoint CASE every_checkpoint
  EXPECTED "\\(430 rows\\)$" OBSERVED "0 missing, [0-9]+ too many\\)$"
  FILE source.c
  FROM [[request->mode == DPONE_READ_FULL) {]] TO [[request->mode != 2) {]])

dpone_fault(source_fault_tolerance retries_401 CASE http_401.stays
  EXPECTED "^1$" OBSERVED "^3$"
  FILE api.c
  FROM [[{401, DPONE_UNAUTHENTICATED, "the API refuses the credentials; check authentication and token"},]]
  TO [[{401, DPONE_UNAVAILABLE, "the API refuses the credentials; check authentication and token"},]])

dpone_fault(source_fault_tolerance ignores_retry_after CASE http_429_seconds.passes
  EXPECTED "^at least what Retry-After asked for$" OBSERVED "^[0-9]+ ms, asked for [0-9]+ ms$"
  FILE api.c
  FROM [[    if (failure->retry_after_ms >= 0) {]] TO [[    if (failure->retry_after_ms >= INT64_MAX) {]])

dpone_fault(source_fault_tolerance swallows_truncation CASE truncated_json.stays
  EXPECTED "^DATA_CORRUPT$" OBSERVED "^OK$"
  FILE pages.c
  FROM [[    if (status == DPONE_OK) {
        status = page_accept(pages, &answer, error);
    }]]
  TO [[    if (status == DPONE_OK) {
        status = page_accept(pages, &answer, error);
    } else if (status == DPONE_DATA_CORRUPT) {
        json_decref(pages->answer);
        pages->answer = NULL;
        pages->items = NULL;
        status = DPONE_OK;
    }]])
