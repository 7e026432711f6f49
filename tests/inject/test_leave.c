/* SPDX-License-Identifier: BSD-2-Clause */
/* What keeps memory of ours in a process: words of its own that lead there, and no others; calls under way. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "inject/leave.h"
#include "inject/mem.h"
#include "rig.h"
#include "tap.h"

#define PAGE 4096ULL
#define FLAGS 0x246
#define CODE64 0x33

static struct {
	struct rig rig;
	int mem;
	u64 pages, code, stack;
} kept;

static void start(int away)
{
	rig_start(&kept.rig, "kept", away);
	CHECK_EQ(fscanf(kept.rig.from, "%llx %llx %llx", &kept.pages, &kept.code, &kept.stack), 3);
	kept.mem = mem_open(kept.rig.pid);
}

static void finish(void)
{
	close(kept.mem);
	rig_stop(&kept.rig);
}

static void poke(u64 addr, u64 word)
{
	CHECK_EQ(pwrite(kept.mem, &word, sizeof(word), addr), sizeof(word));
}

/* May page @nr of the mapping be taken away? */
static int look(u64 nr, bool stamped)
{
	const struct leave_span span = { kept.pages + nr * PAGE, PAGE };
	struct stop s = { 0 };
	int err;

	err = stop_init(&s, kept.rig.pid, kept.mem, 0);
	err = err ?: stop_all(&s);
	for (u32 i = 0; i < s.nr_threads && !err; i++)
		err = arch_host_get_pc(s.threads[i].tid, &s.threads[i].pc);
	err = err ?: leave_check(&s, &span, 1, stamped);
	stop_release(&s);
	stop_done(&s);
	return err;
}

/* With @word at @addr, and without it */
static void check_word(u64 addr, u64 word, u64 nr, int expected)
{
	poke(addr, word);
	CHECK_EQ(look(nr, true), expected);
	poke(addr, 0);
	CHECK_EQ(look(nr, true), 0);
}

/* Page 2, its neighbours, and a mapping that starts with ours. */
TEST(mapping_that_ours_is_merged_with)
{
	start(0);
	check_word(kept.pages + PAGE + 8, kept.pages + 2 * PAGE, 2, -EAGAIN);
	check_word(kept.pages + 2 * PAGE - 8, kept.pages + 2 * PAGE, 2, -EAGAIN);
	check_word(kept.pages + 2 * PAGE, kept.pages + 2 * PAGE + 64, 2, 0);
	check_word(kept.pages + 3 * PAGE - 8, kept.pages + 2 * PAGE + 64, 2, 0);
	check_word(kept.pages + 3 * PAGE, kept.pages + 3 * PAGE - 1, 2, -EAGAIN);
	check_word(kept.pages + 3 * PAGE, kept.pages + 3 * PAGE, 2, 0);
	check_word(kept.pages + PAGE, kept.pages + 8, 0, -EAGAIN);
	check_word(kept.pages + 7 * PAGE, kept.pages + 8, 0, -EAGAIN);
	check_word(kept.code, kept.pages + 8, 0, -EAGAIN);
	finish();
}

TEST(words_that_ended_calls_left_in_live_frames)
{
	u64 ours, at;

	start(0);
	ours = kept.pages + PAGE + 64;
	at = kept.stack + 16;
	poke(ours, GUARD_IMAGE_MAGIC);
	check_word(at, ours, 1, 0);
	check_word(at, guard_stamp(ours, at - GUARD_FRAME_STAMP), 1, -EAGAIN);
	check_word(at, guard_stamp(ours, at), 1, 0);
	check_word(at, guard_stamp(ours + 16, at - GUARD_FRAME_STAMP), 1, 0);
	poke(at, ours);
	CHECK_EQ(look(1, false), -EAGAIN);
	finish();
}

/* sp, PC, flags, segments, as x86_64 lays out an interrupted context */
TEST(interrupted_code_of_ours)
{
	start(0);
	poke(kept.stack + 8, kept.stack);
	poke(kept.stack + 24, FLAGS);
	poke(kept.stack + 32, CODE64);
	check_word(kept.stack + 16, kept.pages + PAGE + 64, 1, -EAGAIN);
	finish();
}

/* -- A call under way --- */

static bool is_mapped(u64 addr)
{
	u8 byte;

	return pread(kept.mem, &byte, 1, addr) == 1;
}

static void end_call(void)
{
	long ret;

	fputc('\n', kept.rig.to);
	fflush(kept.rig.to);
	CHECK_EQ(fscanf(kept.rig.from, "%ld", &ret), 1);
	CHECK_EQ(ret, 2);
}

static void wait_for_entry(void)
{
	for (u32 i = 0; i < 60000 && !kept.rig.counts[0]; i++)
		usleep(1000);
	CHECK_EQ(kept.rig.counts[0], 1);
}

static void leave_a_call(int away)
{
	struct tramp_link *link;
	struct remote *r;

	start(away);
	CHECK_EQ(remote_open(kept.rig.pid, &r), 0);
	rig_map(&kept.rig, r);
	CHECK_EQ(tramp_attach(rig_tramp(&kept.rig, r), rig_counter(&kept.rig, r, 1), TRAMP_FSESSION, 0, &link), 0);
	end_call();	/* that it was in */
	wait_for_entry();
	tramp_detach(link);
	remote_close(r);
	CHECK(is_mapped(kept.rig.map));
	CHECK(rig_text_is_clean(&kept.rig));
	end_call();
	end_call();
	CHECK_EQ(kept.rig.counts[1], 0);
	finish();
}

TEST(call_under_way_keeps_its_memory)
{
	leave_a_call(0);
}

TEST(call_on_a_stack_put_away_keeps_its_memory)
{
	leave_a_call(1);
}
