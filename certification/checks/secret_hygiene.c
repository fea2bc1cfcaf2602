/* secret_hygiene: no example, document or configuration of the package holds a literal credential, and
 * options that are secrets say so. */
#include "../check.h"

#include "../subject.h"
#include "package_text.h"

#include "manifest/secret_text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const inputs[] = {
    "README.md", "CMakeLists.txt", "CMakePresets.json",    "docs/", "examples/", "schemas/", "certification/",
    ".github/",  "src/",           DPONE_PACKAGE_MANIFEST, NULL};

/* A connection string and a header are secrets as a whole. */
static int is_secret_name(struct dpone_string name) {
    return dpone_is_secret_name(name) || dpone_string_equal(name, dpone_string_of("dsn")) ||
           dpone_string_equal(name, dpone_string_of("authorization"));
}

/* ---- YAML and JSON: keys of secrets with literal values ---- */

static void expect_reference(struct dpone_check_run *run, const char *file, const struct dpone_node *key,
                             const struct dpone_node *value) {
    char where[300];
    struct dpone_string name = dpone_node_text(key);
    struct dpone_position start = dpone_node_start(value);
    enum dpone_node_kind kind = dpone_node_kind(value);
    int literal = (kind == DPONE_NODE_STRING && dpone_node_text(value).size > 0) || kind == DPONE_NODE_INT ||
                  kind == DPONE_NODE_FLOAT;
    (void)snprintf(where, sizeof(where), "%s:%u:%u, %.*s", file, start.line, start.column, (int)name.size,
                   name.data);
    dpone_expect(run, !literal, where, "a reference: {secret: env:NAME} or {secret: file:PATH}",
                 "a literal value");
}

static int is_reference(const struct dpone_node *node) {
    struct dpone_string text = dpone_node_text(node);
    return text.size > 4 && (strncmp(text.data, "env:", 4) == 0 || strncmp(text.data, "file:", 5) == 0);
}

static void visit_node(struct dpone_check_run *run, const char *file, const struct dpone_node *node,
                       int depth) {
    for (size_t i = 0; depth < 64 && i < dpone_node_count(node); i++) {
        const struct dpone_node *value = dpone_node_at(node, i);
        const struct dpone_node *key =
            dpone_node_kind(node) == DPONE_NODE_MAPPING ? dpone_node_key_at(node, i) : NULL;
        struct dpone_string name = dpone_node_text(key);
        if (key != NULL && dpone_string_equal(name, dpone_string_of("secret"))) {
            char where[300];
            (void)snprintf(where, sizeof(where), "%s:%u:%u, secret", file, dpone_node_start(value).line,
                           dpone_node_start(value).column);
            dpone_expect(run, dpone_node_kind(value) == DPONE_NODE_MAPPING || is_reference(value), where,
                         "env:NAME or file:PATH", "a literal value");
        } else if (key != NULL && is_secret_name(name)) {
            expect_reference(run, file, key, value);
        }
        visit_node(run, file, value, depth + 1);
    }
}

static void visit_tree(struct dpone_check_run *run, const char *relative, void *context) {
    struct dpone_tree *tree = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    char *path = dpone_package_path(run->subject->package, relative);
    (void)context;
    /* A file that does not parse is manifest_validation's to report; its text is searched below all the same.
     */
    if (path != NULL && dpone_tree_read_file(&tree, path, NULL, &error) == DPONE_OK) {
        visit_node(run, relative, dpone_tree_root(tree), 0);
    }
    dpone_tree_free(tree);
    free(path);
}

/* ---- Any text: addresses with credentials, keys of well-known services ---- */

