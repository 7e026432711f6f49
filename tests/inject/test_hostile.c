/* SPDX-License-Identifier: BSD-2-Clause */
/* What the traced process writes into memory that it shares with who traces neither crashes that nor holds it up. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rig.h"
#include "tap.h"

#define ROUNDS 30
#define SECONDS 60		/* in which each is done, on a busy machine, too */
#define AREAS_MAX 32

static struct rig rig;
static struct { u64 lo, hi; } areas[AREAS_MAX];
static u32 nr_areas;

/* The victim may well die of what is written; errors are none. */
static void trace(void)
{
	struct tramp_link *link;
	struct remote *r;

	alarm(SECONDS);
	if (remote_open(rig.pid, &r))
		_exit(0);
	rig_map(&rig, r);
	for (int i = 0; i < 20; i++) {
		if (tramp_attach(rig_tramp(&rig, r), rig_counter(&rig, r, 1), TRAMP_FSESSION, 0, &link))
			break;
		usleep(2000);
		tramp_detach(link);
	}
	remote_close(r);
	_exit(0);
}

/* Ring of lines, lanes, links, maps: all that is shared and of ours. */
static void find_areas(void)
{
	char path[32], line[512], perms[8];
	u64 lo, hi;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", rig.pid);
	f = fopen(path, "r");
	nr_areas = 0;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx-%llx %7s", &lo, &hi, perms) == 3 && perms[3] == 's' && nr_areas < AREAS_MAX) {
			areas[nr_areas].lo = lo;
			areas[nr_areas++].hi = hi;
		}
	if (f)
		fclose(f);
}

/* Words that are numbers, flags, positions, or nothing at all. */
static u64 junk(unsigned *seed)
{
	u64 any = (u64)rand_r(seed) << 40 ^ (u64)rand_r(seed) << 20 ^ rand_r(seed);

	switch (rand_r(seed) % 6) {
	case 0:
		return 0;
	case 1:
		return ~0ULL;
	case 2:
		return 1ULL << 63 | 1ULL << 40;	/* a header of a ring buffer that is as long as nothing */
	case 3:
		return any % 64;
	case 4:
		return any % (1 << 20) & ~7ULL;
	default:
		return any;
	}
}

static void scribble(unsigned *seed, int mem)
{
	u64 words[64];

	for (u32 i = 0; i < nr_areas; i++) {
		u64 bytes = areas[i].hi - areas[i].lo, at = rand_r(seed) % 3 ? rand_r(seed) % bytes & ~7ULL : 0;

		for (u32 j = 0; j < 64; j++)
			words[j] = junk(seed);
		if (pwrite(mem, words, at + sizeof(words) <= bytes ? sizeof(words) : 8, areas[i].lo + at) < 0)
			return;
	}
}

static void torment(unsigned *seed)
{
	char path[32];
	int mem, status;
	pid_t pid;

	rig_start(&rig, "victim", 2);
	fflush(stdout);
	pid = fork();
	if (!pid)
		trace();
	snprintf(path, sizeof(path), "/proc/%d/mem", rig.pid);
	mem = open(path, O_RDWR | O_CLOEXEC);
	while (!waitpid(pid, &status, WNOHANG)) {
		find_areas();
		scribble(seed, mem);
		usleep(rand_r(seed) % 1000);
	}
	close(mem);
	CHECK_EQ(status, 0);
	rig_stop(&rig);
}

TEST(junk_in_shared_memory)
{
	unsigned seed = getpid();

	printf("# seed %u\n", seed);
	for (int i = 0; i < ROUNDS; i++)
		torment(&seed);
}
