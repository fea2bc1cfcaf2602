/* Trees: what is read, where it stood, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest/diagnostics.h"
#include "manifest/tree.h"

static struct dpone_tree *read_as(const char *name, const char *text) {
    struct dpone_tree *tree = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    if (dpone_tree_read_memory(&tree, name, text, strlen(text), NULL, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    return tree;
}

static struct dpone_tree *read_yaml(const char *text) {
    return read_as("m.yaml", text);
}

static void assert_text(const struct dpone_node *node, const char *expected) {
    struct dpone_string text = dpone_node_text(node);
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
}

static void assert_span(const struct dpone_node *node, unsigned line, unsigned column, unsigned end_line,
                        unsigned end_column) {
    struct dpone_position start = dpone_node_start(node);
    struct dpone_position end = dpone_node_end(node);
    assert_int_equal(start.line, line);
    assert_int_equal(start.column, column);
    assert_int_equal(end.line, end_line);
    assert_int_equal(end.column, end_column);
}

/* Reads what must be refused, and compares the message. */
static void assert_refused_with(const char *name, const void *data, size_t size,
                                const struct dpone_tree_limits *limits, int32_t status, const char *message) {
    struct dpone_tree *tree = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    assert_int_equal(dpone_tree_read_memory(&tree, name, data, size, limits, &error), status);
    assert_null(tree);
    assert_string_equal(error.message, message);
    assert_int_equal(error.status, status);
}

static void assert_refused(const char *text, const char *message) {
    assert_refused_with("m.yaml", text, strlen(text), NULL, DPONE_INVALID_ARGUMENT, message);
}

static void assert_json_refused(const char *text, const char *message) {
    assert_refused_with("m.json", text, strlen(text), NULL, DPONE_INVALID_ARGUMENT, message);
}

/* ---- What is read */

static void tree_kinds__plain_scalars_follow_the_core_schema(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum dpone_node_kind kind;
    } cases[] = {{"~", DPONE_NODE_NULL},          {"null", DPONE_NODE_NULL},
                 {"NULL", DPONE_NODE_NULL},       {"true", DPONE_NODE_BOOL},
                 {"False", DPONE_NODE_BOOL},      {"yes", DPONE_NODE_STRING},
                 {"0", DPONE_NODE_INT},           {"-12", DPONE_NODE_INT},
                 {"+3", DPONE_NODE_INT},          {"014", DPONE_NODE_INT},
                 {"0o14", DPONE_NODE_INT},        {"0xFF", DPONE_NODE_INT},
                 {"0b1", DPONE_NODE_STRING},      {"1_000", DPONE_NODE_STRING},
                 {"1:40", DPONE_NODE_STRING},     {"1.5", DPONE_NODE_FLOAT},
                 {".5", DPONE_NODE_FLOAT},        {"5.", DPONE_NODE_FLOAT},
                 {"5e4", DPONE_NODE_FLOAT},       {"-1.2E-3", DPONE_NODE_FLOAT},
                 {".inf", DPONE_NODE_FLOAT},      {"-.INF", DPONE_NODE_FLOAT},
                 {".NaN", DPONE_NODE_FLOAT},      {"2026-01-01", DPONE_NODE_STRING},
                 {".", DPONE_NODE_STRING},        {"-", DPONE_NODE_SEQUENCE},
                 {"1e", DPONE_NODE_STRING},       {"1.2.3", DPONE_NODE_STRING},
                 {"0x", DPONE_NODE_STRING},       {"+", DPONE_NODE_STRING},
                 {"'12'", DPONE_NODE_STRING},     {"\"true\"", DPONE_NODE_STRING},
                 {"!!str 12", DPONE_NODE_STRING}, {"!!float 12", DPONE_NODE_FLOAT},
                 {"! 12", DPONE_NODE_STRING},     {"!!int \"3\"", DPONE_NODE_INT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dpone_tree *tree = read_yaml(cases[i].text);
        if (dpone_node_kind(dpone_tree_root(tree)) != cases[i].kind) {
            fail_msg("%s: kind %d", cases[i].text, (int)dpone_node_kind(dpone_tree_root(tree)));
        }
        dpone_tree_free(tree);
    }
}

