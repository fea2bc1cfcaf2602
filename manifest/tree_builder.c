/* Appending nodes to the tape within the limits: see tree_builder.h. */
#include "manifest/tree_builder.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/show.h"

/* The node of an anchor whose collection is still open. */
#define ANCHOR_OPEN UINT32_MAX

int dpone_builder_out_of_memory(struct dpone_tree_builder *builder) {
    struct dpone_diagnostic problem = {
        .severity = DPONE_SEVERITY_ERROR, .status = DPONE_OUT_OF_MEMORY, .keyword = "limits"};
    dpone_diagnostics_add(builder->diagnostics, &problem, "not enough memory to read the document");
    return 0;
}

int dpone_builder_exceed(struct dpone_tree_builder *builder, size_t start, size_t end, const char *name,
                         size_t limit) {
    dpone_source_error(&builder->tree->source, builder->diagnostics, start, end, DPONE_RESOURCE_EXHAUSTED,
                       "the document exceeds the limit %s of %zu; simplify it, or raise the limit", name,
                       limit);
    return 0;
}

/* Doubles an array that is full; NULL without memory. */
static void *reserve_items(void *items, size_t count, size_t *capacity, size_t wanted, size_t item_bytes) {
    if (count + wanted <= *capacity) {
        return items;
    }
    size_t larger = *capacity == 0 ? 64 : *capacity;
    while (larger < count + wanted) {
        larger *= 2;
    }
    void *moved = realloc(items, larger * item_bytes);
    if (moved != NULL) {
        *capacity = larger;
    }
    return moved;
}

uint32_t *dpone_builder_reserve_table(struct dpone_tree_builder *builder, size_t count) {
    struct dpone_tree *tree = builder->tree;
    uint32_t *tables =
        reserve_items(tree->tables, tree->table_count, &tree->table_capacity, count, sizeof *tree->tables);
    if (tables == NULL) {
        dpone_builder_out_of_memory(builder);
        return NULL;
    }
    tree->tables = tables;
    return tables + tree->table_count;
}

static int reserve_node(struct dpone_tree_builder *builder, size_t start, size_t end) {
    struct dpone_tree *tree = builder->tree;
    if (tree->node_count >= builder->limits.max_nodes) {
        return dpone_builder_exceed(builder, start, end, "nodes", builder->limits.max_nodes);
    }
    if (tree->node_count < tree->node_capacity) {
        return 1;
    }
    size_t capacity = tree->node_capacity == 0 ? 256 : tree->node_capacity * 2;
    struct dpone_tape *tape = realloc(tree->tape, sizeof *tape + capacity * sizeof tape->nodes[0]);
    if (tape == NULL) {
        return dpone_builder_out_of_memory(builder);
    }
    tape->tree = tree;
    tree->tape = tape;
    tree->node_capacity = capacity;
    return 1;
}

int dpone_builder_expects_key(const struct dpone_tree_builder *builder) {
    if (builder->depth == 0) {
        return 0;
    }
    const struct dpone_tree_frame *frame = &builder->frames[builder->depth - 1];
    return dpone_tape_kind(&builder->tree->tape->nodes[frame->node]) == DPONE_NODE_MAPPING &&
           frame->children % 2 == 0;
}

struct dpone_string dpone_builder_key(const struct dpone_tree_builder *builder) {
    size_t next = builder->tree->node_count;
    for (size_t depth = builder->depth; depth > 0; depth--) {
        const struct dpone_node *nodes = builder->tree->tape->nodes; /* there is none before the first node */
        const struct dpone_tree_frame *frame = &builder->frames[depth - 1];
        if (dpone_tape_kind(&nodes[frame->node]) == DPONE_NODE_MAPPING) {
            return frame->children % 2 == 0 ? (struct dpone_string){NULL, 0}
                                            : dpone_node_text(dpone_tape_resolve(&nodes[next - 1]));
        }
        next = frame->node;
    }
    return (struct dpone_string){NULL, 0};
}

