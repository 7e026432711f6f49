/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What images call when the straight line does not do. Called with the image's frame in rbp; every
 * register comes back as it was, but for the flags. Signal-safe. Offsets from rbp: arch/x86_64/tramp.c.
 */
#include <asm/unistd.h>

#define BLOCK_OFF -16

	.macro	save_volatile
	.irp	reg, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
	push	%\reg
	.cfi_adjust_cfa_offset 8
	.endr
	.endm

	.macro	restore_volatile
	.irp	reg, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
	pop	%\reg
	.cfi_adjust_cfa_offset -8
	.endr
	.endm

	/* by name, so that its bounds have symbols: see guard.c */
	.section fs_guard_text, "ax", @progbits

/* frame's block = guard_claim(thread pointer) */
	.globl	arch_tramp_claim
	.hidden	arch_tramp_claim
	.type	arch_tramp_claim, @function
arch_tramp_claim:
	.cfi_startproc
	endbr64
	save_volatile
	mov	%fs:0, %rdi
	call	guard_claim
	mov	%rax, BLOCK_OFF(%rbp)
	restore_volatile
	ret
	.cfi_endproc
	.size	arch_tramp_claim, . - arch_tramp_claim

/*
 * ZF = !guard_busy(cell, link, frame)
 * on the stack: return address, link, cell
 */
	.globl	arch_tramp_busy
	.hidden	arch_tramp_busy
	.type	arch_tramp_busy, @function
arch_tramp_busy:
	.cfi_startproc
	endbr64
	save_volatile
	mov	9 * 8 + 16(%rsp), %rdi
	mov	9 * 8 + 8(%rsp), %rsi
	mov	%rbp, %rdx
	call	guard_busy
	test	%al, %al
	restore_volatile
	ret
	.cfi_endproc
	.size	arch_tramp_busy, . - arch_tramp_busy

/* ZF = the page of rax is not readable. The kernel reads the signal set before it refuses @how. */
	.globl	arch_tramp_readable
	.hidden	arch_tramp_readable
	.type	arch_tramp_readable, @function
arch_tramp_readable:
	.cfi_startproc
	endbr64
	save_volatile
	mov	%rax, %rsi
	and	$-4096, %rsi
	mov	$0x7fffffff, %edi
	xor	%edx, %edx
	mov	$8, %r10d
	mov	$__NR_rt_sigprocmask, %eax
	syscall
	cmp	$-14, %rax		/* EFAULT */
	restore_volatile
	ret
	.cfi_endproc
	.size	arch_tramp_readable, . - arch_tramp_readable

/* Called as longjmp(env, value), goes on there. glibc keeps the stack pointer in env turned and mixed. */
	.macro	jump name, nr
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	.cfi_startproc
	endbr64
	push	%rdi
	.cfi_adjust_cfa_offset 8
	push	%rsi
	.cfi_adjust_cfa_offset 8
	push	%rax
	.cfi_adjust_cfa_offset 8
	mov	6 * 8(%rdi), %rdi
	ror	$17, %rdi
	xor	%fs:0x30, %rdi
	mov	%rsp, %rsi
	call	guard_jump
	pop	%rax
	.cfi_adjust_cfa_offset -8
	pop	%rsi
	.cfi_adjust_cfa_offset -8
	pop	%rdi
	.cfi_adjust_cfa_offset -8
	jmp	*guard_jump_originals + \nr * 8(%rip)
	.cfi_endproc
	.size	\name, . - \name
	.endm

	jump	arch_tramp_longjmp, 0
	jump	arch_tramp_longjmp_chk, 1

/* long arch_host_syscall(long nr, long a, long b, long c, long d) */
	.globl	arch_host_syscall
	.hidden	arch_host_syscall
	.type	arch_host_syscall, @function
arch_host_syscall:
	.cfi_startproc
	endbr64
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	mov	%rcx, %rdx
	mov	%r8, %r10
	syscall
	ret
	.cfi_endproc
	.size	arch_host_syscall, . - arch_host_syscall

	.section .note.gnu.property, "a"
	.balign	8
	.long	4, 16, 5
	.asciz	"GNU"
	.long	0xc0000002, 4, 3	/* x86 features: IBT, SHSTK */
	.long	0

	.section .note.GNU-stack, "", @progbits
