/*
 * libraries.h -- the libraries that this process runs with, for --version and
 * doctor. All that the system uses are asked, also those that only its other
 * programs call: they are taken from the same machine.
 */
#ifndef CTL_LIBRARIES_H
#define CTL_LIBRARIES_H

#include "settings/version.h"

/* Ends with {0}; static. */
const struct version_part *libraries_running(void);

#endif
