/* SPDX-License-Identifier: BSD-2-Clause */
#include "maps.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char text[16] = "hello";
static const struct verify_map inner = { BPF_MAP_TYPE_ARRAY, 4, 16, 2, 0 };
static const struct {
	const char *name;
	struct verify_map map;
} maps[] = {
	{ "array", { BPF_MAP_TYPE_ARRAY, 4, 48, 4, 0 } },
	{ "hash", { BPF_MAP_TYPE_HASH, 8, 16, 8, 0 } },
	{ "percpu", { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0 } },
	{ "global", { BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0 } },
	{ "const", { BPF_MAP_TYPE_ARRAY, 4, 16, 1, 1U << 7, .frozen = text } },
	{ "wronly", { BPF_MAP_TYPE_ARRAY, 4, 16, 1, 1U << 8 } },
	{ "ring", { BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 } },
	{ "queue", { BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0 } },
	{ "progs", { BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0 } },
	{ "task", { BPF_MAP_TYPE_TASK_STORAGE, 4, 16, 0, BPF_F_NO_PREALLOC } },
	{ "outer", { BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0, .inner = &inner } },
};

int test_map_find(const char *name)
{
	for (unsigned i = 0; i < COUNT(maps); i++)
		if (!strcmp(maps[i].name, name))
			return i;
	return -1;
}

const struct verify_map *test_map(int fd)
{
	return fd >= 0 && (unsigned)fd < COUNT(maps) ? &maps[fd].map : NULL;
}

static const char *const kfuncs[] = {
	"bpf_session_is_return", "bpf_session_cookie",	  "bpf_iter_num_new",
	"bpf_iter_num_next",	 "bpf_iter_num_destroy",  "bpf_rcu_read_lock",
	"bpf_rcu_read_unlock",	 "bpf_preempt_disable",	  "bpf_preempt_enable",
	"bpf_no_such_kfunc",
};

int test_kfunc_find(const char *name)
{
	for (unsigned i = 0; i < COUNT(kfuncs); i++)
		if (!strcmp(kfuncs[i], name))
			return i;
	return -1;
}

const char *test_kfunc_name(int nr)
{
	return nr >= 0 && (unsigned)nr < COUNT(kfuncs) ? kfuncs[nr] : NULL;
}
