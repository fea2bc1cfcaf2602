/* A system-call filter whose questions another process answers: installed in the watched process, its
 * descriptor handed over, its notifications answered. What is forbidden or counted is its users' affair
 * (load_watch, crash_point). */
#ifndef DPONE_CERTIFICATION_CALL_FILTER_H
#define DPONE_CERTIFICATION_CALL_FILTER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct seccomp_notif;

/* Why no filter works here ("valgrind"), or NULL. Kernels that refuse are found by installing one. */
const char *dpone_call_filter_obstacle(void);

/* Installs a filter that asks about the calls of `numbers` (SCMP_SYS), for this process and all its threads
 * to come; write and sendmsg on `channel` pass. Calls that read, control, close or replace a descriptor
 * are asked about only where that is a standard stream or `channel`; open and openat, unless `every_open`,
 * only where they could write. Returns the filter's descriptor, or -1 with errno. */
int dpone_call_filter_install(const int *numbers, size_t count, int channel, int every_open);

/* Hands a descriptor to the other end of the channel, a socket. 0, or -1 with errno. */
int dpone_call_filter_send(int channel, int descriptor);

/* The filter's descriptor in a received message, ready to be polled; -1 when it carries none. */
int dpone_call_filter_take(struct msghdr *message);

/* The next question. 0, or -1 when there is none any more. */
int dpone_call_filter_receive(int filter, struct seccomp_notif *out);

/* Answers it: 0 lets the call happen, else it fails with that errno. */
void dpone_call_filter_answer(int filter, const struct seccomp_notif *call, int refusal);

/* Answers it with the value that the call returns without happening. */
void dpone_call_filter_return(int filter, const struct seccomp_notif *call, int64_t value);

#endif
