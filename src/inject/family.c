/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/family.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject/maps.h"
#include "inject/mem.h"
#include "inject/stop.h"
#include "util/log.h"

#define TRIES 100	/* of a millisecond: threads amid the bytes go on */

static bool shares(pid_t pid, ino_t shared)
{
	struct maps maps;
	bool found = false;

	if (maps_read(pid, &maps))
		return false;
	for (u32 i = 0; i < maps.nr && !found; i++)
		found = maps.rows[i].inode == shared && !strncmp(maps.rows[i].path, "/memfd:", 7);
	maps_done(&maps);
	return found;
}

/* Those of @all that this process has, into @mine. */
static u32 pick(int mem, const struct tramp_patch *all, u32 nr, struct tramp_patch *mine)
{
	u32 nr_mine = 0;

	for (u32 i = 0; i < nr; i++) {
		u8 now[ARCH_PATCH_MAX];

		if (pread(mem, now, all[i].len, all[i].addr) == all[i].len && !memcmp(now, all[i].old, all[i].len))
			mine[nr_mine++] = all[i];
	}
	return nr_mine;
}

static int try_restore(pid_t pid, int mem, struct stop_hold *hold, const struct tramp_patch *patches, u32 nr)
{
	struct tramp_patch *mine = calloc(nr, sizeof(*mine));
	struct stop s = { 0 };
	int err = mine ? stop_init(&s, pid, mem, 0) : -ENOMEM;

	s.hold = hold;
	err = err ?: stop_all(&s);
	err = err ?: stop_patch(&s, mine, pick(mem, patches, nr, mine));
	stop_release(&s);
	stop_done(&s);
	free(mine);
	return err;
}

static void restore(pid_t pid, struct stop_hold *hold, const struct tramp_patch *patches, u32 nr)
{
	int err = -EAGAIN, mem = mem_open(pid);

	if (mem < 0)
		return;
	for (u32 i = 0; i < TRIES && err == -EAGAIN; i++) {
		err = try_restore(pid, mem, hold, patches, nr);
		if (err == -EAGAIN)
			usleep(1000);
	}
	close(mem);
	if (err && err != -ESRCH)
		log_msg(LOG_INFO, "inject: process %d keeps its patched text: %s", pid, log_errstr(err));
}

void family_restore(ino_t shared, pid_t but, struct stop_hold *hold, const struct tramp_patch *patches, u32 nr)
{
	struct dirent *entry;
	DIR *dir = nr ? opendir("/proc") : NULL;

	while (dir && (entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && pid != but && pid != getpid() && shares(pid, shared))
			restore(pid, hold, patches, nr);
	}
	if (dir)
		closedir(dir);
}
