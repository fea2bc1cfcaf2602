/* Runs a function and survives its bad memory access. */
#define _GNU_SOURCE
#include "trap.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static sigjmp_buf trap_return;
static volatile sig_atomic_t trap_signal;
static volatile uintptr_t trap_address;

static void spring(int number, siginfo_t *information, void *context) {
    (void)context;
    trap_signal = number;
    trap_address = (uintptr_t)information->si_addr;
    siglongjmp(trap_return, 1);
}

int dpone_trap_run(struct dpone_trap *out, void (*function)(void *context), void *context) {
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    struct sigaction old_segv;
    struct sigaction old_bus;
    action.sa_sigaction = spring;
    (void)sigaction(SIGSEGV, &action, &old_segv);
    (void)sigaction(SIGBUS, &action, &old_bus);
    trap_signal = 0;
    if (sigsetjmp(trap_return, 1) == 0) {
        function(context);
    }
    (void)sigaction(SIGSEGV, &old_segv, NULL);
    (void)sigaction(SIGBUS, &old_bus, NULL);
    *out = (struct dpone_trap){trap_signal, trap_signal == 0 ? 0 : trap_address};
    return trap_signal == 0;
}

void *dpone_trap_guarded(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (size + page - 1) / page * page;
    uint8_t *start = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || mprotect(start + room, page, PROT_NONE) != 0) {
        return NULL;
    }
    memset(start, 0, room);
    return start + room - size;
}
