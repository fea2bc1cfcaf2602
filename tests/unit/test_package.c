/* generator/package.h, package_spec.h, template_folder.h: what an index and its templates become, and every
 * way in which an index can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "generator/package.h"
#include "scratch.h"

/* Adds words separated by blanks. */
static void add_words(struct dpone_package_spec *spec, const char *words,
                      int32_t (*add)(struct dpone_package_spec *, const char *, struct dpone_error *)) {
    char copy[128];
    (void)snprintf(copy, sizeof(copy), "%s", words);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_int_equal(add(spec, word, NULL), DPONE_OK);
    }
}

static int32_t render(struct dpone_package *out, const char *templates, const char *type,
                      const char *capabilities, const char *native, struct dpone_error *error) {
    struct dpone_package_spec spec;
    struct dpone_template_folder folder = {0};
    assert_int_equal(dpone_package_spec_init(&spec, "demo-api", "dpone_connector", type, NULL), DPONE_OK);
    add_words(&spec, capabilities, dpone_package_spec_add_capability);
    add_words(&spec, native, dpone_package_spec_add_native);
    int32_t status = dpone_template_folder_open(&folder, templates, type, error);
    status = status == DPONE_OK ? dpone_template_folder_offers(&folder, &spec, error) : status;
    status = status == DPONE_OK ? dpone_package_render(out, &folder, &spec, error) : status;
    dpone_template_folder_clear(&folder);
    return status;
}

static const char *content_of(const struct dpone_package *package, size_t index) {
    return index < package->count && package->files != NULL ? package->files[index].content.data
                                                            : "no such file";
}

