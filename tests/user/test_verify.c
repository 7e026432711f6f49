/* SPDX-License-Identifier: BSD-2-Clause */
/* The verifier behind PROG_LOAD: errors, logs of all kinds, code that no path reaches, constants. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "bpf/build.h"
#include "syscall/attr.h"
#include "tap.h"

#define LOG_FIXED 8
#define LEN(a) (sizeof(a) / sizeof(*(a)))

static char text[1 << 16];

struct load {
	u32 level, size;
	u32 true_size;		/* out */
};

/* fd or -errno */
static int load_as(u32 type, const struct bpf_insn *insns, u32 cnt, struct load *l)
{
	struct prog_load_attr a = { .prog_type = type, .insns = (u64)insns, .insn_cnt = cnt,
				    .license = (u64)"GPL", .log_level = l->level };
	int fd;

	memset(text, 'x', sizeof(text));
	text[0] = 0;
	if (l->size) {
		a.log_buf = (u64)text;
		a.log_size = l->size;
	}
	fd = syscall(__NR_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	l->true_size = a.log_true_size;
	return fd < 0 ? -errno : fd;
}

static int load(const struct bpf_insn *insns, u32 cnt)
{
	struct load l = { .level = 1, .size = sizeof(text) };

	return load_as(BPF_PROG_TYPE_SOCKET_FILTER, insns, cnt, &l);
}

static const struct bpf_insn outside[] = {	/* of the stack */
	INSN_ST(BPF_DW, 10, -520, 0), INSN_MOV_I(0, 0), INSN_EXIT(),
};

TEST(verify_refuses)
{
	const struct bpf_insn unwritten[] = { INSN_MOV_R(0, 3), INSN_EXIT() };
	const struct bpf_insn endless[] = { INSN_MOV_I(0, 0), INSN_JA(-1), INSN_EXIT() };
	const struct bpf_insn good[] = { INSN_MOV_I(0, 0), INSN_EXIT() };

	CHECK_EQ(load(outside, LEN(outside)), -EACCES);
	CHECK(strstr(text, "insn 0: "));
	CHECK(strstr(text, "\nprocessed "));
	CHECK_EQ(load(unwritten, LEN(unwritten)), -EACCES);
	CHECK(strstr(text, "R3 is read before it is written"));
	CHECK_EQ(load(endless, LEN(endless)), -EINVAL);
	CHECK(load(good, LEN(good)) >= 0);
	CHECK(!strncmp(text, "processed 2 insns", 17));
}

/* What `fsession verify` judges and this engine has no timers for. */
TEST(verify_no_timers)
{
	const struct bpf_insn insns[] = {
		INSN_MOV_I(1, 0), INSN_CALL(BPF_FUNC_timer_cancel), INSN_MOV_I(0, 0), INSN_EXIT(),
	};

	CHECK_EQ(load(insns, LEN(insns)), -EINVAL);
	CHECK(strstr(text, "bpf_timer_cancel is not implemented by this engine"));
}

TEST(verify_log_sizes)
{
	struct load l = { .level = 2, .size = sizeof(text) };
	char whole[4096];
	u32 bytes;

	CHECK_EQ(load_as(BPF_PROG_TYPE_SOCKET_FILTER, outside, LEN(outside), &l), -EACCES);
	bytes = l.true_size;
	CHECK_EQ(bytes, strlen(text) + 1);
	CHECK(bytes > 64 && bytes < sizeof(whole));
	strcpy(whole, text);
	l.size = bytes;		/* just enough */
	CHECK_EQ(load_as(BPF_PROG_TYPE_SOCKET_FILTER, outside, LEN(outside), &l), -EACCES);
	CHECK(!strcmp(text, whole));
	l.size = 32;		/* its end */
	CHECK_EQ(load_as(BPF_PROG_TYPE_SOCKET_FILTER, outside, LEN(outside), &l), -ENOSPC);
	CHECK_EQ(l.true_size, bytes);
	CHECK(!strcmp(text, whole + bytes - 32));
	CHECK_EQ(text[32], 'x');
	l.level = 2 | LOG_FIXED;	/* its beginning */
	CHECK_EQ(load_as(BPF_PROG_TYPE_SOCKET_FILTER, outside, LEN(outside), &l), -ENOSPC);
	CHECK_EQ(l.true_size, bytes);
	CHECK_EQ(strlen(text), 31);
	CHECK(!strncmp(text, whole, 31));
	l = (struct load){ .level = 4, .size = sizeof(text) };
	CHECK_EQ(load_as(BPF_PROG_TYPE_SOCKET_FILTER, outside, LEN(outside), &l), -EACCES);
	CHECK(!strncmp(text, "processed ", 10));
}

/* A log of many times its buffer. */
TEST(verify_log_rotates)
{
	struct bpf_insn insns[2002];
	struct load l = { .level = 2, .size = 4096 };

	for (u32 i = 0; i < 2000; i++)
		insns[i] = INSN_MOV_I(0, i);
	insns[2000] = INSN_MOV_I(0, 0);
	insns[2001] = INSN_EXIT();
	CHECK_EQ(load_as(BPF_PROG_TYPE_SOCKET_FILTER, insns, 2002, &l), -ENOSPC);
	CHECK(l.true_size > 2000 * 16);
	CHECK_EQ(strlen(text), 4095);
	CHECK(strstr(text, "processed 2002 insns"));
	CHECK(!strstr(text, "\n5: "));
}

/* What libbpf makes of a relocation it cannot apply must not matter where no path leads. */
TEST(verify_unreached)
{
	const struct bpf_insn insns[] = {
		INSN_MOV_I(1, 1), INSN_JMP_I(BPF_JEQ, 1, 1, 2), INSN_CALL(0xbad2310), INSN_EXIT(),
		INSN_MOV_I(0, 7), INSN_EXIT(),
	};
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = 64);
	int fd = load(insns, LEN(insns));

	CHECK(fd >= 0);
	CHECK_EQ(bpf_prog_test_run_opts(fd, &opts), 0);
	CHECK_EQ(opts.retval, 7);
}

