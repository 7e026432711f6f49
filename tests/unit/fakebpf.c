/* SPDX-License-Identifier: BSD-2-Clause */
#include "fakebpf.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscall/variadic.h"

#define MAX_PROGS 64

static struct fakebpf_prog progs[MAX_PROGS];
static int nr_progs;
int fakebpf_link_errno = EINVAL;

__attribute__((visibility("default"))) long syscall(long nr, ...);

const struct fakebpf_prog *fakebpf_find(const char *name)
{
	for (int i = nr_progs - 1; i >= 0; i--)
		if (!strcmp(progs[i].name, name))
			return &progs[i];
	return NULL;
}

int fakebpf_count_calls(const struct fakebpf_prog *p, int src_reg, int imm)
{
	int n = 0;

	for (size_t i = 0; p && i < p->cnt; i++)
		n += p->insns[i].code == (BPF_JMP | BPF_CALL) && p->insns[i].src_reg == src_reg &&
		     p->insns[i].imm == imm;
	return n;
}

static int null_fd(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int map_create(const union bpf_attr *attr)
{
	size_t page = 4096, size = (size_t)attr->value_size * attr->max_entries;
	int fd = memfd_create("map", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, (size + page - 1) & ~(page - 1)))
		return -1;
	return fd;
}

static int prog_load(const union bpf_attr *attr)
{
	struct fakebpf_prog *p = &progs[nr_progs];
	size_t bytes = attr->insn_cnt * sizeof(struct bpf_insn);

	if (nr_progs == MAX_PROGS)
		return null_fd();
	snprintf(p->name, sizeof(p->name), "%s", attr->prog_name);
	p->insns = malloc(bytes);
	memcpy(p->insns, (void *)(uintptr_t)attr->insns, bytes);
	p->cnt = attr->insn_cnt;
	p->type = attr->prog_type;
	p->attach_type = attr->expected_attach_type;
	nr_progs++;
	return null_fd();
}

static long fake(int cmd, const union bpf_attr *attr)
{
	switch (cmd) {
	case BPF_PROG_LOAD:
		return prog_load(attr);
	case BPF_MAP_CREATE:
		return map_create(attr);
	case BPF_BTF_LOAD:
		return null_fd();
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
	case BPF_PROG_BIND_MAP:
		return 0;
	case BPF_LINK_CREATE:
		errno = fakebpf_link_errno;
		return -1;
	case BPF_BTF_GET_NEXT_ID:
		errno = ENOENT;
		return -1;
	default:
		errno = EINVAL;
		return -1;
	}
}

__attribute__((no_sanitize("address"))) long syscall(long nr, ...)
{
	static long (*real)(long, ...);
	long a[6];

	SIX_ARGS(a, nr);
	if (nr == SYS_bpf)
		return fake(a[0], (union bpf_attr *)a[1]);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}
