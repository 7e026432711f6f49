/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the inside out, as declarations are read: around the name grow stars to the left, brackets to the
 * right, until a type with a name is reached.
 */
#include "image/btfdecl.h"

#include <bpf/btf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 64
#define NEST_MAX 4		/* functions that take pointers to functions that take ... */
#define KIND_ENUM64 19

struct text {
	char *s;
	size_t len, size;
};

static void insert(struct text *t, size_t at, const char *s)
{
	size_t len = strlen(s);

	if (t->len + len >= t->size)
		len = t->size - 1 - t->len;
	memmove(t->s + at + len, t->s + at, t->len - at + 1);
	memcpy(t->s + at, s, len);
	t->len += len;
}

static void append(struct text *t, const char *s)
{
	insert(t, t->len, s);
}

static bool is_word(char c)
{
	return c && !strchr("*([,. ", c);
}

static void declare(const struct btf *btf, uint32_t id, int nest, struct text *t);

static void add_params(const struct btf *btf, const struct btf_type *proto, int nest, struct text *t)
{
	const struct btf_param *p = btf_params(proto);
	size_t size = t->size;
	struct text one = { .s = malloc(size), .size = size };
	const char *name;

	append(t, "(");
	for (int i = 0; i < btf_vlen(proto) && one.s && t->len + 1 < t->size; i++) {
		name = btf__name_by_offset(btf, p[i].name_off);
		append(t, i ? ", " : "");
		one.s[one.len = 0] = '\0';
		append(&one, name ?: "");
		if (p[i].type && nest < NEST_MAX)
			declare(btf, p[i].type, nest + 1, &one);
		append(t, p[i].type && nest < NEST_MAX ? one.s : "...");
	}
	append(t, btf_vlen(proto) ? ")" : "void)");
	free(one.s);
}

static void add_ptr(const struct btf_type *to, const char *quals, struct text *t)
{
	bool wraps = to && (btf_is_array(to) || btf_is_func_proto(to));
	char star[64];

	/* "*const p", "*const *p" */
	snprintf(star, sizeof(star), "%s*%s%s", wraps ? "(" : "", quals,
		 *quals && (is_word(*t->s) || *t->s == '*') ? " " : "");
	insert(t, 0, star);
	if (wraps)
		append(t, ")");
}

static const char *keyword(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
		return "struct ";
	case BTF_KIND_UNION:
		return "union ";
	case BTF_KIND_ENUM:
	case KIND_ENUM64:
		return "enum ";
	case BTF_KIND_FWD:
		return btf_kflag(t) ? "union " : "struct ";
	default:
		return "";
	}
}

static void add_base(const struct btf *btf, const struct btf_type *type, const char *quals, struct text *t)
{
	const char *name = type && !btf_is_void(type) ? btf__name_by_offset(btf, type->name_off) : "void";

	if (*t->s)
		insert(t, 0, " ");
	insert(t, 0, name && *name ? name : "{...}");
	insert(t, 0, type ? keyword(type) : "");
	if (*quals)
		insert(t, 0, " ");
	insert(t, 0, quals);
}

static void add_qual(char *quals, size_t size, const struct btf_type *t)
{
	const char *q = btf_is_const(t) ? "const" : btf_is_volatile(t) ? "volatile" :
			btf_is_restrict(t) ? "restrict" : "";

	if (*q && !strstr(quals, q))
		snprintf(quals + strlen(quals), size - strlen(quals), "%s%s", *quals ? " " : "", q);
}

static void declare(const struct btf *btf, uint32_t id, int nest, struct text *t)
{
	char quals[32] = "", dim[16];

	for (int i = 0; i < STEPS_MAX; i++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (type && btf_is_mod(type)) {
			add_qual(quals, sizeof(quals), type);
			id = type->type;
		} else if (type && btf_is_ptr(type)) {
			add_ptr(btf__type_by_id(btf, type->type), quals, t);
			*quals = '\0';
			id = type->type;
		} else if (type && btf_is_array(type)) {
			snprintf(dim, sizeof(dim), "[%u]", btf_array(type)->nelems);
			append(t, dim);
			id = btf_array(type)->type;
		} else if (type && btf_is_func_proto(type)) {
			add_params(btf, type, nest, t);
			id = type->type;
		} else {
			add_base(btf, type, quals, t);
			return;
		}
	}
	insert(t, 0, "... ");		/* refers to itself */
}

char *btfdecl_format(const struct btf *btf, uint32_t type, const char *name, char *buf, size_t size)
{
	struct text t = { .s = buf, .size = size };

	*buf = '\0';
	append(&t, name);
	declare(btf, type, 0, &t);
	return buf;
}
