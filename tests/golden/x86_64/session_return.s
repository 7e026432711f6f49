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
	.intel_syntax noprefix
	push	rbp
	mov	rbp, rsp
	push	rbx
	mov	rbx, rdi
	mov	eax, 1
	mov	rdi, rbx
	lea	rax, [rdi - 24]
	pop	rbx
	pop	rbp
	ret
