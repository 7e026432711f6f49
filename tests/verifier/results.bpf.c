// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What programs return, here and in Linux: run with 128 bytes of ctx, byte i being i. Values of what is written in C
 * are from other implementations of the same.
 */
#include "rules.h"

#define RESULT(name, value, text)                                                                                      \
	SEC("syscall") __success __retval(value)                                                                       \
	NAKED(name)                                                                                                    \
	{                                                                                                              \
		ASM(text "exit;");                                                                                     \
	}

/* -- Loads --- */

RESULT(load_byte, 100, "r0 = *(u8 *)(r1 +100);")
RESULT(load_half, 0x0302, "r0 = *(u16 *)(r1 +2);")
RESULT(load_word, 0x07060504, "r0 = *(u32 *)(r1 +4);")
RESULT(load_double, 0x0f0e0d0c, "r0 = *(u64 *)(r1 +8); r0 >>= 32;")

/* -- Arithmetic --- */

RESULT(add_wraps_32, 1, "w0 = -1; w0 += 2;")
RESULT(add_carries_64, 1, "r0 = 0xffffffff ll; r0 += 1; r0 >>= 32;")
RESULT(sub_borrows_64, 0xffffffff, "r0 = 0; r0 -= 1; r0 >>= 32;")
RESULT(word_clears_the_upper_half, 0, "r0 = -1; w0 = w0; r0 >>= 32;")
RESULT(mul_32, 0x00020001, "w0 = 0x10001; w0 *= 0x10001;")
RESULT(mul_64, 1, "r0 = 0x10001; r0 *= r0; r0 >>= 32;")
RESULT(div_32, 14, "w0 = 100; w0 /= 7;")
RESULT(div_unsigned, 0x7fffffff, "w0 = -1; w0 /= 2;")
RESULT(div_by_zero, 0, "r0 = 5; r1 = 0; r0 /= r1;")
RESULT(mod_64, 2, "r0 = 100;" MOD_K(r0, 7))
RESULT(mod_by_zero, 5, "r0 = 5; r1 = 0;" MOD(r0, r1))
RESULT(mod_word_by_zero, 0, "r0 = 0x500000005 ll; r1 = 0;" MOD_W(r0, r1) "r0 >>= 32;")
RESULT(arsh_64, 0xfffffff0, "r0 = -256; r0 s>>= 4; w0 = w0;")
RESULT(arsh_32, 0xffffffff, "w0 = 0x80000000; w0 s>>= 31;")
RESULT(rsh_32, 1, "w0 = 0x80000000; w0 >>= 31;")
RESULT(lsh_64, 4, "r0 = 1; r0 <<= 40; r0 >>= 38;")
RESULT(lsh_by_a_register, 2, "w0 = 1; w1 = 33; w0 <<= w1;")
RESULT(negate, 0xfffffffb, "r0 = 5; r0 = -r0; w0 = w0;")
RESULT(swap_16, 0x3412, "r0 = 0x1234; r0 = be16 r0;")
RESULT(swap_32, 0x78563412, "r0 = 0x12345678; r0 = be32 r0;")
RESULT(swap_64, 0x08070605, "r0 = 0x0102030405060708 ll; r0 = be64 r0; r0 >>= 32;")
RESULT(cut_16, 0x5678, "r0 = 0x12345678; r0 = le16 r0;")
RESULT(logic, 0x0ff0, "r0 = 0xf0f0; r0 &= 0xff00; r0 |= 0x0f; r0 ^= 0xffff;")

/* -- Jumps --- */

RESULT(jump_signed, 1, "r1 = -1; r0 = 1; if r1 s< 0 goto out%=; r0 = 2; out%=:")
RESULT(jump_unsigned, 1, "r1 = -1; r0 = 1; if r1 > 5 goto out%=; r0 = 2; out%=:")
RESULT(jump_32, 1, "r1 = 0x100000000 ll; r0 = 1; if w1 == 0 goto out%=; r0 = 2; out%=:")
RESULT(jump_32_signed, 1, "r1 = 0xffffffff ll; r0 = 1; if w1 s< 0 goto out%=; r0 = 2; out%=:")
RESULT(jump_not_taken, 2, "r1 = 0x100000000 ll; r0 = 1; if r1 == 0 goto out%=; r0 = 2; out%=:")
RESULT(jump_if_set, 1, "r1 = 12; r0 = 1;" IF_SET_K(r1, 8, out) "r0 = 2; out%=:")
RESULT(jump_by_a_register, 1, "r1 = *(u8 *)(r1 +7); r2 = 7; r0 = 1; if r1 == r2 goto out%=; r0 = 2; out%=:")

