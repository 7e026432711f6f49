/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * torture_caller() calls a function with every register set, torture_target() is one that records what
 * it gets and returns with every volatile register set anew. States are struct tt_gpr and an XSAVE area
 * each, global so that no register is needed to reach them.
 */
	.bss
	.balign	64
	.macro	state name
	.globl	tt_\name\()_gpr, tt_\name\()_x
	.hidden	tt_\name\()_gpr, tt_\name\()_x
tt_\name\()_x:		.skip 4096
tt_\name\()_gpr:	.skip 128
	.endm
	state	in		/* set before the call */
	state	seen		/* as the target got it */
	state	ret		/* set before it returns */
	state	out		/* as the caller got it */
	state	host
	.globl	tt_stack, tt_seen_stack, tt_nr_stack, tt_func
	.hidden	tt_stack, tt_seen_stack, tt_nr_stack, tt_func
tt_stack:	.skip 8 * 32
tt_seen_stack:	.skip 8 * 32
tt_nr_stack:	.skip 8
tt_func:	.skip 8
host_rsp:	.skip 8

	.text
	.macro	each_gpr what, name
	\what	rax, tt_\name\()_gpr+0
	\what	rcx, tt_\name\()_gpr+8
	\what	rdx, tt_\name\()_gpr+16
	\what	rsi, tt_\name\()_gpr+48
	\what	rdi, tt_\name\()_gpr+56
	\what	r8, tt_\name\()_gpr+64
	\what	r9, tt_\name\()_gpr+72
	\what	r10, tt_\name\()_gpr+80
	\what	r11, tt_\name\()_gpr+88
	.endm
	.macro	each_saved_gpr what, name
	\what	rbx, tt_\name\()_gpr+24
	\what	rbp, tt_\name\()_gpr+40
	\what	r12, tt_\name\()_gpr+96
	\what	r13, tt_\name\()_gpr+104
	\what	r14, tt_\name\()_gpr+112
	\what	r15, tt_\name\()_gpr+120
	.endm
	.macro	get reg, at
	mov	%\reg, \at(%rip)
	.endm
	.macro	put reg, at
	mov	\at(%rip), %\reg
	.endm
	.macro	vectors insn, name
	mov	$0xe7, %eax
	xor	%edx, %edx
	\insn	tt_\name\()_x(%rip)
	.endm

	.globl	torture_target
	.type	torture_target, @function
	.balign	16
torture_target:
	.cfi_startproc
	each_gpr get, seen
	each_saved_gpr get, seen
	vectors	xsave64, seen
	lea	8(%rsp), %rsi
	lea	tt_seen_stack(%rip), %rdi
	mov	tt_nr_stack(%rip), %rcx
	rep movsq
	vectors	xrstor64, ret
	each_gpr put, ret
	ret
	.cfi_endproc
	.size	torture_target, . - torture_target

	.globl	torture_caller
	.type	torture_caller, @function
	.balign	16
torture_caller:
	.cfi_startproc
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, host_rsp(%rip)
	vectors	xsave64, host
	mov	tt_nr_stack(%rip), %rcx
	lea	15(,%rcx,8), %rax
	and	$-16, %rax
	add	$64, %rax
	sub	%rax, %rsp
	and	$-64, %rsp
	mov	%rsp, %rdi
	lea	tt_stack(%rip), %rsi
	rep movsq
	vectors	xrstor64, in
	each_gpr put, in
	each_saved_gpr put, in
	call	*tt_func(%rip)
	each_gpr get, out
	each_saved_gpr get, out
	vectors	xsave64, out
	vectors	xrstor64, host
	mov	host_rsp(%rip), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.cfi_endproc
	.size	torture_caller, . - torture_caller

	.section .note.GNU-stack, "", @progbits
