/* Printing results: see validate_output.h. */
#include "manifest/validate_output.h"

#include <string.h>

#include "manifest/secret_text.h"
#include "manifest/show.h"
#include "manifest/source.h"
#include "manifest/utf8.h"

static const char *severity_name(const struct dpone_diagnostic *problem) {
    return problem->severity == DPONE_SEVERITY_ERROR ? "error" : "warning";
}

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

/* Whether the next problem is among the first of its severity, of which so many are shown. */
static int is_shown(size_t seen[2], const struct dpone_diagnostic *problem) {
    return seen[problem->severity == DPONE_SEVERITY_ERROR]++ < DPONE_VALIDATE_SHOWN;
}

/* ---- Text */

enum { SHOWN_COLUMNS = 160 };

/* The source line of a problem, and a caret below its first character. */
static void print_source(FILE *stream, const struct dpone_source *source,
                         const struct dpone_diagnostic *problem) {
    struct dpone_string line = dpone_source_line(source, problem->start.line);
    if (line.size == 0 || line.size > SHOWN_COLUMNS || problem->hidden || dpone_line_holds_secret(line) ||
        !dpone_show_is_plain(line)) {
        return;
    }
    fprintf(stream, "  %.*s\n  ", (int)line.size, line.data);
    size_t at = 0;
    for (uint32_t column = 1; column < problem->start.column && at < line.size; column++) {
        fputc(dpone_utf8_next(line, &at) == '\t' ? '\t' : ' ', stream);
    }
    size_t width = problem->end.line == problem->start.line && problem->end.column > problem->start.column
                       ? problem->end.column - problem->start.column
                       : 1;
    fputc('^', stream);
    for (size_t i = 1; i < width; i++) {
        fputc('~', stream);
    }
    fputc('\n', stream);
}

static void print_text_problem(FILE *stream, const struct dpone_validate_style *style, const char *path,
                               const struct dpone_diagnostic *problem) {
    const char *colour = problem->severity == DPONE_SEVERITY_ERROR ? "\033[31m" : "\033[33m";
    fputs(path, stream);
    if (problem->start.line > 0) {
        fprintf(stream, ":%u:%u", (unsigned)problem->start.line, (unsigned)problem->start.column);
    }
    fprintf(stream, ": %s%s%s: ", style->has_colour ? colour : "", severity_name(problem),
            style->has_colour ? "\033[0m" : "");
    if (problem->place != NULL) {
        fprintf(stream, "%s: ", problem->place);
    }
    fprintf(stream, "%s\n", problem->message);
}

/* The file once more, for its lines; all zero when it cannot be read or nobody looks. */
static void open_source(struct dpone_source *source, const struct dpone_validate_style *style,
                        const char *path, const struct dpone_diagnostics *diagnostics) {
    struct dpone_diagnostics ignored = {.keep = 1};
    if (style->is_terminal && diagnostics->count > 0) {
        dpone_source_open_file(source, path, UINT32_MAX - 1, &ignored);
        dpone_diagnostics_clear(&ignored);
    }
}

static void print_text_file(FILE *stream, const struct dpone_validate_style *style, const char *path,
                            const struct dpone_diagnostics *diagnostics) {
    struct dpone_source source = {.name = NULL};
    open_source(&source, style, path, diagnostics);
    size_t more = diagnostics->errors + diagnostics->warnings;
    size_t seen[2] = {0, 0};
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct dpone_diagnostic *problem = &diagnostics->items[i];
        if (!is_shown(seen, problem)) {
            continue;
        }
        more--;
        print_text_problem(stream, style, path, problem);
        if (source.marks != NULL && problem->start.line > 0) {
            print_source(stream, &source, problem);
        }
    }
    if (more > 0) {
        fprintf(stream, "%s: %zu more problem%s\n", path, more, plural(more));
    }
    dpone_source_clear(&source);
}

static void print_text_summary(FILE *stream, const struct dpone_validate_summary *summary) {
    fprintf(stream, "%zu file%s, %zu error%s", summary->files, plural(summary->files), summary->errors,
            plural(summary->errors));
    if (summary->warnings > 0) {
        fprintf(stream, ", %zu warning%s", summary->warnings, plural(summary->warnings));
    }
    fprintf(stream, ", %.1f ms\n", summary->elapsed_ms);
}

/* ---- JSON */

static void print_json_text(FILE *stream, const char *key, const char *text) {
    fprintf(stream, "\"%s\": ", key);
    dpone_write_json_text(stream, dpone_string_of(text == NULL ? "" : text));
}

static void print_json_problem(FILE *stream, const struct dpone_diagnostic *problem, int is_first) {
    fputs(is_first ? "\n        {" : ",\n        {", stream);
    print_json_text(stream, "path", problem->path);
    fputs(", ", stream);
    print_json_text(stream, "schema_path", problem->schema_path);
    fputs(", ", stream);
    print_json_text(stream, "keyword", problem->keyword);
    fputs(", ", stream);
    print_json_text(stream, "message", problem->message);
    fprintf(stream, ", \"line\": %u, \"column\": %u, \"end_line\": %u, \"end_column\": %u}",
            (unsigned)problem->start.line, (unsigned)problem->start.column, (unsigned)problem->end.line,
            (unsigned)problem->end.column);
}

