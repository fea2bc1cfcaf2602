/* generator/stage.h: a package appears whole or not at all, and nothing that exists is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "generator/stage.h"
#include "scratch.h"

enum { FILE_COUNT = 5, PROCESSES = 12 };

static const char *const paths[FILE_COUNT] = {"a.txt", "b/c/d.txt", "b/c/e.txt", "b/f.txt", "g/h.txt"};

/* A package `folder` whose files hold their own paths; the last one may be run. */
static void make_package(struct dpone_package *package, const char *folder) {
    *package = (struct dpone_package){.count = FILE_COUNT};
    package->files = calloc(FILE_COUNT, sizeof(*package->files));
    assert_non_null(package->files);
    assert_int_equal(dpone_text_append(&package->folder, folder, strlen(folder)), DPONE_OK);
    for (size_t i = 0; i < FILE_COUNT; i++) {
        assert_int_equal(dpone_text_append(&package->files[i].path, paths[i], strlen(paths[i])), DPONE_OK);
        assert_int_equal(dpone_text_append(&package->files[i].content, paths[i], strlen(paths[i])), DPONE_OK);
        package->files[i].mode = i + 1 == FILE_COUNT ? 0755 : 0644;
    }
}

static unsigned mode_of(const char *path) {
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return (unsigned)status.st_mode & 07777;
}

static int count_entry(void *user, int folder, const char *name) {
    (void)folder;
    (void)name;
    ++*(int *)user;
    return 0;
}

/* Entries of the scratch folder: a stage that was left behind would be one more. */
static int entries(const struct scratch *scratch) {
    size_t failed;
    int count = 0, folder = dpone_folder_open(scratch->path, 0, &failed);
    assert_true(folder >= 0);
    assert_int_equal(dpone_folder_each(folder, count_entry, &count), 0);
    (void)close(folder);
    return count;
}

static void assert_complete(const struct scratch *scratch, const char *folder) {
    for (size_t i = 0; i < FILE_COUNT; i++) {
        char path[2 * SCRATCH_BYTES];
        struct dpone_text text = {0};
        (void)snprintf(path, sizeof(path), "%s/%s/%s", scratch->path, folder, paths[i]);
        assert_int_equal(dpone_text_append_file(&text, path, 1000, NULL), DPONE_OK);
        assert_string_equal(text.data, paths[i]);
        dpone_text_clear(&text);
    }
}

static int32_t write_to(const struct scratch *scratch, const char *root, const char *folder,
                        struct dpone_error *error) {
    char path[2 * SCRATCH_BYTES];
    struct dpone_package package;
    make_package(&package, folder);
    int32_t status = dpone_stage_write(&package, scratch_path(path, scratch, root), error);
    if (status == DPONE_OK) {
        assert_int_equal(dpone_stage_check(&package, path, NULL), DPONE_CONFLICT);
    }
    dpone_package_clear(&package);
    return status;
}

static void stage_write__is_complete_and_ignores_the_umask(void **state) {
    char path[2 * SCRATCH_BYTES];
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    mode_t before = umask(0177);
    assert_int_equal(write_to(&scratch, ".", "package", NULL), DPONE_OK);
    (void)umask(before);
    assert_complete(&scratch, "package");
    assert_int_equal(entries(&scratch), 1);
    assert_int_equal(mode_of(scratch_path(path, &scratch, "package")), 0755);
    assert_int_equal(mode_of(scratch_path(path, &scratch, "package/b/c")), 0755);
    assert_int_equal(mode_of(scratch_path(path, &scratch, "package/a.txt")), 0644);
    assert_int_equal(mode_of(scratch_path(path, &scratch, "package/g/h.txt")), 0755);
    scratch_remove(&scratch);
}

static void stage_write__makes_its_root(void **state) {
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    assert_int_equal(write_to(&scratch, "x//y/", "package", NULL), DPONE_OK);
    assert_complete(&scratch, "x/y/package");
    scratch_remove(&scratch);
}

static void stage_write__takes_an_empty_folder(void **state) {
    char path[2 * SCRATCH_BYTES];
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    assert_int_equal(mkdir(scratch_path(path, &scratch, "package"), 0700), 0);
    assert_int_equal(write_to(&scratch, ".", "package", NULL), DPONE_OK);
    assert_complete(&scratch, "package");
    assert_int_equal(entries(&scratch), 1);
    scratch_remove(&scratch);
}

