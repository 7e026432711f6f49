/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf/sys.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/uapi.h"

int sys_error(int error)
{
	return error == FS_ENOTSUPP ? -EOPNOTSUPP : -error;
}

static int sys_bpf(int cmd, void *attr, size_t size)
{
	int ret = syscall(__NR_bpf, cmd, attr, size);

	return ret < 0 ? sys_error(errno) : ret;
}

int sys_link_tracing(int prog_fd, int attach_type, uint64_t cookie)
{
	struct fs_link_create_attr attr = {
		.prog_fd = prog_fd,
		.attach_type = attach_type,
		.tracing.cookie = cookie,
	};
	size_t size = cookie ? offsetof(struct fs_link_create_attr, tracing.cookie) + 8 :
			       offsetof(struct fs_link_create_attr, tracing);
	union bpf_attr raw;
	int fd;

	fd = sys_bpf(BPF_LINK_CREATE, &attr, size);
	if (fd != -EINVAL || cookie || attach_type >= FS_BPF_TRACE_FSESSION)
		return fd;
	memset(&raw, 0, sizeof(raw));
	raw.raw_tracepoint.prog_fd = prog_fd;
	return sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &raw, offsetof(union bpf_attr, raw_tracepoint.prog_fd) + 4);
}

int sys_link_multi(int prog_fd, int attach_type, const uint32_t *ids, const uint64_t *cookies,
		   size_t cnt)
{
	struct fs_link_create_attr attr = {
		.prog_fd = prog_fd,
		.attach_type = attach_type,
		.tracing_multi = {
			.ids = (uintptr_t)ids,
			.cookies = (uintptr_t)cookies,
			.cnt = cnt,
		},
	};

	if (cnt > FS_MAX_MULTI_IDS)
		return -E2BIG;
	return sys_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

uint32_t sys_prog_id(int fd)
{
	struct bpf_prog_info info = {};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

uint32_t sys_btf_id(int fd)
{
	struct bpf_btf_info info = {};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}
