/* Walking down a document: each step knows where it came from, so that a problem can say where it is. */
#ifndef DPONE_MANIFEST_FRAME_H
#define DPONE_MANIFEST_FRAME_H

#include "manifest/tree_tape.h"

/* One step of the way from the root of a document to the node that is looked at. On the stack. */
struct dpone_frame {
    const struct dpone_frame *parent;
    const struct dpone_node *node; /* resolved */
    const struct dpone_node *raw;  /* as written: errors point here */
    const struct dpone_node *key;  /* raw, of an entry; NULL for an item and the root */
    size_t index;                  /* of an item */
};

/* The frame of an entry's value; node and raw are NULL when the key is absent or `parent` is no mapping. */
struct dpone_frame dpone_frame_get(const struct dpone_frame *parent, const char *key);

/* The next entry or item of parent->node; 0 past the last. Starts with *cursor =
 * dpone_cursor_of(parent->node) and *child = {.parent = parent}. */
int dpone_frame_next(struct dpone_cursor *cursor, struct dpone_frame *child);

/* Key of an entry; empty for an item and the root. */
struct dpone_string dpone_frame_key(const struct dpone_frame *frame);

/* 1 when the frame's value is a secret by its key or by itself: messages must not show it. */
int dpone_frame_is_secret(const struct dpone_frame *frame);

/* Steps from the root. */
size_t dpone_frame_depth(const struct dpone_frame *frame);

/* The JSON pointer of a frame behind `prefix` (the pointer of the frame without a parent; NULL: none),
 * malloced; NULL without memory. */
char *dpone_frame_pointer(const struct dpone_frame *frame, const char *prefix);

/* The same for people, "sink.strategy.mode" or "schemas.app.tables[0]"; NULL for the root too. */
char *dpone_frame_place(const struct dpone_frame *frame, const char *prefix);

/* The JSON pointer of a node in its document with `suffix` behind it, malloced; NULL without memory. */
char *dpone_node_pointer(const struct dpone_node *node, const char *suffix);

/* Adds an error or warning (template->severity) at a frame: place, path and position are filled in here. `at`
 * is the node it points to: frame->raw, or frame->key. */
void dpone_frame_problem(struct dpone_diagnostics *diagnostics, const struct dpone_diagnostic *template,
                         const struct dpone_frame *frame, const struct dpone_node *at, const char *prefix,
                         const char *format, va_list arguments) DPONE_PRINTF(6, 0);

#endif
