/* Reading a manifest of a single process into a spec. gate_spec.c reads its quality gates. */
#include "runtime/pipeline_spec.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/manifest.h"
#include "runtime/digest.h"
#include "runtime/files.h"
#include "runtime/option_tree.h"
#include "runtime/spec_reader.h"

static const char *const strategy_names[] = {
    [DPONE_FULL_REFRESH] = "full_refresh",
    [DPONE_INCREMENTAL_APPEND] = "incremental_append",
    [DPONE_INCREMENTAL_MERGE] = "incremental_merge",
    [DPONE_REPLACE] = "replace",
    NULL,
};

static const char *const evolution_names[] = {
    [DPONE_EVOLUTION_FAIL] = "fail",
    [DPONE_EVOLUTION_APPLY] = "apply",
    [DPONE_EVOLUTION_NEW_COLUMN] = "new_column",
    NULL,
};

struct dpone_pipeline_manifest {
    struct dpone_arena arena; /* everything the spec points to */
    struct dpone_pipeline_spec spec;
};

const char *dpone_strategy_name(int32_t strategy) {
    return strategy >= 0 && strategy <= DPONE_REPLACE ? strategy_names[strategy] : NULL;
}

/* ---- Sides */

static int32_t read_table(struct dpone_spec_reader *reader, const struct dpone_place *side,
                          struct dpone_table *out) {
    struct dpone_place table = dpone_place_child(side, "table");
    const char *schema = NULL;
    const char *name = NULL;
    int32_t status = dpone_spec_text(reader, &table, "schema", &schema);
    if (status == DPONE_OK) {
        status = dpone_spec_text(reader, &table, "name", &name);
    }
    *out = (struct dpone_table){dpone_string_of(schema), dpone_string_of(name)};
    return status;
}

/* What every side has: type, table, options. */
static int32_t read_side(struct dpone_spec_reader *reader, const struct dpone_place *side,
                         struct dpone_side_spec *out) {
    struct dpone_place options = dpone_place_child(side, "options");
    int32_t status = dpone_spec_required_text(reader, side, "type", &out->type);
    if (status == DPONE_OK) {
        status = read_table(reader, side, &out->table);
    }
    return status == DPONE_OK ? dpone_option_of_place(&out->options, reader->arena, &options, reader->error)
                              : status;
}

/* `incremental: true | false | {cursor_column}`; without it the strategy decides. */
static int32_t read_incremental(struct dpone_spec_reader *reader, const struct dpone_place *source,
                                struct dpone_pipeline_spec *spec) {
    struct dpone_place incremental = dpone_place_child(source, "incremental");
    int follows_strategy =
        spec->strategy == DPONE_INCREMENTAL_APPEND || spec->strategy == DPONE_INCREMENTAL_MERGE;
    spec->read_mode = follows_strategy ? DPONE_READ_INCREMENTAL : DPONE_READ_FULL;
    int wanted = 0;
    if (dpone_node_bool(incremental.node, &wanted)) {
        spec->read_mode = wanted ? DPONE_READ_INCREMENTAL : DPONE_READ_FULL;
        return DPONE_OK;
    }
    const char *column = NULL;
    int32_t status = dpone_spec_text(reader, &incremental, "cursor_column", &column);
    if (status == DPONE_OK && incremental.node != NULL) {
        spec->read_mode = DPONE_READ_INCREMENTAL;
        spec->cursor_column = dpone_string_of(column);
    }
    return status;
}

static int32_t read_source(struct dpone_spec_reader *reader, const struct dpone_place *root,
                           struct dpone_pipeline_spec *spec) {
    struct dpone_place source = dpone_place_child(root, "source");
    int32_t status = read_side(reader, &source, &spec->source);
    if (status == DPONE_OK) {
        status = read_incremental(reader, &source, spec);
    }
    if (status == DPONE_OK) {
        status = dpone_spec_integer(reader, &source, "batch_rows", &spec->batch_rows);
    }
    return status == DPONE_OK ? dpone_spec_integer(reader, &source, "batch_bytes", &spec->batch_bytes)
                              : status;
}

/* ---- Strategy */

