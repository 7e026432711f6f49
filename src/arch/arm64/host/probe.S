/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What JIT code calls for a load that may fault: x9 = 1 << n bytes at x9, or 0; n by the entry, 16 bytes from
 * one to the next. x0..x8 come back as they were. Signal-safe.
 */
	.text

	.macro	probe_entry bytes
	.balign	16
	hint	#34			/* bti c */
	mov	w10, #\bytes
	b	probe_load
	.endm

	.balign	16
	.globl	rt_help_probe_load
	.hidden	rt_help_probe_load
	.type	rt_help_probe_load, %function
rt_help_probe_load:
	.cfi_startproc
	probe_entry 1
	probe_entry 2
	probe_entry 4
	probe_entry 8
	.cfi_endproc
	.size	rt_help_probe_load, . - rt_help_probe_load

	.type	probe_load, %function
probe_load:
	.cfi_startproc
	stp	x29, x30, [sp, #-96]!
	.cfi_def_cfa_offset 96
	.cfi_offset x29, -96
	.cfi_offset x30, -88
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x5, [sp, #48]
	stp	x6, x7, [sp, #64]
	str	x8, [sp, #80]
	mov	x0, x9
	mov	w1, w10
	bl	rt_probe_load
	mov	x9, x0
	ldp	x0, x1, [sp, #16]
	ldp	x2, x3, [sp, #32]
	ldp	x4, x5, [sp, #48]
	ldp	x6, x7, [sp, #64]
	ldr	x8, [sp, #80]
	ldp	x29, x30, [sp], #96
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
	.size	probe_load, . - probe_load

	.section .note.GNU-stack, "", %progbits
