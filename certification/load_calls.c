/* Which system calls a plug-in must not make while it is loaded, and how to read their arguments. */
#define _GNU_SOURCE
#include "load_watch_internal.h"

#include "call_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

/* How a call's arguments are shown, and whether it is forbidden at all. */
enum call_kind {
    CALL_PLAIN,    /* forbidden, no arguments shown */
    CALL_PATH_0,   /* forbidden, a path in argument 0 */
    CALL_PATH_1,   /* forbidden, a path in argument 1 */
    CALL_NUMBER_0, /* forbidden, a number in argument 0 */
    CALL_NUMBER_1,
    CALL_OPEN_0,   /* path and flags in 0 and 1: forbidden when it could write */
    CALL_OPEN_1,   /* path and flags in 1 and 2 */
    CALL_OPEN_HOW, /* path in 1, struct open_how in 2 */
    CALL_CREATE_0, /* path in 0, always for writing */
    CALL_SOCKET,
    CALL_ADDRESS, /* struct sockaddr in 1, its size in 2 */
    CALL_WRITE,   /* descriptor in 0, bytes in 1, size in 2 */
    CALL_EXEC_0,
    CALL_EXEC_1,
    CALL_CLONE,       /* flags in 0 */
    CALL_CLONE_3,     /* struct clone_args in 0 */
    CALL_LIMIT,       /* prlimit: forbidden when it sets one */
    CALL_PROPERTY,    /* prctl: likewise */
    CALL_PERSONALITY, /* likewise */
    CALL_SECCOMP,     /* likewise */
    CALL_CONTROL,     /* ioctl: forbidden when it does more than ask */
    CALL_SIGNAL       /* tgkill: forbidden when it is sent to another process */
};

static const int plain_calls[] = {
    SCMP_SYS(splice),          SCMP_SYS(copy_file_range), SCMP_SYS(fork),         SCMP_SYS(vfork),
    SCMP_SYS(setsid),          SCMP_SYS(setpgid),         SCMP_SYS(timer_create), SCMP_SYS(io_uring_setup),
    SCMP_SYS(setpriority),     SCMP_SYS(capset),          SCMP_SYS(settimeofday), SCMP_SYS(adjtimex),
    SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),     SCMP_SYS(fanotify_init)};
static const int path_calls[] = {
    SCMP_SYS(unlink),      SCMP_SYS(rmdir),        SCMP_SYS(rename),        SCMP_SYS(mkdir),
    SCMP_SYS(mknod),       SCMP_SYS(link),         SCMP_SYS(symlink),       SCMP_SYS(symlinkat),
    SCMP_SYS(truncate),    SCMP_SYS(chmod),        SCMP_SYS(chown),         SCMP_SYS(setxattr),
    SCMP_SYS(chdir),       SCMP_SYS(chroot),       SCMP_SYS(umount2),       SCMP_SYS(mq_open),
    SCMP_SYS(utime),       SCMP_SYS(utimes),       SCMP_SYS(lchown),        SCMP_SYS(lsetxattr),
    SCMP_SYS(removexattr), SCMP_SYS(lremovexattr), SCMP_SYS(memfd_create),  SCMP_SYS(mq_unlink),
    SCMP_SYS(pivot_root),  SCMP_SYS(sethostname),  SCMP_SYS(setdomainname), SCMP_SYS(add_key)};
static const int path_at_calls[] = {SCMP_SYS(unlinkat), SCMP_SYS(renameat), SCMP_SYS(renameat2),
                                    SCMP_SYS(mkdirat),  SCMP_SYS(mknodat),  SCMP_SYS(linkat),
                                    SCMP_SYS(fchmodat), SCMP_SYS(fchownat), SCMP_SYS(utimensat),
                                    SCMP_SYS(mount),    SCMP_SYS(futimesat)};
static const int descriptor_calls[] = {
    SCMP_SYS(listen),       SCMP_SYS(sendmsg),   SCMP_SYS(sendmmsg),
    SCMP_SYS(writev),       SCMP_SYS(pwritev),   SCMP_SYS(pwritev2),
    SCMP_SYS(sendfile),     SCMP_SYS(ftruncate), SCMP_SYS(fchmod),
    SCMP_SYS(fchown),       SCMP_SYS(fchdir),    SCMP_SYS(fsetxattr),
    SCMP_SYS(fremovexattr), SCMP_SYS(fallocate), SCMP_SYS(vmsplice),
    SCMP_SYS(tee),          SCMP_SYS(setns),     SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(read),         SCMP_SYS(readv),     SCMP_SYS(close),
    SCMP_SYS(close_range)};
