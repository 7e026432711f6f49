/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bpf(2) answers to every command with attributes of wrong sizes, behind bad pointers, with bytes set where
 * none mean anything, and with one field after the other absurd. A line for each command, an answer for
 * each attribute. The same program asks the engine (test_answers) and a real kernel:
 *
 *	tools/vm -k 7.2 -- build/tests/user/sizes --kernel > tests/user/sizes.expected
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "inject/selftarget.h"
#include "syscall/attr.h"
#include "syscall/wrap.h"

#define PAGE 4096

static const struct {
	const char *name;
	int nr;
	u32 fd_at;	/* where it names an object: 0, 4 or NONE */
} cmds[] = {
#define NONE 1000
	{ "map_create", BPF_MAP_CREATE, NONE },
	{ "lookup", BPF_MAP_LOOKUP_ELEM, 0 },
	{ "update", BPF_MAP_UPDATE_ELEM, 0 },
	{ "delete", BPF_MAP_DELETE_ELEM, 0 },
	{ "next_key", BPF_MAP_GET_NEXT_KEY, 0 },
	{ "prog_load", BPF_PROG_LOAD, NONE },
	{ "pin", BPF_OBJ_PIN, 8 },
	{ "get", BPF_OBJ_GET, NONE },
	{ "test_run", BPF_PROG_TEST_RUN, 0 },
	{ "prog_next_id", BPF_PROG_GET_NEXT_ID, NONE },
	{ "map_next_id", BPF_MAP_GET_NEXT_ID, NONE },
	{ "prog_by_id", BPF_PROG_GET_FD_BY_ID, NONE },
	{ "map_by_id", BPF_MAP_GET_FD_BY_ID, NONE },
	{ "info", BPF_OBJ_GET_INFO_BY_FD, 0 },
	{ "raw_tp_open", BPF_RAW_TRACEPOINT_OPEN, 8 },
	{ "btf_load", BPF_BTF_LOAD, NONE },
	{ "btf_by_id", BPF_BTF_GET_FD_BY_ID, NONE },
	{ "lookup_and_delete", BPF_MAP_LOOKUP_AND_DELETE_ELEM, 0 },
	{ "freeze", BPF_MAP_FREEZE, 0 },
	{ "btf_next_id", BPF_BTF_GET_NEXT_ID, NONE },
	{ "lookup_batch", BPF_MAP_LOOKUP_BATCH, 36 },
	{ "lookup_and_delete_batch", BPF_MAP_LOOKUP_AND_DELETE_BATCH, 36 },
	{ "update_batch", BPF_MAP_UPDATE_BATCH, 36 },
	{ "delete_batch", BPF_MAP_DELETE_BATCH, 36 },
	{ "link_create", BPF_LINK_CREATE, 0 },
	{ "link_update", BPF_LINK_UPDATE, 0 },
	{ "link_by_id", BPF_LINK_GET_FD_BY_ID, NONE },
	{ "link_next_id", BPF_LINK_GET_NEXT_ID, NONE },
	{ "enable_stats", BPF_ENABLE_STATS, NONE },
	{ "link_detach", BPF_LINK_DETACH, 0 },
	{ "bind_map", BPF_PROG_BIND_MAP, 0 },
};
#define NR_CMDS (sizeof(cmds) / sizeof(*cmds))

static int objects[3];	/* a map, a program, something else */

/* An fd's number says nothing. */
static void ask(int cmd, void *attr, u32 size)
{
	long r = syscall(__NR_bpf, cmd, attr, size, NULL, 0);

	if (r > 0) {
		printf(" fd");
		close(r);
	} else {
		printf(" %d", r < 0 ? -errno : 0);
	}
}