/* Overwrites @value where it stands in the memory of a map, behind everyone's back; number of times. */
static int scribble(u64 value, u64 with)
{
	int n = 0;

	for (int fd = 3; fd < 8192; fd++) {
		u64 v = 0;

		if (pread(fd, &v, sizeof(v), 4096) == sizeof(v) && v == value)
			n += pwrite(fd, &with, sizeof(with), 4096) == sizeof(with);
	}
	return n;
}

/* An index that was proved because it is a constant stays one. */
TEST(verify_constants_stay)
{
	LIBBPF_OPTS(bpf_map_create_opts, create, .map_flags = BPF_F_RDONLY_PROG);
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 8, 1, &create);
	const struct bpf_insn insns[] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_VALUE, 0, map), INSN(0, 0, 0, 0, 0),
		INSN_LDX(BPF_DW, 1, 1, 0), INSN_ST(BPF_DW, 10, -8, 9), INSN_MOV_R(2, 10),
		INSN_ALU_R(BPF_ADD, 2, 1), INSN_LDX(BPF_DW, 0, 2, -0x5008), INSN_EXIT(),
	};
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = 64);
	u64 value = 0x5000;
	u32 zero = 0;
	int fd;

	CHECK_EQ(bpf_map_update_elem(map, &zero, &value, 0), 0);
	CHECK_EQ(load(insns, LEN(insns)), -EINVAL);
	CHECK_EQ(bpf_map_freeze(map), 0);
	fd = load(insns, LEN(insns));
	CHECK(fd >= 0);
	CHECK_EQ(scribble(value, 0x4141414141414141), 1);
	CHECK_EQ(bpf_prog_test_run_opts(fd, &opts), 0);
	CHECK_EQ(opts.retval, 9);
	value = 0;
	CHECK_EQ(bpf_map_lookup_elem(map, &zero, &value), 0);
	CHECK_EQ(value, 0x5000);
}

/* -- Records of functions and lines --- */

static int info_btf, info_func, info_int;

