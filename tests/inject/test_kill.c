/* SPDX-License-Identifier: BSD-2-Clause */
/* Who traces is killed at any moment: the traced process goes on, and its text is soon what it was. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch/host.h"
#include "inject/maps.h"
#include "rig.h"
#include "tap.h"

#define ROUNDS (getenv("LONG") ? 1000 : 40)
#define TEXT_WAIT_MS 5000	/* far more than it takes, on a busy machine */

static struct rig rig;

/* A keeper may still be letting go of it. */
static struct remote *enter(void)
{
	struct remote *r;
	int err = -EAGAIN;

	for (int i = 0; i < 100 && err != -ESRCH; i++) {
		err = remote_open(rig.pid, &r);
		if (!err)
			return r;
		usleep(10000);
	}
	_exit(2);
}

/* Enters, attaches and detaches, leaves, and again. */
static void trace_for_ever(void)
{
	struct tramp_link *link;

	for (;;) {
		struct remote *r = enter();

		rig_map(&rig, r);
		for (int i = 0; i < 5; i++) {
			if (tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 1), TRAMP_FSESSION, 0, &link))
				_exit(3);
			usleep(300);
			tramp_detach(link);
		}
		remote_close(r);
	}
}

static bool wait_clean(void)
{
	for (int i = 0; i < TEXT_WAIT_MS; i++) {
		if (rig_text_is_clean(&rig))
			return true;
		usleep(1000);
	}
	return false;
}

static void kill_tracer(unsigned after_us)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		trace_for_ever();
	usleep(after_us);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK(wait_clean());
	rig_call(&rig, 100);
}

TEST(tracer_killed)
{
	unsigned seed = getpid();

	rig_start(&rig, "victim", 2);
	printf("# seed %u\n", seed);
	for (int i = 0; i < ROUNDS; i++) {
		kill_tracer(rand_r(&seed) % 30000);
		tap_progress(i + 1, ROUNDS);
	}
	rig_stop(&rig);
}

/* -- What is left of programs, when nobody puts the text back --- */

static pid_t attach_and_wait(void)
{
	struct tramp_link *link;
	pid_t pid;
	int p[2];
	char c;

	if (pipe(p) || (pid = fork()) < 0)
		return -1;
	if (!pid) {
		struct remote *r = enter();

		rig_map(&rig, r);
		if (tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 1), TRAMP_FSESSION, 0, &link))
			_exit(3);
		if (write(p[1], "", 1) == 1)
			pause();
		_exit(4);
	}
	close(p[1]);
	if (read(p[0], &c, 1) != 1)
		_exit(4);
	close(p[0]);
	return pid;
}

/* The keeper is the tracer's only child. */
static void kill_keeper(pid_t tracer)
{
	char path[64];
	pid_t keeper = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", tracer, tracer);
	f = fopen(path, "r");
	CHECK(f && fscanf(f, "%d", &keeper) == 1);
	if (f)
		fclose(f);
	CHECK(keeper > 0 && !kill(keeper, SIGKILL));
}

/* Once its end can be waited for, nothing starts any more; what was under way ends. */
TEST(no_program_starts_after_its_tracer_was_killed)
{
	static const int threads = 2;
	u64 entries, exits;
	pid_t tracer;

	rig_start(&rig, "victim", threads);
	tracer = attach_and_wait();
	rig_call(&rig, 1000);
	CHECK(rig.counts[0] >= 1000);
	kill_keeper(tracer);
	kill(tracer, SIGKILL);
	CHECK_EQ(waitpid(tracer, NULL, 0), tracer);
	entries = rig.counts[0];
	exits = rig.counts[1];
	rig_call(&rig, 100000);
	rig_call(&rig, -1000);
	CHECK(!rig_text_is_clean(&rig));
	CHECK(rig.counts[0] <= entries + threads);
	CHECK(rig.counts[1] <= exits + threads);
	rig_stop(&rig);
}

/* Where each place for a few bytes of code has those of somebody who was killed amid a system call there. */
TEST(what_killed_tracers_left_does_not_keep_others_out)
{
	u8 tail[sizeof(arch_host_gadget.bytes)];
	struct maps maps;
	char path[32];
	u64 at;
	int mem;

	rig_start(&rig, "victim", 0);
	snprintf(path, sizeof(path), "/proc/%d/mem", rig.pid);
	mem = open(path, O_RDWR);
	CHECK_EQ(maps_read(rig.pid, &maps), 0);
	while ((at = maps_padding(&maps, mem, NULL, sizeof(tail))))
		CHECK_EQ(pwrite(mem, arch_host_gadget.bytes, sizeof(tail), at), sizeof(tail));
	maps_done(&maps);
	for (int i = 0; i < 2; i++)
		remote_close(enter());
	rig_call(&rig, 100);
	close(mem);
	rig_stop(&rig);
}

/* The other way round: what is traced dies, at any moment. */
TEST(traced_killed)
{
	unsigned seed = getpid();
	int rounds = getenv("LONG") ? ROUNDS : ROUNDS / 2;

	printf("# seed %u\n", seed);
	for (int i = 0; i < rounds; i++) {
		int status;
		pid_t pid;

		rig_start(&rig, "victim", 2);
		pid = fork();
		if (!pid)
			trace_for_ever();
		usleep(rand_r(&seed) % 20000);
		rig_stop(&rig);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		tap_progress(i + 1, rounds);
	}
}