/* `unique_key: id` or `unique_key: [region, id]`. */
static int32_t read_unique_key(struct dpone_spec_reader *reader, const struct dpone_place *strategy,
                               struct dpone_pipeline_spec *spec) {
    const char *const *names = NULL;
    int32_t status = dpone_spec_names(reader, strategy, "unique_key", &names, &spec->unique_key_count);
    size_t count = spec->unique_key_count;
    struct dpone_string *texts = dpone_arena_take(reader->arena, count + 1, sizeof *texts);
    const struct dpone_string **list =
        dpone_arena_take(reader->arena, count + 1, sizeof(struct dpone_string *));
    if (status != DPONE_OK || texts == NULL || list == NULL) {
        return status != DPONE_OK ? status : dpone_spec_out_of_memory(reader);
    }
    for (size_t i = 0; i < count; i++) {
        texts[i] = dpone_string_of(names[i]);
        list[i] = &texts[i];
    }
    spec->unique_key = list;
    return DPONE_OK;
}

static int32_t read_window(struct dpone_spec_reader *reader, const struct dpone_place *strategy,
                           struct dpone_pipeline_spec *spec) {
    static const char *const keys[] = {"column", "from", "to"};
    struct dpone_place place = dpone_place_child(strategy, "window");
    const char *values[3] = {NULL, NULL, NULL};
    if (spec->strategy != DPONE_REPLACE) {
        return DPONE_OK;
    }
    int32_t status =
        place.node == NULL
            ? dpone_place_error(&place, reader->error, "replace needs a window; give column, from and to")
            : DPONE_OK;
    for (size_t i = 0; status == DPONE_OK && i < 3; i++) {
        status = dpone_spec_required_text(reader, &place, keys[i], &values[i]);
    }
    if (status != DPONE_OK) {
        return status;
    }
    struct dpone_window *window = dpone_arena_take(reader->arena, 1, sizeof *window);
    if (window == NULL) {
        return dpone_spec_out_of_memory(reader);
    }
    *window = (struct dpone_window){(uint32_t)sizeof *window, dpone_string_of(values[0]),
                                    dpone_string_of(values[1]), dpone_string_of(values[2])};
    spec->window = window;
    return DPONE_OK;
}

static int32_t read_strategy(struct dpone_spec_reader *reader, const struct dpone_place *sink,
                             struct dpone_pipeline_spec *spec) {
    struct dpone_place strategy = dpone_place_child(sink, "strategy");
    int32_t status = dpone_spec_choice(reader, &strategy, "mode", strategy_names, &spec->strategy);
    if (status == DPONE_OK) {
        status = read_unique_key(reader, &strategy, spec);
    }
    return status == DPONE_OK ? read_window(reader, &strategy, spec) : status;
}

static int is(const struct dpone_node *map, const char *key, const char *word) {
    return dpone_string_equal(dpone_node_text(dpone_node_get(map, key)), dpone_string_of(word));
}

/* `schema_evolution: apply`, or the map that dpone's other tools read. */
static int32_t read_evolution(struct dpone_spec_reader *reader, const struct dpone_place *sink,
                              struct dpone_pipeline_spec *spec) {
    const struct dpone_node *map = dpone_node_get(sink->node, "schema_evolution");
    spec->evolution = DPONE_EVOLUTION_APPLY;
    if (dpone_node_kind(map) != DPONE_NODE_MAPPING) {
        return dpone_spec_choice(reader, sink, "schema_evolution", evolution_names, &spec->evolution);
    }
    if (is(map, "on_type_change", "new_column") || is(map, "data_type", "variant_column")) {
        spec->evolution = DPONE_EVOLUTION_NEW_COLUMN;
    }
    if (is(map, "enabled", "false") || is(map, "apply_safe", "false") || is(map, "mode", "strict") ||
        is(map, "columns", "freeze")) {
        spec->evolution = DPONE_EVOLUTION_FAIL;
    }
    return DPONE_OK;
}

static int32_t read_sink(struct dpone_spec_reader *reader, const struct dpone_place *root,
                         struct dpone_pipeline_spec *spec) {
    struct dpone_place sink = dpone_place_child(root, "sink");
    struct dpone_place table = dpone_place_child(&sink, "table");
    int32_t status = read_side(reader, &sink, &spec->sink);
    if (status == DPONE_OK && spec->sink.table.name.size == 0) {
        status = dpone_place_error(&table, reader->error, "the target has no name; set sink.table.name");
    }
    if (status == DPONE_OK) {
        status = read_strategy(reader, &sink, spec);
    }
    if (status == DPONE_OK) {
        status = read_evolution(reader, &sink, spec);
    }
    return status == DPONE_OK ? dpone_spec_integer(reader, &sink, "lease_ms", &spec->lease_ms) : status;
}

