/* Names: what is refused and why stands in tables; a suggestion is made from whatever was typed. */
#include "generator/name.h"

#include <stdio.h>
#include <string.h>

#include "manifest/utf8.h"

enum { MAX_PART_BYTES = 255 };

static const char *const c_keywords[] = {"auto",       "break",     "case",           "char",
                                         "const",      "continue",  "default",        "do",
                                         "double",     "else",      "enum",           "extern",
                                         "float",      "for",       "goto",           "if",
                                         "inline",     "int",       "long",           "register",
                                         "restrict",   "return",    "short",          "signed",
                                         "sizeof",     "static",    "struct",         "switch",
                                         "typedef",    "union",     "unsigned",       "void",
                                         "volatile",   "while",     "_Alignas",       "_Alignof",
                                         "_Atomic",    "_Bool",     "_Complex",       "_Generic",
                                         "_Imaginary", "_Noreturn", "_Static_assert", "_Thread_local",
                                         "alignas",    "alignof",   "bool",           "constexpr",
                                         "false",      "nullptr",   "static_assert",  "thread_local",
                                         "true",       "typeof",    "typeof_unqual",  "asm",
                                         NULL};

static const char *const c_names[] = {"main", "errno", "environ", "stdin", "stdout", "stderr", NULL};

static const char *const yaml_words[] = {"null", "yes", "no", "on", "off", NULL};

/* Headers of C, POSIX and glibc without their suffix. */
static const char *const c_headers[] = {
    "aio",      "aliases",   "alloca",    "ar",          "argp",     "argz",      "assert",    "byteswap",
    "complex",  "cpio",      "crypt",     "ctype",       "dirent",   "dlfcn",     "elf",       "endian",
    "envz",     "err",       "errno",     "error",       "execinfo", "fcntl",     "features",  "fenv",
    "float",    "fmtmsg",    "fnmatch",   "fpu_control", "fstab",    "fts",       "ftw",       "gconv",
    "getopt",   "glob",      "grp",       "gshadow",     "iconv",    "ieee754",   "ifaddrs",   "inttypes",
    "iso646",   "langinfo",  "lastlog",   "libgen",      "libintl",  "limits",    "link",      "locale",
    "malloc",   "math",      "mcheck",    "memory",      "mntent",   "monetary",  "mqueue",    "ndbm",
    "netdb",    "nl_types",  "nss",       "obstack",     "paths",    "poll",      "printf",    "proc_service",
    "pthread",  "pty",       "pwd",       "re_comp",     "regex",    "regexp",    "resolv",    "sched",
    "search",   "semaphore", "setjmp",    "sgtty",       "shadow",   "signal",    "spawn",     "stab",
    "stdalign", "stdarg",    "stdatomic", "stdbit",      "stdbool",  "stdckdint", "stddef",    "stdint",
    "stdio",    "stdio_ext", "stdlib",    "stdnoreturn", "string",   "strings",   "stropts",   "syscall",
    "sysexits", "syslog",    "tar",       "termio",      "termios",  "tgmath",    "thread_db", "threads",
    "time",     "trace",     "ttyent",    "uchar",       "ucontext", "ulimit",    "unistd",    "utime",
    "utmp",     "utmpx",     "values",    "varargs",     "wait",     "wchar",     "wctype",    "wordexp",
    "xlocale",  NULL};

static const char *const c_header_folders[] = {"arpa",    "asm",       "bits", "gnu",  "linux", "net",
                                               "netinet", "protocols", "rpc",  "scsi", "sys",   NULL};

static const char *const cmake_targets[] = {
    "all",        "test",         "install",       "clean",      "package",   "package_source",
    "help",       "edit_cache",   "rebuild_cache", "preinstall", "all_build", "run_tests",
    "zero_check", "experimental", "nightly",       "continuous", "depend",    "list_install_components",
    NULL};

static const char *const windows_devices[] = {"con",  "prn",  "aux",  "nul",   "com0",   "com1", "com2",
                                              "com3", "com4", "com5", "com6",  "com7",   "com8", "com9",
                                              "lpt0", "lpt1", "lpt2", "lpt3",  "lpt4",   "lpt5", "lpt6",
                                              "lpt7", "lpt8", "lpt9", "conin", "conout", NULL};

static const struct {
    const char *const *names;
    const char *reason;
} reserved[] = {
    {c_keywords, "is a keyword of C"},
    {c_names, "is a name that C keeps for itself"},
    {yaml_words, "is a word of YAML, not a text"},
    {cmake_targets, "is a target name that CMake reserves"},
    {windows_devices, "is a device name on Windows"},
    {c_headers, "is a header of the C library, which a file of that name would hide"},
};