/* -- Stack --- */

RESULT(spill_and_fill, 0x12345678, "r1 = 0x12345678; *(u64 *)(r10 -8) = r1; r0 = *(u32 *)(r10 -8);")
RESULT(spill_and_fill_a_byte, 0x56, "r1 = 0x12345678; *(u64 *)(r10 -8) = r1; r0 = *(u8 *)(r10 -7);")
RESULT(spilled_pointer, 9, "*(u64 *)(r10 -8) = r1; r2 = *(u64 *)(r10 -8); r0 = *(u8 *)(r2 +9);")
RESULT(overwritten_byte, 0xab00, STORE(u32, r10, -4, 0) STORE(u8, r10, -3, 0xab) "r0 = *(u32 *)(r10 -4);")
RESULT(stored_number_is_signed, 0xffffffff, STORE(u64, r10, -8, -1) "r0 = *(u64 *)(r10 -8); r0 >>= 32;")
RESULT(atomic_add, 8, STORE(u64, r10, -8, 5) "r1 = 3; lock *(u64 *)(r10 -8) += r1; r0 = *(u64 *)(r10 -8);")
RESULT(atomic_fetch_add, 0x508, STORE(u64, r10, -8, 5) "r1 = 3;" RAW(0xdb, 10, 1, -8, 1)
       "r0 = r1; r0 <<= 8; r2 = *(u64 *)(r10 -8); r0 |= r2;")
RESULT(atomic_exchange, 0x503, STORE(u64, r10, -8, 5) "r1 = 3;" RAW(0xdb, 10, 1, -8, 0xe1)
       "r0 = r1; r0 <<= 8; r2 = *(u64 *)(r10 -8); r0 |= r2;")
RESULT(atomic_compare_and_exchange, 0x509, STORE(u64, r10, -8, 5) "r0 = 5; r1 = 9;" RAW(0xdb, 10, 1, -8, 0xf1)
       "r0 <<= 8; r2 = *(u64 *)(r10 -8); r0 |= r2;")
RESULT(atomic_compare_in_vain, 0x505, STORE(u64, r10, -8, 5) "r0 = 6; r1 = 9;" RAW(0xdb, 10, 1, -8, 0xf1)
       "r0 <<= 8; r2 = *(u64 *)(r10 -8); r0 |= r2;")

/* -- Loops and functions --- */

RESULT(sum_of_ten, 55, "r0 = 0; r1 = 10; again%=: r0 += r1; r1 -= 1; if r1 != 0 goto again%=;")
RESULT(loop_in_a_loop, 35,
       "r0 = 0; r1 = 5; outer%=: r2 = 7; inner%=: r0 += 1; r2 -= 1; if r2 != 0 goto inner%=;"
       "r1 -= 1; if r1 != 0 goto outer%=;")
RESULT(fibonacci, 6765,
       "r0 = 0; r1 = 1; r2 = 20; again%=: r3 = r0; r3 += r1; r0 = r1; r1 = r3; r2 -= 1; if r2 != 0 goto again%=;")

SUB(add_body)
{
	ASM("r0 = r1;"
	    "r0 += r2;"
	    "exit;");
}

RESULT(function_result, 42, "r1 = 40; r2 = 2; call add_body;")
RESULT(function_keeps_r6, 47, "r6 = 5; r1 = 40; r2 = 2; call add_body; r0 += r6;")

SUB(store_body)
{
	ASM("r2 = 77;"
	    "*(u64 *)(r1 +0) = r2;"
	    "r0 = 1;"
	    "exit;");
}

RESULT(function_writes_its_caller_s_stack, 78,
       STORE(u64, r10, -8, 0) "r1 = r10; r1 += -8; call store_body; r2 = *(u64 *)(r10 -8); r0 += r2;")

/* -- In C --- */

