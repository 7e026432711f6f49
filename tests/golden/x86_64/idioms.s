// A rotation, a selection, an indexed load, a sign extension, a move merged into an addition.
// opts: -f 1
// bpf: w2 = w1
// bpf: w2 >>= 27
// bpf: w3 = w1
// bpf: w3 <<= 5
// bpf: w3 |= w2
// bpf: r4 = 1
// bpf: if w3 > 7 goto +1
// bpf: r4 = 0
// bpf: r5 = r1
// bpf: r5 += r4
// bpf: r5 = *(u8 *)(r5 + 0)
// bpf: r5 <<= 56
// bpf: r5 s>>= 56
// bpf: r0 = r5
// bpf: r0 += -8
// bpf: exit
	.intel_syntax noprefix
	push	rbp
	mov	rbp, rsp
	mov	esi, edi
	shr	esi, 27
	rorx	edx, edi, 27
	mov	ecx, 1
	xor	r11d, r11d
	cmp	edx, 7
	cmovbe	rcx, r11
	movzx	r8d, byte ptr [rdi + rcx]
	movsx	r8, r8b
	lea	rax, [r8 - 8]
	pop	rbp
	ret
