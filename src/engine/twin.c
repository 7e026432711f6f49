/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/twin.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/session.h"
#include "util/log.h"

struct twin_array {
	struct twin_array *next;
	uint32_t map_id;
	uint32_t max_entries;
	int orig_fd;
	int fd;
};

int twin_of(int map_fd, void *arg)
{
	struct twin_array **list = arg, *t;
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(map_fd, &info, &len))
		return fail(-errno, "tail calls: map fd %d: %s", map_fd, log_errstr(errno));
	if (info.type != BPF_MAP_TYPE_PROG_ARRAY)
		return 0;
	for (t = *list; t; t = t->next)
		if (t->map_id == info.id)
			return t->fd;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->map_id = info.id;
	t->max_entries = info.max_entries;
	t->orig_fd = fcntl(map_fd, F_DUPFD_CLOEXEC, 3);
	t->fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "fs_twin", 4, 4, info.max_entries, NULL);
	t->next = *list;
	*list = t;
	if (t->fd < 0 || t->orig_fd < 0)
		return fail(t->fd < 0 ? t->fd : -EMFILE, "tail calls: cannot create the exit half's "
			    "prog array for '%s'", info.name);
	return t->fd;
}

void twin_free(struct twin_array *list)
{
	struct twin_array *next;

	for (; list; list = next) {
		next = list->next;
		if (list->fd >= 0)
			close(list->fd);
		if (list->orig_fd >= 0)
			close(list->orig_fd);
		free(list);
	}
}

static int sync_one(const struct session *s, const struct twin_array *t, uint32_t key)
{
	struct session_half h = { .half = SPLIT_EXIT };
	struct session *callee;
	uint32_t id = 0;
	int fd, err;

	if (bpf_map_lookup_elem(t->orig_fd, &key, &id)) {
		bpf_map_delete_elem(t->fd, &key);
		return 0;
	}
	callee = session_of_object(s, id);
	if (!callee || callee->engine != FSESSION_ENGINE_SPLIT)
		return fail(-EINVAL, "tail calls: program id %u in the prog array is not a split "
			    "session of the same object", id);
	h.target = &callee->target;
	h.gpl = session_is_gpl(callee);
	fd = session_load_loudly(callee, &h, "exit half");
	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(t->fd, &key, &fd, BPF_ANY);
	close(fd);
	return err ? fail(-errno, "tail calls: program '%s' does not fit the exit half's prog array: %s",
			  callee->name, log_errstr(errno)) : 0;
}

int twin_sync(const struct session *s)
{
	int err = 0;

	for (const struct twin_array *t = s->twins; t && !err; t = t->next)
		for (uint32_t key = 0; key < t->max_entries && !err; key++)
			err = sync_one(s, t, key);
	return err;
}
