// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Many cases: what a number is the name of, states that follow each other. */
#include "corpus.h"

enum class { READS, WRITES, OPENS, CLOSES, MOVES, WAITS, MAPS, SENDS, RECEIVES, FORKS, SIGNALS, TIMES, ASKS, OTHERS, CLASSES };

MAP_OF(classes, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, CLASSES);
MAP_OF(states, BPF_MAP_TYPE_HASH, __u64, __u32, 1024);

__u64 results[64];

static __always_inline enum class class_of(__u32 nr)
{
	switch (nr) {
	case 0: case 17: case 19: case 78: case 89: case 187: case 217: case 295: case 310: case 327:
		return READS;
	case 1: case 18: case 20: case 40: case 74: case 75: case 277: case 296: case 306: case 311: case 328:
		return WRITES;
	case 2: case 85: case 257: case 304: case 437:
		return OPENS;
	case 3: case 436:
		return CLOSES;
	case 76: case 77: case 82: case 83: case 84: case 86: case 87: case 88: case 258: case 263: case 264: case 265:
	case 266: case 316:
		return MOVES;
	case 7: case 23: case 61: case 202: case 232: case 247: case 270: case 271: case 281: case 441:
		return WAITS;
	case 9: case 10: case 11: case 12: case 25: case 26: case 27: case 28: case 149: case 150: case 151: case 152:
		return MAPS;
	case 44: case 46: case 307:
		return SENDS;
	case 45: case 47: case 299:
		return RECEIVES;
	case 56: case 57: case 58: case 59: case 322: case 435:
		return FORKS;
	case 13: case 14: case 15: case 62: case 127: case 128: case 129: case 130: case 131: case 200: case 234: case 297:
		return SIGNALS;
	case 35: case 36: case 37: case 38: case 96: case 201: case 222: case 223: case 224: case 228: case 229: case 230:
		return TIMES;
	case 4: case 5: case 6: case 8: case 39: case 63: case 79: case 99: case 102: case 104: case 107: case 108:
	case 110: case 111: case 186: case 262: case 332:
		return ASKS;
	default:
		return OTHERS;
	}
}

/* Numbers of system calls, by what they do */
SEC("fentry/bpf_fentry_test1")
int BPF_PROG(system_calls, int nr)
{
	__u32 class = class_of(nr);
	__u64 *n = bpf_map_lookup_elem(&classes, &class);

	if (n)
		++*n;
	switch (class) {
	case READS:
	case RECEIVES:
		results[0]++;
		break;
	case WRITES:
	case SENDS:
		results[1]++;
		break;
	default:
		results[2]++;
	}
	return 0;
}

/* An error by its name, eight letters in a word */
#define NAME(a, b, c, d, e, f, g) \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | (__u64)(f) << 40 | (__u64)(g) << 48)

SEC("fexit/vfs_read")
int BPF_PROG(error_names, struct file *file, char *buf, unsigned long bytes, long long *pos, long ret)
{
	__u64 name;

	if (ret >= 0)
		return 0;
	switch (-ret) {
	case 1: name = NAME('E', 'P', 'E', 'R', 'M', 0, 0); break;
	case 2: name = NAME('E', 'N', 'O', 'E', 'N', 'T', 0); break;
	case 4: name = NAME('E', 'I', 'N', 'T', 'R', 0, 0); break;
	case 5: name = NAME('E', 'I', 'O', 0, 0, 0, 0); break;
	case 6: name = NAME('E', 'N', 'X', 'I', 'O', 0, 0); break;
	case 9: name = NAME('E', 'B', 'A', 'D', 'F', 0, 0); break;
	case 11: name = NAME('E', 'A', 'G', 'A', 'I', 'N', 0); break;
	case 12: name = NAME('E', 'N', 'O', 'M', 'E', 'M', 0); break;
	case 13: name = NAME('E', 'A', 'C', 'C', 'E', 'S', 0); break;
	case 14: name = NAME('E', 'F', 'A', 'U', 'L', 'T', 0); break;
	case 16: name = NAME('E', 'B', 'U', 'S', 'Y', 0, 0); break;
	case 19: name = NAME('E', 'N', 'O', 'D', 'E', 'V', 0); break;
	case 21: name = NAME('E', 'I', 'S', 'D', 'I', 'R', 0); break;
	case 22: name = NAME('E', 'I', 'N', 'V', 'A', 'L', 0); break;
	case 25: name = NAME('E', 'N', 'O', 'T', 'T', 'Y', 0); break;
	case 27: name = NAME('E', 'F', 'B', 'I', 'G', 0, 0); break;
	case 28: name = NAME('E', 'N', 'O', 'S', 'P', 'C', 0); break;
	case 29: name = NAME('E', 'S', 'P', 'I', 'P', 'E', 0); break;
	case 32: name = NAME('E', 'P', 'I', 'P', 'E', 0, 0); break;
	case 95: name = NAME('E', 'N', 'O', 'T', 'S', 'U', 'P'); break;
	default: name = 0;
	}
	results[3] = name;
	bpf_printk("%s", (char *)&name);
	return 0;
}

