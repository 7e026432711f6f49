/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/info.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/uapi.h"
#include "syscall/link.h"
#include "syscall/uptr.h"

#define LINK_INFO_BYTES 64	/* of struct bpf_link_info, all types of links */
#define PIN_ROOT "/sys/fs/bpf/"

/* -- Filling --- */

static int write_out(const struct info_attr *attr, u64 uattr, const void *info, u32 bytes)
{
	u32 n = attr->info_len < bytes ? attr->info_len : bytes;

	if (uptr_write(attr->info, info, n) ||
	    uptr_write(uattr + offsetof(struct info_attr, info_len), &n, sizeof(n)))
		return -EFAULT;
	return 0;
}

static int map_info(const struct map *map, const struct info_attr *attr, u64 uattr)
{
	struct bpf_map_info info = {
		.type = map->rt->type,
		.id = map->obj.id,
		.key_size = map_key_bytes(map),
		.value_size = map->rt->value_size,
		.max_entries = map->rt->type == BPF_MAP_TYPE_TASK_STORAGE ? 0 : map->rt->max_entries,
		.map_flags = map->flags,
		.btf_id = map->btf ? map->btf->obj.id : 0,
		.btf_key_type_id = map->btf_key_id,
		.btf_value_type_id = map->btf_value_id,
		.map_extra = map->extra,
	};
	int err = uptr_check_tail(attr->info, sizeof(info), attr->info_len);

	memcpy(info.name, map->name, sizeof(info.name));
	return err ?: write_out(attr, uattr, &info, sizeof(info));
}

/* An array the caller may have room for: @room in, what there is out. */
static int write_array(u64 to, u32 *room, const void *from, u32 cnt, u32 rec)
{
	u32 n = *room < cnt ? *room : cnt;

	*room = cnt;
	return n && to ? uptr_write(to, from, (u64)n * rec) : 0;
}

static int prog_arrays(const struct prog *p, struct bpf_prog_info *info)
{
	u32 ids[64], room = info->nr_map_ids;
	int err;

	for (u32 i = 0; i < p->nr_maps && i < 64; i++)
		ids[i] = p->maps[i]->obj.id;
	err = write_array(info->map_ids, &room, ids, p->nr_maps, sizeof(u32));
	info->nr_map_ids = room;
	room = info->xlated_prog_len / sizeof(struct bpf_insn);
	if (!err)
		err = write_array(info->xlated_prog_insns, &room, p->insns, p->cnt,
				  sizeof(struct bpf_insn));
	info->xlated_prog_len = p->cnt * sizeof(struct bpf_insn);
	room = info->jited_prog_len;
	if (!err)
		err = write_array(info->jited_prog_insns, &room, p->code->img->code, p->code->img->len, 1);
	info->jited_prog_len = room;
	room = info->nr_func_info;
	if (!err && info->func_info_rec_size == p->func_info_rec)
		err = write_array(info->func_info, &room, p->func_info, p->func_info_cnt,
				  p->func_info_rec);
	info->nr_func_info = p->func_info_cnt;
	info->func_info_rec_size = p->func_info_rec;
	room = info->nr_line_info;
	if (!err && info->line_info_rec_size == p->line_info_rec)
		err = write_array(info->line_info, &room, p->line_info, p->line_info_cnt,
				  p->line_info_rec);
	info->nr_line_info = p->line_info_cnt;
	info->line_info_rec_size = p->line_info_rec;
	return err;
}

static void tracing_info(const struct prog *p, struct bpf_prog_info *info)
{
	struct guard_prog stats;

	trace_stats(p->trace, &stats);
	info->run_cnt += stats.runs;
	info->run_time_ns += stats.run_ns;
	info->recursion_misses = stats.misses;
	info->attach_btf_obj_id = p->trace->btf->obj.id;
	info->attach_btf_id = p->trace->func.btf_id;
}

