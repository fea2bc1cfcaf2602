/* SIGINT and SIGTERM as a request to stop. */
#include "runtime/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

struct dpone_interrupt {
    void (*stop)(void *context);
    void *context;
    sigset_t signals;
    sigset_t before; /* the mask to go back to */
    pthread_t thread;
    atomic_int ended;
};

/* Gives the second signal its usual effect. */
static void die_by(int number) {
    sigset_t one;
    (void)signal(number, SIG_DFL);
    (void)raise(number);
    (void)sigemptyset(&one);
    (void)sigaddset(&one, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

static void *watch(void *context) {
    struct dpone_interrupt *interrupt = context;
    int asked = 0;
    for (;;) {
        int number = 0;
        if (sigwait(&interrupt->signals, &number) != 0 || atomic_load(&interrupt->ended)) {
            return NULL;
        }
        if (asked) {
            die_by(number);
        }
        asked = 1;
        interrupt->stop(interrupt->context);
    }
}

int32_t dpone_interrupt_watch(struct dpone_interrupt **out, void (*stop)(void *context), void *context,
                              struct dpone_error *error) {
    struct dpone_interrupt *interrupt = calloc(1, sizeof *interrupt);
    *out = NULL;
    if (interrupt == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory to watch for interrupts");
    }
    interrupt->stop = stop;
    interrupt->context = context;
    (void)sigemptyset(&interrupt->signals);
    (void)sigaddset(&interrupt->signals, SIGINT);
    (void)sigaddset(&interrupt->signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &interrupt->signals, &interrupt->before);
    if (pthread_create(&interrupt->thread, NULL, watch, interrupt) != 0) {
        (void)pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
        free(interrupt);
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no thread to watch for interrupts");
    }
    *out = interrupt;
    return DPONE_OK;
}

void dpone_interrupt_end(struct dpone_interrupt *interrupt) {
    atomic_store(&interrupt->ended, 1);
    (void)pthread_kill(interrupt->thread, SIGTERM);
    (void)pthread_join(interrupt->thread, NULL);
    (void)pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
    free(interrupt);
}
