/* SPDX-License-Identifier: BSD-2-Clause */
/* Random calls of every command: whatever they say, nothing crashes. SEED=N for others. */
#include <stdlib.h>
#include <unistd.h>

#include "mapmem.h"
#include "syscall/attr.h"
#include "syscall/syscall.h"
#include "tap.h"

#define CALLS 20000

static u64 seed;
static u8 memory[8192];
static const struct bpf_insn ok_prog[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 },
					   { .code = BPF_JMP | BPF_EXIT } };

static u32 any(u32 n)
{
	return mapmem_random(&seed) % n;
}

static u64 pointer(void)
{
	switch (any(8)) {
	case 0:
		return 0;
	case 1:
		return 0x10;
	case 2:
		return ~0ULL - any(64);
	case 3:
		return (u64)ok_prog;
	default:
		return (u64)memory + any(4096);
	}
}

static u32 number(void)
{
	static const u32 edges[] = { 0, 1, 2, 4, 8, 16, 64, 4096, 0x7fffffff, 0x80000000, 0xffffffff };

	return any(2) ? edges[any(11)] : any(40);
}

/* A field is a number or, at even places, a pointer. Few fields are set, so that some calls succeed. */
static void fill(union sys_attr *a)
{
	u32 words = any(44);

	memset(a, 0, sizeof(*a));
	for (u32 i = 0; i < words && i < sizeof(*a) / 4; i++)
		if (any(3) == 0)
			memcpy(a->bytes + 4 * i, &(u32){ number() }, 4);
	for (u32 i = 0; i < words / 2 && i < sizeof(*a) / 8; i++)
		if (any(2))
			memcpy(a->bytes + 8 * i, &(u64){ pointer() }, 8);
}

static int likely_create(union sys_attr *a)
{
	a->map_create = (struct map_create_attr){ any(36), any(3) * 4, any(5) * 4, number(), any(4) ? 0 : number() };
	return BPF_MAP_CREATE;
}

static int likely_elem(union sys_attr *a)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
				    BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM };

	a->elem = (struct map_elem_attr){ 3 + any(30), pointer(), pointer(), any(4) ? 0 : number() };
	return cmds[any(5)];
}

static int likely_batch(union sys_attr *a)
{
	a->batch = (struct map_batch_attr){ any(2) ? 0 : pointer(), pointer(), pointer(), pointer(),
					    any(2) ? any(16) : number(), 3 + any(30), 0, 0 };
	return BPF_MAP_LOOKUP_BATCH + any(4);
}

static int likely_load(union sys_attr *a)
{
	a->prog_load = (struct prog_load_attr){ .prog_type = any(33), .insn_cnt = 2, .insns = (u64)ok_prog,
						.license = (u64)memory };
	return BPF_PROG_LOAD;
}

static int likely_run(union sys_attr *a)
{
	a->test = (struct test_run_attr){ .prog_fd = 3 + any(30), .data_in = pointer(),
					  .data_size_in = any(3) ? 64 : number(), .data_out = pointer(),
					  .data_size_out = any(100), .repeat = any(100) };
	return BPF_PROG_TEST_RUN;
}

static int make_call(union sys_attr *a)
{
	switch (any(8)) {
	case 0:
		return likely_create(a);
	case 1:
	case 2:
		return likely_elem(a);
	case 3:
		return likely_batch(a);
	case 4:
		return likely_load(a);
	case 5:
		return likely_run(a);
	default:
		fill(a);
		return any(40);
	}
}

TEST(badcalls_random)
{
	u32 ok = 0, fds = 0;

	seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : 1;
	for (int i = 0; i < CALLS; i++) {
		union sys_attr a = { .bytes = { 0 } };
		int cmd = make_call(&a), ret;

		if (cmd == BPF_PROG_LOAD && a.prog_load.insns != (u64)ok_prog)
			a.prog_load.insns = pointer() == (u64)ok_prog ? (u64)ok_prog : 0x10;	/* never run junk */
		if (cmd == BPF_PROG_LOAD && a.prog_load.insn_cnt > 2)
			a.prog_load.insn_cnt = 2;
		if (cmd == BPF_PROG_TEST_RUN)
			a.test.repeat %= 100;	/* it would be taken at its word */
		ret = user_bpf(cmd, &a, any(8) ? sizeof(a) : any(200), NULL, 0);
		ok += ret >= 0;
		if (ret > 2) {
			fds++;
			if (ret > 30)
				close(ret);
		}
		if (!any(50))
			for (int fd = 3; fd < 33; fd++)
				if (any(2))
					close(fd);
	}
	CHECK(ok > 300);
	printf("# %u calls succeeded, %u with an fd\n", ok, fds);
}
