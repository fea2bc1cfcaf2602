/* The artifact folder: its lock, and the note that says what is being certified into it. */
#ifndef DPONE_CERTIFICATION_ARTIFACTS_H
#define DPONE_CERTIFICATION_ARTIFACTS_H

#include "subject.h"

enum dpone_artifacts_mode {
    DPONE_ARTIFACTS_SHARED = 0,   /* single checks, several at once */
    DPONE_ARTIFACTS_EXCLUSIVE = 1 /* a whole certification, a report */
};

/* Waits for the folder's lock, with one line on stderr when that takes time; the lock ends when `*out` is
 * closed. DPONE_IO naming the file. */
int32_t dpone_artifacts_lock(int *out, const char *artifact_directory, int32_t mode,
                             struct dpone_error *error);

/* Notes the subject in session.json, from which the report knows what it is about. Written only when it
 * changes. */
int32_t dpone_artifacts_note_session(const struct dpone_subject *subject, struct dpone_error *error);

/* Opens the subject of the last certification. DPONE_NOT_FOUND when none ran into this folder. */
int32_t dpone_artifacts_open_session(struct dpone_subject *out, const char *artifact_directory,
                                     struct dpone_error *error);

#endif
