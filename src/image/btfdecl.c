/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/btfdecl.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

struct btfdecl {
	const struct btf *btf;
	struct btf_dump *dump;
	FILE *f;
};

static void on_text(void *ctx, const char *fmt, va_list ap)
{
	vfprintf(((struct btfdecl *)ctx)->f, fmt, ap);
}

int btfdecl_new(const struct btf *btf, FILE *f, struct btfdecl **ret)
{
	struct btfdecl *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	*d = (struct btfdecl){ .btf = btf, .f = f };
	d->dump = btf_dump__new(btf, on_text, d, NULL);
	if (!d->dump) {
		free(d);
		return -errno;
	}
	*ret = d;
	return 0;
}

void btfdecl_free(struct btfdecl *d)
{
	if (!d)
		return;
	btf_dump__free(d->dump);
	free(d);
}

static void print_type(struct btfdecl *d, uint32_t type, const char *name)
{
	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, o, .field_name = name);

	btf_dump__emit_type_decl(d->dump, type, &o);
}

void btfdecl_print(struct btfdecl *d, uint32_t proto, const char *name)
{
	const struct btf_type *t = btf__type_by_id(d->btf, proto);
	const struct btf_param *p;

	if (!t || !btf_is_func_proto(t))
		return;
	print_type(d, t->type, name);
	fputc('(', d->f);
	p = btf_params(t);
	for (int i = 0; i < btf_vlen(t); i++) {
		fputs(i ? ", " : "", d->f);
		if (p[i].type)
			print_type(d, p[i].type, btf__name_by_offset(d->btf, p[i].name_off));
		else
			fputs("...", d->f);
	}
	fputs(btf_vlen(t) ? ")" : "void)", d->f);
}
