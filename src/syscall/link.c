/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/link.h"

#include <errno.h>
#include <stdlib.h>

static void link_destroy(struct obj *o)
{
	struct link *link = (struct link *)o;

	tramp_detach(link->tramp);
	prog_put(link->prog);
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

/* Puts @p on its function. */
static int attach(struct prog *p, u64 cookie, struct tramp_link **ret)
{
	struct trace *t = p->trace;
	struct target *target = t->target;
	struct tramp_space *space;
	struct tramp *tramp;
	int err;

	if (t->dst && t->attached)	/* as the kernel, which lets go of the program's trampoline */
		return -EINVAL;
	err = target->ops->space(target->arg, &space);
	if (!err && t->dst)
		t->dst->traced_in = space;
	err = err ?: tramp_get(space, t->func.addr, t->func.size, &t->proto, t->name, &tramp);
	err = err ?: tramp_attach(tramp, t->code, t->kind, cookie, ret);
	if (!err)
		t->attached = true;
	return err;
}

/* Takes over the caller's use of @p where it succeeds. */
static int link_new(struct prog *p, u64 cookie)
{
	struct link *link = calloc(1, sizeof(*link));
	int err = link ? attach(p, cookie, &link->tramp) : -ENOMEM;

	if (err) {
		free(link);
		return err;
	}
	link->prog = p;
	link->cookie = cookie;
	obj_add(&link->obj, OBJ_LINK, link_destroy);
	err = obj_new_fd(&link->obj, OBJ_READ | OBJ_WRITE);
	if (err < 0)
		obj_get(&p->obj);	/* link_destroy() lets go of one */
	obj_put(&link->obj);
	return err;
}

int link_create(const struct link_create_attr *attr)
{
	struct prog *p;
	int err = prog_from_fd(attr->prog_fd, &p);

	if (err)
		return err;
	if (!p->trace || attr->attach_type != p->attach_type || attr->target_fd ||
	    attr->tracing.target_btf_id)
		err = -EINVAL;
	err = err ?: link_new(p, attr->tracing.cookie);
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
	if (!p->trace || attr->name)
		err = -EINVAL;
	err = err ?: link_new(p, 0);
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