static void make_info_btf(void)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	__u32 bytes;

	info_int = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	info_func = btf__add_func(btf, "f", BTF_FUNC_STATIC, btf__add_func_proto(btf, info_int));
	raw = btf__raw_data(btf, &bytes);
	info_btf = bpf_btf_load(raw, bytes, NULL);
	btf__free(btf);
	CHECK(info_btf >= 0);
}

/* A program and a function of it, with @funcs and @lines of that many u32 each. */
static int load_info(const u32 *funcs, u32 nr_funcs, u32 func_rec, const u32 *lines, u32 nr_lines, u32 line_rec)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), INSN_EXIT(), INSN_MOV_I(0, 0), INSN_EXIT(),
	};
	struct prog_load_attr a = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (u64)insns, .insn_cnt = 4,
		.license = (u64)"GPL", .prog_btf_fd = info_btf,
		.func_info = (u64)funcs, .func_info_cnt = nr_funcs, .func_info_rec_size = func_rec,
		.line_info = (u64)lines, .line_info_cnt = nr_lines, .line_info_rec_size = line_rec,
	};
	int fd = syscall(__NR_bpf, BPF_PROG_LOAD, &a, sizeof(a));

	return fd < 0 ? -errno : fd;
}

TEST(verify_function_records)
{
	u32 good[] = { 0, 0, 2, 0 }, late[] = { 1, 0, 2, 0 }, back[] = { 0, 0, 0, 0 }, elsewhere[] = { 0, 0, 3, 0 },
	    untyped[] = { 0, 0, 2, 0 };
	u32 *all[] = { good, late, back, elsewhere, untyped };

	make_info_btf();
	for (u32 i = 0; i < LEN(all); i++)
		all[i][1] = all[i][3] = info_func;
	untyped[3] = info_int;
	CHECK(load_info(good, 2, 8, NULL, 0, 0) >= 0);
	CHECK_EQ(load_info(good, 1, 8, NULL, 0, 0), -EINVAL);
	CHECK_EQ(load_info(good, 2, 4, NULL, 0, 0), -EINVAL);
	CHECK_EQ(load_info(good, 2, 0, NULL, 0, 0), -EINVAL);
	CHECK_EQ(load_info(good, 2, 7, NULL, 0, 0), -EINVAL);
	CHECK_EQ(load_info(late, 2, 8, NULL, 0, 0), -EINVAL);
	CHECK_EQ(load_info(back, 2, 8, NULL, 0, 0), -EINVAL);
	CHECK_EQ(load_info(elsewhere, 2, 8, NULL, 0, 0), -EINVAL);
	CHECK_EQ(load_info(untyped, 2, 8, NULL, 0, 0), -EINVAL);
}

TEST(verify_line_records)
{
	u32 funcs[] = { 0, 0, 2, 0 };
	u32 good[] = { 0, 0, 0, 1, 2, 0, 0, 2 }, beyond[] = { 0, 0, 0, 1, 4, 0, 0, 2 },
	    back[] = { 2, 0, 0, 1, 0, 0, 0, 2 }, no_text[] = { 0, 0, 0, 1, 2, 0, 1 << 20, 2 },
	    no_file[] = { 0, 1 << 20, 0, 1, 2, 0, 0, 2 }, missing[] = { 0, 0, 0, 1, 1, 0, 0, 2 };

	make_info_btf();
	funcs[1] = funcs[3] = info_func;
	CHECK(load_info(funcs, 2, 8, good, 2, 16) >= 0);
	CHECK_EQ(load_info(funcs, 2, 8, good, 2, 12), -EINVAL);
	CHECK_EQ(load_info(funcs, 2, 8, good, 2, 256), -EINVAL);
	CHECK_EQ(load_info(funcs, 2, 8, beyond, 2, 16), -EINVAL);
	CHECK_EQ(load_info(funcs, 2, 8, back, 2, 16), -EINVAL);
	CHECK_EQ(load_info(funcs, 2, 8, no_text, 2, 16), -EINVAL);
	CHECK_EQ(load_info(funcs, 2, 8, no_file, 2, 16), -EINVAL);
	CHECK_EQ(load_info(funcs, 2, 8, missing, 2, 16), -EINVAL);
}
