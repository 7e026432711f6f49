// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Map operations, numbers, text, clocks and loops by helpers; calls.c prints what they said. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "calls.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct calls_data d;

/* As a number that the verifier knows nothing of. */
static __attribute__((noinline)) int say(__s64 v)
{
	if (d.nr < CALLS_MAX)
		d.got[d.nr++ & (CALLS_MAX - 1)] = v;
	return 0;
}

#define SAY(call) say((__s64)(call))

#define MAP(name, kind, k, v, max, f)                                                              \
	struct {                                                                                   \
		__uint(type, kind);                                                                \
		__uint(max_entries, max);                                                          \
		__uint(map_flags, f);                                                              \
		__type(key, k);                                                                    \
		__type(value, v);                                                                  \
	} name SEC(".maps")

#define LINE(name, kind, v, max)                                                                   \
	struct {                                                                                   \
		__uint(type, kind);                                                                \
		__uint(max_entries, max);                                                          \
		__uint(key_size, 0);                                                               \
		__uint(value_size, sizeof(v));                                                     \
	} name SEC(".maps")

struct prefix {
	__u32 len;
	__u8 addr[4];
};

MAP(array, BPF_MAP_TYPE_ARRAY, __u32, __u64, 3, 0);
MAP(percpu, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, 3, 0);
MAP(hash, BPF_MAP_TYPE_HASH, __u32, __u64, 3, 0);
MAP(percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, __u32, __u64, 3, 0);
MAP(lru, BPF_MAP_TYPE_LRU_HASH, __u32, __u64, 64, 0);
MAP(lru_percpu, BPF_MAP_TYPE_LRU_PERCPU_HASH, __u32, __u64, 64, 0);
MAP(lpm, BPF_MAP_TYPE_LPM_TRIE, struct prefix, __u64, 8, BPF_F_NO_PREALLOC);
LINE(queue, BPF_MAP_TYPE_QUEUE, __u64, 2);
LINE(pile, BPF_MAP_TYPE_STACK, __u64, 2);
LINE(bloom, BPF_MAP_TYPE_BLOOM_FILTER, __u64, 100);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* -- Maps --- */

static const __u64 flags[] = { BPF_EXIST, BPF_NOEXIST, BPF_NOEXIST, BPF_ANY, BPF_EXIST, 3, 4, 8, 16, 32, 1ULL << 32 };

#define TRY(map)                                                                                   \
	do {                                                                                       \
		__u32 key = 1, none = 77;                                                          \
		__u64 v = 5, *p = bpf_map_lookup_elem(&map, &key);                                 \
                                                                                                   \
		SAY(p ? *p : -1);                                                                  \
		for (__u32 i = 0; i < sizeof(flags) / sizeof(*flags); i++) {                       \
			v++;                                                                       \
			SAY(bpf_map_update_elem(&map, &key, &v, flags[i]));                        \
		}                                                                                  \
		p = bpf_map_lookup_elem(&map, &key);                                               \
		SAY(p ? *p : -1);                                                                  \
		p = bpf_map_lookup_elem(&map, &none);                                              \
		SAY(p ? *p : -1);                                                                  \
		SAY(bpf_map_update_elem(&map, &none, &v, 0));                                      \
		SAY(bpf_map_delete_elem(&map, &none));                                             \
		SAY(bpf_map_delete_elem(&map, &key));                                              \
		SAY(bpf_map_delete_elem(&map, &key));                                              \
	} while (0)

SEC("syscall")
int try_arrays(struct calls_ctx *ctx)
{
	TRY(array);
	TRY(percpu);
	return 0;
}

SEC("syscall")
int try_hashes(struct calls_ctx *ctx)
{
	TRY(hash);
	TRY(percpu_hash);
	return 0;
}

SEC("syscall")
int try_lrus(struct calls_ctx *ctx)
{
	TRY(lru);
	TRY(lru_percpu);
	return 0;
}

SEC("syscall")
int try_full(struct calls_ctx *ctx)
{
	for (__u64 i = 0; i < 5; i++) {
		__u32 key = i;

		SAY(bpf_map_update_elem(&hash, &key, &i, BPF_ANY));
		SAY(bpf_map_update_elem(&percpu_hash, &key, &i, BPF_NOEXIST));
	}
	return 0;
}

