/* SPDX-License-Identifier: BSD-2-Clause */
#include "tags.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "verdict:"

static int add_flag(struct tags *t, const char *name)
{
	if (!strcmp(name, "BPF_F_TEST_STATE_FREQ"))
		t->flags |= BPF_F_TEST_STATE_FREQ;
	else if (!strcmp(name, "BPF_F_STRICT_ALIGNMENT"))
		t->flags |= BPF_F_STRICT_ALIGNMENT;
	else
		return -EINVAL;
	return 0;
}

static int add_value(struct tags *t, const char *tag)
{
	if (!strncmp(tag, "msg=", 4) && t->nr_msgs < TAGS_MSGS) {
		t->msgs[t->nr_msgs++] = tag + 4;
		return 0;
	}
	if (!strncmp(tag, "flag=", 5))
		return add_flag(t, tag + 5);
	if (strncmp(tag, "retval=", 7))
		return -EINVAL;
	t->has_retval = true;
	t->retval = strtoull(tag + 7, NULL, 0);
	return 0;
}

static int add(struct tags *t, const char *tag)
{
	if (!strcmp(tag, "success"))
		return 0;
	if (!strcmp(tag, "failure"))
		t->failure = true;
	else if (!strcmp(tag, "slow"))
		t->slow = true;
	else if (!strcmp(tag, "linux=success") || !strcmp(tag, "linux=failure"))
		t->linux_differs = true;
	else
		return add_value(t, tag);
	return 0;
}

int tags_read(const struct btf *btf, const char *func, struct tags *ret)
{
	s32 id = btf__find_by_name_kind(btf, func, BTF_KIND_FUNC);

	*ret = (struct tags){ 0 };
	for (u32 i = 1; id > 0 && i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *tag = btf__name_by_offset(btf, t->name_off);

		if (btf_kind(t) != BTF_KIND_DECL_TAG || (s32)t->type != id ||
		    strncmp(tag, PREFIX, strlen(PREFIX)))
			continue;
		if (add(ret, tag + strlen(PREFIX))) {
			printf("# %s: what does tag '%s' mean?\n", func, tag);
			return -EINVAL;
		}
	}
	return 0;
}
