/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of a process: read and written, and what of it we have mapped there, by its own system calls. */
#ifndef FS_INJECT_MEM_H
#define FS_INJECT_MEM_H

#include "inject/call.h"

/* Mapped there; .view: where the same memory is here, or NULL */
struct mem_piece {
	u64 addr, bytes;
	u8 *view;
	struct mem_piece *next;
};

/* Bytes to be written, each behind those before: one system call for many */
struct mem_run {
	u64 addr;
	u32 len;
	u8 bytes[1 << 16];
};

struct mem {
	pid_t pid;
	int pidfd, fd;		/* of the process; of /proc/PID/mem; -1 */
	u64 scratch;		/* there: PASSFD_SCRATCH bytes */
	ino_t links;		/* of the first that both write: what is forked has it, too; 0: none yet */
	struct mem_piece *pieces;	/* a part before what it lies in; may be looked at meanwhile */
};

/* The memory of a process, to be read and written whatever its protection is. fd; -EPERM, -ESRCH and other errno */
int mem_open(pid_t pid);

/* Unmaps here, not there, and closes. Nothing finds anything in it any more. */
void mem_done(struct mem *m);

/* What was mapped around @addr; NULL: none of it is ours. */
struct mem_piece *mem_find(const struct mem *m, u64 addr);

/* 0, -EFAULT */
int mem_peek(const struct mem *m, u64 addr, void *buf, u32 len);
int mem_poke(const struct mem *m, u64 addr, const void *bytes, u64 len);
/* Gathers them in @run. 0, -EFAULT: those before */
int mem_put(const struct mem *m, struct mem_run *run, u64 addr, const void *bytes, u32 len);
/* Writes what was gathered. 0, -EFAULT: it cannot be; it is forgotten */
int mem_flush(const struct mem *m, struct mem_run *run);

/*
 * In a call of system calls. All return 0, -errno of the process' system call, -EEXIST: something is at @at; -ENOMEM here or
 * there, -EMFILE.
 */

/* Private memory there, zeroed; @at: 0 or where exactly. */
int mem_map(struct mem *m, struct call *c, u64 at, u64 bytes, int prot, u64 *ret);
/* The same to be read and executed. -EACCES, -EPERM: the process may not; logged */
int mem_map_code(struct mem *m, struct call *c, u64 at, u64 bytes, u64 *ret);
/* What is mapped to be read and executed gets another protection. */
int mem_protect(struct call *c, u64 at, u64 bytes, int prot);
/* Memory of ours, of file @fd: at @at over what is mapped already, or anywhere (0). */
int mem_map_shared(struct mem *m, struct call *c, u64 at, u64 bytes, int prot, int fd, u64 *ret);
/* Memory of both over what is mapped at @at, here to be written; without PROT_WRITE in @prot nobody else ever can. */
int mem_map_viewed(struct mem *m, struct call *c, u64 at, u64 bytes, int prot, const char *name);

#endif
