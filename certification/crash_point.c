/* Both processes: the one that counts itself in, and the one that counts and kills. */
#define _GNU_SOURCE
#include "crash_point.h"

#include "call_filter.h"

#include "runtime/files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_TIME_MS 20000

static const int counted_calls[] = {
    SCMP_SYS(write),     SCMP_SYS(writev),    SCMP_SYS(pwrite64),  SCMP_SYS(pwritev),  SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),   SCMP_SYS(sendmmsg),  SCMP_SYS(recvfrom),  SCMP_SYS(recvmsg),  SCMP_SYS(connect),
    SCMP_SYS(open),      SCMP_SYS(openat),    SCMP_SYS(creat),     SCMP_SYS(rename),   SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(unlink),    SCMP_SYS(unlinkat),  SCMP_SYS(rmdir),    SCMP_SYS(link),
    SCMP_SYS(linkat),    SCMP_SYS(symlink),   SCMP_SYS(symlinkat), SCMP_SYS(mkdir),    SCMP_SYS(mkdirat),
    SCMP_SYS(fsync),     SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(truncate), SCMP_SYS(fallocate),
    SCMP_SYS(fcntl),     SCMP_SYS(flock),     SCMP_SYS(msync)};

/* How a call can fail. */
enum {
    ON_DISK = 1,      /* EIO */
    NEEDS_ROOM = 2,   /* ENOSPC, once the disk is full */
    BY_SIGNAL = 4,    /* EINTR */
    SHORT = 8,        /* half of it happens */
    DISCONNECTED = 16 /* ECONNRESET */
};
#define FILE_WRITE (ON_DISK | NEEDS_ROOM | BY_SIGNAL | SHORT)
#define FILE_NAME (ON_DISK | NEEDS_ROOM)
#define SOCKET (BY_SIGNAL | DISCONNECTED)

/* The calls that can fail, and where their descriptor or flags are. */
static const struct failing_call {
    int number;
    int of_file; /* how it fails on a file, or without a descriptor */
    int of_socket;
    int descriptor; /* the argument that says which of both; -1: it is a file */
    int flags;      /* the argument with the flags of open(), which fails only when it may write; -1: none */
} failing_calls[] = {{SCMP_SYS(write), FILE_WRITE, SOCKET | SHORT, 0, -1},
                     {SCMP_SYS(writev), FILE_WRITE & ~SHORT, SOCKET, 0, -1},
                     {SCMP_SYS(pwrite64), FILE_WRITE, 0, -1, -1},
                     {SCMP_SYS(pwritev), FILE_WRITE & ~SHORT, 0, -1, -1},
                     {SCMP_SYS(sendto), 0, SOCKET | SHORT, 0, -1},
                     {SCMP_SYS(sendmsg), 0, SOCKET, 0, -1},
                     {SCMP_SYS(recvfrom), 0, SOCKET, 0, -1},
                     {SCMP_SYS(recvmsg), 0, SOCKET, 0, -1},
                     {SCMP_SYS(connect), 0, DISCONNECTED, 0, -1},
                     {SCMP_SYS(open), FILE_NAME | BY_SIGNAL, 0, -1, 1},
                     {SCMP_SYS(openat), FILE_NAME | BY_SIGNAL, 0, -1, 2},
                     {SCMP_SYS(rename), FILE_NAME, 0, -1, -1},
                     {SCMP_SYS(renameat), FILE_NAME, 0, -1, -1},
                     {SCMP_SYS(renameat2), FILE_NAME, 0, -1, -1},
                     {SCMP_SYS(link), FILE_NAME, 0, -1, -1},
                     {SCMP_SYS(linkat), FILE_NAME, 0, -1, -1},
                     {SCMP_SYS(mkdir), FILE_NAME, 0, -1, -1},
                     {SCMP_SYS(mkdirat), FILE_NAME, 0, -1, -1},
                     {SCMP_SYS(fallocate), FILE_NAME, 0, -1, -1},
                     {SCMP_SYS(fsync), ON_DISK, 0, -1, -1},
                     {SCMP_SYS(fdatasync), ON_DISK, 0, -1, -1},
                     {SCMP_SYS(ftruncate), ON_DISK, 0, -1, -1},
                     {SCMP_SYS(unlink), ON_DISK, 0, -1, -1},
                     {SCMP_SYS(unlinkat), ON_DISK, 0, -1, -1}};

/* Which calls a failure counts. */
static int kind_of(int32_t failure) {
    return failure == EINTR               ? BY_SIGNAL
           : failure == ECONNRESET        ? DISCONNECTED
           : failure == DPONE_CRASH_SHORT ? SHORT
                                          : ON_DISK;
}

/* ---- The process that may die ---- */

struct dpone_crash_self {
    int channel;
    int watched;
};

/* Messages: 'f' with the filter's descriptor, 'p' and a phase, 's' and a status, 'd' done, 'u' and why there
 * is no filter. */
