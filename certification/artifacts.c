/* The artifact folder: its lock, and the note that says what is being certified into it. */
#define _GNU_SOURCE
#include "artifacts.h"

#include "path.h"
#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int lock_waiting(int descriptor, int operation, const char *directory) {
    if (flock(descriptor, operation | LOCK_NB) == 0) {
        return 0;
    }
    if (errno == EWOULDBLOCK) {
        (void)fprintf(stderr, "dpone: waiting for another certification in %s\n", directory);
    }
    while (flock(descriptor, operation) != 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

int32_t dpone_artifacts_lock(int *out, const char *artifact_directory, int32_t mode,
                             struct dpone_error *error) {
    char *path = dpone_format("%s/.lock", artifact_directory);
    int32_t status = DPONE_OK;
    *out = -1;
    if (path == NULL) {
        return dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a path");
    }
    *out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*out < 0 ||
        lock_waiting(*out, mode == DPONE_ARTIFACTS_EXCLUSIVE ? LOCK_EX : LOCK_SH, artifact_directory) != 0) {
        status = dpone_file_error(error, errno, "lock", path);
        if (*out >= 0) {
            close(*out);
            *out = -1;
        }
    }
    free(path);
    return status;
}

static char *session_path(const char *artifact_directory) {
    return dpone_format("%s/session.json", artifact_directory);
}

static json_t *json_of_session(const struct dpone_subject *subject) {
    json_t *session =
        json_pack("{s:s, s:s, s:s, s:I}", "session_version", "1", "package", subject->package->directory,
                  "profile", dpone_profile_name(subject->profile), "seed", (json_int_t)subject->seed);
    if (session != NULL && subject->plugin != NULL) {
        (void)json_object_set_new(session, "plugin", json_string(subject->plugin));
    }
    return session;
}

static int same_session(const char *path, const json_t *session) {
    json_t *noted = NULL;
    struct dpone_error ignored = DPONE_ERROR_INIT;
    if (dpone_sealed_read(&noted, path, &ignored) != DPONE_OK) {
        return 0;
    }
    (void)json_object_del(noted, "digest");
    int same = json_equal(noted, session);
    json_decref(noted);
    return same;
}

int32_t dpone_artifacts_note_session(const struct dpone_subject *subject, struct dpone_error *error) {
    char *path = session_path(subject->artifact_directory);
    json_t *session = json_of_session(subject);
    int32_t status = DPONE_OK;
    if (path == NULL || session == NULL) {
        status = dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for session.json");
    } else if (!same_session(path, session)) {
        status = dpone_sealed_write(path, session, error);
    }
    json_decref(session);
    free(path);
    return status;
}

static const char *json_text_or_null(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

int32_t dpone_artifacts_open_session(struct dpone_subject *out, const char *artifact_directory,
                                     struct dpone_error *error) {
    char *path = session_path(artifact_directory);
    json_t *session = NULL;
    *out = (struct dpone_subject){0};
    int32_t status = path == NULL ? dpone_error_set(error, DPONE_OUT_OF_MEMORY, "no memory for a path")
                                  : dpone_sealed_read(&session, path, error);
    if (status == DPONE_NOT_FOUND) {
        dpone_error_set(
            error, DPONE_NOT_FOUND,
            "%s: nothing was certified here; run `dpone connectors certify --artifact-dir %s` first",
            artifact_directory, artifact_directory);
    }
    if (status == DPONE_OK) {
        const char *profile = json_text_or_null(session, "profile");
        struct dpone_subject_request request = {
            .package = json_text_or_null(session, "package"),
            .plugin = json_text_or_null(session, "plugin"),
            .artifact_directory = artifact_directory,
            .profile = profile == NULL ? -1 : dpone_profile_parse(profile),
            .seed = (uint64_t)json_integer_value(json_object_get(session, "seed"))};
        status = dpone_subject_open(out, &request, error);
    }
    json_decref(session);
    free(path);
    return status;
}
