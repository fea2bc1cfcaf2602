/* Reading the texts of a package line by line, as the static checks do. */
#ifndef DPONE_CERTIFICATION_CHECKS_PACKAGE_TEXT_H
#define DPONE_CERTIFICATION_CHECKS_PACKAGE_TEXT_H

#include "../check.h"
#include "../package.h"

/* A file of the package as text, on the heap; NULL, and an unmet expectation of the open case, when it cannot
 * be read. */
char *dpone_package_text(struct dpone_check_run *run, const char *relative);

/* Calls `visit` with the path, relative to the package, of each regular file in `folder` and below whose name
 * ends with one of `endings` (NULL-terminated), sorted. */
void dpone_package_visit(struct dpone_check_run *run, const char *folder, const char *const *endings,
                         void (*visit)(struct dpone_check_run *run, const char *relative, void *context),
                         void *context);

/* The next line of a text: its bytes without the line break; 0 at the end. Begin with *line = 0 and *at =
 * text. */
int dpone_package_line(const char **at, const char **start, size_t *size, int *line);

#endif
