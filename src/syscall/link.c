/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/link.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/uapi.h"
#include "syscall/uptr.h"

#define ATTACH_TRIES 10

static void link_destroy(struct obj *o)
{
	struct link *link = (struct link *)o;

	tramp_detach_many(link->tramps, link->nr);
	extend_detach(link->extended);
	prog_put(link->prog);
	free(link->tramps);
	free(link->funcs);
	free(link);
}

static int link_from_fd(int fd, struct link **ret)
{
	struct obj *o;
	int err = obj_from_fd(fd, OBJ_LINK, &o, NULL);

	if (!err)
		*ret = (struct link *)o;
	return err;
}

/* -- Attaching --- */

/* A thread that cannot be stopped, or waits amid the bytes to be replaced, is somewhere else soon. */
static int attach_patiently(const struct tramp_req *reqs, u32 nr, struct tramp_link **ret)
{
	int err = -EAGAIN;

	for (u32 i = 0; i < ATTACH_TRIES && err == -EAGAIN; i++) {
		if (i)
			usleep(1000 * i);
		err = tramp_attach_many(reqs, nr, ret);
	}
	return err;
}

/* Takes over the caller's use of @p where it succeeds. */
static int link_fd(struct link *link, struct prog *p)
{
	int err;

	link->prog = p;
	obj_add(&link->obj, OBJ_LINK, link_destroy);
	err = obj_new_fd(&link->obj, OBJ_READ | OBJ_WRITE);
	if (err < 0)
		obj_get(&p->obj);	/* link_destroy() lets go of one */
	obj_put(&link->obj);
	return err;
}

/* Puts @p where @reqs say, all or none. @funcs are the link's, or freed. */
static int link_new(struct prog *p, const struct tramp_req *reqs, u32 nr, struct link_func *funcs, u32 nr_funcs)
{
	struct link *link = calloc(1, sizeof(*link));
	struct tramp_link **tramps = calloc(nr, sizeof(*tramps));
	int err = link && tramps ? attach_patiently(reqs, nr, tramps) : -ENOMEM;

	if (err) {
		free(funcs);
		free(tramps);
		free(link);
		return err;
	}
	p->trace->attached = true;
	link->tramps = tramps;
	link->nr = nr;
	link->funcs = funcs;
	link->nr_funcs = nr_funcs;
	link->cookie = reqs[0].attach_cookie;
	return link_fd(link, p);
}

static int link_extend(struct prog *p, int target, u32 btf_id)
{
	struct link *link = calloc(1, sizeof(*link));
	int err = link ? extend_attach(p, target, btf_id, &link->extended) : -ENOMEM;

	if (!err)
		return link_fd(link, p);
	free(link);
	return err;
}

static int attach_one(struct prog *p, u64 cookie)
{
	const struct trace *t = p->trace;
	struct tramp_req req = { NULL, t->code, t->kind, cookie };
	int err;

	if (t->dst && t->attached)	/* as the kernel, which lets go of the program's trampoline */
		return -EINVAL;
	err = trace_tramp(t, &t->func, &req.tramp);
	return err ?: link_new(p, &req, 1, NULL, 0);
}

/* -- Many functions --- */

static int compare_ids(const void *a, const void *b)
{
	const struct link_func *x = a, *y = b;

	return (x->btf_id > y->btf_id) - (x->btf_id < y->btf_id);
}

/* Sorted, without duplicates. */
static int read_ids(const struct link_create_attr *attr, struct link_func **ret)
{
	u32 cnt = attr->multi.cnt, *ids = NULL;
	u64 *cookies = NULL;
	struct link_func *v = calloc(cnt, sizeof(*v));
	int err = v ? uptr_dup(attr->multi.ids, (u64)cnt * sizeof(*ids), (void **)&ids) : -ENOMEM;

	if (!err && attr->multi.cookies)
		err = uptr_dup(attr->multi.cookies, (u64)cnt * sizeof(*cookies), (void **)&cookies);
	for (u32 i = 0; i < cnt && !err; i++)
		v[i] = (struct link_func){ ids[i], cookies ? cookies[i] : 0 };
	if (!err)
		qsort(v, cnt, sizeof(*v), compare_ids);
	for (u32 i = 1; i < cnt && !err; i++)
		err = v[i].btf_id == v[i - 1].btf_id ? -EINVAL : 0;
	free(ids);
	free(cookies);
	if (err)
		free(v);
	else
		*ret = v;
	return err;
}

