/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge.h"

#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>


#define LOG_MAX (4 << 20)

void judge_log(void *arg, const char *text, size_t bytes)
{
	struct judge_log *l = arg;

	if (l->len + bytes + 1 > LOG_MAX) {	/* the end is what is looked at */
		memmove(l->text, l->text + l->len / 2, l->len - l->len / 2);
		l->len -= l->len / 2;
	}
	if (l->len + bytes + 1 > l->cap) {
		l->cap = (l->len + bytes + 1) * 2;
		l->text = realloc(l->text, l->cap);
	}
	memcpy(l->text + l->len, text, bytes);
	l->len += bytes;
	l->text[l->len] = 0;
}

const struct btf *judge_target_btf(void)
{
	static struct btf *btf;

	if (!btf)
		btf = btf__parse(VERIFIER_BUILD "/target.bpf.o", NULL);
	return btf;
}

u32 judge_target(const char *name)
{
	s32 id = btf__find_by_name_kind(judge_target_btf(), name, BTF_KIND_FUNC);

	return id < 0 ? 0 : id;
}
