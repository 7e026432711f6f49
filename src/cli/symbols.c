/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/symbols.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "image/ksyms.h"

#define FUNC_MAX (1 << 20)	/* bytes; an address further from any symbol is in none */

struct symbols {
	bool tried;
	struct ksyms *table;		/* NULL = cannot be read */
	const struct ksym **sorted;	/* by address, then as in the file */
	size_t nr;
};

struct symbols *symbols_new(void)
{
	return calloc(1, sizeof(struct symbols));
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	free(s->sorted);
	ksyms_free(s->table);
	free(s);
}

static int compare(const void *a, const void *b)
{
	const struct ksym *x = *(const struct ksym *const *)a, *y = *(const struct ksym *const *)b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x < y ? -1 : 1;
}

static void load(struct symbols *s)
{
	s->tried = true;
	if (ksyms_load(&s->table)) {
		s->table = NULL;
		return;
	}
	if (s->table->hidden)
		return;
	s->sorted = calloc(s->table->nr, sizeof(*s->sorted));
	if (!s->sorted)
		return;
	for (size_t i = 0; i < s->table->nr; i++)
		s->sorted[s->nr++] = &s->table->syms[i];
	qsort(s->sorted, s->nr, sizeof(*s->sorted), compare);
}

/* The first symbol at the highest address that is not above @addr. */
static const struct ksym *find(const struct symbols *s, uint64_t addr)
{
	size_t lo = 0, hi = s->nr;	/* sorted[0..lo) are <= addr, sorted[hi..) above */

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->sorted[mid]->addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || addr - s->sorted[lo - 1]->addr > FUNC_MAX)
		return NULL;
	while (lo > 1 && s->sorted[lo - 2]->addr == s->sorted[lo - 1]->addr)
		lo--;
	return s->sorted[lo - 1];
}

void symbols_print(struct symbols *s, uint64_t addr, FILE *f)
{
	const struct ksym *sym;
	const char *module;

	if (!s->tried)
		load(s);
	sym = find(s, addr);
	if (!sym) {
		fprintf(f, "0x%" PRIx64, addr);
		return;
	}
	fputs(ksyms_name(s->table, sym), f);
	if (addr != sym->addr)
		fprintf(f, "+0x%" PRIx64, addr - sym->addr);
	module = ksyms_module(s->table, sym);
	if (*module)
		fprintf(f, " [%s]", module);
}