static void print_json_list(FILE *stream, const char *key, const struct dpone_diagnostics *diagnostics,
                            int32_t severity) {
    size_t shown = 0;
    fprintf(stream, "      \"%s\": [", key);
    for (size_t i = 0; i < diagnostics->count && shown < DPONE_VALIDATE_SHOWN; i++) {
        if (diagnostics->items[i].severity == severity) {
            print_json_problem(stream, &diagnostics->items[i], shown++ == 0);
        }
    }
    fputs(shown > 0 ? "\n      ]" : "]", stream);
}

static void print_json_file(FILE *stream, const char *path, const struct dpone_diagnostics *diagnostics,
                            int is_first) {
    fputs(is_first ? "\n    {\n      " : ",\n    {\n      ", stream);
    print_json_text(stream, "file", path);
    fprintf(stream, ",\n      \"valid\": %s,\n", diagnostics->errors == 0 ? "true" : "false");
    print_json_list(stream, "errors", diagnostics, DPONE_SEVERITY_ERROR);
    fprintf(stream, ",\n      \"error_count\": %zu,\n", diagnostics->errors);
    print_json_list(stream, "warnings", diagnostics, DPONE_SEVERITY_WARNING);
    fprintf(stream, ",\n      \"warning_count\": %zu\n    }", diagnostics->warnings);
}

static void print_json_summary(FILE *stream, const struct dpone_validate_summary *summary) {
    fprintf(stream,
            "%s],\n  \"summary\": {\"files\": %zu, \"valid\": %zu, \"invalid\": %zu, \"errors\": %zu, "
            "\"warnings\": %zu, "
            "\"elapsed_ms\": %.1f}\n}\n",
            summary->files > 0 ? "\n  " : "", summary->files, summary->files - summary->invalid,
            summary->invalid, summary->errors, summary->warnings, summary->elapsed_ms);
}

/* ---- Workflow commands */

/* Text of a workflow command; in a property ':' and ',' are special too. */
static void print_escaped(FILE *stream, const char *text, int is_property) {
    for (; *text != '\0'; text++) {
        if (*text == '%' || *text == '\r' || *text == '\n' ||
            (is_property && (*text == ':' || *text == ','))) {
            fprintf(stream, "%%%02X", (unsigned)(unsigned char)*text);
        } else {
            fputc(*text, stream);
        }
    }
}

static void print_github_problem(FILE *stream, const char *path, const struct dpone_diagnostic *problem) {
    fprintf(stream, "::%s file=", severity_name(problem));
    print_escaped(stream, path, 1);
    if (problem->start.line > 0) {
        fprintf(stream, ",line=%u,col=%u,endLine=%u,endColumn=%u", (unsigned)problem->start.line,
                (unsigned)problem->start.column, (unsigned)problem->end.line, (unsigned)problem->end.column);
    }
    fputs("::", stream);
    if (problem->place != NULL) {
        print_escaped(stream, problem->place, 0);
        fputs(": ", stream);
    }
    print_escaped(stream, problem->message, 0);
    fputc('\n', stream);
}

static void print_github_file(FILE *stream, const char *path, const struct dpone_diagnostics *diagnostics) {
    size_t more = diagnostics->errors + diagnostics->warnings;
    size_t seen[2] = {0, 0};
    for (size_t i = 0; i < diagnostics->count; i++) {
        if (is_shown(seen, &diagnostics->items[i])) {
            print_github_problem(stream, path, &diagnostics->items[i]);
            more--;
        }
    }
    if (more > 0) {
        fputs("::error file=", stream);
        print_escaped(stream, path, 1);
        fprintf(stream, "::%zu more problem%s\n", more, plural(more));
    }
}

/* ---- All of them */

void dpone_validate_print_head(FILE *stream, const struct dpone_validate_style *style) {
    if (style->format == DPONE_VALIDATE_JSON) {
        fputs("{\n  \"files\": [", stream);
    }
}

void dpone_validate_print_file(FILE *stream, const struct dpone_validate_style *style, const char *path,
                               const struct dpone_diagnostics *diagnostics, int is_first) {
    if (style->format == DPONE_VALIDATE_JSON) {
        print_json_file(stream, path, diagnostics, is_first);
    } else if (style->format == DPONE_VALIDATE_GITHUB) {
        print_github_file(stream, path, diagnostics);
    } else {
        print_text_file(stream, style, path, diagnostics);
    }
}

void dpone_validate_print_summary(FILE *stream, const struct dpone_validate_style *style,
                                  const struct dpone_validate_summary *summary) {
    if (style->format == DPONE_VALIDATE_JSON) {
        print_json_summary(stream, summary);
    } else {
        print_text_summary(stream, summary);
    }
}

void dpone_validate_print_failure(FILE *stream, const struct dpone_validate_style *style,
                                  const char *message) {
    if (style->format == DPONE_VALIDATE_JSON) {
        fputs("{\n  \"files\": [],\n  ", stream);
        print_json_text(stream, "error", message);
        fputs("\n}\n", stream);
    } else if (style->format == DPONE_VALIDATE_GITHUB) {
        fputs("::error::", stream);
        print_escaped(stream, message, 0);
        fputc('\n', stream);
    }
}
