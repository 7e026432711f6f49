// Tail calls: the entry counts from 0; in a subprogram the frame is unwound and the target jumped to.
// opts: -l
// bpf: r6 = r1
// bpf: call sub
// bpf: exit
// bpf: sub:
// bpf: r3 = 1
// bpf: call 12
// bpf: r0 = 0
// bpf: exit
	bti	c
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	stp	x19, xzr, [sp, #-16]!
	mov	x19, x0
	bl	#28
	mov	x7, x0
	mov	x0, x7
	ldp	x19, xzr, [sp], #16
	ldp	x29, x30, [sp], #16
	ret
	udf	#0
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	mov	x2, #1
	ldr	w9, [x1, #4]
	cmp	w2, w9
	b.hs	#36
	cmp	w26, #33
	b.hs	#28
	add	x9, x1, w2, uxtw #3
	ldr	x16, [x9, #32]
	cbz	x16, #16
	add	w26, w26, #1
	ldp	x29, x30, [sp], #16
	br	x16
	mov	x7, #0
	mov	x0, x7
	ldp	x29, x30, [sp], #16
	ret
	udf	#0
	udf	#0
	bti	c
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	stp	x26, xzr, [sp, #-16]!
	mov	x26, #0
	bl	#-148
	ldp	x26, xzr, [sp], #16
	ldp	x29, x30, [sp], #16
	ret
