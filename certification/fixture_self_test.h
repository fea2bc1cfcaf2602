/* The self-test of a fixture: does its observer see every row that is there, and nothing else?
 *
 * What a fixture observes decides whether a connector is good, so a module that dpone did not make counts
 * only after this. */
#ifndef DPONE_CERTIFICATION_FIXTURE_SELF_TEST_H
#define DPONE_CERTIFICATION_FIXTURE_SELF_TEST_H

#include "fixture_process.h"

/* Prepares a target of the data set, inserts rows, deletes one and edits one in every column but its key,
 * which is the first, and compares observe_target() with what must be there after each step; then drops the
 * target. `directory` takes two dumps. A fixture without a sink side has nothing to observe: DPONE_OK.
 * DPONE_DATA_CORRUPT with the step and the first difference; else the error of the fixture. */
int32_t dpone_fixture_self_test(struct dpone_fixture *fixture, const struct dpone_dataset_spec *spec,
                                const char *directory, struct dpone_error *error);

#endif