static void tree_values__numbers_and_booleans_convert(void **state) {
    (void)state;
    struct dpone_tree *tree =
        read_yaml("a: 9223372036854775807\nb: -9223372036854775808\nc: 9223372036854775808\n"
                  "d: 0x1F\ne: 0o17\nf: 1.5\ng: -.inf\nh: TRUE\ni: -0\n");
    const struct dpone_node *root = dpone_tree_root(tree);
    int64_t whole = 5;
    double number = 0;
    int truth = 0;
    assert_true(dpone_node_int64(dpone_node_get(root, "a"), &whole) && whole == INT64_MAX);
    assert_true(dpone_node_int64(dpone_node_get(root, "b"), &whole) && whole == INT64_MIN);
    assert_false(dpone_node_int64(dpone_node_get(root, "c"), &whole));
    assert_true(dpone_node_float64(dpone_node_get(root, "c"), &number) && number == 9223372036854775808.0);
    assert_true(dpone_node_int64(dpone_node_get(root, "d"), &whole) && whole == 31);
    assert_true(dpone_node_int64(dpone_node_get(root, "e"), &whole) && whole == 15);
    assert_false(dpone_node_int64(dpone_node_get(root, "f"), &whole));
    assert_true(dpone_node_float64(dpone_node_get(root, "f"), &number) && number == 1.5);
    assert_true(dpone_node_float64(dpone_node_get(root, "g"), &number) && number < -1e308);
    assert_true(dpone_node_bool(dpone_node_get(root, "h"), &truth) && truth);
    assert_false(dpone_node_bool(dpone_node_get(root, "i"), &truth));
    assert_true(dpone_node_int64(dpone_node_get(root, "i"), &whole) && whole == 0);
    dpone_tree_free(tree);
}

static void tree_access__absent_things_chain_safely(void **state) {
    (void)state;
    struct dpone_tree *tree = read_yaml("a: {b: [1, 2]}\n");
    const struct dpone_node *root = dpone_tree_root(tree);
    const struct dpone_node *list = dpone_node_get(dpone_node_get(root, "a"), "b");
    assert_int_equal(dpone_node_count(list), 2);
    assert_text(dpone_node_at(list, 1), "2");
    assert_null(dpone_node_at(list, 2));
    assert_null(dpone_node_key_at(list, 0));
    assert_null(dpone_node_get(dpone_node_get(dpone_node_get(root, "x"), "y"), "z"));
    assert_null(dpone_node_get(list, "b"));
    assert_int_equal(dpone_node_count(NULL), 0);
    assert_int_equal(dpone_node_kind(NULL), DPONE_NODE_NULL);
    assert_text(dpone_node_key_at(root, 0), "a");
    assert_int_equal(dpone_node_text(list).size, 0);
    assert_string_equal(dpone_node_tag(list), "tag:yaml.org,2002:seq");
    assert_int_equal(dpone_node_style(list), DPONE_STYLE_FLOW);
    dpone_tree_free(tree);
    dpone_tree_free(NULL);
}

static void tree_text__quotes_escapes_and_blocks_are_decoded(void **state) {
    (void)state;
    struct dpone_tree *tree =
        read_yaml("a: 'it''s'\nb: \"x\\ty\\u00e9\\0z\"\nc: |\n  one\n  two\nd: >\n  one\n  two\n"
                  "e: plain\n  over lines\nf: \"same\"\n");
    const struct dpone_node *root = dpone_tree_root(tree);
    assert_text(dpone_node_get(root, "a"), "it's");
    struct dpone_string with_nul = dpone_node_text(dpone_node_get(root, "b"));
    assert_int_equal(with_nul.size, 7);
    assert_memory_equal(with_nul.data, "x\ty\xC3\xA9\0z", 7);
    assert_text(dpone_node_get(root, "c"), "one\ntwo\n");
    assert_text(dpone_node_get(root, "d"), "one two\n");
    assert_text(dpone_node_get(root, "e"), "plain over lines");
    assert_text(dpone_node_get(root, "f"), "same");
    assert_int_equal(dpone_node_style(dpone_node_get(root, "c")), DPONE_STYLE_LITERAL);
    dpone_tree_free(tree);
}

