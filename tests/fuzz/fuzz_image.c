/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs from anywhere: ELF, symbols, .eh_frame, DWARF, BTF. Nothing but less knowledge may come of damage. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "image/btfdecl.h"
#include "image/ubtf.h"
#include "image/usite.h"
#include "util/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void discard(int level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

/* What is promised of a table of functions. */
static void check(const struct ubtf *u, uint32_t i)
{
	const struct ufunc *f = &u->funcs[i];
	const struct btf_type *t = btf__type_by_id(u->btf, f->btf_id);

	if (f->sym != &u->syms->v[i] || !uelf_is_text(u->elf, f->sym->addr) || ubtf_find(u, f->sym->name) != f ||
	    ubtf_from_id(u, f->btf_id) != f || !btf_is_func(t) || (f->decl && !f->untyped && f->decl != t->type))
		abort();
}

static void look_at(struct ubtf *u)
{
	struct usites *sites;
	char buf[128];

	if (usites_new(u->elf, u->syms, &sites))
		return;
	for (uint32_t i = 0; i < u->nr; i++) {
		check(u, i);
		btfdecl_format(u->btf, u->funcs[i].decl, u->funcs[i].sym->name, buf, sizeof(buf));
		usites_refusal(sites, u->funcs[i].sym, buf);
	}
	usites_free(sites);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ubtf_opts o = { .root = "/nonexistent", .nameless = true };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct ubtf *u;

	log_set_sink(discard, NULL);
	libbpf_set_print(NULL);
	if (write(fd, data, size) == (ssize_t)size && !ubtf_open_opts(fd, "fuzz", &o, &u)) {
		look_at(u);
		ubtf_free(u);
	}
	close(fd);
	return 0;
}
