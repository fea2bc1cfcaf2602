/* Runs a program with something wrong at its k-th system call: killed there, an error instead of it, a write
 * that takes less than it was given, or something done by another just before it. A seccomp filter hands
 * every call to this process first, so the program itself is untouched and the kernel need not be of one
 * architecture. */
#ifndef DPONE_TEST_FAULTS_H
#define DPONE_TEST_FAULTS_H

enum fault_kind { FAULT_NONE, FAULT_KILL, FAULT_ERROR, FAULT_SHORT_WRITE, FAULT_ACTION };

enum { FAULT_EVERY = -1 };

struct fault {
    enum fault_kind kind;
    long at;   /* the ordinal, from 0, of the call that it strikes: of all calls after exec, or of those
                  `counted`; FAULT_EVERY: all that count */
    int error; /* errno of FAULT_ERROR */
    const int *counted; /* the numbers of the system calls that count, ended by -1; NULL: all */
    void (*action)(void *user, int call); /* of FAULT_ACTION */
    void *user;
};

/* Runs argv[0] with the fault, its output in /dev/null; returns the wait status. `*out_calls` is how many
 * calls counted. -1 when this machine cannot do it: no seccomp notifications, or not allowed. */
int fault_run(long *out_calls, char *const argv[], const struct fault *fault);

#endif
