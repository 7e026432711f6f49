/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf_get_stack() and bpf_get_stackid(): who called the traced function, by frame pointers, as the kernel
 * walks user stacks. The first address is the function's, the second where it returns to.
 */
#include "rt/helper.h"
#include "rt/probe.h"

#define DEPTH_MAX 127	/* PERF_MAX_STACK_DEPTH */
#define SKIP_MASK 0xffULL
#define FRAME_BYTES_MAX (1 << 20)	/* what passes for a caller's frame */

/* Fills @to, without the first @skip; number. */
static u32 walk(u64 *to, u32 max, u32 skip)
{
	const struct rt_thread *t = rt_thread_self();
	const struct rt_run *run = rt_run(t);
	struct rt_window w;
	u64 frame, pair[2];
	u32 nr = 0;

	if (!run)
		return 0;
	w.at = w.bytes = 0;	/* not the rest: clang would call memset() */
	if (run->func_ip && nr++ >= skip && max)
		to[0] = run->func_ip;
	frame = t->at[rt_depth(t) - 1].frame;
	while (nr < skip + max && rt_window_pair(&w, frame, pair) && pair[1]) {
		if (nr >= skip)
			to[nr - skip] = pair[1];
		nr++;
		if (pair[0] <= frame || pair[0] - frame > FRAME_BYTES_MAX || pair[0] % 8)
			break;
		frame = pair[0];
	}
	return nr > skip ? nr - skip : 0;
}

RT_HELPER(get_stack)
{
	const u64 known = SKIP_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID;
	u32 size = r3, nr;

	if (r4 & ~known || r4 & BPF_F_USER_BUILD_ID || size % sizeof(u64)) {
		rt_zero((void *)r2, size);
		return -EINVAL;
	}
	nr = walk((u64 *)r2, size / sizeof(u64), r4 & SKIP_MASK);
	rt_zero((u64 *)r2 + nr, size - nr * sizeof(u64));
	return nr ? nr * sizeof(u64) : (u64)-EFAULT;
}

RT_HELPER(get_stackid)
{
	const u64 known = SKIP_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID;
	struct rt_map *m = (struct rt_map *)r2;
	u64 ips[DEPTH_MAX];
	u32 nr;

	if (r3 & ~known)
		return -EINVAL;
	nr = walk(ips, RT_MIN(m->value_size / sizeof(u64), DEPTH_MAX), r3 & SKIP_MASK);
	return nr ? (u64)rt_stacks_add(m, ips, nr, r3) : (u64)-EFAULT;
}
