/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/kproto.h"

#include <bpf/btf.h>
#include <errno.h>

#include "image/ktarget.h"
#include "tap.h"

static struct btf *btf;
static int t_int, t_char, t_u64, t_u128, t_ptr, t_float;

static void make_types(void)
{
	btf = btf__new_empty();
	t_int = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	t_char = btf__add_int(btf, "char", 1, BTF_INT_CHAR);
	t_u64 = btf__add_int(btf, "u64", 8, 0);
	t_u128 = btf__add_int(btf, "u128", 16, 0);
	t_ptr = btf__add_ptr(btf, 0);
	t_float = btf__add_float(btf, "double", 8);
}

static int add_struct(const char *name, int bytes)
{
	int id = btf__add_struct(btf, name, bytes);

	if (bytes)
		btf__add_field(btf, "c", t_char, 0, 0);
	return id;
}

/* Prototype of a function with these argument types. */
static struct ktarget_proto proto_of(int ret, const int *args, int nr)
{
	struct ktarget_proto p = {};
	int proto = btf__add_func_proto(btf, ret);

	for (int i = 0; i < nr; i++)
		btf__add_func_param(btf, args[i] ? "arg" : NULL, args[i]);
	CHECK_EQ(kproto_from_btf(btf, btf__add_func(btf, "func", BTF_FUNC_STATIC, proto), &p), 0);
	return p;
}

#define ARGS(...) (int[]){ __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)

TEST(kproto_plain)
{
	struct ktarget_proto p;

	make_types();
	p = proto_of(t_int, ARGS(t_ptr, t_char, t_u64));
	CHECK_EQ(p.nr_args, 3);
	CHECK_EQ(p.nr_slots, 3);
	CHECK_EQ(p.ret_size, 4);
	CHECK(!p.varargs && !p.ret_struct && !p.big_arg && !p.struct_arg && !p.odd_type);
	CHECK(!kproto_refusal(&p, NULL));

	p = proto_of(0, NULL, 0);
	CHECK_EQ(p.nr_args, 0);
	CHECK_EQ(p.nr_slots, 0);
	CHECK_EQ(p.ret_size, 0);
	CHECK(!kproto_refusal(&p, NULL));

	p = proto_of(t_ptr, ARGS(t_int));
	CHECK_EQ(p.ret_size, 8);
	p = proto_of(t_char, ARGS(t_int));
	CHECK_EQ(p.ret_size, 1);
}

TEST(kproto_wide_results)
{
	struct ktarget_proto p;

	make_types();
	p = proto_of(t_u128, ARGS(t_int));
	CHECK_EQ(p.ret_size, 16);
	CHECK_STR(kproto_refusal(&p, NULL), "returns more than 8 bytes");
	p = proto_of(add_struct("pair", 16), ARGS(t_int));
	CHECK(p.ret_struct);
	CHECK_STR(kproto_refusal(&p, NULL), "returns a structure");
	p = proto_of(add_struct("small", 4), ARGS(t_int));
	CHECK(p.ret_struct);
	p = proto_of(t_float, ARGS(t_int));
	CHECK(p.odd_type);
	CHECK(kproto_refusal(&p, NULL) != NULL);
}

TEST(kproto_structs_by_value)
{
	struct ktarget_proto p;

	make_types();
	p = proto_of(t_int, ARGS(add_struct("s4", 4)));
	CHECK(p.struct_arg);
	CHECK_EQ(p.nr_slots, 1);
	p = proto_of(t_int, ARGS(t_int, add_struct("s12", 12), t_int));
	CHECK_EQ(p.nr_args, 3);
	CHECK_EQ(p.nr_slots, 4);
	p = proto_of(t_int, ARGS(add_struct("s16", 16), t_u128));
	CHECK_EQ(p.nr_slots, 4);
	CHECK(!p.big_arg);
	CHECK(!kproto_refusal(&p, NULL));
	p = proto_of(t_int, ARGS(add_struct("s24", 24)));
	CHECK(p.big_arg);
	CHECK(kproto_refusal(&p, NULL) != NULL);
	p = proto_of(t_int, ARGS(add_struct("s0", 0)));
	CHECK(p.big_arg);
	p = proto_of(t_int, ARGS(btf__add_union(btf, "u8", 8)));
	CHECK(p.struct_arg);
	p = proto_of(t_int, ARGS(btf__add_fwd(btf, "unknown", BTF_FWD_STRUCT)));
	CHECK(kproto_refusal(&p, NULL) != NULL);
	p = proto_of(t_int, ARGS(t_float));
	CHECK(p.odd_type);
}

TEST(kproto_many_arguments)
{
	struct ktarget_proto p;

	make_types();
	p = proto_of(t_int, ARGS(t_int, t_int, t_int, t_int, t_int, t_int, t_int, t_int, t_int,
				 t_int, t_int, t_int));
	CHECK_EQ(p.nr_slots, 12);
	CHECK(!kproto_refusal(&p, NULL));
	p = proto_of(t_int, ARGS(t_int, t_int, t_int, t_int, t_int, t_int, t_int, t_int, t_int,
				 t_int, t_int, t_int, t_int));
	CHECK_EQ(p.nr_args, 13);
	CHECK_STR(kproto_refusal(&p, NULL), "has more than 12 arguments");
	/* a function's limit is in arguments, not in slots */
	p = proto_of(t_int, ARGS(t_u128, t_u128, t_u128, t_u128, t_u128, t_u128, t_u128));
	CHECK_EQ(p.nr_slots, 14);
	CHECK(!kproto_refusal(&p, NULL));
}

TEST(kproto_varargs)
{
	struct ktarget_proto p;

	make_types();
	p = proto_of(t_int, ARGS(t_ptr, 0));
	CHECK(p.varargs);
	CHECK_EQ(p.nr_args, 1);
	CHECK_EQ(p.nr_slots, 1);
	CHECK_STR(kproto_refusal(&p, NULL), "is variadic");
}

TEST(kproto_type_chains)
{
	struct ktarget_proto p;
	int id, wide;

	make_types();
	id = btf__add_typedef(btf, "my_u64", t_u64);
	id = btf__add_const(btf, id);
	id = btf__add_volatile(btf, id);
	id = btf__add_typedef(btf, "my_my_u64", id);
	wide = btf__add_typedef(btf, "wide", add_struct("s16", 16));
	p = proto_of(id, ARGS(id, wide, btf__add_enum64(btf, "e64", 8, false),
			      btf__add_enum(btf, "e", 4)));
	CHECK_EQ(p.nr_slots, 5);
	CHECK_EQ(p.ret_size, 8);
	CHECK(!kproto_refusal(&p, NULL));
	/* void under another name */
	p = proto_of(btf__add_typedef(btf, "nothing", 0), ARGS(t_int));
	CHECK_EQ(p.ret_size, 0);
	CHECK(!kproto_refusal(&p, NULL));
}

TEST(kproto_not_a_function)
{
	struct ktarget_proto p = { .nr_args = 77 };

	make_types();
	CHECK_EQ(kproto_from_btf(btf, t_int, &p), -EINVAL);
	CHECK_EQ(kproto_from_btf(btf, 0, &p), -EINVAL);
	CHECK_EQ(kproto_from_btf(btf, 12345, &p), -EINVAL);
	CHECK_EQ(p.nr_args, 77);
	kproto_unreliable(&p);
	CHECK_EQ(p.nr_slots, 5);
	CHECK_EQ(p.ret_size, 8);
	CHECK(!kproto_refusal(&p, NULL));
}