static void tree_positions__count_lines_and_characters(void **state) {
    (void)state;
    struct dpone_tree *tree = read_yaml("# first\nsink:\n  mode: \"\xC3\xA9\xF0\x9F\x98\x80\"  # note\n"
                                        "  list: [1, 22]\r\n  empty:\nlast: {a: 1}\n");
    const struct dpone_node *root = dpone_tree_root(tree);
    const struct dpone_node *sink = dpone_node_get(root, "sink");
    assert_span(root, 2, 1, 6, 13);
    assert_span(sink, 3, 3, 5, 9);
    assert_span(dpone_node_key_at(sink, 0), 3, 3, 3, 7);
    assert_span(dpone_node_get(sink, "mode"), 3, 9, 3, 13);
    assert_span(dpone_node_at(dpone_node_get(sink, "list"), 1), 4, 13, 4, 15);
    assert_span(dpone_node_get(sink, "empty"), 5, 9, 5, 9);
    assert_span(dpone_node_get(root, "last"), 6, 7, 6, 13);
    assert_int_equal(dpone_node_start(dpone_node_get(root, "last")).offset, 71);
    struct dpone_string line = dpone_tree_line(tree, 4);
    assert_memory_equal(line.data, "  list: [1, 22]", line.size);
    assert_int_equal(dpone_tree_line(tree, 99).size, 0);
    dpone_tree_free(tree);
}

static void tree_positions__begin_behind_anchor_and_tag(void **state) {
    (void)state;
    struct dpone_tree *tree = read_yaml("a: &x !!str 12\nb: &y\n  c: 1\n");
    const struct dpone_node *root = dpone_tree_root(tree);
    assert_span(dpone_node_get(root, "a"), 1, 13, 1, 15);
    assert_span(dpone_node_get(root, "b"), 3, 3, 3, 7);
    dpone_tree_free(tree);
}

static void tree_positions__an_empty_document_stands_behind_its_marker(void **state) {
    (void)state;
    struct dpone_tree *tree = read_yaml("---\n\n");
    assert_int_equal(dpone_node_kind(dpone_tree_root(tree)), DPONE_NODE_NULL);
    assert_span(dpone_tree_root(tree), 1, 4, 1, 4);
    dpone_tree_free(tree);
}

static void tree_positions__skip_a_byte_order_mark(void **state) {
    (void)state;
    struct dpone_tree *tree = read_yaml("\xEF\xBB\xBF"
                                        "a: \xC3\xA9");
    assert_span(dpone_node_get(dpone_tree_root(tree), "a"), 1, 4, 1, 5);
    dpone_tree_free(tree);
}

static void tree_positions__hold_far_into_a_file(void **state) {
    (void)state;
    size_t size = 0;
    char *text = NULL;
    FILE *stream = open_memstream(&text, &size);
    for (int i = 0; i < 5000; i++) {
        fprintf(stream, "k%d: \xC3\xA9\n", i);
    }
    fclose(stream);
    struct dpone_tree *tree = read_yaml(text);
    assert_int_equal(dpone_node_count(dpone_tree_root(tree)), 5000);
    assert_span(dpone_node_get(dpone_tree_root(tree), "k4999"), 5000, 8, 5000, 9);
    assert_text(dpone_node_key_at(dpone_tree_root(tree), 4321), "k4321");
    assert_true(dpone_tree_memory_bytes(tree) < 12 * size);
    dpone_tree_free(tree);
    free(text);
}

static void tree_sequences__long_ones_are_indexed(void **state) {
    (void)state;
    size_t size = 0;
    char *text = NULL;
    FILE *stream = open_memstream(&text, &size);
    for (int i = 0; i < 1000; i++) {
        fprintf(stream, "- [%d, {a: %d}]\n", i, i);
    }
    fclose(stream);
    struct dpone_tree *tree = read_yaml(text);
    const struct dpone_node *root = dpone_tree_root(tree);
    assert_int_equal(dpone_node_count(root), 1000);
    for (size_t i = 0; i < 1000; i++) {
        int64_t value = -1;
        assert_true(dpone_node_int64(dpone_node_at(dpone_node_at(root, i), 0), &value));
        assert_int_equal(value, i);
    }
    assert_null(dpone_node_at(root, 1000));
    dpone_tree_free(tree);
    free(text);
}

