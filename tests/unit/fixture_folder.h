/* One folder for all tests of a program, made and removed by its group; each fixture gets a folder in it. */
#ifndef DPONE_TEST_FIXTURE_FOLDER_H
#define DPONE_TEST_FIXTURE_FOLDER_H

#include <stdio.h>
#include <stdlib.h>

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/dpone-fixture-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state) {
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

#endif
