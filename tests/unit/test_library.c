/* Optional libraries: found, absent, too old. The library that is certainly there is libc's own. */
#include "support.h"

#include <dpone/library.h>

static void library_open__finds_symbols_in_order(void **state) {
    (void)state;
    static const char *const symbols[] = {"strlen", "abs", NULL};
    dpone_library_function functions[2];
    void *library = NULL;
    assert_int_equal(dpone_library_open(&library, "libc.so.6", "libc6", symbols, functions, NULL), DPONE_OK);
    assert_non_null(library);
    assert_int_equal(((int (*)(int))functions[1])(-3), 3);
}

static void library_open__names_the_package_of_a_missing_library(void **state) {
    (void)state;
    static const char *const symbols[] = {NULL};
    struct dpone_error error = DPONE_ERROR_INIT;
    void *library = &error;
    assert_int_equal(dpone_library_open(&library, "libdpone-none.so.9", "libnone9", symbols, NULL, &error),
                     DPONE_NOT_IMPLEMENTED);
    assert_error(error, DPONE_NOT_IMPLEMENTED,
                 "libdpone-none.so.9 cannot be opened: install the Debian package libnone9 "
                 "(libdpone-none.so.9: cannot open shared "
                 "object file: No such file or directory)");
    assert_null(library);
}

static void library_open__names_a_missing_symbol(void **state) {
    (void)state;
    static const char *const symbols[] = {"strlen", "dpone_no_such_symbol", NULL};
    struct dpone_error error = DPONE_ERROR_INIT;
    dpone_library_function functions[2];
    void *library = NULL;
    assert_int_equal(dpone_library_open(&library, "libc.so.6", "libc6", symbols, functions, &error),
                     DPONE_NOT_IMPLEMENTED);
    assert_error(
        error, DPONE_NOT_IMPLEMENTED,
        "libc.so.6 has no symbol dpone_no_such_symbol: install a newer version of the Debian package libc6");
    assert_null(library);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library_open__finds_symbols_in_order),
        cmocka_unit_test(library_open__names_the_package_of_a_missing_library),
        cmocka_unit_test(library_open__names_a_missing_symbol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
