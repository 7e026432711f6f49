/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps as bpf(2) has them: creation, and elements by the application's pointers. */
#ifndef FS_SYSCALL_MAP_H
#define FS_SYSCALL_MAP_H

#include "rt/map.h"
#include "syscall/attr.h"
#include "syscall/btf.h"
#include "syscall/log.h"
#include "syscall/obj.h"

struct map {
	struct obj obj;		/* first */
	struct rt_map *rt;	/* what programs hold */
	int memfd;
	char name[UBPF_OBJ_NAME_LEN];
	u32 flags;		/* as given, access flags included */
	u64 extra;
	struct btf_obj *btf;
	u32 btf_key_id, btf_value_id;
	bool frozen;
	struct map *inner;	/* maps of maps: what members must look like */
};

/* Each returns what bpf(2) would: an fd or 0, or -errno. */
int map_create(const struct map_create_attr *attr, struct blog *log);
int map_lookup(const struct map_elem_attr *attr);
int map_update(const struct map_elem_attr *attr);
int map_delete(const struct map_elem_attr *attr);
int map_next_key(const struct map_elem_attr *attr);
int map_take(const struct map_elem_attr *attr);
int map_freeze(const struct map_elem_attr *attr);

/* With a user more. -EBADF, -EINVAL */
int map_from_fd(int fd, struct map **ret, u32 *mode);
void map_put(struct map *map);

/* May an application map @len bytes at @off? -EPERM, -EINVAL, as mmap() of a map's fd. */
int map_mmap_check(const struct map *map, int prot, int flags, u64 off, u64 len);

/* Name of an object: letters, digits, '_', '.', NUL padded. -EINVAL */
int obj_name_check(const char name[UBPF_OBJ_NAME_LEN]);

#endif
