// Atomics with the CPU's own instructions.
// opts: -f 1
// bpf: lock *(u64 *)(r1 + 8) += r2
// bpf: lock *(u32 *)(r10 - 4) |= r6
// bpf: r2 = atomic64_fetch_add((u64 *)(r1 + 0), r2)
// bpf: r3 = atomic_fetch_and((u32 *)(r1 + 4), r3)
// bpf: r9 = atomic64_xchg((u64 *)(r1 + 0), r9)
// bpf: r0 = atomic_cmpxchg((u32 *)(r1 + 0), r0, r2)
// bpf: r4 = load_acquire((u16 *)(r1 + 2))
// bpf: store_release((u64 *)(r1 + 0), r4)
// bpf: exit
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	stp	x22, x25, [sp, #-16]!
	mov	x25, sp
	sub	sp, sp, #512
	add	x9, x0, #8
	ldaddal	x1, x10, [x9]
	sub	x9, x25, #4
	ldsetal	w19, w10, [x9]
	ldaddal	x1, x1, [x0]
	add	x9, x0, #4
	mvn	x11, x2
	ldclral	w11, w2, [x9]
	swpal	x22, x22, [x0]
	casal	w7, w1, [x0]
	add	x9, x0, #2
	ldarh	w3, [x9]
	stlr	x3, [x0]
	mov	x0, x7
	add	sp, sp, #512
	ldp	x22, x25, [sp], #16
	ldp	x29, x30, [sp], #16
	ret