/* Appends a node that spans [start, end) and returns it; NULL after a problem. */
static struct dpone_node *append(struct dpone_tree_builder *builder, size_t start, size_t end, uint32_t kind,
                                 uint32_t style) {
    if (!reserve_node(builder, start, end)) {
        return NULL;
    }
    struct dpone_node *node = &builder->tree->tape->nodes[builder->tree->node_count];
    *node = (struct dpone_node){.self = (uint32_t)builder->tree->node_count++,
                                .start = (uint32_t)start,
                                .span = (uint32_t)(end - start),
                                .info = kind | style << DPONE_NODE_KIND_BITS};
    return node;
}

/* Counts a finished child into the collection around it. */
static void count_child(struct dpone_tree_builder *builder, uint64_t expanded, uint32_t height, size_t end) {
    builder->content_end = (uint32_t)end;
    if (builder->depth > 0) {
        struct dpone_tree_frame *frame = &builder->frames[builder->depth - 1];
        frame->children++;
        frame->expanded += expanded;
        frame->height = height > frame->height ? height : frame->height;
    }
}

/* Notes an anchor; *index is 1 + its place among the anchors, 0 without a name. A name used again means the
 * new node. */
static int note_anchor(struct dpone_tree_builder *builder, const char *name, uint32_t node, uint32_t *index) {
    *index = 0;
    if (name == NULL) {
        return 1;
    }
    struct dpone_tree_anchor *anchors =
        reserve_items(builder->anchors, builder->anchor_count, &builder->anchor_capacity, 1, sizeof *anchors);
    if (anchors == NULL) {
        return dpone_builder_out_of_memory(builder);
    }
    builder->anchors = anchors;
    struct dpone_string key = dpone_string_of(name);
    uint32_t *known = dpone_string_map_find(&builder->anchor_names, key);
    if (known == NULL) {
        char *copy = strdup(name);
        known = copy == NULL ? NULL
                             : dpone_string_map_put(&builder->anchor_names, dpone_string_of(copy), 0, NULL);
        if (known == NULL) {
            free(copy);
            return dpone_builder_out_of_memory(builder);
        }
    }
    *known = (uint32_t)builder->anchor_count;
    anchors[builder->anchor_count++] = (struct dpone_tree_anchor){node, 0, 1};
    *index = (uint32_t)builder->anchor_count;
    return 1;
}

static int reads_the_same(const struct dpone_source *source, const struct dpone_tree_scalar *scalar) {
    size_t quotes =
        scalar->style == DPONE_STYLE_SINGLE_QUOTED || scalar->style == DPONE_STYLE_DOUBLE_QUOTED ? 2 : 0;
    const char *read = source->data + scalar->start + quotes / 2;
    return scalar->end - scalar->start == scalar->text.size + quotes &&
           (scalar->text.data == read || scalar->text.size == 0 ||
            memcmp(scalar->text.data, read, scalar->text.size) == 0);
}

static int keep_text(struct dpone_tree_builder *builder, struct dpone_node *node, struct dpone_string text) {
    struct dpone_tree *tree = builder->tree;
    struct dpone_string *texts =
        reserve_items(tree->texts, tree->text_count, &tree->text_capacity, 1, sizeof *tree->texts);
    if (texts == NULL) {
        return dpone_builder_out_of_memory(builder);
    }
    tree->texts = texts;
    char *copy = malloc(text.size + 1);
    if (copy == NULL) {
        return dpone_builder_out_of_memory(builder);
    }
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    copy[text.size] = '\0';
    texts[tree->text_count++] = (struct dpone_string){copy, text.size};
    node->link = (uint32_t)tree->text_count;
    return 1;
}

static int refuse_key(struct dpone_tree_builder *builder, size_t start, size_t end, const char *what) {
    dpone_source_error(&builder->tree->source, builder->diagnostics, start, end, DPONE_INVALID_ARGUMENT, "%s",
                       what);
    return 0;
}

