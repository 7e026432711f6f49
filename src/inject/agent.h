/* SPDX-License-Identifier: BSD-2-Clause */
/* The agent (src/agent): an ELF file that this program carries, made ready for an address. */
#ifndef FS_INJECT_AGENT_H
#define FS_INJECT_AGENT_H

#include "util/types.h"

/* One mapping of it, from the base on. */
struct agent_part {
	u64 off, bytes;		/* whole pages */
	int prot;		/* PROT_*; never both written and executed */
};

#define AGENT_PARTS_MAX 8

struct agent {
	u64 base, bytes;
	u8 *image;		/* as it is to lie at .base */
	u32 nr_parts;
	struct agent_part parts[AGENT_PARTS_MAX];
};

/* Bytes of memory it needs, whole pages. */
u64 agent_bytes(void);
/* -ENOMEM. agent_done() frees. */
int agent_init(struct agent *a, u64 base);
void agent_done(struct agent *a);

/* Address of what the agent calls @name; it is there. */
u64 agent_symbol(const struct agent *a, const char *name);
/* Where the agent has its own of a helper of src/rt; 0: @here is none. */
u64 agent_helper(const struct agent *a, const void *here);
/* ... or of the operations of a kind of map. */
u64 agent_map_ops(const struct agent *a, const void *here);

#endif
