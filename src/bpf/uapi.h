/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel UAPI that Debian 12's <linux/bpf.h> lacks: numbers and layouts of
 * include/uapi/linux/bpf.h, Linux 7.2 (fsession specification, section 1).
 */
#ifndef FS_BPF_UAPI_H
#define FS_BPF_UAPI_H

#include <linux/bpf.h>
#include <stdint.h>

enum {
	FS_BPF_TRACE_KPROBE_SESSION = 56,
	FS_BPF_TRACE_UPROBE_SESSION = 57,
	FS_BPF_TRACE_FSESSION = 58,
	FS_BPF_TRACE_FENTRY_MULTI = 59,
	FS_BPF_TRACE_FEXIT_MULTI = 60,
	FS_BPF_TRACE_FSESSION_MULTI = 61,
	FS_BPF_LINK_TYPE_TRACING_MULTI = 15,
};

#define FS_BPF_F_TOKEN_FD (1u << 16)	/* of prog_flags: token_fd is one (6.9) */
#define FS_MAX_MULTI_IDS (1u << 20)	/* more is -E2BIG */
#define FS_ENOTSUPP 524			/* kernel-internal, reaches user space: see sys_error() */

/* union bpf_attr, link_create, with the tracing_multi member. */
struct fs_link_create_attr {
	uint32_t prog_fd;
	uint32_t target_fd;
	uint32_t attach_type;
	uint32_t flags;
	union {
		struct {
			uint32_t target_btf_id;
			uint32_t pad;
			uint64_t cookie;
		} tracing;
		struct {
			uint64_t ids;		/* const u32 * */
			uint64_t cookies;	/* const u64 * or 0 */
			uint32_t cnt;
			uint32_t pad;
		} tracing_multi;
	};
};

#endif