/* Where its functions are, and how long. */
static int prog_funcs(const struct prog *p, struct bpf_prog_info *info)
{
	u32 nr = prog_nr_funcs(p), room_addrs = info->nr_jited_ksyms, room_lens = info->nr_jited_func_lens;
	u64 *addrs = calloc(nr, sizeof(*addrs));
	u32 *lens = calloc(nr, sizeof(*lens));
	int err = addrs && lens ? 0 : -ENOMEM;

	for (u32 i = 0; i < nr && !err; i++)
		addrs[i] = prog_func_addr(p, i, &lens[i]);
	err = err ?: write_array(info->jited_ksyms, &room_addrs, addrs, nr, sizeof(*addrs));
	err = err ?: write_array(info->jited_func_lens, &room_lens, lens, nr, sizeof(*lens));
	info->nr_jited_ksyms = room_addrs;
	info->nr_jited_func_lens = room_lens;
	free(addrs);
	free(lens);
	return err;
}

static int prog_info(const struct prog *p, const struct info_attr *attr, u64 uattr)
{
	struct bpf_prog_info info = { 0 };
	u32 n = attr->info_len < sizeof(info) ? attr->info_len : sizeof(info);
	int err = uptr_check_tail(attr->info, sizeof(info), attr->info_len);

	if (!err)
		err = uptr_read(&info, attr->info, n);
	if (!err)
		err = prog_arrays(p, &info);
	if (!err)
		err = prog_funcs(p, &info);
	if (err)
		return err;
	info.type = p->type;
	info.id = p->obj.id;
	memcpy(info.tag, p->tag, sizeof(info.tag));
	info.load_time = p->load_ns;
	info.created_by_uid = p->uid;
	memcpy(info.name, p->name, sizeof(info.name));
	info.gpl_compatible = p->gpl;
	info.btf_id = p->btf ? p->btf->obj.id : 0;
	info.run_cnt = p->run_cnt;
	info.run_time_ns = p->run_ns;
	if (p->trace)
		tracing_info(p, &info);
	return write_out(attr, uattr, &info, sizeof(info));
}

static int btf_info(const struct btf_obj *b, const struct info_attr *attr, u64 uattr)
{
	struct bpf_btf_info info = { 0 };
	u32 n = attr->info_len < sizeof(info) ? attr->info_len : sizeof(info), room, name_len;
	int err = uptr_check_tail(attr->info, sizeof(info), attr->info_len);

	if (!err)
		err = uptr_read(&info, attr->info, n);
	if (err)
		return err;
	room = info.btf_size;
	err = write_array(info.btf, &room, b->raw, b->raw_bytes, 1);
	if (err)
		return err;
	info.btf_size = b->raw_bytes;
	info.id = b->obj.id;
	info.kernel_btf = b->kernel;
	name_len = strlen(b->name);
	if (info.name_len && info.name_len <= name_len) {
		uptr_write(info.name, b->name, info.name_len - 1);
		uptr_write(info.name + info.name_len - 1, "", 1);
		err = -ENOSPC;
	} else if (info.name_len) {
		err = uptr_write(info.name, b->name, name_len + 1);
	}
	info.name_len = name_len;
	return err ?: write_out(attr, uattr, &info, sizeof(info));
}

/* Of whose types the function is: a program's id where it is one's. */
static u32 link_target(const struct link *link, u32 *btf_id)
{
	const struct trace *t = link->prog->trace;

	if (link->extended)
		return extended_prog(link->extended, btf_id)->obj.id;
	*btf_id = t->func.btf_id;
	return t->dst ? t->dst->obj.id : t->btf->obj.id;
}

static int link_info(const struct link *link, const struct info_attr *attr, u64 uattr)
{
	bool multi = link->prog->trace && link->prog->trace->multi;
	struct link_info info = {
		.type = multi ? FS_BPF_LINK_TYPE_TRACING_MULTI : BPF_LINK_TYPE_TRACING,
		.id = link->obj.id,
		.prog_id = link->prog->obj.id,
	};
	int err = uptr_check_tail(attr->info, LINK_INFO_BYTES, attr->info_len);

	if (!multi) {
		info.tracing.attach_type = link->prog->attach_type;
		info.tracing.target_obj_id = link_target(link, &info.tracing.target_btf_id);
		info.tracing.cookie = link->cookie;
	}
	return err ?: write_out(attr, uattr, &info, sizeof(info));
}

