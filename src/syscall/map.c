/* SPDX-License-Identifier: BSD-2-Clause */
/* Creation of maps: checks in the kernel's order, one memfd per map. */
#include "syscall/map.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "bpf/uapi.h"
#include "syscall/env.h"
#include "verifier/btfwalk.h"
#include "verifier/fields.h"

#define PERCPU_VALUE_MAX 32768
#define ELEM_BYTES_MAX (4u << 20)
#define KERNEL_ELEM_BYTES 48	/* of a hash entry before its key */
#define ACCESS_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define NUMA_ANY (-1)
#define ENTRIES_MAX (1u << 24)	/* that are objects: private memory of the process */

static bool access_flags_ok(u32 flags)
{
	return (flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !=
	       (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
}

static bool wants_node(const struct map_create_attr *attr)
{
	return attr->map_flags & BPF_F_NUMA_NODE && (int)attr->numa_node != NUMA_ANY;
}

static int check_array(const struct map_create_attr *attr)
{
	const u32 flags = BPF_F_NUMA_NODE | BPF_F_MMAPABLE | ACCESS_FLAGS | BPF_F_PRESERVE_ELEMS |
			  BPF_F_INNER_MAP;
	bool percpu = attr->map_type == BPF_MAP_TYPE_PERCPU_ARRAY;

	if (!attr->max_entries || attr->key_size != 4 || !attr->value_size ||
	    attr->map_flags & ~flags || !access_flags_ok(attr->map_flags) ||
	    (percpu && wants_node(attr)))
		return -EINVAL;
	if (attr->map_type != BPF_MAP_TYPE_ARRAY && attr->map_flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP))
		return -EINVAL;
	if (attr->map_type != BPF_MAP_TYPE_PERF_EVENT_ARRAY && attr->map_flags & BPF_F_PRESERVE_ELEMS)
		return -EINVAL;
	if (attr->value_size > INT_MAX)
		return -E2BIG;
	return percpu && rt_round_up(attr->value_size, 8) > PERCPU_VALUE_MAX ? -E2BIG : 0;
}

static int check_hash(const struct map_create_attr *attr)
{
	const u32 flags = BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | ACCESS_FLAGS |
			  BPF_F_ZERO_SEED;
	bool percpu = rt_map_is_percpu(attr->map_type);
	bool lru = attr->map_type == BPF_MAP_TYPE_LRU_HASH ||
		   attr->map_type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	bool lru_percpu = attr->map_flags & BPF_F_NO_COMMON_LRU;

	if (attr->map_flags & ~flags || !access_flags_ok(attr->map_flags) || (!lru && lru_percpu))
		return -EINVAL;
	if (lru && attr->map_flags & BPF_F_NO_PREALLOC)
		return -FS_ENOTSUPP;
	if (wants_node(attr) && (percpu || lru_percpu))
		return -EINVAL;
	if (!attr->max_entries || !attr->key_size || !attr->value_size)
		return -EINVAL;
	if ((u64)attr->key_size + attr->value_size >= ELEM_BYTES_MAX - KERNEL_ELEM_BYTES)
		return -E2BIG;
	return percpu && rt_round_up(attr->value_size, 8) > PERCPU_VALUE_MAX ? -E2BIG : 0;
}

static int check_ring(const struct map_create_attr *attr)
{
	u32 max = attr->max_entries;

	if (attr->map_flags & ~BPF_F_NUMA_NODE || attr->key_size || attr->value_size || !max ||
	    max & (max - 1) || max % RT_PAGE)
		return -EINVAL;
	return 0;
}

static int check_queue(const struct map_create_attr *attr)
{
	if (!attr->max_entries || attr->key_size || !attr->value_size ||
	    attr->map_flags & ~(BPF_F_NUMA_NODE | ACCESS_FLAGS) || !access_flags_ok(attr->map_flags))
		return -EINVAL;
	return attr->value_size > INT_MAX ? -E2BIG : 0;
}

static int check_bloom(const struct map_create_attr *attr)
{
	if (attr->key_size || !attr->value_size || !attr->max_entries ||
	    attr->map_flags & ~(BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | ACCESS_FLAGS) ||
	    !access_flags_ok(attr->map_flags) || attr->map_extra & ~15ULL)
		return -EINVAL;
	return 0;
}

static int check_lpm(const struct map_create_attr *attr)
{
	if (!attr->max_entries || !(attr->map_flags & BPF_F_NO_PREALLOC) ||
	    attr->map_flags & ~(BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | ACCESS_FLAGS) ||
	    !access_flags_ok(attr->map_flags) || attr->key_size < 5 || attr->key_size > 4 + 256 ||
	    !attr->value_size || attr->value_size > ELEM_BYTES_MAX)
		return -EINVAL;
	return 0;
}

#define STACK_DEPTH_MAX 127	/* as the kernel.perf_event_max_stack there is by default */

static int check_stacks(const struct map_create_attr *attr)
{
	u32 bytes = attr->value_size;

	if (attr->map_flags & ~(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY) || !attr->max_entries ||
	    attr->key_size != 4 || bytes < 8 || bytes % 8 || bytes / 8 > STACK_DEPTH_MAX)
		return -EINVAL;
	return attr->max_entries > 1u << 31 ? -E2BIG : 0;
}

#define TASK_VALUE_MAX (65535 - 128)	/* the kernel's head of a value stands before */

static int check_task_storage(const struct map_create_attr *attr)
{
	if (attr->map_flags & ~(BPF_F_NO_PREALLOC | BPF_F_CLONE) || !(attr->map_flags & BPF_F_NO_PREALLOC) ||
	    attr->max_entries || attr->key_size != sizeof(int) || !attr->value_size ||
	    !attr->btf_key_type_id || !attr->btf_value_type_id)
		return -EINVAL;
	return attr->value_size > TASK_VALUE_MAX ? -E2BIG : 0;
}

static int check_fd_array(const struct map_create_attr *attr)
{
	if (attr->value_size != 4)
		return -EINVAL;
	if (attr->map_flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EINVAL;
	return check_array(attr);
}

static int check_type(const struct map_create_attr *attr)
{
	switch (attr->map_type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return check_array(attr);
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return check_hash(attr);
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return check_ring(attr);
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return check_queue(attr);
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return check_bloom(attr);
	case BPF_MAP_TYPE_LPM_TRIE:
		return check_lpm(attr);
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return attr->value_size == sizeof(u32) ? check_hash(attr) : -EINVAL;
	case BPF_MAP_TYPE_STACK_TRACE:
		return check_stacks(attr);
	case BPF_MAP_TYPE_TASK_STORAGE:
		return check_task_storage(attr);
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return check_fd_array(attr);
	default:
		return -EINVAL;
	}
}

/* -- Memory --- */

/* Kinds whose entries are objects, kept as addresses in the process. */
static bool has_entries(u32 type)
{
	return type == BPF_MAP_TYPE_PROG_ARRAY || type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	       type == BPF_MAP_TYPE_HASH_OF_MAPS || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

/* One more in a hash: a key's new entry is there before the old one goes. */
static u64 nr_entries(const struct map_create_attr *attr)
{
	if (!has_entries(attr->map_type))
		return 0;
	return attr->max_entries + (u64)(attr->map_type == BPF_MAP_TYPE_HASH_OF_MAPS);
}

static u64 constants_bytes(const struct rt_map *rt)
{
	return rt_round_up(rt->value_size, RT_PAGE);
}

int map_keep_constants(struct map *map)
{
	struct rt_map *rt = map->rt;
	void *copy;

	if (rt->type != BPF_MAP_TYPE_ARRAY || rt->max_entries != 1 || !(map->flags & BPF_F_RDONLY_PROG))
		return 0;
	copy = mmap(NULL, constants_bytes(rt), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		return -ENOMEM;
	memcpy(copy, rt->values, rt->value_size);
	mprotect(copy, constants_bytes(rt), PROT_READ);
	map->constants = copy;
	rt->values = copy;
	return 0;
}

static void map_free(struct map *map)
{
	if (!map)
		return;
	fdmap_free(map);
	if (map->rt && map->rt->type == BPF_MAP_TYPE_RINGBUF)
		rt_ring_strike(map->rt);
	if (map->rt && map->rt->notify_fd >= 0)
		fd_close(map->rt->notify_fd);
	if (map->constants)
		munmap(map->constants, constants_bytes(map->rt));
	if (map->rt && map->rt->base)
		munmap(map->rt->base, map->rt->total_bytes);
	if (map->memfd >= 0)
		fd_close(map->memfd);
	free(map->rt);
	map_put(map->inner);
	btf_put(map->btf);
	free(map);
}

static void map_destroy(struct obj *o)
{
	map_free((struct map *)o);
}

static int map_memory(struct map *map)
{
	char name[64];
	void *mem;
	u32 seed = 0;

	if (map->rt->total_bytes > (u64)sysconf(_SC_PHYS_PAGES) * RT_PAGE / 2)
		return -ENOMEM;
	snprintf(name, sizeof(name), "fsession-map-%s", map->name);
	map->memfd = fd_keep(memfd_create(name, MFD_CLOEXEC));
	if (map->memfd < 0)
		return -errno;
	if (ftruncate(map->memfd, map->rt->total_bytes))
		return -ENOMEM;
	mem = mmap(NULL, map->rt->total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
		   map->memfd, 0);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	if (!(map->flags & BPF_F_ZERO_SEED) && getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (u32)env_boot_ns();
	rt_map_init(map->rt, mem, seed);
	return 0;
}

/* The consumer may wait for an eventfd. */
static int ring_init(struct map *map)
{
	map->rt->notify_fd = fd_keep(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	return map->rt->notify_fd < 0 ? -errno : rt_ring_enroll(map->rt);
}

bool map_has_fds(const struct map *map)
{
	return has_entries(map->rt->type);
}

static int map_alloc(const struct map_create_attr *attr, struct map **ret)
{
	u64 entries = nr_entries(attr);
	struct map *map = calloc(1, sizeof(*map));
	struct rt_map *rt = calloc(1, sizeof(*rt) + (entries > ENTRIES_MAX ? 0 : entries) * sizeof(u64));
	int err = -ENOMEM;

	if (!map || !rt || entries > ENTRIES_MAX) {
		free(rt);
		free(map);
		return err;
	}
	map->memfd = -1;
	map->rt = rt;
	map->flags = attr->map_flags;
	map->extra = attr->map_extra;
	memcpy(map->name, attr->map_name, sizeof(map->name));
	rt->owner = map;
	rt->type = attr->map_type;
	rt->key_size = attr->key_size;
	rt->value_size = attr->value_size;
	rt->max_entries = attr->max_entries;
	rt->map_flags = attr->map_flags;
	rt->nr_cpus = env_nr_cpus();
	rt->nr_hashes = attr->map_extra & 15;
	rt->notify_fd = -1;
	map->held = entries ? calloc(entries, sizeof(*map->held)) : NULL;
	map->nr_held = map->held ? entries : 0;
	err = entries && !map->held ? -ENOMEM : rt_map_layout(rt);
	if (!err)
		err = map_memory(map);
	if (!err && rt->type == BPF_MAP_TYPE_RINGBUF)
		err = ring_init(map);
	if (err) {
		map_free(map);
		return err;
	}
	*ret = map;
	return 0;
}

/* -- Creation --- */

int obj_name_check(const char name[UBPF_OBJ_NAME_LEN])
{
	const char *end = memchr(name, 0, UBPF_OBJ_NAME_LEN);

	if (!end)
		return -EINVAL;
	for (const char *p = name; p < end; p++)
		if (!(*p == '_' || *p == '.' || (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
		      (*p >= 'A' && *p <= 'Z')))
			return -EINVAL;
	for (const char *p = end; p < name + UBPF_OBJ_NAME_LEN; p++)
		if (*p)
			return -EINVAL;
	return 0;
}

static int complain(struct blog *log, int err, const char *text)
{
	if (err)
		blog_print(log, "%s\n", text);
	return err;
}

static int check_common(const struct map_create_attr *attr, struct blog *log)
{
	if (attr->btf_vmlinux_value_type_id && attr->map_type != BPF_MAP_TYPE_STRUCT_OPS)
		return complain(log, -EINVAL, "btf_vmlinux_value_type_id can only be used with struct_ops maps.");
	if (attr->btf_vmlinux_value_type_id && (attr->btf_key_type_id || attr->btf_value_type_id))
		return complain(log, -EINVAL, "btf_vmlinux_value_type_id is mutually exclusive with "
					      "btf_key_type_id and btf_value_type_id.");
	if (attr->btf_key_type_id && !attr->btf_value_type_id)
		return complain(log, -EINVAL, "Invalid btf_value_type_id.");
	if (attr->map_type != BPF_MAP_TYPE_BLOOM_FILTER && attr->map_extra)
		return complain(log, -EINVAL, "Invalid map_extra.");
	if ((attr->map_flags & (BPF_F_RDONLY | BPF_F_WRONLY)) == (BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	if (wants_node(attr) && attr->numa_node)
		return complain(log, -EINVAL, "Invalid numa_node.");
	return 0;
}

/* By the value's type: where bpf(2) may not write, and BPF_F_LOCK locks. */
static int attach_lock(struct map *map)
{
	struct rt_map *rt = map->rt;
	s32 off = fields_find(map->btf->btf, map->btf_value_id, FIELD_LOCK);
	s32 res = fields_find(map->btf->btf, map->btf_value_id, FIELD_RES_LOCK);

	if (off < 0 && res < 0)
		return 0;
	if (off >= 0 && res >= 0)
		return -EINVAL;
	rt->lock_refuses = off < 0;
	off = off < 0 ? res : off;
	if (map->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EACCES;
	if (rt->type != BPF_MAP_TYPE_HASH && rt->type != BPF_MAP_TYPE_ARRAY &&
	    rt->type != BPF_MAP_TYPE_TASK_STORAGE)
		return -EOPNOTSUPP;
	if ((u32)off + sizeof(struct bpf_spin_lock) > rt->value_size)
		return -EINVAL;
	rt->lock_at = off + 1;
	return 0;
}

static bool is_int32(const struct btf_type *t)
{
	return btf_is_int(t) && t->size == sizeof(u32) && !btf_int_offset(t) && btf_int_bits(t) == 32;
}

/* Values of these have none. */
static bool is_untyped(u32 type)
{
	return type == BPF_MAP_TYPE_STACK_TRACE || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY ||
	       type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* Global data and sets have no key to speak of. */
static bool may_lack_key(const struct map *map)
{
	const struct btf_type *t = btf__type_by_id(map->btf->btf, map->btf_value_id);

	if (map->rt->type == BPF_MAP_TYPE_ARRAY)
		return map->rt->max_entries == 1 && t && btf_is_datasec(t);
	return map->rt->type == BPF_MAP_TYPE_BLOOM_FILTER || is_untyped(map->rt->type);
}

static bool key_type_fits(const struct map *map)
{
	const struct btf *btf = map->btf->btf;
	const struct btf_type *t = btfwalk_strip(btf, map->btf_key_id, NULL);

	if (!map->btf_key_id)
		return may_lack_key(map);
	if (!t || btfwalk_bytes(btf, map->btf_key_id) != map_key_bytes(map))
		return false;
	switch (map->rt->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_TASK_STORAGE:
		return is_int32(t);
	case BPF_MAP_TYPE_LPM_TRIE:
		return btf_is_struct(t);
	default:
		return true;
	}
}

static int check_types(const struct map *map)
{
	if (!key_type_fits(map) || btfwalk_bytes(map->btf->btf, map->btf_value_id) != map->rt->value_size)
		return -EINVAL;
	return is_untyped(map->rt->type) ? -FS_ENOTSUPP : 0;
}

static int attach_btf(struct map *map, const struct map_create_attr *attr, struct blog *log)
{
	int err;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id)
		return 0;
	err = btf_from_fd(attr->btf_fd, &map->btf);
	if (err)
		return complain(log, err, "Invalid btf_fd.");
	if (map->btf->kernel)
		return -EACCES;
	map->btf_key_id = attr->btf_key_type_id;
	map->btf_value_id = attr->btf_value_type_id;
	err = check_types(map);
	return err ?: attach_lock(map);
}

static int mode_of(u32 flags)
{
	if (flags & BPF_F_RDONLY)
		return OBJ_READ;
	return flags & BPF_F_WRONLY ? OBJ_WRITE : OBJ_READ | OBJ_WRITE;
}

static int create(const struct map_create_attr *attr, struct blog *log, bool token)
{
	struct map *map = NULL;
	int err = check_common(attr, log);

	if (err)
		return err;
	if (!rt_map_ops(attr->map_type))
		return complain(log, -EINVAL, "Invalid map_type.");
	err = check_type(attr);
	if (!err && token)
		return complain(log, -EBADF, "Invalid map_token_fd.");
	if (!err)
		err = map_alloc(attr, &map);
	if (err)
		return err;
	if (attr->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS || attr->map_type == BPF_MAP_TYPE_HASH_OF_MAPS)
		err = map_set_inner(map, attr->inner_map_fd);
	if (!err)
		err = complain(log, obj_name_check(attr->map_name), "Invalid map_name.");
	if (!err)
		err = attach_btf(map, attr, log);
	if (!err && (attr->excl_prog_hash || attr->excl_prog_hash_size))	/* no program has one here */
		err = complain(log, -EINVAL, "Invalid excl_prog_hash_size.");
	if (err) {
		map_free(map);
		return err;
	}
	obj_add(&map->obj, OBJ_MAP, map_destroy);
	err = obj_new_fd(&map->obj, mode_of(attr->map_flags));
	map_put(map);
	return err;
}

int map_create(const struct map_create_attr *attr, struct blog *log)
{
	struct map_create_attr a = *attr;

	a.map_flags &= ~UBPF_F_TOKEN_FD;
	return create(&a, log, attr->map_flags & UBPF_F_TOKEN_FD);
}

int map_from_fd(int fd, struct map **ret, u32 *mode)
{
	struct obj *o;
	int err = obj_from_fd(fd, OBJ_MAP, &o, mode);

	if (!err)
		*ret = (struct map *)o;
	return err;
}

void map_put(struct map *map)
{
	if (map)
		obj_put(&map->obj);
}

/* Of a ring buffer the application writes its own position, and what it produces. */
static bool may_write_positions(u32 type, u64 off, u64 len)
{
	if (type == BPF_MAP_TYPE_RINGBUF)
		return !off && len == RT_PAGE;
	return type != BPF_MAP_TYPE_USER_RINGBUF || off;
}

int map_mmap_check(const struct map *map, int prot, int flags, u64 off, u64 len)
{
	const struct rt_map *rt = map->rt;

	if (!rt->mmap_off)
		return -FS_ENOTSUPP;
	if (!(flags & MAP_SHARED))
		return -EINVAL;
	if (prot & PROT_WRITE && !may_write_positions(rt->type, off, len))
		return -EPERM;
	if (prot & PROT_WRITE && (map->frozen || map->flags & BPF_F_RDONLY_PROG))
		return map->frozen ? -EPERM : -EACCES;
	if (off + len < off || off + len > rt_round_up(rt->total_bytes - rt->mmap_off, RT_PAGE))
		return -EINVAL;
	return 0;
}

void map_sync_rings(void)
{
	u32 id = 0;
	struct obj *o;

	while (!obj_next_id(id, OBJ_MAP, &id)) {
		struct rt_map *rt;

		if (obj_from_id(id, OBJ_MAP, &o))
			continue;
		rt = ((struct map *)o)->rt;
		if (rt->notify_fd >= 0) {
			rt_ring_recover(rt);
			env_event_set(rt->notify_fd, rt_ring_has_data(rt));
		}
		obj_put(o);
	}
}
