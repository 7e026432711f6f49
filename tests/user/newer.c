/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What came with Linux 7.0 and 7.2: one CPU's value, and one value for all CPUs, in per-CPU maps; logs by attributes
 * that all commands have in common. The same program asks the engine (test_answers) and a real kernel:
 *
 *	tools/vm -k 7.2 -- build/tests/user/newer --kernel > tests/user/newer.expected
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/build.h"
#include "asker.h"
#include "syscall/attr.h"

#define VALUE 6			/* bytes; 8 where there is one for each CPU */
#define SLOT 8
#define CPU(n) (UBPF_F_CPU | (u64)(n) << 32)

static u32 nr_cpus;

/* -- One CPU's value --- */

static u8 *values;		/* as much as any call writes, filled with 0xee before it */

static int elem(int cmd, int fd, u32 key, u64 flags)
{
	struct map_elem_attr a = { .map_fd = fd, .key = (u64)&key, .value = (u64)values, .flags = flags };

	return call(cmd, &a, cmd == BPF_MAP_DELETE_ELEM ? 16 : sizeof(a));
}

/* Every byte of the buffer is @byte, but there is a number in each slot. */
static void fill(u8 byte)
{
	memset(values, byte, 4 * nr_cpus * SLOT);
}

static void print_slots(u32 slots, u32 bytes)
{
	for (u32 i = 0; i < slots; i++) {
		printf(" ");
		for (u32 b = 0; b < bytes; b++)
			printf("%02x", values[i * bytes + b]);
	}
}

/* The values of CPUs 0 and 1, whether further ones are the same (as theirs, if those are), and what one CPU's lookup writes. */
static void say(const char *kind, const char *what, int ret, int fd, u32 key)
{
	bool same = true, all;
	int err;

	printf("%s %s: %d", kind, what, ret);
	fill(0xee);
	err = elem(BPF_MAP_LOOKUP_ELEM, fd, key, 0);
	printf(" lookup %d", err);
	print_slots(2, SLOT);
	all = !memcmp(values, values + SLOT, SLOT);
	for (u32 i = 2; i < nr_cpus; i++)
		same &= !memcmp(values + (all ? 1 : 2) * SLOT, values + i * SLOT, SLOT);
	printf(" others %d", same);
	for (u32 cpu = 0; cpu < 2; cpu++) {
		fill(0xee);
		err = elem(BPF_MAP_LOOKUP_ELEM, fd, key, CPU(cpu));
		printf(" cpu %u %d", cpu, err);
		print_slots(1, SLOT);
	}
	printf("\n");
}

static void one_by_one(const char *kind, int fd)
{
	static const struct {
		const char *what;
		int cmd;
		u32 key;
		u64 flags;
	} t[] = {
		{ "whole", BPF_MAP_UPDATE_ELEM, 1, 0 },
		{ "cpu 1", BPF_MAP_UPDATE_ELEM, 1, CPU(1) },
		{ "all", BPF_MAP_UPDATE_ELEM, 1, UBPF_F_ALL_CPUS },
		{ "cpu 0", BPF_MAP_UPDATE_ELEM, 1, CPU(0) },
		{ "delete", BPF_MAP_DELETE_ELEM, 1, 0 },
		{ "cpu 0 anew", BPF_MAP_UPDATE_ELEM, 1, CPU(0) },
		{ "cpu 1 exists", BPF_MAP_UPDATE_ELEM, 1, CPU(1) | BPF_NOEXIST },
		{ "cpu 1 of it", BPF_MAP_UPDATE_ELEM, 1, CPU(1) | BPF_EXIST },
		{ "delete again", BPF_MAP_DELETE_ELEM, 1, 0 },
		{ "cpu 1 anew", BPF_MAP_UPDATE_ELEM, 1, CPU(1) | BPF_NOEXIST },
		{ "all of it", BPF_MAP_UPDATE_ELEM, 1, UBPF_F_ALL_CPUS | BPF_EXIST },
		{ "all anew", BPF_MAP_UPDATE_ELEM, 2, UBPF_F_ALL_CPUS | BPF_NOEXIST },
		{ "cpu 9999", BPF_MAP_UPDATE_ELEM, 2, CPU(9999) },
		{ "cpu -1", BPF_MAP_UPDATE_ELEM, 2, CPU(0xffffffffu) },
		{ "both", BPF_MAP_UPDATE_ELEM, 2, CPU(0) | UBPF_F_ALL_CPUS },
		{ "all of cpu 1", BPF_MAP_UPDATE_ELEM, 2, UBPF_F_ALL_CPUS | 1ULL << 32 },
		{ "upper half", BPF_MAP_UPDATE_ELEM, 2, 1ULL << 32 },
		{ "locked", BPF_MAP_UPDATE_ELEM, 2, CPU(0) | BPF_F_LOCK },
		{ "take cpu", BPF_MAP_LOOKUP_AND_DELETE_ELEM, 2, CPU(0) },
		{ "take", BPF_MAP_LOOKUP_AND_DELETE_ELEM, 2, 0 },
	};

	for (u32 i = 0; i < LEN(t); i++) {
		fill(0x10 + i);
		say(kind, t[i].what, elem(t[i].cmd, fd, t[i].key, t[i].flags), fd, t[i].key);
	}
}

