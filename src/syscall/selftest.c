/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/selftest.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/btf.h>
#include <string.h>

#include "bpf/kfuncs.h"
#include "rt/lane.h"

/*
 * All of them in one section, whose bounds say where the last one ends; padding before and behind
 * leaves room for a jump in the short ones. Neither inlined nor cloned nor known to their callers.
 */
#define TRACED __attribute__((noinline, noclone, used, aligned(32), section("fs_selftest"), \
			      no_sanitize("address", "undefined")))

extern const char __start_fs_selftest[], __stop_fs_selftest[];

struct fentry_test {
	struct fentry_test *a;
};

#ifdef __clang__	/* does not know the attribute, and makes no clones */
#define noclone
#endif

/* Callers must not see through the functions. */
#define HIDE(v) __asm__ volatile("" : "+r"(v))

TRACED static int test1(int a)
{
	HIDE(a);
	return a + 1;
}

TRACED static int test2(int a, u64 b)
{
	HIDE(a);
	return a + b;
}

TRACED static int test3(char a, int b, u64 c)
{
	HIDE(b);
	return a + b + c;
}

TRACED static int test4(void *a, char b, int c, u64 d)
{
	HIDE(a);
	return (long)a + b + c + d;
}

TRACED static int test5(u64 a, void *b, short c, int d, u64 e)
{
	HIDE(a);
	return a + (long)b + c + d + e;
}

TRACED static int test6(u64 a, void *b, short c, int d, void *e, u64 f)
{
	HIDE(a);
	return a + (long)b + c + d + (long)e + f;
}

TRACED static int test7(struct fentry_test *arg)
{
	HIDE(arg);
	return (long)arg;
}

TRACED static int test8(struct fentry_test *arg)
{
	HIDE(arg);
	return (long)arg->a;
}

TRACED static u32 test9(u32 *a)
{
	HIDE(a);
	return *a;
}

TRACED static int test10(const void *a)
{
	HIDE(a);
	return (long)a;
}

TRACED static int modify_test(int a, int *b)
{
	HIDE(a);
	*b += 1;
	return a + *b;
}

TRACED static int modify_test2(int a, int *b, short c, int d, void *e, char f, int g)
{
	HIDE(a);
	*b += 1;
	return a + *b + c + d + (long)e + f + g;
}

/* Arguments and result as letters: those of bpf/kfuncs.h, and h short, W u32 *, s struct bpf_fentry_test_t *. */
static struct selftest tests[] = {
	{ "bpf_fentry_test1", (u64)test1, .modify = true, .sleepable = true },
	{ "bpf_fentry_test2", (u64)test2 },
	{ "bpf_fentry_test3", (u64)test3 },
	{ "bpf_fentry_test4", (u64)test4 },
	{ "bpf_fentry_test5", (u64)test5 },
	{ "bpf_fentry_test6", (u64)test6 },
	{ "bpf_fentry_test7", (u64)test7 },
	{ "bpf_fentry_test8", (u64)test8 },
	{ "bpf_fentry_test9", (u64)test9 },
	{ "bpf_fentry_test10", (u64)test10 },
	{ "bpf_modify_return_test", (u64)modify_test, .modify = true },
	{ "bpf_modify_return_test2", (u64)modify_test2, .modify = true },
};

#define NR_TESTS (sizeof(tests) / sizeof(*tests))

static const struct {
	const char *name, *types;	/* the result's comes first */
} protos[] = {
	{ "bpf_fentry_test1", "ii" },
	{ "bpf_fentry_test2", "iil" },
	{ "bpf_fentry_test3", "icil" },
	{ "bpf_fentry_test4", "ipcil" },
	{ "bpf_fentry_test5", "ilphil" },
	{ "bpf_fentry_test6", "ilphipl" },
	{ "bpf_fentry_test7", "is" },
	{ "bpf_fentry_test8", "is" },
	{ "bpf_fentry_test9", "wW" },
	{ "bpf_fentry_test10", "ik" },
	{ "bpf_modify_return_test", "iiI" },
	{ "bpf_modify_return_test2", "iiIhipci" },
};

/* Up to where the next one begins. */
static u32 size_of(u64 addr)
{
	u64 end = (u64)__stop_fs_selftest;

	for (u32 i = 0; i < NR_TESTS; i++)
		if (tests[i].addr > addr && tests[i].addr < end)
			end = tests[i].addr;
	return end - addr;
}

const struct selftest *selftest_find(const char *name)
{
	for (u32 i = 0; i < NR_TESTS; i++) {
		if (strcmp(tests[i].name, name))
			continue;
		tests[i].size = size_of(tests[i].addr);
		return &tests[i];
	}
	return NULL;
}

/* -- Calls --- */

static int run_fentry(void)
{
	struct fentry_test arg = { NULL };
	u32 zero = 0;

	if (test1(1) != 2 || test2(2, 3) != 5 || test3(4, 5, 6) != 15 || test4((void *)7, 8, 9, 10) != 34 ||
	    test5(11, (void *)12, 13, 14, 15) != 65 || test6(16, (void *)17, 18, 19, (void *)20, 21) != 111 ||
	    test7(NULL) != 0 || test8(&arg) != 0 || test9(&zero) != 0 || test10(NULL) != 0)
		return -EFAULT;
	return 0;
}

