/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tracing programs: what PROG_LOAD says they attach to, whether they may, and their form for trampolines.
 * The rules are the kernel's: fsession specification, 3.1 and 3.4.
 */
#ifndef FS_SYSCALL_TRACE_H
#define FS_SYSCALL_TRACE_H

#include "syscall/log.h"
#include "syscall/target.h"

struct prog;
struct prog_load_attr;

struct trace_func {
	u32 btf_id;
	char name[128];
	struct tramp_proto proto;
	struct target_func code;
};

struct trace {
	struct target *target;
	struct prog *dst;	/* the BPF program whose function it is; NULL: one of the process */
	struct btf_obj *btf;	/* the function's: vmlinux, a module, or .dst's */
	enum tramp_kind kind;
	bool multi;		/* functions are named by the link, and .func is not */
	struct trace_func func;
	struct tramp_prog *code;	/* NULL until it is compiled */
	bool attached;		/* ever: runs may still be under way */
};

/*
 * What @attr says about a target, before anything else is looked at; *@ret NULL: nothing.
 * Return: 0, or
 *   -EINVAL	wrong type of program, no such BTF object or type
 *   -ENOTSUPP (524)  BTF that is not the kernel's
 *   -ENOMEM
 */
int trace_open(const struct prog_load_attr *attr, struct trace **ret);
/*
 * May @p attach there? Fills in the rest.
 * Return: 0, or -EINVAL, -EOPNOTSUPP (no sessions on this machine; result too large), -ENOENT (no code)
 */
int trace_check(struct prog *p, struct blog *log);
/*
 * The function @id of its BTF, and whether @p may attach there.
 * Return: 0, or as trace_check()
 */
int trace_find(const struct prog *p, u32 id, struct trace_func *ret, struct blog *log);
/* Fills in how @f, whose .btf_id and .code are known, is called. */
void trace_describe(const struct trace *t, struct trace_func *f);
/* Its trampoline. As tramp_get() */
int trace_tramp(const struct trace *t, const struct trace_func *f, struct tramp **ret);
/* Makes .code of p->xlated. */
int trace_compile(struct prog *p, const struct jit_opts *jit, struct blog *log);
/* With everything that runs it at an end; false: a run does not end, and what it uses must stay. */
bool trace_free(struct trace *t);

/* Counters of its runs by trampolines. */
void trace_stats(const struct trace *t, struct guard_prog *ret);

#endif
