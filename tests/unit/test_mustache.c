/* generator/mustache.h: what templates render to, and the exact words for those that cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "generator/mustache.h"

enum { PARTIAL_COUNT = 6 };

/* Partials of a test: text under the names p0, p1, ... */
struct partials {
    struct dpone_template *templates[PARTIAL_COUNT];
};

static int32_t find_partial(const struct dpone_template **out, void *user, struct dpone_string name,
                            struct dpone_error *error) {
    const struct partials *partials = user;
    (void)error;
    *out = NULL;
    if (name.size == 2 && name.data[0] == 'p') {
        *out = partials->templates[name.data[1] - '0'];
    }
    return DPONE_OK;
}

static struct dpone_template *parse(const char *name, const char *text) {
    struct dpone_template *template = NULL;
    struct dpone_error error = DPONE_ERROR_INIT;
    int32_t status = dpone_template_parse(&template, name, dpone_string_of(text), &error);
    if (status != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    return template;
}

struct how {
    enum dpone_template_escape escape;
    int strict;
    const char *partials[PARTIAL_COUNT];
};

/* Text, or the message of the error; the caller frees it. */
static char *render_how(const char *template_text, const char *data, struct how how) {
    struct dpone_error error = DPONE_ERROR_INIT;
    struct dpone_template *template = NULL;
    struct dpone_tree *tree = NULL;
    struct dpone_text out = {0};
    struct partials partials = {{0}};
    for (size_t i = 0; i < PARTIAL_COUNT; i++) {
        partials.templates[i] = how.partials[i] == NULL ? NULL : parse("partial", how.partials[i]);
    }
    assert_int_equal(dpone_tree_read_memory(&tree, "data.yaml", data, strlen(data), NULL, &error), DPONE_OK);
    const struct dpone_node *root = dpone_tree_root(tree);
    struct dpone_template_context context = {.data = &root,
                                             .data_count = 1,
                                             .escape = how.escape,
                                             .strict = how.strict,
                                             .partial = find_partial,
                                             .user = &partials};
    int32_t status = dpone_template_parse(&template, "t", dpone_string_of(template_text), &error);
    if (status == DPONE_OK) {
        status = dpone_template_render(&out, template, &context, &error);
    }
    char *result = strdup(status == DPONE_OK ? (out.data == NULL ? "" : out.data) : error.message);
    assert_non_null(result);
    dpone_text_clear(&out);
    dpone_tree_free(tree);
    dpone_template_free(template);
    for (size_t i = 0; i < PARTIAL_COUNT; i++) {
        dpone_template_free(partials.templates[i]);
    }
    return result;
}

struct example {
    const char *template_text;
    const char *data;
    const char *expected;
    struct how how;
};

static void check(const struct example *examples, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char *text = render_how(examples[i].template_text, examples[i].data, examples[i].how);
        if (strcmp(text, examples[i].expected) != 0) {
            print_error("example %zu: %s\n", i, examples[i].template_text);
        }
        assert_string_equal(text, examples[i].expected);
        free(text);
    }
}

#define CHECK(examples) check(examples, sizeof(examples) / sizeof((examples)[0]))

#define HTML                                                                                                 \
    { .escape = DPONE_TEMPLATE_ESCAPE_HTML }
#define STRICT                                                                                               \
    { .strict = 1 }

static void mustache_value__interpolates(void **state) {
    static const struct example examples[] = {
        {"plain {text}", "{}", "plain {text}", {0}},
        {"", "{}", "", {0}},
        {"{{a}} {{{a}}} {{&a}}", "{a: '<&\">'}", "&lt;&amp;&quot;&gt; <&\"> <&\">", HTML},
        {"{{a}}", "{a: '<&\">'}", "<&\">", {0}},
        {"[{{ a }}{{{ a }}}{{& a }}]", "{a: x}", "[xxx]", {0}},
        {"({{n}})({{missing}})({{a.b.c}})", "{n: null, a: {}}", "()()()", {0}},
        {"{{a.b}}", "{'a.b': wrong, a: {b: right}}", "right", {0}},
        {"{{a.b}}", "{'a.b': wrong}", "", {0}},
        {"{{#a}}{{b.c}}{{/a}}", "{a: {b: {}}, b: {c: wrong}}", "", {0}},
        {"{{.}}", "world", "world", {0}},
        {"{{#a}}{{.n}}{{/a}}{{#b}}{{.n}}{{/b}}", "{a: {}, b: {n: right}, n: wrong}", "right", {0}},
        {"{{a}}{{b}}", "{a: '{{b}}', b: 1}", "{{b}}1", {0}},
    };
    (void)state;
    CHECK(examples);
}

