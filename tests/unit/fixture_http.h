/* A running http fixture and a client of it, for the tests that talk to it as a connector would. */
#ifndef DPONE_TEST_FIXTURE_HTTP_H
#define DPONE_TEST_FIXTURE_HTTP_H

#include "certification/canonical.h"
#include "certification/fixture_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>

struct web {
    char folder[64];
    struct dpone_fixture *fixture;
    char *url;
    char *token;
    const char *authorization; /* a whole header, or NULL for the bearer token */
};

/* What came back. */
struct reply {
    CURLcode code;
    long status;
    struct dpone_canonical_text body;
    struct dpone_canonical_text headers;
    json_t *json; /* NULL when the body is none */
};

static inline struct web *web_open(const char *options) {
    struct dpone_error error = DPONE_ERROR_INIT;
    json_t *variables = NULL;
    struct web *web = calloc(1, sizeof(*web));
    assert_non_null(web);
    (void)snprintf(web->folder, sizeof(web->folder), "/tmp/dpone-http-XXXXXX");
    assert_non_null(mkdtemp(web->folder));
    struct dpone_fixture_settings settings = {
        .name = "http", .directory = web->folder, .options = options, .seed = 42};
    if (dpone_fixture_open(&web->fixture, &settings, &error) != DPONE_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(dpone_fixture_variables(web->fixture, &variables, NULL), DPONE_OK);
    web->url = strdup(json_string_value(json_object_get(variables, "url")));
    web->token = strdup(json_string_value(json_object_get(variables, "token")));
    json_decref(variables);
    return web;
}

/* The log must be empty: a sanitizer that found something in the fixture's process would have written there.
 */
static inline void web_close(struct web *web) {
    char command[128];
    char log[128];
    struct stat about;
    dpone_fixture_close(web->fixture);
    (void)snprintf(log, sizeof(log), "%s/fixture.log", web->folder);
    assert_int_equal(stat(log, &about), 0);
    if (about.st_size > 0) {
        fail_msg("%s is not empty", log);
    }
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", web->folder);
    assert_int_equal(system(command), 0);
    free(web->url);
    free(web->token);
    free(web);
}

/* Takes 8 MiB at most, as a careful client does. */
static inline size_t web_receive(char *data, size_t size, size_t count, void *context) {
    if (((struct dpone_canonical_text *)context)->size > (size_t)8 << 20) {
        return 0;
    }
    dpone_canonical_text_add(context, data, size * count);
    return size * count;
}

static inline struct reply web_send(struct web *web, const char *method, const char *path, const char *body) {
    char url[1024];
    char bearer[256];
    struct reply reply = {0};
    struct curl_slist *headers = NULL;
    CURL *curl = curl_easy_init();
    assert_non_null(curl);
    (void)snprintf(url, sizeof(url), "%s%s", strncmp(path, "http:", 5) == 0 ? "" : web->url, path);
    (void)snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s", web->token);
    headers = curl_slist_append(headers, web->authorization != NULL ? web->authorization : bearer);
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, web_receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, web_receive);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply.headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 3000L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (body != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    reply.code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (reply.body.size > 0) {
        reply.json = json_loadb(reply.body.data, reply.body.size, JSON_ALLOW_NUL, NULL);
    }
    return reply;
}

static inline void reply_clear(struct reply *reply) {
    dpone_canonical_text_clear(&reply->body);
    dpone_canonical_text_clear(&reply->headers);
    json_decref(reply->json);
    memset(reply, 0, sizeof(*reply));
}

/* Sends, and expects a status; the error code too when the reply is one and `code` is not NULL. */
static inline void web_expect(struct web *web, const char *method, const char *path, const char *body,
                              long status, const char *code) {
    struct reply reply = web_send(web, method, path, body);
    assert_int_equal(reply.code, CURLE_OK);
    if (reply.status != status) {
        fail_msg("%s %s: %ld: %s", method, path, reply.status, reply.body.data);
    }
    if (code != NULL) {
        assert_string_equal(json_string_value(json_object_get(json_object_get(reply.json, "error"), "code")),
                            code);
    }
    reply_clear(&reply);
}

static inline const char *json_at(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text != NULL ? text : "";
}

#endif