/* Base letters of the Latin letters from U+00C0 on: each runs up to `last`. */
static const struct {
    uint32_t last;
    char letter;
} latin_letters[] = {
    {0xC6, 'a'},  {0xC7, 'c'},  {0xCB, 'e'},  {0xCF, 'i'},  {0xD0, 'd'},  {0xD1, 'n'},  {0xD6, 'o'},
    {0xD7, '_'},  {0xD8, 'o'},  {0xDC, 'u'},  {0xDD, 'y'},  {0xDE, 't'},  {0xDF, 's'},  {0xE6, 'a'},
    {0xE7, 'c'},  {0xEB, 'e'},  {0xEF, 'i'},  {0xF0, 'd'},  {0xF1, 'n'},  {0xF6, 'o'},  {0xF7, '_'},
    {0xF8, 'o'},  {0xFC, 'u'},  {0xFD, 'y'},  {0xFE, 't'},  {0xFF, 'y'},  {0x105, 'a'}, {0x10D, 'c'},
    {0x111, 'd'}, {0x11B, 'e'}, {0x123, 'g'}, {0x127, 'h'}, {0x133, 'i'}, {0x135, 'j'}, {0x138, 'k'},
    {0x142, 'l'}, {0x14B, 'n'}, {0x153, 'o'}, {0x159, 'r'}, {0x161, 's'}, {0x167, 't'}, {0x173, 'u'},
    {0x175, 'w'}, {0x178, 'y'}, {0x17E, 'z'}, {0x17F, 's'},
};

static int is_lower(char byte) {
    return byte >= 'a' && byte <= 'z';
}

static int is_upper(char byte) {
    return byte >= 'A' && byte <= 'Z';
}

static int is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

static char to_lower(char byte) {
    return is_upper(byte) ? (char)(byte - 'A' + 'a') : byte;
}

/* Equal but for letter case and `-` for `_`. */
static int same_name(const char *left, const char *right) {
    for (; *left != '\0' && *right != '\0'; left++, right++) {
        if (to_lower(*left == '-' ? '_' : *left) != to_lower(*right)) {
            return 0;
        }
    }
    return *left == *right;
}

static int is_listed(const char *const *names, const char *text) {
    while (*names != NULL && !same_name(text, *names)) {
        names++;
    }
    return *names != NULL;
}

/* Why the name belongs to somebody else, NULL when it does not. */
static const char *reserved_reason(const char *text) {
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (is_listed(reserved[i].names, text)) {
            return reserved[i].reason;
        }
    }
    return NULL;
}

/* 1 when `part` without the last `cut` bytes is one of the names. */
static int part_is_listed(const char *const *names, struct dpone_string part, size_t cut) {
    char text[DPONE_NAME_BYTES];
    if (part.size < cut || part.size - cut >= sizeof(text)) {
        return 0;
    }
    (void)snprintf(text, sizeof(text), "%.*s", (int)(part.size - cut), part.data);
    return is_listed(names, text);
}

int dpone_name_hides_header(const char *path) {
    struct dpone_string folder = {0}, file = dpone_string_of(path);
    for (const char *slash; (slash = memchr(file.data, '/', file.size)) != NULL;) {
        folder = (struct dpone_string){file.data, (size_t)(slash - file.data)};
        file = dpone_string_of(slash + 1);
    }
    return file.size > 2 && same_name(file.data + file.size - 2, ".h") &&
           (part_is_listed(c_headers, file, 2) || part_is_listed(c_header_folders, folder, 0));
}

int dpone_name_is_path_below(struct dpone_string path) {
    int depth = 0;
    for (size_t start = 0; start <= path.size; depth++) {
        size_t end = start;
        while (end < path.size && path.data[end] != '/') {
            unsigned char byte = (unsigned char)path.data[end++];
            if (byte < ' ' || byte == 0x7F || byte == '\\' || byte == ':') {
                return 0;
            }
        }
        struct dpone_string part = {path.data + start, end - start};
        if (part.size == 0 || part.size > MAX_PART_BYTES || dpone_string_equal(part, dpone_string_of(".")) ||
            dpone_string_equal(part, dpone_string_of(".."))) {
            return 0;
        }
        start = end + 1;
    }
    return depth <= DPONE_NAME_MAX_DEPTH;
}

static int is_of_the_sdk(const char *text) {
    return strncmp(text, "dpone", 5) == 0 && (text[5] == '\0' || text[5] == '_' || text[5] == '-');
}

static int has_only_name_characters(const char *text) {
    for (; *text != '\0'; text++) {
        if (!is_lower(*text) && !is_digit(*text) && *text != '_' && *text != '-') {
            return 0;
        }
    }
    return 1;
}

