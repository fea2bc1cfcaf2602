/* The formats of JSON Schema draft-07 that are asserted on request. */
#ifndef DPONE_MANIFEST_FORMAT_H
#define DPONE_MANIFEST_FORMAT_H

#include <dpone/base.h>

/* One format: its name, and a function that gives 1 for text of that form. */
struct dpone_format {
    const char *name;
    int (*holds)(struct dpone_string text);
};

/* NULL for a name that is not known, which asserts nothing. Static storage. */
const struct dpone_format *dpone_format_find(struct dpone_string name);

#endif
