/* SPDX-License-Identifier: BSD-2-Clause */
/* Not there yet: every attempt is refused with a sentence. */
#include <elf.h>
#include <stdio.h>

#include "arch/tramp.h"

static int place_args(const u8 *arg_words, u32 nr, struct arch_tramp *ret)
{
	(void)arg_words;
	(void)nr;
	(void)ret;
	return -EOPNOTSUPP;
}

static void emit_image(const struct arch_tramp *t, struct codebuf *b, struct arch_cfi *cfi)
{
	(void)t;
	(void)cfi;
	codebuf_fail(b, -EOPNOTSUPP);
}

static void emit_stub(u64 addr, u64 slot, bool landing_pad, struct codebuf *b)
{
	(void)addr;
	(void)slot;
	(void)landing_pad;
	codebuf_fail(b, -EOPNOTSUPP);
}

static int plan(const struct arch_site *site, struct arch_plan *ret)
{
	(void)site;
	snprintf(ret->why, sizeof(ret->why), "functions of arm64 programs cannot be traced yet");
	return -EOPNOTSUPP;
}

static void emit_copy(struct arch_plan *p, u64 copy, struct codebuf *b, struct arch_cfi *cfi)
{
	(void)p;
	(void)copy;
	(void)cfi;
	codebuf_fail(b, -EOPNOTSUPP);
}

static void emit_patch(const struct arch_plan *p, u64 to, struct codebuf *b, struct codebuf *pad)
{
	(void)p;
	(void)to;
	(void)pad;
	codebuf_fail(b, -EOPNOTSUPP);
}

static void follow(const u8 *code, u32 len, const u32 *starts, u32 nr_starts, struct arch_cfi *cfi)
{
	(void)code;
	(void)len;
	(void)starts;
	(void)nr_starts;
	(void)cfi;
}

static u32 clobbers(const u8 *code, u32 len)
{
	(void)code;
	(void)len;
	return ~0u;
}

const struct arch_tramp_ops arm64_tramp = {
	.name = "arm64",
	.nodes_max = 37,
	.stub_bytes = 16,
	.elf_irelative = R_AARCH64_IRELATIVE,
	.elf_jump_slot = R_AARCH64_JUMP_SLOT,
	.elf_glob_dat = R_AARCH64_GLOB_DAT,
	.arg_regs = 8,
	.trap_byte = 0,		/* udf */
	.cfi_ra = 30,
	.cfi_code_align = 4,
	.cfi_sp = 31,
	.place_args = place_args,
	.emit_image = emit_image,
	.emit_stub = emit_stub,
	.plan = plan,
	.emit_copy = emit_copy,
	.emit_patch = emit_patch,
	.follow = follow,
	.clobbers = clobbers,
};
