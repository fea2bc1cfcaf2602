/* date-time, date, time (RFC 3339), email (RFC 5321), hostname (RFC 1123), ipv4, ipv6 (RFC 4291), uri and
 * uri-reference (RFC 3986), uuid (RFC 4122), json-pointer (RFC 6901), relative-json-pointer, regex
 * (ECMA-262). */
#include "manifest/format.h"

#include <string.h>

#include "manifest/pattern.h"

static int is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int is_hex(char c) {
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static int is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Moves *at over exactly `count` digits and gives their value; -1 when they are not there. */
static int take_number(struct dpone_string text, size_t *at, int count) {
    int value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (*at >= text.size || !is_digit(text.data[*at])) {
            return -1;
        }
        value = value * 10 + (text.data[*at] - '0');
    }
    return value;
}

static int take(struct dpone_string text, size_t *at, const char *set) {
    if (*at < text.size && text.data[*at] != '\0' && strchr(set, text.data[*at]) != NULL) {
        (*at)++;
        return 1;
    }
    return 0;
}

static int days_of(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static int take_date(struct dpone_string text, size_t *at) {
    int year = take_number(text, at, 4);
    int dash = take(text, at, "-");
    int month = take_number(text, at, 2);
    int second_dash = take(text, at, "-");
    int day = take_number(text, at, 2);
    return year >= 0 && dash && month >= 1 && month <= 12 && second_dash && day >= 1 &&
           day <= days_of(year, month);
}

/* Z or an offset from UTC; *minutes east of it. */
static int take_zone(struct dpone_string text, size_t *at, int *minutes) {
    *minutes = 0;
    if (take(text, at, "Zz")) {
        return 1;
    }
    int west = *at < text.size && text.data[*at] == '-';
    if (!take(text, at, "+-")) {
        return 0;
    }
    int hours = take_number(text, at, 2);
    int colon = take(text, at, ":");
    int rest = take_number(text, at, 2);
    *minutes = (hours * 60 + rest) * (west ? -1 : 1);
    return hours >= 0 && hours <= 23 && colon && rest >= 0 && rest <= 59;
}

/* A leap second is the last of a day in UTC. */
static int take_time(struct dpone_string text, size_t *at) {
    int hour = take_number(text, at, 2);
    int colon = take(text, at, ":");
    int minute = take_number(text, at, 2);
    int second_colon = take(text, at, ":");
    int second = take_number(text, at, 2);
    if (hour < 0 || hour > 23 || !colon || minute < 0 || minute > 59 || !second_colon || second < 0 ||
        second > 60) {
        return 0;
    }
    if (take(text, at, ".")) {
        size_t first = *at;
        while (*at < text.size && is_digit(text.data[*at])) {
            (*at)++;
        }
        if (*at == first) {
            return 0;
        }
    }
    int east;
    if (!take_zone(text, at, &east)) {
        return 0;
    }
    int utc = ((hour * 60 + minute - east) % 1440 + 1440) % 1440;
    return second < 60 || utc == 23 * 60 + 59;
}

static int holds_date(struct dpone_string text) {
    size_t at = 0;
    return take_date(text, &at) && at == text.size;
}

static int holds_time(struct dpone_string text) {
    size_t at = 0;
    return take_time(text, &at) && at == text.size;
}

static int holds_date_time(struct dpone_string text) {
    size_t at = 0;
    return take_date(text, &at) && take(text, &at, "Tt") && take_time(text, &at) && at == text.size;
}

/* Labels of letters, digits and inner hyphens, at most 63 each and 253 in all. */
static int holds_hostname(struct dpone_string text) {
    size_t label = 0;
    if (text.size == 0 || text.size > 253) {
        return 0;
    }
    for (size_t i = 0; i <= text.size; i++) {
        if (i == text.size || text.data[i] == '.') {
            if (label == 0 || label > 63 || text.data[i - 1] == '-') {
                return 0;
            }
            label = 0;
            continue;
        }
        if (!is_letter(text.data[i]) && !is_digit(text.data[i]) && (text.data[i] != '-' || label == 0)) {
            return 0;
        }
        label++;
    }
    return 1;
}

static int holds_ipv4(struct dpone_string text) {
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        if (part > 0 && !take(text, &at, ".")) {
            return 0;
        }
        size_t first = at;
        int value = 0;
        while (at < text.size && is_digit(text.data[at]) && at - first < 3) {
            value = value * 10 + (text.data[at++] - '0');
        }
        if (at == first || value > 255 || (at - first > 1 && text.data[first] == '0')) {
            return 0;
        }
    }
    return at == text.size;
}