static void tree_aliases__share_the_node(void **state) {
    (void)state;
    struct dpone_tree *tree = read_yaml("a: &x [1, 2]\nb: *x\n");
    const struct dpone_node *root = dpone_tree_root(tree);
    assert_ptr_equal(dpone_node_get(root, "a"), dpone_node_get(root, "b"));
    dpone_tree_free(tree);
}

static void tree_aliases__a_later_anchor_replaces_an_earlier(void **state) {
    (void)state;
    struct dpone_tree *tree = read_yaml("a: &x 1\nb: *x\nc: &x 2\nd: *x\n");
    assert_text(dpone_node_get(dpone_tree_root(tree), "b"), "1");
    assert_text(dpone_node_get(dpone_tree_root(tree), "d"), "2");
    dpone_tree_free(tree);
}

static void tree_merge__own_keys_win_and_the_first_source_wins(void **state) {
    (void)state;
    struct dpone_tree *tree =
        read_yaml("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\n"
                  "one: {<<: *b, y: 9}\ntwo:\n  w: 0\n  <<: [*b, *m]\nthree: {<<: {q: 1}}\n");
    const struct dpone_node *one = dpone_node_get(dpone_tree_root(tree), "one");
    const struct dpone_node *two = dpone_node_get(dpone_tree_root(tree), "two");
    assert_int_equal(dpone_node_count(one), 2);
    assert_text(dpone_node_get(one, "x"), "1");
    assert_text(dpone_node_get(one, "y"), "9");
    assert_null(dpone_node_get(one, "<<"));
    assert_int_equal(dpone_node_count(two), 4);
    assert_text(dpone_node_get(two, "y"), "2");
    assert_text(dpone_node_get(two, "z"), "4");
    assert_text(dpone_node_key_at(two, 0), "w");
    assert_text(dpone_node_at(two, 1), "1");
    assert_text(dpone_node_get(dpone_node_get(dpone_tree_root(tree), "three"), "q"), "1");
    dpone_tree_free(tree);
}

static void tree_merge__reaches_through_merged_mappings(void **state) {
    (void)state;
    struct dpone_tree *tree =
        read_yaml("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, z: 3}\nd: {\"<<\": 1}\n");
    const struct dpone_node *c = dpone_node_get(dpone_tree_root(tree), "c");
    assert_int_equal(dpone_node_count(c), 3);
    assert_text(dpone_node_get(c, "x"), "1");
    assert_text(dpone_node_get(dpone_node_get(dpone_tree_root(tree), "d"), "<<"), "1");
    dpone_tree_free(tree);
}

static void tree_json__is_read_strictly_with_positions(void **state) {
    (void)state;
    struct dpone_tree *tree =
        read_as("m.json", " {\"a\\u00e9\\ud83d\\ude00\": [1, -2.5e3, true, null, \"\"],\n \"b\": {}}\n");
    const struct dpone_node *root = dpone_tree_root(tree);
    assert_text(dpone_node_key_at(root, 0), "a\xC3\xA9\xF0\x9F\x98\x80");
    const struct dpone_node *list = dpone_node_at(root, 0);
    assert_int_equal(dpone_node_kind(dpone_node_at(list, 1)), DPONE_NODE_FLOAT);
    assert_int_equal(dpone_node_kind(dpone_node_at(list, 2)), DPONE_NODE_BOOL);
    assert_int_equal(dpone_node_kind(dpone_node_at(list, 3)), DPONE_NODE_NULL);
    assert_int_equal(dpone_node_kind(dpone_node_at(list, 4)), DPONE_NODE_STRING);
    assert_span(dpone_node_get(root, "b"), 2, 7, 2, 9);
    dpone_tree_free(tree);
}

/* ---- What is refused */

