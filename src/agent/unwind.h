/* SPDX-License-Identifier: BSD-2-Clause */
/* What who traces tells the agent of unwind information. */
#ifndef FS_AGENT_UNWIND_H
#define FS_AGENT_UNWIND_H

#include "rt/rt.h"

#define AGENT_REGIONS_MAX 256
#define AGENT_PIECES_MAX 65536	/* of a region: 4 MiB of code */

/* [start, end) has its .eh_frame_hdr at .hdr. */
struct agent_piece {
	u64 start, end, hdr;
};

/* An area of code; its pieces ascend. */
struct agent_region {
	u64 start, end;
	u64 pieces;		/* address of AGENT_PIECES_MAX struct agent_piece */
	u64 cnt;		/* set after the piece it counts */
};

struct agent_regions {
	u64 nr;			/* set after the region it counts */
	struct agent_region at[AGENT_REGIONS_MAX];
};

#endif
