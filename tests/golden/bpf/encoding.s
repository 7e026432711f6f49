// The instructions that LLVM 14 knows, one by one: what our assembler (and so the disassembler, which is
// tested against it) takes them for.
// bpf: r1 = 5
// bpf: w2 = -7
// bpf: r3 = 0x1122334455667788 ll
// bpf: r1 += r2
// bpf: r1 -= 9
// bpf: w1 *= w2
// bpf: w1 /= 3
// bpf: r4 |= r5
// bpf: r4 &= 255
// bpf: r6 ^= r7
// bpf: r6 <<= 3
// bpf: r6 >>= r8
// bpf: w6 s>>= 4
// bpf: r9 = -r9
// bpf: w9 = -w9
// bpf: r1 = be16 r1
// bpf: r1 = be32 r1
// bpf: r1 = be64 r1
// bpf: r1 = le16 r1
// bpf: r1 = *(u8 *)(r2 +1)
// bpf: r1 = *(u16 *)(r2 -2)
// bpf: r1 = *(u32 *)(r2 +4)
// bpf: r1 = *(u64 *)(r10 -8)
// bpf: *(u8 *)(r1 +1) = r2
// bpf: *(u16 *)(r1 -2) = r2
// bpf: *(u32 *)(r1 +4) = r2
// bpf: *(u64 *)(r10 -8) = r2
// bpf: lock *(u64 *)(r1 +0) += r2
// bpf: lock *(u32 *)(r1 +8) += r2
// bpf: lock *(u64 *)(r1 +0) &= r2
// bpf: lock *(u64 *)(r1 +0) |= r2
// bpf: lock *(u64 *)(r1 +0) ^= r2
// bpf: if r1 == 0x5 goto pc+1
// bpf: if r1 != r2 goto pc+1
// bpf: if r1 > 0x5 goto pc+1
// bpf: if r1 >= r2 goto pc+1
// bpf: if r1 < 0x5 goto pc+1
// bpf: if r1 <= r2 goto pc+1
// bpf: if r1 s> 0x5 goto pc+1
// bpf: if r1 s>= r2 goto pc+1
// bpf: if r1 s< 0x5 goto pc+1
// bpf: if r1 s<= r2 goto pc+1
// bpf: if w1 == 0x5 goto pc+1
// bpf: if w1 s< w2 goto pc+1
// bpf: goto pc+0
// bpf: call 5
// bpf: exit
	r1 = 5
	w2 = -7
	r3 = 0x1122334455667788 ll
	r1 += r2
	r1 -= 9
	w1 *= w2
	w1 /= 3
	r4 |= r5
	r4 &= 255
	r6 ^= r7
	r6 <<= 3
	r6 >>= r8
	w6 s>>= 4
	r9 = -r9
	w9 = -w9
	r1 = be16 r1
	r1 = be32 r1
	r1 = be64 r1
	r1 = le16 r1
	r1 = *(u8 *)(r2 + 1)
	r1 = *(u16 *)(r2 - 2)
	r1 = *(u32 *)(r2 + 4)
	r1 = *(u64 *)(r10 - 8)
	*(u8 *)(r1 + 1) = r2
	*(u16 *)(r1 - 2) = r2
	*(u32 *)(r1 + 4) = r2
	*(u64 *)(r10 - 8) = r2
	lock *(u64 *)(r1 + 0) += r2
	lock *(u32 *)(r1 + 8) += r2
	lock *(u64 *)(r1 + 0) &= r2
	lock *(u64 *)(r1 + 0) |= r2
	lock *(u64 *)(r1 + 0) ^= r2
	if r1 == 0x5 goto +1
	if r1 != r2 goto +1
	if r1 > 0x5 goto +1
	if r1 >= r2 goto +1
	if r1 < 0x5 goto +1
	if r1 <= r2 goto +1
	if r1 s> 0x5 goto +1
	if r1 s>= r2 goto +1
	if r1 s< 0x5 goto +1
	if r1 s<= r2 goto +1
	if w1 == 0x5 goto +1
	if w1 s< w2 goto +1
	goto +0
	call 5
	exit
