/* SPDX-License-Identifier: BSD-2-Clause */
/* struct bpf_prog_info: counts of what there is, and as much of it as the caller has room for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "syscall/info.h"
#include "syscall/uptr.h"

/* In the caller's struct: where to, and in *@room for how many; out: how many there are. */
static int give(u64 to, u32 *room, const void *from, u32 cnt, u32 rec)
{
	u32 n = *room < cnt ? *room : cnt;

	*room = cnt;
	return n ? uptr_write(to, from, (u64)n * rec) : 0;
}

static int give_maps(const struct prog *p, struct bpf_prog_info *info)
{
	u32 *ids = calloc(p->nr_maps + 1, sizeof(*ids));
	int err;

	if (!ids)
		return -ENOMEM;
	for (u32 i = 0; i < p->nr_maps; i++)
		ids[i] = p->maps[i]->obj.id;
	err = give(info->map_ids, &info->nr_map_ids, ids, p->nr_maps, sizeof(*ids));
	free(ids);
	return err;
}

static int give_code(const struct prog *p, struct bpf_prog_info *info)
{
	u32 insns = info->xlated_prog_len / sizeof(struct bpf_insn);
	int err = give(info->xlated_prog_insns, &insns, p->insns, p->cnt, sizeof(struct bpf_insn));

	info->xlated_prog_len = insns * sizeof(struct bpf_insn);
	return err ?: give(info->jited_prog_insns, &info->jited_prog_len, p->code->img->code, p->code->img->len, 1);
}

/* -- Functions: addresses, sizes, tags --- */

static int give_funcs(const struct prog *p, struct bpf_prog_info *info)
{
	u32 nr = prog_nr_funcs(p);
	u64 *addrs = calloc(nr, sizeof(*addrs));
	u32 *lens = calloc(nr, sizeof(*lens));
	u8(*tags)[BPF_TAG_SIZE] = calloc(nr, sizeof(*tags));
	int err = addrs && lens && tags ? 0 : -ENOMEM;

	for (u32 i = 0; i < nr && !err; i++) {
		addrs[i] = prog_func_addr(p, i, &lens[i]);
		prog_func_tag(p, i, tags[i]);
	}
	err = err ?: give(info->jited_ksyms, &info->nr_jited_ksyms, addrs, nr, sizeof(*addrs));
	err = err ?: give(info->jited_func_lens, &info->nr_jited_func_lens, lens, nr, sizeof(*lens));
	err = err ?: give(info->prog_tags, &info->nr_prog_tags, tags, nr, sizeof(*tags));
	free(addrs);
	free(lens);
	free(tags);
	return err;
}

/* -- Records of functions and lines --- */

static bool is_size(u32 *size, u32 nr, u32 want)
{
	bool ok = (!nr && !*size) || *size == want;

	if (ok)
		*size = want;
	return ok;
}

static int check_sizes(struct bpf_prog_info *info)
{
	if (is_size(&info->func_info_rec_size, info->nr_func_info, sizeof(struct bpf_func_info)) &&
	    is_size(&info->line_info_rec_size, info->nr_line_info, sizeof(struct bpf_line_info)) &&
	    is_size(&info->jited_line_info_rec_size, info->nr_jited_line_info, sizeof(u64)))
		return 0;
	return -EINVAL;
}

/* What was loaded may have longer records. */
static int give_records(u64 to, u32 *room, const u8 *from, u32 cnt, u32 rec, u32 bytes)
{
	u8 *v = calloc(cnt + 1, bytes);
	int err;

	if (!v)
		return -ENOMEM;
	for (u32 i = 0; i < cnt; i++)
		memcpy(v + (u64)i * bytes, from + (u64)i * rec, rec < bytes ? rec : bytes);
	err = give(to, room, v, cnt, bytes);
	free(v);
	return err;
}

static int give_jited_lines(const struct prog *p, struct bpf_prog_info *info)
{
	u64 *addrs = calloc(p->line_info_cnt + 1, sizeof(*addrs));
	int err;

	if (!addrs)
		return -ENOMEM;
	for (u32 i = 0; i < p->line_info_cnt; i++) {
		const struct bpf_line_info *l = (void *)((u8 *)p->line_info + (u64)i * p->line_info_rec);

		addrs[i] = prog_insn_addr(p, l->insn_off);
	}
	err = give(info->jited_line_info, &info->nr_jited_line_info, addrs, p->line_info_cnt, sizeof(*addrs));
	free(addrs);
	return err;
}

static int give_lines(const struct prog *p, struct bpf_prog_info *info)
{
	int err = give_records(info->func_info, &info->nr_func_info, p->func_info, p->func_info_cnt, p->func_info_rec,
			       sizeof(struct bpf_func_info));

	if (!err)
		err = give_records(info->line_info, &info->nr_line_info, p->line_info, p->line_info_cnt,
				   p->line_info_rec, sizeof(struct bpf_line_info));
	return err ?: give_jited_lines(p, info);
}

/* -- The rest --- */

void proginfo_counts(const struct prog *p, struct bpf_prog_info *info)
{
	struct guard_prog stats = {};

	if (p->trace)
		trace_stats(p->trace, &stats);
	info->run_cnt = p->run_cnt + stats.runs;
	info->run_time_ns = p->run_ns + stats.run_ns;
	info->recursion_misses = stats.misses;
	info->verified_insns = p->verified;
}

static void set_rest(const struct prog *p, struct bpf_prog_info *info)
{
	info->type = p->type;
	info->id = p->obj.id;
	memcpy(info->tag, p->tag, sizeof(info->tag));
	info->load_time = p->load_ns;
	info->created_by_uid = p->uid;
	memcpy(info->name, p->name, sizeof(info->name));
	info->ifindex = 0;
	info->netns_dev = info->netns_ino = 0;
	info->gpl_compatible = p->gpl;
	info->btf_id = p->btf ? p->btf->obj.id : 0;
	proginfo_counts(p, info);
	info->attach_btf_obj_id = p->trace ? p->trace->btf->obj.id : 0;
	info->attach_btf_id = p->trace ? p->trace->func.btf_id : 0;
}

int proginfo_fill(const struct prog *p, struct bpf_prog_info *info)
{
	int err = give_maps(p, info);

	err = err ?: check_sizes(info);
	err = err ?: give_code(p, info);
	err = err ?: give_funcs(p, info);
	err = err ?: give_lines(p, info);
	if (!err)
		set_rest(p, info);
	return err;
}
