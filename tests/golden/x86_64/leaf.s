// The smallest frame: the frame pointer alone.
// bpf: r0 = 1
// bpf: exit
	.intel_syntax noprefix
	push	rbp
	mov	rbp, rsp
	mov	eax, 1
	pop	rbp
	ret
