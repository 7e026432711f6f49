// A callback is reached by an indirect call.
// opts: -l
// bpf: r1 = 3
// bpf: r2 = func cb
// bpf: call 2
// bpf: exit
// bpf: cb:
// bpf: r0 = r1
// bpf: exit
	.intel_syntax noprefix
	endbr64
	push	rbp
	mov	rbp, rsp
	mov	edi, 3
	lea	rsi, [rip + 28]
	movabs	rax, 0x1122334400000002
	call	rax
	pop	rbp
	ret
	.p2align 4, 0xcc
	endbr64
	push	rbp
	mov	rbp, rsp
	mov	rax, rdi
	pop	rbp
	ret