/* Not for programs that may sleep, in the kernel. */
SEC("xdp")
int try_lpm(struct xdp_md *ctx)
{
	struct prefix a = { 8, { 10 } }, b = { 16, { 10, 1 } }, q = { 32, { 10, 1, 2, 3 } }, bad = { 33, { 10 } };
	__u64 v = 1, *p;

	SAY(bpf_map_update_elem(&lpm, &a, &v, BPF_EXIST));
	SAY(bpf_map_update_elem(&lpm, &a, &v, BPF_NOEXIST));
	v++;
	SAY(bpf_map_update_elem(&lpm, &b, &v, BPF_ANY));
	SAY(bpf_map_update_elem(&lpm, &bad, &v, BPF_ANY));
	SAY(bpf_map_update_elem(&lpm, &b, &v, BPF_NOEXIST));
	p = bpf_map_lookup_elem(&lpm, &q);
	SAY(p ? *p : -1);
	q.addr[1] = 2;
	p = bpf_map_lookup_elem(&lpm, &q);
	SAY(p ? *p : -1);
	p = bpf_map_lookup_elem(&lpm, &bad);
	SAY(p ? *p : -1);
	q.len = 4;
	p = bpf_map_lookup_elem(&lpm, &q);
	SAY(p ? *p : -1);
	SAY(bpf_map_delete_elem(&lpm, &q));
	SAY(bpf_map_delete_elem(&lpm, &bad));
	SAY(bpf_map_delete_elem(&lpm, &a));
	return 0;
}

#define TRY_LINE(map)                                                                              \
	do {                                                                                       \
		__u64 v = 9;                                                                       \
                                                                                                   \
		SAY(bpf_map_peek_elem(&map, &v));                                                  \
		SAY(v);                                                                            \
		v = 9;                                                                             \
		SAY(bpf_map_pop_elem(&map, &v));                                                   \
		SAY(v);                                                                            \
		for (v = 1; v < 5; v++)                                                            \
			SAY(bpf_map_push_elem(&map, &v, v == 4 ? BPF_EXIST : 0));                  \
		SAY(bpf_map_push_elem(&map, &v, BPF_NOEXIST));                                     \
		SAY(bpf_map_push_elem(&map, &v, 4));                                               \
		SAY(bpf_map_peek_elem(&map, &v));                                                  \
		SAY(v);                                                                            \
		for (__u32 i = 0; i < 3; i++) {                                                    \
			SAY(bpf_map_pop_elem(&map, &v));                                           \
			SAY(v);                                                                    \
		}                                                                                  \
	} while (0)

SEC("xdp")
int try_lines(struct xdp_md *ctx)
{
	__u64 v = 3;

	TRY_LINE(queue);
	TRY_LINE(pile);
	SAY(bpf_map_push_elem(&bloom, &v, 0));
	SAY(bpf_map_push_elem(&bloom, &v, BPF_EXIST));
	SAY(bpf_map_push_elem(&bloom, &v, BPF_NOEXIST));
	return 0;
}

/* -- Other CPUs' values, iteration, loops --- */

SEC("syscall")
int try_percpu(struct calls_ctx *ctx)
{
	__u32 key = 1, out = 3, self = bpf_get_smp_processor_id();
	__u64 v = 0x55, *p;

	SAY(bpf_map_update_elem(&percpu, &key, &v, 0));
	p = bpf_map_lookup_percpu_elem(&percpu, &key, self);
	SAY(p ? *p : -1);
	p = bpf_map_lookup_percpu_elem(&percpu, &key, self ? 0 : 1);
	SAY(p ? *p : -1);
	p = bpf_map_lookup_percpu_elem(&percpu, &key, 100000);
	SAY(p ? *p : -1);
	p = bpf_map_lookup_percpu_elem(&percpu, &out, 0);
	SAY(p ? *p : -1);
	key = 70;
	p = bpf_map_lookup_percpu_elem(&percpu_hash, &key, 0);
	SAY(p ? *p : -1);
	return 0;
}

/* In memory that the verifier knows nothing of. */
struct sum {
	__u64 keys, values, calls, stop;
} s SEC(".data");	/* .bss is what calls.c reads */

static long add(void *map, const void *key, void *value, void *ctx)
{
	s.keys += *(const __u32 *)key;
	s.values += *(__u64 *)value;
	return ++s.calls == s.stop;
}


SEC("syscall")
int try_for_each(struct calls_ctx *ctx)
{
	for (__u64 i = 0; i < 3; i++) {
		__u32 key = i;
		__u64 v = 10 * i;

		bpf_map_update_elem(&array, &key, &v, 0);
		bpf_map_update_elem(&hash, &key, &v, 0);
	}
	SAY(bpf_for_each_map_elem(&array, add, NULL, 0));
	SAY(s.keys), SAY(s.values), SAY(s.calls);
	SAY(bpf_for_each_map_elem(&hash, add, NULL, 0));
	SAY(s.keys), SAY(s.values), SAY(s.calls);
	s.stop = s.calls + 2;
	SAY(bpf_for_each_map_elem(&hash, add, NULL, 0));
	SAY(s.calls);
	SAY(bpf_for_each_map_elem(&array, add, NULL, 1));
	SAY(bpf_for_each_map_elem(&percpu, add, NULL, 1ULL << 32));
	SAY(s.calls);
	return 0;
}

