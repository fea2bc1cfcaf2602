/* A table from libyaml's problems to ours: see yaml_problem.h. */
#include "manifest/yaml_problem.h"

#include <string.h>

/* Where a problem is shown. */
enum place {
    HERE,      /* where libyaml noticed it */
    SINCE,     /* where what it was reading begins */
    ESCAPE,    /* at the backslash, two characters before */
    UNCLOSED,  /* HERE, unless the bracket was never closed: then at the bracket */
    CHARACTER, /* HERE, worded by the character that stands there */
    COLON,     /* HERE, unless the line before is `key:value`: then there */
};

#define INDENTATION_TAB "tab in the indentation; use spaces"
#define NO_KEY_CAN_STAND                                                                                     \
    "`:` where no key can stand; quote a value that contains `: `, or correct the indentation"
#define KEY_EXPECTED "a key was expected here; correct the indentation, or quote the value before"
#define KEY_WITHOUT_COLON "a key without its `: `; add it, or correct the indentation"
#define MALFORMED_TAG "a tag that is malformed; a manifest is plain YAML, remove the tag"
#define UNKNOWN_DIRECTIVE "a directive that YAML does not have; remove the line"
#define BAD_VERSION "dpone reads YAML 1.1 and 1.2; write %YAML 1.2, or remove the line"
#define BAD_ESCAPE                                                                                           \
    "bad escape in double quotes; \\x takes 2 hexadecimal digits, \\u 4 and \\U 8, of a character"

/* The first problem that libyaml's words begin with counts. */
static const struct known_problem {
    const char *problem;
    const char *message;
    enum place place;
} problems[] = {
    {"control characters are not allowed",
     "control character or noncharacter; remove it, or write it as an escape in double quotes", HERE},
    {"mapping values are not allowed in this context", NO_KEY_CAN_STAND, COLON},
    {"found unexpected ':'", NO_KEY_CAN_STAND, HERE},
    {"mapping keys are not allowed in this context",
     "`? ` where no key can stand; put a value that begins with it in quotes", HERE},
    {"could not find expected ':'", KEY_WITHOUT_COLON, SINCE},
    {"did not find expected key", KEY_EXPECTED, CHARACTER},
    {"did not find expected '-' indicator",
     "`- ` or the end of the list was expected here; correct the indentation", CHARACTER},
    {"block sequence entries are not allowed in this context",
     "`- ` cannot stand here; start the list on a line of its own", HERE},
    {"did not find expected ',' or ']'", "`,` or `]` was expected here; close the `[` or separate its items",
     UNCLOSED},
    {"did not find expected ',' or '}'",
     "`,` or `}` was expected here; close the `{` or separate its entries", UNCLOSED},
    {"did not find expected node content",
     "a value was expected here; add one, or put text that begins with this character in quotes", HERE},
    {"found unexpected end of stream", "the quoted text that starts here has no end; add the closing quote",
     SINCE},
    {"found unexpected document indicator",
     "the quoted text that starts here runs into a document marker; add the closing quote", SINCE},
    {"found unknown escape character",
     "unknown escape in double quotes; write `\\\\` for a backslash, or use single quotes", HERE},
    {"did not find expected hexdecimal number", BAD_ESCAPE, ESCAPE},
    {"found invalid Unicode character escape code", BAD_ESCAPE, ESCAPE},
    {"found a tab character", INDENTATION_TAB, HERE},
    {"found an indentation indicator equal to 0",
     "an indentation indicator counts from 1 to 9; correct it, or leave it out", HERE},
    {"did not find expected comment or line break", "the line must end here; start the text on the next line",
     HERE},
    {"found character that cannot start any token",
     "this character cannot start a value; put the value in quotes", CHARACTER},
    {"did not find expected alphabetic or numeric character",
     "an alias or anchor needs a name of letters, digits, `-` and `_`; put text that begins with `*` or `&` "
     "in quotes",
     SINCE},
    {"did not find expected <document start>", "the document ended before this; correct the indentation",
     HERE},
    {"found undefined tag handle",
     "a tag whose beginning no %TAG line explains; a manifest is plain YAML, remove the tag", HERE},
    {"found duplicate %TAG directive", "a second %TAG line for one beginning; remove it", HERE},
    {"found duplicate %YAML directive", "a second %YAML line; remove it", HERE},
    {"found incompatible YAML document", BAD_VERSION, HERE},
    {"did not find expected digit or '.' character", BAD_VERSION, SINCE},
    {"did not find expected version number", BAD_VERSION, SINCE},
    {"found extremely long version number", BAD_VERSION, SINCE},
    {"could not find expected directive name", UNKNOWN_DIRECTIVE, SINCE},
    {"found unexpected non-alphabetical character", UNKNOWN_DIRECTIVE, SINCE},
    {"found unknown directive name", UNKNOWN_DIRECTIVE, SINCE},
    {"did not find", MALFORMED_TAG, SINCE},
    {"found an incorrect", MALFORMED_TAG, SINCE},
    {"", "this is not YAML; correct it", HERE},
};

