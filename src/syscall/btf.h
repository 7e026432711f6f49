/* SPDX-License-Identifier: BSD-2-Clause */
/* BTF objects: BTF_LOAD's check, and the few questions the engine asks of types. */
#ifndef FS_SYSCALL_BTF_H
#define FS_SYSCALL_BTF_H

#include "syscall/attr.h"
#include "syscall/log.h"
#include "syscall/obj.h"

struct btf;
struct target;

struct btf_obj {
	struct obj obj;		/* first */
	struct btf *btf;	/* libbpf's */
	void *raw;
	u32 raw_bytes;
	bool kernel;		/* plays vmlinux or a module */
	char name[64];
	struct target *target;	/* .kernel: whose; NULL otherwise */
	u32 nr;			/* .kernel: 0 vmlinux, 1 ... */
};

int btf_load(const struct btf_load_attr *attr, struct blog *log);
/* -EBADF, -EINVAL */
int btf_from_fd(int fd, struct btf_obj **ret);
void btf_put(struct btf_obj *b);
/* An object that plays vmlinux or a module; @btf is its own from then on. -ENOMEM */
int btf_add_kernel(struct btf *btf, const char *name, struct btf_obj **ret);

#endif