static void tell(int channel, char what, const char *text) {
    char line[256];
    int size = snprintf(line, sizeof(line), "%c%s", what, text);
    (void)!write(channel, line, (size_t)(size < (int)sizeof(line) ? size : (int)sizeof(line) - 1));
}

int dpone_crash_enter(struct dpone_crash_self *self, int32_t phase) {
    const char digit[2] = {(char)('0' + phase), '\0'};
    if (!self->watched) {
        int filter = dpone_call_filter_install(
            counted_calls, sizeof(counted_calls) / sizeof(counted_calls[0]), self->channel, 1);
        if (filter < 0 || dpone_call_filter_send(self->channel, filter) != 0) {
            tell(self->channel, 'u', strerror(errno));
            return 0;
        }
        self->watched = 1;
    }
    tell(self->channel, 'p', digit);
    return 1;
}

void dpone_crash_tell(struct dpone_crash_self *self, int32_t status) {
    char digits[16];
    (void)snprintf(digits, sizeof(digits), "%d", (int)status);
    tell(self->channel, 's', digits);
}

_Noreturn static void run_function(dpone_crash_function function, void *context, int channel) {
    struct dpone_crash_self self = {channel, 0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (function(&self, context)) {
        tell(channel, 'd', "");
    }
    _exit(0);
}

/* ---- The process that kills it ---- */

struct killer {
    struct dpone_crash_result *out;
    struct dpone_crash_point point;
    pid_t process;
    int channel;
    int filter;
    int open;
    int32_t phase;
    int was_receiving;
    int is_full; /* 1: the disk has no room any more */
};

static int is_receiving(int number) {
    return number == SCMP_SYS(recvfrom) || number == SCMP_SYS(recvmsg);
}

static int is_file(const struct killer *killer, uint64_t descriptor) {
    char path[64];
    char target[8];
    (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)killer->process, (int)descriptor);
    return readlink(path, target, sizeof(target)) > 0 && target[0] == '/';
}

/* The ways in which this very call can fail. */
static int kinds_of_call(const struct killer *killer, const struct seccomp_data *call) {
    for (size_t i = 0; i < sizeof(failing_calls) / sizeof(failing_calls[0]); i++) {
        const struct failing_call *row = &failing_calls[i];
        if (row->number == call->nr) {
            int reads = row->flags >= 0 && (call->args[row->flags] & O_ACCMODE) == O_RDONLY;
            int kinds = row->descriptor < 0 || is_file(killer, call->args[row->descriptor]) ? row->of_file
                                                                                            : row->of_socket;
            return reads ? 0 : (kinds & SHORT) && call->args[2] < 2 ? kinds & ~SHORT : kinds;
        }
    }
    return 0;
}

/* Counts the call, and is 1 when the point is reached. */
static int reaches_point(struct killer *killer, int counts) {
    int64_t *count = &killer->out->calls[killer->phase];
    int reached = counts && killer->phase == killer->point.phase && *count == killer->point.ordinal;
    *count += counts;
    return reached;
}

static void note_call(struct killer *killer, int number) {
    char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    (void)snprintf(killer->out->call, sizeof(killer->out->call), "%s", name == NULL ? "?" : name);
    free(name);
}

/* A copy of the descriptor that the call is about; -1 when that cannot be had. */
static int take_descriptor(const struct killer *killer, const struct seccomp_data *call) {
    int process = (int)syscall(SYS_pidfd_open, killer->process, 0);
    int descriptor = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, (int)call->args[0], 0);
    if (process >= 0) {
        (void)close(process);
    }
    return descriptor;
}

/* A connection that was reset is of no use to either end any more. */
static void disconnect(const struct killer *killer, const struct seccomp_data *call) {
    int descriptor = take_descriptor(killer, call);
    if (descriptor >= 0) {
        (void)shutdown(descriptor, SHUT_RDWR);
        (void)close(descriptor);
    }
}

/* Does the first half of a write() or pwrite() in the process's place. -1 when that cannot be. */
static ssize_t write_half(const struct killer *killer, const struct seccomp_data *call) {
    size_t size = call->args[2] / 2;
    int descriptor = take_descriptor(killer, call);
    char *bytes = malloc(size);
    struct iovec here = {bytes, size};
    struct iovec there = {(void *)(uintptr_t)call->args[1], size};
    ssize_t done = -1;
    if (descriptor >= 0 && bytes != NULL &&
        process_vm_readv(killer->process, &here, 1, &there, 1, 0) == (ssize_t)size) {
        done = call->nr == SCMP_SYS(pwrite64) ? pwrite(descriptor, bytes, size, (off_t)call->args[3])
                                              : write(descriptor, bytes, size);
    }
    free(bytes);
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return done;
}

