/* `dpone manifest validate` as a user meets it: output, exit status, folders, packages, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest/validate_command.h"

static char folder[64];
static char output[65536];
static char problems[4096];

/* Every test works in a folder of its own, with names relative to it. */
static int enter_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/dpone-validate-XXXXXX");
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state) {
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s", folder, folder);
    return chdir("/") != 0 || system(command) != 0;
}

static void write_file(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s", name);
    for (char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void read_back(FILE *from, char *text, size_t size) {
    rewind(from);
    size_t got = fread(text, 1, size - 1, from);
    text[got] = '\0';
    fclose(from);
}

/* Runs the command with words ended by NULL; "--x" is an option, with a value unless it is a flag. */
static int32_t run(const char *word, ...) {
    static const char *const flags[] = {"--recursive", "--strict", "--format-assertion"};
    struct dpone_arguments *arguments = dpone_arguments_new("manifest validate");
    va_list words;
    va_start(words, word);
    for (; word != NULL; word = va_arg(words, const char *)) {
        int is_flag = 0;
        for (size_t i = 0; i < 3; i++) {
            is_flag |= strcmp(word, flags[i]) == 0;
        }
        if (strncmp(word, "--", 2) != 0) {
            dpone_arguments_add_operand(arguments, word);
        } else {
            dpone_arguments_add(arguments, word, is_flag ? NULL : va_arg(words, const char *));
        }
    }
    va_end(words);
    fflush(stdout);
    int standard[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    FILE *kept[2] = {tmpfile(), tmpfile()};
    dup2(fileno(kept[0]), STDOUT_FILENO);
    dup2(fileno(kept[1]), STDERR_FILENO);
    int32_t status = dpone_manifest_validate_command(arguments);
    fflush(stdout);
    dup2(standard[0], STDOUT_FILENO);
    dup2(standard[1], STDERR_FILENO);
    close(standard[0]);
    close(standard[1]);
    read_back(kept[0], output, sizeof output);
    read_back(kept[1], problems, sizeof problems);
    dpone_arguments_free(arguments);
    return status;
}

/* Cuts the time off a summary: it is all that differs between two runs. */
static void cut_time(const char *before) {
    char *at = strstr(output, before);
    assert_non_null(at);
    at[strlen(before)] = '\0';
}

static const char good[] =
    "source: {type: postgres}\nsink: {type: demo_api, strategy: {mode: full_refresh}}\n";
static const char bad[] =
    "source: {type: postgres}\nsink: {type: demo_api, strategy: {mode: full_refresch}}\n";

static void validate_status__says_how_it_went(void **state) {
    (void)state;
    write_file("good.yaml", good);
    write_file("bad.yaml", bad);
    assert_int_equal(run("good.yaml", NULL), DPONE_EXIT_HOLDS);
    cut_time("1 file, 0 errors, ");
    assert_string_equal(output, "1 file, 0 errors, ");
    assert_string_equal(problems, "");
    assert_int_equal(run("good.yaml", "bad.yaml", NULL), DPONE_EXIT_FAILED);
    cut_time("2 files, 1 error, ");
    assert_int_equal(run("good.yaml", "none.yaml", NULL), DPONE_EXIT_ENVIRONMENT);
    assert_non_null(strstr(output, "none.yaml: error: cannot open the file: No such file or directory\n"));
    assert_int_equal(run(".", NULL), DPONE_EXIT_ENVIRONMENT);
    assert_non_null(strstr(output, ".: error: is a directory; name a file, or use --recursive\n"));
}

static void validate_text__has_no_source_lines_off_a_terminal(void **state) {
    (void)state;
    write_file("bad.yaml", bad);
    assert_int_equal(run("bad.yaml", NULL), DPONE_EXIT_FAILED);
    cut_time("1 file, 1 error, ");
    assert_string_equal(
        output,
        "bad.yaml:2:41: error: sink.strategy.mode: \"full_refresch\" is not one of full_refresh, "
        "incremental_append, incremental_merge, replace, partition_replace, snapshot_diff, scd2, cdc_apply, "
        "backfill, xmin, cdc, snapshot_reconciliation; did you mean \"full_refresh\"?\n1 file, 1 error, ");
}

static void validate_text__shows_errors_behind_many_warnings(void **state) {
    (void)state;
    char text[16384] = "";
    for (int i = 0; i < 300; i++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "x-%d: yes\n", i);
    }
    strcat(text, bad);
    write_file("m.yaml", text);
    assert_int_equal(run("m.yaml", NULL), DPONE_EXIT_FAILED);
    assert_null(strstr(output, "m.yaml:51:"));
    assert_non_null(strstr(output, "m.yaml:302:41: error: sink.strategy.mode: "));
    assert_non_null(strstr(output, "m.yaml: 250 more problems\n1 file, 1 error, 300 warnings, "));
    assert_int_equal(run("--format", "github", "m.yaml", NULL), DPONE_EXIT_FAILED);
    assert_non_null(strstr(output, "::error file=m.yaml,line=302,col=41,"));
    assert_non_null(strstr(output, "::error file=m.yaml::250 more problems\n"));
}

static void validate_json__has_one_entry_for_each_file(void **state) {
    (void)state;
    write_file("s.json", "{\"properties\": {\"a b\": {\"type\": \"integer\"}}}");
    write_file("1.yaml", "a b: x\n");
    write_file("2.yaml", "c: yes\n");
    assert_int_equal(run("--schema", "s.json", "--format", "json", "2.yaml", "1.yaml", "2.yaml", NULL),
                     DPONE_EXIT_FAILED);
    cut_time("\"warnings\": 2, ");
    assert_string_equal(
        output,
        "{\n  \"files\": [\n    {\n      \"file\": \"2.yaml\",\n      \"valid\": true,\n      \"errors\": "
        "[],\n"
        "      \"error_count\": 0,\n      \"warnings\": [\n        {\"path\": \"/c\", \"schema_path\": \"\", "
        "\"keyword\": "
        "\"ambiguous\", \"message\": \"yes is the boolean true in YAML 1.1, which dpone reads, and a string "
        "in YAML 1.2; write "
        "true or \\\"yes\\\"\", \"line\": 1, \"column\": 4, \"end_line\": 1, \"end_column\": 7}\n      ],\n"
        "      \"warning_count\": 1\n    },\n"
        "    {\n      \"file\": \"1.yaml\",\n      \"valid\": false,\n      \"errors\": [\n        "
        "{\"path\": \"/a b\", "
        "\"schema_path\": \"/properties/a b/type\", \"keyword\": \"type\", \"message\": \"expected an "
        "integer, found a string, "
        "\\\"x\\\"\", \"line\": 1, \"column\": 6, \"end_line\": 1, \"end_column\": 7}\n      ],\n      "
        "\"error_count\": 1,\n"
        "      \"warnings\": [],\n      \"warning_count\": 0\n    },\n"
        "    {\n      \"file\": \"2.yaml\",\n      \"valid\": true,\n      \"errors\": [],\n      "
        "\"error_count\": 0,\n"
        "      \"warnings\": [\n        {\"path\": \"/c\", \"schema_path\": \"\", \"keyword\": "
        "\"ambiguous\", "
        "\"message\": \"yes is "
        "the boolean true in YAML 1.1, which dpone reads, and a string in YAML 1.2; write true or "
        "\\\"yes\\\"\", \"line\": 1, "
        "\"column\": 4, \"end_line\": 1, \"end_column\": 7}\n      ],\n      \"warning_count\": 1\n    }\n  "
        "],\n"
        "  \"summary\": {\"files\": 3, \"valid\": 2, \"invalid\": 1, \"errors\": 1, \"warnings\": 2, ");
}

static void validate_github__writes_annotations(void **state) {
    (void)state;
    write_file("a,b.yaml", "source: {type: 100%}\nsink: {type: x, strategy: {mode: full_refresh}}\n");
    assert_int_equal(run("--format", "github", "a,b.yaml", NULL), DPONE_EXIT_FAILED);
    cut_time("1 file, 1 error, ");
    assert_string_equal(
        output, "::error file=a%2Cb.yaml,line=1,col=16,endLine=1,endColumn=20::source.type: \"100%25\" does "
                "not match the pattern ^[a-z][a-z0-9_]*$\n1 file, 1 error, ");
}

static void validate_recursive__walks_folders_in_order(void **state) {
    (void)state;
    write_file("m/b/2.yml", bad);
    write_file("m/b/1.yaml", bad);
    write_file("m/a.yaml", good);
    write_file("m/data.json", "{}");
    write_file("m/.hidden/3.yaml", bad);
    write_file("m/notes.txt", "x");
    assert_int_equal(symlink("..", "m/b/up"), 0);
    assert_int_equal(run("--recursive", "m", NULL), DPONE_EXIT_FAILED);
    char *first = strstr(output, "m/b/1.yaml:2:41");
    char *second = strstr(output, "m/b/2.yml:2:41");
    assert_true(first != NULL && second != NULL && first < second);
    cut_time("3 files, 2 errors, ");
    write_file("s.json", "{\"type\": \"object\"}");
    assert_int_equal(run("--recursive", "m/", "--schema", "s.json", NULL), DPONE_EXIT_HOLDS);
    cut_time("4 files, 0 errors, ");
    write_file("empty/x.txt", "");
    assert_int_equal(run("--recursive", "--format", "json", "empty", NULL), DPONE_EXIT_HOLDS);
    cut_time("\"files\": [],\n  \"summary\": {\"files\": 0, ");
}

static void validate_recursive__ends_in_folders_too_deep(void **state) {
    (void)state;
    char path[256] = "d";
    for (int i = 0; i < 65; i++) {
        strcat(path, "/d");
    }
    strcat(path, "/m.yaml");
    write_file(path, good);
    assert_int_equal(run("--recursive", "d", NULL), DPONE_EXIT_ENVIRONMENT);
    assert_non_null(strstr(problems, "/d/d: more than 64 folders inside each other\n"));
}

static void validate_output__that_cannot_be_written_is_an_error(void **state) {
    (void)state;
    write_file("m.yaml", good);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    int full = open("/dev/full", O_WRONLY);
    assert_true(kept >= 0 && full >= 0);
    struct dpone_arguments *arguments = dpone_arguments_new("manifest validate");
    dpone_arguments_add_operand(arguments, "m.yaml");
    dup2(full, STDOUT_FILENO);
    int32_t status = dpone_manifest_validate_command(arguments);
    clearerr(stdout);
    dup2(kept, STDOUT_FILENO);
    close(full);
    close(kept);
    dpone_arguments_free(arguments);
    assert_int_equal(status, DPONE_EXIT_ENVIRONMENT);
}

static void validate_parallel__keeps_the_order(void **state) {
    (void)state;
    enum { FILES = 40 };
    char text[16384] = "x-more:\n";
    for (int i = 0; i < 400; i++) {
        strcat(text, "  - some text to fill it up\n");
    }
    for (int i = 0; i < FILES; i++) {
        char name[32];
        snprintf(name, sizeof name, "p/%02d.yaml", i);
        write_file(name, text);
    }
    assert_int_equal(run("--recursive", "p", NULL), DPONE_EXIT_FAILED);
    const char *at = output;
    for (int i = 0; i < FILES; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "p/%02d.yaml:1:1: error: the key `source` is missing\n", i);
        at = strstr(at, expected);
        assert_non_null(at);
    }
}

static void validate_schema__is_checked_first(void **state) {
    (void)state;
    write_file("good.yaml", good);
    write_file("s.json", "{\"type\": \"strin\"}");
    assert_int_equal(run("--schema", "s.json", "good.yaml", NULL), DPONE_EXIT_FAILED);
    assert_string_equal(output, "");
    assert_string_equal(
        problems,
        "dpone manifest validate: s.json:1:10: error: type: \"strin\" is not one of array, boolean, "
        "integer, null, number, object, string; did you mean \"string\"?\n");
    assert_int_equal(run("--schema", "none.json", "good.yaml", NULL), DPONE_EXIT_ENVIRONMENT);
    assert_string_equal(problems,
                        "dpone manifest validate: none.json: error: cannot open the file: No such file or "
                        "directory\n");
}

static void validate_resolve__serves_references(void **state) {
    (void)state;
    write_file("s.json", "{\"properties\": {\"a\": {\"$ref\": \"http://x.test/int.json?v=1\"}}}");
    write_file("served/int.json?v=1", "{\"type\": \"integer\"}");
    write_file("d.yaml", "a: x\n");
    assert_int_equal(run("--schema", "s.json", "--resolve", "http://x.test/=served", "d.yaml", NULL),
                     DPONE_EXIT_FAILED);
    assert_non_null(strstr(output, "d.yaml:1:4: error: a: expected an integer, found a string, \"x\"\n"));
    assert_int_equal(run("--resolve", "served", "d.yaml", NULL), DPONE_EXIT_USAGE);
    assert_string_equal(problems, "dpone manifest validate: served: --resolve takes URI-PREFIX=DIR\n");
}

static void validate_package__checks_the_connectors_options(void **state) {
    (void)state;
    write_file("pkg/dpone_connector_manifest.json", "{\"connector\": \"demo_api\"}");
    write_file("pkg/schemas/options.schema.json",
               "{\"type\": \"object\", \"required\": [\"url\"], \"properties\": {\"url\": {\"type\": "
               "\"string\"}, \"page\": "
               "{\"type\": \"integer\"}}, \"additionalProperties\": false}");
    write_file("pkg/examples/a.yaml",
               "source: {type: demo_api, options: {page: x, pgae: 1}}\n"
               "sink: {type: postgres, strategy: {mode: full_refresh}, options: {anything: 1}}\n");
    write_file("b.yaml",
               "source: {type: postgres}\nsink: {type: demo_api, strategy: {mode: full_refresh}}\n");
    assert_int_equal(run("pkg/examples/a.yaml", NULL), DPONE_EXIT_FAILED);
    cut_time("1 file, 3 errors, ");
    assert_string_equal(
        output,
        "pkg/examples/a.yaml:1:35: error: source.options: the key `url` is missing\n"
        "pkg/examples/a.yaml:1:42: error: source.options.page: expected an integer, found a string, \"x\"\n"
        "pkg/examples/a.yaml:1:45: error: source.options.pgae: unknown key `pgae`; did you mean `page`?\n"
        "1 file, 3 errors, ");
    assert_int_equal(run("b.yaml", NULL), DPONE_EXIT_HOLDS);
    assert_int_equal(run("--package", "pkg", "b.yaml", NULL), DPONE_EXIT_FAILED);
    assert_non_null(strstr(output, "b.yaml:2:7: error: sink: the key `url` is missing\n"));
    assert_int_equal(run("--package", ".", "b.yaml", NULL), DPONE_EXIT_ENVIRONMENT);
    assert_string_equal(problems, "dpone manifest validate: . is no connector package: it has no "
                                  "dpone_connector_manifest.json; name the folder of one\n");
}

static void validate_package__that_is_broken_is_a_problem_of_its_manifests(void **state) {
    (void)state;
    write_file("pkg/dpone_connector_manifest.json", "{\"connector\": }");
    write_file("pkg/examples/a.yaml", good);
    assert_int_equal(run("pkg/examples/a.yaml", "pkg/dpone_connector_manifest.json", NULL),
                     DPONE_EXIT_FAILED);
    assert_non_null(
        strstr(output, "pkg/examples/a.yaml: error: the connector package it lies in is broken: "));
    assert_non_null(strstr(output, "\npkg/dpone_connector_manifest.json:1:15: error: a JSON value was"));
    assert_string_equal(problems, "");
    write_file("pkg/dpone_connector_manifest.json", "{}");
    assert_int_equal(run("pkg/examples/a.yaml", NULL), DPONE_EXIT_FAILED);
    assert_non_null(strstr(output, "connector_manifest.json: error: the key `connector` is missing\n"));
    assert_int_equal(run("--package", "pkg", "pkg/examples/a.yaml", NULL), DPONE_EXIT_FAILED);
    assert_string_equal(output, "");
}

static void validate_package__takes_parts_of_a_batch_as_parts(void **state) {
    (void)state;
    write_file("pkg/dpone_connector_manifest.json", "{\"connector\": \"demo_api\"}");
    write_file(
        "pkg/schemas/options.schema.json",
        "{\"type\": \"object\", \"required\": [\"url\"], \"properties\": {\"url\": {\"type\": \"string\"}}}");
    write_file(
        "pkg/batch.yaml",
        "kind: dpone.batch.v1\ndefaults: {source: {type: demo_api, options: {url: 5}}}\nschemas: {app: "
        "{tables: {a: {source: {type: demo_api, options: {}}}}}}\n");
    assert_int_equal(run("pkg/batch.yaml", NULL), DPONE_EXIT_FAILED);
    cut_time("1 file, 1 error, ");
    assert_string_equal(
        output,
        "pkg/batch.yaml:2:52: error: defaults.source.options.url: expected a string, found an integer, "
        "5\n1 file, 1 error, ");
}

static void validate_package__checks_options_whose_type_is_inherited(void **state) {
    (void)state;
    write_file("pkg/dpone_connector_manifest.json", "{\"connector\": \"shop_api\"}");
    write_file("pkg/schemas/options.schema.json",
               "{\"type\": \"object\", \"required\": [\"url\"], \"properties\": {\"url\": true, "
               "\"page_size\": {\"type\": \"integer\"}}, \"additionalProperties\": false}");
    write_file("b.yaml", "kind: dpone.batch.v1\n"
                         "defaults: {source: {type: shop_api, options: {url: x}}}\n"
                         "schemas:\n  a:\n    tables:\n"
                         "      - {table: t, overrides: {source: {options: {page_sise: 5}}}}\n"
                         "      - {table: u, overrides: {source: {type: other, options: {page_sise: 5}}}}\n"
                         "  b:\n    tables:\n"
                         "      v: {source: {options: {page_size: x}}}\n");
    assert_int_equal(run("--package", "pkg", "b.yaml", NULL), DPONE_EXIT_FAILED);
    cut_time("1 file, 2 errors, ");
    assert_string_equal(output,
                        "b.yaml:6:51: error: schemas.a.tables[0].overrides.source.options.page_sise: "
                        "unknown key `page_sise`; did you mean `page_size`?\n"
                        "b.yaml:10:41: error: schemas.b.tables.v.source.options.page_size: expected an "
                        "integer, found a string, \"x\"\n1 file, 2 errors, ");
}

static void validate_package__needs_its_schema_and_no_other(void **state) {
    (void)state;
    write_file("pkg/dpone_connector_manifest.json", "{\"connector\": \"shop_api\"}");
    write_file("s.json", "{}");
    write_file("m.yaml", good);
    assert_int_equal(run("--package", "pkg", "m.yaml", NULL), DPONE_EXIT_FAILED);
    assert_string_equal(problems, "dpone manifest validate: the connector package pkg is broken: it has no "
                                  "schemas/options.schema.json; add it\n");
    assert_int_equal(run("--package", "pkg", "--schema", "s.json", "m.yaml", NULL), DPONE_EXIT_USAGE);
    assert_string_equal(problems, "dpone manifest validate: s.json: --schema replaces the schemas of a "
                                  "package; give only one of them\n");
}

static void validate_kinds__are_known_by_file_name_too(void **state) {
    (void)state;
    write_file("pkg/certification.yaml", "contract_verson: \"1\"\ncapabilities: {}\n");
    write_file("pkg/dpone_connector_manifest.json", "{\"contract_verson\": \"1\"}");
    assert_int_equal(run("pkg/certification.yaml", NULL), DPONE_EXIT_FAILED);
    assert_non_null(strstr(output, "unknown key `contract_verson`; did you mean `contract_version`?\n"));
    assert_int_equal(run("pkg/dpone_connector_manifest.json", NULL), DPONE_EXIT_FAILED);
    assert_non_null(strstr(output, "unknown key `contract_verson`; did you mean `contract_version`?\n"));
    write_file("certification.yaml", good);
    assert_int_equal(run("certification.yaml", NULL), DPONE_EXIT_HOLDS);
}

static void validate_kinds__choose_among_our_own_schemas(void **state) {
    (void)state;
    write_file("certification.yaml", "contract_version: \"1\"\ncapabilities: {}\n");
    write_file("m.json", "{\"contract_version\": \"1\", \"capabilities\": [\"sorce\"]}");
    write_file("e.json", "{\"evidence_version\": \"2\"}");
    write_file("r.json", "{\"report_version\": \"2\"}");
    assert_int_equal(run("certification.yaml", "m.json", "e.json", "r.json", NULL), DPONE_EXIT_FAILED);
    assert_non_null(strstr(output, "certification.yaml:1:1: error: the key `quality_gates` is missing\n"));
    assert_non_null(strstr(
        output, "m.json:1:44: error: capabilities[0]: \"sorce\" is not one of source, sink, state; did you "
                "mean \"source\"?\n"));
    assert_non_null(strstr(output, "e.json:1:22: error: evidence_version: \"2\" is not \"1\"\n"));
    assert_non_null(strstr(output, "r.json:1:20: error: report_version: \"2\" is not \"1\"\n"));
}

static void validate_limits__are_adjustable(void **state) {
    (void)state;
    write_file("s.json", "{}");
    write_file("d.yaml", "a: [[1]]\n");
    assert_int_equal(run("--schema", "s.json", "--limit", "depth=2", "d.yaml", NULL), DPONE_EXIT_FAILED);
    assert_non_null(
        strstr(output, "d.yaml:1:5: error: the document exceeds the limit depth of 2; simplify it, or raise "
                       "the limit\n"));
    assert_int_equal(run("--schema", "s.json", "--limit", "depth=3", "d.yaml", NULL), DPONE_EXIT_HOLDS);
    static const char *const wrong[] = {"depth", "depth=", "depth=0", "depth=1x", "deep=5", "depth=-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(run("--limit", wrong[i], "d.yaml", NULL), DPONE_EXIT_USAGE);
    }
    assert_string_equal(
        problems,
        "dpone manifest validate: depth=-1: --limit takes file_bytes, scalar_bytes, nodes, depth or "
        "expanded, as in depth=512\n");
    assert_int_equal(run("--limit", "depth=4001", "d.yaml", NULL), DPONE_EXIT_USAGE);
    assert_string_equal(problems,
                        "dpone manifest validate: depth=4001: --limit takes a depth of 4000 at most\n");
}

/* `depth` times `open`, then as often `close`. */
static void write_nested(const char *name, size_t depth, const char *open, const char *inside,
                         const char *close) {
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    for (size_t i = 0; i < depth; i++) {
        fputs(open, file);
    }
    fputs(inside, file);
    for (size_t i = 0; i < depth; i++) {
        fputs(close, file);
    }
    fclose(file);
}

static void validate_limits__of_depth_overflow_no_stack(void **state) {
    (void)state;
    write_file("u.json", "{\"uniqueItems\": true}");
    write_nested("d.json", 4000, "[", "", "]");
    write_nested("e.yaml", 4000, "[", "", "]");
    assert_int_equal(run("--schema", "u.json", "--limit", "depth=4000", "d.json", "e.yaml", NULL),
                     DPONE_EXIT_HOLDS);
    assert_int_equal(run("--limit", "depth=4000", "e.yaml", NULL), DPONE_EXIT_FAILED);
    write_nested("two.json", 3998, "[", "", "]");
    assert_int_equal(system("{ printf '['; cat two.json; printf ,; cat two.json; printf ']'; } > twice.json"),
                     0);
    assert_int_equal(run("--schema", "u.json", "--limit", "depth=4000", "twice.json", NULL),
                     DPONE_EXIT_FAILED);
}

static void validate_limits__reach_schemas(void **state) {
    (void)state;
    write_file("d.yaml", "a: 1\n");
    write_nested("s.json", 300, "{\"items\": ", "{}", "}");
    assert_int_equal(run("--schema", "s.json", "d.yaml", NULL), DPONE_EXIT_FAILED);
    assert_non_null(strstr(problems, "error: the document exceeds the limit depth of 256; simplify it, or "
                                     "raise the limit\n"));
    assert_int_equal(run("--schema", "s.json", "--limit", "depth=301", "d.yaml", NULL), DPONE_EXIT_HOLDS);
}

static void validate_failure__is_printed_in_the_format_asked_for(void **state) {
    (void)state;
    write_file("d.yaml", "a: 1\n");
    write_file("s.json", "[]");
    assert_int_equal(run("--schema", "s.json", "--format", "json", "d.yaml", NULL), DPONE_EXIT_FAILED);
    assert_string_equal(output,
                        "{\n  \"files\": [],\n  \"error\": \"s.json:1:1: error: expected a boolean or a "
                        "mapping, found a list\"\n}\n");
    assert_int_equal(run("--schema", "s.json", "--format", "github", "d.yaml", NULL), DPONE_EXIT_FAILED);
    assert_string_equal(output,
                        "::error::s.json:1:1: error: expected a boolean or a mapping, found a list\n");
    assert_int_equal(run("--schema", "s.json", "d.yaml", NULL), DPONE_EXIT_FAILED);
    assert_string_equal(output, "");
}

static void validate_flags__change_what_counts(void **state) {
    (void)state;
    write_file("s.json", "{\"properties\": {\"a\": {\"format\": \"date\"}}}");
    write_file("d.yaml", "a: 2024-02-30\n");
    assert_int_equal(run("--schema", "s.json", "d.yaml", NULL), DPONE_EXIT_HOLDS);
    cut_time("1 file, 0 errors, 1 warning, ");
    assert_int_equal(run("--schema", "s.json", "--strict", "d.yaml", NULL), DPONE_EXIT_FAILED);
    cut_time("1 file, 1 error, ");
    assert_int_equal(run("--schema", "s.json", "--format-assertion", "d.yaml", NULL), DPONE_EXIT_FAILED);
    assert_non_null(strstr(output, "d.yaml:1:4: error: a: \"2024-02-30\" is not of the format date\n"));
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(validate_status__says_how_it_went),
        IN_A_FOLDER(validate_text__has_no_source_lines_off_a_terminal),
        IN_A_FOLDER(validate_text__shows_errors_behind_many_warnings),
        IN_A_FOLDER(validate_json__has_one_entry_for_each_file),
        IN_A_FOLDER(validate_github__writes_annotations),
        IN_A_FOLDER(validate_recursive__walks_folders_in_order),
        IN_A_FOLDER(validate_recursive__ends_in_folders_too_deep),
        IN_A_FOLDER(validate_output__that_cannot_be_written_is_an_error),
        IN_A_FOLDER(validate_parallel__keeps_the_order),
        IN_A_FOLDER(validate_schema__is_checked_first),
        IN_A_FOLDER(validate_resolve__serves_references),
        IN_A_FOLDER(validate_package__checks_the_connectors_options),
        IN_A_FOLDER(validate_package__that_is_broken_is_a_problem_of_its_manifests),
        IN_A_FOLDER(validate_package__takes_parts_of_a_batch_as_parts),
        IN_A_FOLDER(validate_package__checks_options_whose_type_is_inherited),
        IN_A_FOLDER(validate_package__needs_its_schema_and_no_other),
        IN_A_FOLDER(validate_kinds__are_known_by_file_name_too),
        IN_A_FOLDER(validate_kinds__choose_among_our_own_schemas),
        IN_A_FOLDER(validate_limits__are_adjustable),
        IN_A_FOLDER(validate_limits__of_depth_overflow_no_stack),
        IN_A_FOLDER(validate_limits__reach_schemas),
        IN_A_FOLDER(validate_failure__is_printed_in_the_format_asked_for),
        IN_A_FOLDER(validate_flags__change_what_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
