/* SPDX-License-Identifier: BSD-2-Clause */
/* Random calls of every command: whatever they say, nothing crashes. SEED=N for others. */
#include <bpf/btf.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inject/self.h"
#include "inject/selftarget.h"
#include "mapmem.h"
#include "syscall/attr.h"
#include "syscall/syscall.h"
#include "tap.h"
#include "trampoline/space.h"

#define CALLS 20000
#define FDS 30			/* from 3 on: closed now and then */
#define BTF_FD 40		/* these stay */
#define PID_FD 41

enum { INT = 1, LONG, PROTO, FUNC };	/* types of BTF_FD */

static u64 seed;
static u8 memory[8192];
static const struct bpf_insn ok_prog[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 2 },
					   { .code = BPF_JMP | BPF_EXIT } };
static const struct bpf_func_info func_info = { .type_id = FUNC };

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

static u32 some_fd(void)
{
	return 3 + any(FDS);
}

/* Perhaps closed by now. */
static u32 last_prog = 3, last_extension = 3;

static u32 some_prog(u32 last)
{
	return any(4) ? last : some_fd();
}

static int likely_create(union sys_attr *a)
{
	a->map_create = (struct map_create_attr){ any(36), any(3) * 4, any(5) * 4, number(), any(4) ? 0 : number() };
	if (!any(4))
		a->map_create = (struct map_create_attr){ BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC };
	if (any(2)) {
		a->map_create.btf_fd = BTF_FD;
		a->map_create.btf_key_type_id = any(6);
		a->map_create.btf_value_type_id = any(6);
	}
	a->map_create.inner_map_fd = any(2) ? 0 : some_fd();
	return BPF_MAP_CREATE;
}

static int likely_elem(union sys_attr *a)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
				    BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM };

	a->elem = (struct map_elem_attr){ some_fd(), pointer(), pointer(), any(4) ? 0 : number() };
	return cmds[any(5)];
}

static int likely_batch(union sys_attr *a)
{
	a->batch = (struct map_batch_attr){ any(2) ? 0 : pointer(), pointer(), pointer(), pointer(),
					    any(2) ? any(16) : number(), some_fd(), 0, 0 };
	return BPF_MAP_LOOKUP_BATCH + any(4);
}

static int likely_load(union sys_attr *a)
{
	a->prog_load = (struct prog_load_attr){ .prog_type = any(33), .insn_cnt = 2, .insns = (u64)ok_prog,
						.license = (u64)memory };
	if (any(2)) {
		a->prog_load.prog_btf_fd = BTF_FD;
		a->prog_load.func_info = (u64)&func_info;
		a->prog_load.func_info_rec_size = sizeof(func_info);
		a->prog_load.func_info_cnt = 1;
	}
	if (any(2)) {
		a->prog_load.prog_type = any(2) ? BPF_PROG_TYPE_EXT : BPF_PROG_TYPE_TRACING;
		a->prog_load.attach_prog_fd = some_prog(last_prog);
		a->prog_load.attach_btf_id = any(4) ? FUNC : any(6);
		a->prog_load.expected_attach_type = a->prog_load.prog_type == BPF_PROG_TYPE_EXT ? 0 : number();
	}
	return BPF_PROG_LOAD;
}

static int likely_link(union sys_attr *a)
{
	a->link = (struct link_create_attr){ .prog_fd = some_prog(last_extension),
						    .target_fd = any(2) ? 0 : some_prog(last_prog),
						    .attach_type = any(2) ? 0 : number() };
	a->link.tracing.target_btf_id = any(2) ? 0 : FUNC;
	return BPF_LINK_CREATE;
}

static int likely_run(union sys_attr *a)
{
	a->test = (struct test_run_attr){ .prog_fd = some_fd(), .data_in = pointer(),
					  .data_size_in = any(3) ? 64 : number(), .data_out = pointer(),
					  .data_size_out = any(100), .repeat = any(100) };
	return BPF_PROG_TEST_RUN;
}

static int make_call(union sys_attr *a)
{
	switch (any(10)) {
	case 8:
		return likely_link(a);
	case 9:
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

static void load_types(void)
{
	struct btf *btf = btf__new_empty();
	union sys_attr a = { .bytes = { 0 } };
	int fd;

	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	btf__add_func_proto(btf, INT);
	btf__add_func(btf, "f", BTF_FUNC_GLOBAL, PROTO);
	a.btf_load.btf = (u64)btf__raw_data(btf, &a.btf_load.btf_size);
	fd = user_bpf(BPF_BTF_LOAD, &a, sizeof(a), NULL, 0);
	CHECK_EQ(dup2(fd, BTF_FD), BTF_FD);
	close(fd);
	btf__free(btf);
}

/* What succeeded, by what decides how much of the engine a call has seen. */
static u32 links, extensions, storages;

static void note(int cmd, const union sys_attr *a, u32 fd)
{
	bool typed = cmd == BPF_PROG_LOAD && a->prog_load.func_info_cnt;

	links += cmd == BPF_LINK_CREATE;
	extensions += cmd == BPF_PROG_LOAD && a->prog_load.prog_type == BPF_PROG_TYPE_EXT;
	if (typed && a->prog_load.prog_type == BPF_PROG_TYPE_EXT)
		last_extension = fd;
	else if (typed)
		last_prog = fd;
	storages += cmd == BPF_MAP_CREATE && a->map_create.map_type == BPF_MAP_TYPE_TASK_STORAGE;
}

/* The engine opens what it patches text by: above what is closed at random. */
static void warm_up(void)
{
	struct tramp_space *space;
	u8 byte;

	while (dup(0) < 3 + FDS)
		;
	selftarget_use(NULL);
	CHECK_EQ(self_space(&space), 0);
	CHECK_EQ(space->ops->read(space->arg, (u64)warm_up, &byte, 1), 1);
	load_types();
	for (int fd = 3; fd < 3 + FDS; fd++)
		close(fd);
}

TEST(badcalls_random)
{
	u32 ok = 0, fds = 0;

	warm_up();
	CHECK_EQ(dup2(syscall(__NR_pidfd_open, getpid(), 0), PID_FD), PID_FD);

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
		if (ret >= 0)
			note(cmd, &a, ret);
		if (ret > 2) {
			fds++;
			if (ret >= 3 + FDS)
				close(ret);
		}
		if (!any(50))
			for (int fd = 3; fd < 3 + FDS; fd++)
				if (any(2))
					close(fd);
		if (!any(4))
			memcpy(memory + any(1024) * 4, &(u32){ any(2) ? 0 : PID_FD }, 4);
	}
	CHECK(ok > 300);
	CHECK(links > 3 && extensions > 3 && storages > 3);
	printf("# %u links, %u freplace programs, %u task storages\n", links, extensions, storages);
	printf("# %u calls succeeded, %u with an fd\n", ok, fds);
}
