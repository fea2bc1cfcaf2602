/* Secrets that are written into a document as they are. The messages never hold them. */
#include "manifest/frame.h"
#include "manifest/manifest.h"
#include "manifest/secret_text.h"

static void report(struct dpone_diagnostics *diagnostics, const struct dpone_frame *frame, const char *format,
                   ...) DPONE_PRINTF(3, 4);

static void report(struct dpone_diagnostics *diagnostics, const struct dpone_frame *frame, const char *format,
                   ...) {
    struct dpone_diagnostic problem = {
        .severity = DPONE_SEVERITY_ERROR, .status = DPONE_INVALID_ARGUMENT, .hidden = 1, .keyword = "secret"};
    va_list arguments;
    va_start(arguments, format);
    dpone_frame_problem(diagnostics, &problem, frame, frame->raw, NULL, format, arguments);
    va_end(arguments);
}

static int is_literal(const struct dpone_node *node) {
    enum dpone_node_kind kind = dpone_node_kind(node);
    return kind == DPONE_NODE_INT || kind == DPONE_NODE_FLOAT ||
           (kind == DPONE_NODE_STRING && dpone_node_text(node).size > 0 &&
            !dpone_is_secret_reference(dpone_node_text(node)));
}

/* Whether the frame's key is a secret's; of an item and of `value`, the key around it. */
static int is_named_secret(const struct dpone_frame *frame) {
    const struct dpone_string value = dpone_string_of("value");
    while (frame->parent != NULL &&
           (frame->key == NULL || dpone_string_equal(dpone_frame_key(frame), value))) {
        frame = frame->parent;
    }
    return frame->key != NULL && dpone_is_secret_name(dpone_frame_key(frame));
}

static void check_frame(const struct dpone_frame *frame, struct dpone_diagnostics *diagnostics) {
    if (is_named_secret(frame) && is_literal(frame->node)) {
        report(diagnostics, frame,
               "a secret is written here; use connection_type env, vault or airflow, or {secret: env:NAME}");
    } else if (dpone_node_kind(frame->node) == DPONE_NODE_STRING &&
               dpone_holds_credentials(dpone_node_text(frame->node))) {
        report(diagnostics, frame,
               "credentials are written into this text; use connection_type env, vault or airflow, or "
               "{secret: env:NAME}");
    }
    struct dpone_cursor cursor = dpone_cursor_of(frame->node);
    struct dpone_frame child = {.parent = frame};
    while (dpone_frame_next(&cursor, &child)) {
        check_frame(&child, diagnostics);
    }
}

void dpone_manifest_check_secrets(const struct dpone_tree *tree, struct dpone_diagnostics *diagnostics) {
    struct dpone_frame root = {.node = dpone_tree_root(tree), .raw = dpone_tree_root(tree)};
    check_frame(&root, diagnostics);
}
