// Every saved register, a stack, and the stack pointer's alignment at a helper call.
// opts: -f 1
// bpf: r6 = r1
// bpf: r7 = 2
// bpf: r8 = 3
// bpf: r9 = 4
// bpf: *(u64 *)(r10 - 8) = r6
// bpf: r1 = r10
// bpf: r1 += -8
// bpf: call 5
// bpf: r0 += r7
// bpf: r0 += r8
// bpf: r0 += r9
// bpf: exit
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	stp	x19, x20, [sp, #-16]!
	stp	x21, x22, [sp, #-16]!
	stp	x25, xzr, [sp, #-16]!
	mov	x25, sp
	sub	sp, sp, #512
	mov	x19, x0
	mov	x20, #2
	mov	x21, #3
	mov	x22, #4
	stur	x19, [x25, #-8]
	sub	x0, x25, #8
	mov	x16, #5
	movk	x16, #13124, lsl #32
	movk	x16, #4386, lsl #48
	blr	x16
	mov	x7, x0
	add	x7, x7, x20
	add	x7, x7, x21
	add	x7, x7, x22
	mov	x0, x7
	add	sp, sp, #512
	ldp	x25, xzr, [sp], #16
	ldp	x21, x22, [sp], #16
	ldp	x19, x20, [sp], #16
	ldp	x29, x30, [sp], #16
	ret
