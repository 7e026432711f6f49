/* SPDX-License-Identifier: BSD-2-Clause */
/* A map in shared memory without bpf(2) around it, for tests of src/rt. */
#ifndef FS_TESTS_USER_MAPMEM_H
#define FS_TESTS_USER_MAPMEM_H

#include "rt/map.h"

/* Exits if it cannot be made. */
struct rt_map *mapmem_new(u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags);
u64 mapmem_random(u64 *state);

#endif
