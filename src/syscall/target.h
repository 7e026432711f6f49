/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process whose functions tracing programs attach to, presented as a kernel: its executable is
 * "vmlinux", its shared objects are modules. src/inject fills in the table of operations; which
 * process it is, and how it is reached, is asked nowhere else in this folder.
 *
 * vmlinux also has what the engine itself offers: the functions of selftest.h, the session kfuncs and
 * BPF_MAX_TRAMP_LINKS. Its types come first, the executable's follow.
 */
#ifndef FS_SYSCALL_TARGET_H
#define FS_SYSCALL_TARGET_H

#include <pthread.h>
#include <stdio.h>

#include "syscall/btf.h"
#include "trampoline/tramp.h"

struct map;

struct target_func {
	u64 addr;
	u32 size;		/* bytes, by its symbol; 0: unknown */
	bool untyped;		/* its prototype is a guess: attach without looking at arguments */
	u64 entered;		/* as in struct tramp_proto; known once .refusal() was asked */
	struct target *home;	/* where it is; NULL: in the target that was asked */
};

struct target_ops {
	/* Where images and the code of programs go. 0, -EOPNOTSUPP, -ENOMEM */
	int (*space)(void *arg, struct tramp_space **ret);
	/*
	 * The BTF of the executable (@nr 0; *@ret NULL: it has none) and of shared objects (1, 2, ...), whole
	 * and borrowed. Asked for once each; later ones may appear as objects are loaded.
	 * -ENOENT: there are no more; -ENOMEM
	 */
	int (*btf)(void *arg, u32 nr, const char **name, const struct btf **ret);
	/* The function @name, FUNC @id of the @nr-th BTF. -ENOENT: it has no code. */
	int (*func)(void *arg, u32 nr, u32 id, const char *name, struct target_func *ret);
	/* Why it must not be traced, as far as its file tells: a few words, perhaps in @buf, or NULL. Asked before
	 * each attach; may itself be NULL. */
	const char *(*refusal)(void *arg, u32 nr, u32 id, const char *name, char buf[128]);
	/* Of another process; NULL for this one. Where programs there find a helper of src/rt, known here as
	 * @fn (0: not at all); and where a map's struct rt_map and its values are, once this was called. */
	u64 (*helper)(void *arg, u64 fn);
	int (*map)(void *arg, const struct map *map, u64 *rt, u64 *values);
};

struct target_btf {
	struct btf_obj *obj;	/* as bpf(2) shows it, ids shifted: split upon vmlinux */
	u32 shift;		/* id there - id in what .btf() gave */
};

/* To be filled in: .ops, .arg, .here; the rest is zero at first and belongs to target.c. */
struct target {
	const struct target_ops *ops;
	void *arg;
	bool here;		/* it is this process: its test functions can be traced */
	struct target *self;	/* else this process as a target, whose functions those are; or NULL */
	pthread_mutex_t lock;	/* of what follows; PTHREAD_MUTEX_INITIALIZER */
	struct target_btf *btfs;	/* [0] is vmlinux */
	u32 nr_btfs;
};

/* Which process bpf(2) calls of this one are about from now on; borrowed for good. NULL: none, as a
 * kernel without BTF. */
void target_set(struct target *t);
struct target *target_current(void);
/* Where BPF programs are: this process; NULL: no target at all. */
struct target *target_for_progs(void);

/* Makes the BTF objects of @t that are not there yet. 0 or -ENOMEM */
int target_scan(struct target *t);
/* Lets go of the BTF objects of @t, which programs may still have; they are made again if asked for. */
void target_drop(struct target *t);
/* vmlinux, with a user more. -EINVAL: there is no target; -ENOMEM */
int target_vmlinux(struct btf_obj **ret);
/* FUNC @id of @b, which is one of the target's. -ENOENT: it has no code; -EINVAL: no FUNC */
int target_func(const struct btf_obj *b, u32 id, struct target_func *ret);
/* Why that function must not be traced; NULL: nothing is known against it. */
const char *target_refusal(const struct btf_obj *b, u32 id, char buf[128]);
/* Lines as of /proc/kallsyms: every function of the current target that its BTF names. */
void target_print_symbols(FILE *to);
/* Lines as of tracefs' available_filter_functions: those which may be traced. Looks at all of their code. */
void target_print_traceable(FILE *to);
/* Has the current target a module of that name? */
bool target_has_module(const char *name);
/* Name of FUNC @id in vmlinux; NULL if there is none. Borrowed. */
const char *target_kfunc_name(u32 id);

#endif
