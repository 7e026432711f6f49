/* SPDX-License-Identifier: BSD-2-Clause */
/* Many lives of objects: nothing grows, nothing of an object that is gone is taken for another's. */
#include "api.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "progs/seen.h"
#include "progs/api_plain.skel.h"
#include "progs/api_sleep.skel.h"
#include "progs/api_small.skel.h"
#include "progs/api_socket.skel.h"

#ifdef __SANITIZE_ADDRESS__	/* keeps what was freed */
#define SANITIZED true
#else
#define SANITIZED false
#endif

static long resident_kib(void)
{
	long total = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%ld %ld", &total, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int prog_fd_as_target = -1;

/* Open, load, attach, destroy, close; on @prog_fd_as_target if there is one: that is faster. */
static bool one_life(bool attach)
{
	struct api_small *s = api_small__open();
	bool ok = s;

	if (ok && prog_fd_as_target >= 0)
		ok = !bpf_program__set_attach_target(s->progs.small, prog_fd_as_target, "twice");
	ok = ok && !api_small__load(s);
	ok = ok && (!attach || !api_small__attach(s));
	api_small__destroy(s);
	return ok;
}

/* Kernel functions are detached by waiting for all tasks; programs by patching. */
API_TEST(life_thousand)
{
	struct api_socket *t = api_socket__open();
	struct timespec start, now;
	int fds;
	long kib;

	NEED(t && !api_socket__load(t));
	prog_fd_as_target = bpf_program__fd(t->progs.traced);
	for (int i = 0; i < 10; i++)
		NEED(one_life(true));
	fds = api_fds();
	kib = resident_kib();
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int lives = 0; lives < 1000; lives++) {
		NEED(one_life(true));
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec >= 2 && lives >= 20)	/* of a slow machine */
			break;
	}
	CHECK(api_fds() <= fds);
	CHECK(SANITIZED || resident_kib() - kib < 512);
	CHECK(api_settles(API_LINKS, 0));
	CHECK(api_settles(API_PROGS, 1));
	api_socket__destroy(t);
}

API_TEST(life_kernel_function)
{
	int fds;

	for (int i = 0; i < 3; i++)
		NEED(one_life(true));
	fds = api_fds();
	for (int i = 0; i < 5; i++)
		NEED(one_life(true));
	CHECK(api_fds() <= fds);
}

/* Loaded and closed without having been attached. */
API_TEST(life_unattached)
{
	int fds;

	for (int i = 0; i < 5; i++)
		NEED(one_life(false));
	fds = api_fds();
	for (int i = 0; i < 15; i++)
		NEED(one_life(false));
	CHECK(api_fds() <= fds);
}

/* Several at a time, of which the closed ones differ in address from those opened later. */
API_TEST(life_several)
{
	struct api_small *s[4] = {};
	int fds = 0;

	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 4; i++) {
			s[i] = api_small__open();
			NEED(s[i] && !api_small__load(s[i]));
			free(malloc(100 + 977 * i));
		}
		for (int i = 3; i >= 0; i -= 2)
			api_small__destroy(s[i]);
		for (int i = 0; i < 4; i += 2)
			api_small__destroy(s[i]);
		if (round == 1)
			fds = api_fds();
	}
	CHECK(api_fds() <= fds);
}

/* A program at the address of one that was a session is none. */
API_TEST(life_address_reuse)
{
	struct fsession_prog_info info = { .sz = sizeof(info) };
	struct bpf_program *old;
	int reused = 0;

	for (int i = 0; i < 6; i++) {
		struct api_small *s = api_small__open();
		struct api_plain *t;

		NEED(s && !api_small__load(s));
		old = s->progs.small;
		if (i % 2)	/* known by its use, or by its loading alone */
			CHECK_EQ(fsession_prog_info(old, &info), 0);
		api_small__destroy(s);
		t = api_plain__open();
		NEED(t && !api_plain__load(t));
		reused += t->progs.plain == old;
		CHECK_EQ(fsession_prog_info(t->progs.plain, &info), -EINVAL);
		ERROR_IS("plain", "not an fsession program", NULL);
		api_plain__destroy(t);
	}
	if (!reused)
		tap_skip("the allocator gave no address again");
}

/* -- Threads ----------------------------------------------------------------------------------------- */

static void *lives_of_thread(void *arg)
{
	int *good = arg;

	for (int i = 0; i < 4; i++) {
		struct api_small *s = api_small__open();
		bool ok = s && !fsession_set_target(s->progs.small, i % 2 ? "bpf_fentry_test2" :
						    "bpf_fentry_test3");

		ok = ok && !api_small__load(s) && !api_small__attach(s);
		api_small__destroy(s);
		*good += ok;
	}
	return NULL;
}

API_TEST(life_two_threads)
{
	pthread_t t[2];
	int good[2] = { 0, 0 };

	for (int i = 0; i < 2; i++)
		NEED(!pthread_create(&t[i], NULL, lives_of_thread, &good[i]));
	for (int i = 0; i < 2; i++) {
		pthread_join(t[i], NULL);
		CHECK_EQ(good[i], 4);
	}
	CHECK(api_settles(API_LINKS, 0));
	CHECK(api_said_nothing());
}

/* -- A full store -------------------------------------------------------------------------------------- */

static void *sleeper(void *arg)
{
	struct timespec ts = { 1, 500000000 };

	(void)arg;
	nanosleep(&ts, NULL);
	return NULL;
}

/* Calls that find no room are counted and left alone; the others are complete. */
API_TEST(life_full_store)
{
	struct fsession_stats st = { .sz = sizeof(st) };
	enum { SLEEPERS = 150 };
	pthread_t t[SLEEPERS];
	pthread_attr_t attr;
	struct api_sleep *s;

	CHECK_EQ(api_register((struct fsession_register_opts){ .store_slots = 64 }), 0);
	s = api_sleep__open();
	NEED(s);
	s->bss->only_tgid = getpid();
	NEED(!api_sleep__load(s) && !api_sleep__attach(s));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (int i = 0; i < SLEEPERS; i++)
		NEED(!pthread_create(&t[i], &attr, sleeper, NULL));
	usleep(300000);
	CHECK_EQ(fsession_prog_stats(s->progs.asleep, &st), 0);
	if (api_is_split()) {
		CHECK(st.full > 0);
		CHECK(st.open > 32);
	}
	for (int i = 0; i < SLEEPERS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(fsession_prog_stats(s->progs.asleep, &st), 0);
	if (api_is_split()) {
		CHECK_EQ(s->bss->bad, 0);
		CHECK_EQ(s->bss->entries, s->bss->exits);
		CHECK(s->bss->entries + st.full >= SLEEPERS);
		CHECK_EQ(st.entries, st.exits + st.open);
	} else {	/* the kernel misses tasks that come while another one was preempted in the program */
		CHECK(s->bss->bad <= st.missed);
		CHECK(s->bss->exits + st.missed >= s->bss->entries);
		CHECK(s->bss->entries + st.missed >= SLEEPERS);
		CHECK_EQ(st.full, 0);
	}
	api_sleep__destroy(s);
}
