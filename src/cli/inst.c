/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/inst.h"

#include <errno.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include "util/log.h"

struct inst *inst_add(struct inst **list)
{
	struct inst *in = calloc(1, sizeof(*in));

	if (!in) {
		fail(-ENOMEM, "out of memory");
		return NULL;
	}
	in->process.fd = -1;
	while (*list)
		list = &(*list)->next;
	*list = in;
	return in;
}

int inst_share_maps(struct inst *in, const struct inst *from)
{
	struct bpf_map *map, *other = NULL;
	int err;

	bpf_object__for_each_map(map, in->obj) {
		other = bpf_object__next_map(from->obj, other);
		if (!other || bpf_map__fd(other) < 0)	/* not made: no program that is loaded uses it */
			continue;
		err = bpf_map__reuse_fd(map, bpf_map__fd(other));
		if (err)
			return fail(err, "map '%s': cannot be shared: %s", bpf_map__name(map), log_errstr(err));
	}
	return 0;
}

void inst_leave(struct inst *in)
{
	attach_detach(&in->attach);
	process_leave(&in->process);
}

void inst_free(struct inst **list, struct inst *in)
{
	while (*list != in)
		list = &(*list)->next;
	*list = in->next;
	attach_done(&in->attach);
	process_leave(&in->process);
	bpf_object__close(in->obj);
	free(in);
}

void inst_free_all(struct inst **list)
{
	while (*list)
		inst_free(list, *list);
}
