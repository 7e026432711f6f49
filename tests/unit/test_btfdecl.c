/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/btfdecl.h"

#include <bpf/btf.h>

#include "tap.h"

static struct btf *btf;

static const char *decl(int id, const char *name)
{
	static char buf[128];

	return btfdecl_format(btf, id, name, buf, sizeof(buf));
}

TEST(btfdecl_declarations)
{
	int t_int, ptr, proto, array, anon;

	btf = btf__new_empty();
	t_int = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	CHECK_STR(decl(0, ""), "void");
	CHECK_STR(decl(t_int, ""), "int");
	CHECK_STR(decl(t_int, "a"), "int a");
	ptr = btf__add_ptr(btf, btf__add_const(btf, t_int));
	CHECK_STR(decl(ptr, "p"), "const int *p");
	CHECK_STR(decl(ptr, ""), "const int *");
	CHECK_STR(decl(btf__add_const(btf, ptr), "p"), "const int *const p");
	CHECK_STR(decl(btf__add_ptr(btf, btf__add_volatile(btf, ptr)), "p"), "const int *volatile *p");
	array = btf__add_array(btf, t_int, ptr, 3);
	CHECK_STR(decl(array, "a"), "const int *a[3]");
	CHECK_STR(decl(btf__add_ptr(btf, array), "a"), "const int *(*a)[3]");
	CHECK_STR(decl(btf__add_array(btf, t_int, array, 2), "a"), "const int *a[2][3]");
	proto = btf__add_func_proto(btf, ptr);
	CHECK_STR(decl(proto, "f"), "const int *f(void)");
	btf__add_func_param(btf, "n", t_int);
	btf__add_func_param(btf, NULL, 0);
	CHECK_STR(decl(proto, "f"), "const int *f(int n, ...)");
	CHECK_STR(decl(btf__add_ptr(btf, proto), "f"), "const int *(*f)(int n, ...)");
	CHECK_STR(decl(btf__add_array(btf, t_int, btf__add_ptr(btf, proto), 2), "f"),
		  "const int *(*f[2])(int n, ...)");
	anon = btf__add_struct(btf, NULL, 4);
	CHECK_STR(decl(btf__add_ptr(btf, anon), "s"), "struct {...} *s");
	CHECK_STR(decl(btf__add_fwd(btf, "u", BTF_FWD_UNION), "s"), "union u s");
	CHECK_STR(decl(btf__add_enum(btf, "e", 4), "x"), "enum e x");
	CHECK_STR(decl(12345, "x"), "void x");
	btf__free(btf);
}

/* A function that takes a pointer to itself, and a pointer to itself. */
TEST(btfdecl_without_end)
{
	int proto, ptr;

	btf = btf__new_empty();
	proto = btf__add_func_proto(btf, 0);
	btf__add_func_param(btf, "f", proto + 1);
	btf__add_func_param(btf, "g", proto + 1);
	btf__add_ptr(btf, proto);
	CHECK_EQ(strlen(decl(proto, "f")), 127);
	ptr = btf__add_ptr(btf, proto + 2);
	CHECK(!strncmp(decl(ptr, "p"), "... *", 5));
	btf__free(btf);
}
