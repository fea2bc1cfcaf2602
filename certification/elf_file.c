/* Reading an ELF file with every offset checked. */
#include "elf_file.h"

#include "path.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define ELF_BYTES_MAXIMUM ((size_t)1 << 30)
#define NAMES_MAXIMUM 1000000

/* The file in memory. */
struct image {
    const char *path;
    const uint8_t *data;
    size_t size;
    struct dpone_error *error;
};

static int32_t damaged(const struct image *image, const char *what) {
    return dpone_error_set(image->error, DPONE_INVALID_ARGUMENT,
                           "%s: not a shared object that can be read: %s", image->path, what);
}

/* Copies `size` bytes at `offset`; 0 when they are not all there. */
static int copy_at(const struct image *image, uint64_t offset, void *out, size_t size) {
    if (offset > image->size || size > image->size - offset) {
        return 0;
    }
    memcpy(out, image->data + offset, size);
    return 1;
}

static int32_t read_header(const struct image *image, Elf64_Ehdr *header) {
    if (!copy_at(image, 0, header, sizeof(*header)) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) {
        return damaged(image, "it is no ELF file");
    }
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB) {
        return damaged(image, "it is not for a 64-bit little-endian machine");
    }
    if (header->e_type != ET_DYN) {
        return damaged(image, "it is no shared object");
    }
    return DPONE_OK;
}

static int read_section(const struct image *image, const Elf64_Ehdr *header, size_t index,
                        Elf64_Shdr *section) {
    return index < header->e_shnum && header->e_shentsize == sizeof(*section) &&
           copy_at(image, header->e_shoff + index * sizeof(*section), section, sizeof(*section)) &&
           (section->sh_type == SHT_NOBITS ||
            (section->sh_offset <= image->size && section->sh_size <= image->size - section->sh_offset));
}

/* The string at `offset` of a string table, or NULL when it does not end within the table. */
static const char *string_at(const struct image *image, const Elf64_Shdr *strings, uint64_t offset) {
    if (offset >= strings->sh_size) {
        return NULL;
    }
    const char *text = (const char *)image->data + strings->sh_offset + offset;
    return memchr(text, '\0', (size_t)(strings->sh_size - offset)) == NULL ? NULL : text;
}

static int add_name(struct dpone_names *names, const char *name) {
    if (name == NULL || names->count == NAMES_MAXIMUM) {
        return 0;
    }
    if ((names->count & (names->count - 1)) == 0) {
        size_t capacity = names->count == 0 ? 1 : names->count * 2;
        char **items = realloc(names->items, capacity * sizeof(*items));
        if (items == NULL) {
            return 0;
        }
        names->items = items;
    }
    names->items[names->count] = strdup(name);
    return names->items[names->count] != NULL && ++names->count > 0;
}

static int is_visible(const Elf64_Sym *symbol) {
    int binding = ELF64_ST_BIND(symbol->st_info);
    int visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    return (binding == STB_GLOBAL || binding == STB_WEAK || binding == STB_GNU_UNIQUE) &&
           (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

static int32_t read_symbols(struct dpone_elf *out, const struct image *image, const Elf64_Shdr *table,
                            const Elf64_Shdr *strings) {
    for (uint64_t i = 1; i < table->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;
        if (!copy_at(image, table->sh_offset + i * sizeof(symbol), &symbol, sizeof(symbol))) {
            return damaged(image, "a symbol lies outside of it");
        }
        struct dpone_names *names = symbol.st_shndx == SHN_UNDEF ? &out->imports : &out->exports;
        if (symbol.st_shndx != SHN_UNDEF && !is_visible(&symbol)) {
            continue;
        }
        if (!add_name(names, string_at(image, strings, symbol.st_name))) {
            return damaged(image, "a symbol has no name");
        }
    }
    return DPONE_OK;
}

static int32_t read_dynamic(struct dpone_elf *out, const struct image *image, const Elf64_Shdr *table,
                            const Elf64_Shdr *strings) {
    for (uint64_t i = 0; i < table->sh_size / sizeof(Elf64_Dyn); i++) {
        Elf64_Dyn entry;
        if (!copy_at(image, table->sh_offset + i * sizeof(entry), &entry, sizeof(entry))) {
            return damaged(image, "an entry of its dynamic section lies outside of it");
        }
        if (entry.d_tag == DT_NULL) {
            break;
        }
        if (entry.d_tag == DT_NEEDED &&
            !add_name(&out->needed, string_at(image, strings, entry.d_un.d_val))) {
            return damaged(image, "a needed library has no name");
        }
        if (entry.d_tag == DT_TEXTREL || (entry.d_tag == DT_FLAGS && (entry.d_un.d_val & DF_TEXTREL))) {
            out->text_relocations = 1;
        }
    }
    return DPONE_OK;
}

static int32_t read_sections(struct dpone_elf *out, const struct image *image, const Elf64_Ehdr *header) {
    int found = 0;
    for (size_t i = 0; i < header->e_shnum; i++) {
        Elf64_Shdr section;
        Elf64_Shdr strings;
        if (!read_section(image, header, i, &section)) {
            return damaged(image, "a section lies outside of it");
        }
        if (section.sh_type != SHT_DYNSYM && section.sh_type != SHT_DYNAMIC) {
            continue;
        }
        if (!read_section(image, header, section.sh_link, &strings)) {
            return damaged(image, "a section has no string table");
        }
        int32_t status = section.sh_type == SHT_DYNSYM ? read_symbols(out, image, &section, &strings)
                                                       : read_dynamic(out, image, &section, &strings);
        if (status != DPONE_OK) {
            return status;
        }
        found++;
    }
    return found >= 2 ? DPONE_OK : damaged(image, "it has no dynamic symbols");
}

static int32_t read_segments(struct dpone_elf *out, const struct image *image, const Elf64_Ehdr *header) {
    out->executable_stack = 1;
    for (size_t i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr segment;
        if (header->e_phentsize != sizeof(segment) ||
            !copy_at(image, header->e_phoff + i * sizeof(segment), &segment, sizeof(segment))) {
            return damaged(image, "a segment lies outside of it");
        }
        if (segment.p_type == PT_GNU_STACK) {
            out->executable_stack = (segment.p_flags & PF_X) != 0;
        }
    }
    return DPONE_OK;
}

int32_t dpone_elf_read(struct dpone_elf *out, const char *path, struct dpone_error *error) {
    char *data = NULL;
    size_t size = 0;
    Elf64_Ehdr header;
    *out = (struct dpone_elf){0};
    int32_t status = dpone_path_read(&data, &size, path, ELF_BYTES_MAXIMUM, error);
    if (status != DPONE_OK) {
        return status;
    }
    struct image image = {path, (const uint8_t *)data, size, error};
    status = read_header(&image, &header);
    if (status == DPONE_OK) {
        status = read_sections(out, &image, &header);
    }
    if (status == DPONE_OK) {
        status = read_segments(out, &image, &header);
    }
    free(data);
    return status;
}

void dpone_elf_clear(struct dpone_elf *elf) {
    dpone_names_clear(&elf->needed);
    dpone_names_clear(&elf->exports);
    dpone_names_clear(&elf->imports);
}
