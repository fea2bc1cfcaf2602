/* The path of one file as seen from a folder. */
#ifndef DPONE_CERTIFICATION_RELATIVE_PATH_H
#define DPONE_CERTIFICATION_RELATIVE_PATH_H

/* `target` relative to `folder`, both absolute and without "." and ".."; "." when they are the same. On the
 * heap; NULL when memory is short. */
char *dpone_path_relative(const char *folder, const char *target);

#endif