/* `type: disabled` is how dpone spells a pipeline without a state. */
static int32_t read_state(struct dpone_spec_reader *reader, const struct dpone_place *root,
                          struct dpone_pipeline_spec *spec) {
    struct dpone_place state = dpone_place_child(root, "state");
    if (state.node == NULL) {
        return DPONE_OK;
    }
    int32_t status = read_side(reader, &state, &spec->state);
    if (status == DPONE_OK) {
        status = dpone_spec_text(reader, &state, "key", &spec->state_key);
    }
    if (status == DPONE_OK && strcmp(spec->state.type, "disabled") == 0) {
        spec->state.type = NULL;
    }
    return status;
}

/* ---- The document */

/* The name of the file without folder and ending. */
static const char *name_of_file(struct dpone_arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(base, '.');
    size_t size = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
    return dpone_arena_text(arena, (struct dpone_string){base, size});
}

static int32_t refuse_batch(struct dpone_spec_reader *reader, const struct dpone_place *root) {
    struct dpone_place kind = dpone_place_child(root, "kind");
    return kind.node == NULL ||
                   dpone_string_equal(dpone_node_text(kind.node), dpone_string_of("dpone.process.v1"))
               ? DPONE_OK
               : dpone_place_error(
                     &kind, reader->error,
                     "`dpone run` runs one process, not a batch; write source and sink at the top level");
}

static int32_t read_document(struct dpone_spec_reader *reader, const struct dpone_place *root,
                             struct dpone_pipeline_spec *spec) {
    int32_t status = refuse_batch(reader, root);
    if (status == DPONE_OK) {
        status = dpone_manifest_validate(root->tree, reader->error);
    }
    if (status == DPONE_OK) {
        status = dpone_spec_text(reader, root, "name", &spec->name);
    }
    if (status == DPONE_OK && spec->name == NULL) {
        spec->name = name_of_file(reader->arena, dpone_tree_name(root->tree));
    }
    if (status == DPONE_OK) {
        status = read_sink(reader, root, spec); /* first: its strategy decides how the source is read */
    }
    if (status == DPONE_OK) {
        status = read_source(reader, root, spec);
    }
    if (status == DPONE_OK) {
        status = read_state(reader, root, spec);
    }
    return status == DPONE_OK ? dpone_spec_gates(reader, root, &spec->gates, &spec->gate_count) : status;
}

/* What run.json says about the file. */
static int32_t describe_file(struct dpone_pipeline_manifest *manifest, const char *path,
                             struct dpone_error *error) {
    char digest[DPONE_SHA256_TEXT_BYTES];
    int32_t status = dpone_sha256_file(digest, path, error);
    manifest->spec.manifest_path = dpone_arena_text(&manifest->arena, dpone_string_of(path));
    manifest->spec.manifest_sha256 = dpone_arena_text(&manifest->arena, dpone_string_of(digest));
    return status;
}

int32_t dpone_pipeline_manifest_read(struct dpone_pipeline_manifest **out, const char *path,
                                     struct dpone_error *error) {
    *out = NULL;
    struct dpone_tree *tree = NULL;
    struct dpone_pipeline_manifest *manifest = calloc(1, sizeof *manifest);
    if (manifest == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for manifest %s", path);
    }
    if (dpone_directory_exists(path)) {
        free(manifest);
        return dpone_error_set(error, DPONE_INVALID_ARGUMENT, "%s: is a folder; name a manifest file", path);
    }
    int32_t status = dpone_tree_read_file(&tree, path, NULL, error);
    if (status == DPONE_OK) {
        struct dpone_spec_reader reader = {&manifest->arena, error};
        struct dpone_place root = dpone_place_of(tree, dpone_tree_root(tree), "");
        status = read_document(&reader, &root, &manifest->spec);
    }
    if (status == DPONE_OK) {
        status = describe_file(manifest, path, error);
    }
    dpone_tree_free(tree);
    if (status != DPONE_OK) {
        dpone_pipeline_manifest_free(manifest);
        return status;
    }
    *out = manifest;
    return DPONE_OK;
}

void dpone_pipeline_manifest_free(struct dpone_pipeline_manifest *manifest) {
    if (manifest != NULL) {
        dpone_arena_clear(&manifest->arena);
        free(manifest);
    }
}

const struct dpone_pipeline_spec *
dpone_pipeline_manifest_spec(const struct dpone_pipeline_manifest *manifest) {
    return &manifest->spec;
}
