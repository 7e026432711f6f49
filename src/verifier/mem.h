/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads, stores and atomics: what a pointer allows. */
#ifndef FS_VERIFIER_MEM_H
#define FS_VERIFIER_MEM_H

#include "verifier/env.h"

struct access {
	u32 nr;			/* register that holds the pointer */
	struct reg *ptr;
	s32 off;		/* of the instruction */
	u32 size;
	bool write;
	bool atomic;
	bool sext;
	const struct reg *value;	/* stored; NULL for loads */
	int value_nr;		/* -1: a constant of the instruction */
	struct reg result;	/* loaded */
};

int mem_access(struct env *env, struct access *a);
/* What was loaded is any number of that size. */
void mem_set_loaded(struct access *a);
int mem_ldx(struct env *env);
int mem_store(struct env *env);
int mem_atomic(struct env *env);

/* A helper reads or writes @size bytes (at most) behind register @nr. */
int mem_range(struct env *env, u32 nr, u32 size, bool write);
/* Bytes [min, max + @size) of an object of @bytes bytes. */
int mem_check_bounds(struct env *env, u32 nr, const struct reg *ptr, s32 off, u32 size, u64 bytes);

#endif
