/* SPDX-License-Identifier: BSD-2-Clause */
/* Links: a tracing program on its function. The last close detaches. */
#ifndef FS_SYSCALL_LINK_H
#define FS_SYSCALL_LINK_H

#include "syscall/prog.h"

struct link_func {	/* one of many that a link names */
	u32 btf_id;
	u64 cookie;
};

struct link {
	struct obj obj;		/* first */
	struct prog *prog;
	struct tramp_link **tramps;	/* one for each function */
	struct extended *extended;	/* freplace: instead */
	u32 nr;
	struct link_func *funcs;	/* many functions: as they were named, ids ascending; NULL otherwise */
	u32 nr_funcs;
	u64 cookie;		/* what bpf_get_attach_cookie() says */
};

/*
 * LINK_CREATE. Return: an fd, or
 *   -EBADF, -EINVAL	no program, neither a tracing nor an freplace program, another attach type, a target of its own
 *   -E2BIG, -EFAULT, -EINVAL, -ENOENT	of many functions: too many, not readable, twice, not attachable
 *   -EBUSY, -E2BIG, -EPERM, -EOPNOTSUPP, -ENOMEM	as tramp_attach(), extend_attach()
 */
int link_create(const struct link_create_attr *attr);
/* RAW_TRACEPOINT_OPEN, for tracing programs alone: the same without a cookie. */
int link_raw_tp_open(const struct raw_tp_open_attr *attr);
/* As the kernel answers for these links: -EINVAL, -EOPNOTSUPP; -EBADF */
int link_update(const struct link_update_attr *attr);
int link_detach(const struct link_update_attr *attr);

#endif
