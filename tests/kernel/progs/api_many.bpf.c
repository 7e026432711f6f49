// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sessions of many functions, told apart by their address. */
#include "api.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct func_seen);
} funcs SEC(".maps");

__s64 first_arg;

static __always_inline void note_func(void *ctx)
{
	__u64 ip = bpf_get_func_ip(ctx), *cookie = bpf_session_cookie(ctx);
	struct func_seen new = {}, *s;
	__u64 attach_cookie = bpf_get_attach_cookie(ctx);

	s = bpf_map_lookup_elem(&funcs, &ip);
	if (!s) {
		bpf_map_update_elem(&funcs, &ip, &new, BPF_NOEXIST);
		s = bpf_map_lookup_elem(&funcs, &ip);
	}
	if (!s)
		return;
	if (bpf_session_is_return(ctx)) {
		__sync_fetch_and_add(&s->exits, 1);
		if (*cookie != ip)
			__sync_fetch_and_add(&s->bad, 1);
		s->attach_cookie[1] = attach_cookie;
	} else {
		__sync_fetch_and_add(&s->entries, 1);
		*cookie = ip;
		s->attach_cookie[0] = attach_cookie;
	}
}

SEC("?fsession.multi/bpf_fentry_test?")
int many(void *ctx)
{
	note_func(ctx);
	return 0;
}

SEC("?fsession.multi")
int bare_many(void *ctx)
{
	note_func(ctx);
	return 0;
}

/* Needs to know its function, so that it is loaded for each. */
SEC("?fsession")
int BPF_PROG(typed, __u64 a)
{
	first_arg += a == 1;
	note_func(ctx);
	return 0;
}

SEC("?fsession.multi/bpf_fentry_test?")
int BPF_PROG(many_typed, __u64 a)
{
	first_arg += a == 1;
	return 0;
}
