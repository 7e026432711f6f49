/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session can be attached to: kernel and module functions (by kernel BTF and kallsyms)
 * and functions of loaded BPF programs (by their own BTF). Knows the rules of the verifier
 * (fsession specification, section 3.1) so that a refusal can be told in words beforehand.
 *
 * The process keeps one cache of BTF and symbols, filled on first use under a mutex; everything
 * here may be called from any thread.
 */
#ifndef FS_IMAGE_KTARGET_H
#define FS_IMAGE_KTARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;

/* What the verifier and the trampoline make of a prototype. */
struct ktarget_proto {
	int nr_args;		/* C parameters */
	int nr_slots;		/* 8-byte ctx slots they take: 16-byte structs take two */
	int ret_size;		/* bytes; 0 = void */
	bool maybe_unreliable;	/* a BPF program's static function: see kproto_unreliable() */
	bool varargs;
	bool ret_struct;	/* returns a struct or union */
	bool big_arg;		/* an argument of more than 16 bytes, or of size 0 */
	bool struct_arg;	/* a struct by value (kernels before 6.1 refuse) */
	bool odd_type;		/* floating point and the like: no trampoline passes it */
};

struct ktarget {
	char name[128];		/* function */
	char module[64];	/* "" = vmlinux */
	uint32_t btf_id;	/* FUNC id in the object's BTF */
	uint32_t btf_obj_id;	/* kernel id of that BTF object; 0 if unknown */
	int btf_fd;		/* module: for attach_btf_obj_fd, owned by the cache; 0 = vmlinux */
	int prog_fd;		/* target BPF program, borrowed; 0 = kernel function */
	uint64_t addr;		/* of a program's function; of others ktarget_addr() tells */
	struct ktarget_proto proto;
};

/**
 * ktarget_find() - resolve "FUNC" or "MODULE:FUNC"
 *
 * A plain name is looked for in vmlinux, then in the modules, as libbpf does; "vmlinux:FUNC" only
 * there. In names of modules '-' and '_' are the same.
 *
 * Return: 0, or (message and hint printed, with the nearest names where the name is unknown)
 *   -EPERM   the BTF of modules cannot be listed
 *   -ENOENT  no such function; inlined or not in BTF; no such module; module without BTF
 *   -ESRCH   the kernel has no BTF at all
 */
int ktarget_find(const char *spec, struct ktarget *ret);

/* By BTF id in vmlinux (@btf_fd 0) or in a module's BTF whose fd is given. -EINVAL if the id is no
 * FUNC. Messages printed. */
int ktarget_from_id(int btf_fd, uint32_t btf_id, struct ktarget *ret);

/**
 * ktarget_find_prog() - a function of a loaded BPF program
 * @prog_fd: borrowed
 * @func:    name, or NULL or "" for the main program
 *
 * The kernel trusts the prototype of a static function only if all calls fit it; else it takes it for
 * one of five 64-bit arguments (specification 3.1). proto.maybe_unreliable then says: ask the kernel.
 * Return: 0, or -ENOENT (with the names it has), -EINVAL (not JITed, no BTF), -errno.
 */
int ktarget_find_prog(int prog_fd, const char *func, struct ktarget *ret);

/* By BTF id in that program's BTF. */
int ktarget_prog_from_id(int prog_fd, uint32_t btf_id, struct ktarget *ret);

/**
 * ktarget_refusal() - why a session cannot be attached, before the kernel is asked
 * @t:      target
 * @hint:   out: what to do, or NULL; may itself be NULL
 *
 * Varargs, struct return, return of more than 8 bytes, too many or too large arguments, noreturn
 * functions (by name: older kernels do not refuse them and leak), functions the BPF
 * machinery itself needs. Does not print.
 * Return: NULL if nothing speaks against it, else one line such as "is variadic".
 */
const char *ktarget_refusal(const struct ktarget *t, const char **hint);

/**
 * ktarget_doubt() - what may be wrong with a target the kernel has refused
 *
 * More than ktarget_refusal() knows, and slower: also the symbol table, what ftrace can trace, and
 * limits of older kernels. Does not print.
 * Return: NULL if nothing is known, else a hint such as "it is not traceable ...".
 */
const char *ktarget_doubt(const struct ktarget *t);

/**
 * ktarget_glob() - every function that matches "GLOB", "MODULE:GLOB", or "GLOB,MODULE:GLOB"
 * @cb: called once per distinct function; non-zero ends the walk and is returned
 *
 * "distinct": names that stand for several functions (duplicate static symbols) are given once,
 * with @why set to "its name is ambiguous"; likewise what ktarget_refusal() refuses, what is not in
 * available_filter_functions (where readable: "is not traceable (notrace, inlined or removed)"),
 * and functions in .init sections. @why is NULL for the good ones. An exact name is a glob. A
 * pattern without module looks in vmlinux only. Each alternative between commas has, or has not, a
 * module of its own, and must match something. vmlinux comes first, then the modules, by BTF id.
 * Return: 0, what @cb returned, or as ktarget_find().
 */
int ktarget_glob(const char *spec, int (*cb)(const struct ktarget *t, const char *why, void *arg),
		 void *arg);

/* Its address: first in kallsyms, which takes long to read, or the JITed subprogram's. 0 = hidden, none. */
uint64_t ktarget_addr(const struct ktarget *t);

/* First address in kallsyms of a symbol of vmlinux (or @module); 0 if none or hidden. */
uint64_t ktarget_ksym(const char *module, const char *name);

/* Why addresses are 0, as a hint; NULL when they are not. */
const char *ktarget_addr_hint(void);

/* vmlinux BTF, cached and owned here; NULL if the kernel has none (not printed). */
const struct btf *ktarget_vmlinux(void);

/* Is "FUNC" (in vmlinux or any module) or "MODULE:FUNC" in the list of traceable functions? 1, 0,
 * or -errno when the list cannot be read. */
int ktarget_is_traceable(const char *name);

/* Frees the cache (tests, and fsession_unregister()). No other call may run. */
void ktarget_cache_drop(void);

#endif