static void assert_conflict(const struct scratch *scratch) {
    char expected[DPONE_ERROR_MESSAGE_BYTES];
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)snprintf(
        expected, sizeof(expected),
        "%s/./package exists and is not an empty folder; it is never overwritten: choose another name or "
        "--root, or move it away",
        scratch->path);
    int before = entries(scratch);
    assert_int_equal(write_to(scratch, ".", "package", &error), DPONE_CONFLICT);
    assert_string_equal(error.message, expected);
    assert_int_equal(entries(scratch), before);
}

static void stage_write__never_overwrites(void **state) {
    char path[2 * SCRATCH_BYTES], victim[2 * SCRATCH_BYTES];
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    scratch_path(path, &scratch, "package");
    scratch_path(victim, &scratch, "victim");

    scratch_write(&scratch, "package", "a file");
    assert_conflict(&scratch);
    assert_int_equal(unlink(path), 0);

    scratch_write(&scratch, "package/.keep", "a folder with something in it");
    assert_conflict(&scratch);
    assert_int_equal(unlink(scratch_path(victim, &scratch, "package/.keep")), 0);
    assert_int_equal(rmdir(path), 0);

    assert_int_equal(symlink("nowhere", path), 0); /* dangling */
    assert_conflict(&scratch);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(mkdir(scratch_path(victim, &scratch, "victim"), 0700), 0);
    assert_int_equal(symlink("victim", path), 0);
    assert_conflict(&scratch);
    assert_int_equal(rmdir(victim), 0); /* still empty */
    scratch_remove(&scratch);
}

/* Writes below `root`, which is no good, and compares the message behind the scratch folder's name. */
static void assert_bad_root(const struct scratch *scratch, const char *root, const char *part,
                            const char *what) {
    char expected[3 * DPONE_ERROR_MESSAGE_BYTES];
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(write_to(scratch, root, "package", &error), DPONE_INVALID_ARGUMENT);
    (void)snprintf(expected, sizeof(expected), "--root %s/%s: '%s/%s' %s", scratch->path, root, scratch->path,
                   part, what);
    assert_string_equal(error.message, expected);
}

static void stage_root__is_never_entered_through_a_link(void **state) {
    static const char what[] =
        "is a symbolic link, and nothing is written through links; name the folder it leads to";
    char path[2 * SCRATCH_BYTES];
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    scratch_write(&scratch, "victim/inner/file", "unchanged");
    assert_int_equal(symlink("victim", scratch_path(path, &scratch, "link")), 0);
    assert_int_equal(symlink("nowhere", scratch_path(path, &scratch, "dangling")), 0);
    assert_bad_root(&scratch, "link", "link", what);
    assert_bad_root(&scratch, "link/inner", "link", what);
    assert_bad_root(&scratch, "link/new", "link", what);
    assert_bad_root(&scratch, "dangling", "dangling", what);
    assert_bad_root(&scratch, "victim/inner/file", "victim/inner/file", "is not a folder; name one");
    assert_bad_root(&scratch, "victim/inner/file/x", "victim/inner/file", "is not a folder; name one");
    assert_int_equal(entries(&scratch), 3);
    assert_int_not_equal(access(scratch_path(path, &scratch, "victim/new"), F_OK), 0);
    assert_int_not_equal(access(scratch_path(path, &scratch, "nowhere"), F_OK), 0);
    scratch_remove(&scratch);
}

static void stage_check__changes_nothing(void **state) {
    char path[2 * SCRATCH_BYTES];
    struct scratch scratch;
    struct dpone_package package;
    (void)state;
    scratch_make(&scratch);
    make_package(&package, "package");
    assert_int_equal(dpone_stage_check(&package, scratch.path, NULL), DPONE_OK);
    assert_int_equal(dpone_stage_check(&package, scratch_path(path, &scratch, "new/root"), NULL), DPONE_OK);
    assert_int_equal(entries(&scratch), 0);
    scratch_write(&scratch, "package/x", "");
    assert_int_equal(dpone_stage_check(&package, scratch.path, NULL), DPONE_CONFLICT);
    assert_int_equal(symlink(".", scratch_path(path, &scratch, "link")), 0);
    assert_int_equal(dpone_stage_check(&package, path, NULL), DPONE_INVALID_ARGUMENT);
    dpone_package_clear(&package);
    scratch_remove(&scratch);
}