/* Eight groups of one to four hexadecimal digits; one run of them may be `::`, the last two an IPv4 address.
 */
static int holds_ipv6(struct dpone_string text) {
    size_t at = 0;
    int groups = 0;
    int shortened = 0;
    if (text.size >= 2 && text.data[0] == ':' && text.data[1] == ':') {
        shortened = 1;
        at = 2;
    }
    while (at < text.size) {
        size_t first = at;
        while (at < text.size && is_hex(text.data[at])) {
            at++;
        }
        if (at < text.size && text.data[at] == '.') {
            groups += 2;
            return holds_ipv4((struct dpone_string){text.data + first, text.size - first}) &&
                   (shortened ? groups < 8 : groups == 8);
        }
        groups++;
        if (at == first || at - first > 4) {
            return 0;
        }
        if (at == text.size) {
            break;
        }
        if (text.data[at++] != ':' || at == text.size) {
            return 0;
        }
        if (text.data[at] == ':') {
            if (shortened++) {
                return 0;
            }
            at++;
        }
    }
    return shortened ? groups < 8 : groups == 8;
}

static int is_email_atom(char c) {
    return is_letter(c) || is_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static int is_dot_atom(struct dpone_string text) {
    for (size_t i = 0; i < text.size; i++) {
        int good = text.data[i] == '.' ? i > 0 && i + 1 < text.size && text.data[i - 1] != '.'
                                       : is_email_atom(text.data[i]);
        if (!good) {
            return 0;
        }
    }
    return text.size > 0;
}

static int is_quoted_local(struct dpone_string text) {
    if (text.size < 2 || text.data[0] != '"' || text.data[text.size - 1] != '"') {
        return 0;
    }
    for (size_t i = 1; i + 1 < text.size; i++) {
        int escaped = text.data[i] == '\\';
        i += escaped ? 1 : 0;
        if (i + 1 >= text.size || (unsigned char)text.data[i] < 0x20 || (unsigned char)text.data[i] > 0x7E ||
            (text.data[i] == '"' && !escaped)) {
            return 0;
        }
    }
    return 1;
}

static int is_address_literal(struct dpone_string text) {
    static const char ipv6[] = "IPv6:";
    if (text.size < 2 || text.data[0] != '[' || text.data[text.size - 1] != ']') {
        return 0;
    }
    struct dpone_string inside = {text.data + 1, text.size - 2};
    if (inside.size > sizeof ipv6 - 1 && memcmp(inside.data, ipv6, sizeof ipv6 - 1) == 0) {
        return holds_ipv6(
            (struct dpone_string){inside.data + sizeof ipv6 - 1, inside.size - (sizeof ipv6 - 1)});
    }
    return holds_ipv4(inside);
}

static int holds_email(struct dpone_string text) {
    size_t at = text.size;
    while (at > 0 && text.data[at - 1] != '@') {
        at--;
    }
    if (at == 0) {
        return 0;
    }
    struct dpone_string local = {text.data, at - 1};
    struct dpone_string domain = {text.data + at, text.size - at};
    return (is_dot_atom(local) || is_quoted_local(local)) &&
           (holds_hostname(domain) || is_address_literal(domain));
}

/* Characters of a URI part: unreserved, sub-delims, escapes and those of `more`. */
static int is_uri_text(struct dpone_string text, size_t from, size_t to, const char *more) {
    for (size_t i = from; i < to; i++) {
        char c = text.data[i];
        if (c == '%') {
            if (i + 2 >= to || !is_hex(text.data[i + 1]) || !is_hex(text.data[i + 2])) {
                return 0;
            }
            i += 2;
        } else if (!is_letter(c) && !is_digit(c) &&
                   (c == '\0' || (strchr("-._~!$&'()*+,;=", c) == NULL && strchr(more, c) == NULL))) {
            return 0;
        }
    }
    return 1;
}

static size_t find_any(struct dpone_string text, size_t from, const char *set) {
    while (from < text.size && (text.data[from] == '\0' || strchr(set, text.data[from]) == NULL)) {
        from++;
    }
    return from;
}

/* [userinfo@]host[:port] between `from` and `to`. */
static int is_authority(struct dpone_string text, size_t from, size_t to) {
    size_t at = find_any(text, from, "@");
    if (at < to) {
        if (!is_uri_text(text, from, at, ":")) {
            return 0;
        }
        from = at + 1;
    }
    size_t host = from;
    if (from < to && text.data[from] == '[') {
        size_t close = find_any(text, from, "]");
        if (close >= to || !holds_ipv6((struct dpone_string){text.data + from + 1, close - from - 1})) {
            return 0;
        }
        host = close + 1;
    } else {
        host = find_any(text, from, ":");
        host = host < to ? host : to;
        if (!is_uri_text(text, from, host, "")) {
            return 0;
        }
    }
    if (host < to && text.data[host] != ':') {
        return 0;
    }
    for (size_t i = host + 1; i < to; i++) {
        if (!is_digit(text.data[i])) {
            return 0;
        }
    }
    return 1;
}

/* Length of `scheme:`, 0 without one. */
static size_t scheme_length(struct dpone_string text) {
    size_t at = 0;
    while (at < text.size &&
           (is_letter(text.data[at]) || (at > 0 && (is_digit(text.data[at]) || text.data[at] == '+' ||
                                                    text.data[at] == '-' || text.data[at] == '.')))) {
        at++;
    }
    return at > 0 && at < text.size && text.data[at] == ':' ? at + 1 : 0;
}

static int holds_uri_reference(struct dpone_string text) {
    size_t scheme = scheme_length(text);
    size_t at = scheme;
    if (text.size - at >= 2 && text.data[at] == '/' && text.data[at + 1] == '/') {
        size_t end = find_any(text, at + 2, "/?#");
        if (!is_authority(text, at + 2, end)) {
            return 0;
        }
        at = end;
    }
    size_t path = find_any(text, at, "?#");
    size_t query = find_any(text, path, "#");
    size_t fragment = query < text.size ? query + 1 : query;
    size_t query_from = path < text.size && text.data[path] == '?' ? path + 1 : path;
    size_t first_colon = find_any(text, at, ":");
    size_t first_slash = find_any(text, at, "/");
    if (scheme == 0 && first_colon < path && first_colon < first_slash) {
        return 0; /* `a:b` without a scheme before it is no relative path */
    }
    return is_uri_text(text, at, path, ":@/") && is_uri_text(text, query_from, query, ":@/?") &&
           is_uri_text(text, fragment, text.size, ":@/?");
}

static int holds_uri(struct dpone_string text) {
    return scheme_length(text) > 0 && holds_uri_reference(text);
}

static int holds_uuid(struct dpone_string text) {
    if (text.size != 36) {
        return 0;
    }
    for (size_t i = 0; i < 36; i++) {
        int dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.data[i] != '-' : !is_hex(text.data[i])) {
            return 0;
        }
    }
    return 1;
}