/* A connection's life, from state to state by what is seen */
enum { CLOSED, LISTENING, GREETED, AUTHENTICATED, IN_TRANSACTION, QUITTING, BROKEN };

SEC("fentry/bpf_fentry_test2")
int BPF_PROG(protocol, int event, __u64 id)
{
	__u32 *known = bpf_map_lookup_elem(&states, &id), state = known ? *known : CLOSED, next = BROKEN;

	switch (state) {
	case CLOSED:
		if (event == 1)
			next = LISTENING;
		else if (event == 0)
			next = CLOSED;
		break;
	case LISTENING:
		if (event == 2)
			next = GREETED;
		else if (event == 9)
			next = CLOSED;
		break;
	case GREETED:
		switch (event) {
		case 3:
			next = AUTHENTICATED;
			break;
		case 4:
			next = GREETED;
			break;
		case 9:
			next = QUITTING;
			break;
		}
		break;
	case AUTHENTICATED:
		if (event >= 5 && event <= 7)
			next = IN_TRANSACTION;
		else if (event == 9)
			next = QUITTING;
		break;
	case IN_TRANSACTION:
		if (event == 8)
			next = AUTHENTICATED;
		else if (event >= 5 && event <= 7)
			next = IN_TRANSACTION;
		break;
	case QUITTING:
		next = CLOSED;
		break;
	}
	if (next == CLOSED)
		bpf_map_delete_elem(&states, &id);
	else
		bpf_map_update_elem(&states, &id, &next, BPF_ANY);
	results[next & 7]++;
	return 0;
}

/* Bits of flags, each with a counter of its own */
SEC("fentry/vfs_open")
int BPF_PROG(flags, const struct path *path, struct file *file)
{
	__u32 f = file->f_flags;

	if (f & 1)
		results[8]++;
	if (f & 2)
		results[9]++;
	if (f & 0100)
		results[10]++;
	if (f & 0200)
		results[11]++;
	if (f & 01000)
		results[12]++;
	if (f & 02000)
		results[13]++;
	if (f & 04000)
		results[14]++;
	if (f & 010000)
		results[15]++;
	if (f & 040000)
		results[16]++;
	if (f & 0100000)
		results[17]++;
	if (f & 0200000)
		results[18]++;
	if (f & 0400000)
		results[19]++;
	if (f & 01000000)
		results[20]++;
	if (f & 02000000)
		results[21]++;
	return 0;
}

/* The lengths of x86 instructions, without their prefixes: a look at what is called */
SEC("fentry/bpf_fentry_test4")
int BPF_PROG(instruction_lengths, void *at, char b, int c, __u64 d)
{
	__u8 code[32] = {};
	__u32 i = 0, n = 0;

	if (bpf_probe_read_kernel(code, sizeof(code), at))
		return 0;
	NO_UNROLL
	for (int step = 0; step < 8; step++) {
		__u8 op;

		if (i >= 24)
			break;
		op = code[i & 31];
		switch (op) {
		case 0x90: case 0xc3: case 0xcc: case 0x55: case 0x53: case 0x5d: case 0x5b: case 0xc9:
			i += 1;
			break;
		case 0x41:
			i += 2;
			break;
		case 0x31: case 0x85: case 0x89: case 0x01: case 0x29: case 0x39:
			i += 2;
			break;
		case 0x48:
			i += 3;
			break;
		case 0xe8: case 0xe9: case 0xb8: case 0xbf: case 0xbe:
			i += 5;
			break;
		case 0xeb: case 0x74: case 0x75:
			i += 2;
			break;
		default:
			step = 12;
		}
		n++;
	}
	results[22] = i;
	results[23] = n;
	return 0;
}
