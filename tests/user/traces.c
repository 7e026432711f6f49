/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What bpf(2) answers about tracing programs and their links, a line for each call. The same program asks the
 * engine (test_answers) and a real kernel:
 *
 *	tools/vm -k 7.2 -- build/tests/user/traces --kernel > tests/user/traces.expected
 */
#include <errno.h>
#include <stdio.h>
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
#define FSESSION FS_BPF_TRACE_FSESSION
#define FSESSION_MULTI FS_BPF_TRACE_FSESSION_MULTI

static struct btf *vmlinux;

/* An fd's number says nothing. */
static int say(const char *group, const char *what, int ret)
{
	if (ret > 0)
		printf("%s %s: fd\n", group, what);
	else
		printf("%s %s: %d\n", group, what, ret);
	return ret;
}

static u32 id_of(const char *func)
{
	int id = btf__find_by_name_kind(vmlinux, func, BTF_KIND_FUNC);

	return id < 0 ? 0 : id;
}

/* -- Loading --- */

static const struct bpf_insn nothing[] = { INSN_MOV_I(BPF_REG_0, 0), INSN_EXIT() };

static struct prog_load_attr attr_of(u32 attach_type, const char *func)
{
	return (struct prog_load_attr){
		.prog_type = BPF_PROG_TYPE_TRACING, .expected_attach_type = attach_type,
		.insns = (u64)nothing, .insn_cnt = LEN(nothing), .license = (u64)"GPL",
		.attach_btf_id = func ? id_of(func) : 0,
	};
}

static int load_attr(struct prog_load_attr a)
{
	return call(BPF_PROG_LOAD, &a, ATTR_END(prog_load_attr, keyring_id));
}

static int load(u32 attach_type, const char *func)
{
	return load_attr(attr_of(attach_type, func));
}

static void try_load(const char *what, struct prog_load_attr a)
{
	int fd = say("load", what, load_attr(a));

	if (fd > 0)
		close(fd);
}

static void load_kinds(void)
{
	static const struct {
		const char *name;
		u32 type;
	} kinds[] = {
		{ "fentry", BPF_TRACE_FENTRY }, { "fexit", BPF_TRACE_FEXIT },
		{ "fmod_ret", BPF_MODIFY_RETURN }, { "fsession", FSESSION },
	};
	static const char *const funcs[] = { "bpf_fentry_test1", "bpf_fentry_test2", "bpf_fentry_test10",
					     "bpf_modify_return_test", "bpf_modify_return_test2" };

	for (u32 i = 0; i < LEN(kinds) * LEN(funcs) * 2; i++) {
		const char *func = funcs[i / 2 % LEN(funcs)];
		struct prog_load_attr a = attr_of(kinds[i / 2 / LEN(funcs)].type, func);
		char line[128];

		a.prog_flags = i % 2 ? BPF_F_SLEEPABLE : 0;
		snprintf(line, sizeof(line), "%s%s %s", kinds[i / 2 / LEN(funcs)].name, i % 2 ? ".s" : "", func);
		try_load(line, a);
	}
}

/* Attach types that take no BTF id, or are none. */
static void load_types(void)
{
	static const u32 types[] = { BPF_XDP, FS_BPF_TRACE_FENTRY_MULTI, FS_BPF_TRACE_FEXIT_MULTI,
				     FSESSION_MULTI, 62, 1000 };

	for (u32 i = 0; i < LEN(types); i++) {
		char line[64];

		snprintf(line, sizeof(line), "type %u", types[i]);
		try_load(line, attr_of(types[i], "bpf_fentry_test1"));
		snprintf(line, sizeof(line), "type %u without id", types[i]);
		try_load(line, attr_of(types[i], NULL));
	}
	try_load("fentry without id", attr_of(BPF_TRACE_FENTRY, NULL));
	try_load("fsession without id", attr_of(FSESSION, NULL));
}

static int own_btf(void)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	u32 bytes;
	int fd;

	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	raw = btf__raw_data(btf, &bytes);
	fd = bpf_btf_load(raw, bytes, NULL);
	btf__free(btf);
	return fd;
}

