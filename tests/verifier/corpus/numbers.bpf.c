// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Arithmetic: histograms, hashes, sorting, little machines. */
#include "corpus.h"

#define SLOTS 32

struct hist {
	__u64 slots[SLOTS];
};

struct moments {
	__u64 n, sum, sum2, min, max, smooth;
};

MAP_OF(hists, BPF_MAP_TYPE_HASH, __u32, struct hist, 1024);
MAP_OF(stats, BPF_MAP_TYPE_PERCPU_HASH, __u32, struct moments, 1024);
MAP_OF(grid, BPF_MAP_TYPE_ARRAY, __u32, struct hist, 32);

__u64 results[64];
__u32 samples[64];
const volatile __u32 unit = 1000;
struct hist none;

static __always_inline __u32 log2_of(__u64 v)
{
	__u32 log = 0;

#pragma unroll
	for (int shift = 32; shift; shift >>= 1) {
		if (v >> shift) {
			log += shift;
			v >>= shift;
		}
	}
	return log;
}

/* Powers of two, per process */
SEC("fexit/vfs_read")
int BPF_PROG(powers, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, slot;
	struct hist *h = bpf_map_lookup_elem(&hists, &pid);

	if (!h) {
		bpf_map_update_elem(&hists, &pid, &none, BPF_NOEXIST);
		h = bpf_map_lookup_elem(&hists, &pid);
		if (!h)
			return 0;
	}
	slot = log2_of(ret < 0 ? 0 : ret / unit);
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	__sync_fetch_and_add(&h->slots[slot], 1);
	return 0;
}

/* Equal steps, with the ends for what is outside */
SEC("fexit/vfs_read")
int BPF_PROG(steps, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__s64 slot = ((ret - 4096) >> 9) + 1;
	__u32 zero = 0;
	struct hist *h = bpf_map_lookup_elem(&grid, &zero);

	if (!h)
		return 0;
	if (slot < 0)
		slot = 0;
	else if (slot >= SLOTS)
		slot = SLOTS - 1;
	h->slots[slot]++;
	return 0;
}

/* Two dimensions: what was asked for, what came */
SEC("fexit/vfs_read")
int BPF_PROG(asked_and_got, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u32 row = log2_of(bytes), column;
	struct hist *h;

	if (ret < 0)
		return 0;
	column = log2_of(ret);
	row = row < SLOTS ? row : SLOTS - 1;
	column &= SLOTS - 1;
	h = bpf_map_lookup_elem(&grid, &row);
	if (h)
		h->slots[column]++;
	return 0;
}

/* Mean, variance, extremes and a moving average */
SEC("fexit/vfs_read")
int BPF_PROG(moments_of, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct moments *m, first = { 1, ret, ret * ret, ret, ret, ret << 4 };

	if (ret <= 0)
		return 0;
	m = bpf_map_lookup_elem(&stats, &pid);
	if (!m) {
		bpf_map_update_elem(&stats, &pid, &first, BPF_ANY);
		return 0;
	}
	m->n++;
	m->sum += ret;
	m->sum2 += ret * ret;
	if (ret < m->min)
		m->min = ret;
	if (ret > m->max)
		m->max = ret;
	m->smooth += ret - (m->smooth >> 4);
	results[0] = m->sum / m->n;
	results[1] = m->sum2 / m->n - results[0] * results[0];
	return 0;
}

/* The value that a tenth, a half and nine tenths are below */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(percentiles, int a)
{
	__u64 total = 0, seen = 0;
	__u32 zero = 0;
	struct hist *h = bpf_map_lookup_elem(&grid, &zero);

	if (!h)
		return 0;
	NO_UNROLL
	for (int i = 0; i < SLOTS; i++)
		total += h->slots[i];
	NO_UNROLL
	for (int i = 0; i < SLOTS; i++) {
		__u64 before = seen * 10;

		seen += h->slots[i];
		if (before < total && seen * 10 >= total)
			results[2] = i;
		if (before < total * 5 && seen * 10 >= total * 5)
			results[3] = i;
		if (before < total * 9 && seen * 10 >= total * 9)
			results[4] = i;
	}
	return 0;
}

/* Insertion into ten that are sorted, the smallest falls out */
SEC("fexit/vfs_read")
int BPF_PROG(largest, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u64 v = ret;

	if (ret <= 0)
		return 0;
	NO_UNROLL
	for (int i = 0; i < 10; i++) {
		__u64 other = results[i];

		if (v > other) {
			results[i] = v;
			v = other;
		}
	}
	return 0;
}

/* A sorting network over sixteen */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(bitonic, int a)
{
	NO_UNROLL
	for (__u32 k = 2; k <= 16; k <<= 1)
		NO_UNROLL
		for (__u32 j = k >> 1; j; j >>= 1)
			NO_UNROLL
			for (__u32 i = 0; i < 16; i++) {
				__u32 other = i ^ j, x, y;

				if (other <= i || other > 15)
					continue;
				x = samples[i];
				y = samples[other];
				if ((i & k) ? x < y : x > y) {
					samples[i] = y;
					samples[other] = x;
				}
			}
	return 0;
}

/* CRC-32, bit by bit */
SEC("fentry/vfs_write")
int BPF_PROG(crc32, struct file *file, const char *buf, unsigned long bytes)
{
	__u32 crc = ~0U;
	__u8 raw[32];

	if (bpf_probe_read_user(raw, sizeof(raw), buf))
		return 0;
	NO_UNROLL
	for (int i = 0; i < sizeof(raw); i++) {
		crc ^= raw[i];
		NO_UNROLL
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
	}
	results[5] = ~crc;
	return 0;
}

