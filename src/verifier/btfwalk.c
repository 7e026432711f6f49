/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/btfwalk.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#define DEPTH_MAX 32

const struct btf_type *btfwalk_strip(const struct btf *btf, u32 id, u32 *ret_id)
{
	for (int i = 0; id && i < DEPTH_MAX; i++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (!t)
			return NULL;
		if (!btf_is_mod(t) && !btf_is_typedef(t) && btf_kind(t) != BTF_KIND_TYPE_TAG) {
			if (ret_id)
				*ret_id = id;
			return t;
		}
		id = t->type;
	}
	return NULL;
}

u32 btfwalk_bytes(const struct btf *btf, u32 id)
{
	s64 size = id ? btf__resolve_size(btf, id) : 0;

	return size < 0 || size > UINT32_MAX ? 0 : size;
}

const struct btf *btfwalk_kernel(const struct env *env)
{
	return env->o->kernel_btf ? env->o->kernel_btf : env->o->target_btf;
}

const char *btfwalk_name(const struct btf *btf, u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	return t ? btf__name_by_offset(btf, t->name_off) : "";
}

void btfwalk_set_pointer(const struct btf *btf, u32 id, u32 flags, struct reg *ret)
{
	const struct btf_type *ptr = btfwalk_strip(btf, id, NULL), *t;
	u32 to = 0;

	reg_set_unknown(ret);
	if (!ptr || !btf_is_ptr(ptr))
		return;
	t = btfwalk_strip(btf, ptr->type, &to);
	if (!t || !btf_is_composite(t))
		return;
	reg_set_pointer(ret, REG_BTF, flags);
	ret->btf = btf;
	ret->btf_id = to;
}

/* What lies at a place: a type and, if it is of that size exactly, a value of it. */
struct place {
	const struct btf *btf;
	u32 off, size;
	u32 id;			/* the member's type; 0: some bytes */
};

static int walk(struct place *p, u32 id, int depth);

static int walk_array(struct place *p, const struct btf_type *t, int depth)
{
	const struct btf_array *a = btf_array(t);
	u32 bytes = btfwalk_bytes(p->btf, a->type);

	if (!bytes)
		return -EACCES;
	if (p->off % bytes + p->size > bytes) {	/* over several elements: bytes */
		p->id = 0;
		return 0;
	}
	p->off %= bytes;
	return walk(p, a->type, depth + 1);
}

static bool is_flexible(const struct btf *btf, u32 id)
{
	const struct btf_type *t = btfwalk_strip(btf, id, NULL);

	return t && btf_is_array(t) && !btf_array(t)->nelems;
}

static int walk_members(struct place *p, const struct btf_type *t, int depth)
{
	const struct btf_member *m = btf_members(t);
	u32 n = btf_vlen(t);

	for (u32 i = 0; i < n; i++) {
		u32 bits = btf_member_bitfield_size(t, i), at = btf_member_bit_offset(t, i);
		u32 bytes = btfwalk_bytes(p->btf, m[i].type);
		struct place in = *p;

		if (bits || at % 8)
			continue;
		at /= 8;
		if (p->off < at)
			continue;
		if (i + 1 == n && is_flexible(p->btf, m[i].type)) {
			in.off -= at;
			if (walk_array(&in, btfwalk_strip(p->btf, m[i].type, NULL), depth))
				return -EACCES;
			*p = in;
			return 0;
		}
		if (p->off + p->size > at + bytes)
			continue;
		in.off -= at;
		if (walk(&in, m[i].type, depth + 1))
			continue;
		*p = in;
		return 0;
	}
	if (p->off + (u64)p->size > t->size)
		return -EACCES;
	p->id = 0;		/* bit fields, padding, several members */
	return 0;
}

static int walk(struct place *p, u32 id, int depth)
{
	const struct btf_type *t = btfwalk_strip(p->btf, id, &id);

	if (!t || depth > DEPTH_MAX)
		return -EACCES;
	if (btf_is_composite(t))
		return walk_members(p, t, depth);
	if (btf_is_array(t))
		return walk_array(p, t, depth);
	if (p->off + p->size > btfwalk_bytes(p->btf, id))
		return -EACCES;
	p->id = p->off ? 0 : id;
	return 0;
}

int btfwalk_access(struct env *env, struct access *a)
{
	const struct reg *p = a->ptr;
	const struct btf_type *t = btf__type_by_id(p->btf, p->btf_id), *to;
	struct place at = { p->btf, p->off + p->v.t.value + a->off, a->size, 0 };
	const char *name = t ? btf__name_by_offset(p->btf, t->name_off) : "";

	if (a->write || a->atomic)
		return refuse_reg(env, -EACCES, a->nr, ": a struct %s may only be read", name);
	if (!reg_is_fixed(p))
		return refuse_reg(env, -EACCES, a->nr, ": variable offset into struct %s", name);
	if ((s64)p->off + (s64)p->v.t.value + a->off < 0)
		return refuse_reg(env, -EACCES, a->nr, ": negative offset %lld into struct %s",
				  (long long)(p->off + (s64)p->v.t.value + a->off), name);
	if (walk(&at, p->btf_id, 0)) {
		refuse_reg(env, -EACCES, a->nr, ": no member of struct %s at %u of %u bytes", name, at.off,
			   a->size);
		return -EACCES;
	}
	env->res->insn_flags[env->cur->pc] |= VERIFY_INSN_PROBE;
	to = at.id ? btf__type_by_id(p->btf, at.id) : NULL;
	if (to && btf_is_ptr(to) && a->size == 8)
		btfwalk_set_pointer(p->btf, at.id, p->flags & REG_GIVEN, &a->result);
	else
		mem_set_loaded(a);
	return 0;
}