static int obj_info(struct obj *o, const struct info_attr *attr, u64 uattr)
{
	switch (o->kind) {
	case OBJ_MAP:
		return map_info((struct map *)o, attr, uattr);
	case OBJ_PROG:
		return prog_info((struct prog *)o, attr, uattr);
	case OBJ_BTF:
		return btf_info((struct btf_obj *)o, attr, uattr);
	case OBJ_LINK:
		return link_info((struct link *)o, attr, uattr);
	default:
		return -EINVAL;
	}
}

int info_by_fd(const struct info_attr *attr, u64 uattr)
{
	struct obj *o;
	int err = obj_any_from_fd(attr->bpf_fd, &o, NULL);

	if (err)
		return err == -EBADF ? -EBADFD : err;
	err = obj_info(o, attr, uattr);
	obj_put(o);
	return err;
}

/* -- Ids --- */

/* Types of other targets than the current one are no types of this kernel. */
static bool is_hidden(u32 id, enum obj_kind kind)
{
	const struct btf_obj *b;
	struct obj *o;
	bool ret;

	if (kind != OBJ_BTF || obj_from_id(id, kind, &o))
		return false;
	b = (const struct btf_obj *)o;
	ret = b->kernel && b->target != target_current();
	obj_put(o);
	return ret;
}

int info_next_id(const struct id_attr *attr, u64 uattr, enum obj_kind kind)
{
	u32 id = attr->id;
	int err;

	if (attr->id >= INT_MAX)
		return -EINVAL;
	if (kind == OBJ_BTF && target_current() && target_scan(target_current()))
		return -ENOMEM;
	do
		err = obj_next_id(id, kind, &id);
	while (!err && is_hidden(id, kind));
	return err ?: uptr_write(uattr + offsetof(struct id_attr, next_id), &id, sizeof(id));
}

int info_fd_by_id(const struct id_attr *attr, enum obj_kind kind)
{
	u32 mode = OBJ_READ | OBJ_WRITE;
	struct obj *o;
	int err;

	if (kind == OBJ_MAP && attr->open_flags & ~(BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	err = obj_from_id(attr->id, kind, &o);
	if (err)
		return err;
	if (attr->open_flags & BPF_F_RDONLY)
		mode = OBJ_READ;
	else if (attr->open_flags & BPF_F_WRONLY)
		mode = OBJ_WRITE;
	err = obj_new_fd(o, mode);
	obj_put(o);
	return err;
}

/* -- Pins: names below /sys/fs/bpf that live in this process; nothing is mounted --- */

static int read_path(u64 from, char path[PATH_MAX])
{
	int n = uptr_read_str(path, from, PATH_MAX);

	if (n == -E2BIG)
		return -ENAMETOOLONG;
	return n < 0 ? n : 0;
}

int info_pin(const struct obj_attr *attr)
{
	char path[PATH_MAX];
	struct obj *o;
	int err;

	if (attr->file_flags)
		return -EINVAL;
	err = read_path(attr->pathname, path);
	if (err)
		return err;
	if (obj_any_from_fd(attr->bpf_fd, &o, NULL))
		return -EINVAL;
	if (strncmp(path, PIN_ROOT, strlen(PIN_ROOT)))
		err = -EPERM;
	else
		err = o->kind == OBJ_BTF ? -EINVAL : obj_pin(path, o);
	obj_put(o);
	return err;
}

int info_get(const struct obj_attr *attr)
{
	char path[PATH_MAX];
	struct obj *o;
	u32 mode = OBJ_READ | OBJ_WRITE;
	int err;

	if (attr->bpf_fd || attr->file_flags & ~(BPF_F_RDONLY | BPF_F_WRONLY) ||
	    (attr->file_flags & BPF_F_RDONLY && attr->file_flags & BPF_F_WRONLY))
		return -EINVAL;
	err = read_path(attr->pathname, path);
	if (!err)
		err = obj_from_path(path, &o);
	if (err)
		return err;
	if (attr->file_flags & BPF_F_RDONLY)
		mode = OBJ_READ;
	else if (attr->file_flags & BPF_F_WRONLY)
		mode = OBJ_WRITE;
	err = obj_new_fd(o, mode);
	obj_put(o);
	return err;
}
