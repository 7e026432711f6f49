/* SPDX-License-Identifier: BSD-2-Clause */
/* The index of functions, and what is said when one is not in it, over BTF made here. */
#include "image/kbtf.h"

#include <bpf/btf.h>
#include <stdlib.h>

#include "image/kmissing.h"
#include "image/ksyms.h"
#include "tap.h"

static struct kbtf vmlinux = { .first_id = 1 }, module = { .name = "nf_conntrack" };
static struct kbtf_set set = { .vmlinux = &vmlinux, .modules = &module };

static void add_func(struct kbtf *k, const char *name)
{
	int proto = btf__add_func_proto(k->btf, 0);

	CHECK(btf__add_func(k->btf, name, BTF_FUNC_STATIC, proto) > 0);
}

static void make(void)
{
	vmlinux.btf = btf__new_empty();
	btf__add_int(vmlinux.btf, "int", 4, 0);
	add_func(&vmlinux, "icmp_rcv");
	add_func(&vmlinux, "twice");
	add_func(&vmlinux, "vfs_read");
	add_func(&vmlinux, "twice");
	CHECK_EQ(kbtf_index(&vmlinux), 0);
	module.btf = btf__new_empty_split(vmlinux.btf);
	module.first_id = btf__type_cnt(vmlinux.btf);
	add_func(&module, "nf_conntrack_in");
	add_func(&module, "vfs_read");
	CHECK_EQ(kbtf_index(&module), 0);
}

TEST(kbtf_functions)
{
	uint32_t id;

	make();
	CHECK_EQ(vmlinux.nr_funcs, 4);
	CHECK_EQ(module.nr_funcs, 2);
	id = kbtf_func_find(&vmlinux, "icmp_rcv");
	CHECK_STR(kbtf_func_name(&vmlinux, id), "icmp_rcv");
	CHECK_EQ(kbtf_func_next(&vmlinux, 0), id);
	CHECK_STR(kbtf_func_name(&vmlinux, kbtf_func_next(&vmlinux, id)), "twice");
	CHECK_EQ(kbtf_func_find(&vmlinux, "twice"), kbtf_func_next(&vmlinux, id));
	CHECK_EQ(kbtf_func_count(&vmlinux, "twice"), 2);
	CHECK_EQ(kbtf_func_count(&vmlinux, "icmp_rcv"), 1);
	CHECK_EQ(kbtf_func_count(&vmlinux, "int"), 0);
	CHECK_EQ(kbtf_func_find(&vmlinux, "int"), 0);
	CHECK_EQ(kbtf_func_find(&vmlinux, ""), 0);
	CHECK_EQ(kbtf_func_find(&vmlinux, "nf_conntrack_in"), 0);
	CHECK(kbtf_func_find(&module, "vfs_read") > kbtf_func_find(&vmlinux, "vfs_read"));
	CHECK_EQ(kbtf_func_find(&module, "icmp_rcv"), 0);
}

TEST(kbtf_many_functions)
{
	char name[16];

	vmlinux.btf = btf__new_empty();
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		add_func(&vmlinux, name);
	}
	CHECK_EQ(kbtf_index(&vmlinux), 0);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		CHECK_STR(kbtf_func_name(&vmlinux, kbtf_func_find(&vmlinux, name)), name);
	}
	CHECK_EQ(kbtf_func_find(&vmlinux, "f5000"), 0);
}

TEST(kbtf_module_names)
{
	CHECK(kbtf_module_name_eq("nf_conntrack", "nf-conntrack"));
	CHECK(kbtf_module_name_eq("", ""));
	CHECK(!kbtf_module_name_eq("nf_conntrack", "nf_conntrac"));
	CHECK(!kbtf_module_name_eq("nf_conntrack", "nf_conntrack2"));
	CHECK(!kbtf_module_name_eq("a", "b"));
}

static void missing(const struct kbtf *k, const char *spec, const char *func, const char *text,
		    const char *hint)
{
	struct kmissing m = {};
	struct ksyms *syms;

	CHECK_EQ(ksyms_parse(strdup("ffffffff81000010 t split_up.isra.0\n"
				    "ffffffff81000020 T in_assembly\n"
				    "ffffffff81000028 t cold_one.cold\n"
				    "ffffffff81000030 t not_described\t[nf_conntrack]\n"),
			     &syms),
		 0);
	kmissing_func(&m, &set, k, syms, spec, func);
	if (!strstr(m.text, text))
		tap_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", m.text, text);
	if (!strstr(m.hint, hint))
		tap_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", m.hint, hint);
	ksyms_free(syms);
}

TEST(kbtf_missing_functions)
{
	make();
	missing(NULL, "icmp_rvc", "icmp_rvc", "target 'icmp_rvc': no such function",
		"did you mean 'icmp_rcv'?");
	missing(NULL, "conntrack_in", "conntrack_in", "no such function",
		"did you mean 'nf_conntrack:nf_conntrack_in'?");
	missing(&vmlinux, "vmlinux:nf_conntrack_in", "nf_conntrack_in", "no such function there",
		"did you mean 'nf_conntrack:nf_conntrack_in'?");
	missing(&module, "nf_conntrack:icmp_rcv", "icmp_rcv", "no such function there",
		"did you mean 'icmp_rcv'?");
	missing(&module, "nf_conntrack:nf_conntrack_on", "nf_conntrack_on", "no such function",
		"'nf_conntrack:nf_conntrack_in'");
	missing(NULL, "split_up", "split_up", "the compiler made it 'split_up.isra.0'", "a caller");
	missing(NULL, "cold_one", "cold_one", "the compiler made it 'cold_one.cold'", "a caller");
	missing(NULL, "in_assembly", "in_assembly", "its BTF does not describe it", "assembly");
	missing(NULL, "not_described", "not_described",
		"is in module 'nf_conntrack', but not in its BTF", "");
	missing(NULL, "xyzzy", "xyzzy", "no such function", "always inlined");
}
