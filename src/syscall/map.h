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
	void *constants;	/* of a frozen array of one that programs only read: a copy nobody else can change */
	struct map *inner;	/* maps of maps: what members must look like */
	u64 prog_kind;		/* prog array: what programs it takes, 0: not known yet */
	struct obj **held;	/* prog array, maps of maps: the objects of its entries */
	u32 nr_held;
};

/* Each returns what bpf(2) would: an fd or 0, or -errno. */
int map_create(const struct map_create_attr *attr, struct blog *log);
int map_lookup(const struct map_elem_attr *attr);
int map_update(const struct map_elem_attr *attr);
int map_delete(const struct map_elem_attr *attr);
int map_next_key(const struct map_elem_attr *attr);
int map_take(const struct map_elem_attr *attr);
int map_freeze(const struct map_elem_attr *attr);
/* What is frozen is known to the verifier, hence nothing may change it any more: not the memory that is shared. */
int map_keep_constants(struct map *map);

/* The same on copies: @key and @value are ours, @value of map_value_bytes(). */
int map_elem_lookup(struct map *map, const void *key, void *value, u64 flags);
int map_elem_update(struct map *map, const void *key, const void *value, u64 flags);
int map_elem_delete(struct map *map, const void *key);
int map_elem_take(struct map *map, const void *key, void *value);
/* Element flags, those of @allowed and no others (BPF_F_CPU: fsession specification, 1.5). */
int map_check_flags(const struct map *map, u64 flags, u32 allowed);
/* What a key is to the application: of task storage, a pidfd. */
u32 map_key_bytes(const struct map *map);
/* What a value is to the application: one, or one for each CPU. */
u32 map_value_bytes(const struct map *map, u64 flags);
/* A map whose fd allows all of @need (enum obj_mode); -EPERM */
int map_from_fd_for(int fd, u32 need, struct map **ret);

/* With a user more. -EBADF, -EINVAL */
int map_from_fd(int fd, struct map **ret, u32 *mode);
void map_put(struct map *map);

/* Makes the eventfds of ring buffers readable if and only if there are records to take. */
void map_sync_rings(void);

/* Are its values fds? */
bool map_has_fds(const struct map *map);
/* Entries that are objects; values are fds going in and ids coming out. */
int map_set_inner(struct map *map, int fd);
void fdmap_free(struct map *map);
int fdmap_update(struct map *map, const void *key, u32 fd, u64 flags);
int fdmap_delete(struct map *map, const void *key);
int fdmap_lookup(struct map *map, const void *key, u32 *id);

/* May an application map @len bytes at @off? -EPERM, -EINVAL, as mmap() of a map's fd. */
int map_mmap_check(const struct map *map, int prot, int flags, u64 off, u64 len);

/* Name of an object: letters, digits, '_', '.', NUL padded. -EINVAL */
int obj_name_check(const char name[UBPF_OBJ_NAME_LEN]);

#endif
