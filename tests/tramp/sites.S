/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that begin in every way; all take two numbers and return one. */
	.macro	fn name
	.balign	16, 0xcc
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	.cfi_startproc
	.endm
	/* nothing to be used before it */
	.macro	tight_fn name
	.globl	\name
	.hidden	\name
	.type	\name, @function
	ret
\name:
	.cfi_startproc
	.endm
	.macro	end name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.data
	.balign	8
var:	.quad	1000
ptr:	.quad	callee

	.text
	fn	callee
	lea	7(%rdi,%rsi), %rax
	ret
	end	callee

	fn	site_push
	push	%rbp
	mov	%rsp, %rbp
	lea	(%rdi,%rsi), %rax
	pop	%rbp
	ret
	end	site_push

	fn	site_rip_load
	mov	var(%rip), %rax
	add	%rdi, %rax
	ret
	end	site_rip_load

	fn	site_rip_store
	movl	$55, var+4(%rip)
	mov	var+4(%rip), %eax
	movl	$0, var+4(%rip)
	ret
	end	site_rip_store

	fn	site_rip_lea
	lea	callee(%rip), %rax
	jmp	*%rax
	end	site_rip_lea

	fn	site_short_jcc
	test	%rdi, %rdi
	je	1f
	lea	1(%rsi), %rax
	ret
1:	lea	2(%rsi), %rax
	ret
	end	site_short_jcc

	fn	site_long_jcc
	cmp	$5, %rdi
	ja	callee
	xor	%eax, %eax
	ret
	end	site_long_jcc

	fn	site_jmp
	jmp	callee
	end	site_jmp

	fn	site_short_jmp
	jmp	1f
	.skip	20, 0x90
1:	lea	3(%rdi), %rax
	ret
	end	site_short_jmp

	fn	site_call
	sub	$8, %rsp
	.cfi_adjust_cfa_offset 8
	call	callee
	add	$8, %rsp
	.cfi_adjust_cfa_offset -8
	inc	%rax
	ret
	end	site_call

	fn	site_call_memory
	push	%rbx
	.cfi_adjust_cfa_offset 8
	call	*ptr(%rip)
	pop	%rbx
	.cfi_adjust_cfa_offset -8
	ret
	end	site_call_memory

	fn	site_call_register
	lea	callee(%rip), %rax
	jmp	1f
1:	push	%rbx
	call	*%rax
	pop	%rbx
	ret
	end	site_call_register

	fn	site_call_pop
	call	1f
1:	pop	%rax
	lea	1b(%rip), %rcx
	sub	%rcx, %rax
	ret
	end	site_call_pop

	fn	site_early_call		/* of *@a */
	push	%rcx
	.cfi_adjust_cfa_offset 8
	call	*(%rdi)
	pop	%rcx
	.cfi_adjust_cfa_offset -8
	ret
	end	site_early_call

	fn	site_jrcxz
	mov	%rdi, %rcx
	jrcxz	1f
	mov	$10, %eax
	ret
1:	mov	$20, %eax
	ret
	end	site_jrcxz

	fn	site_loop
	mov	%rsi, %rcx
	loop	1f
	mov	$10, %eax
	ret
1:	mov	%rcx, %rax
	ret
	end	site_loop

	fn	site_endbr
	endbr64
	push	%rbx
	mov	%rdi, %rbx
	lea	9(%rbx), %rax
	pop	%rbx
	ret
	end	site_endbr

	fn	site_nop5
	nopl	0(%rax,%rax,1)
	lea	4(%rdi), %rax
	ret
	end	site_nop5

	fn	site_nops
	.skip	5, 0x90
	lea	5(%rdi), %rax
	ret
	end	site_nops

	fn	site_movabs
	movabs	$0x123456789abcdef0, %rax
	add	%rdi, %rax
	ret
	end	site_movabs

	fn	site_realign
	lea	8(%rsp), %r10
	and	$-32, %rsp
	push	-8(%r10)
	push	%rbp
	mov	%rsp, %rbp
	push	%r10
	lea	6(%rdi), %rax
	pop	%r10
	pop	%rbp
	lea	-8(%r10), %rsp
	ret
	end	site_realign

	fn	site_realign_framed
	push	%rbp
	mov	%rsp, %rbp
	and	$-32, %rsp
	lea	6(%rdi), %rax
	mov	%rbp, %rsp
	pop	%rbp
	ret
	end	site_realign_framed

	fn	site_frame_only
	push	%rbp
	mov	%rsp, %rbp
	pop	%rbp
	lea	(%rdi, %rsi), %rax
	ret
	end	site_frame_only

	fn	site_push_pop
	push	%rdi
	pop	%rax
	add	%rsi, %rax
	ret
	end	site_push_pop

	fn	site_ret
	ret
	end	site_ret

	fn	site_three
	xor	%eax, %eax
	ret
	end	site_three
	.balign	16

	/* too short and followed by code, but with room before */
	.balign	16
	.skip	6, 0x90
	.globl	site_pad
	.hidden	site_pad
	.type	site_pad, @function
site_pad:
	xor	%eax, %eax
	ret
	.size	site_pad, . - site_pad
	lea	1(%rdi), %eax
	ret

	fn	site_self
	cmp	$1, %rdi
	jbe	1f
	push	%rdi
	dec	%rdi
	call	site_self
	pop	%rdi
	add	%rdi, %rax
	ret
1:	mov	%rdi, %rax
	ret
	end	site_self

	/* -- refused --- */

	fn	refused_loop
	add	%rsi, %rdi
	dec	%rsi
	jnz	refused_loop
	mov	%rdi, %rax
	ret
	end	refused_loop

	fn	refused_branch
	mov	%rdi, %rax
1:	inc	%rax
	dec	%rsi
	jnz	1b
	ret
	end	refused_branch

	tight_fn	refused_short
	ret
	end	refused_short
	.globl	after_short
after_short:
	lea	1(%rdi), %eax
	ret

	tight_fn	refused_syscall
	xor	%eax, %eax
	syscall
	ret
	end	refused_syscall

	tight_fn	refused_early_call
	push	%rcx
	call	*(%rdi)
	pop	%rcx
	ret
	end	refused_early_call

	fn	refused_int3
	int3
	lea	1(%rdi), %rax
	ret
	end	refused_int3

	fn	refused_bytes
	.byte	0x06, 0x06, 0x06, 0x06, 0x06, 0x06
	ret
	end	refused_bytes

	.section .note.GNU-stack, "", @progbits
