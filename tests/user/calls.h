/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs of calls.bpf.c got from helpers and kfuncs, in order. */
#ifndef FS_TESTS_USER_CALLS_H
#define FS_TESTS_USER_CALLS_H

#define CALLS_MAX 256

struct calls_data {
	__u32 nr, pad;
	__s64 got[CALLS_MAX];
};

/* Of the programs: memory of the process that runs them. */
struct calls_ctx {
	__u64 text;	/* "some text" */
	__u64 end;	/* the last 4 bytes before memory that is not there: "end" */
	__u64 open;	/* the last 4 bytes: "open", without a NUL */
	__u64 gone;	/* not there */
};

#endif
