/* Loading plug-ins by path and by name, and the exact words of every failure. */
#include "support.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/files.h"
#include "runtime/plugin.h"

static void copy_file(const char *from, const char *to) {
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    char block[65536];
    assert_non_null(in);
    assert_non_null(out);
    for (size_t size; (size = fread(block, 1, sizeof block, in)) > 0;) {
        assert_int_equal(fwrite(block, 1, size, out), size);
    }
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
}

static char *folder_make(void) {
    char *folder = NULL;
    assert_int_equal(dpone_directory_make_temporary(&folder, "/tmp", NULL), DPONE_OK);
    return folder;
}

static void folder_remove(char *folder) {
    dpone_directory_remove(folder);
    free(folder);
}

static void assert_opens(const char *name_or_path, const char *path) {
    struct dpone_plugin *plugin = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_plugin_open(&plugin, name_or_path, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    const struct dpone_connector *connector = dpone_plugin_connector(plugin);
    assert_true(dpone_string_equal(connector->name, dpone_string_of("stub")));
    assert_non_null(connector->source);
    assert_string_equal(dpone_plugin_path(plugin), path);
    dpone_plugin_free(plugin);
}

static void assert_fails(const char *name_or_path, int32_t status, const char *message) {
    struct dpone_plugin *plugin = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_plugin_open(&plugin, name_or_path, &error), status);
    assert_error(error, status, message);
    assert_null(plugin);
}

static void plugin_open__by_path(void **context) {
    (void)context;
    assert_opens(DPONE_TEST_PLUGIN, DPONE_TEST_PLUGIN);
    assert_opens(DPONE_TEST_PLUGIN, DPONE_TEST_PLUGIN); /* twice is fine */
}

static void plugin_open__by_name_in_the_folders_of_the_path(void **context) {
    (void)context;
    char *folder = folder_make();
    char *nested = dpone_format("%s/stub", folder);
    char *file = dpone_format("%s/dpone_connector_stub.so", nested);
    char *search = dpone_format("/nowhere::%s", folder);
    assert_int_equal(mkdir(nested, 0700), 0);
    copy_file(DPONE_TEST_PLUGIN, file);
    assert_int_equal(setenv(DPONE_CONNECTOR_PATH_VARIABLE, search, 1), 0);
    assert_opens("stub", file);
    free(file);
    file = dpone_format("%s/dpone_connector_stub.so", folder);
    copy_file(DPONE_TEST_PLUGIN, file);
    assert_opens("stub", file); /* in the folder itself comes first */
    assert_int_equal(unsetenv(DPONE_CONNECTOR_PATH_VARIABLE), 0);
    free(search);
    free(file);
    free(nested);
    folder_remove(folder);
}

static void plugin_open__unknown_name_says_where_it_looked(void **context) {
    (void)context;
    char program[4096];
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    assert_true(size > 0);
    program[size] = '\0';
    *strrchr(program, '/') = '\0';
    *strrchr(program, '/') = '\0';
    char *message =
        dpone_format("connector nothing: no dpone_connector_nothing.so in /one:/two:%s/lib/dpone/connectors; "
                     "install the connector, set DPONE_CONNECTOR_PATH, or give the path of its file",
                     program);
    assert_int_equal(setenv(DPONE_CONNECTOR_PATH_VARIABLE, "/one:/two", 1), 0);
    assert_fails("nothing", DPONE_NOT_FOUND, message);
    assert_int_equal(unsetenv(DPONE_CONNECTOR_PATH_VARIABLE), 0);
    free(message);
}

static void plugin_open__a_file_of_this_folder(void **context) {
    (void)context;
    char *folder = folder_make();
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    copy_file(DPONE_TEST_PLUGIN, "bare");
    assert_opens("bare", "./bare");
    assert_int_equal(chdir(before), 0);
    folder_remove(folder);
}

static void plugin_open__what_is_no_plugin(void **context) {
    (void)context;
    char *folder = folder_make();
    char *text = dpone_format("%s/text.so", folder);
    char *message = dpone_format("cannot load plug-in %s: %s: file too short", text, text);
    assert_int_equal(dpone_file_write(text, "text", 4, NULL), DPONE_OK);
    assert_fails(text, DPONE_INVALID_ARGUMENT, message);
    free(message);
    message = dpone_format("plug-in %s is not a regular file; name the .so file", folder);
    assert_fails(folder, DPONE_INVALID_ARGUMENT, message);
    assert_fails("/nowhere/x.so", DPONE_NOT_FOUND,
                 "cannot open plug-in /nowhere/x.so: No such file or directory");
    assert_fails(DPONE_TEST_NO_PLUGIN, DPONE_INVALID_ARGUMENT,
                 "plug-in " DPONE_TEST_NO_PLUGIN
                 " exports no dpone_connector_init(); is it a dpone connector?");
    assert_fails(DPONE_TEST_BROKEN_PLUGIN, DPONE_NOT_IMPLEMENTED,
                 "plug-in " DPONE_TEST_BROKEN_PLUGIN ": built for another dpone");
    free(message);
    free(text);
    folder_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plugin_open__by_path),
        cmocka_unit_test(plugin_open__by_name_in_the_folders_of_the_path),
        cmocka_unit_test(plugin_open__unknown_name_says_where_it_looked),
        cmocka_unit_test(plugin_open__a_file_of_this_folder),
        cmocka_unit_test(plugin_open__what_is_no_plugin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