static void mustache_value__spells_numbers_one_way(void **state) {
    static const struct example examples[] = {
        {"{{a}} {{b}} {{c}} {{d}}",
         "{a: 85, b: -1, c: 0, d: 123456789012345678901234567890}",
         "85 -1 0 123456789012345678901234567890",
         {0}},
        {"{{a}} {{b}} {{c}} {{d}}", "{a: 1.210, b: 1.0, c: 0.1, d: 1e300}", "1.21 1.0 0.1 1e+300", {0}},
        {"{{a}} {{b}}", "{a: true, b: false}", "true false", {0}},
        {"{{a}} {{b}}", "{a: 1.0e+999, b: -.inf}", "1.0e+999 -.inf", {0}},
        {"{{a}} {{b}}", "{a: '1.210', b: '007'}", "1.210 007", {0}},
    };
    (void)state;
    CHECK(examples);
}

static void mustache_section__includes_repeats_and_inverts(void **state) {
    static const struct example examples[] = {
        {"{{#a}}y{{/a}}{{^a}}n{{/a}}", "{a: true}", "y", {0}},
        {"{{#a}}y{{/a}}{{^a}}n{{/a}}", "{a: false}", "n", {0}},
        {"{{#a}}y{{/a}}{{^a}}n{{/a}}", "{a: null}", "n", {0}},
        {"{{#a}}y{{/a}}{{^a}}n{{/a}}", "{a: []}", "n", {0}},
        {"{{#a}}y{{/a}}{{^a}}n{{/a}}", "{}", "n", {0}},
        {"{{#a}}y{{/a}}{{^a}}n{{/a}}", "{a: {}}", "y", {0}},
        {"{{#a}}y{{/a}}{{^a}}n{{/a}}", "{a: 0}", "y", {0}},
        {"{{#a}}y{{/a}}{{^a}}n{{/a}}", "{a: ''}", "y", {0}},
        {"{{#l}}({{.}}){{/l}}", "{l: [1, b, 2.50]}", "(1)(b)(2.5)", {0}},
        {"{{#.}}({{v}}){{/.}}", "[{v: a}, {v: b}]", "(a)(b)", {0}},
        {"{{#l}}({{#.}}{{.}}{{/.}}){{/l}}", "{l: [[1, 2], [a]]}", "(12)(a)", {0}},
        {"{{#f}}{{.}} is {{f}}{{/f}}", "{f: bar}", "bar is bar", {0}},
        {"{{#s}}{{a}}{{b}}{{c.d}}{{/s}}", "{a: 1, b: x, s: {b: 2}, c: {d: 3}}", "123", {0}},
        {"{{#a.b}}{{c}}{{/a.b}}", "{a: {b: {c: x}}}", "x", {0}},
        {"{{#a}}{{#a}}x{{/a}}{{/a}}", "{a: true}", "x", {0}},
    };
    (void)state;
    CHECK(examples);
}

static void mustache_line__goes_with_a_tag_that_has_it_for_itself(void **state) {
    static const struct example examples[] = {
        {"a\n{{#t}}\nb\n{{/t}}\nc\n", "{t: true}", "a\nb\nc\n", {0}},
        {"a\n  {{#t}}\t\nb\n  {{/t}}", "{t: true}", "a\nb\n", {0}},
        {"a\r\n{{!x}}\r\nb\r\n", "{}", "a\r\nb\r\n", {0}},
        {"  {{! one\n two }}\nb", "{}", "b", {0}},
        {"a {{!x}}\nb", "{}", "a \nb", {0}},
        {"{{#t}}{{/t}}\nb", "{t: true}", "\nb", {0}},
        {"  {{v}}\n", "{v: x}", "  x\n", {0}},
        {"{{=<% %>=}}\n<%v%>{{v}}", "{v: x}", "x{{v}}", {0}},
    };
    (void)state;
    CHECK(examples);
}

static void mustache_delimiters__change(void **state) {
    static const struct example examples[] = {
        {"{{=<% %>=}}(<%v%>)", "{v: x}", "(x)", {0}},
        {"{{= | | =}}(|v|)|={{ }}=|({{v}})", "{v: x}", "(x)(x)", {0}},
        {"{{=<% %>=}}${{ github.ref }} <% v %>", "{v: x}", "${{ github.ref }} x", {0}},
        {"{{#s}}\n{{v}}\n|v|\n{{= | | =}}\n{{v}}\n|v|\n|/s|\n", "{s: true, v: x}", "x\n|v|\n{{v}}\nx\n", {0}},
        {"{{=| |=}}|>p0|{{v}}", "{v: x}", "x|v|{{v}}", {.partials = {"{{v}}|v|"}}},
        {"{{>p0}}{{v}}", "{v: x}", "yx", {.partials = {"{{=| |=}}y"}}},
    };
    (void)state;
    CHECK(examples);
}

