/* What a plug-in must not do while it is loaded, as far as one expression says it. */
#ifndef LOADING_ACTIONS_H
#define LOADING_ACTIONS_H

#include <dlfcn.h>
#include <fcntl.h>
#include <fenv.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define VICTIM "dpone_loading_fault"

/* A pointer to a value of this type, for one call. */
#define VALUE(type, ...) (&(type){__VA_ARGS__})

/* Sockets. */
#define ACTION_unix_socket socket(AF_UNIX, SOCK_STREAM, 0)
#define ACTION_datagram_socket socket(AF_INET, SOCK_DGRAM, 0)
#define ACTION_netlink_socket socket(AF_NETLINK, SOCK_RAW, 0)
#define ACTION_socket_pair socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0, 0})

/* Files. */
#define ACTION_writes open(VICTIM, O_WRONLY | O_CREAT, 0600)
#define ACTION_creates open(VICTIM, O_RDONLY | O_CREAT, 0600)
#define ACTION_opens_for_both open("/dev/null", O_RDWR)
#define ACTION_temporary_file open(".", O_WRONLY | O_TMPFILE, 0600)
#define ACTION_opens_how                                                                                     \
    syscall(SYS_openat2, AT_FDCWD, VICTIM, (uint64_t[3]){O_WRONLY | O_CREAT, 0600, 0}, 24)
#define ACTION_makes_temporary_folder (mkdtemp((char[]){"dpone_loading_XXXXXX"}) == NULL)
#define ACTION_truncates truncate(VICTIM, 0)
#define ACTION_unlinks unlink(VICTIM)
#define ACTION_renames rename(VICTIM, VICTIM "_2")
#define ACTION_makes_folder mkdir(VICTIM, 0700)
#define ACTION_links link(VICTIM, VICTIM "_2")
#define ACTION_links_symbolically symlink(VICTIM, VICTIM "_2")
#define ACTION_makes_fifo mkfifo(VICTIM, 0600)
#define ACTION_removes_folder rmdir(VICTIM)
#define ACTION_removes remove(VICTIM)
#define ACTION_changes_mode chmod(VICTIM, 0600)
#define ACTION_changes_owner chown(VICTIM, 0, 0)
#define ACTION_changes_link_owner lchown(VICTIM, 0, 0)
#define ACTION_changes_times utimensat(AT_FDCWD, VICTIM, NULL, 0)
#define ACTION_sets_attribute setxattr(VICTIM, "user.dpone", "1", 1, 0)
#define ACTION_sets_link_attribute lsetxattr(VICTIM, "user.dpone", "1", 1, 0)
#define ACTION_removes_attribute removexattr(VICTIM, "user.dpone")
#define ACTION_memory_file memfd_create(VICTIM, 0)
#define ACTION_shared_memory shm_open("/" VICTIM, O_RDWR | O_CREAT, 0600)
#define ACTION_system_v_memory shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600)
#define ACTION_system_v_semaphore semget(IPC_PRIVATE, 1, IPC_CREAT | 0600)
#define ACTION_system_v_queue syscall(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600)
#define ACTION_message_queue mq_open("/" VICTIM, O_RDWR | O_CREAT, 0600, NULL)
#define ACTION_mounts mount("none", VICTIM, "tmpfs", 0, "")
#define ACTION_unmounts umount2(VICTIM, 0)
#define ACTION_changes_root chroot(".")

/* Processes and threads. */
#define ACTION_vforks syscall(SYS_vfork)
#define ACTION_clones syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL)
#define ACTION_spawns posix_spawn(VALUE(pid_t, 0), "/bin/true", NULL, NULL, (char *[]){"true", NULL}, NULL)
#define ACTION_opens_pipe_to (popen("true", "r") == NULL)
#define ACTION_daemon daemon(1, 1)
#define ACTION_executes_descriptor                                                                           \
    syscall(SYS_execveat, AT_FDCWD, "/bin/true", (char *[]){"true", NULL}, NULL, 0)
#define ACTION_leaves_namespace unshare(CLONE_NEWNS)
#define ACTION_leaves_session setsid()
#define ACTION_traces ptrace(PTRACE_TRACEME, 0, NULL, NULL)
#define ACTION_runs_command system("true")
#define ACTION_executes execv("/bin/true", (char *[]){"true", "--fault", NULL})
#define ACTION_kills kill(getppid(), SIGKILL)
#define ACTION_kills_itself kill(getpid(), SIGTERM)
#define ACTION_kills_thread syscall(SYS_tgkill, getppid(), getppid(), SIGTERM)
#define ACTION_changes_user setuid(getuid())
#define ACTION_changes_effective_user seteuid(geteuid())
#define ACTION_changes_groups setgroups(0, NULL)

