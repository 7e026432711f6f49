/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The yardstick of user_trampoline.c: hand_call_N(a, b) does for hand_target what a trampoline would have
 * to do to call hand_entry(ctx) and hand_exit(ctx), two C functions, N times each: it saves what the ABI calls
 * arguments (six registers, al, r10, xmm0-7) and results (rax, rdx, xmm0, xmm1). As at a traced
 * function, a jump leads to it.
 */
	.text
	.macro	hand_call nr
	.globl	hand_call_\nr
	.type	hand_call_\nr, @function
hand_call_\nr:
	.cfi_startproc
	jmp	1f
	.balign	16
1:	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub	$224, %rsp
	mov	%rdi, -64(%rbp)
	mov	%rsi, -56(%rbp)
	mov	%rdx, -48(%rbp)
	mov	%rcx, -40(%rbp)
	mov	%r8, -32(%rbp)
	mov	%r9, -24(%rbp)
	mov	%rax, -72(%rbp)
	mov	%r10, -80(%rbp)
	movups	%xmm0, -96(%rbp)
	movups	%xmm1, -112(%rbp)
	movups	%xmm2, -128(%rbp)
	movups	%xmm3, -144(%rbp)
	movups	%xmm4, -160(%rbp)
	movups	%xmm5, -176(%rbp)
	movups	%xmm6, -192(%rbp)
	movups	%xmm7, -208(%rbp)
	.rept	\nr
	lea	-64(%rbp), %rdi
	call	hand_entry
	.endr
	mov	-64(%rbp), %rdi
	mov	-56(%rbp), %rsi
	mov	-48(%rbp), %rdx
	mov	-40(%rbp), %rcx
	mov	-32(%rbp), %r8
	mov	-24(%rbp), %r9
	mov	-72(%rbp), %rax
	mov	-80(%rbp), %r10
	movups	-96(%rbp), %xmm0
	movups	-112(%rbp), %xmm1
	movups	-128(%rbp), %xmm2
	movups	-144(%rbp), %xmm3
	movups	-160(%rbp), %xmm4
	movups	-176(%rbp), %xmm5
	movups	-192(%rbp), %xmm6
	movups	-208(%rbp), %xmm7
	call	hand_target
	mov	%rax, -16(%rbp)
	mov	%rdx, -72(%rbp)
	movups	%xmm0, -96(%rbp)
	movups	%xmm1, -112(%rbp)
	.rept	\nr
	lea	-64(%rbp), %rdi
	call	hand_exit
	.endr
	mov	-16(%rbp), %rax
	mov	-72(%rbp), %rdx
	movups	-96(%rbp), %xmm0
	movups	-112(%rbp), %xmm1
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size	hand_call_\nr, . - hand_call_\nr
	.endm

	.irp	nr, 1, 2, 4, 8, 18
	hand_call \nr
	.endr

	.section .note.GNU-stack, "", @progbits
