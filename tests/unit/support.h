/* What the unit tests of the SDK share: cmocka with its prerequisites, the exact text of an error, and memory
 * that ends at a guard page. */
#ifndef DPONE_TEST_SUPPORT_H
#define DPONE_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <dpone/error.h>

/* The record holds exactly this status and message. */
#define assert_error(error, expected_status, expected_message)                                               \
    do {                                                                                                     \
        assert_string_equal((error).message, expected_message);                                              \
        assert_string_equal(dpone_status_name((error).status), dpone_status_name(expected_status));          \
    } while (0)

/* `size` bytes, filled with 0xA5, whose end is the end of a page that nothing may be touched behind. */
static inline void *support_guarded(size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t used = (size + page - 1) / page * page;
    int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
    uint8_t *pages = mmap(NULL, used + page, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    assert_true(pages != MAP_FAILED);
    close(zero);
    assert_int_equal(mprotect(pages + used, page, PROT_NONE), 0);
    memset(pages, 0xA5, used);
    return pages + used - size;
}

static inline void support_guarded_free(void *memory, size_t size) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t used = (size + page - 1) / page * page;
    munmap((uint8_t *)memory + size - used, used + page);
}

#endif
