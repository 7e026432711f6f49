/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fsession: what a BPF program includes to use sessions on every kernel.
 *
 *	#include "vmlinux.h"            (or your own kernel types, first)
 *	#include <bpf/bpf_helpers.h>
 *	#include <bpf/bpf_tracing.h>
 *	#include <fsession/bpf_fsession.h>
 *
 *	SEC("fsession/icmp_rcv")
 *	int BPF_PROG(probe, struct sk_buff *skb)
 *	{
 *		__u64 *start = bpf_session_cookie(ctx);
 *
 *		if (!bpf_session_is_return(ctx))
 *			*start = bpf_ktime_get_ns();
 *		...
 *		return 0;
 *	}
 *
 * The program runs at the entry and at the exit of the function and must
 * return 0 in both. The two calls below need an unmodified ctx:
 *
 * bool bpf_session_is_return(void *ctx)
 *	false at entry, true at exit.
 *
 * __u64 *bpf_session_cookie(void *ctx)
 *	8 writable bytes that belong to this call of the function and this link:
 *	0 at entry, at exit what the entry left there. Never NULL. A cookie that
 *	reads 0 at exit may mean that the entry did not run (recursion): store
 *	something else if you must tell.
 *
 * What it costs: the two are calls to helpers no kernel has. libfsession
 * (fsession_register()) and the fsession command replace them when the program
 * is loaded, by the kernel's kfuncs (Linux >= 7.0) or by the split engine's code
 * (Linux 5.10 to 6.19, and 7.x where the JIT lacks fsession). Plain libbpf cannot
 * load such an object. Define FSESSION_BPF_KFUNC before the include for ordinary
 * kfunc externs instead: then plain libbpf loads it on Linux >= 7.0, and on other
 * kernels it needs fsession_open_file(), _mem() or _skeleton().
 *
 * Compiles with clang >= 12, -target bpf, alone or after vmlinux.h.
 */
#ifndef FSESSION_BPF_FSESSION_H
#define FSESSION_BPF_FSESSION_H

#ifdef FSESSION_BPF_KFUNC

extern _Bool bpf_session_is_return(void *ctx)
	__attribute__((section(".ksyms"))) __attribute__((weak));
extern unsigned long long *bpf_session_cookie(void *ctx)
	__attribute__((section(".ksyms"))) __attribute__((weak));

#else

/*
 * Numbers far above any helper's: "FS" << 16 | n. A macro each, since vmlinux.h of
 * Linux >= 6.10 declares functions of these names.
 */
#define bpf_session_is_return fsession_bpf_is_return
#define bpf_session_cookie fsession_bpf_cookie

static _Bool (* const fsession_bpf_is_return)(void *ctx)
	__attribute__((unused)) = (_Bool (*)(void *))0x46530001;
static unsigned long long *(* const fsession_bpf_cookie)(void *ctx)
	__attribute__((unused)) = (unsigned long long *(*)(void *))0x46530002;

#endif
#endif