static void tree_errors__yaml(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "m.yaml:1:1: error: the file is empty; it needs at least one key"},
        {"# only a comment\n", "m.yaml:1:1: error: the file holds no document; it needs at least one key"},
        {"a: 1\n---\nb: 2\n", "m.yaml:2:1: error: a second document in the file; keep one document per file"},
        {"a: 1\nb: 2\na: 3\n",
         "m.yaml:3:1: error: duplicate key \"a\", first at line 1, column 1; keep one of them"},
        {"\"a\\nb\": 1\n\"a\\nb\": 2\n",
         "m.yaml:2:1: error: duplicate key \"a\\nb\", first at line 1, column 1; keep one of them"},
        {"a: !aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1\n",
         "m.yaml:1:4: error: tag !aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa... "
         "does not fit this value; a manifest is plain YAML, remove the tag"},
        {"a: *x\n", "m.yaml:1:4: error: alias *x names no anchor; write &x before the value it stands for"},
        {"a: &x [*x]\n",
         "m.yaml:1:8: error: alias *x stands inside the value it names; a value cannot contain itself"},
        {"? [a]\n: 1\n", "m.yaml:1:3: error: a list or mapping as a key; a key must be a scalar"},
        {"a: &x [1]\n*x : 2\n", "m.yaml:2:1: error: a list or mapping as a key; a key must be a scalar"},
        {"a: !foo 1\n",
         "m.yaml:1:4: error: tag !foo does not fit this value; a manifest is plain YAML, remove the tag"},
        {"a: !!int x\n",
         "m.yaml:1:4: error: tag !!int does not fit this value; a manifest is plain YAML, remove the tag"},
        {"a: !!set {b}\n",
         "m.yaml:1:4: error: tag !!set does not fit this value; a manifest is plain YAML, remove the tag"},
        {"a: !!binary aGk=\n",
         "m.yaml:1:4: error: tag !!binary does not fit this value; a manifest is plain YAML, remove the tag"},
        {"a: {{ b }}\n", "m.yaml:1:4: error: `{{` begins a mapping in YAML; put the template in quotes"},
        {"a: {~: 1}\n", "m.yaml:1:5: error: null as a key; put the name in quotes"},
        {"a: {<<: [{b: 1}, 2]}\n", "m.yaml:1:18: error: `<<` merges a mapping or a list of mappings; quote "
                                   "the key to use it as a name"},
        {"a: {<<: 1}\n",
         "m.yaml:1:9: error: `<<` merges a mapping or a list of mappings; quote the key to use it as a name"},
        {"a: &x {b: 1}\nc: {<<: *x, <<: *x}\n",
         "m.yaml:2:13: error: duplicate key \"<<\", first at line 2, column 5; keep one of them"},
        {"a: \xC3(\n", "m.yaml:1:4: error: invalid UTF-8, byte 0xC3; save the file as UTF-8"},
        {"a: \xED\xA0\x80\n", "m.yaml:1:4: error: invalid UTF-8, byte 0xED; save the file as UTF-8"},
        {"a: \x01\n",
         "m.yaml:1:4: error: control character 0x01; remove it, or write it as an escape in double quotes"},
        {"\xFF\xFE"
         "a",
         "m.yaml: error: the file is UTF-16; save it as UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i].text, cases[i].message);
    }
    assert_refused_with("m.yaml", "a: \0b\n", 6, NULL, DPONE_INVALID_ARGUMENT,
                        "m.yaml:1:4: error: NUL byte in the text; remove it, or save the file as UTF-8");
    assert_refused_with("m.yaml", "\xFF\xFE\0\0a\0\0\0", 8, NULL, DPONE_INVALID_ARGUMENT,
                        "m.yaml: error: the file is UTF-32; save it as UTF-8");
}

