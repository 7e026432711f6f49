/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/self.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/log.h"

#define ARGS 6

typedef long (*self_fn)(long, long, long, long, long, long);

struct self {
	void *lib;
	int fd;			/* an eventfd */
	pthread_t thread;
	self_fn fn;
	long args[ARGS];
	long result;
	bool ended;
};

int self_open(const char *path, struct self **ret)
{
	struct self *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return fail(-ENOMEM, "out of memory");
	s->fd = eventfd(0, EFD_CLOEXEC);
	err = s->fd < 0 ? fail(-errno, "eventfd: %s", log_errstr(errno)) : 0;
	s->lib = err ? NULL : dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (!err && !s->lib)
		err = fail(-ENOENT, "--lib: %s", dlerror());
	if (err) {
		self_close(s);
		return err;
	}
	*ret = s;
	return 0;
}

static struct self *volatile still_running;

/* The library stays loaded: its functions are patched, and a thread may still be inside. */
void self_close(struct self *s)
{
	if (!s)
		return;
	if (s->fn && !__atomic_load_n(&s->ended, __ATOMIC_ACQUIRE)) {
		still_running = s;
		return;
	}
	if (s->fn)
		pthread_join(s->thread, NULL);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

static void *call(void *arg)
{
	struct self *s = arg;
	const long *a = s->args;

	s->result = s->fn(a[0], a[1], a[2], a[3], a[4], a[5]);
	__atomic_store_n(&s->ended, true, __ATOMIC_RELEASE);
	eventfd_write(s->fd, 1);
	return NULL;
}

static int parse_args(struct self *s, char **argv)
{
	for (int i = 0; argv[i]; i++) {
		char *end;

		if (i == ARGS)
			return fail(-EINVAL, "a function of --lib takes at most %d integers", ARGS);
		errno = 0;
		s->args[i] = strtol(argv[i], &end, 0);
		if (*end || end == argv[i] || errno)
			return fail(-EINVAL, "not an integer: '%s'", argv[i]);
	}
	return 0;
}

int self_start_call(struct self *s, char **argv, int *fd)
{
	self_fn fn = (self_fn)dlsym(s->lib, argv[0]);
	int err;

	if (!fn)
		return fail_hint(-ENOENT, "with --lib, what follows '--' is a function of it and its arguments",
				 "--lib: %s", dlerror());
	err = parse_args(s, argv + 1);
	if (err)
		return err;
	s->fn = fn;
	err = pthread_create(&s->thread, NULL, call, s);
	if (err) {
		s->fn = NULL;
		return fail(-err, "cannot make a thread: %s", log_errstr(err));
	}
	*fd = s->fd;
	return 0;
}

long self_result(const struct self *s)
{
	return s->result;
}
