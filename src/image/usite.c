/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/usite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/tramp.h"
#include "image/uelf.h"
#include "image/usyms.h"
#include "util/log.h"

#define TEXT_MAX (1u << 31)	/* bytes of a segment */
#define SITE_AFTER 16		/* bytes behind a function which a patch may reach into */
#define NEAR_START 64		/* bytes after a function's start which a patch may displace, and more */

struct text {
	uint64_t addr;
	uint32_t len;
	uint8_t *bytes;
};

struct usites {
	const struct uelf *e;
	const struct usyms *syms;
	const struct arch_tramp_ops *arch;
	struct text *texts;
	uint32_t nr_texts;
	bool scanned;
	uint64_t *targets;	/* ascending: near the start of a function, from outside of it */
	uint32_t nr_targets, cap;
	const struct usym *from;	/* whose instructions are being looked at; NULL: nobody's */
	int err;
};

/* -- Text --- */

static int read_text(struct usites *s, const struct uelf_seg *seg)
{
	struct text t = { .addr = seg->vaddr, .len = seg->filesz };
	int got;

	if (seg->filesz > TEXT_MAX)
		return fail(-EFBIG, "'%s': more than 2 GiB of code", s->e->path);
	t.bytes = malloc(t.len + 1);
	if (!t.bytes)
		return fail(-ENOMEM, "out of memory");
	got = uelf_read(s->e, t.addr, t.bytes, t.len);
	t.len = got < 0 ? 0 : got;
	s->texts[s->nr_texts++] = t;
	return got < 0 ? fail(got, "cannot read '%s': %s", s->e->path, log_errstr(got)) : 0;
}

int usites_new(const struct uelf *e, const struct usyms *syms, struct usites **ret)
{
	struct usites *s = calloc(1, sizeof(*s));
	int err = 0;

	if (!s)
		return fail(-ENOMEM, "out of memory");
	*s = (struct usites){ .e = e, .syms = syms, .arch = arch_tramp_of(e->machine) };
	s->texts = calloc(e->nr_segs + 1, sizeof(*s->texts));
	if (!s->texts)
		err = fail(-ENOMEM, "out of memory");
	for (uint32_t i = 0; i < e->nr_segs && !err; i++)
		if (e->segs[i].flags & PF_X && e->segs[i].filesz)
			err = read_text(s, &e->segs[i]);
	if (err)
		usites_free(s);
	else
		*ret = s;
	return err;
}

void usites_free(struct usites *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->nr_texts; i++)
		free(s->texts[i].bytes);
	free(s->texts);
	free(s->targets);
	free(s);
}

static const struct text *text_of(const struct usites *s, uint64_t addr)
{
	for (uint32_t i = 0; i < s->nr_texts; i++)
		if (addr - s->texts[i].addr < s->texts[i].len)
			return &s->texts[i];
	return NULL;
}

/* -- Branches --- */

static void add_target(struct usites *s, uint64_t target)
{
	if (s->nr_targets == s->cap) {
		uint32_t cap = s->cap ? 2 * s->cap : 256;
		uint64_t *targets = realloc(s->targets, cap * sizeof(*targets));

		if (!targets) {
			s->err = -ENOMEM;
			return;
		}
		s->targets = targets;
		s->cap = cap;
	}
	s->targets[s->nr_targets++] = target;
}

static void on_branch(u64 target, bool is_call, void *arg)
{
	struct usites *s = arg;
	const struct usym *to;

	(void)is_call;
	if (s->from && target - s->from->addr < s->from->size)
		return;		/* within itself */
	to = usyms_at(s->syms, target);
	if (to && target != to->addr && target - to->addr < NEAR_START)
		add_target(s, target);
}

/* Between functions is code too: parts of functions, stubs. */
static void scan_text(struct usites *s, const struct text *t)
{
	uint64_t at = t->addr, end = t->addr + t->len;

	while (at < end && !s->err) {
		const struct usym *next = usyms_after(s->syms, at);
		uint64_t stop = next && next->addr < end ? next->addr : end;

		s->from = usyms_at(s->syms, at);
		s->arch->branches(t->bytes + (at - t->addr), stop - at, at, on_branch, s);
		at = stop;
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void scan(struct usites *s)
{
	s->scanned = true;
	if (!s->arch->branches)
		return;
	for (uint32_t i = 0; i < s->nr_texts; i++)
		scan_text(s, &s->texts[i]);
	if (s->nr_targets)
		qsort(s->targets, s->nr_targets, sizeof(*s->targets), compare);
}

static void set_targets(const struct usites *s, struct arch_site *site)
{
	uint32_t lo = 0, hi = s->nr_targets;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (s->targets[mid] < site->addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	site->targets = (const u64 *)s->targets + lo;
	while (lo < s->nr_targets && s->targets[lo++] < site->addr + NEAR_START)
		site->nr_targets++;
}

/* -- The decision --- */

bool usite_is_odd(const struct usym *sym)
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

	if (!strncmp(sym->name, resolve, strlen(resolve)))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == sym->base_len && !strncmp(sym->name, names[i], sym->base_len))
			return true;
	return false;
}

const char *usites_refusal(struct usites *s, const struct usym *sym, char buf[128])
{
	const struct text *t = text_of(s, sym->addr);
	struct arch_site site = { .addr = sym->addr };
	struct arch_plan plan;
	uint64_t off;

	if (!s->arch)
		return "is code of another architecture";
	if (sym->flags & USYM_PART)
		return "is a part of a function";
	if (sym->flags & USYM_IFUNC)
		return "only chooses a function, once, at the start of a program";
	if (usite_is_odd(sym))
		return "is not left the way it is entered";
	if (!t)
		return "has no code in the file";
	if (!s->scanned)
		scan(s);
	if (s->err)
		return "out of memory";
	off = sym->addr - t->addr;
	site.size = sym->size < ARCH_SITE_TEXT_MAX ? sym->size : ARCH_SITE_TEXT_MAX;
	site.before = off < ARCH_SITE_BEFORE_MAX ? off : ARCH_SITE_BEFORE_MAX;
	site.len = t->len - off < site.size + SITE_AFTER ? t->len - off : site.size + SITE_AFTER;
	site.text = t->bytes + off - site.before;
	set_targets(s, &site);
	if (!s->arch->plan(&site, &plan))
		return NULL;
	snprintf(buf, 128, "%s", plan.why);
	return buf;
}