/* The point is reached: the call fails. */
static void fail_call(struct killer *killer, const struct seccomp_notif *call) {
    note_call(killer, call->data.nr);
    killer->is_full = killer->point.failure == ENOSPC;
    if (killer->point.failure == ECONNRESET) {
        disconnect(killer, &call->data);
    }
    ssize_t done = killer->point.failure == DPONE_CRASH_SHORT ? write_half(killer, &call->data) : -1;
    if (done >= 0) {
        dpone_call_filter_return(killer->filter, call, done);
    } else {
        dpone_call_filter_answer(killer->filter, call, killer->point.failure > 0 ? killer->point.failure : 0);
    }
}

static void answer_failing(struct killer *killer, const struct seccomp_notif *call) {
    int kinds = kinds_of_call(killer, &call->data);
    if (reaches_point(killer, (kinds & kind_of(killer->point.failure)) != 0)) {
        fail_call(killer, call);
    } else {
        dpone_call_filter_answer(killer->filter, call, killer->is_full && (kinds & NEEDS_ROOM) ? ENOSPC : 0);
    }
}

static void answer_call(struct killer *killer) {
    struct seccomp_notif call;
    if (dpone_call_filter_receive(killer->filter, &call) != 0) {
        return;
    }
    if (killer->point.failure != 0) {
        answer_failing(killer, &call);
        return;
    }
    int receiving = is_receiving(call.data.nr);
    int counts = !(receiving && killer->was_receiving);
    killer->was_receiving = receiving;
    if (!reaches_point(killer, counts)) {
        dpone_call_filter_answer(killer->filter, &call, 0);
        return;
    }
    note_call(killer, call.data.nr);
    killer->out->end = DPONE_CRASH_KILLED;
    (void)kill(killer->process, SIGKILL); /* it dies in the call, which never happens */
}

/* One message, if there is one. */
static int read_message(struct killer *killer) {
    char line[256];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = {line, sizeof(line) - 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t size = recvmsg(killer->channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size <= 0) {
        killer->open = size < 0 && (errno == EAGAIN || errno == EINTR);
        return 0;
    }
    line[size] = '\0';
    switch (line[0]) {
    case 'f':
        killer->filter = dpone_call_filter_take(&message);
        break;
    case 'p':
        killer->phase = line[1] - '0';
        killer->was_receiving = 0;
        break;
    case 's':
        killer->out->status = (int32_t)strtol(line + 1, NULL, 10);
        break;
    case 'd':
        killer->out->end = DPONE_CRASH_DONE;
        break;
    default:
        killer->out->end = DPONE_CRASH_UNWATCHED;
        (void)snprintf(killer->out->message, sizeof(killer->out->message), "%s", line + 1);
    }
    return 1;
}

/* Messages before calls: a phase was told before its first call was made. */
static void watch(struct killer *killer) {
    while (killer->open) {
        struct pollfd watched[2] = {{killer->channel, POLLIN, 0}, {killer->filter, POLLIN, 0}};
        if (poll(watched, 2, RUN_TIME_MS) == 0) {
            (void)kill(killer->process, SIGKILL);
            (void)snprintf(killer->out->message, sizeof(killer->out->message), "it did not end within %d s",
                           RUN_TIME_MS / 1000);
            return;
        }
        while (read_message(killer)) {
        }
        if (watched[1].revents & POLLIN) {
            answer_call(killer);
        } else if (watched[1].revents != 0) {
            (void)close(killer->filter);
            killer->filter = -1;
        }
    }
}

static int32_t start(struct killer *killer, dpone_crash_function function, void *context,
                     struct dpone_error *error) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return dpone_file_error(error, errno, "make", "a pair of sockets");
    }
    (void)fflush(NULL);
    killer->process = fork();
    if (killer->process == 0) {
        (void)close(ends[0]);
        run_function(function, context, ends[1]);
    }
    int reason = errno;
    (void)close(ends[1]);
    killer->channel = ends[0];
    killer->open = 1;
    return killer->process < 0 ? dpone_file_error(error, reason, "start", "a process to kill") : DPONE_OK;
}

int32_t dpone_crash_point_run(struct dpone_crash_result *out, const struct dpone_crash_point *point,
                              dpone_crash_function function, void *context, struct dpone_error *error) {
    struct killer killer = {.out = out, .point = *point, .channel = -1, .filter = -1};
    *out = (struct dpone_crash_result){.end = DPONE_CRASH_FAILED};
    if (dpone_call_filter_obstacle() != NULL) {
        out->end = DPONE_CRASH_UNWATCHED;
        (void)snprintf(out->message, sizeof(out->message), "%s", dpone_call_filter_obstacle());
        return DPONE_OK;
    }
    int32_t status = start(&killer, function, context, error);
    if (status == DPONE_OK) {
        watch(&killer);
        while (waitpid(killer.process, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    if (killer.filter >= 0) {
        (void)close(killer.filter);
    }
    if (killer.channel >= 0) {
        (void)close(killer.channel);
    }
    return status;
}
