/* `dpone connectors scaffold` under every fault at every system call: afterwards the package is there,
 * complete, or it is not there; nothing else is left; and the next run succeeds. Skipped (77) where calls
 * cannot be intercepted. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "faults.h"
#include "generator/text.h"
#include "unit/scratch.h"

#define PACKAGE "dpone-connector-demo-api"

static const char *const paths[] = {".github/workflows/certification.yml",
                                    "LICENSE.txt",
                                    "README.md",
                                    "src/dpone_connector_demo_api/sink.c",
                                    "src/dpone_connector_demo_api/source.c",
                                    "tests/test_demo_api.sh"};

enum { PATH_COUNT = sizeof(paths) / sizeof(paths[0]), EXISTS = 2 };

static long calls; /* counted by the last run */

static int scaffold(const struct scratch *scratch, const struct fault *fault) {
    char *argv[] = {(char *)(uintptr_t)DPONE_TEST_PROGRAM,
                    (char *)(uintptr_t) "connectors",
                    (char *)(uintptr_t) "scaffold",
                    (char *)(uintptr_t) "demo_api",
                    (char *)(uintptr_t) "--capability=source",
                    (char *)(uintptr_t) "--capability=sink",
                    (char *)(uintptr_t) "--template-dir",
                    (char *)(uintptr_t)DPONE_TEST_GOLDEN "/templates",
                    (char *)(uintptr_t) "--root",
                    (char *)(uintptr_t)scratch->path,
                    NULL};
    int status = fault_run(&calls, argv, fault);
    assert_int_not_equal(status, -1);
    return status;
}

static int list_entry(void *user, int folder, const char *name) {
    int *packages = user;
    (void)folder;
    assert_true(strcmp(name, PACKAGE) == 0 || strncmp(name, ".dpone-stage-", 13) == 0);
    *packages += strcmp(name, PACKAGE) == 0 ? 1 : 1000;
    return 0;
}

/* 0: the root is empty; 1: it holds the package; 1000 more for each stage. */
static int contents(const struct scratch *scratch) {
    size_t failed;
    int found = 0, folder = dpone_folder_open(scratch->path, 0, &failed);
    assert_true(folder >= 0);
    assert_int_equal(dpone_folder_each(folder, list_entry, &found), 0);
    (void)close(folder);
    return found;
}

static void assert_complete(const struct scratch *scratch) {
    for (size_t i = 0; i < PATH_COUNT; i++) {
        struct dpone_text made = {0}, expected = {0};
        char path[2 * SCRATCH_BYTES];
        (void)snprintf(path, sizeof(path), "%s/" PACKAGE "/%s", scratch->path, paths[i]);
        assert_int_equal(dpone_text_append_file(&made, path, 1 << 20, NULL), DPONE_OK);
        (void)snprintf(path, sizeof(path), DPONE_TEST_GOLDEN "/expected/" PACKAGE "/%s", paths[i]);
        assert_int_equal(dpone_text_append_file(&expected, path, 1 << 20, NULL), DPONE_OK);
        assert_string_equal(made.data, expected.data);
        dpone_text_clear(&made);
        dpone_text_clear(&expected);
    }
}

/* The next run, with nothing wrong: it makes the package or finds it there, and leaves nothing else. */
static void assert_recovers(const struct scratch *scratch, int was_there) {
    const struct fault none = {.kind = FAULT_NONE};
    int status = scaffold(scratch, &none);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), was_there ? EXISTS : 0);
    assert_int_equal(contents(scratch), 1);
    assert_complete(scratch);
}

static void scaffold_kill__at_every_call_leaves_all_or_nothing(void **state) {
    struct fault fault = {.kind = FAULT_KILL};
    int complete = 0, absent = 0, killed = 1;
    (void)state;
    for (; killed; fault.at++) {
        struct scratch scratch;
        scratch_make(&scratch);
        killed = WIFSIGNALED(scaffold(&scratch, &fault));
        int found = contents(&scratch);
        if (found % 1000 == 1) {
            assert_complete(&scratch);
        }
        complete += found % 1000 == 1;
        absent += found % 1000 == 0;
        assert_recovers(&scratch, found % 1000);
        scratch_remove(&scratch);
    }
    assert_true(complete > 1 && absent > 20); /* some points were before the rename, some behind it */
    print_message("killed at %ld calls: %d times nothing, %d times all\n", fault.at - 1, absent, complete);
}

/* Runs with an error at each call that counts. Whatever the program answers must be what is there. */
static void strike_everywhere(struct fault fault) {
    int failures = 0, last = 0;
    for (fault.at = 0; !last; fault.at++) {
        struct scratch scratch;
        scratch_make(&scratch);
        int status = scaffold(&scratch, &fault);
        last = calls <= fault.at;
        int found = contents(&scratch);
        assert_true(WIFEXITED(status));
        assert_true(found == 0 || found == 1); /* no stage */
        if (found == 1) {
            assert_complete(&scratch);
        } else {
            assert_int_not_equal(WEXITSTATUS(status), 0);
        }
        failures += WEXITSTATUS(status) != 0;
        assert_recovers(&scratch, found);
        scratch_remove(&scratch);
    }
    assert_true(fault.kind == FAULT_SHORT_WRITE ? failures == 0 : failures > 5);
}

static void scaffold_error__at_every_call_is_told_and_leaves_nothing(void **state) {
    static const int counted[] = {SYS_openat,    SYS_mkdirat,    SYS_write, SYS_fsync,   SYS_fchmod,
                                  SYS_renameat2, SYS_close,      SYS_flock, SYS_openat2, SYS_getdents64,
                                  SYS_read,      SYS_newfstatat, -1};
    (void)state;
    strike_everywhere((struct fault){.kind = FAULT_ERROR, .error = EIO, .counted = counted});
    strike_everywhere((struct fault){.kind = FAULT_ERROR, .error = ENOSPC, .counted = counted});
}

