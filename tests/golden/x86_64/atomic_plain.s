// Atomics without optional CPU features.
// bpf: r3 = atomic64_fetch_xor((u64 *)(r1 + 0), r3)
// bpf: r0 = atomic64_cmpxchg((u64 *)(r1 + 0), r0, r2)
// bpf: exit
	.intel_syntax noprefix
	push	rbp
	mov	rbp, rsp
	mov	r11, rax
	mov	rax, qword ptr [rdi]
.L0:
	mov	r10, rax
	xor	r10, rdx
	lock
	cmpxchg	qword ptr [rdi], r10
	jne	.L0
	mov	rdx, rax
	mov	rax, r11
	lock
	cmpxchg	qword ptr [rdi], rsi
	pop	rbp
	ret
