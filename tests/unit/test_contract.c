/* certification.yaml: every problem with its exact text and place, and what a good one says. */
#include "certification/catalogue.h"
#include "certification/contract.h"
#include "certification/required.h"

#include <dpone/sink.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const good[] = {
    "contract_version: \"1\"",
    "connector: demo_api",
    "connector_type: api",
    "capabilities:",
    "  sink:",
    "    strategies: [full_refresh, replace]",
    "    required_tests: [import_safety, manifest_validation, staging_first_load, full_refresh_load, "
    "replace_load,",
    "                     schema_evolution_contracts, quality_contracts, run_artifact_evidence]",
    "    staging_first: true",
    "quality_gates: {unit_tests: true, manifest_examples_parse: true, docs_present: true, "
    "run_artifacts_present: true, "
    "secret_redaction: true}",
    "performance: {benchmark_required: true, minimum_rows: 10000, wide_columns: 120}",
    "evidence: {}",
    NULL,
};

/* The good contract with line `line` (from 1) replaced; 0: none. */
static struct dpone_contract *read_with(int line, const char *text, struct dpone_diagnostics *diagnostics) {
    char document[4096] = "";
    struct dpone_contract *contract = NULL;
    for (int i = 0; good[i] != NULL; i++) {
        strcat(document, i + 1 == line ? text : good[i]);
        strcat(document, "\n");
    }
    *diagnostics = (struct dpone_diagnostics){.keep = 50};
    dpone_contract_read_memory(&contract, "certification.yaml", document, strlen(document), diagnostics);
    return contract;
}

static void assert_problem(int line, const char *text, uint32_t at_line, uint32_t at_column,
                           const char *message) {
    struct dpone_diagnostics diagnostics;
    struct dpone_contract *contract = read_with(line, text, &diagnostics);
    const struct dpone_diagnostic *found = NULL;
    for (size_t i = 0; i < diagnostics.count; i++) {
        if (strcmp(diagnostics.items[i].message, message) == 0) {
            found = &diagnostics.items[i];
        }
    }
    if (found == NULL) {
        fail_msg("no such problem: %s; the first is: %s", message,
                 diagnostics.count == 0 ? "none" : diagnostics.items[0].message);
    }
    assert_int_equal(found->start.line, at_line);
    assert_int_equal(found->start.column, at_column);
    dpone_contract_free(contract);
    dpone_diagnostics_clear(&diagnostics);
}

static void contract_read__good(void **state) {
    struct dpone_diagnostics diagnostics;
    struct dpone_contract *contract = read_with(0, NULL, &diagnostics);
    (void)state;
    assert_int_equal(diagnostics.errors, 0);
    assert_int_equal(dpone_contract_capabilities(contract), DPONE_CAPABILITY_SINK);
    assert_int_equal(contract->sink.strategies, (1u << DPONE_FULL_REFRESH) | (1u << DPONE_REPLACE));
    assert_int_equal(contract->sink.required_count, 8);
    assert_true(dpone_string_equal(contract->fixture, dpone_string_of("http")));
    assert_int_equal(contract->minimum_rows, 10000);
    dpone_contract_free(contract);
}

static void contract_read__problems(void **state) {
    (void)state;
    assert_problem(1, "contract_version: \"2\"", 1, 19,
                   "contract_version: \"2\" is not known; this version reads \"1\"");
    assert_problem(1, "contract_version: 1", 1, 19,
                   "contract_version: this is a whole number, expected text");
    assert_problem(3, "connector_type: ap", 3, 17,
                   "connector_type: \"ap\" is not one of api, database, event, file; did you mean api?");
    assert_problem(2, "conector: demo_api", 1, 1, "connector: missing; add it");
    assert_problem(12, "evidence: {markdown: x.md}", 12, 12, "evidence.markdown: unknown field; remove it");
    assert_problem(5, "  sinks:", 5, 3, "capabilities.sinks: unknown field; did you mean sink?");
    assert_problem(5, "  x: # sink", 5, 3, "capabilities: none is declared; add source, sink or state");
    assert_problem(6, "    strategies: [full_refresh, replace, replce]", 6, 41,
                   "capabilities.sink.strategies: unknown strategy \"replce\"; did you mean replace?");
    assert_problem(6, "    strategies: [replace, full_refresh, replace]", 6, 41,
                   "capabilities.sink.strategies: \"replace\" is listed twice; remove one");
    assert_problem(
        9, "    staging_first: false", 9, 20,
        "capabilities.sink.staging_first: a sink without staging cannot be certified; set it to true");
    assert_problem(11, "performance: {benchmark_required: true, minimum_rows: 9999, wide_columns: 120}", 11,
                   55,
                   "performance.minimum_rows: 9999 is below 10000; raise it: the floor may rise, never sink");
    assert_problem(11, "performance: {benchmark_required: true, minimum_rows: 10000, wide_columns: 119}", 11,
                   76,
                   "performance.wide_columns: 119 is below 120; raise it: the floor may rise, never sink");
    assert_problem(11, "performance: {benchmark_required: false, minimum_rows: 10000, wide_columns: 120}", 11,
                   35, "performance.benchmark_required: false would lower the floor; set it to true");
}

