/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the session tests' BPF programs and their user space share: one struct, the only
 * variable of each object, so that .bss is it.
 */
#ifndef FS_TESTS_KERNEL_PROGS_SEM_H
#define FS_TESTS_KERNEL_PROGS_SEM_H

#define SEM_EVENTS 256		/* a power of two */
#define SEM_ARGS 6
#define SEM_COUNTERS 64

/* One run of a program, as it saw it. */
struct sem_event {
	__u32 id;		/* which program */
	__u32 is_return;
	__u64 cookie;		/* before the program changed it */
	__u64 attach_cookie;
	__u64 ip;
	__u64 args[SEM_ARGS];
	__u64 ret;		/* what the program took for the return value */
	__s64 ret_err;		/* result of bpf_get_func_ret() */
	__u64 nr_args;
};

struct sem_data {
	/* set by user space */
	__u32 tgid;		/* programs on busy functions look at this process only */
	__u32 arg;		/* of the test */
	/* set by programs */
	__u32 nr_events;
	__u32 seq;
	__u64 n[SEM_COUNTERS];
	struct sem_event log[SEM_EVENTS];
};

#endif
