/* A guarded process: every way to end is told, and nothing is left behind. */
#define _GNU_SOURCE
#include "certification/guard.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* How a run ended, in words. */
static void assert_ends(dpone_guard_function function, const struct dpone_guard_limits *limits, int32_t end,
                        const char *description) {
    struct dpone_guard_result result;
    struct dpone_error error = DPONE_ERROR_INIT;
    char text[160];
    assert_int_equal(dpone_guard_run(&result, limits, function, NULL, &error), DPONE_OK);
    dpone_guard_describe(&result, limits, text, sizeof(text));
    assert_string_equal(text, description);
    assert_int_equal(result.end, end);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    dpone_guard_result_clear(&result);
}

static int return_seven(void *context, int record) {
    (void)context;
    return write(record, "kept", 4) == 4 ? 7 : 1;
}

static void guard_run__returns(void **state) {
    struct dpone_guard_result result;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(dpone_guard_run(&result, NULL, return_seven, NULL, &error), DPONE_OK);
    assert_int_equal(result.end, DPONE_GUARD_RETURNED);
    assert_int_equal(result.code, 7);
    assert_string_equal(result.record, "kept");
    assert_string_equal(result.output, "");
    assert_int_equal(result.survivors, 0);
    assert_true(result.peak_rss_bytes > 0);
    dpone_guard_result_clear(&result);
}

static int call_exit(void *context, int record) {
    (void)context;
    (void)record;
    exit(0);
}

static int crash(void *context, int record) {
    (void)context;
    (void)record;
    return raise(SIGSEGV);
}

static int hang(void *context, int record) {
    (void)context;
    (void)record;
    while (pause() < 0) {
    }
    return 0;
}

static int ignore_signals_and_hang(void *context, int record) {
    (void)signal(SIGTERM, SIG_IGN);
    return hang(context, record);
}

static int print_for_ever(void *context, int record) {
    char text[4096];
    (void)context;
    (void)record;
    memset(text, 'x', sizeof(text));
    while (write(1, text, sizeof(text)) > 0) {
    }
    return 0;
}

static int eat_memory(void *context, int record) {
    (void)context;
    (void)record;
    while (getppid() > 0) {
        char *memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) {
            memset(memory, 1, 1 << 20);
        }
        usleep(200);
    }
    return 0;
}

static int eat_memory_in_another_process(void *context, int record) {
    if (fork() == 0) {
        _exit(eat_memory(context, record));
    }
    (void)wait(NULL);
    return 0;
}

static void guard_run__bad_ends(void **state) {
    const struct dpone_guard_limits limits = {
        .time_ms = 1000, .memory_bytes = 64 << 20, .output_bytes = 1 << 20};
    const struct dpone_guard_limits patient = {
        .time_ms = 60000, .memory_bytes = 64 << 20, .output_bytes = 1 << 20};
    (void)state;
    assert_ends(call_exit, &limits, DPONE_GUARD_EXITED, "called exit(0)");
    assert_ends(crash, &limits, DPONE_GUARD_SIGNALLED, "was killed by signal 11 (Segmentation fault)");
    assert_ends(hang, &limits, DPONE_GUARD_TIMED_OUT, "did not end within its 1 s");
    assert_ends(ignore_signals_and_hang, &limits, DPONE_GUARD_TIMED_OUT, "did not end within its 1 s");
    assert_ends(print_for_ever, &patient, DPONE_GUARD_TOO_MUCH_OUTPUT, "printed more than its 1 MiB");
    assert_ends(eat_memory, &patient, DPONE_GUARD_TOO_MUCH_MEMORY, "used more than its 64 MiB of memory");
    assert_ends(eat_memory_in_another_process, &patient, DPONE_GUARD_TOO_MUCH_MEMORY,
                "used more than its 64 MiB of memory");
}

/* Two generations that leave the process group and the session. */
static int escape(void *context, int record) {
    (void)context;
    if (fork() == 0) {
        (void)setsid();
        if (fork() == 0) {
            (void)setsid();
            for (;;) {
                pause();
            }
        }
        _exit(0);
    }
    (void)wait(NULL);
    return write(record, "x", 1) == 1 ? 0 : 1;
}

/* One that stays in the process group. */
static int linger(void *context, int record) {
    if (fork() == 0) {
        return hang(context, record);
    }
    return 0;
}

static void guard_run__counts_what_lingers(void **state) {
    struct dpone_guard_result result;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(dpone_guard_run(&result, NULL, linger, NULL, &error), DPONE_OK);
    assert_int_equal(result.survivors, 1);
    dpone_guard_result_clear(&result);
}

