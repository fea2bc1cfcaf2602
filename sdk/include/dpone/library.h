/* Optional libraries: opened in the function that needs them, never linked.
 *
 *     static const char *const symbols[] = {"sqlite3_open_v2", "sqlite3_close", NULL};
 *     dpone_library_open(&library, "libsqlite3.so.0", "libsqlite3-0", symbols, functions, error); */
#ifndef DPONE_LIBRARY_H
#define DPONE_LIBRARY_H

#include <dpone/error.h>

DPONE_BEGIN_DECLS

/* A function pointer of no particular type; cast it to the right one before the call. */
typedef void (*dpone_library_function)(void);

/* Opens a shared library (RTLD_NOW | RTLD_LOCAL) and looks up `symbols` (NULL-terminated) into `functions`,
 * in their order. DPONE_NOT_IMPLEMENTED when the library or a symbol is missing; the message says which
 * Debian package brings it.
 * `*library` stays open for the life of the process (libraries with threads or exit handlers do not survive
 * unloading). */
DPONE_API int32_t dpone_library_open(void **library, const char *file, const char *package,
                                     const char *const *symbols, dpone_library_function *functions,
                                     struct dpone_error *error);

DPONE_END_DECLS

#endif
