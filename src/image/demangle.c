/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536

/* Few bytes of a name can stand for any number of characters: where there are too many the demangler is left by
 * longjmp(), for it knows no other way. It allocates nothing. */
struct text {
	char *s;
	size_t len;
	jmp_buf too_long;
};

static void append(const char *s, size_t len, void *arg)
{
	struct text *t = arg;

	if (len >= TEXT_MAX - t->len)
		longjmp(t->too_long, 1);
	memcpy(t->s + t->len, s, len);
	t->len += len;
	t->s[t->len] = '\0';
}

static int print(const char *name, int options, struct text *t)
{
	if (setjmp(t->too_long))
		return 0;
	return rust_demangle_callback(name, options, append, t) ||
	       (name[1] == 'Z' && cplus_demangle_v3_callback(name, options, append, t));
}

char *demangle(const char *name, bool with_params)
{
	size_t len = strcspn(name, "@");
	struct text t = { 0 };
	char *plain, *ret = NULL;

	/* _Z, C++ and older Rust; _R, Rust */
	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R') || len > TEXT_MAX)
		return NULL;
	plain = strndup(name, len);
	t.s = malloc(TEXT_MAX);
	if (plain && t.s && print(plain, with_params ? DMGL_PARAMS | DMGL_ANSI : 0, &t) && t.len &&
	    asprintf(&ret, "%s%s", t.s, name + len) < 0)
		ret = NULL;
	free(t.s);
	free(plain);
	return ret;
}
