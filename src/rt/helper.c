/* SPDX-License-Identifier: BSD-2-Clause */
#include <linux/time.h>

#include "rt/helper.h"

#include "rt/format.h"
#include "rt/probe.h"

#define HZ_NS 4000000	/* a jiffy, as Debian's kernels have it */

static struct rt_map *map_of(u64 r)
{
	return (struct rt_map *)r;
}

/* -- Maps --- */

RT_HELPER(map_lookup)
{
	struct rt_map *m = map_of(r1);

	return m->ops->lookup ? (u64)m->ops->lookup(m, (void *)r2) : 0;
}

RT_HELPER(map_update)
{
	struct rt_map *m = map_of(r1);

	return m->ops->update ? rt_map_update(m, (void *)r2, (void *)r3, r4) : -EOPNOTSUPP;
}

RT_HELPER(map_delete)
{
	struct rt_map *m = map_of(r1);

	return m->ops->del ? m->ops->del(m, (void *)r2) : -EOPNOTSUPP;
}

RT_HELPER(map_push)
{
	struct rt_map *m = map_of(r1);

	return m->ops->push ? m->ops->push(m, (void *)r2, r3) : -EOPNOTSUPP;
}

RT_HELPER(map_pop)
{
	struct rt_map *m = map_of(r1);

	return m->ops->pop ? m->ops->pop(m, (void *)r2) : -EOPNOTSUPP;
}

RT_HELPER(map_peek)
{
	struct rt_map *m = map_of(r1);

	return m->ops->peek ? m->ops->peek(m, (void *)r2) : -EOPNOTSUPP;
}

RT_HELPER(map_lookup_percpu)
{
	struct rt_map *m = map_of(r1);

	return m->ops->lookup_cpu ? (u64)m->ops->lookup_cpu(m, (void *)r2, r3) : 0;
}

struct each_call {
	struct rt_map *m;
	u64 (*cb)(u64 map, u64 key, u64 value, u64 arg, u64);
	u64 arg;
};

static long each_call(void *arg, const void *key, void *value)
{
	struct each_call *c = arg;

	return c->cb((u64)c->m, (u64)key, (u64)value, c->arg, 0);
}

RT_HELPER(for_each_map_elem)
{
	struct each_call c = { map_of(r1), (u64(*)(u64, u64, u64, u64, u64))r2, r3 };

	if (r4)
		return -EINVAL;
	return c.m->ops->each ? c.m->ops->each(c.m, each_call, &c) : -EINVAL;
}

#define LOOP_MAX (1u << 23)

RT_HELPER(loop)
{
	u32 nr = r1;
	u64 (*cb)(u64, u64, u64, u64, u64) = (u64(*)(u64, u64, u64, u64, u64))r2;

	if (r4)
		return -EINVAL;
	if (nr > LOOP_MAX)
		return -E2BIG;
	for (u32 i = 0; i < nr; i++)
		if (cb(i, r3, 0, 0, 0))
			return i + 1;
	return nr;
}

RT_HELPER(ringbuf_output)
{
	return rt_ring_output(map_of(r1), (void *)r2, r3, r4);
}

RT_HELPER(ringbuf_reserve)
{
	return (u64)rt_ring_reserve(map_of(r1), r2, r3);
}

RT_HELPER(ringbuf_submit)
{
	rt_ring_commit((void *)r1, r2, false);
	return 0;
}

RT_HELPER(ringbuf_discard)
{
	rt_ring_commit((void *)r1, r2, true);
	return 0;
}

RT_HELPER(ringbuf_query)
{
	return rt_ring_query(map_of(r1), r2);
}

/* -- Clocks, numbers --- */

RT_HELPER(ktime_get_ns)
{
	return rt_clock_ns(CLOCK_MONOTONIC);
}

RT_HELPER(ktime_get_boot_ns)
{
	return rt_clock_ns(CLOCK_BOOTTIME);
}

RT_HELPER(ktime_get_coarse_ns)
{
	return rt_clock_ns(CLOCK_MONOTONIC_COARSE);
}

RT_HELPER(ktime_get_tai_ns)
{
	return rt_clock_ns(CLOCK_TAI);
}

RT_HELPER(jiffies64)
{
	return rt_clock_ns(CLOCK_MONOTONIC_COARSE) / HZ_NS;
}

/* A sequence per thread; any seed will do. */
RT_HELPER(get_prandom_u32)
{
	struct rt_thread *t = rt_thread_self();
	u64 x = t ? t->random : rt_clock_ns(CLOCK_MONOTONIC);

	if (!x)
		x = rt_clock_ns(CLOCK_MONOTONIC) ^ (u64)t;
	x = x * 6364136223846793005ULL + 1442695040888963407ULL;
	if (t)
		t->random = x;
	return (u32)((x ^ x >> 33) * 0xff51afd7ed558ccdULL >> 32);
}

RT_HELPER(get_smp_processor_id)
{
	return rt_cpu(rt_thread_self());
}

RT_HELPER(get_numa_node_id)
{
	return 0;
}

