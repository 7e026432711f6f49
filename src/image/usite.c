/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/usite.h"

#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/tramp.h"
#include "image/uelf.h"
#include "image/uscan.h"
#include "image/usyms.h"
#include "util/log.h"

#define STUB_MAX 16		/* bytes of a function that may be but a jump */
#define UNWINDER_MAX 64
#define SITE_AFTER 16		/* bytes behind a function which a patch may reach into */

struct usites {
	struct uelf *e;
	const struct usyms *syms;
	const struct arch_tramp_ops *arch;
	bool is_go;		/* partly: names of C have no dots */
	struct uscan scan;	/* where the symbols have none */
	uint64_t unwinder[UNWINDER_MAX];	/* functions that unwinders call directly */
	uint32_t nr_unwinder;
};

/* -- Unwinders --- */

static const struct uelf_seg *code_at(const struct uelf *e, uint64_t addr)
{
	for (uint32_t i = 0; i < e->nr_segs; i++)
		if (addr - e->segs[i].vaddr < e->segs[i].code_len)
			return &e->segs[i];
	return NULL;
}

static void note_callee(u64 target, enum arch_ref kind, void *arg)
{
	struct usites *s = arg;

	if (kind == ARCH_REF_CALL && s->nr_unwinder < UNWINDER_MAX)
		s->unwinder[s->nr_unwinder++] = target;
}

/* What these call takes its return address for a place in them, whose frame it describes to itself. */
static void find_unwinder(struct usites *s)
{
	static const char *const names[] = {
		"_Unwind_RaiseException", "_Unwind_ForcedUnwind", "_Unwind_Resume", "_Unwind_Resume_or_Rethrow",
		"_Unwind_Backtrace",
	};

	for (size_t i = 0; s->arch && s->arch->refs && i < sizeof(names) / sizeof(names[0]); i++) {
		const struct usym *sym = usyms_find(s->syms, names[i]);
		const struct uelf_seg *seg = sym ? code_at(s->e, sym->addr) : NULL;

		if (seg && sym->size <= seg->code_len - (sym->addr - seg->vaddr))
			s->arch->refs(seg->code + (sym->addr - seg->vaddr), sym->size, sym->addr, note_callee, s);
	}
}

static bool is_of_unwinder(const struct usites *s, const struct usym *sym)
{
	for (uint32_t i = 0; i < s->nr_unwinder; i++)
		if (s->unwinder[i] == sym->addr)
			return true;
	return false;
}

int usites_new(struct uelf *e, const struct usyms *syms, struct usites **ret)
{
	struct usites *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return fail(-ENOMEM, "out of memory");
	*s = (struct usites){ .e = e, .syms = syms, .arch = arch_tramp_of(e->machine) };
	s->is_go = uelf_section(e, ".gopclntab") || uelf_section(e, ".data.rel.ro.gopclntab");
	err = uelf_load_code(e);
	if (!err && !syms->scan.is_used)
		err = uscan_run(e, syms, &s->scan);
	if (err) {
		usites_free(s);
		return fail(err, "'%s': cannot read its code: %s", e->path, log_errstr(err));
	}
	find_unwinder(s);
	*ret = s;
	return 0;
}

void usites_free(struct usites *s)
{
	if (!s)
		return;
	uscan_done(&s->scan);
	free(s);
}

static void set_targets(const struct usites *s, struct arch_site *site)
{
	const struct uscan *scan = s->syms->scan.is_used ? &s->syms->scan : &s->scan;
	uint32_t lo = 0, hi = scan->nr_targets;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (scan->targets[mid] < site->addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == scan->nr_targets)
		return;
	site->targets = (const u64 *)scan->targets + lo;
	while (lo < scan->nr_targets && scan->targets[lo++] < site->addr + USCAN_NEAR)
		site->nr_targets++;
}

uint64_t usites_entered(const struct usites *s, const struct usym *sym)
{
	struct arch_site site = { .addr = sym->addr };
	uint64_t ret = 0;

	set_targets(s, &site);
	for (uint32_t i = 0; i < site.nr_targets; i++)
		ret |= 1ull << (site.targets[i] - sym->addr);
	return ret;
}

/* -- The decision --- */

static bool is_of_symbol(const struct uelf *e, const GElf_Shdr *rela, const GElf_Rela *r, const struct usym *sym)
{
	Elf_Scn *scn = elf_getscn(e->elf, rela->sh_link);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	GElf_Sym es;

	return data && gelf_getsym(data, GELF_R_SYM(r->r_info), &es) && es.st_shndx != SHN_UNDEF &&
	       es.st_value == sym->addr;
}