static void stage_sweep__removes_what_the_dead_left_and_nothing_else(void **state) {
    char path[2 * SCRATCH_BYTES];
    struct scratch scratch;
    (void)state;
    scratch_make(&scratch);
    scratch_write(&scratch, ".dpone-stage-1-0/b/c/d.txt", "left by a dead process");
    scratch_write(&scratch, ".dpone-stage-2-0/a.txt", "of a living one");
    scratch_write(&scratch, ".dpone-stagehand/a.txt", "of somebody else");
    scratch_write(&scratch, ".dpone-stage-notes/a.txt", "of somebody else");
    scratch_write(&scratch, ".dpone-stage-1-0x/a.txt", "of somebody else");
    scratch_write(&scratch, ".dpone-stage-3-0", "no folder");
    int living = open(scratch_path(path, &scratch, ".dpone-stage-2-0"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(living, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(write_to(&scratch, ".", "package", NULL), DPONE_OK);
    assert_int_not_equal(access(scratch_path(path, &scratch, ".dpone-stage-1-0"), F_OK), 0);
    assert_int_equal(access(scratch_path(path, &scratch, ".dpone-stage-2-0/a.txt"), F_OK), 0);
    assert_int_equal(access(scratch_path(path, &scratch, ".dpone-stagehand/a.txt"), F_OK), 0);
    assert_int_equal(access(scratch_path(path, &scratch, ".dpone-stage-notes/a.txt"), F_OK), 0);
    assert_int_equal(access(scratch_path(path, &scratch, ".dpone-stage-1-0x/a.txt"), F_OK), 0);
    assert_int_equal(access(scratch_path(path, &scratch, ".dpone-stage-3-0"), F_OK), 0);
    (void)close(living);
    assert_int_equal(write_to(&scratch, ".", "other", NULL), DPONE_OK);
    assert_int_not_equal(access(scratch_path(path, &scratch, ".dpone-stage-2-0"), F_OK), 0);
    scratch_remove(&scratch);
}

/* Runs PROCESSES writers at once, for one name or for one each; answers how many won. */
static int race(const struct scratch *scratch, int same_name) {
    int winners = 0;
    for (int i = 0; i < PROCESSES; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            char folder[32];
            (void)snprintf(folder, sizeof(folder), "package%d", same_name ? 0 : i);
            struct dpone_error error = DPONE_ERROR_INIT;
            struct dpone_package package;
            make_package(&package, folder);
            int32_t status = dpone_stage_write(&package, scratch->path, &error);
            _exit(status == DPONE_OK ? 0 : status == DPONE_CONFLICT ? 1 : 2);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
        winners += WEXITSTATUS(status) == 0;
    }
    return winners;
}

static void stage_race__for_one_name_has_one_winner(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct scratch scratch;
        scratch_make(&scratch);
        assert_int_equal(race(&scratch, 1), 1);
        assert_complete(&scratch, "package0");
        assert_int_equal(entries(&scratch), 1);
        scratch_remove(&scratch);
    }
}

static void stage_race__for_different_names_has_no_loser(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct scratch scratch;
        scratch_make(&scratch);
        assert_int_equal(race(&scratch, 0), PROCESSES);
        assert_complete(&scratch, "package7");
        assert_int_equal(entries(&scratch), PROCESSES);
        scratch_remove(&scratch);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stage_write__is_complete_and_ignores_the_umask),
        cmocka_unit_test(stage_write__makes_its_root),
        cmocka_unit_test(stage_write__takes_an_empty_folder),
        cmocka_unit_test(stage_write__never_overwrites),
        cmocka_unit_test(stage_root__is_never_entered_through_a_link),
        cmocka_unit_test(stage_check__changes_nothing),
        cmocka_unit_test(stage_sweep__removes_what_the_dead_left_and_nothing_else),
        cmocka_unit_test(stage_race__for_one_name_has_one_winner),
        cmocka_unit_test(stage_race__for_different_names_has_no_loser),
    };
    return cmocka_run_group_tests_name("stage", tests, NULL, NULL);
}
