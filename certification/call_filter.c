/* seccomp's user notification, both ends of it. */
#define _GNU_SOURCE
#include "call_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Lets the watched process run at once when it is answered; older headers do not have it, older kernels
 * refuse it. */
#define NOTIFY_SET_FLAGS _IOW('!', 4, uint64_t)
#define NOTIFY_SYNC_WAKE_UP 1

/* valgrind answers system calls itself; a filter would stop it instead of the plug-in. */
const char *dpone_call_filter_obstacle(void) {
    const char *preload = getenv("LD_PRELOAD");
    return preload != NULL && strstr(preload, "vgpreload") != NULL ? "valgrind" : NULL;
}

/* ---- In the watched process ---- */

/* Calls that matter on some descriptors alone. */
static const struct scope {
    int number;
    unsigned argument; /* where the descriptor is */
    int32_t passes;    /* 1: on the channel they pass; 0: only there, and on a standard stream, they are asked
                          about */
} scopes[] = {{SCMP_SYS(write), 0, 1}, {SCMP_SYS(sendmsg), 0, 1}, {SCMP_SYS(read), 0, 0},
              {SCMP_SYS(readv), 0, 0}, {SCMP_SYS(ioctl), 0, 0},   {SCMP_SYS(close), 0, 0},
              {SCMP_SYS(dup2), 1, 0},  {SCMP_SYS(dup3), 1, 0}};

static const struct scope *find_scope(int number) {
    for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
        if (scopes[i].number == number) {
            return &scopes[i];
        }
    }
    return NULL;
}

static int ask_about(scmp_filter_ctx filter, int number, unsigned argument, enum scmp_compare compare,
                     int descriptor) {
    const struct scmp_arg_cmp which = {.arg = argument, .op = compare, .datum_a = (scmp_datum_t)descriptor};
    return seccomp_rule_add_array(filter, SCMP_ACT_NOTIFY, number, 1, &which);
}

/* Where the flags of a call that opens files are, or -1. */
static int flags_argument(int number) {
    return number == SCMP_SYS(open) ? 1 : number == SCMP_SYS(openat) ? 2 : -1;
}

/* Each flag without which nothing can be written; loading opens many files to read them. */
static int ask_about_writing(scmp_filter_ctx filter, int number, unsigned argument) {
    static const scmp_datum_t flags[] = {O_WRONLY, O_RDWR,   O_CREAT,
                                         O_TRUNC,  O_APPEND, O_TMPFILE & ~O_DIRECTORY};
    int answer = 0;
    for (size_t i = 0; answer == 0 && i < sizeof(flags) / sizeof(flags[0]); i++) {
        const struct scmp_arg_cmp set = {argument, SCMP_CMP_MASKED_EQ, flags[i], flags[i]};
        answer = seccomp_rule_add_array(filter, SCMP_ACT_NOTIFY, number, 1, &set);
    }
    return answer;
}

static int add_rule(scmp_filter_ctx filter, int number, int channel, int every_open) {
    int flags = every_open ? -1 : flags_argument(number);
    const struct scope *scope = find_scope(number);
    int answer = flags >= 0      ? ask_about_writing(filter, number, (unsigned)flags)
                 : scope == NULL ? seccomp_rule_add_array(filter, SCMP_ACT_NOTIFY, number, 0, NULL)
                 : scope->passes ? ask_about(filter, number, scope->argument, SCMP_CMP_NE, channel)
                                 : ask_about(filter, number, scope->argument, SCMP_CMP_LE, STDERR_FILENO);
    if (answer == 0 && scope != NULL && !scope->passes) {
        answer = ask_about(filter, number, scope->argument, SCMP_CMP_EQ, channel);
    }
    return answer == -EDOM ? 0 : answer; /* a call that this architecture does not have */
}

int dpone_call_filter_install(const int *numbers, size_t count, int channel, int every_open) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int answer = filter == NULL ? -ENOMEM : 0;
    for (size_t i = 0; answer == 0 && i < count; i++) {
        answer = add_rule(filter, numbers[i], channel, every_open);
    }
    if (answer == 0) {
        answer = seccomp_load(filter);
    }
    int descriptor = answer == 0 ? seccomp_notify_fd(filter) : answer;
    if (filter != NULL) {
        seccomp_release(filter); /* the descriptor stays */
    }
    if (descriptor < 0) {
        errno = -descriptor;
        return -1;
    }
    return descriptor;
}

int dpone_call_filter_send(int channel, int descriptor) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    char byte = 'f';
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    memset(&control, 0, sizeof(control));
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    return sendmsg(channel, &message, 0) == 1 ? 0 : -1;
}

/* ---- In the watching process ---- */

int dpone_call_filter_take(struct msghdr *message) {
    int filter = -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL && filter < 0;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            uint64_t flags = NOTIFY_SYNC_WAKE_UP;
            memcpy(&filter, CMSG_DATA(header), sizeof(int));
            (void)ioctl(filter, NOTIFY_SET_FLAGS, flags);
        }
    }
    return filter;
}

int dpone_call_filter_receive(int filter, struct seccomp_notif *out) {
    memset(out, 0, sizeof(*out)); /* the kernel insists */
    return ioctl(filter, SECCOMP_IOCTL_NOTIF_RECV, out) == 0 ? 0 : -1;
}

static void send_answer(int filter, const struct seccomp_notif *call, int64_t value, int refusal,
                        uint32_t flags) {
    struct seccomp_notif_resp answer;
    memset(&answer, 0, sizeof(answer));
    answer.id = call->id;
    answer.val = value;
    answer.error = -refusal;
    answer.flags = flags;
    (void)ioctl(filter, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

void dpone_call_filter_answer(int filter, const struct seccomp_notif *call, int refusal) {
    send_answer(filter, call, 0, refusal, refusal == 0 ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0);
}

void dpone_call_filter_return(int filter, const struct seccomp_notif *call, int64_t value) {
    send_answer(filter, call, value, 0, 0);
}
