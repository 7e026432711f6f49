// The session's kfuncs read the word below ctx.
// bpf: r6 = r1
// bpf: call kfunc#1
// bpf: if r0 == 0 goto +1
// bpf: exit
// bpf: r1 = r6
// bpf: call kfunc#2
// bpf: exit
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	stp	x19, xzr, [sp, #-16]!
	mov	x19, x0
	ldur	x7, [x0, #-8]
	lsr	x7, x7, #63
	cmp	x7, #0
	b.eq	#20
	mov	x0, x7
	ldp	x19, xzr, [sp], #16
	ldp	x29, x30, [sp], #16
	ret
	mov	x0, x19
	ldurb	w9, [x0, #-7]
	sub	x7, x0, x9, lsl #3
	mov	x0, x7
	ldp	x19, xzr, [sp], #16
	ldp	x29, x30, [sp], #16
	ret