/* A collection as a key; `{{ name }}` is one that nobody meant. */
static int refuse_collection_key(struct dpone_tree_builder *builder, size_t start, size_t end) {
    const char *data = builder->tree->source.data;
    if (start > 0 && data[start] == '{' && data[start - 1] == '{') {
        return refuse_key(builder, start - 1, end,
                          "`{{` begins a mapping in YAML; put the template in quotes");
    }
    return refuse_key(builder, start, end, "a list or mapping as a key; a key must be a scalar");
}

int dpone_builder_scalar(struct dpone_tree_builder *builder, const struct dpone_tree_scalar *scalar) {
    if (scalar->text.size > builder->limits.max_scalar_bytes) {
        return dpone_builder_exceed(builder, scalar->start, scalar->end, "scalar_bytes",
                                    builder->limits.max_scalar_bytes);
    }
    int is_key = dpone_builder_expects_key(builder);
    if (is_key && scalar->kind == DPONE_NODE_NULL) {
        return refuse_key(builder, scalar->start, scalar->end, "null as a key; put the name in quotes");
    }
    uint32_t kind = is_key ? DPONE_NODE_STRING : scalar->kind; /* the name of an entry is text */
    struct dpone_node *node = append(builder, scalar->start, scalar->end, kind, scalar->style);
    if (node == NULL) {
        return 0;
    }
    if (!reads_the_same(&builder->tree->source, scalar) && !keep_text(builder, node, scalar->text)) {
        return 0;
    }
    if (is_key && scalar->style == DPONE_STYLE_PLAIN &&
        dpone_string_equal(scalar->text, dpone_string_of("<<"))) {
        builder->frames[builder->depth - 1].has_merge = 1;
    }
    uint32_t anchor;
    count_child(builder, 1, 0, scalar->end);
    return note_anchor(builder, scalar->anchor, node->self, &anchor);
}

int dpone_builder_alias(struct dpone_tree_builder *builder, size_t start, size_t end, const char *name) {
    const struct dpone_source *source = &builder->tree->source;
    const uint32_t *known = dpone_string_map_find(&builder->anchor_names, dpone_string_of(name));
    char shown[DPONE_SHOWN_BYTES];
    dpone_show_bare(shown, dpone_string_of(name));
    if (known == NULL) {
        dpone_source_error(source, builder->diagnostics, start, end, DPONE_INVALID_ARGUMENT,
                           "alias *%s names no anchor; write &%s before the value it stands for", shown,
                           shown);
        return 0;
    }
    struct dpone_tree_anchor anchor = builder->anchors[*known];
    if (anchor.node == ANCHOR_OPEN) {
        dpone_source_error(source, builder->diagnostics, start, end, DPONE_INVALID_ARGUMENT,
                           "alias *%s stands inside the value it names; a value cannot contain itself",
                           shown);
        return 0;
    }
    if (dpone_builder_expects_key(builder) &&
        dpone_tape_is_collection(&builder->tree->tape->nodes[anchor.node])) {
        return refuse_collection_key(builder, start, end);
    }
    if (builder->depth + anchor.height > builder->limits.max_depth) {
        return dpone_builder_exceed(builder, start, end, "depth", builder->limits.max_depth);
    }
    builder->aliased += anchor.expanded;
    if (builder->aliased > builder->limits.max_expanded + 10 * (uint64_t)builder->tree->node_count) {
        return dpone_builder_exceed(builder, start, end, "expanded", builder->limits.max_expanded);
    }
    struct dpone_node *node = append(builder, start, end, DPONE_NODE_REFERENCE, DPONE_STYLE_PLAIN);
    if (node == NULL) {
        return 0;
    }
    node->link = anchor.node;
    count_child(builder, anchor.expanded, anchor.height, end);
    return 1;
}

static int reserve_frame(struct dpone_tree_builder *builder, size_t start) {
    if (builder->depth >= builder->limits.max_depth) {
        return dpone_builder_exceed(builder, start, start + 1, "depth", builder->limits.max_depth);
    }
    struct dpone_tree_frame *frames =
        reserve_items(builder->frames, builder->depth, &builder->frame_capacity, 1, sizeof *frames);
    if (frames == NULL) {
        return dpone_builder_out_of_memory(builder);
    }
    builder->frames = frames;
    return 1;
}