static const int user_calls[] = {SCMP_SYS(setuid),   SCMP_SYS(setgid),    SCMP_SYS(setreuid),
                                 SCMP_SYS(setregid), SCMP_SYS(setresuid), SCMP_SYS(setresgid),
                                 SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),  SCMP_SYS(setgroups)};
static const int scheduling_calls[] = {SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setscheduler),
                                       SCMP_SYS(sched_setparam),    SCMP_SYS(sched_setattr),
                                       SCMP_SYS(ioprio_set),        SCMP_SYS(mlockall)};
static const int signal_calls[] = {SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo),
                                   SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(process_vm_writev)};
static const int number_calls[] = {SCMP_SYS(umask),         SCMP_SYS(setrlimit), SCMP_SYS(ptrace),
                                   SCMP_SYS(unshare),       SCMP_SYS(setitimer), SCMP_SYS(alarm),
                                   SCMP_SYS(shmget),        SCMP_SYS(semget),    SCMP_SYS(msgget),
                                   SCMP_SYS(clock_settime), SCMP_SYS(keyctl),    SCMP_SYS(bpf)};

/* Calls of one kind. */
struct call_group {
    int32_t kind;
    size_t count;
    const int *numbers;
};

#define GROUP(kind, numbers)                                                                                 \
    { kind, sizeof(numbers) / sizeof((numbers)[0]), numbers }
#define CALL(name, kind)                                                                                     \
    {                                                                                                        \
        kind, 1, (const int[]) {                                                                             \
            SCMP_SYS(name)                                                                                   \
        }                                                                                                    \
    }

static const struct call_group call_groups[] = {
    GROUP(CALL_PLAIN, plain_calls),
    GROUP(CALL_PATH_0, path_calls),
    GROUP(CALL_PATH_1, path_at_calls),
    GROUP(CALL_NUMBER_0, descriptor_calls),
    GROUP(CALL_NUMBER_0, user_calls),
    GROUP(CALL_NUMBER_0, scheduling_calls),
    GROUP(CALL_NUMBER_0, signal_calls),
    GROUP(CALL_NUMBER_0, number_calls),
    CALL(open, CALL_OPEN_0),
    CALL(openat, CALL_OPEN_1),
    CALL(openat2, CALL_OPEN_HOW),
    CALL(creat, CALL_CREATE_0),
    CALL(socket, CALL_SOCKET),
    CALL(socketpair, CALL_SOCKET),
    CALL(connect, CALL_ADDRESS),
    CALL(bind, CALL_ADDRESS),
    CALL(sendto, CALL_WRITE),
    CALL(write, CALL_WRITE),
    CALL(pwrite64, CALL_WRITE),
    CALL(clone, CALL_CLONE),
    CALL(clone3, CALL_CLONE_3),
    CALL(execve, CALL_EXEC_0),
    CALL(execveat, CALL_EXEC_1),
    CALL(prlimit64, CALL_LIMIT),
    CALL(prctl, CALL_PROPERTY),
    CALL(seccomp, CALL_SECCOMP),
    CALL(personality, CALL_PERSONALITY),
    CALL(tgkill, CALL_SIGNAL),
    CALL(dup2, CALL_NUMBER_1),
    CALL(dup3, CALL_NUMBER_1),
    CALL(ioctl, CALL_CONTROL),
};

#define GROUP_COUNT (sizeof(call_groups) / sizeof(call_groups[0]))
#define CALLS_MAXIMUM 200

int dpone_load_calls_install(int channel, int every_open) {
    int numbers[CALLS_MAXIMUM];
    size_t count = 0;
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        for (size_t k = 0; k < call_groups[i].count && count < CALLS_MAXIMUM; k++) {
            numbers[count++] = call_groups[i].numbers[k];
        }
    }
    return dpone_call_filter_install(numbers, count, channel, every_open);
}

static int32_t kind_of(int number) {
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        for (size_t k = 0; k < call_groups[i].count; k++) {
            if (call_groups[i].numbers[k] == number) {
                return call_groups[i].kind;
            }
        }
    }
    return CALL_PLAIN;
}

/* ---- Reading another process ---- */

static size_t read_memory(uint32_t process, uint64_t address, void *out, size_t size) {
    struct iovec local = {out, size};
    struct iovec remote = {(void *)(uintptr_t)address, size};
    ssize_t count = process_vm_readv((pid_t)process, &local, 1, &remote, 1, 0);
    return count < 0 ? 0 : (size_t)count;
}

