/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/fields.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "verifier/btfwalk.h"

#define DEPTH_MAX 8
#define MAP(t) (1ULL << BPF_MAP_TYPE_##t)

static const struct {
	const char *name, *noun;
	u32 bytes;
	u64 maps;		/* kinds whose values may have it; 0: whoever makes the map sees to it */
} kinds[FIELDS] = {
	[FIELD_LOCK] = { "bpf_spin_lock", "lock", 4, 0 },
	[FIELD_RES_LOCK] = { "bpf_res_spin_lock", "resilient lock", 4, 0 },
	[FIELD_TIMER] = { "bpf_timer", "timer", 16, MAP(HASH) | MAP(LRU_HASH) | MAP(ARRAY) },
	[FIELD_WQ] = { "bpf_wq", "work queue", 16, MAP(HASH) | MAP(LRU_HASH) | MAP(ARRAY) },
};

/* -- Looking through types --- */

struct search {
	const struct btf *btf;
	const char *name;
	s32 off;		/* of the first */
	u32 cnt;
};

static void look(struct search *s, u32 id, u32 at, u32 times, int depth);

static void look_into_struct(struct search *s, const struct btf_type *t, u32 at, u32 times, int depth)
{
	const struct btf_member *m = btf_members(t);

	for (u32 i = 0; i < btf_vlen(t); i++)
		look(s, m[i].type, at + btf_member_bit_offset(t, i) / 8, times, depth + 1);
}

static void look_into_section(struct search *s, const struct btf_type *t, int depth)
{
	const struct btf_var_secinfo *v = btf_var_secinfos(t);

	for (u32 i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *var = btf__type_by_id(s->btf, v[i].type);

		if (var && btf_is_var(var))
			look(s, var->type, v[i].offset, 1, depth + 1);
	}
}

static void look(struct search *s, u32 id, u32 at, u32 times, int depth)
{
	const struct btf_type *t = btfwalk_strip(s->btf, id, NULL);

	if (!t || depth > DEPTH_MAX)
		return;
	if (btf_is_array(t)) {
		look(s, btf_array(t)->type, at, times * btf_array(t)->nelems, depth + 1);
	} else if (btf_is_datasec(t)) {
		look_into_section(s, t, depth);
	} else if (btf_is_struct(t) && !strcmp(btf__name_by_offset(s->btf, t->name_off), s->name)) {
		s->off = s->cnt ? s->off : (s32)at;
		s->cnt += times;
	} else if (btf_is_struct(t)) {
		look_into_struct(s, t, at, times, depth);
	}
}

static struct search find(const struct btf *btf, u32 id, enum map_field f)
{
	struct search s = { btf, kinds[f].name, -1, 0 };

	if (btf)
		look(&s, id, 0, 1, 0);
	return s;
}

s32 fields_find(const struct btf *btf, u32 value_type_id, enum map_field f)
{
	return find(btf, value_type_id, f).off;
}

/* -- Maps --- */

const char *fields_name(enum map_field f)
{
	return kinds[f].name;
}

const char *fields_noun(enum map_field f)
{
	return kinds[f].noun;
}

static struct map_fields *place_of(struct env *env, const struct verify_map *m)
{
	return &env->fields[(uintptr_t)m / sizeof(*m) % FIELDS_KNOWN];
}

s32 fields_off(struct env *env, const struct verify_map *m, enum map_field f)
{
	struct map_fields *known = place_of(env, m);

	if (!m->btf)
		return -1;
	if (known->map != m) {
		known->map = m;
		for (int i = 0; i < FIELDS; i++)
			known->off[i] = fields_find(m->btf, m->value_type_id, i);
	}
	return known->off[f];
}

bool fields_have_lock(struct env *env, const struct verify_map *m)
{
	return fields_off(env, m, FIELD_LOCK) >= 0 || fields_off(env, m, FIELD_RES_LOCK) >= 0;
}

int fields_check_map(struct env *env, const struct verify_map *m, u32 insn)
{
	struct map_fields *known = place_of(env, m);

	if (!m->btf || known->map == m)
		return 0;
	known->map = NULL;
	for (int f = 0; f < FIELDS; f++) {
		struct search s = find(m->btf, m->value_type_id, f);

		if (s.cnt > 1)
			return refuse(env, -E2BIG, "insn %u: the map's value has %u of struct %s, not one", insn, s.cnt,
				      kinds[f].name);
		if (s.cnt && kinds[f].maps && !(m->type < 64 && kinds[f].maps >> m->type & 1))
			return refuse(env, -EOPNOTSUPP, "insn %u: values of maps of type %u cannot have a struct %s",
				      insn, m->type, kinds[f].name);
		known->off[f] = s.off;
	}
	known->map = m;
	return 0;
}

int fields_check_access(struct env *env, u32 nr, const struct reg *p, s32 off, u32 size)
{
	for (int f = 0; f < FIELDS; f++) {
		s32 at = fields_off(env, p->map, f);

		if (at >= 0 && (s64)p->v.r.umax + p->off + off + size > at &&
		    p->v.r.smin + p->off + off < at + (s64)kinds[f].bytes)
			return refuse_reg(env, -EACCES, nr,
					  ": the %s in the value may not be read or written", kinds[f].noun);
	}
	return 0;
}