static void tree_errors__json(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "m.json:1:1: error: the file is empty; it needs a JSON value"},
        {"{\"a\": 1,}", "m.json:1:9: error: nothing follows the `,` before; remove it"},
        {"[1,]", "m.json:1:4: error: nothing follows the `,` before; remove it"},
        {"{\"a\": 1 \"b\": 2}", "m.json:1:9: error: `,` or `}` was expected here"},
        {"[1 2]", "m.json:1:4: error: `,` or `]` was expected here"},
        {"[1", "m.json:1:1: error: the `[` that starts here has no end; add the closing `]`"},
        {"[{\"a\": 1\n", "m.json:1:2: error: the `{` that starts here has no end; add the closing `}`"},
        {"{a: 1}", "m.json:1:2: error: a key in double quotes was expected here"},
        {"{\"a\" 1}", "m.json:1:6: error: `:` was expected here, between key and value"},
        {"{\"a\": 1} x", "m.json:1:10: error: text behind the end of the JSON value; remove it"},
        {"[01]", "m.json:1:2: error: bad number; JSON writes them as -12, 0.5 or 1e-3"},
        {"[1.]", "m.json:1:2: error: bad number; JSON writes them as -12, 0.5 or 1e-3"},
        {"[-]", "m.json:1:2: error: bad number; JSON writes them as -12, 0.5 or 1e-3"},
        {"[1e]", "m.json:1:2: error: bad number; JSON writes them as -12, 0.5 or 1e-3"},
        {"[truex]",
         "m.json:1:2: error: a JSON value was expected here: \"text\", a number, true, false, null, [ or {"},
        {"['a']",
         "m.json:1:2: error: a JSON value was expected here: \"text\", a number, true, false, null, [ or {"},
        {"[\"a]", "m.json:1:2: error: the string that starts here has no end; add the closing quote"},
        {"[\"a\\", "m.json:1:2: error: the string that starts here has no end; add the closing quote"},
        {"[\"a\nb\"]",
         "m.json:1:4: error: control character in a string; write it as an escape, a line break as \\n"},
        {"[\"\\x\"]", "m.json:1:3: error: bad escape in the string; JSON knows \\\" \\\\ \\/ \\b \\f \\n \\r "
                      "\\t and \\uXXXX"},
        {"[\"\\ud800\"]", "m.json:1:3: error: bad escape in the string; JSON knows \\\" \\\\ \\/ \\b \\f \\n "
                          "\\r \\t and \\uXXXX"},
        {"[\"\\ud800\\u0041\"]", "m.json:1:3: error: bad escape in the string; JSON knows \\\" \\\\ \\/ \\b "
                                 "\\f \\n \\r \\t and \\uXXXX"},
        {"{\"a\": 1, \"a\": 2}",
         "m.json:1:10: error: duplicate key \"a\", first at line 1, column 2; keep one of them"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_json_refused(cases[i].text, cases[i].message);
    }
}