int dpone_builder_begin(struct dpone_tree_builder *builder, enum dpone_node_kind kind,
                        enum dpone_node_style style, size_t start, const char *anchor) {
    if (dpone_builder_expects_key(builder)) {
        return refuse_collection_key(builder, start, start + 1);
    }
    uint32_t anchor_index;
    if (!reserve_frame(builder, start) || !note_anchor(builder, anchor, ANCHOR_OPEN, &anchor_index)) {
        return 0;
    }
    const struct dpone_node *node = append(builder, start, start, kind, style);
    if (node == NULL) {
        return 0;
    }
    builder->frames[builder->depth++] =
        (struct dpone_tree_frame){.node = node->self, .anchor = anchor_index, .expanded = 1};
    return 1;
}

static int end_sequence(struct dpone_tree_builder *builder, const struct dpone_tree_frame *frame) {
    struct dpone_tree *tree = builder->tree;
    uint32_t distance = (uint32_t)tree->node_count - frame->node;
    if (frame->children <= DPONE_TABLE_STRIDE) {
        tree->tape->nodes[frame->node].link = distance;
        return 1;
    }
    size_t samples = (frame->children + DPONE_TABLE_STRIDE - 1u) / DPONE_TABLE_STRIDE;
    uint32_t *table = dpone_builder_reserve_table(builder, 1 + samples);
    if (table == NULL) {
        return 0;
    }
    struct dpone_node *sequence = &tree->tape->nodes[frame->node];
    table[0] = distance;
    const struct dpone_node *child = sequence + 1;
    for (uint32_t i = 0; i < frame->children; i++) {
        if (i % DPONE_TABLE_STRIDE == 0) {
            table[1 + i / DPONE_TABLE_STRIDE] = (uint32_t)(child - sequence);
        }
        child = dpone_tape_next(child);
    }
    sequence->link = (uint32_t)tree->table_count;
    sequence->info |= DPONE_NODE_TABLE_FLAG;
    tree->table_count += 1 + samples;
    return 1;
}

int dpone_builder_end(struct dpone_tree_builder *builder, size_t end) {
    struct dpone_tree_frame frame = builder->frames[builder->depth - 1];
    struct dpone_node *node = &builder->tree->tape->nodes[frame.node];
    if (frame.children / 2 > DPONE_NODE_MAX_COUNT) {
        return dpone_builder_exceed(builder, node->start, node->start + 1, "of entries in one collection",
                                    DPONE_NODE_MAX_COUNT);
    }
    size_t last =
        dpone_tape_style(node) == DPONE_STYLE_BLOCK && frame.children > 0 ? builder->content_end : end;
    node->span = last > node->start ? (uint32_t)(last - node->start) : 0;
    int is_mapping = dpone_tape_kind(node) == DPONE_NODE_MAPPING;
    node->info |= (is_mapping ? frame.children / 2 : frame.children) << DPONE_NODE_COUNT_SHIFT;
    if (!(is_mapping ? dpone_builder_end_mapping(builder, &frame) : end_sequence(builder, &frame))) {
        return 0;
    }
    builder->depth--;
    count_child(builder, frame.expanded, frame.height + 1, last);
    if (frame.anchor != 0) {
        builder->anchors[frame.anchor - 1] =
            (struct dpone_tree_anchor){frame.node, frame.height + 1, frame.expanded};
    }
    return 1;
}

void dpone_builder_clear(struct dpone_tree_builder *builder) {
    for (uint32_t i = 0; i < builder->anchor_names.count; i++) {
        free((void *)(uintptr_t)builder->anchor_names.entries[i].key.data);
    }
    dpone_string_map_clear(&builder->anchor_names);
    free(builder->anchors);
    free(builder->frames);
}
