/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What JIT code calls for a load that may fault: r11 = 1 << n bytes at r11, or 0; n by the entry, 16 bytes
 * from one to the next. Every other register but r10 comes back as it was, but for the flags; the
 * stack may be aligned anyhow. Signal-safe.
 */
	.text

	.macro	probe_entry bytes
	.balign	16
	endbr64
	mov	$\bytes, %r10d
	jmp	probe_load
	.endm

	.balign	16
	.globl	rt_help_probe_load
	.hidden	rt_help_probe_load
	.type	rt_help_probe_load, @function
rt_help_probe_load:
	.cfi_startproc
	probe_entry 1
	probe_entry 2
	probe_entry 4
	probe_entry 8
	.cfi_endproc
	.size	rt_help_probe_load, . - rt_help_probe_load

	.type	probe_load, @function
probe_load:
	.cfi_startproc
	push	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset rbp, -16
	mov	%rsp, %rbp
	.cfi_def_cfa_register rbp
	.irp	reg, rax, rcx, rdx, rsi, rdi, r8, r9
	push	%\reg
	.endr
	and	$-16, %rsp
	mov	%r11, %rdi
	mov	%r10d, %esi
	call	rt_probe_load
	mov	%rax, %r11
	lea	-7 * 8(%rbp), %rsp
	.irp	reg, r9, r8, rdi, rsi, rdx, rcx, rax
	pop	%\reg
	.endr
	pop	%rbp
	.cfi_def_cfa rsp, 8
	ret
	.cfi_endproc
	.size	probe_load, . - probe_load

	.section .note.gnu.property, "a"
	.balign	8
	.long	4, 16, 5
	.asciz	"GNU"
	.long	0xc0000002, 4, 3	/* x86 features: IBT, SHSTK */
	.long	0

	.section .note.GNU-stack, "", @progbits
