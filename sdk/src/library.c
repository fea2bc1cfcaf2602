/* Optional libraries (dpone/library.h). */
#include <dpone/library.h>

#include <dlfcn.h>
#include <string.h>

int32_t dpone_library_open(void **library, const char *file, const char *package, const char *const *symbols,
                           dpone_library_function *functions, struct dpone_error *error) {
    *library = NULL;
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *reason = dlerror();
        return dpone_error_set(error, DPONE_NOT_IMPLEMENTED,
                               "%s cannot be opened: install the Debian package %s (%s)", file, package,
                               reason == NULL ? "no reason given" : reason);
    }
    for (size_t i = 0; symbols[i] != NULL; i++) {
        void *address = dlsym(handle, symbols[i]);
        if (address == NULL)
            return dpone_error_set(error, DPONE_NOT_IMPLEMENTED,
                                   "%s has no symbol %s: install a newer version of the Debian package %s",
                                   file, symbols[i], package);
        /* ISO C has no cast from an object pointer to a function pointer; POSIX promises equal bits. */
        memcpy(&functions[i], &address, sizeof(address));
    }
    *library = handle;
    return DPONE_OK;
}
