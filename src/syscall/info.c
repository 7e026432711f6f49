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

/* -- Filling --- */

static int write_out(const struct info_attr *attr, u64 uattr, const void *info, u32 bytes)
{
	u32 n = attr->info_len < bytes ? attr->info_len : bytes;

	if (uptr_write(attr->info, info, n) ||
	    uptr_write(uattr + offsetof(struct info_attr, info_len), &n, sizeof(n)))
		return -EFAULT;
	return 0;
}

void info_map_get(const struct map *map, struct bpf_map_info *ret)
{
	*ret = (struct bpf_map_info){
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
	memcpy(ret->name, map->name, sizeof(ret->name));
}

static int map_info(const struct map *map, const struct info_attr *attr, u64 uattr)
{
	struct bpf_map_info info;
	int err = uptr_check_tail(attr->info, sizeof(info), attr->info_len);

	info_map_get(map, &info);
	return err ?: write_out(attr, uattr, &info, sizeof(info));
}

static int prog_info(const struct prog *p, const struct info_attr *attr, u64 uattr)
{
	struct bpf_prog_info info = { 0 };
	u32 n = attr->info_len < sizeof(info) ? attr->info_len : sizeof(info);
	int err = uptr_check_tail(attr->info, sizeof(info), attr->info_len);

	if (!err)
		err = uptr_read(&info, attr->info, n);
	if (!err)
		err = proginfo_fill(p, &info);
	return err ?: write_out(attr, uattr, &info, sizeof(info));
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
	room = info.btf_size < b->raw_bytes ? info.btf_size : b->raw_bytes;
	if (room && uptr_write(info.btf, b->raw, room))
		return -EFAULT;
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

void info_link_get(const struct link *link, struct link_info *ret)
{
	*ret = (struct link_info){
		.type = link->funcs ? FS_BPF_LINK_TYPE_TRACING_MULTI : BPF_LINK_TYPE_TRACING,
		.id = link->obj.id,
		.prog_id = link->prog->obj.id,
	};
	if (link->funcs)
		return;
	ret->tracing.attach_type = link->prog->attach_type;
	ret->tracing.target_obj_id = link_target(link, &ret->tracing.target_btf_id);
	ret->tracing.cookie = link->cookie;
}

static int link_info(const struct link *link, const struct info_attr *attr, u64 uattr)
{
	struct link_info info;
	int err = uptr_check_tail(attr->info, LINK_INFO_BYTES, attr->info_len);

	info_link_get(link, &info);
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

/* The target's types are there once somebody asks. */
static int scan(enum obj_kind kind)
{
	return kind == OBJ_BTF && target_current() ? target_scan(target_current()) : 0;
}

int info_next_id(const struct id_attr *attr, u64 uattr, enum obj_kind kind)
{
	u32 id = attr->id;
	int err;

	if (attr->id >= INT_MAX)
		return -EINVAL;
	if (scan(kind))
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
	if (kind == OBJ_BTF && attr->open_flags & ~UBPF_F_TOKEN_FD)
		return -EINVAL;
	err = scan(kind) ?: obj_from_id(attr->id, kind, &o);
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

	if (attr->file_flags || attr->path_fd || obj_any_from_fd(attr->bpf_fd, &o, NULL))
		return -EINVAL;
	err = read_path(attr->pathname, path);
	if (err)
		goto out;
	if (strncmp(path, INFO_PIN_ROOT "/", strlen(INFO_PIN_ROOT "/")))
		err = -EPERM;
	else
		err = o->kind == OBJ_BTF ? -EINVAL : obj_pin(path, o);
out:
	obj_put(o);
	return err;
}

int info_get(const struct obj_attr *attr)
{
	char path[PATH_MAX];
	struct obj *o;
	u32 mode = OBJ_READ | OBJ_WRITE;
	int err;

	if (attr->bpf_fd || attr->path_fd || attr->file_flags & ~(BPF_F_RDONLY | BPF_F_WRONLY) ||
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