/* SipHash-2-4 of four words */
#define ROL64(v, n) ((v) << (n) | (v) >> (64 - (n)))
#define SIP                                                                                        \
	do {                                                                                       \
		v0 += v1; v1 = ROL64(v1, 13); v1 ^= v0; v0 = ROL64(v0, 32);                        \
		v2 += v3; v3 = ROL64(v3, 16); v3 ^= v2;                                            \
		v0 += v3; v3 = ROL64(v3, 21); v3 ^= v0;                                            \
		v2 += v1; v1 = ROL64(v1, 17); v1 ^= v2; v2 = ROL64(v2, 32);                        \
	} while (0)

SEC("fentry/vfs_write")
int BPF_PROG(siphash, struct file *file, const char *buf, unsigned long bytes)
{
	__u64 v0 = 0x736f6d6570736575, v1 = 0x646f72616e646f6d, v2 = 0x6c7967656e657261,
	      v3 = 0x7465646279746573, words[4];

	if (bpf_probe_read_user(words, sizeof(words), buf))
		return 0;
	NO_UNROLL
	for (int i = 0; i < 4; i++) {
		v3 ^= words[i];
		SIP;
		SIP;
		v0 ^= words[i];
	}
	v2 ^= 255;
	for (int i = 0; i < 4; i++)
		SIP;
	results[6] = v0 ^ v1 ^ v2 ^ v3;
	return 0;
}

/* What an instruction of a little machine does: sixty-four steps at most, eight registers */
enum { OP_END, OP_CONST, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_AND, OP_OR, OP_XOR, OP_SHL, OP_LOAD, OP_STORE, OP_JZ };

struct machine {
	__u64 regs[8];
	__u32 skip;
};

static long machine_step(__u32 i, void *arg)
{
	struct machine *m = arg;
	__u32 op = samples[i & 63];
	__u64 *d = &m->regs[op >> 8 & 7], s = m->regs[op >> 16 & 7];

	if (m->skip) {
		m->skip--;
		return 0;
	}
	switch (op & 255) {
	case OP_END:
		return 1;
	case OP_CONST:
		*d = op >> 16;
		break;
	case OP_ADD:
		*d += s;
		break;
	case OP_SUB:
		*d -= s;
		break;
	case OP_MUL:
		*d *= s;
		break;
	case OP_DIV:
		*d = s ? *d / s : 0;
		break;
	case OP_AND:
		*d &= s;
		break;
	case OP_OR:
		*d |= s;
		break;
	case OP_XOR:
		*d ^= s;
		break;
	case OP_SHL:
		*d <<= s & 63;
		break;
	case OP_LOAD:
		*d = results[s & 63];
		break;
	case OP_STORE:
		results[s & 63] = *d;
		break;
	case OP_JZ:
		if (!*d)
			m->skip = op >> 24;
		break;
	default:
		return 1;
	}
	return 0;
}

SEC("fentry/bpf_fentry_test2")
int BPF_PROG(interpreter, int a, __u64 b)
{
	struct machine m = { .regs = { a, b } };

	bpf_loop(64, machine_step, &m, 0);
	results[7] = m.regs[0];
	return 0;
}

/* Primes below 64, a bit each */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(sieve, int a)
{
	__u64 composite = 3;

	NO_UNROLL
	for (__u32 i = 2; i < 8; i++) {
		if (composite >> i & 1)
			continue;
		NO_UNROLL
		for (__u32 k = i * i; k < 64; k += i)
			composite |= 1ULL << k;
	}
	results[8] = ~composite;
	return 0;
}

/* A product of 4 by 4 matrices */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(product, int a)
{
	NO_UNROLL
	for (__u32 row = 0; row < 4; row++)
		NO_UNROLL
		for (__u32 column = 0; column < 4; column++) {
			__u64 sum = 0;

			NO_UNROLL
			for (__u32 i = 0; i < 4; i++)
				sum += (__u64)samples[row * 4 + i] * samples[16 + i * 4 + column];
			results[row * 4 + column] = sum;
		}
	return 0;
}

/* How many letters must change: two names of at most eight */
SEC("fentry/wake_up_new_task")
int BPF_PROG(distance, struct task_struct *p)
{
	char from[16] = {}, to[16] = {};
	__u8 row[9];

	bpf_get_current_comm(from, sizeof(from));
	bpf_probe_read_kernel_str(to, sizeof(to), p->comm);
	NO_UNROLL
	for (__u32 i = 0; i < 9; i++)
		row[i] = i;
	NO_UNROLL
	for (__u32 i = 1; i < 9; i++) {
		__u8 diagonal = row[0];

		row[0] = i;
		NO_UNROLL
		for (__u32 k = 1; k < 9; k++) {
			__u8 best = row[k] < row[k - 1] ? row[k] : row[k - 1];
			__u8 cost = diagonal + (from[i - 1] != to[k - 1]);

			diagonal = row[k];
			row[k] = best + 1 < cost ? best + 1 : cost;
		}
	}
	results[9] = row[8];
	return 0;
}

/* The root of a number, by Newton */
SEC("fexit/vfs_read")
int BPF_PROG(root, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u64 v = ret, r = v;

	if (ret <= 0)
		return 0;
	NO_UNROLL
	for (int i = 0; i < 40 && r; i++) {
		__u64 next = (r + v / r) >> 1;

		if (next >= r)
			break;
		r = next;
	}
	results[10] = r;
	return 0;
}

/* A generator of numbers, and how often each of sixteen came */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(xorshift, int a)
{
	__u64 x = bpf_get_prandom_u32() | 1;
	__u8 n[16] = {};

	NO_UNROLL
	for (int i = 0; i < 64; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		n[x & 15]++;
	}
	for (int i = 0; i < 16; i++)
		results[16 + i] += n[i];
	return 0;
}
