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
	.intel_syntax noprefix
.L0:
	endbr64
	push	rbp
	mov	rbp, rsp
	sub	rsp, 8
	push	rbx
	mov	rbx, rdi
	call	.L1
	pop	rbx
	leave
	ret
	.p2align 4, 0xcc
.L1:
	push	rbp
	mov	rbp, rsp
	mov	edx, 1
	mov	edx, edx
	cmp	edx, dword ptr [rsi + 4]
	jae	.L2
	cmp	r12d, 33
	jae	.L2
	mov	r11, qword ptr [rsi + 8*rdx + 32]
	test	r11, r11
	je	.L2
	add	r12d, 1
	pop	rbp
	jmp	r11
.L2:
	xor	eax, eax
	pop	rbp
	ret
	.p2align 4, 0xcc
	endbr64
	push	r12
	xor	r12d, r12d
	call	.L0
	pop	r12
	ret