static const struct known_problem *find_problem(const char *words) {
    const struct known_problem *known = problems;
    while (strncmp(words, known->problem, strlen(known->problem)) != 0) {
        known++;
    }
    return known;
}

/* How far the line of a byte is indented. *line is where it begins. */
static size_t indentation_of(const struct dpone_source *source, size_t at, size_t *line) {
    while (at > source->start && source->data[at - 1] != '\n' && source->data[at - 1] != '\r') {
        at--;
    }
    *line = at;
    return strspn(source->data + at, " ");
}

/* 1 when the text has gone back to where the bracket's line begins: what comes is no item any more. */
static int is_left_open(const struct dpone_source *source, size_t bracket, size_t at) {
    size_t opening;
    size_t current;
    size_t outer = indentation_of(source, bracket, &opening);
    size_t inner = indentation_of(source, at, &current);
    return at >= source->size || (opening != current && inner <= outer);
}

/* 1 when the line before is indented the same and holds `key:value`, which YAML takes for text that goes on
 * in this line. *key is where it begins. */
static int follows_key_without_space(const struct dpone_source *source, size_t at, size_t *key) {
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t line;
    size_t before;
    size_t indentation = indentation_of(source, at, &line);
    if (line == source->start || indentation_of(source, line - 1, &before) != indentation) {
        return 0;
    }
    *key = before + indentation;
    size_t colon = *key + strspn(source->data + *key, name);
    return colon > *key && source->data[colon] == ':' && strchr(" \t\r\n", source->data[colon + 1]) == NULL;
}

/* Characters that say themselves what is wrong. */
static const char *describe_character(char character, const char *otherwise) {
    switch (character) {
    case '\t':
        return INDENTATION_TAB;
    case ']':
        return "`]` without its `[`; remove it, or put the text in quotes";
    case '}':
        return "`}` without its `{`; remove it, or put the text in quotes";
    default:
        return otherwise;
    }
}

void dpone_yaml_problem_report(const struct dpone_source *source, const struct dpone_yaml_failure *failure,
                               struct dpone_diagnostics *diagnostics) {
    const struct known_problem *known = find_problem(failure->problem == NULL ? "" : failure->problem);
    const char *message = known->message;
    size_t at = failure->at;
    size_t key;
    if (known->place == SINCE) {
        at = failure->since;
    } else if (known->place == ESCAPE) {
        at -= 2;
    } else if (known->place == CHARACTER) {
        message = describe_character(source->data[at], message);
    } else if (known->place == COLON && follows_key_without_space(source, at, &key)) {
        at = key;
        message = KEY_WITHOUT_COLON;
    } else if (known->place == UNCLOSED && is_left_open(source, failure->since, at)) {
        at = failure->since;
        message = source->data[at] == '[' ? "the `[` that starts here has no end; add the closing `]`"
                                          : "the `{` that starts here has no end; add the closing `}`";
    }
    dpone_source_error(source, diagnostics, at, at < source->size ? at + 1 : at, DPONE_INVALID_ARGUMENT, "%s",
                       message);
}
