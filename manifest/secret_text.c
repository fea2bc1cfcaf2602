/* Recognizing secrets by tables of names and beginnings: see secret_text.h. */
#include "manifest/secret_text.h"

#include <string.h>

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int is_letter(char c) {
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int continues_key(char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

/* A name in lower case with one '_' between words: accessToken and access-token become access_token. */
enum { NAME_BYTES = 96 };

static size_t normalize(char out[NAME_BYTES], struct dpone_string name) {
    size_t size = 0;
    for (size_t i = 0; i < name.size && size + 2 < NAME_BYTES; i++) {
        char c = name.data[i];
        int starts_word = c >= 'A' && c <= 'Z' && i > 0 && name.data[i - 1] >= 'a' && name.data[i - 1] <= 'z';
        if (starts_word) {
            out[size++] = '_';
        }
        out[size++] = is_letter(c) || is_digit(c) ? lower(c) : '_';
    }
    out[size] = '\0';
    return size;
}

/* 1 when the name is the word, or ends with it behind a '_'; *before is how long the rest is. */
static int ends_with_word(const char *name, size_t size, const char *word, size_t *before) {
    size_t length = strlen(word);
    if (size < length || memcmp(name + size - length, word, length) != 0 ||
        (size > length && name[size - length - 1] != '_')) {
        return 0;
    }
    *before = size - length;
    return 1;
}

int dpone_is_secret_name(struct dpone_string name) {
    static const char *const words[] = {
        "password",   "pass",       "passwd",      "pass_phrase", "ssh_key",        "bearer",
        "passphrase", "pwd",        "secret",      "token",       "api_key",        "apikey",
        "access_key", "secret_key", "private_key", "account_key", "encryption_key", "signing_key",
        "auth_key",   "shared_key", "master_key",  "credential",  "credentials"};
    /* Tokens that say where the next page begins, or which load this is. */
    static const char *const harmless[] = {"page",   "next",      "cursor",        "continuation", "sync",
                                           "resume", "next_page", "deduplication", "idempotency"};
    char normal[NAME_BYTES];
    size_t size = normalize(normal, name);
    size_t before;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!ends_with_word(normal, size, words[i], &before)) {
            continue;
        }
        size_t ignored;
        for (size_t j = 0; before > 1 && j < sizeof harmless / sizeof harmless[0]; j++) {
            if (ends_with_word(normal, before - 1, harmless[j], &ignored)) {
                return 0;
            }
        }
        return 1;
    }
    return 0;
}

static int starts_with(struct dpone_string text, const char *prefix) {
    size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

/* ${NAME}, without a value of its own as in ${NAME:-value}, and without one behind it. */
static int begins_with_variable(struct dpone_string text) {
    if (!starts_with(text, "${")) {
        return 0;
    }
    size_t end = 2;
    while (end < text.size && text.data[end] != '}') {
        int gives_value = text.data[end] == ':' && end + 2 < text.size &&
                          (text.data[end + 1] == '-' || text.data[end + 1] == '=') &&
                          text.data[end + 2] != '}';
        if (gives_value) {
            return 0;
        }
        end++;
    }
    return end + 1 >= text.size || (!is_letter(text.data[end + 1]) && !is_digit(text.data[end + 1]));
}

int dpone_is_secret_reference(struct dpone_string text) {
    static const char *const prefixes[] = {"env:", "file:", "vault:", "airflow:", "{{", "<"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (starts_with(text, prefixes[i])) {
            return 1;
        }
    }
    return begins_with_variable(text);
}

/* Stands where a credential would: empty, a template, asterisks. */
static int is_stand_in(struct dpone_string text) {
    return text.size == 0 || dpone_is_secret_reference(text) || strchr("*%${[<", text.data[0]) != NULL ||
           starts_with(text, "...");
}

static size_t find(struct dpone_string text, size_t from, const char *wanted) {
    size_t size = strlen(wanted);
    for (; from + size <= text.size; from++) {
        if (memcmp(text.data + from, wanted, size) == 0) {
            return from;
        }
    }
    return text.size;
}

int dpone_holds_address_with_password(struct dpone_string text) {
    for (size_t at = find(text, 0, "://"); at < text.size; at = find(text, at + 3, "://")) {
        size_t colon = 0;
        int is_oracle = at >= 6 && memcmp(text.data + at - 6, "oracle", 6) == 0; /* user/password@host */
        const char *ends = is_oracle ? " \t\n\"'" : "/ \t\n\"'";
        for (size_t i = at + 3; i < text.size && strchr(ends, text.data[i]) == NULL; i++) {
            if ((text.data[i] == ':' || text.data[i] == '/') && colon == 0) {
                colon = i;
            }
            if (text.data[i] == '@') {
                if (colon > 0 && !is_stand_in((struct dpone_string){text.data + colon + 1, i - colon - 1})) {
                    return 1;
                }
                break;
            }
        }
    }
    return 0;
}

/* `user:password@tcp(host:port)/db`, as drivers of Go have it, `unix(` likewise. */
static int has_driver_address(struct dpone_string text) {
    static const char *const networks[] = {"@tcp(", "@unix("};
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
        size_t at = find(text, 0, networks[i]);
        size_t first = at;
        while (at < text.size && first > 0 && strchr(": \t\n\"'", text.data[first - 1]) == NULL) {
            first--;
        }
        if (at < text.size && first > 0 && text.data[first - 1] == ':' &&
            !is_stand_in((struct dpone_string){text.data + first, at - first})) {
            return 1;
        }
    }
    return 0;
}