static void scaffold_short_write__is_continued(void **state) {
    static const int counted[] = {SYS_write, -1};
    (void)state;
    strike_everywhere((struct fault){.kind = FAULT_SHORT_WRITE, .counted = counted});
}

/* A file system, or a kernel, without RENAME_NOREPLACE, openat2, folders that can be synced, or locks. */
static void scaffold_fallback__serves_where_a_call_is_missing(void **state) {
    static const int renames[] = {SYS_renameat2, -1}, opens[] = {SYS_openat2, -1}, syncs[] = {SYS_fsync, -1},
                     locks[] = {SYS_flock, -1};
    const struct {
        int error;
        const int *counted;
    } missing[] = {{EINVAL, renames}, {ENOSYS, renames}, {ENOSYS, opens},
                   {EPERM, opens},    {EINVAL, syncs},   {EOPNOTSUPP, locks}};
    (void)state;
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
        const struct fault fault = {
            .kind = FAULT_ERROR, .at = FAULT_EVERY, .error = missing[i].error, .counted = missing[i].counted};
        struct scratch scratch;
        scratch_make(&scratch);
        assert_int_equal(scaffold(&scratch, &fault), 0);
        assert_true(calls > 0);
        assert_int_equal(contents(&scratch), 1);
        assert_complete(&scratch);
        assert_recovers(&scratch, 1);
        scratch_remove(&scratch);
    }
}

static void scaffold_write__that_takes_nothing_is_an_error(void **state) {
    static const int writes[] = {SYS_write, -1};
    const struct fault fault = {.kind = FAULT_ERROR, .error = 0, .counted = writes};
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    assert_int_equal(WEXITSTATUS(scaffold(&scratch, &fault)), 3);
    assert_int_equal(contents(&scratch), 0);
    scratch_remove(&scratch);
}

/* The sweep finds a stage, and its owner publishes it before the sweep can lock it: it is a package now. */
static void publish_stage(void *user, int call) {
    char stage[2 * SCRATCH_BYTES], package[2 * SCRATCH_BYTES];
    const struct scratch *scratch = user;
    (void)call;
    assert_int_equal(
        rename(scratch_path(stage, scratch, ".dpone-stage-1-0"), scratch_path(package, scratch, "published")),
        0);
}

static void scaffold_sweep__spares_a_stage_that_was_published_meanwhile(void **state) {
    static const int locks[] = {SYS_flock, -1};
    char path[2 * SCRATCH_BYTES];
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    scratch_write(&scratch, ".dpone-stage-1-0/src/file", "content");
    const struct fault fault = {
        .kind = FAULT_ACTION, .counted = locks, .action = publish_stage, .user = &scratch};
    assert_int_equal(scaffold(&scratch, &fault), 0);
    assert_int_equal(access(scratch_path(path, &scratch, "published/src/file"), F_OK), 0);
    scratch_remove(&scratch);
}

struct syncs {
    int before; /* the package got its name */
    int behind;
    int is_named;
};

static void count_sync(void *user, int call) {
    struct syncs *syncs = user;
    syncs->is_named |= call == SYS_renameat2;
    syncs->before += call == SYS_fsync && !syncs->is_named;
    syncs->behind += call == SYS_fsync && syncs->is_named;
}

/* Every file and folder is on the disk before the package has its name, and then the name; so is each folder
 * of a new root. */
static void scaffold_sync__comes_before_the_name_and_behind_it(void **state) {
    static const int counted[] = {SYS_fsync, SYS_renameat2, -1};
    enum { FOLDERS = 5 + 1 /* the package itself */, ROOTS = 2 };
    struct scratch scratch, below;
    (void)state;
    scratch_make(&scratch);
    (void)snprintf(below.path, sizeof(below.path), "%.400s/new/root", scratch.path);
    for (int roots = 0; roots <= ROOTS; roots += ROOTS) {
        struct syncs syncs = {0};
        const struct fault watch = {.kind = FAULT_ACTION,
                                    .at = FAULT_EVERY,
                                    .counted = counted,
                                    .action = count_sync,
                                    .user = &syncs};
        assert_int_equal(scaffold(roots == 0 ? &scratch : &below, &watch), 0);
        assert_int_equal(syncs.before, (int)PATH_COUNT + FOLDERS + roots);
        assert_int_equal(syncs.behind, 1);
    }
    scratch_remove(&scratch);
}

static int can_intercept(void) {
    char *argv[] = {(char *)(uintptr_t)DPONE_TEST_PROGRAM, (char *)(uintptr_t) "--version", NULL};
    const struct fault none = {.kind = FAULT_NONE};
    return fault_run(&calls, argv, &none) == 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaffold_kill__at_every_call_leaves_all_or_nothing),
        cmocka_unit_test(scaffold_error__at_every_call_is_told_and_leaves_nothing),
        cmocka_unit_test(scaffold_short_write__is_continued),
        cmocka_unit_test(scaffold_fallback__serves_where_a_call_is_missing),
        cmocka_unit_test(scaffold_write__that_takes_nothing_is_an_error),
        cmocka_unit_test(scaffold_sweep__spares_a_stage_that_was_published_meanwhile),
        cmocka_unit_test(scaffold_sync__comes_before_the_name_and_behind_it),
    };
    if (!can_intercept()) {
        (void)puts(
            "skipped: this machine does not let a process intercept its child's system calls (seccomp)");
        return 77;
    }
    return cmocka_run_group_tests_name("scaffold_faults", tests, NULL, NULL);
}