static void tree_limits__each_has_its_message(void **state) {
    (void)state;
    static const struct {
        struct dpone_tree_limits limits;
        const char *text;
        const char *message;
    } cases[] = {
        {{.max_file_bytes = 4},
         "a: 12",
         "m.yaml: error: the file is larger than 4 bytes; split it, or raise the limit "
         "file_bytes"},
        {{.max_scalar_bytes = 3},
         "a: four",
         "m.yaml:1:4: error: the document exceeds the limit scalar_bytes of 3; "
         "simplify it, or raise the limit"},
        {{.max_nodes = 3},
         "[1, 2, 3]",
         "m.yaml:1:8: error: the document exceeds the limit nodes of 3; simplify it, "
         "or raise the limit"},
        {{.max_depth = 2},
         "[[[1]]]",
         "m.yaml:1:3: error: the document exceeds the limit depth of 2; simplify it, or "
         "raise the limit"},
        {{.max_depth = 3},
         "a: &x [[1]]\nb: [[*x]]",
         "m.yaml:2:6: error: the document exceeds the limit depth of 3; "
         "simplify it, or raise the limit"},
        {{.max_expanded = 1},
         "a: &x [1,1,1,1,1,1,1,1,1,1]\nb: [*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,"
         "*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,"
         "*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,"
         "*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,"
         "*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,"
         "*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x,*x]",
         "m.yaml:2:428: error: the document exceeds the limit expanded of 1; simplify it, or raise the "
         "limit"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused_with("m.yaml", cases[i].text, strlen(cases[i].text), &cases[i].limits,
                            DPONE_RESOURCE_EXHAUSTED, cases[i].message);
    }
}

static void tree_limits__a_billion_laughs_end_at_once(void **state) {
    (void)state;
    char text[4096];
    size_t size = (size_t)snprintf(text, sizeof text, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 20; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1,
                                 i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    struct dpone_tree *tree = NULL;
    assert_int_equal(dpone_tree_read_memory(&tree, "m.yaml", text, size, NULL, NULL),
                     DPONE_RESOURCE_EXHAUSTED);
    assert_null(tree);
}

static void tree_limits__deep_flow_collections_end_at_once(void **state) {
    (void)state;
    size_t size = 100000;
    char *text = malloc(size);
    memset(text, '[', size);
    assert_refused_with(
        "m.yaml", text, size, NULL, DPONE_RESOURCE_EXHAUSTED,
        "m.yaml:1:257: error: the document exceeds the limit depth of 256; simplify it, or raise the "
        "limit");
    assert_refused_with(
        "m.json", text, size, NULL, DPONE_RESOURCE_EXHAUSTED,
        "m.json:1:257: error: the document exceeds the limit depth of 256; simplify it, or raise the "
        "limit");
    free(text);
}

/* ---- Files */

struct place {
    char folder[64];
    char path[128];
};

static void make_place(struct place *place) {
    strcpy(place->folder, "/tmp/dpone-tree-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->path, sizeof place->path, "%s/m.yaml", place->folder);
}

static void assert_file_refused(const char *path, int32_t status, const char *message) {
    struct dpone_tree *tree = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    char expected[512];
    assert_int_equal(dpone_tree_read_file(&tree, path, NULL, &error), status);
    snprintf(expected, sizeof expected, "%s: error: %s", path, message);
    assert_string_equal(error.message, expected);
}

static void tree_files__only_regular_ones_are_read(void **state) {
    (void)state;
    struct place place;
    make_place(&place);
    assert_file_refused(place.path, DPONE_NOT_FOUND, "cannot open the file: No such file or directory");
    assert_file_refused(place.folder, DPONE_IO, "is a directory; name a file, or use --recursive");
    assert_int_equal(mkfifo(place.path, 0600), 0);
    assert_file_refused(place.path, DPONE_IO, "is a FIFO; name a regular file");
    unlink(place.path);
    assert_file_refused("/proc/self/mem", DPONE_IO, "cannot read the file: Input/output error");
    assert_file_refused("/dev/null", DPONE_IO, "is not a regular file; name a regular file");
    rmdir(place.folder);
}

static void tree_files__an_unreadable_one_says_so(void **state) {
    (void)state;
    struct place place;
    make_place(&place);
    FILE *file = fopen(place.path, "w");
    fputs("a: 1\n", file);
    fclose(file);
    chmod(place.path, 0);
    if (geteuid() != 0) {
        assert_file_refused(place.path, DPONE_PERMISSION_DENIED, "cannot open the file: Permission denied");
    }
    chmod(place.path, 0600);
    struct dpone_tree *tree = NULL;
    assert_int_equal(dpone_tree_read_file(&tree, place.path, NULL, NULL), DPONE_OK);
    assert_string_equal(dpone_tree_name(tree), place.path);
    dpone_tree_free(tree);
    unlink(place.path);
    rmdir(place.folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_kinds__plain_scalars_follow_the_core_schema),
        cmocka_unit_test(tree_values__numbers_and_booleans_convert),
        cmocka_unit_test(tree_access__absent_things_chain_safely),
        cmocka_unit_test(tree_text__quotes_escapes_and_blocks_are_decoded),
        cmocka_unit_test(tree_positions__count_lines_and_characters),
        cmocka_unit_test(tree_positions__begin_behind_anchor_and_tag),
        cmocka_unit_test(tree_positions__an_empty_document_stands_behind_its_marker),
        cmocka_unit_test(tree_positions__skip_a_byte_order_mark),
        cmocka_unit_test(tree_positions__hold_far_into_a_file),
        cmocka_unit_test(tree_sequences__long_ones_are_indexed),
        cmocka_unit_test(tree_aliases__share_the_node),
        cmocka_unit_test(tree_aliases__a_later_anchor_replaces_an_earlier),
        cmocka_unit_test(tree_merge__own_keys_win_and_the_first_source_wins),
        cmocka_unit_test(tree_merge__reaches_through_merged_mappings),
        cmocka_unit_test(tree_json__is_read_strictly_with_positions),
        cmocka_unit_test(tree_errors__yaml),
        cmocka_unit_test(tree_errors__json),
        cmocka_unit_test(tree_limits__each_has_its_message),
        cmocka_unit_test(tree_limits__a_billion_laughs_end_at_once),
        cmocka_unit_test(tree_limits__deep_flow_collections_end_at_once),
        cmocka_unit_test(tree_files__only_regular_ones_are_read),
        cmocka_unit_test(tree_files__an_unreadable_one_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
