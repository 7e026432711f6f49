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

/* Functions that clang does not compile for BPF. */
static int add_odd_targets(struct btf *btf)
{
	int s32_id = btf__add_int(btf, "odd_int", 4, BTF_INT_SIGNED);
	int wide = btf__add_int(btf, "odd_wide", 16, 0);
	int fp = btf__add_float(btf, "odd_double", 8);
	int pair = btf__find_by_name_kind(btf, "pair", BTF_KIND_STRUCT);
	int node = btf__find_by_name_kind(btf, "node", BTF_KIND_STRUCT);
	const struct {
		const char *name;
		int ret, nr_args, args[2];
	} funcs[] = {
		{ "odd_variadic", s32_id, 2, { s32_id, 0 } },
		{ "odd_returns_struct", pair, 0 },
		{ "odd_returns_wide", wide, 1, { s32_id } },
		{ "odd_takes_large", s32_id, 1, { node } },
		{ "odd_takes_double", s32_id, 1, { fp } },
		{ "odd_returns_double", fp, 0 },
		{ "odd_thirteen", s32_id, 13, { s32_id, s32_id } },
		{ "odd_twelve", s32_id, 12, { s32_id, s32_id } },
		{ "odd_takes_wide", s32_id, 2, { wide, s32_id } },
	};

	for (size_t i = 0; i < sizeof(funcs) / sizeof(*funcs); i++) {
		int proto = btf__add_func_proto(btf, funcs[i].ret);

		for (int k = 0; k < funcs[i].nr_args; k++) {
			int arg = funcs[i].args[k < 2 ? k : 1];

			btf__add_func_param(btf, arg ? "x" : NULL, arg);
		}
		if (btf__add_func(btf, funcs[i].name, BTF_FUNC_GLOBAL, proto) < 0)
			return -1;
	}
	return 0;
}

const struct btf *judge_target_btf(void)
{
	static struct btf *btf;

	if (btf)
		return btf;
	btf = btf__parse(VERIFIER_BUILD "/target.bpf.o", NULL);
	if (btf && add_odd_targets(btf) < 0) {
		btf__free(btf);
		btf = NULL;
	}
	return btf;
}

u32 judge_target(const char *name)
{
	s32 id = btf__find_by_name_kind(judge_target_btf(), name, BTF_KIND_FUNC);

	return id < 0 ? 0 : id;
}
