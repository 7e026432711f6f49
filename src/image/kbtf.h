/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's BTF objects: vmlinux, and one per module, each with an index of its functions.
 * Objects are read when first asked for and kept until kbtf_set_done(); nothing is locked here,
 * ktarget.c does that.
 */
#ifndef FS_IMAGE_KBTF_H
#define FS_IMAGE_KBTF_H

#include <stdbool.h>
#include <stdint.h>

struct btf;

/* A struct of this name in vmlinux: the user engine plays it, for this process or another one. What is the engine's own
 * lies before. */
#define KBTF_HERE "fsession_here"
#define KBTF_ELSEWHERE "fsession_elsewhere"

struct kbtf {
	char name[64];		/* module; "" = vmlinux */
	uint32_t id;		/* of the BTF object in the kernel; 0 = unknown */
	int fd;			/* module: opened with the BTF; 0 = vmlinux, or not loaded */
	struct btf *btf;	/* NULL = not loaded */
	uint32_t first_id;	/* of the types that are this object's own */
	uint32_t nr_types;	/* one past the last */
	bool user;		/* functions of a process */
	uint32_t own;		/* vmlinux: types up to this one are the engine's, and no pattern's; 0 = none */
	uint32_t *hash;		/* FUNC ids, open addressing; 0 = free */
	uint32_t hash_mask;
	uint32_t nr_funcs;
	struct kbtf *next;	/* newest module first */
};

struct kbtf_set {
	struct kbtf *vmlinux;
	struct kbtf *modules;
	struct kbtf *gone;	/* unloaded since; kept, for their fds are lent out */
	uint32_t last_id;	/* highest BTF object id looked at */
	uint32_t vmlinux_id;	/* 0 = not seen: no privilege, or a kernel before 5.11 */
	uint32_t generation;	/* counts modules that appeared */
	int scan_err;		/* why the objects cannot be listed; -EPERM without privilege */
};

void kbtf_set_done(struct kbtf_set *s);

/* Looks at BTF objects that appeared and modules that went since the last call. @s->scan_err tells
 * the outcome. */
void kbtf_scan(struct kbtf_set *s);

/* vmlinux with its index, or NULL (prints nothing). */
struct kbtf *kbtf_vmlinux(struct kbtf_set *s);

/* Scans, then finds a module by name, '-' and '_' being the same; NULL = unknown or without BTF. */
struct kbtf *kbtf_module_find(struct kbtf_set *s, const char *name);
/* Reads its BTF. 0, -ENOENT when the module has gone, -errno. Prints nothing. */
int kbtf_module_load(struct kbtf_set *s, struct kbtf *m);

/* Index the functions of @k->btf from @k->first_id on. -ENOMEM. */
int kbtf_index(struct kbtf *k);
/* First FUNC of that name; 0 = none. */
uint32_t kbtf_func_find(const struct kbtf *k, const char *name);
/* How many FUNCs have that name. */
uint32_t kbtf_func_count(const struct kbtf *k, const char *name);
/* FUNC ids in ascending order: the next one after @id (0 to start); 0 = no more. */
uint32_t kbtf_func_next(const struct kbtf *k, uint32_t id);
const char *kbtf_func_name(const struct kbtf *k, uint32_t id);

/* Module names compare with '-' = '_'. */
bool kbtf_module_name_eq(const char *a, const char *b);

#endif
