/* SPDX-License-Identifier: BSD-2-Clause */
/* x86_64 functions that other code enters behind their start. Never run. */
	.text
	.macro func name
	.globl \name
	.type \name, @function
	.p2align 4
\name:
	.cfi_startproc
	.endm
	.macro end name
	.cfi_endproc
	.size \name, . - \name
	.endm

	/* its unlikely part jumps back to the second instruction */
	func entered
	push %rbp
.Lback:
	mov %rsp, %rbp
	test %edi, %edi
	js .Lcold
	pop %rbp
	ret
	end entered

	/* jumped back to as well, but behind what a patch needs */
	func entered_late
	push %rbp
	mov %rsp, %rbp
	sub $16, %rsp
.Llate:
	test %edi, %edi
	js .Lcold_late
	leave
	ret
	end entered_late

	/* a tail call of this one is no branch into it */
	func tail_called
	push %rbp
	mov %rsp, %rbp
	pop %rbp
	xor %eax, %eax
	ret
	end tail_called

	/* what looks like padding before it is run through */
	func falls
	cmp %rdx, %rcx
	jb tail_called
	end falls
	func fallen_into
	mov %rdi, %rax
.Lfallen:
	ret
	end fallen_into

	/* two bytes suffice, with a jump in the padding */
	func by_padding
	mov %rdi, %rax
.Lpadding:
	ret
	end by_padding

	/* Not as C has it: rbp is an argument, is lost, is not lost; an argument of its own, and its caller's frame */
	func given_rbp
	nopl 0(%rbp)
	test %edi, %edi
	js 1f
	lea -1(%rbp), %rax
1:	ret
	end given_rbp

	func loses_rbp
	test %edi, %edi
	js 1f
	mov %rsp, %rax
	ret
1:	xor %ebp, %ebp
	ret
	end loses_rbp

	func keeps_rbp
	mov %rbp, -8(%rsp)
	lea 1(%rdi), %rbp
	mov %rbp, %rax
	mov -8(%rsp), %rbp
	ret
	end keeps_rbp

	func works_above
	mov (%r11), %rax
	sub $16, %rsp
	mov %rax, 32(%rsp)
	add $16, %rsp
	ret
	end works_above

	func works_below
	mov (%r11), %rax
	sub $16, %rsp
	mov %rax, 8(%rsp)
	add $16, %rsp
	ret
	end works_below

	func seventh_argument
	push %rbx
	mov 16(%rsp), %rax
	nopl 0(%r11)
	pop %rbx
	ret
	end seventh_argument

	func main
	push %rbx
	mov %edi, %ebx
	call entered
	call entered_late
	call falls
	call fallen_into
	call by_padding
	pop %rbx
	jmp tail_called
	end main

	.section .text.unlikely, "ax", @progbits
	.type entered.cold, @function
entered.cold:
	.cfi_startproc
.Lcold:
	neg %edi
	jmp .Lback
.Lcold_late:
	neg %edi
	jmp .Llate
	jmp .Lfallen
	jmp .Lpadding
	.cfi_endproc
	.size entered.cold, . - entered.cold
	/* reached by a table, as by a computed goto, with the frame of a function */
	.type by_table, @function
by_table:
	.cfi_startproc
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	xor %eax, %eax
	nop
	nop
	nop
	pop %rbp
	ret
	.cfi_endproc
	.size by_table, . - by_table
	.section .data.rel.ro, "aw", @progbits
	.quad by_table
	.section .note.GNU-stack, "", @progbits
