/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's judgement of each program of an object. libbpf opens and "loads" it as ever: maps, relocations,
 * CO-RE; but the bpf(2) it calls is answered here, so nothing reaches the kernel and no privilege is needed.
 * One object at a time, one thread.
 */
#ifndef FS_CLI_JUDGE_H
#define FS_CLI_JUDGE_H

#include "verifier/verifier.h"

struct bpf_program;

struct judge_opts {
	const char *btf;	/* file with the types of the targets, or */
	const char *exe;	/* executable whose functions they are; both NULL: the running kernel's */
	const char *attach;	/* target of programs with a bare section, or NULL: any function */
	const char *program;	/* judge this one alone; NULL: all */
	bool kernel;		/* the targets are functions of a kernel */
	u32 log_level;		/* enum verify_log_level */
	void (*prepare)(struct bpf_program *prog);	/* before it is loaded: flags; or NULL */
};

struct judgement {
	const char *name, *section;
	const char *target;	/* function it is attached to, or NULL */
	u32 target_id;		/* what it is attached to, in the types it is judged against; 0: nothing */
	int err;		/* of verify(), or why there was nothing to verify against */
	const struct verify_result *res;
	const struct bpf_insn *insns;	/* as they were judged, during the call */
	u32 cnt;
	u64 ns;			/* that took */
	const char *log;	/* "" without */
	const char *note;	/* what the verdict rests on that types do not tell, or NULL */
};

/*
 * Calls @fn for each program, in the order of the object; autoload does not matter.
 * Return: number of programs, or -errno where the object could not be opened or prepared (message printed):
 * then @fn was called for none.
 */
int judge_object(const char *path, const struct judge_opts *o,
		 void (*fn)(const struct judgement *j, void *arg), void *arg);

#endif