static void sizes(u32 c)
{
	static const u32 lengths[] = { 0, 1, 3, 4, 5, 8, 12, 16, 20, 32, 40, 48, 56, 64, 72, 92, 128, 168, 176, PAGE, PAGE + 1,
				       0x7fffffff, 0xffffffff };
	u8 *zero = calloc(2, PAGE);

	printf("%s sizes:", cmds[c].name);
	for (u32 i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		ask(cmds[c].nr, zero, lengths[i]);
	printf("\n%s bad pointers:", cmds[c].name);
	ask(cmds[c].nr, NULL, 0);
	ask(cmds[c].nr, NULL, 8);
	ask(cmds[c].nr, (void *)0x10, 16);
	ask(cmds[c].nr, (void *)-16, 16);
	ask(cmds[c].nr, (void *)(1UL << 63), 168);
	ask(cmds[c].nr, (void *)0x10, PAGE + 1);
	printf("\n");
	free(zero);
}

/* One byte set, wherever it is: in a field, between two, or behind the last. */
static void bytes(u32 c)
{
	u8 attr[PAGE] = { 0 };

	printf("%s bytes:", cmds[c].name);
	for (u32 i = 0; i < 176; i += 4) {
		attr[i] = 1;
		ask(cmds[c].nr, attr, 176);
		attr[i] = 0;
	}
	attr[PAGE - 1] = 1;
	ask(cmds[c].nr, attr, PAGE);
	memset(attr, 0xff, sizeof(attr));
	printf(" ones");
	ask(cmds[c].nr, attr, 168);
	ask(cmds[c].nr, attr, 200);
	printf("\n");
}

/* With each kind of object where one is expected, word after word of the rest absurd. */
static void words(u32 c, u32 o)
{
	static const u32 values[] = { 0x10, 0x7fff0000, 0xa0000000, 0xffffffff };	/* not in the sanitizer's shadow */
	union sys_attr a;

	printf("%s of %s:", cmds[c].name, o == 0 ? "a map" : o == 1 ? "a program" : "a file");
	for (u32 at = 0; at <= 64; at += 4) {
		if (at == cmds[c].fd_at)
			continue;
		for (u32 v = 0; v < 4; v++) {
			if (cmds[c].nr == BPF_PROG_TEST_RUN && at == 32)
				continue;	/* it would be repeated that often */
			memset(&a, 0, sizeof(a));
			memcpy(a.bytes + cmds[c].fd_at, &objects[o], 4);
			memcpy(a.bytes + at, &values[v], 4);
			ask(cmds[c].nr, &a, sizeof(a));
		}
	}
	printf("\n");
}

static const struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };

/* How much a packet may be, and what room is asked for. */
static void packets(const char *name, enum bpf_prog_type type)
{
	static const u32 lengths[] = { 14, 1500, 3400, 3500, 3512, 3520, 3600, 3712, 3776, 3840, 4096, 8192, 65536, 69632, 73000,
				       73152, 73153, 73344, 73345, 1 << 20 };
	static u8 data[1 << 20], out[1 << 20];
	int fd = bpf_prog_load(type, "p", "GPL", insns, 2, NULL);

	printf("packets of %s:", name);
	for (u32 i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct test_run_attr a = { .prog_fd = fd, .data_in = (u64)data, .data_size_in = lengths[i],
					   .data_out = (u64)out, .data_size_out = sizeof(out) };
		long r = syscall(__NR_bpf, BPF_PROG_TEST_RUN, &a, ATTR_END(test_run_attr, batch_size));

		printf(" %d", r ? -errno : (int)a.data_size_out);
	}
	printf("\n");
	close(fd);
}

static void make_objects(void)
{
	int null;

	syscall(__NR_close_range, 3, ~0U, 0);	/* whatever else was inherited */
	null = open("/dev/null", O_RDWR);

	dup2(null, 0);	/* 1 is the output: neither is an object */
	objects[0] = bpf_map_create(BPF_MAP_TYPE_HASH, "m", 4, 8, 4, NULL);
	objects[1] = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "p", "GPL", insns, 2, NULL);
	objects[2] = null;
	for (u32 i = 0; i < 3; i++) {
		dup2(objects[i], 100 + i);
		close(objects[i]);
		objects[i] = 100 + i;
	}
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	wrap_set(!(argc > 1 && !strcmp(argv[1], "--kernel")));
	make_objects();
	selftarget_use(NULL);
	for (u32 c = 0; c < NR_CMDS; c++) {
		sizes(c);
		bytes(c);
		for (u32 o = 0; o < 3 && cmds[c].fd_at != NONE; o++)
			words(c, o);
	}
	packets("a socket", BPF_PROG_TYPE_SOCKET_FILTER);
	packets("traffic control", BPF_PROG_TYPE_SCHED_CLS);
	packets("xdp", BPF_PROG_TYPE_XDP);
	return 0;
}
