/* A compiled schema from the inside: subschemas are lists of rules, a rule is one keyword (or a few that work
 * together).
 *
 * schema_documents.c finds the documents, schema_compile.c makes the rules, schema_rules.c and
 * schema_members.c apply them, schema_branches.c explains alternatives, schema_report.c words the errors. */
#ifndef DPONE_MANIFEST_SCHEMA_INTERNAL_H
#define DPONE_MANIFEST_SCHEMA_INTERNAL_H

#include "manifest/arena.h"
#include "manifest/format.h"
#include "manifest/frame.h"
#include "manifest/number.h"
#include "manifest/pattern.h"
#include "manifest/schema.h"
#include "manifest/string_map.h"
#include "manifest/tree_tape.h"

struct dpone_rule;
struct dpone_subschema;

typedef int (*dpone_rule_evaluate)(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                                   const struct dpone_frame *frame);

/* Bit of a node kind in masks. */
#define DPONE_KIND_BIT(kind) (1u << (kind))

/* Bit of "integer" in the mask of `type`, beyond the kinds: 1.0 is one too. */
enum { DPONE_TYPE_INTEGER = 1 << 8 };

/* minimum, multipleOf and so on. */
struct dpone_bound {
    struct dpone_number number;
    int64_t value; /* the same, where is_int64 */
    int32_t is_int64;
};

/* enum and const. */
struct dpone_value_set {
    const struct dpone_node **values;
    uint32_t *slots; /* 1 + index by hash, or 0; NULL for a few values */
    uint32_t mask;
    uint32_t count;
    uint32_t kinds; /* of the values */
};

struct dpone_subschema_list {
    struct dpone_subschema **items;
    size_t count;
};

/* items and additionalItems: the first items have a schema of their own each. */
struct dpone_items {
    struct dpone_subschema_list tuple;
    const struct dpone_subschema *rest; /* NULL: anything */
};

struct dpone_pattern_member {
    const struct dpone_pattern *pattern;
    const struct dpone_subschema *schema;
};

/* properties, patternProperties and additionalProperties. */
struct dpone_members {
    struct dpone_members *next;    /* of the same schema */
    struct dpone_string_map names; /* index into schemas */
    struct dpone_subschema **schemas;
    struct dpone_pattern_member *patterns;
    size_t pattern_count;
    const struct dpone_subschema *rest; /* NULL: anything */
    int32_t rest_is_false;
    int32_t refuse_typos;
};

struct dpone_names {
    struct dpone_string *items;
    size_t count;
};

/* One entry of dependencies: keys that must be there too, or a schema that must hold too. */
struct dpone_dependency {
    struct dpone_string name;
    struct dpone_names names;
    const struct dpone_subschema *schema; /* NULL: names */
};

struct dpone_dependencies {
    struct dpone_dependency *items;
    size_t count;
};

struct dpone_condition {
    const struct dpone_subschema *test;
    const struct dpone_subschema *then; /* NULL: anything */
    const struct dpone_subschema *otherwise;
};

struct dpone_rule {
    dpone_rule_evaluate evaluate;
    const char *keyword;
    uint32_t kinds; /* of nodes that it looks at */
    int32_t stops;  /* when it fails the rules after it would only repeat that */
    const struct dpone_subschema *owner;
    union {
        uint32_t types;
        uint64_t limit;
        const struct dpone_bound *bound;
        const struct dpone_value_set *values;
        const struct dpone_pattern *pattern;
        const struct dpone_format *format;
        const struct dpone_items *items;
        const struct dpone_members *members;
        const struct dpone_names *names;
        const struct dpone_dependencies *dependencies;
        const struct dpone_condition *condition;
        const struct dpone_subschema *schema;
        const struct dpone_subschema_list *list;
    } as;
};

struct dpone_subschema {
    const struct dpone_node *node;
    const struct dpone_rule *rules;
    uint32_t rule_count; /* 0: anything is valid */
    uint16_t height;  /* subschemas that apply to the same value below each other in it; 0 while not known */
    uint16_t on_path; /* while heights are computed: it is being looked at */
};

/* A resource inside a document: where a `$id` changes the base. Nodes [first, end) of the tape. */
struct dpone_json_schema_resource {
    struct dpone_string base; /* absolute URI without fragment */
    uint32_t first;
    uint32_t end;
    uint32_t parent; /* index of the resource around it; its own for the first */
};

struct dpone_json_schema_document {
    struct dpone_json_schema_document *next;
    struct dpone_tree *tree;
    struct dpone_subschema **compiled; /* by index on the tape; only while compiling */
    struct dpone_json_schema_resource *resources;
    size_t resource_count;
    size_t resource_capacity;
};

/* Where a URI leads. */
struct dpone_json_schema_target {
    struct dpone_json_schema_document *document;
    const struct dpone_node *node;
};

struct dpone_json_schema {
    struct dpone_arena arena;
    struct dpone_json_schema_document *documents;
    struct dpone_string_map pattern_index; /* by text */
    struct dpone_pattern **patterns;
    size_t pattern_count;
    size_t pattern_capacity;
    struct dpone_members *members; /* all of them: their maps are freed with the schema */
    const struct dpone_subschema *root;
    const struct dpone_tree *main; /* of the schema itself, apart from what it refers to */
};