static void mustache_partial__is_inserted_and_indented(void **state) {
    static const struct example examples[] = {
        {"[{{>p0}}]", "{v: x}", "[(x)]", {.partials = {"({{v}})"}}},
        {"[{{>nowhere}}]", "{}", "[]", {0}},
        {"{{>p0}}", "{v: X, n: [{v: Y, n: []}]}", "X<Y<>>", {.partials = {"{{v}}<{{#n}}{{>p0}}{{/n}}>"}}},
        {"  {{v}}  {{> p0}}\n", "{v: x}", "  x  >\n>\n", {.partials = {">\n>"}}},
        {"a\n {{>p0}}\nb\n", "{v: \"<\\n->\"}", "a\n |\n <\n->\n |\nb\n", {.partials = {"|\n{{{v}}}\n|\n"}}},
        {"  {{>p0}}\n>", "{}", "  >\n  >>", {.partials = {">\n>"}}},
        {"\t{{>p0}}\r\nz", "{}", "\ta\r\n\r\n\tb\r\nz", {.partials = {"a\r\n\r\nb\r\n"}}},
        {" {{>p0}}\n", "{}", " a\n  b\n\n  c\n", {.partials = {"a\n {{>p1}}\n", "b\n\nc\n"}}},
        {" {{>p0}}\n", "{l: [1, 2]}", " 1\n 2\n", {.partials = {"{{#l}}\n{{.}}\n{{/l}}\n"}}},
        {" {{>p0}}\n", "{t: true}", " x\n y z\n", {.partials = {"{{#t}}x\ny{{/t}} z\n"}}},
    };
    (void)state;
    CHECK(examples);
}

static void mustache_parse__names_the_place_of_what_is_wrong(void **state) {
    static const struct example examples[] = {
        {"ab\n {{x", "{}", "t:2:2: the tag that begins here never ends: '}}' is missing", {0}},
        {"{{{x}}", "{}", "t:1:1: the tag that begins here never ends: '}}}' is missing", {0}},
        {"{{=<% %>}}", "{}", "t:1:1: the tag that begins here never ends: '=}}' is missing", {0}},
        {"\xC3\xA9{{#a}}", "{}", "t:1:2: the section 'a' is never closed", {0}},
        {"{{#a}}{{^b}}", "{}", "t:1:7: the section 'b' is never closed", {0}},
        {"x{{/a}}", "{}", "t:1:2: 'a' is closed here, but no section is open", {0}},
        {"{{#a}}\n{{/b}}", "{}", "t:2:1: 'b' is closed here, but the open section is 'a'", {0}},
        {"{{}}", "{}", "t:1:1: the tag has no name", {0}},
        {"{{{}}}", "{}", "t:1:1: the tag has no name", {0}},
        {"{{a b}}", "{}", "t:1:1: the tag's name is malformed", {0}},
        {"{{a..b}}", "{}", "t:1:1: the tag's name is malformed", {0}},
        {"{{a.}}", "{}", "t:1:1: the tag's name is malformed", {0}},
        {"\n {{>../a}}",
         "{}",
         "t:2:2: the partial '../a' is no file below the folder of partials; name one without '..'",
         {0}},
        {"{{>/a}}",
         "{}",
         "t:1:1: the partial '/a' is no file below the folder of partials; name one without '..'",
         {0}},
        {"{{<a}}", "{}", "t:1:1: template inheritance ('<' and '$' tags) is not offered; use a partial", {0}},
        {"{{=a=}}",
         "{}",
         "t:1:1: a delimiter change needs two delimiters without blanks or '=', as in {{=<% %>=}}",
         {0}},
        {"{{=a b c=}}",
         "{}",
         "t:1:1: a delimiter change needs two delimiters without blanks or '=', as in {{=<% %>=}}",
         {0}},
    };
    (void)state;
    CHECK(examples);
}