/* -- Strings --- */

struct number {
	u64 abs;
	bool negative;
	long len;	/* or -errno */
};

static int digit_value(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static bool is_space(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Base 0 looks at the prefix, as in C, if a digit follows; base 16 takes it in any case. */
static u32 number_base(const u8 *s, u32 left, u32 base, u32 *skip)
{
	bool prefix = left > 1 && s[0] == '0' && (s[1] | 0x20) == 'x';
	bool hex = prefix && left > 2 && digit_value(s[2]) < 16;

	*skip = (!base && hex) || (base == 16 && prefix) ? 2 : 0;
	if (base)
		return base;
	return hex ? 16 : left && s[0] == '0' ? 8 : 10;
}

static struct number number_parse(const u8 *s, u32 size, u64 flags)
{
	struct number n = { 0, false, -EINVAL };
	u32 i = 0, skip, base = flags & 0x1f, start;

	if (!s || !size || (base && base != 8 && base != 10 && base != 16) || flags & ~0x1fULL)
		return n;
	while (i < size && is_space(s[i]))
		i++;
	if (i < size && s[i] == '-') {
		n.negative = true;
		i++;
	}
	base = number_base(s + i, size - i, base, &skip);
	i += skip;
	for (start = i; i < size && (u32)digit_value(s[i]) < base; i++) {
		u64 v;

		if (__builtin_mul_overflow(n.abs, (u64)base, &v) ||
		    __builtin_add_overflow(v, (u64)digit_value(s[i]), &n.abs)) {
			n.len = -ERANGE;
			return n;
		}
	}
	n.len = i > start ? (long)i : -EINVAL;
	return n;
}

RT_HELPER(strtol)
{
	struct number n = number_parse((const u8 *)r1, r2, r3);
	s64 *ret = (s64 *)r4;

	*ret = 0;
	if (n.len < 0)
		return n.len;
	if (n.abs > (u64)INT64_MAX + n.negative)
		return -ERANGE;
	*ret = n.negative ? (s64)-n.abs : (s64)n.abs;
	return n.len;
}

RT_HELPER(strtoul)
{
	struct number n = number_parse((const u8 *)r1, r2, r3);
	u64 *ret = (u64 *)r4;

	*ret = 0;
	if (n.len < 0)
		return n.len;
	if (n.negative)
		return -EINVAL;
	*ret = n.abs;
	return n.len;
}

RT_HELPER(strncmp)
{
	const u8 *a = (const u8 *)r1, *b = (const u8 *)r3;

	for (u32 i = 0; i < (u32)r2; i++)
		if (a[i] != b[i] || !a[i])
			return a[i] == b[i] ? 0 : a[i] < b[i] ? -1 : 1;
	return 0;
}

/* -- Text, and memory that may not be there --- */

#define LINE_BYTES 1024

int rt_trace_fd = -1;
struct rt_map *rt_trace_ring;
u64 rt_trace_lost;

static long trace_line(const char *fmt, u32 size, const u64 *args, u32 nr)
{
	struct {
		struct rt_trace_head head;
		char text[LINE_BYTES];
	} line;
	long n = rt_format(line.text, sizeof(line.text), fmt, size, args, nr), bytes;
	struct rt_map *ring = rt_load(&rt_trace_ring);
	int fd = rt_load(&rt_trace_fd);

	if (n < 0 || (fd < 0 && !ring))
		return n;
	line.head = (struct rt_trace_head){
		.time_ns = rt_clock_ns(CLOCK_MONOTONIC),
		.cpu = rt_cpu(rt_thread_self()),
		.pid = rt_pid(),
		.tid = rtarch_syscall(__NR_gettid, 0, 0, 0, 0, 0),
	};
	bytes = sizeof(line.head) + RT_MIN(n, LINE_BYTES - 1);
	if (ring ? rt_ring_output(ring, &line, bytes, 0) :
		   rtarch_syscall(__NR_write, fd, (long)&line, bytes, 0, 0) != bytes)
		__atomic_fetch_add(&rt_trace_lost, 1, __ATOMIC_RELAXED);
	return n;
}

RT_HELPER(trace_printk)
{
	u64 args[] = { r3, r4, r5 };

	return trace_line((const char *)r1, r2, args, 3);
}

static bool args_ok(u64 bytes)
{
	return !(bytes % 8) && bytes <= RT_FORMAT_ARGS * 8;
}

RT_HELPER(trace_vprintk)
{
	return args_ok(r4) ? trace_line((const char *)r1, r2, (const u64 *)r3, r4 / 8) : -EINVAL;
}

#define FORMAT_MAX 4096

RT_HELPER(snprintf)
{
	long n;

	if (!args_ok(r5))
		return -EINVAL;
	n = rt_format((char *)r1, r2, (const char *)r3, FORMAT_MAX, (const u64 *)r4, r5 / 8);
	return n < 0 ? n : n + 1;
}

RT_HELPER(probe_read)
{
	return rt_probe_read((void *)r1, r2, r3);
}

RT_HELPER(probe_read_str)
{
	return rt_probe_read_str((char *)r1, r2, r3);
}

#define PAD_ZEROS 1

RT_HELPER(copy_from_user_str)
{
	u32 size = r2;
	long n;

	if (r4 & ~(u64)PAD_ZEROS)
		return -EINVAL;
	if (!size)
		return 0;
	n = rt_probe_read_str((char *)r1, size, r3);
	if (n > 0 && r4 & PAD_ZEROS)
		rt_zero((u8 *)r1 + n, size - n);
	return n;
}

/* -- Open-coded loops: a counter and its end on the program's stack --- */

struct iter_num {
	s32 cur, end;
};

RT_HELPER(iter_num_new)
{
	struct iter_num *it = (struct iter_num *)r1;
	s32 start = r2, end = r3;

	*it = (struct iter_num){ 0, 0 };
	if (start > end)
		return -EINVAL;
	if ((s64)end - start > LOOP_MAX)
		return -E2BIG;
	*it = (struct iter_num){ (s32)((u32)start - 1), end };
	return 0;
}

RT_HELPER(iter_num_next)
{
	struct iter_num *it = (struct iter_num *)r1;

	if ((s32)((u32)it->cur + 1) >= it->end) {	/* it begins one below start, which may wrap */
		*it = (struct iter_num){ 0, 0 };
		return 0;
	}
	it->cur = (u32)it->cur + 1;
	return (u64)&it->cur;
}

/* What needs nothing done here: RCU, preemption, interrupts. */
RT_HELPER(nothing)
{
	return 0;
}

/* -- Spin locks --- */

RT_HELPER(spin_lock)
{
	rt_spin_lock((u32 *)r1);
	return 0;
}

RT_HELPER(res_spin_lock)
{
	return rt_res_lock((u32 *)r1);
}

RT_HELPER(spin_unlock)
{
	rt_spin_unlock((u32 *)r1);
	return 0;
}

/* -- Tracing --- */

/* The word below ctx; see bpf/call.h. */
static u64 meta_of(u64 ctx)
{
	return ((const u64 *)ctx)[-1];
}

RT_HELPER(get_func_arg_cnt)
{
	return meta_of(r1) & 0xff;
}

RT_HELPER(get_func_arg)
{
	if ((u32)r2 >= (meta_of(r1) & 0xff))
		return -EINVAL;
	*(u64 *)r3 = ((const u64 *)r1)[(u32)r2];
	return 0;
}

RT_HELPER(get_func_ret)
{
	*(u64 *)r2 = ((const u64 *)r1)[meta_of(r1) & 0xff];
	return 0;
}

RT_HELPER(get_func_ret_none)
{
	return -EOPNOTSUPP;
}

RT_HELPER(get_func_ip)
{
	return ((const u64 *)r1)[-2];
}

RT_HELPER(get_attach_cookie)
{
	struct rt_thread *t = rt_thread_self();
	const struct rt_run *run = rt_run(t);

	return run ? run->attach_cookie : 0;
}

/* -- XDP --- */

#define XDP_FRAME_BYTES 40	/* headroom that belongs to the kernel's frame */
#define XDP_META_MAX 255
#define ETH_HEADER_BYTES 14

RT_HELPER(xdp_adjust_head)
{
	struct rt_xdp *x = (struct rt_xdp *)r1;
	u32 meta = x->md.data - x->md.data_meta;
	s64 data = (s64)x->md.data + (s32)r2;

	if (data < (s64)x->hard_start + XDP_FRAME_BYTES + meta ||
	    data > (s64)x->md.data_end - ETH_HEADER_BYTES)
		return -EINVAL;
	for (u32 i = 0; i < meta; i++) {	/* the metadata moves along */
		u32 at = (s32)r2 < 0 ? i : meta - 1 - i;

		((u8 *)(u64)(data - meta))[at] = ((u8 *)(u64)x->md.data_meta)[at];
	}
	x->md.data_meta = data - meta;
	x->md.data = data;
	return 0;
}

RT_HELPER(xdp_adjust_tail)
{
	struct rt_xdp *x = (struct rt_xdp *)r1;
	s64 end = (s64)x->md.data_end + (s32)r2;

	if (end > (s64)x->hard_end || end < (s64)x->md.data + ETH_HEADER_BYTES)
		return -EINVAL;
	if (end > (s64)x->md.data_end)
		rt_zero((void *)(u64)x->md.data_end, end - x->md.data_end);
	x->md.data_end = end;
	return 0;
}

RT_HELPER(xdp_adjust_meta)
{
	struct rt_xdp *x = (struct rt_xdp *)r1;
	s64 meta = (s64)x->md.data_meta + (s32)r2;

	if (meta < (s64)x->hard_start + XDP_FRAME_BYTES || meta > x->md.data)
		return -EINVAL;
	if ((x->md.data - meta) & 3 || x->md.data - meta > XDP_META_MAX)
		return -EACCES;
	x->md.data_meta = meta;
	return 0;
}
