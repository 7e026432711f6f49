/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/kproto.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "image/ktarget.h"

#define SLOT_BYTES 8
#define MAX_ARG_BYTES 16
#define MAX_RET_BYTES 8		/* one return slot */
#define MAX_TYPE_DEPTH 64	/* as deep as libbpf goes */

/* bookworm's linux/btf.h has it, older ones do not */
#define KIND_ENUM64 19

/* Strips typedefs and modifiers; NULL for void and for damaged chains. */
static const struct btf_type *strip(const struct btf *btf, uint32_t id)
{
	for (int i = 0; id && i < MAX_TYPE_DEPTH; i++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (!t || (!btf_is_mod(t) && !btf_is_typedef(t)))
			return t;
		id = t->type;
	}
	return NULL;
}

/* Bytes of a value as the trampoline passes it; 0 = void or incomplete, -1 = it does not. */
static int value_bytes(const struct btf_type *t)
{
	if (!t)
		return 0;
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		return SLOT_BYTES;
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case KIND_ENUM64:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return t->size <= INT32_MAX ? (int)t->size : -1;
	default:
		return -1;
	}
}

static void add_arg(const struct btf *btf, uint32_t type, struct ktarget_proto *p)
{
	const struct btf_type *t = strip(btf, type);
	int bytes = value_bytes(t);

	p->nr_args++;
	if (bytes < 0) {
		p->odd_type = true;
		p->nr_slots++;
		return;
	}
	if (bytes == 0 || bytes > MAX_ARG_BYTES)
		p->big_arg = true;
	if (t && btf_is_composite(t))
		p->struct_arg = true;
	p->nr_slots += bytes / SLOT_BYTES + !!(bytes % SLOT_BYTES);
}

static void set_ret(const struct btf *btf, uint32_t type, struct ktarget_proto *p)
{
	const struct btf_type *t = strip(btf, type);
	int bytes = value_bytes(t);

	if (t && btf_is_composite(t))
		p->ret_struct = true;
	if (bytes < 0)
		p->odd_type = true;
	else
		p->ret_size = bytes;
}

int kproto_from_btf(const struct btf *btf, uint32_t func_id, struct ktarget_proto *ret)
{
	const struct btf_type *func = btf__type_by_id(btf, func_id);
	const struct btf_type *proto;
	struct ktarget_proto p = {};
	const struct btf_param *arg;
	int n;

	if (!func || !btf_is_func(func))
		return -EINVAL;
	proto = btf__type_by_id(btf, func->type);
	if (!proto || !btf_is_func_proto(proto))
		return -EINVAL;

	arg = btf_params(proto);
	n = btf_vlen(proto);
	/* a variadic prototype ends in a parameter without name and type */
	if (n && !arg[n - 1].type) {
		p.varargs = true;
		n--;
	}
	for (int i = 0; i < n; i++)
		add_arg(btf, arg[i].type, &p);
	set_ret(btf, proto->type, &p);
	*ret = p;
	return 0;
}

void kproto_unreliable(struct ktarget_proto *ret)
{
	*ret = (struct ktarget_proto){ .nr_args = 5, .nr_slots = 5, .ret_size = 8 };
}

const char *kproto_refusal(const struct ktarget_proto *p, const char **hint)
{
	if (hint)
		*hint = NULL;
	if (p->varargs)
		return "is variadic";
	if (p->ret_struct)
		return "returns a structure";
	if (p->odd_type)
		return "takes or returns a floating-point or otherwise unusual type";
	if (p->ret_size > MAX_RET_BYTES)
		return "returns more than 8 bytes";
	if (p->nr_args > KPROTO_MAX_ARGS)
		return "has more than 12 arguments";
	if (p->big_arg)
		return "has an argument of more than 16 bytes or of no known size";
	return NULL;
}

const char *kproto_doubt(const struct ktarget_proto *p)
{
	if (p->nr_slots > 8)
		return "it takes more than 8 argument slots: x86_64 can since Linux 6.6, arm64 "
		       "since 6.16";
	if (p->nr_slots > 6)
		return "it takes more than 6 argument slots: x86_64 can since Linux 6.6";
	if (p->struct_arg)
		return "it takes a structure by value: possible since Linux 6.1";
	return NULL;
}
