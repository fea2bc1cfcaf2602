/* The formats of draft-07, and resolving the URIs that references are written in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "manifest/format.h"
#include "manifest/uri.h"

static void format_each__tells_good_from_bad(void **state) {
    (void)state;
    static const struct {
        const char *format;
        const char *good[9];
        const char *bad[14];
    } cases[] = {
        {"date",
         {"2024-02-29", "1999-12-31", "0000-01-01"},
         {"2023-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "24-01-01", "2024-04-31", "2024-04-10T", "",
          "2024/01/01"}},
        {"time",
         {"12:00:00Z", "23:59:60Z", "22:59:60-01:00", "12:00:00.123+05:30", "12:00:00z"},
         {"24:00:00Z", "12:60:00Z", "12:00:00", "12:00:61Z", "22:59:60Z", "12:00Z", "12:00:00.Z",
          "12:00:00+24:00", "12:00:00 Z", "1:00:00Z"}},
        {"date-time",
         {"2024-02-29T12:00:00Z", "2024-02-29t12:00:00.5z", "1998-12-31T23:59:60Z",
          "2024-01-01T00:00:00-08:00"},
         {"2024-02-29 12:00:00Z", "2024-02-29T12:00:00", "2024-02-30T12:00:00Z", "1998-12-31T22:59:60Z",
          "T12:00:00Z"}},
        {"email",
         {"a@example.com", "a.b+c@x.y", "\"a b\"@x.y", "a@[127.0.0.1]", "a@[IPv6:::1]"},
         {"a", "@x", "a@", "a..b@x", ".a@x", "a.@x", "a@-x", "a b@x", "\"a\"b\"@x", "a@[300.0.0.1]"}},
        {"hostname",
         {"example.com", "a", "a-b.c9", "xn--bcher-kva.example"},
         {"", ".", "-a", "a-", "a..b", "a_b", "a.", "\xC3\xA9",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},
        {"ipv4",
         {"127.0.0.1", "255.255.255.255", "0.0.0.0"},
         {"256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "", "1..2.3", "0x7f.0.0.1",
          "1.2.3.1000"}},
        {"ipv6",
         {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2::7:8", "fe80::a",
          "1:2:3:4:5:6:1.2.3.4"},
         {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "::g",
          "1:2:3:4:5:6:7:1.2.3.4", "fe80::a%eth0", "1:", ":1", "::1.2.3", "1:2:3:4:5:6:7::8"}},
        {"uri",
         {"http://a.b/c?d=e#f", "urn:x:y", "mailto:a@b.c", "file:///x", "http://u:p@[::1]:80/", "a:%41"},
         {"//a.b/c", "/c", "http://a b", "a:%4", "http://[::1", "", "http://a.b/\xC3\xA9", "http://a:b/",
          "1a:b", "http://a/<b>", "a:\\b"}},
        {"uri-reference",
         {"", "/a/b", "a/b:c", "#x", "?q", "//h/p", "../x", "http://a.b"},
         {"a b", "\\\\x", "#a#b", "%zz", "1:b"}},
        {"uuid",
         {"2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"},
         {"", "2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638",
          "2eb8aa08-aa98-11ea-b4ag-73b441d16380"}},
        {"regex", {"^a+$", "(?<x>a)"}, {"(", "a\\Z", "[b-a]"}},
        {"json-pointer", {"", "/", "/a~0b~1c/0", "/\xC3\xA9"}, {"a", "#/a", "/~", "/~2"}},
        {"relative-json-pointer", {"0", "1/a", "12#"}, {"", "/a", "01", "-1", "1#x", "#"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct dpone_format *format = dpone_format_find(dpone_string_of(cases[i].format));
        assert_non_null(format);
        for (size_t j = 0; j < 9 && cases[i].good[j] != NULL; j++) {
            if (!format->holds(dpone_string_of(cases[i].good[j]))) {
                fail_msg("%s refuses %s", cases[i].format, cases[i].good[j]);
            }
        }
        for (size_t j = 0; j < 14 && cases[i].bad[j] != NULL; j++) {
            if (format->holds(dpone_string_of(cases[i].bad[j]))) {
                fail_msg("%s accepts %s", cases[i].format, cases[i].bad[j]);
            }
        }
    }
    assert_null(dpone_format_find(dpone_string_of("colour")));
}

/* The examples of RFC 3986, section 5.4, and URIs without a hierarchy. */
static void uri_resolve__follows_rfc_3986(void **state) {
    (void)state;
    static const char base[] = "http://a/b/c/d;p?q";
    static const char *const cases[][3] = {
        {base, "g:h", "g:h"},
        {base, "g", "http://a/b/c/g"},
        {base, "./g", "http://a/b/c/g"},
        {base, "g/", "http://a/b/c/g/"},
        {base, "/g", "http://a/g"},
        {base, "//g", "http://g"},
        {base, "?y", "http://a/b/c/d;p?y"},
        {base, "g?y#s", "http://a/b/c/g?y#s"},
        {base, "#s", "http://a/b/c/d;p?q#s"},
        {base, "", "http://a/b/c/d;p?q"},
        {base, ".", "http://a/b/c/"},
        {base, "..", "http://a/b/"},
        {base, "../g", "http://a/b/g"},
        {base, "../../../g", "http://a/g"},
        {base, "/./g", "http://a/g"},
        {base, "g..", "http://a/b/c/g.."},
        {base, "./g/.", "http://a/b/c/g/"},
        {base, "g/../h", "http://a/b/c/h"},
        {base, "g?y/../x", "http://a/b/c/g?y/../x"},
        {"http://a", "g", "http://a/g"},
        {"urn:uuid:1234", "#x", "urn:uuid:1234#x"},
        {"file:///x/s.json", "t.json#/a", "file:///x/t.json#/a"},
    };
    struct dpone_arena arena = {.blocks = NULL};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dpone_string got =
            dpone_uri_resolve(&arena, dpone_string_of(cases[i][0]), dpone_string_of(cases[i][1]));
        assert_string_equal(got.data, cases[i][2]);
    }
    assert_string_equal(dpone_uri_of_path(&arena, "/a b/\xC3\xA9#").data, "file:///a%20b/%C3%A9%23");
    struct dpone_string decoded = dpone_uri_decode(&arena, dpone_string_of("%41b%c3%A9%4"));
    assert_int_equal(decoded.size, 6);
    assert_memory_equal(decoded.data, "Ab\xC3\xA9%4", 6);
    dpone_arena_clear(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(format_each__tells_good_from_bad),
        cmocka_unit_test(uri_resolve__follows_rfc_3986),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