/* A path or other text, byte by byte up to a page border, because what lies behind it may not be readable. */
static void read_text(uint32_t process, uint64_t address, char *out, size_t out_bytes) {
    size_t used = 0;
    while (used + 1 < out_bytes) {
        size_t chunk = 256 - (size_t)((address + used) & 255);
        chunk = chunk < out_bytes - 1 - used ? chunk : out_bytes - 1 - used;
        size_t got = read_memory(process, address + used, out + used, chunk);
        size_t text = strnlen(out + used, got);
        used += text;
        if (text < chunk) {
            break;
        }
    }
    out[used] = '\0';
    for (size_t i = 0; i < used; i++) {
        out[i] = (unsigned char)out[i] < 32 ? ' ' : out[i];
    }
}

static void describe_address(const struct seccomp_notif *call, char *detail, size_t detail_bytes) {
    char text[INET6_ADDRSTRLEN] = "";
    struct sockaddr_storage address;
    memset(&address, 0, sizeof(address));
    size_t size = (size_t)call->data.args[2] < sizeof(address) ? (size_t)call->data.args[2] : sizeof(address);
    (void)read_memory(call->pid, call->data.args[1], &address, size);
    if (address.ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, &address, sizeof(in));
        (void)snprintf(detail, detail_bytes, "%s:%d", inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text)),
                       ntohs(in.sin_port));
    } else if (address.ss_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, &address, sizeof(in));
        (void)snprintf(detail, detail_bytes, "[%s]:%d",
                       inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof(text)), ntohs(in.sin6_port));
    } else if (address.ss_family == AF_UNIX) {
        struct sockaddr_un un;
        memcpy(&un, &address, sizeof(un));
        (void)snprintf(detail, detail_bytes, "%.*s", (int)sizeof(un.sun_path), un.sun_path);
    } else {
        (void)snprintf(detail, detail_bytes, "address family %d", address.ss_family);
    }
}

static void describe_exec(const struct seccomp_notif *call, int first, char *detail, size_t detail_bytes) {
    uint64_t argument = 0;
    size_t used = 0;
    read_text(call->pid, call->data.args[first], detail, detail_bytes);
    for (uint64_t i = 1; i < 8; i++) {
        uint64_t address = call->data.args[first + 1] + i * sizeof(uint64_t);
        used = strlen(detail);
        if (used + 2 >= detail_bytes || read_memory(call->pid, address, &argument, sizeof(argument)) != 8 ||
            argument == 0) {
            return;
        }
        detail[used] = ' ';
        read_text(call->pid, argument, detail + used + 1, detail_bytes - used - 1);
    }
}

static void describe_write(const struct seccomp_notif *call, char *detail, size_t detail_bytes) {
    char text[64];
    size_t limit =
        (size_t)call->data.args[2] + 1 < sizeof(text) ? (size_t)call->data.args[2] + 1 : sizeof(text);
    read_text(call->pid, call->data.args[1], text, limit);
    (void)snprintf(detail, detail_bytes, "descriptor %lld, %lld bytes: %s", (long long)call->data.args[0],
                   (long long)call->data.args[2], text);
}

static void describe_clone(uint64_t flags, char *detail, size_t detail_bytes) {
    const uint64_t thread_flag = 0x00010000;
    (void)snprintf(detail, detail_bytes, "%s", (flags & thread_flag) ? "a thread" : "a process");
}

/* ---- Judging ---- */

static int opens_for_writing(uint64_t flags) {
    return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC | O_APPEND)) != 0 ||
           (flags & O_TMPFILE) == O_TMPFILE;
}

int dpone_load_is_library(const char *path, const char *library) {
    const char *end = library == NULL ? NULL : strstr(library, ".so");
    size_t size = end != NULL ? (size_t)(end - library) : library == NULL ? 0 : strlen(library);
    const char *name = strrchr(path, '/');
    name = name == NULL ? path : name + 1;
    return size > 0 && strncmp(name, library, size) == 0 && (name[size] == '\0' || name[size] == '.');
}

static int judge_open(const struct seccomp_notif *call, int path_index, uint64_t flags,
                      const char *hidden_library, char *detail, size_t detail_bytes) {
    read_text(call->pid, call->data.args[path_index], detail, detail_bytes);
    if (opens_for_writing(flags)) {
        return EPERM;
    }
    return dpone_load_is_library(detail, hidden_library) ? ENOENT : 0;
}

