/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bpf(2) and /proc say about programs, maps and links. The same program asks the engine (test_answers) and a
 * real kernel:
 *
 *	tools/vm -k 7.2 -- build/tests/user/infos --kernel > tests/user/infos.expected
 *
 * Sizes of machine code, addresses, times and ids differ: of these it says whether they are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/build.h"
#include "bpf/uapi.h"
#include "asker.h"
#include "syscall/attr.h"

#define BAD 0x10

static struct btf *vmlinux;

static int get_info(int fd, struct bpf_prog_info *info)
{
	struct info_attr a = { fd, sizeof(*info), (u64)info };

	return call(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a));
}

/* -- Programs: one with a map, a function of its own, records of functions and lines --- */

struct made {
	int map, prog;
};

static int load_types(u32 *func, u32 *sub, u32 *file, u32 *line)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	u32 bytes, proto, i32;
	int fd;

	i32 = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	proto = btf__add_func_proto(btf, i32);
	btf__add_func_param(btf, "ctx", btf__add_ptr(btf, 0));
	*func = btf__add_func(btf, "main_func", BTF_FUNC_GLOBAL, proto);
	*sub = btf__add_func(btf, "sub", BTF_FUNC_STATIC, proto);
	*file = btf__add_str(btf, "file.c");
	*line = btf__add_str(btf, "a line;");
	raw = btf__raw_data(btf, &bytes);
	fd = bpf_btf_load(raw, bytes, NULL);
	btf__free(btf);
	return fd;
}

static struct made make_prog(void)
{
	struct made m = { bpf_map_create(BPF_MAP_TYPE_ARRAY, "values", 4, 8, 2, NULL), -1 };
	const struct bpf_insn insns[] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, m.map), { 0 },
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 2),
		INSN_MOV_I(BPF_REG_0, 3), INSN_EXIT(),
		INSN_MOV_I(BPF_REG_0, 4), INSN_EXIT(),
	};
	u32 func, sub, file, line;
	int btf = load_types(&func, &sub, &file, &line);
	const struct bpf_func_info funcs[] = { { 0, func }, { 5, sub } };
	const struct bpf_line_info lines[] = {
		{ 0, file, line, 1 << 10 | 3 }, { 3, file, line, 2 << 10 | 4 }, { 5, file, line, 3 << 10 | 5 },
		{ 6, file, line, 4 << 10 },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_btf_fd = btf, .func_info = funcs, .func_info_cnt = LEN(funcs),
		    .func_info_rec_size = sizeof(*funcs), .line_info = lines, .line_info_cnt = LEN(lines),
		    .line_info_rec_size = sizeof(*lines));

	m.prog = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "named", "GPL", insns, LEN(insns), &opts);
	close(btf);
	return m;
}

static void say_info(const char *what, int err, const struct bpf_prog_info *i)
{
	printf("%s: %d type %u id %d name '%s' gpl %u tag ", what, err, i->type, !!i->id, i->name, i->gpl_compatible);
	for (u32 k = 0; k < sizeof(i->tag); k++)
		printf("%02x", i->tag[k]);
	printf(" jited %d xlated %d load %d uid %u maps %u ifindex %u btf %d\n", !!i->jited_prog_len, !!i->xlated_prog_len,
	       !!i->load_time, i->created_by_uid, i->nr_map_ids, i->ifindex, !!i->btf_id);
	printf("%s: ksyms %u lens %u funcs %u of %u lines %u of %u jited lines %u of %u tags %u runs %llu time %llu misses %llu verified %u attach %d %d\n",
	       what, i->nr_jited_ksyms, i->nr_jited_func_lens, i->nr_func_info, i->func_info_rec_size, i->nr_line_info,
	       i->line_info_rec_size, i->nr_jited_line_info, i->jited_line_info_rec_size, i->nr_prog_tags, i->run_cnt,
	       i->run_time_ns, i->recursion_misses, i->verified_insns, !!i->attach_btf_obj_id, !!i->attach_btf_id);
}

