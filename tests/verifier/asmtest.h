/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests as text (*.data):
 *
 *	test NAME [xdp|tc|socket|raw_tp|syscall|fentry|fexit|fmod_ret|fsession|multi] [target=FUNC]
 *	     [sleepable] [nogpl] [freq] [slow] [linux-differs]
 *		instructions, one per line; besides what asm.h takes:
 *		r1 = map NAME		r1 = value NAME +OFF	call bpf_NAME
 *	= accept [RESULT]
 *	= refuse TEXT
 *
 * RESULT is what the interpreter must make of an accepted program without calls, run with 128 bytes of
 * ctx, byte i being i. Programs are fsession programs on target_void if nothing is said.
 */
#ifndef FS_TESTS_VERIFIER_ASMTEST_H
#define FS_TESTS_VERIFIER_ASMTEST_H

#include "asm.h"
#include "verifier/verifier.h"

struct asmtest {
	char name[64];
	struct asm_prog prog;
	u32 type, attach_type, flags;
	char target[64];
	char word[16];		/* of type */
	bool has_target;
	bool slow;		/* too much for an emulated guest */
	bool linux_differs;	/* Linux 7.2 decides otherwise: docs/verifier.md says why */
	bool accept, has_result;
	u64 result;
	char refuse[256];
};

/* Calls @fn for each test of a file; -errno, or -EINVAL with a message printed. */
int asmtest_read(const char *path, void (*fn)(struct asmtest *t, void *arg), void *arg);
/* The same of such a file's text. */
int asmtest_parse(const char *text, void (*fn)(struct asmtest *t, void *arg), void *arg);
/* The type and attach type a word means; false: none. */
bool asmtest_type(const char *word, u32 *type, u32 *attach_type);

#endif
