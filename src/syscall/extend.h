/* SPDX-License-Identifier: BSD-2-Clause */
/* freplace: programs that take the place of a global function of another BPF program, as the kernel has it. */
#ifndef FS_SYSCALL_EXTEND_H
#define FS_SYSCALL_EXTEND_H

#include "syscall/trace.h"

struct extend {
	struct prog *dst;	/* whose function it is; NULL once it was attached there */
	u32 btf_id;		/* FUNC of .dst's types */
	u32 type, attach_type;	/* what it is verified as, and may be attached to: .dst's */
	bool moves_packet;	/* the function does, so it may */
};

/*
 * What @attr, of PROG_LOAD, says about it; *@ret NULL: no freplace program.
 * Return: 0, or
 *   -EINVAL	no such program; an attach type; a function of the process
 *   -ENOTSUPP (524)  BTF that is not the kernel's
 *   -ENOMEM
 */
int extend_open(const struct prog_load_attr *attr, struct extend **ret);
/* May @p replace the function? -EINVAL, -EOPNOTSUPP (functions of programs that are no such targets here) */
int extend_check(const struct prog *p, struct blog *log);
/* After the verifier: what its own functions do must not be more than the function does. -EINVAL */
int extend_check_code(const struct prog *p, struct blog *log);
void extend_free(struct extend *e);

/* One function that is replaced. */
struct extended;

/*
 * Puts @p in its place: of @target, a program's fd, and @btf_id, or where it was loaded for if both are 0.
 * Return: 0, or
 *   -EINVAL	one of them is 0; another kind of target; attached there before
 *   -EBADF	no program
 *   -EBUSY	replaced already, traced, or in a prog array
 *   -EPERM, -ENOMEM, -EOPNOTSUPP	as tramp_replace()
 */
int extend_attach(struct prog *p, int target, u32 btf_id, struct extended **ret);
void extend_detach(struct extended *x);
/* The program whose function it is, and the function. */
const struct prog *extended_prog(const struct extended *x, u32 *btf_id);

#endif
