/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs in another process. */
#include "rig.h"

#include <stdlib.h>

#include "tap.h"

static struct rig rig;
static struct remote *r;

static void enter(const char *victim, int threads)
{
	int err;

	rig_start(&rig, victim, threads);
	err = remote_open(rig.pid, &r);
	if (!err)
		return;
	tap_fail(__FILE__, __LINE__, "remote_open: %d", err);
	exit(1);
}

TEST(session_counts_in_a_shared_map)
{
	struct tramp_link *link;

	enter("victim", 0);
	rig_map(&rig, r);
	CHECK_EQ(tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 3), TRAMP_FSESSION, 0, &link), 0);
	rig_call(&rig, 1000);
	CHECK_EQ(rig.counts[0], 3000);
	CHECK_EQ(rig.counts[1], 3000);
	CHECK(!rig_text_is_clean(&rig));
	tramp_detach(link);
	rig_call(&rig, 1000);
	CHECK_EQ(rig.counts[0], 3000);
	CHECK(rig_text_is_clean(&rig));
	remote_close(r);
	rig_call(&rig, 1000);
	rig_stop(&rig);
}