static int vmlinux_fd(void)
{
	u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		int fd = bpf_btf_get_fd_by_id(id);
		char name[64] = "";
		struct bpf_btf_info info = { .name = (u64)name, .name_len = sizeof(name) };
		u32 len = sizeof(info);

		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && !strcmp(name, "vmlinux"))
			return fd;
		close(fd);
	}
	return -1;
}

static void load_targets(void)
{
	struct prog_load_attr a = attr_of(BPF_TRACE_FENTRY, "bpf_fentry_test1"), b = a;
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 8, 1, NULL), fd;

	b.attach_btf_id = 0x7fffffff;
	try_load("id 2^31-1", b);
	b.attach_btf_id = 1;	/* not a function, in any BTF */
	try_load("id 1", b);
	b = a;
	b.attach_prog_fd = 9999;
	try_load("obj fd 9999", b);
	b.attach_prog_fd = map;
	try_load("obj fd of a map", b);
	b.attach_prog_fd = own_btf();
	try_load("obj fd of own BTF", b);
	b.attach_prog_fd = vmlinux_fd();
	try_load("obj fd of vmlinux", b);
	b.attach_btf_id = 0;
	try_load("obj fd without id", b);
	b = attr_of(FSESSION_MULTI, NULL);
	b.attach_prog_fd = vmlinux_fd();
	try_load("multi obj fd of vmlinux", b);
	b.attach_prog_fd = own_btf();
	try_load("multi obj fd of own BTF", b);
	fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "s", "GPL", nothing, LEN(nothing), NULL);
	b = a;
	b.attach_prog_fd = fd;
	try_load("prog without BTF", b);
	b.attach_btf_id = 0;
	try_load("prog without id", b);
	b = attr_of(FSESSION_MULTI, NULL);
	b.attach_prog_fd = fd;
	try_load("multi prog", b);
	a.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	a.expected_attach_type = 0;
	try_load("socket with id", a);
	a.attach_btf_id = 0;
	a.attach_prog_fd = fd;
	try_load("socket with prog", a);
	close(fd);
	close(map);
}

static void load_code(const char *what, u32 type, const struct bpf_insn *insns, u32 cnt, const char *license)
{
	struct prog_load_attr a = attr_of(type, type >= FS_BPF_TRACE_FENTRY_MULTI ? NULL : "bpf_fentry_test1");

	a.insns = (u64)insns;
	a.insn_cnt = cnt;
	a.license = (u64)license;
	try_load(what, a);
}

static void load_bodies(void)
{
	const s32 kfunc = id_of("bpf_session_is_return");
	const struct bpf_insn ret1[] = { INSN_MOV_I(BPF_REG_0, 1), INSN_EXIT() };
	const struct bpf_insn arg0[] = { INSN_LDX(BPF_DW, 1, 1, 0), nothing[0], nothing[1] };
	const struct bpf_insn slot1[] = { INSN_LDX(BPF_DW, 1, 1, 8), nothing[0], nothing[1] };
	const struct bpf_insn slot2[] = { INSN_LDX(BPF_DW, 1, 1, 16), nothing[0], nothing[1] };
	const struct bpf_insn meta[] = { INSN_LDX(BPF_DW, 1, 1, -8), nothing[0], nothing[1] };
	const struct bpf_insn write[] = { INSN_ST(BPF_DW, 1, 0, 0), nothing[0], nothing[1] };
	const struct bpf_insn phase[] = { INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, kfunc),
					  nothing[0], nothing[1] };
	static const struct {
		const char *name;
		u32 type;
	} kinds[] = {
		{ "fentry", BPF_TRACE_FENTRY }, { "fexit", BPF_TRACE_FEXIT },
		{ "fmod_ret", BPF_MODIFY_RETURN }, { "fsession", FSESSION },
		{ "fsession.multi", FSESSION_MULTI },
	};
	const struct {
		const char *name;
		const struct bpf_insn *insns;
		u32 cnt;
		const char *license;
	} bodies[] = {
		{ "returns 1", ret1, 2, "GPL" }, { "slot 0", arg0, 3, "GPL" }, { "slot 1", slot1, 3, "GPL" },
		{ "slot 2", slot2, 3, "GPL" }, { "metadata", meta, 3, "GPL" }, { "writes", write, 3, "GPL" },
		{ "kfunc", phase, 3, "GPL" }, { "kfunc proprietary", phase, 3, "Proprietary" },
	};

	for (u32 i = 0; i < LEN(kinds) * LEN(bodies); i++) {
		u32 k = i / LEN(bodies), b = i % LEN(bodies);
		char line[64];

		snprintf(line, sizeof(line), "%s %s", kinds[k].name, bodies[b].name);
		load_code(line, kinds[k].type, bodies[b].insns, bodies[b].cnt, bodies[b].license);
	}
}