/* The first thing wrong with a name, NULL for a good one. */
static const char *reason_against(enum dpone_name_kind kind, const char *text) {
    if (*text == '\0') {
        return "is empty";
    }
    if (strchr(text, '/') != NULL || strcmp(text, ".") == 0 || strcmp(text, "..") == 0) {
        return "is a path, not a name";
    }
    const char *reason = reserved_reason(text);
    if (reason != NULL) {
        return reason;
    }
    if (kind == DPONE_NAME_CONNECTOR && is_of_the_sdk(text)) {
        return "begins as the SDK's own symbols do";
    }
    if (!has_only_name_characters(text)) {
        return "has characters other than a to z, 0 to 9, '_' and '-'";
    }
    if (!is_lower(*text)) {
        return "does not begin with a letter";
    }
    if (strlen(text) < DPONE_NAME_MIN_SIZE) {
        return "is shorter than 2 characters";
    }
    return strlen(text) > DPONE_NAME_MAX_SIZE ? "is longer than 63 characters" : NULL;
}

/* What a character becomes in a suggestion: a letter, a digit, '_', or 0 to leave it out (a combining
 * accent). */
static char plain_character(uint32_t character) {
    if (character < 0x80) {
        char byte = to_lower((char)character);
        return is_lower(byte) || is_digit(byte) ? byte : '_';
    }
    if (character >= 0x300 && character <= 0x36F) {
        return '\0';
    }
    for (size_t i = 0; character >= 0xC0 && i < sizeof(latin_letters) / sizeof(latin_letters[0]); i++) {
        if (character <= latin_letters[i].last) {
            return latin_letters[i].letter;
        }
    }
    return '_';
}

/* Letters, digits and single underscores of `text`, none at the ends, as many as fit. */
static void simplify(char out[DPONE_NAME_BYTES], const char *text) {
    struct dpone_string rest = dpone_string_of(text);
    int is_ascii;
    size_t size = 0, offset = 0;
    rest.size = dpone_utf8_text_end(rest.data, rest.size, &is_ascii);
    while (offset < rest.size && size < DPONE_NAME_MAX_SIZE) {
        char plain = plain_character(dpone_utf8_next(rest, &offset));
        if (plain != '\0' && (plain != '_' || (size > 0 && out[size - 1] != '_'))) {
            out[size++] = plain;
        }
    }
    while (size > 0 && out[size - 1] == '_') {
        size--;
    }
    out[size] = '\0';
}

void dpone_name_suggest(char out[DPONE_NAME_BYTES], const char *text) {
    static const char word[] = "connector";
    char simple[DPONE_NAME_BYTES];
    simplify(simple, text);
    size_t size = strlen(simple);
    if (size == 0) {
        (void)snprintf(out, DPONE_NAME_BYTES, "my_%s", word);
    } else if (is_of_the_sdk(simple)) {
        (void)snprintf(out, DPONE_NAME_BYTES, "my_%.*s", DPONE_NAME_MAX_SIZE - 3, simple);
    } else if (!is_lower(simple[0])) {
        (void)snprintf(out, DPONE_NAME_BYTES, "%s_%.*s", word, (int)(DPONE_NAME_MAX_SIZE - sizeof(word)),
                       simple);
    } else if (size < DPONE_NAME_MIN_SIZE || reserved_reason(simple) != NULL) {
        (void)snprintf(out, DPONE_NAME_BYTES, "%.*s_%s", (int)(DPONE_NAME_MAX_SIZE - sizeof(word)), simple,
                       word);
    } else {
        memcpy(out, simple, size + 1);
    }
}

/* How many bytes of a text of any length a message shows, whole characters only. */
static int shown_size(const char *text) {
    size_t size = strlen(text), limit = 80;
    while (limit > 0 && size > limit && !dpone_utf8_starts_character(text[limit])) {
        limit--;
    }
    return (int)(size < limit ? size : limit);
}

int32_t dpone_name_check(char out[DPONE_NAME_BYTES], enum dpone_name_kind kind, const char *text,
                         struct dpone_error *error) {
    static const char *const kinds[] = {"connector name", "package prefix"};
    const char *reason = reason_against(kind, text);
    if (reason != NULL) {
        char suggestion[DPONE_NAME_BYTES];
        dpone_name_suggest(suggestion, text);
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "the %s '%.*s' %s; use '%s' for example",
                               kinds[kind], shown_size(text), text, reason, suggestion);
    }
    size_t size = strlen(text);
    for (size_t i = 0; i <= size; i++) {
        out[i] = text[i] == '-' ? '_' : text[i];
    }
    return DPONE_OK;
}
