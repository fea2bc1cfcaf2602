/* What a shared object says of itself: the few tables of an ELF file that certification looks at. The file is
 * read with every offset checked; nothing of it runs. */
#ifndef DPONE_CERTIFICATION_ELF_FILE_H
#define DPONE_CERTIFICATION_ELF_FILE_H

#include "package.h"

struct dpone_elf {
    struct dpone_names needed;  /* DT_NEEDED, in order */
    struct dpone_names exports; /* defined global and weak symbols that others can see */
    struct dpone_names imports; /* undefined symbols */
    int32_t text_relocations;   /* 1: its code is written to while it is loaded */
    int32_t executable_stack;   /* 1: it asks for one, or does not say that it needs none */
};

/* DPONE_OK; DPONE_INVALID_ARGUMENT for a file that is no 64-bit shared object of this machine's byte order,
 * or whose tables do not lie within it; what dpone_path_read() answers. Clear `out` in any case. */
int32_t dpone_elf_read(struct dpone_elf *out, const char *path, struct dpone_error *error);
void dpone_elf_clear(struct dpone_elf *elf);

#endif
