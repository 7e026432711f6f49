// The session's kfuncs read the word below ctx.
// bpf: r6 = r1
// bpf: call kfunc#1
// bpf: if r0 == 0 goto +1
// bpf: exit
// bpf: r1 = r6
// bpf: call kfunc#2
// bpf: exit
	.intel_syntax noprefix
	push	rbp
	mov	rbp, rsp
	push	rbx
	mov	rbx, rdi
	mov	rax, qword ptr [rdi - 8]
	shr	rax, 63
	test	rax, rax
	je	.L0
	pop	rbx
	pop	rbp
	ret
.L0:
	mov	rdi, rbx
	movzx	eax, byte ptr [rdi - 7]
	neg	rax
	lea	rax, [rdi + 8*rax]
	pop	rbx
	pop	rbp
	ret
