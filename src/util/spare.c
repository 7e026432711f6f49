/* SPDX-License-Identifier: BSD-2-Clause */
#include "util/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int fds[SPARE_ROOM], nr, users, lent;

static int fill(int want)
{
	while (nr < want) {
		fds[nr] = nr ? fcntl(fds[0], F_DUPFD_CLOEXEC, 0) : open("/", O_PATH | O_CLOEXEC);
		if (fds[nr] < 0)
			return -errno;
		nr++;
	}
	return 0;
}

static void keep_only(int left)
{
	while (nr > left)
		close(fds[--nr]);
}

int spare_get(void)
{
	int err;

	pthread_mutex_lock(&lock);
	users++;
	err = fill(SPARE_ROOM);
	keep_only(lent ? 1 : SPARE_FDS);
	pthread_mutex_unlock(&lock);
	return err;
}

void spare_put(void)
{
	pthread_mutex_lock(&lock);
	if (!--users)
		keep_only(0);
	pthread_mutex_unlock(&lock);
}

void spare_lend(void)
{
	pthread_mutex_lock(&lock);
	if (!lent++)
		keep_only(1);	/* to be copied: cheaper than opening */
	pthread_mutex_unlock(&lock);
}

void spare_take_back(void)
{
	pthread_mutex_lock(&lock);
	if (!--lent && users)
		fill(SPARE_FDS);	/* or as many as there are */
	pthread_mutex_unlock(&lock);
}
