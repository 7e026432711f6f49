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
	.intel_syntax noprefix
	push	rbp
	mov	rbp, rsp
	sub	rsp, 512
	push	rbx
	push	r13
	push	r14
	push	r15
	mov	rbx, rdi
	mov	r13d, 2
	mov	r14d, 3
	mov	r15d, 4
	mov	qword ptr [rbp - 8], rbx
	lea	rdi, [rbp - 8]
	movabs	rax, 0x1122334400000005
	call	rax
	add	rax, r13
	add	rax, r14
	add	rax, r15
	pop	r15
	pop	r14
	pop	r13
	pop	rbx
	leave
	ret