/* What compiling needs and a finished schema does not. */
struct dpone_compiler {
    struct dpone_json_schema *schema;
    struct dpone_json_schema_options options;
    char *folder;                  /* of the schema file, absolute with a '/' at its end; NULL for memory */
    struct dpone_string id_folder; /* of the root's $id, served from `folder` too; empty without one */
    struct dpone_string_map uris;  /* index into targets */
    struct dpone_json_schema_target *targets;
    size_t target_count;
    size_t target_capacity;
    struct dpone_string_map keyword_ids;
    struct dpone_subschema **queue; /* found, not compiled yet */
    struct dpone_json_schema_document **queue_documents;
    size_t queue_count;
    size_t queue_capacity;
    struct dpone_json_schema *metaschema; /* NULL: documents are taken as valid */
    struct dpone_evaluation *evaluation;
    struct dpone_error *error;
    int32_t status;
};

/* schema_documents.c. Each returns 0 or NULL with compiler->error filled. */
struct dpone_json_schema_document *dpone_json_schema_add_document(struct dpone_compiler *compiler,
                                                                  struct dpone_tree *tree,
                                                                  struct dpone_string uri);
int dpone_json_schema_resolve(struct dpone_compiler *compiler, struct dpone_json_schema_document *from,
                              const struct dpone_node *reference, struct dpone_json_schema_target *target);

/* schema_compile.c */
int dpone_compiler_fail(struct dpone_compiler *compiler, const struct dpone_node *at, const char *format, ...)
    DPONE_PRINTF(3, 4);
int dpone_compiler_out_of_memory(struct dpone_compiler *compiler);
struct dpone_subschema *dpone_compiler_subschema(struct dpone_compiler *compiler,
                                                 struct dpone_json_schema_document *document,
                                                 const struct dpone_node *node);
const struct dpone_pattern *dpone_compiler_pattern(struct dpone_compiler *compiler,
                                                   const struct dpone_node *text,
                                                   struct dpone_string pattern);

/* schema_keywords.c: the rules of one subschema, a mapping without $ref; 0 after a problem. */
int dpone_compile_rules(struct dpone_compiler *compiler, struct dpone_json_schema_document *document,
                        struct dpone_subschema *subschema);
int dpone_compile_keyword_ids(struct dpone_compiler *compiler);

/* Calls `visit` for each subschema directly inside a mapping that is a schema; stops when it returns 0. */
typedef int (*dpone_json_schema_visit)(void *context, const struct dpone_node *subschema);
int dpone_json_schema_children(const struct dpone_node *schema, dpone_json_schema_visit visit, void *context);

struct dpone_unique_slot {
    uint64_t hash;
    const struct dpone_node *node; /* NULL: free */
    size_t index;
};

struct dpone_evaluation {
    const struct dpone_json_schema *schema;
    struct dpone_pattern_scratch *patterns;
    struct dpone_unique_slot *slots; /* for uniqueItems */
    size_t slot_capacity;
    const char *path;                   /* of the node it began with; NULL: the root */
    struct dpone_diagnostics *out;      /* NULL: only whether it is valid is asked */
    struct dpone_diagnostics *problems; /* of the whole evaluation: where giving up is reported */
    uint64_t steps;
    uint64_t max_steps;
    uint32_t depth;
    int32_t gave_up; /* a limit was met: nothing after it counts */
};

enum { DPONE_EVALUATION_MAX_DEPTH = 4000, DPONE_SCHEMA_MAX_HEIGHT = 1000 };

/* 1 when the node holds. With evaluation->out every error is added, else the first one ends it. */
int dpone_evaluate(struct dpone_evaluation *evaluation, const struct dpone_subschema *subschema,
                   const struct dpone_frame *frame);

/* Without reporting, whatever evaluation->out is. */
int dpone_evaluate_quietly(struct dpone_evaluation *evaluation, const struct dpone_subschema *subschema,
                           const struct dpone_frame *frame);

/* The rules. */
int dpone_rule_false(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_type(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_values(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_multiple_of(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_minimum(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_exclusive_minimum(struct dpone_evaluation *, const struct dpone_rule *,
                                 const struct dpone_frame *);
int dpone_rule_maximum(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_exclusive_maximum(struct dpone_evaluation *, const struct dpone_rule *,
                                 const struct dpone_frame *);
int dpone_rule_min_length(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_max_length(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_min_count(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_max_count(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_pattern(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_format(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_items(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_contains(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_unique_items(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_required(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_members(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_property_names(struct dpone_evaluation *, const struct dpone_rule *,
                              const struct dpone_frame *);
int dpone_rule_dependencies(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_all_of(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_any_of(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_one_of(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_not(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);
int dpone_rule_if(struct dpone_evaluation *, const struct dpone_rule *, const struct dpone_frame *);

/* schema_report.c. Adds an error at the frame's value (or its key) and returns 0; costs nothing when nobody
 * asks. A missing key is named, and so is the key that an unknown one was `meant` to be (empty: none), so
 * that the two can be told to be one. */
int dpone_report(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                 const struct dpone_frame *frame, const char *format, ...) DPONE_PRINTF(4, 5);
int dpone_report_missing(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                         const struct dpone_frame *frame, struct dpone_string key, const char *format, ...)
    DPONE_PRINTF(5, 6);
int dpone_report_key(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                     const struct dpone_frame *frame, struct dpone_string meant, const char *format, ...)
    DPONE_PRINTF(5, 6);

/* 1 when a message is wanted: composing it may cost something. */
int dpone_report_wanted(const struct dpone_evaluation *evaluation);

/* Ends the evaluation with an error that is always reported; returns 0. */
int dpone_give_up(struct dpone_evaluation *evaluation, const struct dpone_rule *rule,
                  const struct dpone_frame *frame, const char *what);

/* dpone_json_schema_validate() for a frame, whose parents give the path. */
int32_t dpone_json_schema_validate_frame(const struct dpone_json_schema *schema,
                                         struct dpone_evaluation *evaluation, const struct dpone_frame *frame,
                                         struct dpone_diagnostics *diagnostics);

#endif
