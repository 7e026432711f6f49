// The same with the phase and the cookie's place known.
// opts: -p 2 -c -24
// bpf: r6 = r1
// bpf: call kfunc#1
// bpf: if r0 == 0 goto entry
// bpf: r1 = r6
// bpf: call kfunc#2
// bpf: exit
// bpf: entry:
// bpf: r0 = 99
// bpf: exit
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	stp	x19, xzr, [sp, #-16]!
	mov	x19, x0
	mov	x7, #1
	mov	x0, x19
	mov	x9, #-24
	add	x7, x0, x9
	mov	x0, x7
	ldp	x19, xzr, [sp], #16
	ldp	x29, x30, [sp], #16
	ret