static void contract_read__required_tests(void **state) {
    (void)state;
    assert_problem(8,
                   "                     schema_evolution_contracts, quality_contracts, "
                   "quality_contracts, run_artifact_evidence]",
                   8, 69,
                   "capabilities.sink.required_tests: \"quality_contracts\" is listed twice; remove one");
    assert_problem(8,
                   "                     schema_evolution_contracts, quality_contrcts, quality_contracts, "
                   "run_artifact_evidence]",
                   8, 50,
                   "capabilities.sink.required_tests: unknown test \"quality_contrcts\"; did you mean "
                   "quality_contracts?; see `dpone connectors checks`");
    assert_problem(
        8, "                     schema_evolution_contracts, run_artifact_evidence]", 7, 21,
        "capabilities.sink.required_tests: quality_contracts is missing; add it: the list may grow, "
        "never shrink");
    /* A strategy that is not declared needs no test; one more that is declared does. */
    assert_problem(
        6, "    strategies: [full_refresh, replace, incremental_merge]", 7, 21,
        "capabilities.sink.required_tests: incremental_merge_load is missing; add it: the list may "
        "grow, never shrink");
}

static int is_required(const char *id, const struct dpone_offer *offer,
                       const struct dpone_contract *contract) {
    return dpone_check_required(dpone_catalogue_find(id), offer, contract) != 0;
}

static void required__adds_what_applies(void **state) {
    struct dpone_diagnostics diagnostics;
    struct dpone_contract *contract = read_with(0, NULL, &diagnostics);
    struct dpone_offer offer = {.capabilities = DPONE_CAPABILITY_SINK,
                                .sink_strategies = contract->sink.strategies};
    (void)state;
    assert_true(is_required("replace_load", &offer, contract));
    assert_true(is_required("crash_atomicity", &offer, contract));
    assert_true(is_required("package_layout", &offer, contract));
    assert_false(is_required("incremental_merge_load", &offer, contract));
    assert_false(is_required("partitions", &offer, contract));
    assert_false(is_required("native_transfer.stream_export", &offer, contract));
    offer.capabilities |= DPONE_CAPABILITY_SOURCE; /* the binary fills it, whatever the contract says */
    offer.partitions = 1;
    offer.native_transfer = 1;
    assert_true(is_required("stream_contract", &offer, contract));
    assert_true(is_required("partitions", &offer, contract));
    assert_true(is_required("native_transfer.stream_export", &offer, contract));
    assert_false(is_required("native_transfer.file_export", &offer, contract));
    assert_false(is_required("incremental_append_extract", &offer, contract));
    dpone_contract_free(contract);
}

static void catalogue__rows_are_complete(void **state) {
    size_t count = 0;
    const struct dpone_check *const *checks = dpone_catalogue(&count);
    (void)state;
    assert_true(count >= 40);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(dpone_catalogue_find(checks[i]->id), checks[i]);
        assert_true(strlen(checks[i]->title) > 4);
        assert_true(strlen(checks[i]->proves) > 20);
        assert_true(strlen(checks[i]->remedy) > 20);
        assert_true(i == 0 || checks[i]->group >= checks[i - 1]->group);
    }
    assert_null(dpone_catalogue_find("no_such_check"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contract_read__good),           cmocka_unit_test(contract_read__problems),
        cmocka_unit_test(contract_read__required_tests), cmocka_unit_test(required__adds_what_applies),
        cmocka_unit_test(catalogue__rows_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