/* -- Links --- */

#define LINK_BYTES ATTR_END(link_create_attr, tracing)

static void try_link(const char *what, struct link_create_attr a)
{
	int fd = say("link", what, call(BPF_LINK_CREATE, &a, LINK_BYTES));

	if (fd > 0)
		close(fd);
}

static void links(void)
{
	int prog = load(FSESSION, "bpf_fentry_test1"), entry = load(BPF_TRACE_FENTRY, "bpf_fentry_test1");
	int socket = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "s", "GPL", nothing, LEN(nothing), NULL);
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "m", 4, 8, 1, NULL), link;
	struct link_create_attr good = { .prog_fd = prog, .attach_type = FSESSION };

	try_link("good", good);
	try_link("again", good);
	try_link("no prog", (struct link_create_attr){ .prog_fd = 9999, .attach_type = FSESSION });
	try_link("map", (struct link_create_attr){ .prog_fd = map, .attach_type = FSESSION });
	try_link("socket", (struct link_create_attr){ .prog_fd = socket, .attach_type = FSESSION });
	try_link("other type", (struct link_create_attr){ .prog_fd = prog, .attach_type = BPF_TRACE_FENTRY });
	try_link("type 0", (struct link_create_attr){ .prog_fd = entry });
	try_link("type 1000", (struct link_create_attr){ .prog_fd = prog, .attach_type = 1000 });
	try_link("target fd", (struct link_create_attr){ prog, 1, FSESSION, 0 });
	try_link("target id", (struct link_create_attr){ prog, 0, FSESSION, 0, .tracing = { 1 } });
	try_link("target both", (struct link_create_attr){ prog, socket, FSESSION, 0, .tracing = { 1 } });
	try_link("flags 1", (struct link_create_attr){ prog, 0, FSESSION, 1 });
	try_link("cookie", (struct link_create_attr){ prog, 0, FSESSION, 0, .tracing = { 0, 5 } });
	link = call(BPF_LINK_CREATE, &good, 16);
	say("link", "16 bytes", link);
	try_link("busy", good);
	close(link);
	good.prog_fd = entry;
	good.attach_type = BPF_TRACE_FENTRY;
	try_link("fentry", good);
	close(prog);
	close(entry);
	close(socket);
	close(map);
}

static void try_raw(const char *what, u64 name, int prog, u64 cookie)
{
	struct raw_tp_open_attr a = { .name = name, .prog_fd = prog, .cookie = cookie };
	int fd = say("raw", what, call(BPF_RAW_TRACEPOINT_OPEN, &a, sizeof(a)));

	if (fd > 0)
		close(fd);
}

static void raw_opens(void)
{
	int prog = load(FSESSION, "bpf_fentry_test1"), multi = load(FSESSION_MULTI, NULL);

	try_raw("good", 0, prog, 0);
	try_raw("named", (u64)"x", prog, 0);
	try_raw("bad name", BAD, prog, 0);
	try_raw("cookie", 0, prog, 7);
	try_raw("no prog", 0, 9999, 0);
	try_raw("multi", 0, multi, 0);
	close(prog);
	close(multi);
}

