/* `dpone connectors scaffold` while somebody keeps exchanging parts of its root with a link to a victim:
 * whatever comes of the run, the victim is never written to. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "unit/scratch.h"

#define PLACE "root/dpone-connector-demo-0"

enum { RUNS = 60 };

/* Exchanges the two names until it is killed. */
static pid_t start_swapper(const char *left, const char *right) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        for (;;) {
            (void)renameat2(AT_FDCWD, left, AT_FDCWD, right, RENAME_EXCHANGE);
        }
    }
    return child;
}

/* The exit status of a run below `root`, its messages unseen. */
static int scaffold(const char *root, int number) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char name[32];
        (void)snprintf(name, sizeof(name), "demo_%d", number);
        (void)!freopen("/dev/null", "w", stdout);
        (void)!freopen("/dev/null", "w", stderr);
        (void)execl(DPONE_TEST_PROGRAM, "dpone", "connectors", "scaffold", name, "--template-dir",
                    DPONE_TEST_GOLDEN "/templates", "--root", root, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int count_entry(void *user, int folder, const char *name) {
    (void)folder;
    (void)name;
    ++*(int *)user;
    return 0;
}

static void assert_unchanged(const char *victim) {
    size_t failed;
    int count = 0, folder = dpone_folder_open(victim, 0, &failed);
    assert_true(folder >= 0);
    assert_int_equal(dpone_folder_each(folder, count_entry, &count), 0);
    (void)close(folder);
    assert_int_equal(count, 1);
}

/* `swapped` is the part of `root` that is exchanged with the link, or the place of package 0. */
static void run_against_swapper(const char *swapped, const char *root) {
    char left[2 * SCRATCH_BYTES], right[2 * SCRATCH_BYTES], path[2 * SCRATCH_BYTES],
        victim[2 * SCRATCH_BYTES];
    struct scratch scratch;
    int outcomes[4] = {0};
    scratch_make(&scratch);
    scratch_write(&scratch, "root/middle/leaf/.keep", "");
    scratch_write(&scratch, "victim/.keep", "");
    assert_int_equal(mkdir(scratch_path(path, &scratch, PLACE), 0700), 0);
    assert_int_equal(symlink(scratch_path(victim, &scratch, "victim"), scratch_path(right, &scratch, "link")),
                     0);
    pid_t swapper = start_swapper(scratch_path(left, &scratch, swapped), right);
    for (int i = 0; i < RUNS; i++) {
        int outcome = scaffold(scratch_path(path, &scratch, root), strcmp(swapped, PLACE) == 0 ? 0 : i);
        assert_true(outcome >= 0 && outcome <= 3);
        outcomes[outcome]++;
    }
    assert_int_equal(kill(swapper, SIGKILL), 0);
    assert_int_equal(waitpid(swapper, NULL, 0), swapper);
    print_message("%s: %d packages made, %d refused, %d failed\n", swapped, outcomes[0], outcomes[2],
                  outcomes[3]);
    assert_unchanged(victim);
    scratch_remove(&scratch);
}

static void scaffold_swap__of_the_root_spares_the_victim(void **state) {
    (void)state;
    run_against_swapper("root", "root");
}

static void scaffold_swap__of_the_middle_spares_the_victim(void **state) {
    (void)state;
    run_against_swapper("root/middle", "root/middle/leaf");
}

static void scaffold_swap__of_the_leaf_spares_the_victim(void **state) {
    (void)state;
    run_against_swapper("root/middle/leaf", "root/middle/leaf");
}

static void scaffold_swap__of_the_place_spares_the_victim(void **state) {
    (void)state;
    run_against_swapper(PLACE, "root");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scaffold_swap__of_the_root_spares_the_victim),
        cmocka_unit_test(scaffold_swap__of_the_middle_spares_the_victim),
        cmocka_unit_test(scaffold_swap__of_the_leaf_spares_the_victim),
        cmocka_unit_test(scaffold_swap__of_the_place_spares_the_victim),
    };
    return cmocka_run_group_tests_name("scaffold_swaps", tests, NULL, NULL);
}
