/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An object as it is loaded for one place that its programs go to: the kernel, this process, or another one. For
 * several processes it is loaded once each, as ids of types are those of an executable and addresses those of
 * a process; the first one's maps are the maps of all.
 */
#ifndef FS_CLI_INST_H
#define FS_CLI_INST_H

#include <stdint.h>

#include "cli/attach.h"
#include "cli/process.h"

struct inst {
	struct inst *next;
	unsigned int users;	/* processes that run this memory: it was entered in one, which forked the others */
	struct bpf_object *obj;		/* NULL: not opened yet */
	struct attach attach;
	uint64_t module_at;	/* where the shared object is that was attached to; 0: it is waited for, or there is none */
	bool retired;		/* nobody runs it any more; it is there for its maps */
	struct process process;
};

/* Appends an empty one. NULL: out of memory, printed */
struct inst *inst_add(struct inst **list);

/* Before @in is loaded: its maps are those of @from, which is loaded. 0 or -errno, printed */
int inst_share_maps(struct inst *in, const struct inst *from);

/* Takes it out of @list. Detached */
void inst_free(struct inst **list, struct inst *in);

/* Detaches; leaves the process. The object stays. */
void inst_leave(struct inst *in);
void inst_free_all(struct inst **list);

#endif
