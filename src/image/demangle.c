/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/demangle.h"

#include <libiberty/demangle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX 65536	/* there are shorter ways to say nothing */

char *demangle(const char *name, bool with_params)
{
	size_t len = strcspn(name, "@");
	char *plain, *ret = NULL, *s;

	/* _Z, C++ and older Rust; _R, Rust */
	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R') || len > NAME_MAX)
		return NULL;
	plain = strndup(name, len);
	if (!plain)
		return NULL;
	s = cplus_demangle(plain, DMGL_AUTO | (with_params ? DMGL_PARAMS | DMGL_ANSI : 0));
	if (s && asprintf(&ret, "%s%s", s, name + len) < 0)
		ret = NULL;
	free(s);
	free(plain);
	return ret;
}
