// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sessions under load: each exit checks that the cookie is what its own entry put there. */
#include "sem.bpf.h"

enum { ENTRIES, EXITS, WRONG, ZERO, DIRTY, INTERRUPT };

static __always_inline void check_session(void *ctx, __u64 value)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (!bpf_session_is_return(ctx)) {
		sem_count(ENTRIES);
		if (*cookie)
			sem_count(DIRTY);
		*cookie = value;
		return;
	}
	sem_count(EXITS);
	if (!*cookie)
		sem_count(ZERO);
	else if (*cookie != value)
		sem_count(WRONG);
}

static __always_inline __u64 mix(__u64 a, __u64 b)
{
	__u64 h = (a + 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;

	h = ((h >> 31) ^ b) * 0x94d049bb133111ebULL;
	return h | 1;
}

SEC("fsession/security_task_getpgid")
int hammer(__u64 *ctx)
{
	check_session(ctx, mix(bpf_get_current_pid_tgid(), 1));
	return 0;
}

/* A second one on the same function: records of both lie side by side. */
SEC("fsession/security_task_getpgid")
int hammer2(__u64 *ctx)
{
	__u64 *cookie = bpf_session_cookie(ctx), value = mix(bpf_get_current_pid_tgid(), 2);

	if (!bpf_session_is_return(ctx)) {
		sem_count(10 + ENTRIES);
		*cookie = value;
	} else {
		sem_count(10 + EXITS);
		if (*cookie != value)
			sem_count(10 + (*cookie ? WRONG : ZERO));
	}
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 2048);
} busy SEC(".maps");

/* Bytes to write, and what an interrupt writes from; the first u64 says who. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 2048);
} source SEC(".maps");

/* array_map_update_elem(map, key, value, flags), from tasks and from interrupts. */
SEC("fsession/array_map_update_elem")
int BPF_PROG(interrupted, void *map, __u32 *key, __u64 *value)
{
	__u64 who = 0;
	__u32 k = 0;

	bpf_probe_read_kernel(&k, sizeof(k), key);
	bpf_probe_read_kernel(&who, sizeof(who), value);
	if (who >> 32 != 0xabcd)
		return 0;
	if ((__u32)who == 0xffffffff && !bpf_session_is_return(ctx))
		sem_count(INTERRUPT);
	/* long enough to be interrupted: then the interrupt's call is nested, and missed */
	if (k != 3)
		for (int i = 0; i < 32; i++)
			bpf_ktime_get_ns();
	check_session(ctx, mix(who, k) ^ (__u64)value);
	if (k != 3)
		for (int i = 0; i < 32; i++)
			bpf_ktime_get_ns();
	return 0;
}

static __always_inline int update_busy(void)
{
	__u32 zero = 0, key = 3;
	__u64 *value = bpf_map_lookup_elem(&source, &zero);

	sem_count(30);
	if (!value)
		return 0;
	*value = 0xabcdffffffffULL;
	bpf_map_update_elem(&busy, &key, value, BPF_ANY);
	return 0;
}

/* Runs in each CPU's timer interrupt, also in those that come while bpf(2) is at work. */
SEC("fentry/update_process_times")
int tick(void *ctx)
{
	return update_busy();
}

/* A CPU asked for its backtrace calls it in an NMI. */
SEC("fentry/show_regs")
int nmi(void *ctx)
{
	return update_busy();
}
