/* SPDX-License-Identifier: BSD-2-Clause */
/* Layouts: DWARF 4 section 6.4, LSB Core "Exception Frames". */
#include "trampoline/unwind.h"

enum {
	CFA_ADVANCE_LOC4 = 0x04,
	CFA_DEF_CFA = 0x0c,
	CFA_OFFSET = 0x80,	/* | register */
	CFA_RESTORE = 0xc0,	/* | register */
	PE_UDATA4 = 0x03,
	PE_PCREL_SDATA4 = 0x1b,
	PE_DATAREL_SDATA4 = 0x3b,
};

#define DATA_ALIGN 8		/* factor of saved offsets, negated */

static void put_uleb(struct codebuf *b, u32 v)
{
	while (v > 0x7f) {
		codebuf_u8(b, v | 0x80);
		v >>= 7;
	}
	codebuf_u8(b, v);
}

static void pad_to(struct codebuf *b, u32 start, u32 align)
{
	while ((b->len - start) % align)
		codebuf_u8(b, 0);	/* DW_CFA_nop */
}

/* A distance from itself to what will lie at @to; the buffer's start will lie at @addr. */
static void put_pcrel(struct codebuf *b, u32 start, u64 addr, u64 to)
{
	codebuf_u32(b, to - (addr + b->len - start));
}

/* Fills in the length word at @at of an entry that ends here. */
static void end_entry(struct codebuf *b, u32 at)
{
	u32 len;

	pad_to(b, at, 8);
	len = b->len - at - 4;
	codebuf_patch(b, at, &len, 4);
}

/* @personality: its address, or 0 */
static void put_cie(const struct arch_tramp_ops *arch, u64 personality, u32 start, u64 addr,
		    struct codebuf *b)
{
	u32 at = b->len;

	codebuf_u32(b, 0);			/* length			*/
	codebuf_u32(b, 0);			/* it is a CIE			*/
	codebuf_u8(b, 1);			/* version			*/
	codebuf_put(b, personality ? "zPR" : "zR", personality ? 4 : 3);
	put_uleb(b, arch->cfi_code_align);
	codebuf_u8(b, 0x80 - DATA_ALIGN);	/* sleb128 -8			*/
	codebuf_u8(b, arch->cfi_ra);
	put_uleb(b, personality ? 6 : 1);
	if (personality) {
		codebuf_u8(b, PE_PCREL_SDATA4);
		put_pcrel(b, start, addr, personality);
	}
	codebuf_u8(b, PE_PCREL_SDATA4);		/* how FDEs point at code	*/
	codebuf_u8(b, CFA_DEF_CFA);
	put_uleb(b, arch->cfi_sp);
	put_uleb(b, arch->cfi_sp_off);
	if (arch->cfi_ra_at) {
		codebuf_u8(b, CFA_OFFSET | arch->cfi_ra);
		put_uleb(b, -arch->cfi_ra_at / DATA_ALIGN);
	}
	end_entry(b, at);
}

static void put_rows(const struct arch_tramp_ops *arch, const struct arch_cfi *cfi, struct codebuf *b)
{
	u32 loc = 0;

	for (u32 i = 0; i < cfi->cnt; i++) {
		const struct arch_cfi_row *r = &cfi->rows[i];

		if (r->off != loc) {
			codebuf_u8(b, CFA_ADVANCE_LOC4);
			codebuf_u32(b, (r->off - loc) / arch->cfi_code_align);
			loc = r->off;
		}
		switch (r->op) {
		case ARCH_CFI_DEF:
			codebuf_u8(b, CFA_DEF_CFA);
			put_uleb(b, r->reg);
			put_uleb(b, r->value);
			break;
		case ARCH_CFI_SAVED:
			codebuf_u8(b, CFA_OFFSET | r->reg);
			put_uleb(b, -r->value / DATA_ALIGN);
			break;
		case ARCH_CFI_RESTORED:
			codebuf_u8(b, CFA_RESTORE | r->reg);
			break;
		}
	}
}

void unwind_emit(const struct arch_tramp_ops *arch, const struct arch_cfi *cfi, u64 code, u32 len,
		 u64 addr, struct codebuf *b)
{
	u32 start = b->len, cie, fde, fde_off;

	if (cfi->full)
		codebuf_fail(b, -E2BIG);
	codebuf_u8(b, 1);				/* .eh_frame_hdr: version */
	codebuf_u8(b, PE_PCREL_SDATA4);
	codebuf_u8(b, PE_UDATA4);
	codebuf_u8(b, PE_DATAREL_SDATA4);
	codebuf_u32(b, UNWIND_FRAME_OFF - 4);		/* .eh_frame from here	*/
	codebuf_u32(b, 1);				/* one FDE:		*/
	codebuf_u32(b, code - addr);			/*	of this code	*/
	codebuf_u32(b, 0);				/*	at ...		*/
	cie = b->len;
	put_cie(arch, cfi->personality ? code + cfi->personality : 0, start, addr, b);
	fde = b->len;
	fde_off = fde - start;
	codebuf_patch(b, start + 16, &fde_off, 4);
	codebuf_u32(b, 0);				/* length		*/
	codebuf_u32(b, b->len - cie);			/* back to the CIE	*/
	put_pcrel(b, start, addr, code);
	codebuf_u32(b, len);
	put_uleb(b, 0);
	put_rows(arch, cfi, b);
	end_entry(b, fde);
	codebuf_u32(b, 0);				/* the end		*/
}