static long step(__u32 i, void *ctx)
{
	s.calls++;
	s.values += i;
	return i == s.stop;
}

SEC("syscall")
int try_loop(struct calls_ctx *ctx)
{
	static const __u32 nrs[] = { 0, 1, 10, 1 << 23, (1 << 23) + 1, ~0u };

	s = (struct sum){ .stop = 100 };
	for (__u32 i = 0; i < sizeof(nrs) / sizeof(*nrs); i++) {
		SAY((int)bpf_loop(nrs[i], step, NULL, 0));	/* what the kernel inlines has 32 bits */
		SAY(s.calls), SAY(s.values);
	}
	SAY(bpf_loop(10, step, NULL, 1));
	SAY(s.calls);
	return 0;
}

/* -- Numbers, text --- */

static const char texts[][24] = {
	"0", "-0", "12", "-12", "+12", " 12", "\t12x", "0x1F", "0X1f", "x1f", "077", "08", "", "-", "0x",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
	"18446744073709551615", "18446744073709551616", "99999999999999999999999", "1 2", "zz",
};

SEC("syscall")
int try_strtol(struct calls_ctx *ctx)
{
	static const __u64 bases[] = { 0, 8, 10, 16, 7 };
	long v;

	for (__u32 i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		v = 7;
		SAY(bpf_strtol(texts[i], sizeof(texts[i]), 10, &v));
		SAY(v);
		v = 7;
		SAY(bpf_strtol(texts[i], sizeof(texts[i]), 0, &v));
		SAY(v);
	}
	for (__u32 i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
		v = 7;
		SAY(bpf_strtol("17", 3, bases[i], &v));
		SAY(v);
	}
	SAY(bpf_strtol("123", 2, 10, &v));
	SAY(v);
	SAY(bpf_strtol("123", 3, 10 | 1ULL << 32, &v));
	return 0;
}

SEC("syscall")
int try_strtoul(struct calls_ctx *ctx)
{
	unsigned long v;

	for (__u32 i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		v = 7;
		SAY(bpf_strtoul(texts[i], sizeof(texts[i]), 10, &v));
		SAY(v);
		v = 7;
		SAY(bpf_strtoul(texts[i], sizeof(texts[i]), 16, &v));
		SAY(v);
	}
	return 0;
}

SEC("syscall")
int try_strncmp(struct calls_ctx *ctx)
{
	char own[8] = "abc";

	SAY(bpf_strncmp(own, 8, "abc"));
	SAY(bpf_strncmp(own, 3, "abcd"));
	SAY(bpf_strncmp(own, 4, "abcd"));
	SAY(bpf_strncmp(own, 8, "abb"));
	SAY(bpf_strncmp(own, 1, "abb"));
	SAY(bpf_strncmp(own, 8, ""));
	return 0;
}

/* What is written comes out as numbers, 8 bytes each. */
#define SHOW(size, fmt, args...)                                                                   \
	do {                                                                                       \
		union {                                                                            \
			char text[48];                                                             \
			__u64 words[6];                                                            \
		} to = { .words = { ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL } };                  \
		__u64 a[] = { args };                                                              \
		static const char f[] = fmt;                                                       \
                                                                                                   \
		SAY(bpf_snprintf(to.text, size, f, a, sizeof(a)));                                 \
		for (__u32 i = 0; i < 6; i++)                                                      \
			SAY(to.words[i]);                                                          \
	} while (0)

SEC("syscall")
int try_snprintf(struct calls_ctx *ctx)
{
	char word[] = "word";

	SHOW(48, "%d %u %x %X", -5, -5, 0xabcd, 0xabcd);
	SHOW(48, "%ld %lu %lx", -5, -5, -5);
	SHOW(48, "%lld %llu %llx", -5, -5, 0x123456789abcdef0);
	SHOW(48, "%5d|%-5d|%05d", 42, 42, 42);
	SHOW(48, "%08llx %+d % d", 0x1234, 5, 5);
	SHOW(48, "%s|%8s|%-8s|", (__u64)word, (__u64)word, (__u64)word);
	SHOW(48, "%c%c%%", 'a', 'b');
	SHOW(8, "%llu", 1234567890123);
	SHOW(1, "%d", 5);
	SHOW(48, "%i %+i", 7, -7);
	return 0;
}

SEC("syscall")
int try_snprintf_more(struct calls_ctx *ctx)
{
	__u8 ip[16] = { 10, 0, 0, 1, [15] = 0xab };
	char word[] = "word";

	SHOW(48, "%pi4|%pI4", (__u64)ip, (__u64)ip);
	SHOW(48, "%pI6", (__u64)ip);
	SHOW(48, "%pi6", (__u64)ip);
	SHOW(48, "%pks|%pI4", (__u64)word, 0x10);
	SHOW(48, "%px", 0x1234);
	SHOW(48, "%s", 0x10);
	return 0;
}

