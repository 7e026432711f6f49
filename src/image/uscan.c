/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/uscan.h"

#include <errno.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "arch/tramp.h"
#include "image/uelf.h"
#include "image/usyms.h"

struct scan {
	const struct uelf *e;
	const struct usyms *syms;
	struct uscan *ret;
	uint32_t cap;
	const struct usym *from;	/* whose instructions are being looked at; NULL: nobody's */
	int err;
};

static void add_target(struct scan *s, uint64_t target)
{
	struct uscan *r = s->ret;

	if (r->nr_targets == s->cap) {
		uint32_t cap = s->cap ? 2 * s->cap : 256;
		uint64_t *targets = realloc(r->targets, cap * sizeof(*targets));

		if (!targets) {
			s->err = -ENOMEM;
			return;
		}
		r->targets = targets;
		s->cap = cap;
	}
	r->targets[r->nr_targets++] = target;
}

static void use(struct scan *s, uint64_t addr)
{
	const struct usym *sym = usyms_at(s->syms, addr);

	if (sym && sym->addr == addr)
		s->ret->is_used[sym - s->syms->v] = 1;
}

/* -- Code --- */

static void on_ref(u64 target, enum arch_ref kind, void *arg)
{
	struct scan *s = arg;
	const struct usym *to;

	if (s->from && target - s->from->addr < s->from->size)
		return;		/* within itself */
	if (kind == ARCH_REF_NUMBER && s->e->is_pie)
		return;
	to = usyms_at(s->syms, target);
	if (!to)
		return;
	if (kind == ARCH_REF_FALL) {
		if (target == to->addr)
			add_target(s, target);
		return;
	}
	if (target == to->addr && kind != ARCH_REF_JUMP)
		s->ret->is_used[to - s->syms->v] = 1;
	else if (target != to->addr && target - to->addr < USCAN_NEAR &&
		 (kind == ARCH_REF_JUMP || kind == ARCH_REF_CALL))
		add_target(s, target);
}

/* Between functions is code too: parts of functions, stubs. */
static void scan_code(struct scan *s, const struct uelf_seg *seg, arch_refs_fn refs)
{
	uint64_t at = seg->vaddr, end = seg->vaddr + seg->code_len;

	while (at < end && !s->err) {
		const struct usym *next = usyms_after(s->syms, at);
		uint64_t stop = next && next->addr < end ? next->addr : end;

		s->from = usyms_at(s->syms, at);
		refs(seg->code + (at - seg->vaddr), stop - at, at, on_ref, s);
		at = stop;
	}
}

/* -- Data: tables of functions --- */

static void scan_rela(struct scan *s, Elf_Data *data)
{
	GElf_Rela r;

	for (int i = 0; gelf_getrela(data, i, &r); i++)
		use(s, r.r_addend);
}

static uint64_t word_at(const struct uelf *e, uint64_t addr)
{
	uint64_t v = 0;

	return uelf_read(e, addr, &v, sizeof(v)) == sizeof(v) ? v : 0;
}

/* An address, then bit maps of the 63 words after it. */
static void scan_relr(struct scan *s, Elf_Data *data)
{
	const uint64_t *v = data->d_buf;
	uint64_t at = 0;

	for (size_t i = 0; i < data->d_size / 8; i++) {
		if (!(v[i] & 1)) {
			use(s, word_at(s->e, v[i]));
			at = v[i] + 8;
			continue;
		}
		for (int bit = 1; bit < 64; bit++)
			if (v[i] >> bit & 1)
				use(s, word_at(s->e, at + (bit - 1) * 8));
		at += 63 * 8;
	}
}

static void scan_words(struct scan *s, Elf_Data *data)
{
	const char *p = data->d_buf;
	uint64_t v;

	for (size_t i = 0; i + 8 <= data->d_size; i += 8) {
		memcpy(&v, p + i, 8);
		if (v)
			use(s, v);
	}
}

static void scan_data(struct scan *s)
{
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(s->e->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC) || sh.sh_type == SHT_NOBITS)
			continue;
		data = elf_rawdata(scn, NULL);
		if (!data || !data->d_buf)
			continue;
		if (sh.sh_type == SHT_RELA && (data = elf_getdata(scn, NULL)))
			scan_rela(s, data);
		else if (sh.sh_type == SHT_RELR)
			scan_relr(s, data);
		else if (!s->e->is_pie && !(sh.sh_flags & SHF_EXECINSTR))
			scan_words(s, data);
	}
}

/* -- All of it --- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int uscan_run(struct uelf *e, const struct usyms *syms, struct uscan *ret)
{
	const struct arch_tramp_ops *arch = arch_tramp_of(e->machine);
	struct uscan r = { .is_used = calloc(syms->nr + 1, 1) };
	struct scan s = { .e = e, .syms = syms, .ret = &r };

	if (!r.is_used)
		return -ENOMEM;
	if (!arch || !arch->refs) {
		memset(r.is_used, 1, syms->nr);
		*ret = r;
		return 0;
	}
	s.err = uelf_load_code(e);
	for (uint32_t i = 0; i < e->nr_segs && !s.err; i++)
		if (e->segs[i].code)
			scan_code(&s, &e->segs[i], arch->refs);
	scan_data(&s);
	use(&s, e->entry);
	if (s.err) {
		uscan_done(&r);
		return s.err;
	}
	if (r.nr_targets)
		qsort(r.targets, r.nr_targets, sizeof(*r.targets), compare);
	*ret = r;
	return 0;
}

void uscan_done(struct uscan *s)
{
	free(s->targets);
	free(s->is_used);
	*s = (struct uscan){};
}
