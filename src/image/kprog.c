/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/kprog.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"

#define MAX_FUNCS 1024		/* BPF_MAX_SUBPROGS is 256 */

void kprog_done(struct kprog *p)
{
	btf__free(p->btf);
	free(p->funcs);
	memset(p, 0, sizeof(*p));
}

const struct kprog_func *kprog_find(const struct kprog *p, const char *name)
{
	if (!name || !*name)
		return p->nr_funcs ? &p->funcs[0] : NULL;
	for (uint32_t i = 0; i < p->nr_funcs; i++)
		if (!strcmp(p->funcs[i].name, name))
			return &p->funcs[i];
	return NULL;
}

/* The information call answers for maps, links and BTF as well, each in its own layout. */
static bool is_prog_fd(int fd)
{
	char path[64], link[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return errno != ENOENT;		/* no /proc: let the kernel judge */
	link[n] = '\0';
	return !strcmp(link, "anon_inode:bpf-prog");
}

static int read_funcs(int fd, const struct bpf_prog_info *head, struct kprog *p)
{
	uint32_t nr = head->nr_func_info, rec = head->func_info_rec_size;
	struct bpf_prog_info info = {};
	uint64_t *addrs = NULL;
	char *recs = NULL;
	__u32 len = sizeof(info);
	int err = -ENOMEM;

	addrs = calloc(nr, sizeof(*addrs));
	recs = calloc(nr, rec);
	p->funcs = calloc(nr, sizeof(*p->funcs));
	if (!addrs || !recs || !p->funcs)
		goto out;
	info.nr_func_info = nr;
	info.func_info_rec_size = rec;
	info.func_info = (uintptr_t)recs;
	info.nr_jited_ksyms = nr;
	info.jited_ksyms = (uintptr_t)addrs;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	if (err)
		goto out;
	/* both lists are in the order of the subprograms */
	p->nr_funcs = info.nr_func_info < nr ? info.nr_func_info : nr;
	for (uint32_t i = 0; i < p->nr_funcs; i++) {
		const struct bpf_func_info *rc = (void *)(recs + (size_t)i * rec);
		const struct btf_type *t = btf__type_by_id(p->btf, rc->type_id);

		err = -EINVAL;
		if (!t || !btf_is_func(t))
			goto out;
		p->funcs[i].btf_id = rc->type_id;
		p->funcs[i].is_static = btf_vlen(t) == BTF_FUNC_STATIC;
		p->funcs[i].name = btf__str_by_offset(p->btf, t->name_off) ?: "";
		p->funcs[i].addr = i < info.nr_jited_ksyms ? addrs[i] : 0;
	}
	err = 0;
out:
	free(addrs);
	free(recs);
	return err;
}

static int check_info(const struct bpf_prog_info *info)
{
	if (!info->jited_prog_len)
		return fail_hint(-EINVAL, "run 'sysctl net.core.bpf_jit_enable=1', load it again",
				 "bpf program '%s': not compiled by the JIT, cannot be traced",
				 info->name);
	if (!info->btf_id || !info->nr_func_info)
		return fail_hint(-EINVAL, "compile it with -g, and load it by way of libbpf",
				 "bpf program '%s': has no BTF, cannot be traced", info->name);
	if (info->nr_func_info > MAX_FUNCS ||
	    info->func_info_rec_size < sizeof(struct bpf_func_info) ||
	    info->func_info_rec_size > 4096)
		return fail(-EINVAL, "bpf program '%s': unexpected function information",
			    info->name);
	return 0;
}

int kprog_open(int prog_fd, struct kprog *ret)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	struct kprog p = {};
	int err;

	if (!is_prog_fd(prog_fd))
		return fail(-EINVAL, "bpf program: file descriptor %d is not one", prog_fd);
	err = bpf_obj_get_info_by_fd(prog_fd, &info, &len);
	if (err)
		return fail(err, "bpf program: cannot query file descriptor %d: %s", prog_fd,
			    log_errstr(err));
	err = check_info(&info);
	if (err)
		return err;
	p.id = info.id;
	p.btf_obj_id = info.btf_id;
	p.btf = btf__load_from_kernel_by_id(info.btf_id);
	if (!p.btf) {
		err = -errno;
		goto out;
	}
	err = read_funcs(prog_fd, &info, &p);
	if (err)
		goto out;
	*ret = p;
	return 0;
out:
	kprog_done(&p);
	return fail_hint(err, err == -EPERM ? "reading BTF needs CAP_SYS_ADMIN" : NULL,
			 "bpf program '%s': cannot read its functions: %s", info.name,
			 log_errstr(err));
}