/* -- Clocks and who it is: as far as that is the same everywhere --- */

SEC("syscall")
int try_clocks(struct calls_ctx *ctx)
{
	__u64 mono = bpf_ktime_get_ns(), boot = bpf_ktime_get_boot_ns(), tai = bpf_ktime_get_tai_ns();

	SAY(bpf_ktime_get_ns() >= mono);
	SAY(boot >= mono);
	SAY(tai > 1500000000ULL * 1000000000ULL);
	SAY(bpf_jiffies64() > 0);
	return 0;
}

/* For packets alone, in the kernel. */
SEC("xdp")
int try_coarse(struct xdp_md *ctx)
{
	__u64 coarse = bpf_ktime_get_coarse_ns(), now = bpf_ktime_get_ns();

	SAY(coarse <= now && now - coarse < 1000000000);
	return 0;
}

SEC("syscall")
int try_who(struct calls_ctx *ctx)
{
	__u64 pid = bpf_get_current_pid_tgid(), uid = bpf_get_current_uid_gid();
	char comm[16], small[3], none[1];

	SAY(pid >> 32 == (__u32)pid && pid);
	SAY(uid);
	SAY(bpf_get_current_comm(comm, sizeof(comm)));
	SAY(*(__u64 *)comm);
	SAY(*(__u64 *)(comm + 8));
	SAY(bpf_get_current_comm(small, sizeof(small)));
	SAY(small[0]), SAY(small[1]), SAY(small[2]);
	SAY(bpf_get_current_comm(none, sizeof(none)));
	SAY(none[0]);
	SAY(bpf_get_smp_processor_id() < 4096);
	SAY(bpf_get_numa_node_id());
	SAY(bpf_get_prandom_u32() != bpf_get_prandom_u32() || bpf_get_prandom_u32() != bpf_get_prandom_u32());
	return 0;
}

/* -- Ring buffer --- */

SEC("syscall")
int try_ring(struct calls_ctx *ctx)
{
	__u64 *r, v = 5;

	SAY(bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE));
	SAY(bpf_ringbuf_query(&ring, 9));
	r = bpf_ringbuf_reserve(&ring, 8, 1);
	SAY(!!r);
	if (r)
		bpf_ringbuf_discard(r, 0);
	r = bpf_ringbuf_reserve(&ring, 8, 0);
	SAY(bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA));
	SAY(bpf_ringbuf_query(&ring, BPF_RB_PROD_POS));
	if (r) {
		*r = 1;
		bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	}
	SAY(bpf_ringbuf_output(&ring, &v, sizeof(v), 0));
	SAY(bpf_ringbuf_output(&ring, &v, 0, 0));
	SAY(bpf_ringbuf_output(&ring, &v, sizeof(v), 4));
	SAY(bpf_ringbuf_output(&ring, &v, sizeof(v), BPF_RB_FORCE_WAKEUP));
	r = bpf_ringbuf_reserve(&ring, 4096, 0);
	SAY(!!r);
	if (r)
		bpf_ringbuf_discard(r, 0);
	SAY(bpf_ringbuf_query(&ring, BPF_RB_PROD_POS));
	SAY(bpf_ringbuf_query(&ring, BPF_RB_CONS_POS));
	return 0;
}

/* -- Printing says how much it printed --- */

SEC("syscall")
int try_printk(struct calls_ctx *ctx)
{
	static const char many[] = "%d %d %d %d %s", bad[] = "%d %w", hash[] = "%#x", half[] = "%hd", odd[] = "a\x80", bell[] = "a\a";
	char word[] = "word";
	__u64 args[] = { 1, -2, 3, 4, (__u64)word };
	static const char plain[] = "four", three[] = "%d %x %s";

	SAY(bpf_trace_printk(plain, sizeof(plain)));
	SAY(bpf_trace_printk(three, sizeof(three), 5, 255, word));
	SAY(bpf_trace_printk(bad, sizeof(bad), 5));
	SAY(bpf_trace_printk(plain, 4));
	SAY(bpf_trace_printk(hash, sizeof(hash), 5));
	SAY(bpf_trace_printk(half, sizeof(half), 5));
	SAY(bpf_trace_printk(odd, sizeof(odd), 5));
	SAY(bpf_trace_printk(bell, sizeof(bell), 5));
	SAY(bpf_trace_vprintk(many, sizeof(many), args, sizeof(args)));
	SAY(bpf_trace_vprintk(many, sizeof(many), args, 16));
	SAY(bpf_trace_vprintk(plain, sizeof(plain), NULL, 0));
	return 0;
}