/* With room for @nr of everything. */
static void arrays(int fd, u32 nr)
{
	struct bpf_func_info funcs[8] = { 0 };
	struct bpf_line_info lines[8] = { 0 };
	u64 addrs[8] = { 0 }, jited[8] = { 0 };
	u32 maps[8] = { 0 }, lens[8] = { 0 }, inside = 0;
	u8 tags[8][8] = { 0 };
	struct bpf_prog_info i = {
		.nr_map_ids = nr, .map_ids = (u64)maps, .nr_jited_ksyms = nr, .jited_ksyms = (u64)addrs,
		.nr_jited_func_lens = nr, .jited_func_lens = (u64)lens, .nr_func_info = nr, .func_info = (u64)funcs,
		.func_info_rec_size = 8, .nr_line_info = nr, .line_info = (u64)lines, .line_info_rec_size = 16,
		.nr_jited_line_info = nr, .jited_line_info = (u64)jited, .jited_line_info_rec_size = 8,
		.nr_prog_tags = nr, .prog_tags = (u64)tags,
	};
	int err = get_info(fd, &i);
	char what[32];

	snprintf(what, sizeof(what), "room for %u", nr);
	say_info(what, err, &i);
	for (u32 k = 0; k < 5; k++) {
		printf("%s %u: map %d ksym %d len %d func %u %d line %u %d %u jited %d order %d tag %d\n", what, k, !!maps[k],
		       !!addrs[k], !!lens[k], funcs[k].insn_off, !!funcs[k].type_id, lines[k].insn_off,
		       !!lines[k].file_name_off, lines[k].line_col, !!jited[k], k && jited[k] && jited[k - 1] < jited[k],
		       !!tags[k][0]);
		for (u32 f = 0; f < 8; f++)
			inside += jited[k] && jited[k] - addrs[f] < lens[f];
	}
	printf("%s: %u lines lie in functions\n", what, nr >= 2 ? inside : 0);
}

static void absurd(int fd)
{
	static const struct {
		const char *what;
		struct bpf_prog_info i;
	} t[] = {
		{ "bad maps", { .nr_map_ids = 1, .map_ids = BAD } },
		{ "maps nowhere", { .nr_map_ids = 1 } },
		{ "bad ksyms", { .nr_jited_ksyms = 1, .jited_ksyms = BAD } },
		{ "ksyms nowhere", { .nr_jited_ksyms = 1 } },
		{ "bad lens", { .nr_jited_func_lens = 1, .jited_func_lens = BAD } },
		{ "bad jited", { .jited_prog_len = 4, .jited_prog_insns = BAD } },
		{ "jited nowhere", { .jited_prog_len = 4 } },
		{ "bad xlated", { .xlated_prog_len = 8, .xlated_prog_insns = BAD } },
		{ "xlated nowhere", { .xlated_prog_len = 8 } },
		{ "func size 7", { .func_info_rec_size = 7 } },
		{ "func size 16", { .func_info_rec_size = 16, .nr_func_info = 9 } },
		{ "bad funcs", { .func_info_rec_size = 8, .nr_func_info = 1, .func_info = BAD } },
		{ "bad funcs size 0", { .nr_func_info = 1, .func_info = BAD } },
		{ "line size 8", { .line_info_rec_size = 8 } },
		{ "bad lines", { .line_info_rec_size = 16, .nr_line_info = 1, .line_info = BAD } },
		{ "jited line size 4", { .jited_line_info_rec_size = 4 } },
		{ "bad jited lines", { .jited_line_info_rec_size = 8, .nr_jited_line_info = 1, .jited_line_info = BAD } },
		{ "jited lines nowhere", { .jited_line_info_rec_size = 8, .nr_jited_line_info = 1 } },
		{ "bad tags", { .nr_prog_tags = 1, .prog_tags = BAD } },
		{ "type 77", { .type = 77, .id = 99, .run_cnt = 3, .verified_insns = 5 } },
	};

	for (u32 k = 0; k < LEN(t); k++) {
		struct bpf_prog_info i = t[k].i;

		say_info(t[k].what, get_info(fd, &i), &i);
	}
}

static void lengths(int fd)
{
	static const u32 bytes[] = { 0, 4, 8, 40, 104, 216, 232, 240, 256, 4096, 4097 };
	u8 big[8192] = { 0 };

	for (u32 k = 0; k < LEN(bytes); k++) {
		struct info_attr a = { fd, bytes[k], (u64)big };
		int err = call(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a));

		printf("%u bytes: %d, %d\n", bytes[k], err, a.info_len <= bytes[k]);
		memset(big, 0, sizeof(big));
	}
}

static void programs(void)
{
	struct made m = make_prog();
	struct bpf_prog_info i = { 0 };
	int err = get_info(m.prog, &i);

	say_info("plain", err, &i);
	arrays(m.prog, 1);
	arrays(m.prog, 8);
	absurd(m.prog);
	lengths(m.prog);
	close(m.map);
	close(m.prog);
}

/* -- Counts --- */

static int load_tracing(u32 type, const char *func)
{
	static const struct bpf_insn insns[] = { INSN_MOV_I(BPF_REG_0, 0), INSN_EXIT() };
	LIBBPF_OPTS(bpf_prog_load_opts, opts);

	opts.expected_attach_type = (enum bpf_attach_type)type;
	opts.attach_btf_id = func ? btf__find_by_name_kind(vmlinux, func, BTF_KIND_FUNC) : 0;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "tracer", "GPL", insns, LEN(insns), &opts);
}

static void runs(const char *what, int fd, int test)
{
	struct test_run_attr a = { .prog_fd = test };
	struct bpf_prog_info i = { 0 };
	int err = call(BPF_PROG_TEST_RUN, &a, ATTR_END(test_run_attr, batch_size));

	printf("%s: run %d info %d", what, err, get_info(fd, &i));
	printf(" runs %llu time %d misses %llu attach %d %d\n", i.run_cnt, !!i.run_time_ns, i.recursion_misses,
	       !!i.attach_btf_obj_id, !!i.attach_btf_id);
}

