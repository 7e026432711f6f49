/* SPDX-License-Identifier: BSD-2-Clause */
#include "mapmem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "syscall/env.h"

static struct rt_map *maps[1024];	/* never freed, and known to be */

struct rt_map *mapmem_new(u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	struct rt_map *m = calloc(1, sizeof(*m) + 8ULL * max_entries);
	void *mem;
	static u32 nr;

	if (!m || env_init())
		exit(1);
	maps[nr++ % 1024] = m;
	m->type = type;
	m->key_size = key_size;
	m->value_size = value_size;
	m->max_entries = max_entries;
	m->map_flags = flags;
	m->nr_cpus = env_nr_cpus();
	if (rt_map_layout(m)) {
		fprintf(stderr, "no layout\n");
		exit(1);
	}
	mem = mmap(NULL, m->total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		exit(1);
	rt_map_init(m, mem, 7);
	return m;
}

u64 mapmem_random(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}
