// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sessions on eventfd_read(), inside which tasks sleep, and what happens meanwhile. */
#include "sem.bpf.h"

enum {
	ENTRIES,		/* n[] */
	EXITS,
	WRONG,			/* exits with a cookie that is not their own */
	ZERO,			/* exits with an empty cookie */
	DIRTY,			/* entries with a cookie that is not empty */
	MIGRATED,		/* exits on another CPU */
	SECOND,			/* + the same of the second session */
};

/* Belongs to this call of this session: the task is inside once. */
static __always_inline __u64 own_value(__u64 salt)
{
	return (bpf_get_current_pid_tgid() << 32) ^ salt;
}

static __always_inline int sleeping_session(__u64 *ctx, __u32 n, __u64 salt)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (!sem_ours())
		return 0;
	if (!bpf_session_is_return(ctx)) {
		sem_count(n + ENTRIES);
		if (*cookie)
			sem_count(n + DIRTY);
		*cookie = own_value(salt);
		return 0;
	}
	sem_count(n + EXITS);
	if (!*cookie)
		sem_count(n + ZERO);
	else if (*cookie != own_value(salt))
		sem_count(n + WRONG);
	return 0;
}

SEC("fsession/eventfd_read")
int sleeps(__u64 *ctx)
{
	return sleeping_session(ctx, 0, 0x1357);
}

SEC("fsession/eventfd_read")
int sleeps2(__u64 *ctx)
{
	return sleeping_session(ctx, SECOND, 0x2468);
}

/* The CPU of the entry is in the cookie. */
SEC("fsession/eventfd_read")
int moves(__u64 *ctx)
{
	__u64 *cookie = bpf_session_cookie(ctx);

	if (!sem_ours())
		return 0;
	if (!bpf_session_is_return(ctx)) {
		*cookie = 1000 + bpf_get_smp_processor_id();
		sem_count(ENTRIES);
	} else {
		sem_count(EXITS);
		if (*cookie < 1000 || *cookie > 1001)
			sem_count(WRONG);
		else if (*cookie != 1000 + bpf_get_smp_processor_id())
			sem_count(MIGRATED);
	}
	return 0;
}

SEC("fexit/eventfd_read")
int BPF_PROG(beside)
{
	if (sem_ours())
		sem_count(20);
	return 0;
}