static uint64_t first_word(const struct seccomp_notif *call, int index) {
    uint64_t word = 0;
    (void)read_memory(call->pid, call->data.args[index], &word, sizeof(word));
    return word;
}

/* What prctl() sets and not merely tells. */
static int sets_property(const uint64_t *arguments) {
    static const int setters[] = {
        PR_SET_PDEATHSIG,       PR_SET_DUMPABLE,     PR_SET_KEEPCAPS,   PR_SET_NAME,       PR_SET_SECCOMP,
        PR_CAPBSET_DROP,        PR_SET_TSC,          PR_SET_SECUREBITS, PR_SET_TIMERSLACK, PR_SET_MM,
        PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_THP_DISABLE};
    for (size_t i = 0; i < sizeof(setters) / sizeof(setters[0]); i++) {
        if (arguments[0] == (uint64_t)setters[i]) {
            return 1;
        }
    }
    return arguments[0] == PR_CAP_AMBIENT && arguments[1] != PR_CAP_AMBIENT_IS_SET;
}

/* Calls that are harmless as long as they only ask. */
static int judge_question(int32_t kind, const struct seccomp_notif *call, char *detail, size_t detail_bytes) {
    const uint64_t *arguments = (const uint64_t *)call->data.args;
    int asks = kind == CALL_LIMIT         ? arguments[2] == 0
               : kind == CALL_PROPERTY    ? !sets_property(arguments)
               : kind == CALL_PERSONALITY ? (uint32_t)arguments[0] == UINT32_MAX
               : kind == CALL_SECCOMP     ? arguments[0] > SECCOMP_SET_MODE_FILTER
               : kind == CALL_CONTROL     ? arguments[1] == TCGETS || arguments[1] == TIOCGWINSZ
               : kind == CALL_SIGNAL      ? arguments[0] == call->pid
                                          : 0;
    if (kind != CALL_PLAIN) {
        (void)snprintf(detail, detail_bytes, "%lld", (long long)arguments[0]);
    }
    return asks ? 0 : EPERM;
}

static int judge_call(int32_t kind, const struct seccomp_notif *call, const char *hidden, char *detail,
                      size_t detail_bytes) {
    switch (kind) {
    case CALL_OPEN_0:
        return judge_open(call, 0, call->data.args[1], hidden, detail, detail_bytes);
    case CALL_OPEN_1:
        return judge_open(call, 1, call->data.args[2], hidden, detail, detail_bytes);
    case CALL_OPEN_HOW:
        return judge_open(call, 1, first_word(call, 2), hidden, detail, detail_bytes);
    case CALL_PATH_0:
    case CALL_CREATE_0:
        read_text(call->pid, call->data.args[0], detail, detail_bytes);
        return EPERM;
    case CALL_PATH_1:
        read_text(call->pid, call->data.args[1], detail, detail_bytes);
        return EPERM;
    case CALL_NUMBER_0:
        (void)snprintf(detail, detail_bytes, "%lld", (long long)call->data.args[0]);
        return EPERM;
    case CALL_NUMBER_1:
        (void)snprintf(detail, detail_bytes, "%lld", (long long)call->data.args[1]);
        return EPERM;
    case CALL_SOCKET:
        (void)snprintf(detail, detail_bytes, "address family %lld", (long long)call->data.args[0]);
        return EPERM;
    case CALL_ADDRESS:
        describe_address(call, detail, detail_bytes);
        return EPERM;
    case CALL_WRITE:
        describe_write(call, detail, detail_bytes);
        return EPERM;
    case CALL_EXEC_0:
        describe_exec(call, 0, detail, detail_bytes);
        return EPERM;
    case CALL_EXEC_1:
        describe_exec(call, 1, detail, detail_bytes);
        return EPERM;
    case CALL_CLONE:
        describe_clone(call->data.args[0], detail, detail_bytes);
        return EPERM;
    case CALL_CLONE_3:
        describe_clone(first_word(call, 0), detail, detail_bytes);
        return EPERM;
    default:
        return judge_question(kind, call, detail, detail_bytes);
    }
}

int dpone_load_calls_judge(const struct seccomp_notif *call, const char *hidden_library, char *detail,
                           size_t detail_bytes) {
    detail[0] = '\0';
    return judge_call(kind_of(call->data.nr), call, hidden_library, detail, detail_bytes);
}