static u32 run_modify(void)
{
	u32 side_effect = 0, ret;
	int b = 2;

	ret = modify_test(1, &b);
	side_effect += b != 2;
	b = 2;
	ret += modify_test2(1, &b, 3, 4, (void *)5, 6, 7);
	side_effect += b != 2;
	return side_effect << 16 | (ret & 0xffff);
}

int selftest_run(bool modify, u32 *retval)
{
	*retval = modify ? run_modify() : 0;
	return modify ? 0 : run_fentry();
}

/* -- BTF --- */

struct types {
	struct btf *btf;
	int of[128];		/* by letter */
};

static int add_ptr_const(struct btf *b, int to)
{
	int constant = btf__add_const(b, to);

	return btf__add_ptr(b, constant);
}

/* struct rt_task, by the kernel's name */
static void add_task(const struct types *t)
{
	struct btf *b = t->btf;
	int comm = btf__add_array(b, t->of['i'], t->of['c'], sizeof(((struct rt_task *)0)->comm));

	btf__add_struct(b, "task_struct", sizeof(struct rt_task));
	btf__add_field(b, "pid", t->of['i'], offsetof(struct rt_task, pid) * 8, 0);
	btf__add_field(b, "tgid", t->of['i'], offsetof(struct rt_task, tgid) * 8, 0);
	btf__add_field(b, "comm", comm, offsetof(struct rt_task, comm) * 8, 0);
}

static void add_types(struct types *t)
{
	struct btf *b = t->btf;
	int fentry_test, dynptr;

	t->of['i'] = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	t->of['c'] = btf__add_int(b, "char", 1, BTF_INT_SIGNED);
	t->of['h'] = btf__add_int(b, "short", 2, BTF_INT_SIGNED);
	t->of['b'] = btf__add_int(b, "_Bool", 1, BTF_INT_BOOL);
	t->of['l'] = btf__add_typedef(b, "u64", btf__add_typedef(b, "__u64",
				      btf__add_int(b, "unsigned long long", 8, 0)));
	t->of['w'] = btf__add_typedef(b, "u32", btf__add_typedef(b, "__u32",
				      btf__add_int(b, "unsigned int", 4, 0)));
	t->of['p'] = btf__add_ptr(b, 0);
	t->of['k'] = add_ptr_const(b, 0);
	t->of['I'] = btf__add_ptr(b, t->of['i']);
	t->of['W'] = btf__add_ptr(b, t->of['w']);
	t->of['L'] = btf__add_ptr(b, t->of['l']);
	t->of['t'] = add_ptr_const(b, t->of['c']);
	t->of['z'] = btf__add_typedef(b, "size_t", btf__add_int(b, "unsigned long", 8, 0));
	t->of['B'] = btf__add_typedef(b, "u8", btf__add_int(b, "unsigned char", 1, 0));
	t->of['n'] = btf__add_ptr(b, btf__add_struct(b, "bpf_iter_num", 8));
	t->of['S'] = btf__add_ptr(b, btf__add_struct(b, "bpf_res_spin_lock", 4));
	dynptr = btf__add_struct(b, "bpf_dynptr", 16);
	t->of['d'] = btf__add_ptr(b, dynptr);
	t->of['D'] = add_ptr_const(b, dynptr);
	add_task(t);
	fentry_test = btf__add_struct(b, "bpf_fentry_test_t", sizeof(struct fentry_test));
	btf__add_field(b, "a", fentry_test + 1, 0, 0);
	t->of['s'] = btf__add_ptr(b, fentry_test);
}

static int add_func(const struct types *t, const char *name, const char *types)
{
	int proto = btf__add_func_proto(t->btf, t->of[(int)types[0]]), err = 0;
	char arg[2] = "a";

	for (u32 i = 1; types[i] && !err; i++, arg[0]++)
		err = btf__add_func_param(t->btf, arg, t->of[(int)types[i]]);
	return proto < 0 || err ? -ENOMEM : btf__add_func(t->btf, name, BTF_FUNC_GLOBAL, proto);
}

int selftest_btf(u32 links_max, struct btf **ret)
{
	struct types t = { .btf = btf__new_empty() };
	int err = 0;

	if (!t.btf)
		return -ENOMEM;
	add_types(&t);
	for (u32 i = 0; i < sizeof(protos) / sizeof(*protos) && err >= 0; i++)
		err = add_func(&t, protos[i].name, protos[i].types);
	for (u32 i = 0; kfunc_at(i) && err >= 0; i++)
		err = add_func(&t, kfunc_at(i)->name, kfunc_at(i)->types);
	if (err >= 0)
		err = btf__add_enum(t.btf, NULL, 4);
	if (err >= 0)
		err = btf__add_enum_value(t.btf, "BPF_MAX_TRAMP_LINKS", links_max);
	if (err < 0) {
		btf__free(t.btf);
		return err;
	}
	*ret = t.btf;
	return 0;
}
