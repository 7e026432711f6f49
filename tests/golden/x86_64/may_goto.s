// The budget of may_goto lives below the stack.
// bpf: r0 = 0
// bpf: loop:
// bpf: may_goto out
// bpf: r0 += 1
// bpf: goto loop
// bpf: out:
// bpf: exit
	.intel_syntax noprefix
	push	rbp
	mov	rbp, rsp
	sub	rsp, 8
	mov	qword ptr [rbp - 8], 8388608
	xor	eax, eax
.L0:
	sub	qword ptr [rbp - 8], 1
	jl	.L1
	add	rax, 1
	jmp	.L0
.L1:
	leave
	ret