static void guard_run__kills_what_escaped(void **state) {
    struct dpone_guard_result result;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(dpone_guard_run(&result, NULL, escape, NULL, &error), DPONE_OK);
    assert_int_equal(result.end, DPONE_GUARD_RETURNED);
    assert_int_equal(result.survivors, 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    dpone_guard_result_clear(&result);
}

/* Shared memory of one run of this program, so that runs side by side do not meet. */
struct shared {
    char folder[32];
    char name[32];
    key_t key;
};

static int mount_and_share(void *context, int record) {
    const struct shared *shared = context;
    int memory = shm_open(shared->name, O_RDWR | O_CREAT, 0600);
    (void)record;
    return mount("none", shared->folder, "tmpfs", 0, "") == 0 && memory >= 0 &&
                   shmget(shared->key, 4096, IPC_CREAT | 0600) >= 0
               ? 0
               : 1;
}

static int root_is_mount_point(void) {
    struct statx root;
    return statx(AT_FDCWD, "/", 0, 0, &root) != 0 || (root.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

static void guard_run__leaves_no_mount_and_no_shared_memory(void **state) {
    struct shared shared = {.folder = "/tmp/dpone-test.XXXXXX", .key = 0x64000000 + getpid()};
    struct stat inside, outside;
    struct dpone_guard_result result;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    (void)snprintf(shared.name, sizeof(shared.name), "/dpone_test_guard_%ld", (long)getpid());
    assert_non_null(mkdtemp(shared.folder));
    assert_int_equal(dpone_guard_run(&result, NULL, mount_and_share, &shared, &error), DPONE_OK);
    int could_mount = result.end == DPONE_GUARD_RETURNED && result.code == 0;
    dpone_guard_result_clear(&result);
    assert_int_equal(stat(shared.folder, &inside), 0);
    int in_chroot = !root_is_mount_point() && umount(shared.folder) == 0;
    assert_int_equal(rmdir(shared.folder), 0);
    if (!could_mount || in_chroot) { /* an ordinary user cannot, and in a chroot nothing would hide it */
        (void)shm_unlink(shared.name);
        (void)shmctl(shmget(shared.key, 0, 0), IPC_RMID, NULL);
        skip();
    }
    assert_int_equal(stat("/tmp", &outside), 0);
    assert_true(inside.st_dev == outside.st_dev);
    assert_int_equal(shm_unlink(shared.name), -1);
    assert_int_equal(shmget(shared.key, 0, 0), -1);
}

static int write_mark(void *context, int record) {
    const char *path = context;
    (void)record;
    int mark = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return mark >= 0 && close(mark) == 0 ? 0 : 1;
}

static void guard_run__works_in_a_folder_of_shared_memory(void **state) {
    char folder[] = "/dev/shm/dpone-test.XXXXXX";
    char mark[64];
    struct dpone_guard_result result;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    if (mkdtemp(folder) == NULL) {
        skip(); /* no such file system here */
    }
    (void)snprintf(mark, sizeof(mark), "%s/mark", folder);
    assert_int_equal(dpone_guard_run(&result, NULL, write_mark, mark, &error), DPONE_OK);
    assert_int_equal(result.code, 0);
    dpone_guard_result_clear(&result);
    assert_int_equal(unlink(mark), 0);
    assert_int_equal(rmdir(folder), 0);
}

static int print_much(void *context, int record) {
    (void)context;
    (void)record;
    for (int i = 0; i < 10000; i++) {
        printf("line %d\n", i);
    }
    return 0;
}

static void guard_run__keeps_head_and_tail(void **state) {
    struct dpone_guard_result result;
    struct dpone_error error = DPONE_ERROR_INIT;
    (void)state;
    assert_int_equal(dpone_guard_run(&result, NULL, print_much, NULL, &error), DPONE_OK);
    assert_int_equal(result.output_bytes, 98890 - 0);
    assert_memory_equal(result.output, "line 0\nline 1\n", 14);
    assert_non_null(strstr(result.output, "\n[... 66122 bytes left out ...]\n"));
    assert_string_equal(result.output + strlen(result.output) - 10, "line 9999\n");
    dpone_guard_result_clear(&result);
}

static int close_everything(void *context, int record) {
    (void)context;
    for (int i = 0; i < 100; i++) {
        close(i);
    }
    return record > 0 ? 0 : 1;
}

static void guard_run__a_lost_record_is_no_return(void **state) {
    (void)state;
    assert_ends(close_everything, NULL, DPONE_GUARD_EXITED, "called exit(0)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guard_run__returns),
        cmocka_unit_test(guard_run__bad_ends),
        cmocka_unit_test(guard_run__counts_what_lingers),
        cmocka_unit_test(guard_run__kills_what_escaped),
        cmocka_unit_test(guard_run__leaves_no_mount_and_no_shared_memory),
        cmocka_unit_test(guard_run__works_in_a_folder_of_shared_memory),
        cmocka_unit_test(guard_run__keeps_head_and_tail),
        cmocka_unit_test(guard_run__a_lost_record_is_no_return),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