uint64_t usite_ifunc_slot(const struct uelf *e, const struct usym *sym, bool *lazy)
{
	const struct arch_tramp_ops *arch = arch_tramp_of(e->machine);
	uint64_t named = 0;
	Elf_Scn *scn = NULL;
	Elf_Data *data;
	GElf_Shdr sh;
	GElf_Rela r;

	*lazy = false;
	while (arch && (scn = elf_nextscn(e->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_RELA || !(sh.sh_flags & SHF_ALLOC))
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 0; data && gelf_getrela(data, i, &r); i++) {
			u32 type = GELF_R_TYPE(r.r_info);

			if (type == arch->elf_irelative && (uint64_t)r.r_addend == sym->addr)
				return r.r_offset;
			if ((type == arch->elf_jump_slot || type == arch->elf_glob_dat) &&
			    is_of_symbol(e, &sh, &r, sym))
				named = r.r_offset;
		}
	}
	*lazy = named;
	return named;
}

bool usite_is_odd(const struct uelf *e, const struct usym *sym)
{
	static const char *const names[] = {
		"setjmp", "_setjmp", "sigsetjmp", "__sigsetjmp", "longjmp", "_longjmp", "siglongjmp",
		"__libc_siglongjmp", "__libc_longjmp", "____longjmp_chk", "__longjmp_chk", "__longjmp",
		"vfork", "__vfork", "__libc_vfork",
		"getcontext", "__getcontext", "setcontext", "__setcontext", "swapcontext",
		"__swapcontext", "__start_context", "clone", "__clone", "clone3", "__clone3",
		"__restore_rt", "_start", "_dl_start", "__tls_get_addr",
		"_Unwind_Resume", "_Unwind_RaiseException", "_Unwind_ForcedUnwind",
		"_Unwind_Resume_or_Rethrow",
	};
	static const char resolve[] = "_dl_runtime_";

	if (!strncmp(sym->name, resolve, strlen(resolve)) || sym->addr == e->entry)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == sym->base_len && !strncmp(sym->name, names[i], sym->base_len))
			return true;
	return false;
}

static int plan(const struct usites *s, const struct usym *sym, struct arch_plan *ret)
{
	const struct uelf_seg *seg = code_at(s->e, sym->addr);
	struct arch_site site = { .addr = sym->addr };
	uint64_t off;

	if (!seg) {
		snprintf(ret->why, sizeof(ret->why), "has no code in the file");
		return -ENOENT;
	}
	off = sym->addr - seg->vaddr;
	site.size = sym->size <= seg->code_len - off ? sym->size : seg->code_len - off;
	site.before = off < ARCH_SITE_BEFORE_MAX ? off : ARCH_SITE_BEFORE_MAX;
	site.len = seg->code_len - off < site.size + SITE_AFTER ? seg->code_len - off : site.size + SITE_AFTER;
	site.text = seg->code + off - site.before;
	set_targets(s, &site);
	return s->arch->plan(&site, ret);
}

struct jump {
	const struct usym *from;
	uint64_t to;
};

static void note_jump(u64 target, enum arch_ref kind, void *arg)
{
	struct jump *j = arg;

	if (kind == ARCH_REF_JUMP && target - j->from->addr >= j->from->size)
		j->to = target;
}

/* Is it nothing but a jump to a function that returns more than once, such as _setjmp() is? */
static bool is_way_to_odd(const struct usites *s, const struct usym *sym)
{
	const struct uelf_seg *seg = code_at(s->e, sym->addr);
	struct jump j = { .from = sym };
	const struct usym *to;
	struct arch_plan p;

	if (!s->arch->refs || !seg || sym->size > STUB_MAX || sym->size > seg->code_len - (sym->addr - seg->vaddr))
		return false;
	s->arch->refs(seg->code + (sym->addr - seg->vaddr), sym->size, sym->addr, note_jump, &j);
	to = j.to ? usyms_at(s->syms, j.to) : NULL;
	if (!to || to->addr != j.to)
		return false;
	return usite_is_odd(s->e, to) || (plan(s, to, &p) && p.returns_twice);
}

const char *usites_refusal(struct usites *s, const struct usym *sym, char buf[128])
{
	struct arch_plan p;

	if (!s->arch)
		return "is code of another architecture";
	if (sym->flags & USYM_PART)
		return "is a part of a function";
	if (sym->flags & USYM_IFUNC)
		return "only chooses a function, once, at the start of a program";
	if (s->is_go && (!sym->base_len || memchr(sym->name, '.', sym->base_len)))
		return "is Go code, whose stacks move";
	if (usite_is_odd(s->e, sym) || is_way_to_odd(s, sym))
		return "is not left the way it is entered";
	if (is_of_unwinder(s, sym))
		return "looks at its caller, to unwind it";
	if (!plan(s, sym, &p))
		return NULL;
	snprintf(buf, 128, "%s", p.why);
	return buf;
}
