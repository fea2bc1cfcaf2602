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
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

/* How a call's arguments are shown, and whether it is forbidden at all. */
enum call_kind {
    CALL_PLAIN,    /* forbidden, no arguments shown */
    CALL_PATH_0,   /* forbidden, a path in argument 0 */
    CALL_PATH_1,   /* forbidden, a path in argument 1 */
    CALL_NUMBER_0, /* forbidden, a number in argument 0 */
    CALL_OPEN_0,   /* path and flags in 0 and 1: forbidden when it could write */
    CALL_OPEN_1,   /* path and flags in 1 and 2 */
    CALL_OPEN_HOW, /* path in 1, struct open_how in 2 */
    CALL_CREATE_0, /* path in 0, always for writing */
    CALL_SOCKET,
    CALL_ADDRESS, /* struct sockaddr in 1, its size in 2 */
    CALL_WRITE,   /* descriptor in 0, bytes in 1, size in 2 */
    CALL_EXEC_0,
    CALL_EXEC_1,
    CALL_CLONE,   /* flags in 0 */
    CALL_CLONE_3, /* struct clone_args in 0 */
    CALL_LIMIT    /* prlimit: forbidden when it sets one */
};

struct watched_call {
    int number;
    int32_t kind;
    const char *name;
};

#define CALL(name, kind)                                                                                     \
    { SCMP_SYS(name), kind, #name }

static const struct watched_call watched_calls[] = {
    CALL(open, CALL_OPEN_0),      CALL(openat, CALL_OPEN_1),         CALL(openat2, CALL_OPEN_HOW),
    CALL(creat, CALL_CREATE_0),   CALL(socket, CALL_SOCKET),         CALL(socketpair, CALL_SOCKET),
    CALL(connect, CALL_ADDRESS),  CALL(bind, CALL_ADDRESS),          CALL(listen, CALL_NUMBER_0),
    CALL(sendto, CALL_WRITE),     CALL(sendmsg, CALL_NUMBER_0),      CALL(sendmmsg, CALL_NUMBER_0),
    CALL(write, CALL_WRITE),      CALL(writev, CALL_NUMBER_0),       CALL(pwrite64, CALL_WRITE),
    CALL(pwritev, CALL_NUMBER_0), CALL(pwritev2, CALL_NUMBER_0),     CALL(sendfile, CALL_NUMBER_0),
    CALL(splice, CALL_PLAIN),     CALL(copy_file_range, CALL_PLAIN), CALL(unlink, CALL_PATH_0),
    CALL(unlinkat, CALL_PATH_1),  CALL(rmdir, CALL_PATH_0),          CALL(rename, CALL_PATH_0),
    CALL(renameat, CALL_PATH_1),  CALL(renameat2, CALL_PATH_1),      CALL(mkdir, CALL_PATH_0),
    CALL(mkdirat, CALL_PATH_1),   CALL(mknod, CALL_PATH_0),          CALL(mknodat, CALL_PATH_1),
    CALL(link, CALL_PATH_0),      CALL(linkat, CALL_PATH_1),         CALL(symlink, CALL_PATH_0),
    CALL(symlinkat, CALL_PATH_0), CALL(truncate, CALL_PATH_0),       CALL(ftruncate, CALL_NUMBER_0),
    CALL(chmod, CALL_PATH_0),     CALL(fchmod, CALL_NUMBER_0),       CALL(fchmodat, CALL_PATH_1),
    CALL(chown, CALL_PATH_0),     CALL(fchown, CALL_NUMBER_0),       CALL(fchownat, CALL_PATH_1),
    CALL(utimensat, CALL_PATH_1), CALL(setxattr, CALL_PATH_0),       CALL(fork, CALL_PLAIN),
    CALL(vfork, CALL_PLAIN),      CALL(clone, CALL_CLONE),           CALL(clone3, CALL_CLONE_3),
    CALL(execve, CALL_EXEC_0),    CALL(execveat, CALL_EXEC_1),       CALL(chdir, CALL_PATH_0),
    CALL(fchdir, CALL_NUMBER_0),  CALL(chroot, CALL_PATH_0),         CALL(umask, CALL_NUMBER_0),
    CALL(setsid, CALL_PLAIN),     CALL(setpgid, CALL_PLAIN),         CALL(setuid, CALL_NUMBER_0),
    CALL(setgid, CALL_NUMBER_0),  CALL(setrlimit, CALL_NUMBER_0),    CALL(prlimit64, CALL_LIMIT),
    CALL(kill, CALL_NUMBER_0),    CALL(tkill, CALL_NUMBER_0),        CALL(ptrace, CALL_NUMBER_0),
    CALL(mount, CALL_PATH_1),     CALL(umount2, CALL_PATH_0),        CALL(unshare, CALL_NUMBER_0),
    CALL(setns, CALL_NUMBER_0),   CALL(timer_create, CALL_PLAIN),    CALL(setitimer, CALL_NUMBER_0),
    CALL(alarm, CALL_NUMBER_0),   CALL(io_uring_setup, CALL_PLAIN),  CALL(mq_open, CALL_PATH_0),
    CALL(shmget, CALL_NUMBER_0),  CALL(setpriority, CALL_PLAIN),
};

#define WATCHED_COUNT (sizeof(watched_calls) / sizeof(watched_calls[0]))

int dpone_load_calls_install(int channel) {
    int numbers[WATCHED_COUNT];
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        numbers[i] = watched_calls[i].number;
    }
    return dpone_call_filter_install(numbers, WATCHED_COUNT, channel);
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

static int is_hidden(const char *path, const char *hidden_library) {
    const char *name = strrchr(path, '/');
    size_t size = hidden_library == NULL ? 0 : strlen(hidden_library);
    name = name == NULL ? path : name + 1;
    return size > 0 && strncmp(name, hidden_library, size) == 0 && (name[size] == '\0' || name[size] == '.');
}

static int judge_open(const struct seccomp_notif *call, int path_index, uint64_t flags,
                      const char *hidden_library, char *detail, size_t detail_bytes) {
    read_text(call->pid, call->data.args[path_index], detail, detail_bytes);
    if (opens_for_writing(flags)) {
        return EPERM;
    }
    return is_hidden(detail, hidden_library) ? ENOENT : 0;
}

static uint64_t first_word(const struct seccomp_notif *call, int index) {
    uint64_t word = 0;
    (void)read_memory(call->pid, call->data.args[index], &word, sizeof(word));
    return word;
}

static int judge_call(const struct watched_call *watched, const struct seccomp_notif *call,
                      const char *hidden, char *detail, size_t detail_bytes) {
    switch (watched->kind) {
    case CALL_OPEN_0:
        return judge_open(call, 0, call->data.args[1], hidden, detail, detail_bytes);
    case CALL_OPEN_1:
        return judge_open(call, 1, call->data.args[2], hidden, detail, detail_bytes);
    case CALL_OPEN_HOW:
        return judge_open(call, 1, first_word(call, 2), hidden, detail, detail_bytes);
    case CALL_LIMIT:
        return call->data.args[2] == 0 ? 0 : EPERM;
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
        return EPERM;
    }
}

int dpone_load_calls_judge(const struct seccomp_notif *call, const char *hidden_library, const char **name,
                           char *detail, size_t detail_bytes) {
    detail[0] = '\0';
    *name = "a call";
    for (size_t i = 0; i < WATCHED_COUNT; i++) {
        if (watched_calls[i].number == call->data.nr) {
            *name = watched_calls[i].name;
            return judge_call(&watched_calls[i], call, hidden_library, detail, detail_bytes);
        }
    }
    return EPERM;
}
