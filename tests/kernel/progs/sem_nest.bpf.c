// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Calls of the traced function from inside its own program, and functions that call themselves. */
#include "sem.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} victim SEC(".maps");

/* The entry phase, the exit phase or both delete from a map: bit 0 and bit 1 of WHEN. */
#define DELETES(name, id, when)                                                                    \
	SEC("fsession/htab_map_delete_elem")                                                       \
	int BPF_PROG(name)                                                                         \
	{                                                                                          \
		__u32 key = 77, phase = bpf_session_is_return(ctx);                                \
                                                                                                   \
		if (!sem_ours())                                                                   \
			return 0;                                                                  \
		sem_session(ctx, id, 0x1000 * id + ++d.seq);                                       \
		if ((when) & (1 << phase))                                                         \
			bpf_map_delete_elem(&victim, &key);                                        \
		return 0;                                                                          \
	}

DELETES(delete_entry, 1, 1)
DELETES(delete_exit, 2, 2)
DELETES(delete_both, 3, 3)
DELETES(delete_none, 4, 0)

/* Updates the map in both phases, and deletes: the hash store of an old kernel would do so too. */
SEC("fsession/htab_map_update_elem")
int BPF_PROG(update_both)
{
	__u32 key = 78 + bpf_session_is_return(ctx);
	__u64 value = 1;

	if (!sem_ours())
		return 0;
	sem_session(ctx, 5, 0x5000 + ++d.seq);
	bpf_map_update_elem(&victim, &key, &value, BPF_ANY);
	bpf_map_delete_elem(&victim, &key);
	return 0;
}

/* On two functions; from the one it calls the other, in both phases. */
SEC("fsession.multi/htab_map_delete_elem,htab_map_update_elem")
int BPF_PROG(across)
{
	__u32 key = 80;
	__u64 value = 1;

	if (!sem_ours())
		return 0;
	sem_session(ctx, 8, 0x8000 + ++d.seq);
	bpf_map_update_elem(&victim, &key, &value, BPF_ANY);
	return 0;
}

/* Calls itself, once for each level of nested epoll descriptors. */
SEC("fsession/ep_loop_check_proc")
int BPF_PROG(recursive)
{
	if (sem_ours())
		sem_session(ctx, 6, 0x6000 + ++d.seq);
	return 0;
}

SEC("fsession/ep_loop_check_proc")
int BPF_PROG(recursive2)
{
	if (sem_ours())
		sem_session(ctx, 7, 0x7000 + ++d.seq);
	return 0;
}
