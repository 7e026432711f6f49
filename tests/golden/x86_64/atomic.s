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
	.intel_syntax noprefix
	push	rbp
	mov	rbp, rsp
	sub	rsp, 512
	push	r15
	lock
	add	qword ptr [rdi + 8], rsi
	lock
	or	dword ptr [rbp - 4], ebx
	lock
	xadd	qword ptr [rdi], rsi
	mov	r11, rax
	mov	eax, dword ptr [rdi + 4]
.L0:
	mov	r10, rax
	and	r10d, edx
	lock
	cmpxchg	dword ptr [rdi + 4], r10d
	jne	.L0
	mov	edx, eax
	mov	rax, r11
	xchg	qword ptr [rdi], r15
	lock
	cmpxchg	dword ptr [rdi], esi
	mov	eax, eax
	movzx	ecx, word ptr [rdi + 2]
	mov	qword ptr [rdi], rcx
	pop	r15
	leave
	ret
