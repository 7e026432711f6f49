// Atomics without optional CPU features.
// bpf: r3 = atomic64_fetch_xor((u64 *)(r1 + 0), r3)
// bpf: r0 = atomic64_cmpxchg((u64 *)(r1 + 0), r0, r2)
// bpf: exit
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	ldaxr	x10, [x0]
	eor	x11, x10, x2
	stlxr	w12, x11, [x0]
	cbnz	w12, #-12
	dmb	ish
	mov	x2, x10
	ldaxr	x10, [x0]
	cmp	x10, x7
	b.ne	#16
	stlxr	w12, x1, [x0]
	cbnz	w12, #-16
	dmb	ish
	mov	x7, x10
	mov	x0, x7
	ldp	x29, x30, [sp], #16
	ret
