/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/extend.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/uapi.h"
#include "syscall/prog.h"

#define REPLACE_TRIES 10

struct extended {
	struct prog *dst;
	struct tramp *tramp;
	u32 btf_id;
};

/* -- What the attribute says --- */

static int open_target(struct extend *e, const struct prog_load_attr *attr)
{
	struct btf_obj *btf;
	int err;

	e->btf_id = attr->attach_btf_id;
	if (!attr->attach_prog_fd || !prog_from_fd(attr->attach_prog_fd, &e->dst))
		return 0;
	if (btf_from_fd(attr->attach_prog_fd, &btf))
		return -EINVAL;
	err = btf->kernel ? 0 : -FS_ENOTSUPP;
	btf_put(btf);
	return err;
}

int extend_open(const struct prog_load_attr *attr, struct extend **ret)
{
	struct extend *e;
	int err;

	*ret = NULL;
	if (attr->prog_type != BPF_PROG_TYPE_EXT)
		return 0;
	e = calloc(1, sizeof(*e));
	err = e ? open_target(e, attr) : -ENOMEM;
	if (!err && attr->expected_attach_type)
		err = -EINVAL;
	if (err)
		extend_free(e);
	else
		*ret = e;
	return err;
}

void extend_free(struct extend *e)
{
	if (e)
		prog_put(e->dst);
	free(e);
}

/* -- Prototypes --- */

struct proto {
	const struct btf *btf;
	const struct btf_type *proto;
	const char *name;
};

static const struct btf_type *strip(const struct btf *btf, u32 id)
{
	const struct btf_type *t;

	do {
		t = btf__type_by_id(btf, id);
		id = t ? t->type : 0;
	} while (t && (btf_is_mod(t) || btf_is_typedef(t) || btf_kind(t) == BTF_KIND_TYPE_TAG));
	return t;
}

static bool open_proto(const struct btf *btf, u32 id, struct proto *ret)
{
	const struct btf_type *func = btf__type_by_id(btf, id);

	if (!func || !btf_is_func(func))
		return false;
	*ret = (struct proto){ btf, btf__type_by_id(btf, func->type), btf__name_by_offset(btf, func->name_off) };
	return ret->proto && btf_is_func_proto(ret->proto);
}

static bool is_sized(const struct btf_type *t)
{
	return btf_is_int(t) || btf_is_any_enum(t) || btf_is_composite(t) || btf_is_float(t);
}

/* Numbers of one size, or pointers to structures of one name. */
static bool same_arg(const struct proto *a, const struct proto *b, u32 i)
{
	const struct btf_type *x = strip(a->btf, btf_params(a->proto)[i].type);
	const struct btf_type *y = strip(b->btf, btf_params(b->proto)[i].type);

	if (!x || !y || x->info != y->info || (is_sized(x) && x->size != y->size))
		return false;
	if (btf_is_int(x) || btf_is_any_enum(x))
		return true;
	if (!btf_is_ptr(x))
		return false;
	x = strip(a->btf, x->type);
	y = strip(b->btf, y->type);
	return x && y && btf_is_struct(x) && btf_is_struct(y) &&
	       !strcmp(btf__name_by_offset(a->btf, x->name_off), btf__name_by_offset(b->btf, y->name_off));
}

static int check_protos(const struct proto *a, const struct proto *b, struct blog *log)
{
	const struct btf_type *x = strip(a->btf, a->proto->type), *y = strip(b->btf, b->proto->type);
	u32 n = btf_vlen(a->proto);

	if (n != btf_vlen(b->proto)) {
		blog_print(log, "%s() has %u args while %s() has %u args\n", a->name, n, b->name, btf_vlen(b->proto));
		return -EINVAL;
	}
	if (!x != !y || (x && x->info != y->info)) {
		blog_print(log, "Return type of %s() doesn't match that of %s()\n", a->name, b->name);
		return -EINVAL;
	}
	for (u32 i = 0; i < n; i++) {
		if (same_arg(a, b, i))
			continue;
		blog_print(log, "arg%u of %s() doesn't match that of %s()\n", i, a->name, b->name);
		return -EINVAL;
	}
	return 0;
}

/* -- May it? --- */

static bool moves_packet(const struct prog *p)
{
	const struct bpf_func_info *own = p->func_info;

	return prog_moves_packet(p, own->type_id);
}

static int complain(struct blog *log, const char *text)
{
	blog_print(log, "%s\n", text);
	return -EINVAL;
}

/* Programs that tracing programs run beside have no code of their own to be replaced. */
static int check_kind(const struct prog *dst, struct blog *log)
{
	if (dst->extend)
		return complain(log, "Cannot recursively attach");
	if (!dst->trace)
		return 0;
	if (dst->trace->kind != TRAMP_FMOD_RET)
		return complain(log, "Cannot extend fentry/fexit/fsession");
	blog_print(log, "Functions of fmod_ret programs cannot be replaced here\n");
	return -EOPNOTSUPP;
}

