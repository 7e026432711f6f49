/* SPDX-License-Identifier: Dual BSD/GPL */
/* What a session costs: programs on the getpgid(2) handler, each attached by itself. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <fsession/bpf_fsession.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 calls, total_ns;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} starts SEC(".maps");

SEC("fsession")
int session_bare(void *ctx)
{
	return 0;
}

SEC("fsession")
int session_cookie(void *ctx)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (!bpf_session_is_return(ctx)) {
		*cookie = bpf_ktime_get_ns();
		return 0;
	}
	calls++;
	total_ns += bpf_ktime_get_ns() - *cookie;
	return 0;
}

SEC("fentry")
int pair_bare_entry(void *ctx)
{
	return 0;
}

SEC("fexit")
int pair_bare_exit(void *ctx)
{
	return 0;
}

/* What tools do without sessions. */
SEC("fentry")
int pair_hash_entry(void *ctx)
{
	__u64 key = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();

	bpf_map_update_elem(&starts, &key, &now, BPF_ANY);
	return 0;
}

SEC("fexit")
int pair_hash_exit(void *ctx)
{
	__u64 key = bpf_get_current_pid_tgid(), *start = bpf_map_lookup_elem(&starts, &key);

	if (!start)
		return 0;
	calls++;
	total_ns += bpf_ktime_get_ns() - *start;
	bpf_map_delete_elem(&starts, &key);
	return 0;
}
