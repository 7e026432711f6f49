/* SPDX-License-Identifier: BSD-2-Clause */
/* Input of the functions in jit_work.c, the same memory for both compilations. */
#ifndef FS_BENCH_JIT_WORK_H
#define FS_BENCH_JIT_WORK_H

typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef unsigned long long u64;

#define WORK_PACKET_BYTES 128

struct work {
	const u8 *bytes;	/* also the packets */
	u64 len;
	u64 packets;
	const char *text;	/* ends with a zero */
	const u32 *in;
	u32 *out;
	u64 nr;			/* words in both */
};

u64 work_hash_bytes(const struct work *w);
u64 work_hash_words(const struct work *w);
u64 work_parse(const struct work *w);
u64 work_scan(const struct work *w);
u64 work_sort(const struct work *w);

#endif
