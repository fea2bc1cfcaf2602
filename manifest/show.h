/* Values and names as messages show them: short, on one line, without anything a terminal would act on. */
#ifndef DPONE_MANIFEST_SHOW_H
#define DPONE_MANIFEST_SHOW_H

#include <stdio.h>

#include "manifest/tree.h"

enum { DPONE_SHOWN_BYTES = 80, DPONE_SHOWN_TYPES_BYTES = 160 };

/* Text in double quotes with the escapes of JSON, cut when it is long. Returns `out`, as the others do. */
const char *dpone_show_text(char out[DPONE_SHOWN_BYTES], struct dpone_string text);

/* The same without quotes. */
const char *dpone_show_bare(char out[DPONE_SHOWN_BYTES], struct dpone_string text);

/* A key in backticks, cut when it is long. */
const char *dpone_show_key(char out[DPONE_SHOWN_BYTES], struct dpone_string text);

/* A scalar as JSON, "a list", "a mapping". */
const char *dpone_show_value(char out[DPONE_SHOWN_BYTES], const struct dpone_node *node);

/* 1 for text without controls but tabs, and without what turns its direction: it may be printed as it is. */
int dpone_show_is_plain(struct dpone_string text);

/* "a string", "an integer" for the kind of a node. Static storage. */
const char *dpone_show_kind(enum dpone_node_kind kind);

/* "a string or an integer" for a mask with the bits 1 << enum dpone_node_kind. */
const char *dpone_show_kinds(char out[DPONE_SHOWN_TYPES_BYTES], uint32_t kinds);

/* Writes text in double quotes as JSON has it, whole. */
void dpone_write_json_text(FILE *stream, struct dpone_string text);

#endif
