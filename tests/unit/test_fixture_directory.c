/* The directory fixture: files as a connector would read and write them, judged byte by byte. */
#include "certification/canonical.h"
#include "certification/fixture_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char root[96];
static struct dpone_fixture *fixture;

static void open_with(const char *options) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *variables = NULL;
    (void)snprintf(folder, sizeof(folder), "/tmp/dpone-files-XXXXXX");
    assert_non_null(mkdtemp(folder));
    struct dpone_fixture_settings settings = {
        .name = "directory", .directory = folder, .options = options, .seed = 1};
    if (dpone_fixture_open(&fixture, &settings, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(dpone_fixture_variables(fixture, &variables, NULL), DPONE_OK);
    (void)snprintf(root, sizeof(root), "%s", json_string_value(json_object_get(variables, "path")));
    json_decref(variables);
}

static int open_jsonl(void **state) {
    (void)state;
    open_with("{\"source\":{\"rows_per_file\":10}}");
    return 0;
}

static int open_csv(void **state) {
    (void)state;
    open_with("{\"files\":{\"format\":\"csv\"},\"source\":{\"rows_per_file\":10}}");
    return 0;
}

static int close_fixture(void **state) {
    char command[128];
    char log[128];
    struct stat about;
    (void)state;
    dpone_fixture_close(fixture);
    (void)snprintf(log, sizeof(log), "%s/fixture.log", folder);
    assert_int_equal(stat(log, &about), 0);
    assert_int_equal(about.st_size, 0);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    return 0;
}

static void write_file(const char *name, const char *text) {
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    (void)fclose(file);
}

static const char *read_path(const char *path) {
    static char text[262144];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = 0;
    (void)fclose(file);
    return text;
}

static const char *read_file(const char *name) {
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    return read_path(path);
}

static const char *observe_rows(const char *target) {
    char path[128];
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)snprintf(path, sizeof(path), "%s/observed", folder);
    if (dpone_fixture_observe_target(fixture, target, path, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    return strchr(read_path(path), '\n') + 1;
}

/* ---- Values ---- */

static void directory_target__holds_every_value_exactly(void **state) {
    char paths[2][128];
    struct dpone_difference difference;
    struct dpone_dataset *set = NULL;
    struct dpone_dataset_spec spec = {.seed = 6};
    (void)state;
    spec.columns = dpone_dataset_types(&spec.column_count);
    (void)snprintf(paths[0], sizeof(paths[0]), "%s/expected", folder);
    (void)snprintf(paths[1], sizeof(paths[1]), "%s/observed", folder);
    assert_int_equal(dpone_dataset_new(&set, &spec, NULL), DPONE_OK);
    struct dpone_fixture_rows rows = dpone_dataset_rows(set, 40);
    FILE *file = fopen(paths[0], "w");
    assert_int_equal(dpone_canonical_dump_rows(file, &rows, NULL), DPONE_OK);
    (void)fclose(file);
    dpone_dataset_free(set);
    assert_int_equal(dpone_fixture_prepare_target(fixture, "all types", &spec, 40, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_observe_target(fixture, "all types", paths[1], NULL), DPONE_OK);
    assert_int_equal(dpone_canonical_compare(&difference, paths[0], paths[1],
                                             DPONE_COMPARE_IN_ORDER | DPONE_COMPARE_NULLABLE, NULL),
                     DPONE_OK);
    if (!difference.equal) {
        fail_msg("%s: expected %s, observed %s", difference.where, difference.expected, difference.observed);
    }
}

#define COLUMNS                                                                                              \
    "\"columns\":[{\"name\":\"id\",\"type\":\"int32\",\"nullable\":false},{\"name\":\"t\",\"type\":"         \
    "\"utf8\"},"                                                                                             \
    "{\"name\":\"d\",\"type\":\"decimal128\",\"precision\":5,\"scale\":2}]"

static void directory_jsonl__reads_what_a_connector_wrote(void **state) {
    (void)state;
    write_file("t/a.jsonl", "{\"id\":1,\"t\":\"x\\u0000y\",\"d\":\"1.50\"}\n{\"t\":null,\"id\":2}\n");
    write_file("t/sub/b.jsonl", "{\"id\":\"3\",\"t\":4,\"d\":1.5}\n");
    write_file("t/_manifest.json",
               "{\"version\":1,\"format\":\"jsonl\"," COLUMNS
               ",\"parts\":[{\"file\":\"a.jsonl\",\"rows\":2},{\"file\":\"sub/b.jsonl\",\"rows\":1}]}");
    assert_string_equal(observe_rows("t"),
                        "[\"1\",\"x\\u0000y\",\"1.50\"]\n[\"2\",null,null]\n"
                        "[{\"misfit\":\"\\\"3\\\"\"},{\"misfit\":\"4\"},{\"misfit\":\"1.5\"}]\n");
}

static void directory_csv__reads_what_a_connector_wrote(void **state) {
    (void)state;
    write_file("t/a.csv", "t,id,d\r\n\"a \"\"b\"\", \r\nc\",1,-0.01\n\"\",2,\r\n,x,1.5\n");
    write_file("t/_manifest.json",
               "{\"version\":1,\"format\":\"csv\"," COLUMNS ",\"parts\":[{\"file\":\"a.csv\",\"rows\":3}]}");
    assert_string_equal(observe_rows("t"), "[\"1\",\"a \\\"b\\\", \\r\\nc\",\"-0.01\"]\n[\"2\",\"\",null]\n"
                                           "[{\"misfit\":\"x\"},null,{\"misfit\":\"1.5\"}]\n");
}

static void directory_csv__column_that_a_part_lacks(void **state) {
    (void)state;
    write_file("t/a.csv", "id\r\n7\r\n");
    write_file("t/_manifest.json",
               "{\"version\":1,\"format\":\"csv\"," COLUMNS ",\"parts\":[{\"file\":\"a.csv\",\"rows\":1}]}");
    assert_string_equal(observe_rows("t"), "[\"7\",null,null]\n");
}

static void expect_error(const char *part, const char *content, const char *message) {
    char path[128];
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)snprintf(path, sizeof(path), "%s/none", folder);
    write_file(part, content);
    assert_int_equal(dpone_fixture_observe_target(fixture, "t", path, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, message);
}

static void directory_part__that_is_broken(void **state) {
    (void)state;
    expect_error("t/_manifest.json", "[]", "t/_manifest.json: no JSON object");
    expect_error("t/_manifest.json", "{\"columns\":[{}]}",
                 "t/_manifest.json: columns: each needs name and type");
    expect_error("t/_manifest.json", "{" COLUMNS ",\"parts\":[{}]}",
                 "t/_manifest.json: parts: each needs file");
    write_file("t/_manifest.json", "{\"format\":\"jsonl\"," COLUMNS ",\"parts\":[{\"file\":\"p\"}]}");
    expect_error("t/p", "{\"id\":1}\n{\"id\":", "t/p: line 2: no end of line");
    expect_error("t/p", "{\"id\":1}\n[]\n", "t/p: line 2: no JSON object");
    write_file("t/_manifest.json", "{\"format\":\"csv\"," COLUMNS ",\"parts\":[{\"file\":\"p\"}]}");
    expect_error("t/p", "", "t/p: line 1: no line of names");
    expect_error("t/p", "id,t,z\n", "t/p: line 1: a name that the manifest does not have");
    expect_error("t/p", "id,t,d\n1,2\n", "t/p: line 2: too few or too many fields, or a stray quote");
    expect_error("t/p", "id,t,d\n1,2\",3\n", "t/p: line 2: too few or too many fields, or a stray quote");
    expect_error("t/p", "id,t,d\n1,\"2,3\n", "t/p: line 2: too few or too many fields, or a stray quote");
}

static void directory_target__that_is_not_there(void **state) {
    char path[128];
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/none", folder);
    assert_int_equal(dpone_fixture_observe_target(fixture, "t", path, &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "no target is called \"t\"");
    assert_int_equal(dpone_fixture_observe_target(fixture, "../t", path, &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "\"../t\" cannot be the name of a folder");
}

/* ---- Streams ---- */

static void directory_stream__grows_by_appending(void **state) {
    char before[16384];
    struct stat about[2];
    char path[256];
    struct dpone_dataset_spec spec = {.seed = 6};
    (void)state;
    spec.columns = dpone_dataset_small(&spec.column_count);
    (void)snprintf(path, sizeof(path), "%s/s/part-00002.jsonl", root);
    assert_int_equal(dpone_fixture_publish_stream(fixture, "s", &spec, 23, NULL), DPONE_OK);
    (void)snprintf(before, sizeof(before), "%s", read_file("s/part-00002.jsonl"));
    assert_int_equal(stat(path, &about[0]), 0);
    assert_int_equal(strncmp(before, "{\"id\":1020,\"seq\":", 17), 0);
    assert_int_equal(dpone_fixture_publish_stream(fixture, "s", &spec, 31, NULL), DPONE_OK);
    assert_int_equal(stat(path, &about[1]), 0);
    assert_int_equal(about[0].st_ino, about[1].st_ino);
    assert_int_equal(strncmp(read_file("s/part-00002.jsonl"), before, strlen(before)), 0);
    assert_int_equal(strncmp(read_file("s/part-00003.jsonl"), "{\"id\":1030,", 11), 0);
    spec.seed = 7;
    assert_int_equal(dpone_fixture_publish_stream(fixture, "s", &spec, 5, NULL), DPONE_OK);
    assert_int_equal(stat(path, &about[1]), -1);
}

static void directory_csv_stream__has_names_in_each_file(void **state) {
    struct dpone_dataset_spec spec = {.seed = 6};
    (void)state;
    spec.columns = dpone_dataset_narrow(&spec.column_count);
    assert_int_equal(dpone_fixture_publish_stream(fixture, "s", &spec, 15, NULL), DPONE_OK);
    assert_int_equal(strncmp(read_file("s/part-00000.csv"), "id,updated_at,seq,region,", 25), 0);
    assert_int_equal(strncmp(read_file("s/part-00001.csv"), "id,updated_at,seq,region,", 25), 0);
    assert_non_null(strstr(read_file("s/part-00001.csv"), "\r\n1010,2024-01-01T00:00:"));
}

static void directory_types__follow_the_format(void **state) {
    (void)state;
    assert_int_equal(dpone_fixture_find_mapping(fixture, DPONE_TYPE_DECIMAL128, 0)->source_type, -1);
    close_fixture(state);
    open_jsonl(state);
    assert_int_equal(dpone_fixture_find_mapping(fixture, DPONE_TYPE_DECIMAL128, 0)->source_type,
                     DPONE_TYPE_UTF8);
    close_fixture(state);
    open_with("{\"source\":{\"types\":\"declared\"}}");
    assert_int_equal(dpone_fixture_find_mapping(fixture, DPONE_TYPE_DECIMAL128, 0)->source_type,
                     DPONE_TYPE_DECIMAL128);
}

/* ---- The self-test, staging, publications ---- */

static void directory_self_test__changes_appear(void **state) {
    struct dpone_dataset_spec spec = {.seed = 6};
    struct dpone_column id = {"id", DPONE_TYPE_INT64, 0, 0, 0};
    struct dpone_column name = {"name", DPONE_TYPE_UTF8, 1, 0, 0};
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *list = NULL;
    (void)state;
    spec.columns = dpone_dataset_small(&spec.column_count);
    assert_int_equal(dpone_fixture_prepare_target(fixture, "t", &spec, 2, NULL), DPONE_OK);
    spec.first_row = 2;
    assert_int_equal(dpone_fixture_insert_rows(fixture, "t", &spec, 1, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_delete_rows(fixture, "t", &id, "1000", NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_edit_rows(fixture, "t", &id, "1001", &name, NULL, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_edit_rows(fixture, "t", &id, "1002", &name, "", NULL), DPONE_OK);
    const char *rows = observe_rows("t");
    assert_int_equal(strncmp(rows, "[\"1001\",\"", 9), 0);
    assert_non_null(strstr(rows, ",null,"));
    assert_non_null(strstr(rows, ",\"\","));
    assert_int_equal(
        dpone_fixture_edit_rows(fixture, "t", &id, "1", &(struct dpone_column){.name = "zz"}, "true", &error),
        DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "target t cannot be changed: no column \"zz\"");
    assert_int_equal(dpone_fixture_observe_staging(fixture, &list, NULL), DPONE_OK);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    assert_int_equal(dpone_fixture_drop_target(fixture, "t", NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_drop_target(fixture, "t", NULL), DPONE_OK);
}

static void directory_staging__is_what_remains(void **state) {
    json_t *list = NULL;
    json_t *item = NULL;
    size_t index = 0;
    int seen = 0;
    (void)state;
    write_file("t/_manifest.json", "{" COLUMNS ",\"parts\":[{\"file\":\"live/p.jsonl\"}]}");
    write_file("t/live/p.jsonl", "");
    write_file("t/old.jsonl", "");
    write_file("t/_lock", "");
    write_file("t/.staging/abc/_lease.json", "{\"lease_until_us\": 9000000000000000}");
    write_file("u/.staging/def/rows", "");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(dpone_fixture_observe_staging(fixture, &list, NULL), DPONE_OK);
        assert_int_equal(json_array_size(list), 3);
        json_array_foreach(list, index, item) {
            const char *id = json_string_value(json_object_get(item, "id"));
            int expired = json_is_true(json_object_get(item, "expired"));
            seen += strcmp(id, "abc") == 0 && expired == round ? 1 : 0;
            seen += strcmp(id, "def") == 0 && expired ? 10 : 0;
            seen += strcmp(id, "old.jsonl") == 0 ? 100 : 0;
        }
        json_decref(list);
        assert_int_equal(dpone_fixture_expire_leases(fixture, NULL), DPONE_OK);
    }
    assert_int_equal(seen, 222);
}

static void directory_publications__stand_in_the_manifest(void **state) {
    json_t *list = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(dpone_fixture_observe_publications(fixture, "t", &list, NULL), DPONE_OK);
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    write_file("t/_manifest.json", "{\"publications\":[{\"pipeline\":\"p\",\"idempotency_key\":\"k\","
                                   "\"content_digest\":\"0a\",\"position\":\"ff\","
                                   "\"rows\":3}]}");
    assert_int_equal(dpone_fixture_observe_publications(fixture, "t", &list, NULL), DPONE_OK);
    json_t *first = json_array_get(list, 0);
    assert_string_equal(json_string_value(json_object_get(first, "idempotency_key")), "k");
    assert_string_equal(json_string_value(json_object_get(first, "position")), "ff");
    assert_int_equal(json_integer_value(json_object_get(first, "rows")), 3);
    json_decref(list);
    write_file("t/_manifest.json", "{\"publications\":[{}]}");
    assert_int_equal(dpone_fixture_observe_publications(fixture, "t", &list, &error), DPONE_DATA_CORRUPT);
    assert_string_equal(error.message,
                        "t/_manifest.json: publications: pipeline, idempotency_key, content_digest and "
                        "position are needed");
}

/* ---- Faults ---- */

static int32_t arm(const char *fault, struct dpone_error *error) {
    struct dpone_fixture_arming arming = {.fault = fault};
    return dpone_fixture_arm(fixture, fault != NULL ? &arming : NULL, NULL, error);
}

static void directory_faults__damage_and_restore(void **state) {
    static char original[65536];
    char path[256];
    struct stat about;
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_dataset_spec spec = {.seed = 6};
    (void)state;
    assert_int_equal(arm("cut_record", &error), DPONE_INVALID_STATE);
    assert_string_equal(error.message, "directory fixture: no stream was published to damage");
    spec.columns = dpone_dataset_small(&spec.column_count);
    assert_int_equal(dpone_fixture_publish_stream(fixture, "s", &spec, 9, NULL), DPONE_OK);
    (void)snprintf(original, sizeof(original), "%s", read_file("s/part-00000.jsonl"));
    assert_int_equal(arm("cut_record", NULL), DPONE_OK);
    assert_true(strlen(read_file("s/part-00000.jsonl")) < strlen(original));
    assert_int_equal(arm("cut_file", NULL), DPONE_OK);
    assert_true(strlen(read_file("s/part-00000.jsonl")) < strlen(original) * 3 / 4);
    assert_int_equal(arm("lost_file", NULL), DPONE_OK);
    (void)snprintf(path, sizeof(path), "%s/s/part-00000.jsonl", root);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(arm("spoiled_text", NULL), DPONE_OK);
    assert_non_null(strchr(read_file("s/part-00000.jsonl"), '\xff'));
    assert_int_equal(arm("missing_directory", NULL), DPONE_OK);
    assert_int_equal(access(root, F_OK), -1);
    assert_int_equal(arm("blocked_directory", NULL), DPONE_OK);
    assert_int_equal(stat(root, &about), 0);
    assert_true(S_ISREG(about.st_mode));
    assert_int_equal(arm(NULL, NULL), DPONE_OK);
    assert_string_equal(read_file("s/part-00000.jsonl"), original);
    assert_int_equal(arm("moths", &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the directory fixture has no fault \"moths\"");
}

static int has_fault(const char *id) {
    const struct dpone_fixture_facts *facts = dpone_fixture_facts(fixture);
    size_t i = 0;
    while (i < facts->fault_count && strcmp(facts->faults[i].id, id) != 0) {
        i++;
    }
    return i < facts->fault_count;
}

/* Writes a block at a time; the errno that ended it, or 0 after `bytes`. */
static int fill(size_t bytes) {
    static const char block[4096];
    char path[256];
    int failure = 0;
    (void)snprintf(path, sizeof(path), "%s/fill", root);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return errno;
    }
    for (size_t done = 0; failure == 0 && done < bytes; done += sizeof(block)) {
        failure = write(file, block, sizeof(block)) < 0 ? errno : 0;
    }
    (void)close(file);
    return failure;
}

/* Only where this user may mount a file system. */
static void directory_faults__disk_is_full_or_read_only(void **state) {
    int64_t struck = 0;
    struct dpone_fixture_arming arming = {.fault = "disk_full", .skip = 2};
    (void)state;
    assert_int_equal(has_fault("disk_full"), has_fault("disk_read_only"));
    if (!has_fault("disk_full")) {
        skip();
    }
    assert_int_equal(dpone_fixture_arm(fixture, &arming, NULL, NULL), DPONE_OK);
    assert_int_equal(fill(4096), 0);
    assert_int_equal(fill(1 << 20), ENOSPC);
    assert_int_equal(dpone_fixture_arm(fixture, NULL, &struck, NULL), DPONE_OK);
    assert_int_equal(struck, 1);
    assert_int_equal(fill(1 << 20), 0);
    assert_int_equal(dpone_fixture_arm(fixture, &arming, NULL, NULL), DPONE_OK);
    assert_int_equal(dpone_fixture_arm(fixture, NULL, &struck, NULL), DPONE_OK);
    assert_int_equal(struck, 0);
    assert_int_equal(arm("disk_read_only", NULL), DPONE_OK);
    assert_int_equal(fill(1), EROFS);
    assert_int_equal(arm(NULL, NULL), DPONE_OK);
    assert_int_equal(fill(1), 0);
}

#define JSONL(function) cmocka_unit_test_setup_teardown(function, open_jsonl, close_fixture)
#define CSV(function) cmocka_unit_test_setup_teardown(function, open_csv, close_fixture)

int main(void) {
    const struct CMUnitTest tests[] = {
        JSONL(directory_target__holds_every_value_exactly),
        CSV(directory_target__holds_every_value_exactly),
        JSONL(directory_jsonl__reads_what_a_connector_wrote),
        CSV(directory_csv__reads_what_a_connector_wrote),
        CSV(directory_csv__column_that_a_part_lacks),
        JSONL(directory_part__that_is_broken),
        JSONL(directory_target__that_is_not_there),
        JSONL(directory_stream__grows_by_appending),
        CSV(directory_csv_stream__has_names_in_each_file),
        CSV(directory_types__follow_the_format),
        JSONL(directory_self_test__changes_appear),
        CSV(directory_self_test__changes_appear),
        JSONL(directory_staging__is_what_remains),
        JSONL(directory_publications__stand_in_the_manifest),
        JSONL(directory_faults__damage_and_restore),
        JSONL(directory_faults__disk_is_full_or_read_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
