// A rotation, a selection, an indexed load, a sign extension, a move merged into an addition.
// opts: -f 1
// bpf: w2 = w1
// bpf: w2 >>= 27
// bpf: w3 = w1
// bpf: w3 <<= 5
// bpf: w3 |= w2
// bpf: r4 = 1
// bpf: if w3 > 7 goto +1
// bpf: r4 = 0
// bpf: r5 = r1
// bpf: r5 += r4
// bpf: r5 = *(u8 *)(r5 + 0)
// bpf: r5 <<= 56
// bpf: r5 s>>= 56
// bpf: r0 = r5
// bpf: r0 += -8
// bpf: exit
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	lsr	w1, w0, #27
	ror	w2, w0, #27
	mov	x3, #1
	cmp	w2, #7
	csel	x3, x3, xzr, hi
	ldrb	w4, [x0, x3]
	sxtb	x4, w4
	sub	x7, x4, #8
	mov	x0, x7
	ldp	x29, x30, [sp], #16
	ret
