/* workflow_valid: the workflow parses, its actions are pinned, and it runs the certification where a failure
 * counts. */
#include "../check.h"

#include "../path.h"
#include "../subject.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKFLOW ".github/workflows/certification.yml"

static const char *const inputs[] = {WORKFLOW, NULL};

/* What runs the checks and fails with them. */
static const char *const certifying[] = {"run_certification.cmake", "dpone connectors certify", "ctest",
                                         ".certify", NULL};

/* What only looks so, and what lets a failure pass. */
static const char *const pretending[] = {"ctest -N", "--show-only", "--help", NULL};
static const char *const ignoring[] = {"|| true", "||true", "|| :", "||:", "|| exit 0", "|| echo", NULL};

struct workflow {
    const struct dpone_tree *tree;
    size_t certifying_steps;
};

static void where_of(const struct dpone_node *node, char where[96]) {
    struct dpone_position start = dpone_node_start(node);
    (void)snprintf(where, 96, WORKFLOW ":%u:%u", start.line, start.column);
}

/* owner/repository@<40 hexadecimal digits>, docker://image@sha256:<64>, or a path of this repository. */
static int is_pinned(struct dpone_string uses) {
    if (uses.size >= 2 && strncmp(uses.data, "./", 2) == 0) {
        return 1;
    }
    const char *at = memchr(uses.data, '@', uses.size);
    size_t size = at == NULL ? 0 : (size_t)(uses.data + uses.size - at - 1);
    size_t wanted = 40;
    if (at != NULL && size > 7 && strncmp(at + 1, "sha256:", 7) == 0) {
        at += 7;
        size -= 7;
        wanted = 64;
    }
    for (size_t i = 0; i < size; i++) {
        if (!isxdigit((unsigned char)at[1 + i])) {
            return 0;
        }
    }
    return size == wanted;
}

static int holds(struct dpone_string text, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= text.size; i++) {
        if (strncmp(text.data + i, word, length) == 0) {
            return 1;
        }
    }
    return 0;
}

static int holds_any(struct dpone_string text, const char *const *words) {
    for (; *words != NULL; words++) {
        if (holds(text, *words)) {
            return 1;
        }
    }
    return 0;
}

/* One line of a script, without indentation and comment; 0 at the end. */
static int next_line(struct dpone_string *rest, struct dpone_string *line) {
    if (rest->size == 0) {
        return 0;
    }
    const char *end = memchr(rest->data, '\n', rest->size);
    size_t size = end == NULL ? rest->size : (size_t)(end - rest->data);
    *line = (struct dpone_string){rest->data, size};
    size += end != NULL;
    *rest = (struct dpone_string){rest->data + size, rest->size - size};
    while (line->size > 0 && *line->data == ' ') {
        *line = (struct dpone_string){line->data + 1, line->size - 1};
    }
    for (size_t i = 0; i < line->size; i++) {
        if (line->data[i] == '#' && (i == 0 || line->data[i - 1] == ' ')) {
            line->size = i;
        }
    }
    return 1;
}

/* Does a line of the script certify? `*ignored` tells that its failure would not count. */
static int runs_certification(struct dpone_string script, int *ignored) {
    struct dpone_string line;
    int runs = 0;
    *ignored = 0;
    while (next_line(&script, &line)) {
        int certifies = holds_any(line, certifying) && !holds_any(line, pretending) &&
                        (line.size < 5 || strncmp(line.data, "echo ", 5) != 0);
        runs |= certifies;
        *ignored |= certifies && holds_any(line, ignoring);
    }
    return runs;
}

/* `if: false`, or `continue-on-error: true`: then the step does not run, or its failure does not count. */
static int is_toothless(const struct dpone_node *node) {
    int value = 0;
    const struct dpone_node *condition = dpone_node_get(node, "if");
    if (dpone_node_bool(dpone_node_get(node, "continue-on-error"), &value) && value) {
        return 1;
    }
    return condition != NULL &&
           ((dpone_node_bool(condition, &value) && !value) ||
            dpone_string_equal(dpone_node_text(condition), dpone_string_of("${{ false }}")));
}