static void counts(void)
{
	int entry = load_tracing(BPF_TRACE_FENTRY, "bpf_fentry_test1");
	int session = load_tracing(FS_BPF_TRACE_FSESSION, "bpf_fentry_test2");
	struct link_create_attr a = { entry, 0, BPF_TRACE_FENTRY, 0, .tracing = { 0 } };
	struct link_create_attr b = { session, 0, FS_BPF_TRACE_FSESSION, 0, .tracing = { 0 } };
	int l1 = call(BPF_LINK_CREATE, &a, ATTR_END(link_create_attr, tracing));
	int l2 = call(BPF_LINK_CREATE, &b, ATTR_END(link_create_attr, tracing)), stats;

	runs("not counted", entry, entry);
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	runs("entry", entry, entry);
	runs("session", session, entry);
	close(stats);
	runs("entry later", entry, entry);
	runs("session later", session, entry);
	close(l1);
	close(l2);
	runs("entry detached", entry, entry);
	close(entry);
	close(session);
}

/* -- What /proc says of an fd --- */

static bool is_varying(const char *line)
{
	static const char *const names[] = { "pos:", "flags:", "mnt_id:", "ino:", "memlock:", "map_id:", "link_id:",
					     "prog_id:", "target_obj_id:", "target_btf_id:", "prog_tag:" };

	for (u32 i = 0; i < LEN(names); i++)
		if (!strncmp(line, names[i], strlen(names[i])))
			return true;
	return false;
}

/* Names, and values where they are the same everywhere. */
static void fdinfo(const char *what, int fd)
{
	char path[64], line[256], func[64], *tab;
	unsigned long long cookie;
	u32 obj, btf;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		tab = strchr(line, '\t');
		if (is_varying(line) && tab)
			strcpy(tab, strtol(tab, NULL, 0) || !strncmp(line, "prog_tag", 8) ? "\tN\n" : "\t0\n");
		if (sscanf(line, "%u\t %u\t %llu\t %63[^+]", &obj, &btf, &cookie, func) == 4)
			printf("fdinfo %s: %d %d %llu %s\n", what, !!obj, !!btf, cookie, func);
		else
			printf("fdinfo %s: %s", what, line);
	}
	if (f)
		fclose(f);
}

static void fdinfo_of_multi(void)
{
	const u32 ids[] = { btf__find_by_name_kind(vmlinux, "bpf_fentry_test1", BTF_KIND_FUNC),
			    btf__find_by_name_kind(vmlinux, "bpf_fentry_test2", BTF_KIND_FUNC) };
	const u64 cookies[] = { 7, 8 };
	int prog = load_tracing(FS_BPF_TRACE_FSESSION_MULTI, NULL), link;
	struct link_create_attr a = { prog, 0, FS_BPF_TRACE_FSESSION_MULTI, 0,
				      .multi = { (u64)ids, (u64)cookies, 2 } };

	link = call(BPF_LINK_CREATE, &a, ATTR_END(link_create_attr, multi.cnt));
	fdinfo("multi", link);
	close(link);
	a.multi.cookies = 0;
	link = call(BPF_LINK_CREATE, &a, ATTR_END(link_create_attr, multi.cnt));
	fdinfo("multi without cookies", link);
	close(link);
	close(prog);
}

static void fdinfos(void)
{
	struct made m = make_prog();
	int entry = load_tracing(BPF_TRACE_FEXIT, "bpf_fentry_test1"), link;
	struct link_create_attr a = { entry, 0, BPF_TRACE_FEXIT, 0, .tracing = { 0, 0x1234 } };
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);
	int frozen = bpf_map_create(BPF_MAP_TYPE_ARRAY, "f", 4, 16, 3, &opts);
	int tails = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "t", 4, 4, 3, NULL);
	u32 key = 1;

	bpf_map_freeze(frozen);
	fdinfo("map", m.map);
	fdinfo("frozen", frozen);
	fdinfo("prog array", tails);
	bpf_map_update_elem(tails, &key, &m.prog, 0);
	fdinfo("prog array in use", tails);
	fdinfo("prog", m.prog);
	fdinfo("tracer", entry);
	link = call(BPF_LINK_CREATE, &a, ATTR_END(link_create_attr, tracing));
	fdinfo("link", link);
	close(link);
	close(entry);
	close(tails);
	close(frozen);
	close(m.map);
	close(m.prog);
}

int main(int argc, char **argv)
{
	asker_begin(argc, argv);
	vmlinux = btf__load_vmlinux_btf();
	programs();
	counts();
	fdinfos();
	fdinfo_of_multi();
	btf__free(vmlinux);
	return 0;
}
