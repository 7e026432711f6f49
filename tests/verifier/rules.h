/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For functions in assembly, one for each rule:
 *
 *	SEC("socket") __failure __msg("R2 is read before")
 *	NAKED(uninitialized_register)
 *	{
 *		ASM("r0 = r2;"
 *		    "exit;");
 *	}
 *
 * Maps, variables, functions and kfuncs go by their names, helpers by ASM_CALLS and "call %[bpf_...];". Labels are
 * unique with %= behind them: "again%=:". What clang 14 has no words for has a macro here, or is RAW().
 */
#ifndef FS_TESTS_VERIFIER_RULES_H
#define FS_TESTS_VERIFIER_RULES_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "verdict.h"
#include "../bpf_newer.h"

#define NAKED(name) __attribute__((naked)) int name(void)
/* Called from assembly alone. */
#define SUB(name) static __attribute__((naked, noinline, used)) int name(void)

/* In a function of which its callers are to know no more than that it has this argument. */
#define UNSEEN(arg) asm volatile("" : "+r"(arg))
#define ASM(text) asm volatile(text:::)
/* With the helpers it calls, each by HELPER(). */
#define ASM_CALLS(text, ...) asm volatile(text::__VA_ARGS__)
#define HELPER(name) [name] "i"(name)

/* -- What the assembler does not know --- */

#define RAW(code, dst, src, off, imm) RAW_(code, dst, src, off, imm)
#define RAW_(code, dst, src, off, imm)                                                                                 \
	" .8byte " #code "|" #dst "<<8|" #src "<<12|((" #off ")&0xffff)<<16|((" #imm ")&0xffffffff)<<32;"
/* The offset of a jump */
#define TO(label) (label%= - .) / 8 - 1

#define NR_r0 0
#define NR_r1 1
#define NR_r2 2
#define NR_r3 3
#define NR_r4 4
#define NR_r5 5
#define NR_r6 6
#define NR_r7 7
#define NR_r8 8
#define NR_r9 9
#define NR_r10 10

#define ST_u8 0x72
#define ST_u16 0x6a
#define ST_u32 0x62
#define ST_u64 0x7a

/* *(size *)(dst + off) = imm */
#define STORE(size, dst, off, imm) RAW(ST_##size, NR_##dst, 0, off, imm)
/* dst %= src; w: of the low words */
#define MOD(dst, src) RAW(0x9f, NR_##dst, NR_##src, 0, 0)
#define MOD_K(dst, imm) RAW(0x97, NR_##dst, 0, 0, imm)
#define MOD_W(dst, src) RAW(0x9c, NR_##dst, NR_##src, 0, 0)
#define MOD_KW(dst, imm) RAW(0x94, NR_##dst, 0, 0, imm)
/* if dst & src goto label */
#define IF_SET(dst, src, label) RAW(0x4d, NR_##dst, NR_##src, TO(label), 0)
#define IF_SET_K(dst, imm, label) RAW(0x45, NR_##dst, 0, TO(label), imm)
#define IF_SET_KW(dst, imm, label) RAW(0x46, NR_##dst, 0, TO(label), imm)
#define MAY_GOTO(label) RAW(0xe5, 0, 0, TO(label), 0)
#define GOTOL(label) RAW(0x06, 0, 0, 0, TO(label))

/* -- What programs share --- */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 48);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__uint(key_size, 8);
	__uint(value_size, 16);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 8);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__uint(value_size, 8);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} progs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_ARRAY);
		__uint(max_entries, 2);
		__uint(key_size, 4);
		__uint(value_size, 16);
	});
} outer SEC(".maps");

char global[64];		/* all that there is in .bss */
const char fixed[16] = "hello";	/* and in .rodata */

extern bool bpf_session_is_return(void *ctx) __ksym;
extern __u64 *bpf_session_cookie(void *ctx) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;

/* Never called: for types of what assembly alone names. */
static __attribute__((used)) void declare_kfuncs(void *ctx)
{
	bpf_session_is_return(ctx);
	bpf_session_cookie(ctx);
	bpf_iter_num_new(ctx, 0, 0);
	bpf_iter_num_next(ctx);
	bpf_iter_num_destroy(ctx);
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	bpf_preempt_disable();
	bpf_preempt_enable();
}

#endif
