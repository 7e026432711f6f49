/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What somebody else's object has: types from a vmlinux.h, which also declares the kfuncs, as
 * EXTERN says and with PARAMETER; nothing of ours.
 */
#ifndef FS_TESTS_FOREIGN_BPF_H
#define FS_TESTS_FOREIGN_BPF_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;
typedef signed long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#ifndef EXTERN
#define EXTERN __ksym
#endif
#ifndef PARAMETER
#define PARAMETER void *ctx
#endif

extern bool bpf_session_is_return(PARAMETER) EXTERN;
extern __u64 *bpf_session_cookie(PARAMETER) EXTERN;

char _license[] SEC("license") = "GPL";

#define MAGIC 0x0123456789abcdefULL

/* .bss of all of them */
struct {
	__u64 entries, exits, bad;
} seen;

#endif
