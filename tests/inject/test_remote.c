/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs in another process. */
#include "rig.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* -- A child goes on with what was attached when it was forked --- */

TEST(forked_child_is_traced_like_its_parent)
{
	struct tramp_link *link, *more;

	enter("victim", 0);
	rig_map(&rig, r);
	CHECK_EQ(tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 1), TRAMP_FSESSION, 0, &link), 0);
	rig_call(&rig, -100);
	CHECK_EQ(rig.counts[0], 100);
	CHECK_EQ(rig.counts[1], 100);
	CHECK_EQ(tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 1000), TRAMP_FSESSION, 0, &more), 0);
	rig_call(&rig, -1);
	CHECK_EQ(rig.counts[0], 1101);
	tramp_detach(link);
	tramp_detach(more);
	rig_call(&rig, -100);
	CHECK_EQ(rig.counts[0], 1101);
	remote_close(r);
	rig_call(&rig, -100);
	rig_stop(&rig);
}

/* -- As it was --- */

static char *slurp(const char *name)
{
	static char text[2][65536];
	static int which;
	char path[64], *to = text[which++ % 2];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", rig.pid, name);
	f = fopen(path, "r");
	to[fread(to, 1, sizeof(text[0]) - 1, f)] = 0;
	fclose(f);
	return to;
}

static int count_fds(void)
{
	char path[64];
	DIR *d;
	int nr = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", rig.pid);
	d = opendir(path);
	while (readdir(d))
		nr++;
	closedir(d);
	return nr;
}

/* Without what grows by itself. */
static void check_same_maps(const char *a, const char *b)
{
	char *heap = strstr(a, "[heap]");

	if (strcmp(a, b))
		printf("# before:\n%s# after:\n%s", a, b);
	CHECK(heap && !strcmp(a, b));
}

TEST(process_is_left_as_it_was_found)
{
	struct tramp_link *link;
	char *before, status[4096];
	int fds;

	rig_start(&rig, "victim", 2);
	rig_call(&rig, 10);
	before = slurp("maps");
	fds = count_fds();
	CHECK_EQ(remote_open(rig.pid, &r), 0);
	rig_map(&rig, r);
	CHECK_EQ(tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 1), TRAMP_FSESSION, 0, &link), 0);
	rig_call(&rig, 1000);
	CHECK(rig.counts[0] >= 1000);
	tramp_detach(link);
	remote_close(r);
	rig_call(&rig, 1000);
	CHECK(rig_text_is_clean(&rig));
	CHECK_EQ(count_fds(), fds);
	strcpy(status, slurp("status"));
	CHECK(strstr(status, "TracerPid:\t0"));
	CHECK(strstr(status, "SigBlk:\t0000000000000000"));
	check_same_maps(before, slurp("maps"));
	rig_stop(&rig);
}

/* -- Attach to a function that threads spin in --- */

TEST(attach_and_detach_while_threads_run_it)
{
	struct tramp_link *link;
	u64 before;

	enter("victim", 2);
	rig_map(&rig, r);
	for (int i = 0; i < 300; i++) {
		CHECK_EQ(tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 1), TRAMP_FSESSION, 0, &link), 0);
		before = rig.counts[1];
		rig_call(&rig, 10);
		CHECK(rig.counts[1] >= before + 10);
		tramp_detach(link);
	}
	CHECK(rig_text_is_clean(&rig));
	remote_close(r);
	rig_call(&rig, 10);
	rig_stop(&rig);
}

/* -- Stops that fail --- */

static int patch_fails(void *arg, const struct tramp_patch *patches, u32 nr)
{
	(void)arg, (void)patches, (void)nr;
	return -EAGAIN;
}

/* Nothing may be taken away that a function still leads to. */
TEST(text_that_a_detach_could_not_put_back)
{
	const struct tramp_target_ops *real;
	struct tramp_target_ops ops;
	struct tramp_link *link;

	enter("victim", 2);
	rig_map(&rig, r);
	CHECK_EQ(tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 1), TRAMP_FSESSION, 0, &link), 0);
	real = remote_space(r)->ops;
	ops = *real;
	ops.patch = patch_fails;
	remote_space(r)->ops = &ops;
	tramp_detach(link);
	CHECK(!rig_text_is_clean(&rig));
	rig_call(&rig, 10);
	remote_space(r)->ops = real;
	remote_close(r);
	CHECK(rig_text_is_clean(&rig));
	rig_call(&rig, 1000);
	rig_stop(&rig);
}

#define STUCK_SECONDS 5		/* longer than a stop, and its end, are waited for */

/* In a child of ours: its parent cannot be interrupted until it has ended. */
static void be_stuck(int to)
{
	static const struct timespec long_enough = { STUCK_SECONDS, 0 };
	pid_t child = vfork();

	if (!child) {
		if (write(to, "v", 1) == 1)
			nanosleep(&long_enough, NULL);
		_exit(0);
	}
	if (write(to, "w", 1) == 1)
		pause();
	_exit(0);
}

TEST(process_that_does_not_stop_goes_on_later)
{
	struct pollfd in = { .events = POLLIN };
	int p[2];
	char c = 0;
	pid_t pid;

	CHECK_EQ(pipe(p), 0);
	pid = fork();
	if (!pid)
		be_stuck(p[1]);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(remote_open(pid, &r), -EAGAIN);
	in.fd = p[0];
	CHECK_EQ(poll(&in, 1, 60000), 1);
	CHECK(in.revents & POLLIN && read(p[0], &c, 1) == 1 && c == 'w');
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}
