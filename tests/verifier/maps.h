/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps and kfuncs that verifier tests can name without making any. */
#ifndef FS_TESTS_VERIFIER_MAPS_H
#define FS_TESTS_VERIFIER_MAPS_H

#include "verifier/verifier.h"

/* Index of the map, to be a ldimm64's fd; -1: none. */
int test_map_find(const char *name);
const struct verify_map *test_map(int fd);
/* Number of the kfunc; -1: none. */
int test_kfunc_find(const char *name);
const char *test_kfunc_name(int nr);

#endif
