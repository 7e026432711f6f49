/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/fdarray.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/insn.h"
#include "bpf/rewrite.h"

/* Index 0 is the kernel's own BTF, which needs no fd. */
static size_t index_of(const struct bpf_insn *insn)
{
	return insn_is_kfunc_call(insn) && insn->off > 0 ? insn->off : 0;
}

int fdarray_copy(const int *fds, const struct bpf_insn *insns, size_t cnt, struct fdarray *ret)
{
	struct fdarray a = {};
	size_t at;
	int err;

	for (size_t i = 0; i < cnt; i += insn_slots(&insns[i]))
		if (index_of(&insns[i]) >= a.cnt && index_of(&insns[i]))
			a.cnt = index_of(&insns[i]) + 1;
	if (fds && a.cnt) {
		a.fds = calloc(a.cnt, sizeof(*a.fds));
		if (!a.fds)
			return -ENOMEM;
	}
	for (size_t i = 0; a.fds && i < cnt; i += insn_slots(&insns[i])) {
		at = index_of(&insns[i]);
		if (!at || a.fds[at])
			continue;
		a.fds[at] = fcntl(fds[at], F_DUPFD_CLOEXEC, 3);
		if (a.fds[at] < 0) {
			err = -errno;
			a.fds[at] = 0;
			fdarray_done(&a);
			return err;
		}
	}
	*ret = a;
	return 0;
}

void fdarray_done(struct fdarray *a)
{
	for (size_t i = 0; a->fds && i < a->cnt; i++)
		if (a->fds[i])
			close(a->fds[i]);
	free(a->fds);
	*a = (struct fdarray){};
}
