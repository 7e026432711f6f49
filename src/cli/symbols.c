/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/symbols.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/ksyms.h"

#define FUNC_MAX (1 << 20)	/* bytes; an address further from any symbol is in none */

/* A BPF program's function; the table of the kernel's own leaves them out. */
struct generated {
	uint64_t addr;
	char name[128];
};

/* The symbols of the kernel, or of what the user engine showed as one at some time. */
struct table {
	struct ksyms *syms;
	const struct ksym **sorted;	/* by address, then as in the file */
	size_t nr;
};

struct symbols {
	bool tried;
	struct table *tables;		/* the newest one last */
	size_t nr_tables;

	bool tried_generated;
	struct generated *generated;
	size_t nr_generated;
};

struct symbols *symbols_new(void)
{
	return calloc(1, sizeof(struct symbols));
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nr_tables; i++) {
		free(s->tables[i].sorted);
		ksyms_free(s->tables[i].syms);
	}
	free(s->tables);
	free(s->generated);
	free(s);
}

static int compare(const void *a, const void *b)
{
	const struct ksym *x = *(const struct ksym *const *)a, *y = *(const struct ksym *const *)b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x < y ? -1 : 1;
}

static int sort(struct table *t)
{
	t->sorted = calloc(t->syms->nr, sizeof(*t->sorted));
	if (!t->sorted)
		return -ENOMEM;
	for (; t->nr < t->syms->nr; t->nr++)
		t->sorted[t->nr] = &t->syms->syms[t->nr];
	qsort(t->sorted, t->nr, sizeof(*t->sorted), compare);
	return 0;
}

void symbols_keep(struct symbols *s)
{
	struct table t = { 0 }, *tables;

	s->tried = true;
	if (ksyms_load(&t.syms))
		return;
	tables = reallocarray(s->tables, s->nr_tables + 1, sizeof(*tables));
	if (tables)
		s->tables = tables;
	if (!tables || t.syms->hidden || sort(&t))
		ksyms_free(t.syms);
	else
		tables[s->nr_tables++] = t;
}

/* The first symbol at the highest address that is not above @addr. */
static const struct ksym *find_in(const struct table *t, uint64_t addr)
{
	size_t lo = 0, hi = t->nr;	/* sorted[0..lo) are <= addr, sorted[hi..) above */

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->sorted[mid]->addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr - t->sorted[lo - 1]->addr > FUNC_MAX)
		return NULL;
	while (lo > 1 && t->sorted[lo - 2]->addr == t->sorted[lo - 1]->addr)
		lo--;
	return t->sorted[lo - 1];
}

/* Other processes than the last have their say where a function begins: what is inside one may be anybody's. */
static const struct ksym *find(const struct symbols *s, uint64_t addr, const struct ksyms **of)
{
	const struct ksym *sym, *best = NULL;

	for (size_t i = s->nr_tables; i-- && !(best && best->addr == addr);) {
		sym = find_in(&s->tables[i], addr);
		if (sym && (sym->addr == addr || i == s->nr_tables - 1)) {
			best = sym;
			*of = s->tables[i].syms;
		}
	}
	return best;
}

/* @line: "ffffffffc0007aa0 t bpf_prog_TAG_name\t[bpf]" */
static void add_generated(struct symbols *s, const char *line)
{
	struct generated g, *more;

	if (sscanf(line, "%" SCNx64 " %*c bpf_prog_%*16[0-9a-f]_%127s", &g.addr, g.name) != 2 ||
	    !g.addr)
		return;
	more = realloc(s->generated, (s->nr_generated + 1) * sizeof(*more));
	if (!more)
		return;
	more[s->nr_generated++] = g;
	s->generated = more;
}

static void load_generated(struct symbols *s)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512];

	s->tried_generated = true;
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "\t[bpf]"))
			add_generated(s, line);
	if (f)
		fclose(f);
}

static const struct generated *find_generated(const struct symbols *s, uint64_t addr)
{
	const struct generated *best = NULL;

	for (size_t i = 0; i < s->nr_generated; i++)
		if (s->generated[i].addr <= addr && addr - s->generated[i].addr <= FUNC_MAX &&
		    (!best || best->addr < s->generated[i].addr))
			best = &s->generated[i];
	return best;
}

static void print_symbol(const char *name, uint64_t off, const char *module, FILE *f)
{
	fputs(name, f);
	if (off)
		fprintf(f, "+0x%" PRIx64, off);
	if (*module)
		fprintf(f, " [%s]", module);
}

void symbols_print(struct symbols *s, uint64_t addr, FILE *f)
{
	const struct generated *g;
	const struct ksyms *of = NULL;
	const struct ksym *sym;

	if (!s->tried)
		symbols_keep(s);
	sym = find(s, addr, &of);
	/* Modules and BPF programs share a range: who is nearer below has it. */
	if ((!sym || sym->addr != addr) && !s->tried_generated)
		load_generated(s);
	g = find_generated(s, addr);
	if (g && (!sym || g->addr > sym->addr))
		print_symbol(g->name, addr - g->addr, "bpf", f);
	else if (sym)
		print_symbol(ksyms_name(of, sym), addr - sym->addr, ksyms_module(of, sym), f);
	else
		fprintf(f, "0x%" PRIx64, addr);
}