static void check_step(struct dpone_check_run *run, struct workflow *workflow, const struct dpone_node *job,
                       const struct dpone_node *step) {
    char where[96];
    struct dpone_string uses = dpone_node_text(dpone_node_get(step, "uses"));
    struct dpone_string command = dpone_node_text(dpone_node_get(step, "run"));
    where_of(step, where);
    dpone_expect(run, uses.size > 0 || command.size > 0, where, "a step with `uses` or `run`", "neither");
    if (uses.size > 0) {
        where_of(dpone_node_get(step, "uses"), where);
        dpone_expect(run, is_pinned(uses), where, "an action pinned by the 40 digits of a commit", "%.*s",
                     (int)uses.size, uses.data);
    }
    int ignored = 0;
    if (runs_certification(command, &ignored)) {
        dpone_expect(run, !is_toothless(step) && !is_toothless(job), where,
                     "a step whose failure fails the workflow", "`if: false` or `continue-on-error: true`");
        dpone_expect(run, !ignored, where, "a step whose failure fails the workflow",
                     "`|| true`, or the like");
        workflow->certifying_steps++;
    }
}

static void check_job(struct dpone_check_run *run, struct workflow *workflow, const struct dpone_node *job) {
    char where[96];
    const struct dpone_node *steps = dpone_node_get(job, "steps");
    where_of(job, where);
    dpone_expect(
        run, dpone_node_text(dpone_node_get(job, "runs-on")).size > 0 || dpone_node_get(job, "uses") != NULL,
        where, "a job with `runs-on`", "none");
    for (size_t i = 0; i < dpone_node_count(steps); i++) {
        check_step(run, workflow, job, dpone_node_at(steps, i));
    }
}

static void check_jobs(struct dpone_check_run *run, void *context) {
    struct workflow *workflow = context;
    const struct dpone_node *root = dpone_tree_root(workflow->tree);
    const struct dpone_node *jobs = dpone_node_get(root, "jobs");
    dpone_expect(run, dpone_node_get(root, "on") != NULL, WORKFLOW, "`on`: when it runs", "it never runs");
    dpone_expect(run, dpone_node_kind(jobs) == DPONE_NODE_MAPPING && dpone_node_count(jobs) > 0, WORKFLOW,
                 "`jobs` with at least one job", "none");
    for (size_t i = 0; i < dpone_node_count(jobs); i++) {
        check_job(run, workflow, dpone_node_at(jobs, i));
    }
    dpone_expect(run, workflow->certifying_steps > 0, WORKFLOW,
                 "a step that runs certification/run_certification.cmake", "no step certifies");
}

static void check_parses(struct dpone_check_run *run, void *context) {
    const struct dpone_error *error = context;
    dpone_case_remedy(run, "Correct the YAML of the workflow.");
    dpone_expect(run, error->status == DPONE_OK, WORKFLOW, "a workflow that parses", "%s", error->message);
}

static void check_workflow_valid(struct dpone_check_run *run) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_tree *tree = NULL;
    char *path = dpone_package_path(run->subject->package, WORKFLOW);
    error.status =
        path == NULL ? (int32_t)DPONE_OUT_OF_MEMORY : dpone_tree_read_file(&tree, path, NULL, &error);
    dpone_case_run(run, "parses", check_parses, &error);
    if (tree != NULL) {
        struct workflow workflow = {.tree = tree};
        dpone_case_run(run, "jobs", check_jobs, &workflow);
    }
    dpone_tree_free(tree);
    free(path);
}

const struct dpone_check dpone_check_workflow_valid = {
    .id = "workflow_valid",
    .title = "The workflow certifies",
    .proves =
        "The workflow parses, pins its actions by commit, and runs the certification where a failure counts.",
    .remedy = "Pin every action in " WORKFLOW
              " by its commit, and let a step run certification/run_certification.cmake.",
    .group = DPONE_GROUP_PACKAGE,
    .profile = DPONE_PROFILE_STATIC,
    .inputs = inputs,
    .run = check_workflow_valid,
};
