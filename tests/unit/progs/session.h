/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What a vmlinux.h gives these programs, as far as they need it; KFUNC is __ksym or weak, too. */
#ifndef SESSION_H
#define SESSION_H

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

#ifndef KFUNC
#define KFUNC __ksym
#endif
#ifndef NO_PARAMETER
#define PARAMETER void *ctx
#else
#define PARAMETER void
#endif

extern bool bpf_session_is_return(PARAMETER) KFUNC;
extern __u64 *bpf_session_cookie(PARAMETER) KFUNC;

char _license[] SEC("license") = "Dual BSD/GPL";

#endif
