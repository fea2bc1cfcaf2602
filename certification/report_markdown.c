/* The report as Markdown: a page that a reviewer reads, made from the JSON alone. */
#include "report.h"

#include "canonical.h"

#include <stdio.h>
#include <string.h>

static void add(struct dpone_canonical_text *out, const char *text) {
    dpone_canonical_text_add_string(out, text);
}

/* Text inside a table or a line: what Markdown would read as its own is escaped, and it stays one line. */
static void add_plain(struct dpone_canonical_text *out, const char *text) {
    for (; *text != '\0'; text++) {
        if (strchr("|`*_<>[]\\", *text) != NULL) {
            dpone_canonical_text_add(out, "\\", 1);
        }
        dpone_canonical_text_add(out, *text == '\n' || *text == '\r' ? " " : text, 1);
    }
}

static void add_row(struct dpone_canonical_text *out, const char *name, const char *value) {
    add(out, "| ");
    add(out, name);
    add(out, " | ");
    add_plain(out, value);
    add(out, " |\n");
}

static void add_facts(struct dpone_canonical_text *out, const json_t *report) {
    char seed[32];
    const json_t *plugin = json_object_get(report, "plugin");
    const json_t *fixture = json_object_get(report, "fixture");
    (void)snprintf(seed, sizeof(seed), "%lld",
                   (long long)json_integer_value(json_object_get(report, "seed")));
    add(out, "| | |\n|---|---|\n");
    add_row(out, "connector", dpone_json_text(report, "connector"));
    add_row(out, "type", dpone_json_text(report, "connector_type"));
    add_row(out, "version", dpone_json_text(report, "connector_version"));
    add_row(out, "profile", dpone_json_text(report, "profile"));
    add_row(out, "seed", seed);
    add_row(out, "system", dpone_json_text(fixture, "system"));
    add_row(out, "plug-in SHA-256", dpone_json_text(plugin, "sha256"));
    add_row(out, "dpone", dpone_json_text(report, "dpone_version"));
    add_row(out, "created", dpone_json_text(report, "created_at"));
    add_row(out, "verdict digest", dpone_json_text(report, "verdict_digest"));
    add(out, "\n");
}

static void add_problems(struct dpone_canonical_text *out, const json_t *problems) {
    if (json_array_size(problems) == 0) {
        return;
    }
    add(out, "## Problems\n\n");
    for (size_t i = 0; i < json_array_size(problems); i++) {
        add(out, "- ");
        add_plain(out, json_string_value(json_array_get(problems, i)));
        add(out, "\n");
    }
    add(out, "\n");
}

static void add_checks(struct dpone_canonical_text *out, const json_t *checks) {
    add(out, "## Checks\n\n| check | required | verdict | why |\n|---|---|---|---|\n");
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *entry = json_array_get(checks, i);
        add(out, "| `");
        add(out, dpone_json_text(entry, "check"));
        add(out, json_is_true(json_object_get(entry, "required")) ? "` | yes | " : "` | no | ");
        add(out, dpone_json_text(entry, "verdict"));
        add(out, " | ");
        add_plain(out, dpone_json_text(entry, "reason"));
        add(out, " |\n");
    }
    add(out, "\n");
}

static void add_line(struct dpone_canonical_text *out, const char *name, const char *value) {
    if (*value != '\0') {
        add(out, "  - ");
        add(out, name);
        add(out, ": ");
        add_plain(out, value);
        add(out, "\n");
    }
}

static void add_failed_case(struct dpone_canonical_text *out, const char *check, const json_t *failed) {
    const json_t *failures = json_object_get(failed, "failures");
    add(out, "- `");
    add(out, check);
    add(out, "`, case `");
    add(out, dpone_json_text(failed, "case"));
    add(out, "`\n");
    add_line(out, "reason", dpone_json_text(failed, "reason"));
    for (size_t i = 0; i < json_array_size(failures); i++) {
        const json_t *failure = json_array_get(failures, i);
        add_line(out, "where", dpone_json_text(failure, "where"));
        add_line(out, "expected", dpone_json_text(failure, "expected"));
        add_line(out, "observed", dpone_json_text(failure, "observed"));
    }
    add_line(out, "remedy", dpone_json_text(failed, "remedy"));
    add_line(out, "rerun", dpone_json_text(failed, "rerun"));
}

static void add_failures(struct dpone_canonical_text *out, const json_t *checks) {
    int any = 0;
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *entry = json_array_get(checks, i);
        const json_t *failed = json_object_get(entry, "failed_cases");
        for (size_t k = 0; k < json_array_size(failed); k++) {
            if (!any++) {
                add(out, "## Failures\n\n");
            }
            add_failed_case(out, dpone_json_text(entry, "check"), json_array_get(failed, k));
        }
    }
    if (any) {
        add(out, "\n");
    }
}

char *dpone_report_markdown(const json_t *report) {
    struct dpone_canonical_text out = {0};
    const json_t *checks = json_object_get(report, "checks");
    add(&out, "# Certification of ");
    add_plain(&out, dpone_json_text(report, "connector"));
    add(&out, ": ");
    add(&out, dpone_json_text(report, "status"));
    add(&out, "\n\n");
    add_facts(&out, report);
    add_problems(&out, json_object_get(report, "problems"));
    add_checks(&out, checks);
    add_failures(&out, checks);
    add(&out, "Made from certification_report.json, which alone counts. A digest is not a signature.\n");
    if (out.failed) {
        dpone_canonical_text_clear(&out);
        return NULL;
    }
    return out.data;
}