static void package_render__gives_the_golden_files(void **state) {
    static const char *const paths[] = {".github/workflows/certification.yml",
                                        "LICENSE.txt",
                                        "README.md",
                                        "native.txt",
                                        "src/dpone_connector_demo_api/sink.c",
                                        "src/dpone_connector_demo_api/source.c",
                                        "tests/test_demo_api.sh"};
    struct dpone_package package = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    if (render(&package, DPONE_TEST_GOLDEN "/templates", "api", "sink source sink",
               "stream_export file_export stream_export", &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    assert_string_equal(package.folder.data, "dpone-connector-demo-api");
    assert_int_equal(package.count, sizeof(paths) / sizeof(paths[0]));
    for (size_t i = 0; i < package.count; i++) {
        struct dpone_text expected = {0};
        char path[1024];
        assert_string_equal(package.files[i].path.data, paths[i]);
        (void)snprintf(path, sizeof(path), "%s/expected/%s/%s", DPONE_TEST_GOLDEN, package.folder.data,
                       paths[i]);
        assert_int_equal(dpone_text_append_file(&expected, path, 1 << 20, NULL), DPONE_OK);
        assert_string_equal(package.files[i].content.data, expected.data);
        assert_int_equal(package.files[i].mode,
                         strcmp(paths[i], "tests/test_demo_api.sh") == 0 ? 0755 : 0644);
        dpone_text_clear(&expected);
    }
    dpone_package_clear(&package);
}

static void package_render__leaves_out_what_was_not_asked_for(void **state) {
    struct dpone_package package = {0};
    (void)state;
    assert_int_equal(render(&package, DPONE_TEST_GOLDEN "/templates", "api", "source", "", NULL), DPONE_OK);
    assert_int_equal(package.count, 5);
    assert_string_equal(content_of(&package, 2), "# demo-api\n\nDEMO_API is of type api and has source:\n"
                                                 "- source\nIt cannot be written to.\n");
    dpone_package_clear(&package);
}

static void package_offer__is_refused_by_name(void **state) {
    struct dpone_package package = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    const char *templates = DPONE_TEST_GOLDEN "/templates";
    (void)state;
    assert_int_equal(render(&package, templates, "file", "source", "", &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "the connector type 'file' is not offered; " DPONE_TEST_GOLDEN "/templates has: api");
    assert_int_equal(render(&package, templates, "api", "state", "", &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(
        error.message,
        "the connector type 'api' does not offer the capability 'state'; it offers: source, sink");
    assert_int_equal(render(&package, templates, "api", "sink", "file_staging_load", &error),
                     DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message, "the connector type 'api' does not offer the native capability "
                                       "'file_staging_load'; it offers: stream_export, file_export");
    assert_int_equal(render(&package, "/nowhere", "api", "sink", "", &error), DPONE_NOT_FOUND);
    assert_string_equal(error.message, "/nowhere: there is no such folder of templates");
}

static void package_spec__knows_its_words(void **state) {
    struct dpone_package_spec spec;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(dpone_package_spec_init(&spec, "demo", "9x", "api", &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(
        error.message,
        "the package prefix '9x' does not begin with a letter; use 'connector_9x' for example");
    assert_int_equal(dpone_package_spec_init(&spec, "demo", "dpone", "api", &error), DPONE_OK);
    assert_int_equal(dpone_package_spec_add_capability(&spec, "sinc", &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "there is no capability 'sinc'; did you mean sink?; there are source, sink, state");
    assert_int_equal(dpone_package_spec_add_native(&spec, "x", &error), DPONE_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "there is no native capability 'x'; there are stream_export, file_export, "
                        "stream_staging_load, file_staging_load");
}

#define HEAD "type: t\nsummary: s\ncapabilities: [source]\nnative_capabilities: []\n"
#define ENTRY HEAD "files:\n  - "

/* An index of the type `t`, the common one, and the message with the scratch folder's name left out. */
struct mistake {
    const char *index, *common, *message;
};

static const struct mistake mistakes[] = {
    {"[]", NULL, "/t/index.yaml: an index is a mapping (docs: templates)"},
    {HEAD, NULL, "/t/index.yaml:1:1: the index lacks the key 'files'"},
    {HEAD "fils: []", NULL, "/t/index.yaml:5:1: an index has no key 'fils'; did you mean files?"},
    {HEAD "files: x", NULL, "/t/index.yaml:5:8: wrong kind of value for 'files'; it is a list"},
    {HEAD "files: []", NULL, "/t/index.yaml:5:8: no file is listed for these capabilities of the type 't'"},
    {HEAD "files: []\ndata: 1", NULL, "/t/index.yaml:6:7: wrong kind of value for 'data'; it is a mapping"},
    {"type: [", NULL, NULL},
    {HEAD "files: []", "type: x", "/common/index.yaml:1:1: the common index has no key 'type'"},
    {ENTRY "x", NULL, "/t/index.yaml:6:5: a file is a mapping with path and template, not 'x'"},
    {ENTRY "{path: a, tmplate: b}", NULL,
     "/t/index.yaml:6:15: a file has path, template, when and mode, but no key 'tmplate'"},
    {ENTRY "{path: a}", NULL, "/t/index.yaml:6:5: a file needs the text 'template'"},
    {ENTRY "{path: a, template: x, when: has.sauce}", NULL,
     "/t/index.yaml:6:34: the data has no condition 'has.sauce'"},
    {ENTRY "{path: a, template: x, when: [has.source, \"!\"]}", NULL,
     "/t/index.yaml:6:47: the data has no condition ''"},
    {ENTRY "{path: a, template: x, mode: \"0777\"}", NULL,
     "/t/index.yaml:6:34: a mode is \"0644\" or \"0755\", not '0777'"},
    {ENTRY "{path: ../a, template: x}", NULL, "/t/index.yaml:6:12: this is no path below a package: '../a'"},
    {ENTRY "{path: /a, template: x}", NULL, "/t/index.yaml:6:12: this is no path below a package: '/a'"},
    {ENTRY "{path: a//b, template: x}", NULL, "/t/index.yaml:6:12: this is no path below a package: 'a//b'"},
    {ENTRY "{path: a/, template: x}", NULL, "/t/index.yaml:6:12: this is no path below a package: 'a/'"},
    {ENTRY "{path: 'a\\b', template: x}", NULL,
     "/t/index.yaml:6:12: this is no path below a package: 'a\\b'"},
    {ENTRY "{path: src/string.h, template: x}", NULL,
     "/t/index.yaml:6:12: give it a prefix, because in an include path this file would hide a header of the "
     "C "
     "library: 'src/string.h'"},
    {ENTRY "{path: Errno.H, template: x}", NULL,
     "/t/index.yaml:6:12: give it a prefix, because in an include path this file would hide a header of the "
     "C "
     "library: 'Errno.H'"},
    {ENTRY "{path: \"{{nam}}\", template: x}", NULL, "/t/index.yaml:6:12: path:1:1: the data has no 'nam'"},
    {ENTRY "{path: a, template: y}", NULL,
     "/t/index.yaml:6:25: neither the type nor common has the template 'y'"},
    {ENTRY "{path: a, template: ../t/x}", NULL,
     "/t/index.yaml:6:25: this is no template below the folder of templates: '../t/x'"},
    {ENTRY "{path: a, template: bad}", NULL,
     "/t/bad:2:3: the data has no 'conector'; did you mean connector?"},
    {ENTRY "{path: a, template: x}\n  - {path: a, template: x}", NULL,
     "/t/index.yaml:7:12: this path is given twice, or as a file and as a folder: 'a'"},
    {ENTRY "{path: a, template: x}\n  - {path: a-b, template: x}\n  - {path: a/b, template: x}", NULL,
     "/t/index.yaml:8:12: this path is given twice, or as a file and as a folder: 'a/b'"},
    {ENTRY "{path: a/b, template: x}\n  - {path: a, template: x}", NULL,
     "/t/index.yaml:7:12: this path is given twice, or as a file and as a folder: 'a'"},
    {ENTRY "{path: a/b, template: x}", "files:\n  - {path: a, template: x}",
     "/common/index.yaml:2:12: this path is given twice, or as a file and as a folder: 'a'"},
};

static void package_index__mistakes_have_a_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct dpone_package package = {0};
        struct dpone_error error = DPONE_ERROR_INIT;
        struct scratch scratch;
        scratch_make(&scratch);
        scratch_write(&scratch, "t/index.yaml", mistakes[i].index);
        scratch_write(&scratch, "t/x", "text");
        scratch_write(&scratch, "t/bad", "\n  {{conector}}");
        if (mistakes[i].common != NULL) {
            scratch_write(&scratch, "common/index.yaml", mistakes[i].common);
        }
        assert_int_equal(render(&package, scratch.path, "t", "source", "", &error), DPONE_INVALID_ARGUMENT);
        assert_memory_equal(error.message, scratch.path, strlen(scratch.path));
        if (mistakes[i].message != NULL) {
            assert_string_equal(error.message + strlen(scratch.path), mistakes[i].message);
        }
        dpone_package_clear(&package);
        scratch_remove(&scratch);
    }
}

static void package_partials__are_the_types_or_commons(void **state) {
    struct dpone_package package = {0};
    struct dpone_error error = DPONE_ERROR_INIT;
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    scratch_write(&scratch, "t/index.yaml", ENTRY "{path: a, template: x}");
    scratch_write(&scratch, "t/x", "{{>one}}{{>two}}{{>sub/three}}{{>one}}");
    scratch_write(&scratch, "t/partials/one.mustache", "1");
    scratch_write(&scratch, "common/index.yaml", "files: []");
    scratch_write(&scratch, "common/partials/one.mustache", "wrong");
    scratch_write(&scratch, "common/partials/two", "2");
    scratch_write(&scratch, "common/partials/sub/three.mustache", "3");
    assert_int_equal(render(&package, scratch.path, "t", "source", "", &error), DPONE_OK);
    assert_string_equal(content_of(&package, 0), "1231");
    dpone_package_clear(&package);

    scratch_remove(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(package_render__gives_the_golden_files),
        cmocka_unit_test(package_render__leaves_out_what_was_not_asked_for),
        cmocka_unit_test(package_offer__is_refused_by_name),
        cmocka_unit_test(package_spec__knows_its_words),
        cmocka_unit_test(package_index__mistakes_have_a_place),
        cmocka_unit_test(package_partials__are_the_types_or_commons),
    };
    return cmocka_run_group_tests_name("package", tests, NULL, NULL);
}
