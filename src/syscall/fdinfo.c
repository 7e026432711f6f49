/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of /proc/PID/fdinfo for objects, as Linux 7.2 has them. */
#include <bpf/btf.h>

#include "bpf/uapi.h"
#include "syscall/info.h"

static void print_tag(FILE *to, const struct prog *p)
{
	fprintf(to, "prog_tag:\t");
	for (u32 i = 0; i < BPF_TAG_SIZE; i++)
		fprintf(to, "%02x", p->tag[i]);
	fprintf(to, "\n");
}

static void print_map(FILE *to, const struct map *map)
{
	struct bpf_map_info i;

	info_map_get(map, &i);
	fprintf(to, "map_type:\t%u\nkey_size:\t%u\nvalue_size:\t%u\nmax_entries:\t%u\n", i.type, i.key_size,
		i.value_size, i.max_entries);
	fprintf(to, "map_flags:\t0x%x\nmap_extra:\t0x%llx\nmemlock:\t%llu\nmap_id:\t%u\nfrozen:\t%u\n", i.map_flags,
		i.map_extra, map->rt->total_bytes, i.id, map->frozen);
	if (map->rt->type == BPF_MAP_TYPE_PROG_ARRAY && map->prog_kind)
		fprintf(to, "owner_prog_type:\t%u\nowner_jited:\t1\n", (u32)(map->prog_kind >> 32) - 1);
}

static void print_prog(FILE *to, const struct prog *p)
{
	struct bpf_prog_info i = { 0 };

	proginfo_counts(p, &i);
	fprintf(to, "prog_type:\t%u\nprog_jited:\t1\n", p->type);
	print_tag(to, p);
	fprintf(to, "memlock:\t%llu\nprog_id:\t%u\n", rt_round_up((u64)p->cnt * sizeof(*p->insns), RT_PAGE), p->obj.id);
	fprintf(to, "run_time_ns:\t%llu\nrun_cnt:\t%llu\nrecursion_misses:\t%llu\nverified_insns:\t%u\n", i.run_time_ns,
		i.run_cnt, i.recursion_misses, i.verified_insns);
}

static void print_funcs(FILE *to, const struct link *link)
{
	const struct trace *t = link->prog->trace;
	struct target_func code;

	fprintf(to, "cnt:\t%u\nobj-id\t btf-id\t cookie\t func\n", link->nr_funcs);
	for (u32 i = 0; i < link->nr_funcs; i++) {
		const struct link_func *f = &link->funcs[i];

		if (target_func(t->btf, f->btf_id, &code))
			code.size = 0;
		fprintf(to, "%u\t %u\t %llu\t %s+0x0/0x%x\n", t->btf->obj.id, f->btf_id, f->cookie,
			btf__name_by_offset(t->btf->btf, btf__type_by_id(t->btf->btf, f->btf_id)->name_off), code.size);
	}
}

static void print_link(FILE *to, const struct link *link)
{
	struct link_info i;

	info_link_get(link, &i);
	fprintf(to, "link_type:\t%s\nlink_id:\t%u\n", link->funcs ? "tracing_multi" : "tracing", i.id);
	print_tag(to, link->prog);
	fprintf(to, "prog_id:\t%u\nattach_type:\t%u\n", i.prog_id, link->prog->attach_type);
	if (link->funcs)
		print_funcs(to, link);
	else
		fprintf(to, "target_obj_id:\t%u\ntarget_btf_id:\t%u\ncookie:\t%llu\n", i.tracing.target_obj_id,
			i.tracing.target_btf_id, i.tracing.cookie);
}

void fdinfo_print(FILE *to, struct obj *o)
{
	if (o->kind == OBJ_MAP)
		print_map(to, (struct map *)o);
	else if (o->kind == OBJ_PROG)
		print_prog(to, (struct prog *)o);
	else if (o->kind == OBJ_LINK)
		print_link(to, (struct link *)o);
}