#define PROG(name) int name(__u8 *ctx)
#define NO_UNROLL _Pragma("clang loop unroll(disable)")

static __always_inline void copy(__u8 *to, const __u8 *ctx)
{
	for (int i = 0; i < 16; i++)
		to[i] = ((volatile const __u8 *)ctx)[i];
}

/* Linux has not the patience */
SEC("syscall") __success __slow __retval(0xcecee288)
PROG(crc32)
{
	__u32 crc = ~0U;
	__u8 b[16];

	copy(b, ctx);
	NO_UNROLL
	for (int i = 0; i < 16; i++) {
		crc ^= b[i];
		for (int k = 0; k < 8; k++) {
			__u32 mask = -(crc & 1);

			asm volatile("" : "+r"(mask));	/* no branch */
			crc = crc >> 1 ^ (mask & 0xedb88320);
		}
	}
	return ~crc;
}

SEC("syscall") __success __retval(0x2b80079)
PROG(adler32)
{
	__u32 a = 1, c = 0;
	__u8 b[16];

	copy(b, ctx);
	NO_UNROLL
	for (int i = 0; i < 16; i++) {
		a = (a + b[i]) % 65521;
		c = (c + a) % 65521;
	}
	return c << 16 | a;
}

SEC("syscall") __success __retval(0xc8fff215)
PROG(fnv1a)
{
	__u32 h = 0x811c9dc5;
	__u8 b[16];

	copy(b, ctx);
	NO_UNROLL
	for (int i = 0; i < 16; i++)
		h = (h ^ b[i]) * 0x01000193;
	return h;
}

SEC("syscall") __success __retval(111)
PROG(collatz)
{
	__u64 n;
	int steps = 0;

	asm volatile("%0 = 27" : "=r"(n));	/* known to the verifier, not to the compiler */
	NO_UNROLL
	for (int i = 0; i < 200 && n != 1; i++, steps++)
		n = n & 1 ? 3 * n + 1 : n / 2;
	return steps;
}

SEC("syscall") __success __retval(0xec16d231)
PROG(xorshift)
{
	__u32 x = 2463534242;

	NO_UNROLL
	for (int i = 0; i < 100; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
	}
	return x;
}

SEC("syscall") __success __retval(0x1e6a2c48)
PROG(reversed_bits)
{
	__u32 x = 0x12345678, r = 0;

	NO_UNROLL
	for (int i = 0; i < 32; i++, x >>= 1)
		r = r << 1 | (x & 1);
	return r;
}

SEC("syscall") __success __retval(10855)
PROG(square_root)
{
	__u32 x = *(__u32 *)(ctx + 4), r = 0;

	NO_UNROLL
	for (__u32 bit = 1 << 15; bit; bit >>= 1)
		if ((__u64)(r | bit) * (r | bit) <= x)
			r |= bit;
	return r;
}

SEC("syscall") __success __retval(1273)
PROG(sorted)
{
	__u32 a[8], sum = 0;

	for (int i = 0; i < 8; i++)
		a[i] = ctx[i] * 37 % 64;
	NO_UNROLL
	for (int round = 0; round < 8; round++)
		for (int i = 0; i < 7; i++) {
			__u32 x = a[i], y = a[i + 1];

			a[i] = x < y ? x : y;
			a[i + 1] = x < y ? y : x;
		}
	for (int i = 0; i < 8; i++)
		sum += (i + 1) * a[i];
	return sum;
}

SEC("syscall") __success __retval(18)
PROG(primes)
{
	__u64 sieve = 0;
	int n = 0;

	NO_UNROLL
	for (int i = 2; i < 64; i++) {
		if (sieve >> i & 1)
			continue;
		n++;
		NO_UNROLL
		for (int k = 2 * i; k < 64; k += i)
			sieve |= 1ULL << k;
	}
	return n;
}

static __noinline int days(int year, unsigned int month, unsigned int day)
{
	unsigned int y = year - (month <= 2), of_era = y % 400;
	unsigned int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return y / 400 * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

SEC("syscall") __success __retval(20777)
PROG(days_since_1970)
{
	return days(2000 + ctx[26], ctx[11], ctx[20]);
}

char LICENSE[] SEC("license") = "GPL";