static void mustache_render__names_the_place_of_what_is_wrong(void **state) {
    static const struct example examples[] = {
        {"\n {{a}}", "{a: [1]}", "t:2:2: 'a' is a list, which has no text; use it as a section", {0}},
        {"{{a}}", "{a: {}}", "t:1:1: 'a' is a mapping, which has no text; use it as a section", {0}},
        {"{{conector}}", "{connector: x}", "t:1:1: the data has no 'conector'; did you mean connector?",
         STRICT},
        {"{{#zz}}{{/zz}}", "{connector: x}", "t:1:1: the data has no 'zz'", STRICT},
        {"{{n}}{{^f}}x{{/f}}", "{n: null, f: false}", "x", STRICT},
        {"x {{>nowhere}}", "{}", "t:1:3: there is no partial 'nowhere'", STRICT},
        {"{{>p0}}", "{}", "partial:2:1: the data has no 'x'", {.strict = 1, .partials = {"\n{{x}}"}}},
        {"{{>p0}}",
         "{}",
         "partial:1:2: partials nest deeper than 128 here; does 'p0' insert itself without an end?",
         {.partials = {"x{{>p0}}"}}},
    };
    (void)state;
    CHECK(examples);
}

static void mustache_limits__stop_a_runaway(void **state) {
    char *text = render_how("{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}{{#l}}"
                            "{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}{{/l}}",
                            "{l: [1, 2, 3, 4, 5, 6, 7, 8]}", (struct how){0});
    (void)state;
    assert_string_equal(text, "t:1:55: rendering takes more than the 20000000 steps allowed");
    free(text);

    struct how how = {.partials = {"{{{x}}}{{#l}}{{>p0}}{{/l}}"}};
    char *data = malloc(2000100);
    assert_non_null(data);
    (void)snprintf(data, 32, "{l: [1, 2, 3], x: ");
    memset(data + strlen(data), 'x', 2000000);
    (void)snprintf(data + 18 + 2000000, 8, "}");
    text = render_how("{{>p0}}", data, how);
    assert_string_equal(text, "partial:1:1: what is rendered exceeds the 67108864 bytes allowed");
    free(text);
    free(data);

    char nested[129 * 6 + 1] = "";
    for (size_t i = 0; i < 129; i++) {
        memcpy(nested + i * 6, "{{#a}}", 7);
    }
    text = render_how(nested, "{}", (struct how){0});
    assert_string_equal(text, "t:1:769: sections nest deeper than 128");
    free(text);
}

/* What 128 sections times 128 partials would take of the stack is too much. */
static void mustache_limits__hold_through_partials(void **state) {
    char partial[100 * 12 + 8] = "";
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        memcpy(partial + i * 6, i % 2 == 0 ? "{{#a}}" : "{{^b}}", 7);
    }
    memcpy(partial + 600, "{{>p0}}", 8);
    for (size_t i = 0; i < 100; i++) {
        memcpy(partial + 607 + i * 6, i % 2 == 0 ? "{{/b}}" : "{{/a}}", 7);
    }
    char *text = render_how("{{>p0}}", "{a: true}", (struct how){.partials = {partial}});
    assert_string_equal(text, "partial:1:145: sections nest deeper than 1024 here, through partials");
    free(text);
}

static void mustache_truth__answers_for_conditions(void **state) {
    struct dpone_tree *tree = NULL;
    const char *text = "{has: {source: true, sink: false}}";
    assert_int_equal(dpone_tree_read_memory(&tree, "d.yaml", text, strlen(text), NULL, NULL), DPONE_OK);
    const struct dpone_node *root = dpone_tree_root(tree);
    struct dpone_template_context context = {.data = &root, .data_count = 1};
    (void)state;
    assert_int_equal(dpone_template_truth(&context, dpone_string_of("has.source")), 1);
    assert_int_equal(dpone_template_truth(&context, dpone_string_of("has.sink")), 0);
    assert_int_equal(dpone_template_truth(&context, dpone_string_of("has.state")), -1);
    dpone_tree_free(tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mustache_value__interpolates),
        cmocka_unit_test(mustache_value__spells_numbers_one_way),
        cmocka_unit_test(mustache_section__includes_repeats_and_inverts),
        cmocka_unit_test(mustache_line__goes_with_a_tag_that_has_it_for_itself),
        cmocka_unit_test(mustache_delimiters__change),
        cmocka_unit_test(mustache_partial__is_inserted_and_indented),
        cmocka_unit_test(mustache_parse__names_the_place_of_what_is_wrong),
        cmocka_unit_test(mustache_render__names_the_place_of_what_is_wrong),
        cmocka_unit_test(mustache_limits__stop_a_runaway),
        cmocka_unit_test(mustache_limits__hold_through_partials),
        cmocka_unit_test(mustache_truth__answers_for_conditions),
    };
    return cmocka_run_group_tests_name("mustache", tests, NULL, NULL);
}
