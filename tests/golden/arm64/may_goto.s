// The budget of may_goto lives below the stack.
// bpf: r0 = 0
// bpf: loop:
// bpf: may_goto out
// bpf: r0 += 1
// bpf: goto loop
// bpf: out:
// bpf: exit
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	sub	sp, sp, #16
	mov	x9, #8388608
	str	x9, [sp]
	mov	x7, #0
	ldr	x9, [sp]
	cmp	x9, #0
	b.eq	#20
	sub	x9, x9, #1
	str	x9, [sp]
	add	x7, x7, #1
	b	#-24
	mov	x0, x7
	add	sp, sp, #16
	ldp	x29, x30, [sp], #16
	ret
