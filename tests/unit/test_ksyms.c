/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/ksyms.h"

#include <stdlib.h>

#include "tap.h"

static struct ksyms *parse(const char *text)
{
	struct ksyms *k = NULL;

	CHECK_EQ(ksyms_parse(strdup(text), &k), 0);
	return k;
}

TEST(ksyms_lines)
{
	struct ksyms *k = parse("ffffffff81000000 T _stext\n"
				"ffffffff81000010 t helper\n"
				"ffffffff81000020 D data\n"
				"ffffffff81000030 W weak_one\n"
				"not a line\n"
				"\n"
				"ffffffffc0000000 t foo_rcv\t[foo]\n"
				"ffffffffc0000100 t bpf_prog_6deef7357e7b4530\t[bpf]\n"
				"ffffffffc0000200 t ftrace_trampoline\t[__builtin__ftrace]\n"
				"ffffffffc0000010 t last\t[foo_bar]");

	CHECK_EQ(k->nr, 5);
	CHECK(!k->hidden);
	CHECK_EQ(ksyms_find(k, "", "helper")->addr, 0xffffffff81000010);
	CHECK_EQ(ksyms_find(k, NULL, "foo_rcv")->addr, 0xffffffffc0000000);
	CHECK_STR(ksyms_module(k, ksyms_find(k, "foo", "foo_rcv")), "foo");
	CHECK(ksyms_find(k, "foo-bar", "last") != NULL);
	CHECK(!ksyms_find(k, "", "foo_rcv"));
	CHECK(!ksyms_find(k, "", "data"));
	CHECK(!ksyms_find(k, "", "help"));
	CHECK(!ksyms_find(k, "", ""));
	ksyms_free(k);
}

TEST(ksyms_first_of_several)
{
	struct ksyms *k = parse("ffffffff81000010 t dup\n"
				"ffffffff81000020 t dup\n"
				"ffffffff81000030 t alias\n"
				"ffffffff81000030 T __alias\n"
				"ffffffff81000030 T alias\n"
				"ffffffffc0000000 t dup\t[foo]\n");

	CHECK_EQ(ksyms_find(k, "", "dup")->addr, 0xffffffff81000010);
	CHECK_EQ(ksyms_count(k, "", "dup"), 2);
	CHECK_EQ(ksyms_count(k, NULL, "dup"), 3);
	CHECK_EQ(ksyms_count(k, "foo", "dup"), 1);
	CHECK_EQ(ksyms_count(k, "", "alias"), 1);
	CHECK_EQ(ksyms_count(k, "", "none"), 0);
	ksyms_free(k);
}

TEST(ksyms_hidden_addresses)
{
	struct ksyms *k = parse("0000000000000000 t a\n"
				"0000000000000000 t b\n"
				"0000000000000000 t b\n");

	CHECK(k->hidden);
	CHECK_EQ(ksyms_find(k, "", "a")->addr, 0);
	CHECK_EQ(ksyms_count(k, "", "b"), 2);
	ksyms_free(k);
}

TEST(ksyms_variants)
{
	struct ksyms *k = parse("ffffffff81000010 t foo.cold\n"
				"ffffffff81000020 t foo.isra.0\n"
				"ffffffff81000030 t foobar\n"
				"ffffffff81000040 t chilly.cold\n");

	CHECK_STR(ksyms_name(k, ksyms_variant(k, "", "foo")), "foo.isra.0");
	CHECK_STR(ksyms_name(k, ksyms_variant(k, NULL, "chilly")), "chilly.cold");
	CHECK(!ksyms_variant(k, "", "foob"));
	CHECK(!ksyms_variant(k, "mod", "foo"));
	ksyms_free(k);
}

TEST(ksyms_init_text)
{
	struct ksyms *k = parse("ffffffff81000010 T normal\n"
				"ffffffff82000000 T _sinittext\n"
				"ffffffff82000010 t early\n"
				"ffffffff82001000 T _einittext\n"
				"ffffffff82001010 t late\n");

	CHECK(ksyms_in_init(k, ksyms_find(k, "", "early")));
	CHECK(!ksyms_in_init(k, ksyms_find(k, "", "normal")));
	CHECK(!ksyms_in_init(k, ksyms_find(k, "", "late")));
	ksyms_free(k);
}

TEST(ksyms_traceable)
{
	struct ksyms *k = NULL;

	CHECK_EQ(ksyms_parse_traceable(strdup("vfs_read\n__ftrace_invalid_address___16\n"
					      "foo_rcv [foo]\nvfs_write"), &k), 0);
	CHECK(ksyms_find(k, "", "vfs_read") != NULL);
	CHECK(ksyms_find(k, "", "vfs_write") != NULL);
	CHECK(ksyms_find(k, "foo", "foo_rcv") != NULL);
	CHECK(!ksyms_find(k, "", "foo_rcv"));
	ksyms_free(k);
	CHECK_EQ(ksyms_parse_traceable(strdup(""), &k), 0);
	CHECK_EQ(k->nr, 0);
	CHECK(!ksyms_find(k, "", "x"));
	ksyms_free(k);
}
