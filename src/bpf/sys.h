/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf(2) calls that libbpf 1.1 cannot make. All return an fd or 0, or -errno; any thread. */
#ifndef FS_BPF_SYS_H
#define FS_BPF_SYS_H

#include <stddef.h>
#include <stdint.h>

/* LINK_CREATE of a tracing program; falls back to RAW_TRACEPOINT_OPEN where LINK_CREATE does not know
 * @attach_type and there is no cookie (Linux < 5.19). */
int sys_link_tracing(int prog_fd, int attach_type, uint64_t cookie);

/* LINK_CREATE with tracing_multi; ids ascending or not, no duplicates. @cookies may be NULL. */
int sys_link_multi(int prog_fd, int attach_type, const uint32_t *ids, const uint64_t *cookies,
		   size_t cnt);

/* The negative errno of a positive one that bpf(2) left: 524 (ENOTSUPP) is the kernel's own. */
int sys_error(int error);

/* Kernel id of a program, link or BTF fd; 0 on error. */
uint32_t sys_prog_id(int fd);
uint32_t sys_btf_id(int fd);

#endif