static void try_info(const char *what, int fd, u32 len)
{
	u8 info[256] = { 0 };
	u32 n = len;
	int err;

	info[250] = len > 250;
	err = bpf_obj_get_info_by_fd(fd, info, &n);
	printf("info %s: %d len %u\n", what, err, len < 64 ? n : 0);
}

static void link_commands(void)
{
	int prog = load(BPF_TRACE_FEXIT, "bpf_fentry_test2"), link, fd;
	struct link_create_attr a = { prog, 0, BPF_TRACE_FEXIT, 0, .tracing = { 0, 0x1234 } };
	struct link_update_attr u = { 0 };
	struct link_info info = { 0 };
	u32 len = sizeof(info), id = 0;

	link = call(BPF_LINK_CREATE, &a, LINK_BYTES);
	u.link_fd = 9999;
	say("update", "no link", call(BPF_LINK_UPDATE, &u, sizeof(u)));
	say("detach", "no link", call(BPF_LINK_DETACH, &u, 4));
	u.link_fd = prog;
	say("update", "prog as link", call(BPF_LINK_UPDATE, &u, sizeof(u)));
	say("detach", "prog as link", call(BPF_LINK_DETACH, &u, 4));
	u.link_fd = link;
	u.new_prog_fd = 9999;
	say("update", "no prog", call(BPF_LINK_UPDATE, &u, sizeof(u)));
	u.new_prog_fd = prog;
	say("update", "good", call(BPF_LINK_UPDATE, &u, sizeof(u)));
	say("detach", "with more", call(BPF_LINK_DETACH, &u, sizeof(u)));
	say("detach", "link", call(BPF_LINK_DETACH, &u, 4));
	u.flags = BPF_F_REPLACE;
	u.old_prog_fd = prog;
	say("update", "replace", call(BPF_LINK_UPDATE, &u, sizeof(u)));
	u.flags = 1u << 31;
	say("update", "flags", call(BPF_LINK_UPDATE, &u, sizeof(u)));
	say("info", "link", bpf_obj_get_info_by_fd(link, &info, &len));
	printf("info link: type %u attach %u btf id %d cookie %llx\n", info.type, info.tracing.attach_type,
	       info.tracing.target_btf_id == id_of("bpf_fentry_test2"), info.tracing.cookie);
	try_info("0 bytes", link, 0);
	try_info("8 bytes", link, 8);
	try_info("40 bytes", link, 40);
	try_info("200 bytes", link, 200);
	try_info("with a tail", link, 256);
	while (!bpf_link_get_next_id(id, &id) && id != info.id)
		;
	printf("next id: %s\n", id == info.id ? "found" : "not found");
	fd = say("by id", "link", bpf_link_get_fd_by_id(id));
	close(fd);
	say("by id", "0", bpf_link_get_fd_by_id(0));
	say("by id", "2^31", bpf_link_get_fd_by_id(1u << 31));
	close(link);
	say("by id", "closed", bpf_link_get_fd_by_id(id));
	close(prog);
}

/* -- Many functions --- */

#define MULTI_BYTES ATTR_END(link_create_attr, multi.cnt)

static void try_multi(const char *what, int prog, u32 type, const u32 *ids, const u64 *cookies, u32 cnt)
{
	struct link_create_attr a = { prog, 0, type, 0, .multi = { (u64)ids, (u64)cookies, cnt } };
	int fd = say("multi", what, call(BPF_LINK_CREATE, &a, MULTI_BYTES));

	if (fd > 0)
		close(fd);
}

