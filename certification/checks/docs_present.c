/* docs_present: the guide has its runbooks, tells of every option, and leads nowhere that is not there. */
#include "../check.h"

#include "../path.h"
#include "../sealed.h"
#include "../subject.h"
#include "package_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const inputs[] = {
    "README.md",      "docs/",  "schemas/options.schema.json", "examples/", "src/",
    "certification/", "tests/", DPONE_PACKAGE_MANIFEST,        NULL};

static const char *const runbooks[] = {"credentials", "rate limits", "retries", "schema drift",
                                       "failed quality checks"};
#define RUNBOOK_COUNT (sizeof(runbooks) / sizeof(runbooks[0]))

/* Less text than this says nothing that helps at three in the morning. */
#define RUNBOOK_LETTERS 120

static const char *const placeholders[] = {"todo",          "tbd",          "fixme",
                                           "lorem ipsum",   "placeholder",  "coming soon",
                                           "to be written", "fill in this", NULL};

/* One section of a Markdown text. */
struct section {
    const char *title;
    size_t title_size;
    int line;
    const char *body;
    size_t body_size;
};

static char *guide_path(const struct dpone_check_run *run) {
    return dpone_format("docs/%s.md", run->subject->package->connector);
}

/* ---- Runbooks ---- */

static int holds_word(const char *text, size_t size, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= size; i++) {
        if (strncasecmp(text + i, word, length) == 0 && (i == 0 || !isalnum((unsigned char)text[i - 1])) &&
            (i + length == size || !isalnum((unsigned char)text[i + length]))) {
            return 1;
        }
    }
    return 0;
}

static size_t heading_level(const char *start, size_t size) {
    size_t level = strspn(start, "#");
    return level > 0 && level <= 6 && level < size && start[level] == ' ' ? level : 0;
}

/* Finds the section whose heading holds `title`; its body ends at the next heading of its level or a higher
 * one. */
static int find_section(struct section *out, const char *text, const char *title) {
    const char *at = text;
    const char *start = NULL;
    size_t size = 0;
    int line = 0;
    int fenced = 0;
    size_t level = 0;
    *out = (struct section){0};
    while (dpone_package_line(&at, &start, &size, &line)) {
        fenced ^= size >= 3 && strncmp(start, "```", 3) == 0;
        size_t found = fenced ? 0 : heading_level(start, size);
        if (found > 0 && out->title != NULL && found <= level) {
            out->body_size = (size_t)(start - out->body);
            return 1;
        }
        if (found > 0 && out->title == NULL && holds_word(start + found, size - found, title)) {
            *out = (struct section){start + found + 1, size - found - 1, line, at, 0};
            level = found;
        }
    }
    out->body_size = out->title == NULL ? 0 : strlen(out->body);
    return out->title != NULL;
}

static size_t count_letters(const char *text, size_t size) {
    size_t letters = 0;
    for (size_t i = 0; i < size; i++) {
        letters += isalnum((unsigned char)text[i]) || (unsigned char)text[i] >= 0x80;
    }
    return letters;
}

static void expect_own_text(struct dpone_check_run *run, const struct section *sections, size_t index,
                            const char *where) {
    const struct section *section = &sections[index];
    size_t letters = count_letters(section->body, section->body_size);
    dpone_expect(run, letters >= RUNBOOK_LETTERS, where, "a runbook of at least 120 letters and digits",
                 "%zu", letters);
    for (size_t i = 0; placeholders[i] != NULL; i++) {
        dpone_expect(run, !holds_word(section->body, section->body_size, placeholders[i]), where,
                     "text of the author's own", "the placeholder \"%s\"", placeholders[i]);
    }
    for (size_t i = 0; i < index; i++) {
        int same = sections[i].title != NULL && sections[i].body_size == section->body_size &&
                   strncmp(sections[i].body, section->body, section->body_size) == 0;
        dpone_expect(run, !same, where, "text of its own", "the text of the runbook \"%s\"", runbooks[i]);
    }
}

static void check_runbooks(struct dpone_check_run *run, void *context) {
    struct section sections[RUNBOOK_COUNT];
    char where[256];
    const char *text = context;
    char *path = guide_path(run);
    for (size_t i = 0; i < RUNBOOK_COUNT; i++) {
        int found = find_section(&sections[i], text, runbooks[i]);
        (void)snprintf(where, sizeof(where), "%s:%d", path == NULL ? "docs" : path,
                       found ? sections[i].line : 1);
        if (dpone_expect(run, found, where, runbooks[i], "there is no heading with these words")) {
            expect_own_text(run, sections, i, where);
        }
    }
    free(path);
}

/* ---- Options ---- */