static void batches(const char *kind, int fd)
{
	static const struct {
		const char *what;
		int cmd;
		u64 flags;
	} t[] = {
		{ "update", BPF_MAP_UPDATE_BATCH, 0 },
		{ "update cpu 1", BPF_MAP_UPDATE_BATCH, CPU(1) },
		{ "lookup", BPF_MAP_LOOKUP_BATCH, 0 },
		{ "lookup cpu 0", BPF_MAP_LOOKUP_BATCH, CPU(0) },
		{ "lookup cpu 1", BPF_MAP_LOOKUP_BATCH, CPU(1) },
		{ "update all", BPF_MAP_UPDATE_BATCH, UBPF_F_ALL_CPUS },
		{ "lookup after all", BPF_MAP_LOOKUP_BATCH, 0 },
		{ "lookup all", BPF_MAP_LOOKUP_BATCH, UBPF_F_ALL_CPUS },
		{ "lookup cpu 9999", BPF_MAP_LOOKUP_BATCH, CPU(9999) },
		{ "update cpu 9999", BPF_MAP_UPDATE_BATCH, CPU(9999) },
		{ "update both", BPF_MAP_UPDATE_BATCH, CPU(0) | UBPF_F_ALL_CPUS },
		{ "update upper", BPF_MAP_UPDATE_BATCH, 1ULL << 32 },
		{ "update locked", BPF_MAP_UPDATE_BATCH, CPU(0) | BPF_F_LOCK },
		{ "delete cpu", BPF_MAP_DELETE_BATCH, CPU(0) },
		{ "take cpu", BPF_MAP_LOOKUP_AND_DELETE_BATCH, CPU(0) },
		{ "take", BPF_MAP_LOOKUP_AND_DELETE_BATCH, 0 },
	};
	u32 keys[4] = { 0 }, out;

	for (u32 i = 0; i < LEN(t); i++) {
		bool one = t[i].flags & (UBPF_F_CPU | UBPF_F_ALL_CPUS);
		struct map_batch_attr a = { .keys = (u64)keys, .values = (u64)values, .count = 1, .map_fd = fd,
					    .out_batch = (u64)&out, .elem_flags = t[i].flags };
		int err;

		fill(t[i].cmd == BPF_MAP_UPDATE_BATCH ? 0x40 + i : 0xee);
		err = call(t[i].cmd, &a, sizeof(a));
		printf("%s batch %s: %d count %u", kind, t[i].what, err, a.count);
		print_slots(one ? 1 : 2, SLOT);
		printf("\n");
	}
}

static void percpu_values(const char *kind, enum bpf_map_type type)
{
	int fd = bpf_map_create(type, "m", 4, VALUE, 4, NULL);

	one_by_one(kind, fd);
	close(fd);
	fd = bpf_map_create(type, "m", 4, VALUE, type == BPF_MAP_TYPE_LRU_PERCPU_HASH ? 8 : 1, NULL);
	batches(kind, fd);
	close(fd);
}

/* -- Logs --- */

static const struct bpf_insn good_insns[] = { INSN_MOV_I(BPF_REG_0, 0), INSN_EXIT() };
static const struct bpf_insn bad_insns[] = { INSN_EXIT() };

struct where {		/* a log is asked for: in which buffer, of what size, how */
	const char *name;
	bool buf;
	u32 size, level;
};

static const struct where places[] = {
	{ "nowhere", false, 0, 0 },  { "there", true, 4096, 1 },   { "level 2", true, 4096, 2 },
	{ "small", true, 10, 1 },    { "level 0", true, 4096, 0 }, { "no buffer", false, 4096, 1 },
	{ "no size", true, 0, 1 },   { "level 16", true, 4096, 16 }, { "level alone", false, 0, 1 },
	{ "huge", true, 0x40000000, 1 },
};