static void multis(void)
{
	const u32 ids[] = { id_of("bpf_fentry_test2"), id_of("bpf_fentry_test1") };
	const u32 doubled[] = { ids[0], ids[1], ids[0] }, zero[] = { ids[0], 0 }, odd[] = { ids[0], 1 };
	const u32 absurd[] = { 0x7fffffff };
	int prog = load(FSESSION_MULTI, NULL), sleepable;
	struct prog_load_attr s = attr_of(FSESSION_MULTI, NULL);
	struct link_create_attr a = { prog, 0, FSESSION_MULTI, 1, .multi = { (u64)ids, 0, 2 } };
	const u64 cookies[] = { 1, 2 };

	s.prog_flags = BPF_F_SLEEPABLE;
	sleepable = load_attr(s);
	try_multi("good", prog, FSESSION_MULTI, ids, NULL, 2);
	try_multi("cookies", prog, FSESSION_MULTI, ids, cookies, 2);
	try_multi("no functions", prog, FSESSION_MULTI, ids, NULL, 0);
	try_multi("no ids", prog, FSESSION_MULTI, NULL, NULL, 2);
	try_multi("too many", prog, FSESSION_MULTI, ids, NULL, FS_MAX_MULTI_IDS + 1);
	try_multi("bad ids", prog, FSESSION_MULTI, (void *)BAD, NULL, 2);
	try_multi("bad cookies", prog, FSESSION_MULTI, ids, (void *)BAD, 2);
	try_multi("twice", prog, FSESSION_MULTI, doubled, NULL, 3);
	try_multi("id 0", prog, FSESSION_MULTI, zero, NULL, 2);
	try_multi("no function", prog, FSESSION_MULTI, odd, NULL, 2);
	try_multi("absurd id", prog, FSESSION_MULTI, absurd, NULL, 1);
	try_multi("other type", prog, FS_BPF_TRACE_FENTRY_MULTI, ids, NULL, 2);
	try_multi("sleepable", sleepable, FSESSION_MULTI, ids, NULL, 2);
	try_multi("sleepable one", sleepable, FSESSION_MULTI, &ids[1], NULL, 1);
	say("multi", "flags", call(BPF_LINK_CREATE, &a, MULTI_BYTES));
	a.flags = 0;
	a.target_fd = prog;
	say("multi", "target", call(BPF_LINK_CREATE, &a, MULTI_BYTES));
	close(prog);
	close(sleepable);
}

/* -- Test runs --- */

static void runs(void)
{
	u8 data[64] = { 0 };
	const struct {
		const char *what;
		struct test_run_attr a;
	} t[] = {
		{ "plain", { 0 } },
		{ "data", { .data_in = (u64)data, .data_size_in = 64 } },
		{ "ctx", { .ctx_in = (u64)data, .ctx_size_in = 64 } },
		{ "ctx alone", { .ctx_in = (u64)data } },
		{ "repeat", { .repeat = 5 } },
		{ "flags", { .flags = 1 } },
		{ "cpu", { .cpu = 1 } },
		{ "batch", { .batch_size = 1 } },
		{ "duration", { .duration = 3 } },
	};
	static const struct {
		const char *name, *func;
		u32 type;
	} kinds[] = {
		{ "fentry", "bpf_fentry_test1", BPF_TRACE_FENTRY },
		{ "fmod_ret", "bpf_modify_return_test", BPF_MODIFY_RETURN },
		{ "fsession.multi", NULL, FSESSION_MULTI },
	};

	for (u32 i = 0; i < LEN(kinds) * LEN(t); i++) {
		u32 k = i / LEN(t);
		struct test_run_attr a = t[i % LEN(t)].a;
		int err;

		a.prog_fd = load(kinds[k].type, kinds[k].func);
		err = call(BPF_PROG_TEST_RUN, &a, ATTR_END(test_run_attr, batch_size));
		printf("run %s %s: %d retval %#x duration %d\n", kinds[k].name, t[i % LEN(t)].what, err,
		       a.retval, a.duration == t[i % LEN(t)].a.duration);
		close(a.prog_fd);
	}
}

int main(int argc, char **argv)
{
	asker_begin(argc, argv);
	vmlinux = btf__load_vmlinux_btf();
	load_kinds();
	load_types();
	load_targets();
	load_bodies();
	links();
	raw_opens();
	link_commands();
	multis();
	runs();
	btf__free(vmlinux);
	return 0;
}