static int fill_req(struct prog *p, const struct link_func *id, struct tramp_req *ret)
{
	struct blog none = {};
	struct trace_func f;
	int err = trace_find(p, id->btf_id, &f, &none);

	*ret = (struct tramp_req){ NULL, p->trace->code, p->trace->kind, id->cookie };
	err = err ?: trace_tramp(p->trace, &f, &ret->tramp);
	return err == -EOPNOTSUPP ? -ENOENT : err;	/* as what ftrace does not know */
}

static int compare_tramps(const void *a, const void *b)
{
	const struct tramp_req *x = a, *y = b;

	return (x->tramp > y->tramp) - (x->tramp < y->tramp);
}

/* Several names of one function are one function. How many are left. */
static u32 drop_aliases(struct tramp_req *reqs, u32 cnt)
{
	u32 nr = 1;

	qsort(reqs, cnt, sizeof(*reqs), compare_tramps);
	for (u32 i = 1; i < cnt; i++)
		if (reqs[i].tramp != reqs[nr - 1].tramp)
			reqs[nr++] = reqs[i];
	return nr;
}

static int attach_multi(struct prog *p, const struct link_create_attr *attr)
{
	u32 cnt = attr->multi.cnt;
	struct tramp_req *reqs;
	struct link_func *ids;
	int err;

	if (attr->flags || attr->target_fd || !cnt || !attr->multi.ids)
		return -EINVAL;
	if (cnt > FS_MAX_MULTI_IDS)
		return -E2BIG;
	err = read_ids(attr, &ids);
	if (err)
		return err;
	reqs = calloc(cnt, sizeof(*reqs));
	err = reqs ? 0 : -ENOMEM;
	for (u32 i = 0; i < cnt && !err; i++)
		err = fill_req(p, &ids[i], &reqs[i]);
	if (err)
		free(ids);
	else
		err = link_new(p, reqs, drop_aliases(reqs, cnt), ids, cnt);
	free(reqs);
	return err;
}

/* -- Commands --- */

static int attach(struct prog *p, const struct link_create_attr *attr)
{
	if (p->extend)
		return link_extend(p, attr->target_fd, attr->tracing.target_btf_id);
	if (!p->trace || attr->attach_type != p->attach_type)
		return -EINVAL;
	if (p->trace->multi)
		return attach_multi(p, attr);
	if (attr->target_fd || attr->tracing.target_btf_id)
		return -EINVAL;
	return attach_one(p, attr->tracing.cookie);
}

int link_create(const struct link_create_attr *attr)
{
	struct prog *p;
	int err = prog_from_fd(attr->prog_fd, &p);

	if (err)
		return err;
	err = attach(p, attr);
	if (err < 0)
		prog_put(p);
	return err;
}

int link_raw_tp_open(const struct raw_tp_open_attr *attr)
{
	struct prog *p;
	int err = prog_from_fd(attr->prog_fd, &p);

	if (err)
		return err;
	if (p->extend && !attr->name)
		err = link_extend(p, 0, 0);
	else
		err = !p->trace || p->trace->multi || attr->name ? -EINVAL : attach_one(p, 0);
	if (err < 0)
		prog_put(p);
	return err;
}

int link_update(const struct link_update_attr *attr)
{
	struct link *link;
	struct prog *p;
	int err;

	if (attr->flags & ~BPF_F_REPLACE)
		return -EINVAL;
	err = link_from_fd(attr->link_fd, &link);
	if (err)
		return err;
	err = prog_from_fd(attr->new_prog_fd, &p);
	if (!err) {
		prog_put(p);
		err = -EINVAL;
	}
	obj_put(&link->obj);
	return err;
}

int link_detach(const struct link_update_attr *attr)
{
	struct link *link;
	int err = link_from_fd(attr->link_fd, &link);

	if (err)
		return err;
	obj_put(&link->obj);
	return -EOPNOTSUPP;
}