static void say_log(const char *what, const struct where *attr, const struct where *common, int ret, const char *text,
		    u32 attr_true, u32 common_true)
{
	printf("%s attr %s common %s: %d text %d true %d %d\n", what, attr->name, common->name, ret > 0 ? 1 : ret, !!*text,
	       !!attr_true, !!common_true);
	if (ret > 0)
		close(ret);
}

static void prog_log(const struct where *w, const struct where *c, bool good)
{
	static char text[4096];
	struct prog_load_attr a = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (u64)(good ? good_insns : bad_insns),
		.insn_cnt = good ? LEN(good_insns) : LEN(bad_insns), .license = (u64)"GPL",
		.log_buf = w->buf ? (u64)text : 0, .log_size = w->size, .log_level = w->level,
	};
	struct common_attr common = { c->buf ? (u64)text : 0, c->size, c->level, 0 };
	int ret;

	text[0] = 0;
	ret = call5(BPF_PROG_LOAD | UBPF_COMMON_ATTRS, &a, sizeof(a), &common, COMMON_ATTR_MEANT);
	say_log(good ? "good program" : "bad program", w, c, ret, text, a.log_true_size, common.log_true_size);
}

static void btf_log(const struct where *w, const struct where *c)
{
	static char text[4096];
	u8 junk[64] = { 0x9f, 0xeb, 1 };
	struct btf_load_attr a = { .btf = (u64)junk, .btf_size = sizeof(junk), .log_buf = w->buf ? (u64)text : 0,
				   .log_size = w->size, .log_level = w->level };
	struct common_attr common = { c->buf ? (u64)text : 0, c->size, c->level, 0 };
	int ret;

	text[0] = 0;
	ret = call5(BPF_BTF_LOAD | UBPF_COMMON_ATTRS, &a, sizeof(a), &common, COMMON_ATTR_MEANT);
	say_log("bad BTF", w, c, ret, text, a.log_true_size, common.log_true_size);
}

static void logs(void)
{
	for (u32 w = 0; w < LEN(places); w++)
		for (u32 c = 0; c < LEN(places); c++) {
			prog_log(&places[w], &places[c], true);
			prog_log(&places[w], &places[c], false);
			btf_log(&places[w], &places[c]);
		}
}

/* Commands without a log take the attributes, and look at them no further. */
static void ignored(void)
{
	struct common_attr c = { .log_buf = 0x10, .log_size = 100, .log_level = 77, .log_true_size = 5 };
	u32 next[4] = { 0x7ffffffe };
	u8 tail[64] = { 0 };

	printf("ignored: %d %u\n", call5(BPF_MAP_GET_NEXT_ID | UBPF_COMMON_ATTRS, next, 12, &c, COMMON_ATTR_MEANT),
	       c.log_true_size);
	tail[COMMON_ATTR_MEANT] = 1;
	printf("with a tail: %d\n", call5(BPF_MAP_GET_NEXT_ID | UBPF_COMMON_ATTRS, next, 12, tail, 24));
	printf("too long: %d\n", call5(BPF_MAP_GET_NEXT_ID | UBPF_COMMON_ATTRS, next, 12, tail, 4097));
	printf("not there: %d\n", call5(BPF_MAP_GET_NEXT_ID | UBPF_COMMON_ATTRS, next, 12, NULL, 24));
	printf("none: %d\n", call5(BPF_MAP_GET_NEXT_ID | UBPF_COMMON_ATTRS, next, 12, NULL, 0));
	printf("bad command: %d\n", call5(1000 | UBPF_COMMON_ATTRS, next, 12, NULL, 0));
	printf("bad everything: %d\n", call5(1000 | UBPF_COMMON_ATTRS, (void *)0x10, 12, (void *)0x10, 5000));
}

int main(int argc, char **argv)
{
	asker_begin(argc, argv);
	nr_cpus = libbpf_num_possible_cpus();
	values = calloc(4 * nr_cpus, SLOT);
	percpu_values("array", BPF_MAP_TYPE_PERCPU_ARRAY);
	percpu_values("hash", BPF_MAP_TYPE_PERCPU_HASH);
	percpu_values("lru", BPF_MAP_TYPE_LRU_PERCPU_HASH);
	logs();
	ignored();
	free(values);
	return 0;
}
