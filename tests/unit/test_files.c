/* Folders and files of the runtime: what their failures say, and what helps. */
#include "support.h"

#include <errno.h>

#include "runtime/files.h"

static void file_error__says_what_helps(void **context) {
    static const struct {
        int number;
        int32_t status;
        const char *message;
    } rows[] = {
        {EROFS, DPONE_PERMISSION_DENIED,
         "cannot write a/b: Read-only file system; choose a folder that can be written"},
        {EACCES, DPONE_PERMISSION_DENIED,
         "cannot write a/b: Permission denied; allow it, or choose another place"},
        {ENOSPC, DPONE_RESOURCE_EXHAUSTED, "cannot write a/b: No space left on device; make room and repeat"},
        {ENOENT, DPONE_NOT_FOUND, "cannot write a/b: No such file or directory"},
    };
    (void)context;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dpone_error error = DPONE_ERROR_INIT;
        assert_int_equal(dpone_file_error(&error, rows[i].number, "write", "a/b"), rows[i].status);
        assert_error(error, rows[i].status, rows[i].message);
    }
}

/* The reason is that of mkdir(), not of looking whether the folder is there. */
static void directory_make__tells_the_reason(void **context) {
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)context;
    assert_int_equal(dpone_directory_make("/dev/null/x", &error), DPONE_IO);
    assert_error(error, DPONE_IO, "cannot make folder /dev/null: Not a directory; choose another place");
    assert_int_equal(dpone_directory_make("/proc/dpone-none/x", &error), DPONE_PERMISSION_DENIED);
    assert_error(error, DPONE_PERMISSION_DENIED,
                 "cannot make folder /proc/dpone-none: there can be none; choose another place");
    if (dpone_directory_exists("/sys/kernel")) { /* not in every chroot */
        assert_int_equal(dpone_directory_make("/sys/dpone-none", &error), DPONE_PERMISSION_DENIED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_error__says_what_helps),
        cmocka_unit_test(directory_make__tells_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