/* Limits, priorities and other properties of the process. */
#define ACTION_sets_limit setrlimit(RLIMIT_NOFILE, VALUE(struct rlimit, 64, 64))
#define ACTION_lowers_priority nice(1)
#define ACTION_binds_to_processor sched_setaffinity(0, sizeof(cpu_set_t), VALUE(cpu_set_t, .__bits = {1}))
#define ACTION_sets_scheduler sched_setscheduler(0, SCHED_BATCH, VALUE(struct sched_param, 0))
#define ACTION_renames_process prctl(PR_SET_NAME, "faulty", 0, 0, 0)
#define ACTION_hides_memory prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
#define ACTION_adopts_orphans prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
#define ACTION_gives_up_privileges prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
#define ACTION_dies_with_parent prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)
#define ACTION_filters_calls prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0)
#define ACTION_filters_more syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL)
#define ACTION_changes_personality personality(ADDR_NO_RANDOMIZE)
#define ACTION_locks_memory mlockall(MCL_CURRENT)
#define ACTION_interval_timer setitimer(ITIMER_REAL, VALUE(struct itimerval, {0, 0}, {100, 0}), NULL)
#define ACTION_alarm alarm(100)
#define ACTION_timer timer_create(CLOCK_MONOTONIC, NULL, VALUE(timer_t, 0))
#define ACTION_submission_queue syscall(SYS_io_uring_setup, 4, (char[256]){0})
#define ACTION_sets_clock clock_settime(CLOCK_REALTIME, VALUE(struct timespec, 0, 0))
#define ACTION_names_host sethostname("faulty", 6)

/* The standard streams, and the descriptors of the process. */
#define ACTION_reads_input read(0, (char[8]){0}, 8)
#define ACTION_prints write(STDOUT_FILENO, "hello\n", 6)
#define ACTION_prints_error write(2, "hello\n", 6)
#define ACTION_prints_by_descriptor dprintf(1, "hello\n")
#define ACTION_prints_flushed (puts("hello") + fflush(stdout))
#define ACTION_prints_unbuffered fputs("hello\n", stderr)
#define ACTION_closes_input close(0)
#define ACTION_redirects_output dup2(0, 1)
#define ACTION_redirects_errors dup3(0, 2, O_CLOEXEC)
#define ACTION_closes_all syscall(SYS_close_range, 3, ~0U, 0)
#define ACTION_asks_terminal_for_signals ioctl(0, FIOASYNC, VALUE(int, 1))

/* What no system call tells: the state of the process. */
#define ACTION_prints_buffered fputs("hello", stdout)
#define ACTION_unbuffers_output setvbuf(stdout, NULL, _IONBF, 0)
#define ACTION_sets_nonblocking fcntl(1, F_SETFL, O_NONBLOCK)
#define ACTION_sets_environment setenv("DPONE_LOADING_FAULT", "1", 1)
#define ACTION_puts_environment putenv((char *)(uintptr_t) "LD_PRELOAD=/lib/libdpone_loading_fault.so")
#define ACTION_removes_environment unsetenv("PATH")
#define ACTION_clears_environment clearenv()
#define ACTION_sets_locale (setlocale(LC_ALL, "C.UTF-8") == NULL)
#define ACTION_sets_thread_locale (uselocale(newlocale(LC_ALL_MASK, "C.UTF-8", NULL)) == NULL)
#define ACTION_sets_rounding fesetround(FE_UPWARD)
#define ACTION_traps_division feenableexcept(FE_DIVBYZERO)
#define ACTION_ignores_sigpipe (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
#define ACTION_changes_folder chdir("/")
#define ACTION_sets_umask umask(0)
#define ACTION_leaks_descriptor open("/dev/null", O_RDONLY)
#define ACTION_leaks_pipe pipe(VALUE(struct { int ends[2]; }, {0, 0})->ends)
#define ACTION_leaks_duplicate dup(0)
#define ACTION_leaks_watch inotify_init()
#define ACTION_leaks_timer timerfd_create(CLOCK_MONOTONIC, 0)

/* What does not return. */
#define ACTION_exits (exit(0), 0)
#define ACTION_exits_at_once (_exit(0), 0)
#define ACTION_exits_quickly (quick_exit(0), 0)
#define ACTION_aborts (abort(), 0)
#define ACTION_crashes raise(SIGSEGV)
#define ACTION_sleeps_for_ever pause()

#endif
