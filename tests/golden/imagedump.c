/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trampoline images with landing pads, one per line: a name, where its code starts, where its personality
 * routine is (0: it has none) and the bytes in hex. Programs, helpers and the function are at made-up addresses.
 */
#include <stdio.h>

#include "arch/tramp.h"

#define IMAGE_ADDR 0x10000000
#define NEAR(n) (IMAGE_ADDR + 0x100000 + 0x100 * (n))
#define FAR(n) (0x700000000000 + 0x100 * (n))
#define NODES 18

static u8 bytes[64 << 10];

static const struct variant {
	const char *name;
	u32 nr_entry, nr_modify, nr_exit;
	u32 prog_flags, flags, stack_words;
} variants[] = {
	{ "fentry", 1, 0, 0, 0, 0, 0 },
	{ "fexit", 0, 0, 1, 0, 0, 0 },
	{ "modify", 0, 2, 0, 0, 0, 0 },
	{ "session", 1, 0, 1, ARCH_PROG_SESSION, 0, 0 },
	{ "cookie", 1, 0, 1, ARCH_PROG_SESSION | ARCH_PROG_COOKIE, ARCH_TRAMP_IP, 0 },
	{ "run", 1, 1, 1, ARCH_PROG_RUN, 0, 3 },
	{ "vectors", 1, 1, 1, ARCH_PROG_RUN | ARCH_PROG_VECTORS, 0, 0 },
	{ "untyped", 2, 0, 2, ARCH_PROG_SESSION, ARCH_TRAMP_STACK_UNKNOWN, 32 },
	{ "full", NODES, 0, NODES, ARCH_PROG_SESSION | ARCH_PROG_COOKIE, 0, 7 },
};

static void print(const struct variant *v)
{
	const struct guard_env guard = { FAR(1), FAR(2), FAR(3), FAR(4), .left = FAR(5) };
	struct arch_tramp_prog progs[NODES];
	struct arch_tramp t = { .addr = IMAGE_ADDR, .orig = NEAR(1), .ip = NEAR(2), .nr_slots = 2, .slot_loc = { 0, 1 },
				.stack_words = v->stack_words, .flags = v->flags | ARCH_TRAMP_LANDING_PAD,
				.xsave_bytes = 832, .guard = &guard, .entry = progs, .modify = progs, .exit = progs,
				.nr_entry = v->nr_entry, .nr_modify = v->nr_modify, .nr_exit = v->nr_exit };
	struct codebuf b = { .buf = bytes, .cap = sizeof(bytes) };
	struct arch_cfi cfi = {};

	for (u32 i = 0; i < NODES; i++)
		progs[i] = (struct arch_tramp_prog){ i & 1 ? FAR(10 + i) : NEAR(10 + i), NEAR(40 + i), i, FAR(8), FAR(9),
						     .clobbers = 0xff, .flags = v->prog_flags };
	x86_64_tramp.emit_image(&t, &b, &cfi);
	printf("%s %zu %u ", b.err ? "error" : v->name, sizeof(struct guard_image), cfi.personality);
	for (u32 i = 0; i < b.len; i++)
		printf("%02x", bytes[i]);
	printf("\n");
	arch_cfi_done(&cfi);
}

int main(void)
{
	for (u32 i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		print(&variants[i]);
	return 0;
}