/* "Bearer" and "Basic" with a literal behind them that is no word: eight characters with a digit or '='. */
static int has_authorization(struct dpone_string text) {
    static const char *const schemes[] = {"Bearer ", "Basic "};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        for (size_t at = find(text, 0, schemes[i]); at < text.size; at = find(text, at + 1, schemes[i])) {
            size_t first = at + strlen(schemes[i]);
            size_t end = first;
            int is_coded = 0;
            while (end < text.size &&
                   (continues_key(text.data[end]) || strchr("=+/.~", text.data[end]) != NULL)) {
                is_coded |= is_digit(text.data[end]) || text.data[end] == '=';
                end++;
            }
            if (is_coded && end - first >= 8) {
                return 1;
            }
        }
    }
    return 0;
}

/* So many bytes of a value tell whether it is a stand-in. */
enum { TOLD_BYTES = 16 };

/* `password=value` as in `host=db password=value` or `Server=db;Pwd=value`, and in the query of an address.
 */
static int has_assigned_password(struct dpone_string text) {
    for (size_t at = find(text, 0, "="); at < text.size; at = find(text, at + 1, "=")) {
        size_t first = at;
        while (first > 0 && (is_letter(text.data[first - 1]) || text.data[first - 1] == '_')) {
            first--;
        }
        size_t end = at + 1;
        while (end < text.size && end - at <= TOLD_BYTES && strchr(" \t\n;&,", text.data[end]) == NULL) {
            end++;
        }
        struct dpone_string name = {text.data + first, at - first};
        struct dpone_string value = {text.data + at + 1, end - at - 1};
        int compared = at + 1 < text.size && text.data[at + 1] == '='; /* a condition, no assignment */
        if (!compared && dpone_is_secret_name(name) && !is_stand_in(value) && value.data[0] != ':' &&
            value.data[0] != '?') {
            return 1;
        }
    }
    return 0;
}

/* What keys of well-known services begin with, and how many letters, digits, '-' and '_' follow at least. */
static const struct {
    const char *beginning;
    size_t rest;
} known_keys[] = {{"AKIA", 16}, {"ghp_", 30},  {"gho_", 30},  {"github_pat_", 22}, {"glpat-", 20},
                  {"SG.", 40},  {"xoxb-", 10}, {"xoxp-", 10}, {"sk_live_", 16},    {"rk_live_", 16},
                  {"AIza", 35}, {"eyJ", 30},   {"ya29.", 20}, {"sk-", 20},         {"-----BEGIN ", 0}};

/* How long the key is that a text begins with, `beginning` being known. */
static size_t key_size(struct dpone_string text, size_t beginning) {
    size_t size = beginning;
    while (size < text.size && continues_key(text.data[size])) {
        size++;
    }
    return size;
}

const char *dpone_find_known_key(struct dpone_string text) {
    for (size_t at = 0; at < text.size; at++) {
        struct dpone_string rest = {text.data + at, text.size - at};
        int starts_word = at == 0 || !continues_key(text.data[at - 1]);
        for (size_t i = 0; starts_word && i < sizeof known_keys / sizeof known_keys[0]; i++) {
            if (known_keys[i].beginning[0] != rest.data[0]) {
                continue;
            }
            size_t beginning = strlen(known_keys[i].beginning);
            if (starts_with(rest, known_keys[i].beginning) &&
                key_size(rest, beginning) >= beginning + known_keys[i].rest) {
                return known_keys[i].beginning;
            }
        }
    }
    return NULL;
}

int dpone_holds_credentials(struct dpone_string text) {
    return dpone_find_known_key(text) != NULL || dpone_holds_address_with_password(text) ||
           has_assigned_password(text) || has_driver_address(text) || has_authorization(text);
}

static size_t skip_any(struct dpone_string text, size_t at, const char *set) {
    while (at < text.size && text.data[at] != '\0' && strchr(set, text.data[at]) != NULL) {
        at++;
    }
    return at;
}

/* The name that ends at `end`, spaces and quotes left out. */
static struct dpone_string name_before(struct dpone_string text, size_t end) {
    while (end > 0 && text.data[end - 1] != '\0' && strchr(" \t\"'", text.data[end - 1]) != NULL) {
        end--;
    }
    size_t first = end;
    while (first > 0 && (continues_key(text.data[first - 1]) || text.data[first - 1] == '.')) {
        first--;
    }
    return (struct dpone_string){text.data + first, end - first};
}

int dpone_line_holds_secret(struct dpone_string line) {
    for (size_t at = 0; at < line.size; at++) {
        if ((line.data[at] != ':' && line.data[at] != '=') || !dpone_is_secret_name(name_before(line, at))) {
            continue;
        }
        size_t value = skip_any(line, at + 1, " \t\"'");
        if (value < line.size &&
            !dpone_is_secret_reference((struct dpone_string){line.data + value, line.size - value})) {
            return 1;
        }
    }
    return dpone_holds_credentials(line);
}