static int check_target(const struct prog *p, struct prog *dst, u32 btf_id, struct target_func *code, struct blog *log)
{
	const struct bpf_func_info *own = p->func_info;
	const struct btf_type *func;
	struct proto mine, theirs;
	int err;

	func = dst->btf ? btf__type_by_id(dst->btf->btf, btf_id) : NULL;
	if (!func || !open_proto(dst->btf->btf, btf_id, &theirs))
		return complain(log, "freplace program can only be attached to a function of a program with BTF");
	if (prog_func(dst, btf_id, code))
		return complain(log, "The function does not exist in the program");
	if (btf_vlen(func) == BTF_FUNC_STATIC)
		return complain(log, "Cannot replace static functions");
	err = check_kind(dst, log);
	if (err)
		return err;
	if (!own || !p->btf || !open_proto(p->btf->btf, own->type_id, &mine))
		return complain(log, "Program extension requires BTF");
	return check_protos(&mine, &theirs, log);
}

int extend_check(const struct prog *p, struct blog *log)
{
	struct extend *e = p->extend;
	struct target_func code;
	int err;

	if (!e->btf_id)
		return complain(log, "Tracing programs must provide btf_id");
	if (!e->dst)
		return complain(log, "Cannot replace kernel functions");
	err = check_target(p, e->dst, e->btf_id, &code, log);
	if (err)
		return err;
	e->type = e->dst->type;
	e->attach_type = e->dst->attach_type;
	e->moves_packet = prog_moves_packet(e->dst, e->btf_id);
	return 0;
}

int extend_check_code(const struct prog *p, struct blog *log)
{
	if (moves_packet(p) && !p->extend->moves_packet)
		return complain(log, "Extension program changes packet data, while original does not");
	return 0;
}

/* -- Attaching --- */

/* A thread that cannot be stopped, or waits amid the bytes to be replaced, is somewhere else soon. */
static int replace_patiently(struct tramp *t, u64 code)
{
	int err = -EAGAIN;

	for (u32 i = 0; i < REPLACE_TRIES && err == -EAGAIN; i++) {
		if (i)
			usleep(1000 * i);
		err = tramp_replace(t, code);
	}
	return err;
}

static int find_tramp(struct prog *dst, u32 btf_id, const struct target_func *code, struct tramp **ret)
{
	struct trace t = { .dst = dst, .btf = dst->btf, .target = target_for_progs() };
	struct trace_func f = { .btf_id = btf_id, .code = *code };
	const struct btf *btf = dst->btf->btf;

	if (!t.target)
		return -EOPNOTSUPP;
	strncat(f.name, btf__name_by_offset(btf, btf__type_by_id(btf, btf_id)->name_off), sizeof(f.name) - 1);
	trace_describe(&t, &f);
	return trace_tramp(&t, &f, ret);
}

static int replace(struct extended *x, struct prog *p, const struct target_func *code)
{
	int err = find_tramp(x->dst, x->btf_id, code, &x->tramp);

	if (err)
		return err;
	err = prog_extended_get(x->dst);
	if (err)
		return err;
	err = replace_patiently(x->tramp, (u64)p->code->entry);
	if (err)
		prog_extended_put(x->dst);
	return err;
}

/* Takes over the caller's use of @dst if it succeeds. */
static int attach_to(struct prog *p, struct prog *dst, u32 btf_id, struct extended **ret)
{
	struct extended *x = calloc(1, sizeof(*x));
	struct blog none = {};
	struct target_func code;
	int err = x ? check_target(p, dst, btf_id, &code, &none) : -ENOMEM;

	if (!err && (dst->type != p->extend->type || dst->attach_type != p->extend->attach_type ||
		     (moves_packet(p) && !prog_moves_packet(dst, btf_id))))
		err = -EINVAL;
	if (!err) {
		*x = (struct extended){ .dst = dst, .btf_id = btf_id };
		err = replace(x, p, &code);
	}
	if (err)
		free(x);
	else
		*ret = x;
	return err;
}

int extend_attach(struct prog *p, int target, u32 btf_id, struct extended **ret)
{
	struct extend *e = p->extend;
	struct prog *dst = NULL;
	int err = !target != !btf_id ? -EINVAL : 0;

	if (!err && target)
		err = prog_from_fd(target, &dst);
	if (err)
		return err;
	if (!target) {		/* once: the kernel lets go of what it was loaded for */
		dst = __atomic_exchange_n(&e->dst, NULL, __ATOMIC_SEQ_CST);
		btf_id = e->btf_id;
	}
	if (!dst)
		return -EINVAL;
	err = attach_to(p, dst, btf_id, ret);
	if (err && !target)
		__atomic_store_n(&e->dst, dst, __ATOMIC_SEQ_CST);
	else if (err)
		prog_put(dst);
	return err;
}

void extend_detach(struct extended *x)
{
	if (!x)
		return;
	replace_patiently(x->tramp, 0);
	prog_extended_put(x->dst);
	prog_put(x->dst);
	free(x);
}

const struct prog *extended_prog(const struct extended *x, u32 *btf_id)
{
	*btf_id = x->btf_id;
	return x->dst;
}