static struct dpone_string trim(struct dpone_string text, const char *skipped) {
    while (text.size > 0 && strchr(skipped, *text.data) != NULL) {
        text = (struct dpone_string){text.data + 1, text.size - 1};
    }
    while (text.size > 0 && strchr(skipped, text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    return text;
}

/* `password: hunter2`: a secret's name, and a literal behind it. */
static int has_literal_entry(struct dpone_string line) {
    const char *colon = memchr(line.data, ':', line.size);
    if (colon == NULL) {
        return 0;
    }
    size_t size = (size_t)(colon - line.data);
    struct dpone_string value = trim((struct dpone_string){colon + 1, line.size - size - 1}, " \t\"',");
    return is_secret_name(trim((struct dpone_string){line.data, size}, " \t\"'-")) && value.size > 0 &&
           !dpone_is_secret_reference(value) && strchr("*%${[<|>.#", *value.data) == NULL;
}

static int ends_with(const char *text, const char *ending) {
    size_t size = strlen(ending);
    return strlen(text) >= size && strcmp(text + strlen(text) - size, ending) == 0;
}

/* Whether the line belongs to code: always in a script, and between fences in Markdown. */
static int is_code(const char *relative, const char *line, size_t size, int *fenced) {
    static const char *const scripts[] = {".sh",   ".env",  ".ini",        ".cfg",
                                          ".conf", ".toml", ".properties", NULL};
    for (size_t i = 0; scripts[i] != NULL; i++) {
        if (ends_with(relative, scripts[i])) {
            return 1;
        }
    }
    *fenced ^= ends_with(relative, ".md") && size >= 3 && strncmp(line, "```", 3) == 0;
    return *fenced;
}

static void visit_text(struct dpone_check_run *run, const char *relative, void *context) {
    char *text = dpone_package_text(run, relative);
    const char *at = text == NULL ? "" : text;
    const char *start = NULL;
    char where[300];
    size_t size = 0;
    int line = 0;
    int fenced = 0;
    (void)context;
    while (dpone_package_line(&at, &start, &size, &line)) {
        struct dpone_string text_line = {start, size};
        const char *key = dpone_find_known_key(text_line);
        (void)snprintf(where, sizeof(where), "%s:%d", relative, line);
        if (dpone_holds_address_with_password(text_line)) {
            dpone_expect(run, 0, where, "an address without credentials", "user and password in an address");
        }
        if (is_code(relative, start, size, &fenced) &&
            (has_literal_entry(text_line) || dpone_holds_credentials(text_line))) {
            dpone_expect(run, 0, where, "a reference, or a word in place of the secret", "a literal value");
        }
        if (key != NULL) {
            dpone_expect(run, 0, where, "no credential", "a key that begins with %s", key);
        }
    }
    free(text);
}

static void check_literals(struct dpone_check_run *run, void *context) {
    static const char *const trees[] = {".yaml", ".yml", ".json", NULL};
    static const char *const every[] = {"", NULL};
    (void)context;
    for (const char *const *input = inputs; *input != NULL; input++) {
        dpone_package_visit(run, *input, trees, visit_tree, NULL);
        dpone_package_visit(run, *input, every, visit_text, NULL);
    }
}

/* ---- The options schema ---- */

static int takes_only_references(const json_t *option) {
    const json_t *type = json_object_get(option, "type");
    return json_is_string(type) && strcmp(json_string_value(type), "object") == 0 &&
           json_object_get(json_object_get(option, "properties"), "secret") != NULL;
}

static void check_schema(struct dpone_check_run *run, void *context) {
    char *text = dpone_package_text(run, "schemas/options.schema.json");
    json_t *schema = text == NULL ? NULL : json_loads(text, 0, NULL);
    const char *name;
    json_t *option;
    char where[200];
    (void)context;
    dpone_case_remedy(run,
                      "Let a secret option be an object with the one property `secret`, and writeOnly true.");
    dpone_expect(run, json_is_object(schema), "schemas/options.schema.json", "a JSON object", "none");
    json_object_foreach(json_object_get(schema, "properties"), name, option) {
        if (takes_only_references(option) || is_secret_name(dpone_string_of(name))) {
            (void)snprintf(where, sizeof(where), "schemas/options.schema.json, %.120s", name);
            dpone_expect(run, takes_only_references(option), where, "an object with the property `secret`",
                         "another type");
            dpone_expect(run, json_is_true(json_object_get(option, "writeOnly")), where, "writeOnly true",
                         "it is not set");
        }
    }
    json_decref(schema);
    free(text);
}

static void check_secret_hygiene(struct dpone_check_run *run) {
    dpone_case_run(run, "literals", check_literals, NULL);
    dpone_case_run(run, "schema", check_schema, NULL);
}

const struct dpone_check dpone_check_secret_hygiene = {
    .id = "secret_hygiene",
    .title = "No literal secret",
    .proves = "No example, document, source or configuration holds a literal credential, and every secret "
              "option takes "
              "references only and is writeOnly.",
    .remedy =
        "Replace the literal by {secret: env:NAME} or {secret: file:PATH}, and revoke what was published.",
    .group = DPONE_GROUP_PACKAGE,
    .profile = DPONE_PROFILE_STATIC,
    .inputs = inputs,
    .run = check_secret_hygiene,
};
