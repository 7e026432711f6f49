/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/sha256.h"

#include <string.h>

#define BLOCK 64

/* Fractional parts of the square roots, and of the cube roots, of the first primes. */
static const u32 start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
static const u32 rounds[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static u32 turn(u32 v, u32 by)
{
	return v >> by | v << (32 - by);
}

static void add_block(u32 h[8], const u8 *p)
{
	u32 w[64], v[8];

	for (u32 i = 0; i < 16; i++)
		w[i] = (u32)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
	for (u32 i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] + (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, h, sizeof(v));
	for (u32 i = 0; i < 64; i++) {
		u32 choice = (v[4] & v[5]) ^ (~v[4] & v[6]), most = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
		u32 a = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + choice + rounds[i] + w[i];
		u32 b = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + most;

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += a;
		v[0] = a + b;
	}
	for (u32 i = 0; i < 8; i++)
		h[i] += v[i];
}

void sha256(const void *from, u64 bytes, u8 digest[SHA256_BYTES])
{
	u8 last[2 * BLOCK] = { 0 };
	u64 rest = bytes % BLOCK, pad = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;
	const u8 *p = from;
	u32 h[8];

	memcpy(h, start, sizeof(h));
	for (u64 i = 0; i < bytes / BLOCK; i++, p += BLOCK)
		add_block(h, p);
	memcpy(last, p, rest);
	last[rest] = 0x80;
	for (u32 i = 0; i < 8; i++)
		last[pad - 1 - i] = bytes * 8 >> 8 * i;
	for (u64 i = 0; i < pad; i += BLOCK)
		add_block(h, last + i);
	for (u32 i = 0; i < SHA256_BYTES; i++)
		digest[i] = h[i / 4] >> (24 - i % 4 * 8);
}
