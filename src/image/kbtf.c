/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/kbtf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/strhash.h"

static void kbtf_free(struct kbtf *k)
{
	if (!k)
		return;
	btf__free(k->btf);
	free(k->hash);
	if (k->fd > 0)
		close(k->fd);
	free(k);
}

static void free_list(struct kbtf *k)
{
	struct kbtf *next;

	for (; k; k = next) {
		next = k->next;
		kbtf_free(k);
	}
}

void kbtf_set_done(struct kbtf_set *s)
{
	free_list(s->modules);
	free_list(s->gone);
	kbtf_free(s->vmlinux);		/* base of the modules' BTF: last */
	memset(s, 0, sizeof(*s));
}

const char *kbtf_func_name(const struct kbtf *k, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(k->btf, id);
	const char *name = t ? btf__name_by_offset(k->btf, t->name_off) : NULL;

	return name ? name : "";
}

uint32_t kbtf_func_next(const struct kbtf *k, uint32_t id)
{
	for (id = id ? id + 1 : k->first_id; id < k->nr_types; id++)
		if (btf_is_func(btf__type_by_id(k->btf, id)))
			return id;
	return 0;
}

int kbtf_index(struct kbtf *k)
{
	uint32_t size = 64;

	k->nr_types = btf__type_cnt(k->btf);
	k->nr_funcs = 0;
	for (uint32_t id = kbtf_func_next(k, 0); id; id = kbtf_func_next(k, id))
		k->nr_funcs++;
	while (size < 2 * k->nr_funcs)
		size *= 2;
	k->hash = calloc(size, sizeof(*k->hash));
	if (!k->hash)
		return -ENOMEM;
	k->hash_mask = size - 1;
	/* ascending, so that of several equal names the lowest id is met first */
	for (uint32_t id = kbtf_func_next(k, 0); id; id = kbtf_func_next(k, id)) {
		uint32_t h = strhash(kbtf_func_name(k, id)) & k->hash_mask;

		while (k->hash[h])
			h = (h + 1) & k->hash_mask;
		k->hash[h] = id;
	}
	return 0;
}

uint32_t kbtf_func_find(const struct kbtf *k, const char *name)
{
	uint32_t h = strhash(name) & k->hash_mask;

	for (; k->hash[h]; h = (h + 1) & k->hash_mask)
		if (!strcmp(kbtf_func_name(k, k->hash[h]), name))
			return k->hash[h];
	return 0;
}

uint32_t kbtf_func_count(const struct kbtf *k, const char *name)
{
	uint32_t h = strhash(name) & k->hash_mask, n = 0;

	for (; k->hash[h]; h = (h + 1) & k->hash_mask)
		n += !strcmp(kbtf_func_name(k, k->hash[h]), name);
	return n;
}

bool kbtf_module_name_eq(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

static int add_module(struct kbtf_set *s, uint32_t id, const char *name)
{
	struct kbtf *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->id = id;
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->next = s->modules;
	s->modules = m;
	s->generation++;
	return 0;
}

/* Returns 0 also for objects that are none of ours. */
static int look_at(struct kbtf_set *s, uint32_t id)
{
	char name[64] = "";
	struct bpf_btf_info info = { .name = (uintptr_t)name, .name_len = sizeof(name) };
	__u32 len = sizeof(info);
	int fd = bpf_btf_get_fd_by_id(id);
	int err;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;	/* it has gone meanwhile */
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	/* no module has so long a name; kernels without BTF of modules (5.10) know of no names */
	if (err)
		return err == -ENOSPC || err == -E2BIG ? 0 : err;
	if (!info.kernel_btf)
		return 0;
	if (strcmp(name, "vmlinux"))
		return add_module(s, id, name);
	s->vmlinux_id = id;
	return 0;
}

/* Our own reference keeps the BTF of a module that was unloaded; its functions are gone. */
static void drop_gone(struct kbtf_set *s)
{
	struct kbtf **link = &s->modules, *m;
	char path[128];

	if (access("/sys/module", F_OK))
		return;
	while ((m = *link)) {
		snprintf(path, sizeof(path), "/sys/module/%s", m->name);
		if (!access(path, F_OK)) {
			link = &m->next;
			continue;
		}
		*link = m->next;
		m->next = s->gone;
		s->gone = m;
	}
}

void kbtf_scan(struct kbtf_set *s)
{
	uint32_t id = s->last_id;
	int err;

	while (!(err = bpf_btf_get_next_id(id, &id))) {
		err = look_at(s, id);
		if (err)
			break;
		s->last_id = id;
	}
	s->scan_err = err == -ENOENT ? 0 : err;
	drop_gone(s);
}

struct kbtf *kbtf_vmlinux(struct kbtf_set *s)
{
	struct kbtf *k;
	int own;

	if (s->vmlinux)
		return s->vmlinux;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->btf = btf__load_vmlinux_btf();
	k->first_id = 1;
	if (!k->btf || kbtf_index(k)) {
		kbtf_free(k);
		return NULL;
	}
	own = btf__find_by_name_kind(k->btf, KBTF_ELSEWHERE, BTF_KIND_STRUCT);
	k->own = own > 0 ? own : 0;
	k->user = k->own || btf__find_by_name_kind(k->btf, KBTF_HERE, BTF_KIND_STRUCT) > 0;
	kbtf_scan(s);
	k->id = s->vmlinux_id;
	s->vmlinux = k;
	return k;
}

struct kbtf *kbtf_module_find(struct kbtf_set *s, const char *name)
{
	kbtf_scan(s);
	for (struct kbtf *m = s->modules; m; m = m->next)
		if (kbtf_module_name_eq(m->name, name))
			return m;
	return NULL;
}

int kbtf_module_load(struct kbtf_set *s, struct kbtf *m)
{
	struct kbtf *base = kbtf_vmlinux(s);
	int err;

	if (m->btf)
		return 0;
	if (!base)
		return -ESRCH;
	m->fd = bpf_btf_get_fd_by_id(m->id);
	if (m->fd < 0) {
		err = m->fd;
		goto out;
	}
	m->btf = btf__load_from_kernel_by_id_split(m->id, base->btf);
	if (!m->btf) {
		err = -errno;
		goto out;
	}
	m->first_id = btf__type_cnt(base->btf);
	err = kbtf_index(m);
	if (!err)
		return 0;
out:
	btf__free(m->btf);
	m->btf = NULL;
	if (m->fd > 0)
		close(m->fd);
	m->fd = 0;
	return err;
}