static int holds_json_pointer(struct dpone_string text) {
    if (text.size > 0 && text.data[0] != '/') {
        return 0;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '~' &&
            (i + 1 >= text.size || (text.data[i + 1] != '0' && text.data[i + 1] != '1'))) {
            return 0;
        }
    }
    return 1;
}

static int holds_relative_json_pointer(struct dpone_string text) {
    size_t at = 0;
    while (at < text.size && is_digit(text.data[at])) {
        at++;
    }
    if (at == 0 || (at > 1 && text.data[0] == '0')) {
        return 0;
    }
    struct dpone_string rest = {text.data + at, text.size - at};
    return (rest.size == 1 && rest.data[0] == '#') || holds_json_pointer(rest);
}

static int holds_regex(struct dpone_string text) {
    struct dpone_pattern *pattern = NULL;
    int good = dpone_pattern_compile(&pattern, text, NULL) == DPONE_OK;
    dpone_pattern_free(good ? pattern : NULL);
    return good;
}

static const struct dpone_format formats[] = {
    {"date-time", holds_date_time},
    {"date", holds_date},
    {"time", holds_time},
    {"email", holds_email},
    {"hostname", holds_hostname},
    {"ipv4", holds_ipv4},
    {"ipv6", holds_ipv6},
    {"uri", holds_uri},
    {"uri-reference", holds_uri_reference},
    {"uuid", holds_uuid},
    {"regex", holds_regex},
    {"json-pointer", holds_json_pointer},
    {"relative-json-pointer", holds_relative_json_pointer},
};

const struct dpone_format *dpone_format_find(struct dpone_string name) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (dpone_string_equal(name, dpone_string_of(formats[i].name))) {
            return &formats[i];
        }
    }
    return NULL;
}
