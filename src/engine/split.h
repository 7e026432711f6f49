/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The split engine's code: one session program becomes an fentry and an fexit program over the
 * session store. Pure functions from instructions to instructions; nothing is loaded here.
 */
#ifndef FS_ENGINE_SPLIT_H
#define FS_ENGINE_SPLIT_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/store.h"

enum split_half { SPLIT_ENTRY, SPLIT_EXIT };

struct split_params {
	enum split_half half;
	struct store_ref store;
	int nr_slots;			/* ctx slots of the target */
	bool ret_void;
	uint64_t func_ip;		/* for kernels without bpf_get_func_ip */
	bool has_get_func_arg;		/* kernel features, see probe.h */
	bool has_get_func_ip;
	bool has_attach_cookie;
	bool has_cmpxchg;
	bool has_guard;			/* the kernel's, over all programs that use the session's lines */
	bool strong_release;		/* stores may pass each other: arm64 */
	bool tail_target;		/* may be entered by a tail call */
	bool no_spill;			/* leave main's stack alone */
	uint64_t attach_cookie;		/* baked in where the helper is missing */
	uint32_t is_return_id;		/* kfunc ids, where the object's externs were resolved */
	uint32_t cookie_id;
	uint32_t throw_id;		/* of bpf_throw(); 0 = the kernel has none */
	int (*twin_array)(int map_fd, void *arg);	/* exit half: fd of the twin of a prog array */
	void *arg;
};

struct split_code {
	struct bpf_insn *insns;		/* free() */
	size_t cnt;
	void *func_info;		/* free(); NULL = none */
	void *line_info;
};

struct split_info {
	const void *func_info;
	uint32_t func_cnt, func_rec;
	const void *line_info;
	uint32_t line_cnt, line_rec;
};

/*
 * Return: 0, or (message printed, naming @name) -EINVAL (malformed program), -E2BIG, -ENOMEM,
 * -EOPNOTSUPP (a tail call in a program that uses all of its stack; a function that nothing calls).
 */
int split_build(const char *name, const struct bpf_insn *insns, size_t cnt,
		const struct split_info *info, const struct split_params *p, struct split_code *ret);
void split_code_done(struct split_code *c);

/* What a program asks for, before anything is rewritten. */
struct split_uses {
	bool markers;		/* is_return or cookie */
	bool ctx_loads;		/* direct loads from ctx */
	bool func_ip;
	bool attach_cookie;
	bool tail_calls;
	bool subprogs;
	bool missing_kfunc;	/* calls an extern that libbpf did not find */
};
int split_scan(const struct bpf_insn *insns, size_t cnt, uint32_t is_return_id, uint32_t cookie_id,
	       struct split_uses *ret);

#endif