static void expect_option(struct dpone_check_run *run, const char *text, const char *option) {
    char quoted[256];
    char *path = guide_path(run);
    (void)snprintf(quoted, sizeof(quoted), "`%.200s`", option);
    dpone_expect(run, strstr(text, quoted) != NULL, path == NULL ? "docs" : path, quoted,
                 "the option is not documented");
    free(path);
}

static void check_options(struct dpone_check_run *run, void *context) {
    char *text = dpone_package_text(run, "schemas/options.schema.json");
    json_t *schema = text == NULL ? NULL : json_loads(text, 0, NULL);
    const char *name;
    json_t *value;
    dpone_case_remedy(
        run, "Describe every option of schemas/options.schema.json in the guide, its name in backticks.");
    dpone_expect(run, json_is_object(json_object_get(schema, "properties")), "schemas/options.schema.json",
                 "an object with properties", "none");
    json_object_foreach(json_object_get(schema, "properties"), name, value) {
        (void)value;
        expect_option(run, context, name);
    }
    json_decref(schema);
    free(text);
}

/* ---- Links ---- */

static int is_elsewhere(const char *target) {
    return *target == '\0' || *target == '#' || strstr(target, "://") != NULL ||
           strncmp(target, "mailto:", 7) == 0;
}

static void expect_link(struct dpone_check_run *run, const char *document, int line, const char *target) {
    char where[300];
    const char *slash = strrchr(document, '/');
    int folder = slash == NULL ? 0 : (int)(slash - document) + 1;
    char *path = dpone_format("%s/%.*s%.*s", run->subject->package->directory, folder, document,
                              (int)strcspn(target, "#?"), target);
    (void)snprintf(where, sizeof(where), "%s:%d", document, line);
    dpone_expect(run, path != NULL && (dpone_path_is_file(path) || dpone_directory_exists(path)), where,
                 "a link to a file that is there", "%s", target);
    free(path);
}

/* The targets of `](target)` outside of code. */
static void visit_document(struct dpone_check_run *run, const char *document, void *context) {
    char *text = dpone_package_text(run, document);
    const char *at = text == NULL ? "" : text;
    const char *start = NULL;
    size_t size = 0;
    int line = 0;
    int fenced = 0;
    (void)context;
    while (dpone_package_line(&at, &start, &size, &line)) {
        fenced ^= size >= 3 && strncmp(start, "```", 3) == 0;
        for (size_t i = 0; !fenced && i + 1 < size; i++) {
            size_t length = strncmp(start + i, "](", 2) == 0 ? strcspn(start + i + 2, ") \n") : 0;
            char target[512];
            if (length > 0 && length < sizeof(target) && i + 2 + length < size) {
                memcpy(target, start + i + 2, length);
                target[length] = '\0';
                if (!is_elsewhere(target)) {
                    expect_link(run, document, line, target);
                }
            }
        }
    }
    free(text);
}

static void check_links(struct dpone_check_run *run, void *context) {
    static const char *const endings[] = {".md", NULL};
    (void)context;
    dpone_case_remedy(run, "Correct the link, or add the file that it names.");
    visit_document(run, "README.md", NULL);
    dpone_package_visit(run, "docs/", endings, visit_document, NULL);
}

static void check_docs_present(struct dpone_check_run *run) {
    char *path = guide_path(run);
    char *full = path == NULL ? NULL : dpone_package_path(run->subject->package, path);
    char *text = NULL;
    size_t size = 0;
    struct dpone_error error = DPONE_ERROR_INIT;
    int there = full != NULL && dpone_path_read(&text, &size, full, (size_t)8 << 20, &error) == DPONE_OK;
    if (dpone_case_begin(run, "guide")) {
        dpone_expect(run, there && size > 0, path == NULL ? "docs" : path, "the guide of the connector", "%s",
                     error.message);
        dpone_case_end(run);
    }
    if (there) {
        dpone_case_run(run, "runbooks", check_runbooks, text);
        dpone_case_run(run, "options", check_options, text);
    }
    dpone_case_run(run, "links", check_links, NULL);
    free(text);
    free(full);
    free(path);
}

const struct dpone_check dpone_check_docs_present = {
    .id = "docs_present",
    .title = "A guide with runbooks",
    .proves =
        "The guide has the five runbooks with text of their own, documents every option, and its links lead "
        "somewhere.",
    .remedy = "Write what a person on call must know under the headings Credentials, Rate limits, Retries, "
              "Schema drift "
              "and Failed quality checks.",
    .group = DPONE_GROUP_PACKAGE,
    .profile = DPONE_PROFILE_STATIC,
    .inputs = inputs,
    .run = check_docs_present,
};
