// A callback is reached by an indirect call.
// opts: -l
// bpf: r1 = 3
// bpf: r2 = func cb
// bpf: call 2
// bpf: exit
// bpf: cb:
// bpf: r0 = r1
// bpf: exit
	bti	c
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	mov	x0, #3
	adr	x1, #48
	mov	x16, #2
	movk	x16, #13124, lsl #32
	movk	x16, #4386, lsl #48
	blr	x16
	mov	x7, x0
	mov	x0, x7
	ldp	x29, x30, [sp], #16
	ret
	udf	#0
	udf	#0
	udf	#0
	bti	c
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	mov	x7, x0
	mov	x0, x7
	ldp	x29, x30, [sp], #16
	ret
