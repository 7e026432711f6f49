/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bench_jit measures: this file is compiled once for BPF and once for the machine. Each function
 * is a section of its own without relocations. Plain loops, no bounds the compiler could use.
 */
#include "jit_work.h"

#define WORK(name) __attribute__((section("work/" #name), used)) u64 work_##name(const struct work *w)

/* FNV-1a, byte by byte */
WORK(hash_bytes)
{
	const u8 *p = w->bytes, *end = p + w->len;
	u64 h = 0xcbf29ce484222325;

	for (; p < end; p++)
		h = (h ^ *p) * 0x100000001b3;
	return h;
}

static inline __attribute__((always_inline)) u32 rol32(u32 v, int n)
{
	return v << n | v >> (32 - n);
}

/* three words at a time, mixed by rotations */
WORK(hash_words)
{
	u32 a = 0xdeadbeef, b = a, c = a;

	for (u64 i = 0; i + 3 <= w->nr; i += 3) {
		a += w->in[i];
		b += w->in[i + 1];
		c += w->in[i + 2];
		a = (a - c) ^ rol32(c, 4);
		c += b;
		b = (b - a) ^ rol32(a, 6);
		a += c;
		c = (c - b) ^ rol32(b, 8);
		b += a;
		a = (a - c) ^ rol32(c, 16);
		c += b;
		b = (b - a) ^ rol32(a, 19);
		a += c;
		c = (c - b) ^ rol32(b, 4);
		b += a;
	}
	return c;
}

static inline __attribute__((always_inline)) u16 be16(const u8 *p)
{
	return (u16)p[0] << 8 | p[1];
}

/* Ethernet, up to two VLAN tags, IPv4 or IPv6, TCP or UDP: a key of ports and addresses, or 0. */
static inline __attribute__((always_inline)) u64 parse_packet(const u8 *p, const u8 *end)
{
	u64 addrs;
	u16 proto;
	u8 l4;

	if (p + 14 > end)
		return 0;
	proto = be16(p + 12);
	p += 14;
	for (int i = 0; i < 2 && (proto == 0x8100 || proto == 0x88a8); i++) {
		if (p + 4 > end)
			return 0;
		proto = be16(p + 2);
		p += 4;
	}
	if (proto == 0x0800) {
		u32 len;

		if (p + 20 > end || p[0] >> 4 != 4)
			return 0;
		len = (p[0] & 15) * 4;
		if (len < 20 || be16(p + 6) & 0x1fff)
			return 0;
		l4 = p[9];
		addrs = *(const u32 *)(p + 12) ^ (u64)*(const u32 *)(p + 16) << 16;
		p += len;
	} else if (proto == 0x86dd) {
		if (p + 40 > end)
			return 0;
		l4 = p[6];
		addrs = *(const u64 *)(p + 8) ^ *(const u64 *)(p + 24);
		p += 40;
	} else {
		return 0;
	}
	if ((l4 != 6 && l4 != 17) || p + 8 > end)
		return 0;
	return addrs + ((u64)be16(p) << 48 | (u64)be16(p + 2) << 32) + l4;
}

WORK(parse)
{
	u64 sum = 0;

	for (u64 i = 0; i < w->packets; i++) {
		const u8 *p = w->bytes + i * WORK_PACKET_BYTES;

		sum ^= parse_packet(p, p + WORK_PACKET_BYTES) + i;
	}
	return sum;
}

/* Fields of a text: separators, escapes, digits, as far as the terminating zero. */
WORK(scan)
{
	const char *s = w->text;
	u64 fields = 0, digits = 0, longest = 0, len = 0;

	for (; *s; s++) {
		if (*s == '\\' && s[1]) {
			s++;
			len++;
			continue;
		}
		if (*s == ',' || *s == '\n') {
			fields++;
			longest = len > longest ? len : longest;
			len = 0;
			continue;
		}
		digits += *s >= '0' && *s <= '9';
		len++;
	}
	return fields << 40 ^ digits << 20 ^ longest;
}

/* Heap sort of a copy. */
WORK(sort)
{
	u32 *a = w->out;
	u64 n = w->nr, top = n / 2, end = n;

	for (u64 i = 0; i < n; i++)
		a[i] = w->in[i];
	while (end > 1) {
		u64 at, child;
		u32 v;

		if (top > 0) {
			v = a[--top];
		} else {
			v = a[--end];
			a[end] = a[0];
		}
		for (at = top; (child = 2 * at + 1) < end; at = child) {
			if (child + 1 < end && a[child + 1] > a[child])
				child++;
			if (v >= a[child])
				break;
			a[at] = a[child];
		}
		a[at] = v;
	}
	return a[0] + ((u64)a[n / 2] << 32);
}
