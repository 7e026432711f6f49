/* SPDX-License-Identifier: BSD-2-Clause */
#include "image/ucache.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Which file: by what changes if it is written to. @root: debug files of two file systems may differ. */
struct key {
	dev_t dev, root_dev;
	ino_t ino, root_ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct entry {
	struct key key;
	struct ubtf *u;
	struct entry *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same(const struct key *a, const struct key *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->root_dev == b->root_dev &&
	       a->root_ino == b->root_ino && same_time(&a->mtime, &b->mtime) && same_time(&a->ctime, &b->ctime);
}

static int make_key(int fd, const char *root, struct key *ret)
{
	struct stat st, rt = { 0 };

	if (fstat(fd, &st))
		return -errno;
	if (root && stat(root, &rt))
		return -errno;
	*ret = (struct key){ st.st_dev, rt.st_dev, st.st_ino, rt.st_ino, st.st_size, st.st_mtim, st.st_ctim };
	return 0;
}

static int add(const struct key *key, int fd, const char *name, const struct ubtf_opts *o, struct ubtf **ret)
{
	struct entry *e = calloc(1, sizeof(*e));
	int err = e ? ubtf_open_opts(fd, name, o, &e->u) : -ENOMEM;

	if (err) {
		free(e);
		return err;
	}
	e->key = *key;
	e->next = entries;
	entries = e;
	*ret = e->u;
	return 0;
}

int ucache_open(int fd, const char *name, const struct ubtf_opts *o, struct ubtf **ret)
{
	struct entry *e;
	struct key key;
	int err = make_key(fd, o->root, &key);

	if (err)
		return err;
	pthread_mutex_lock(&lock);
	for (e = entries; e && !same(&e->key, &key); e = e->next)
		;
	if (e)
		*ret = e->u;
	else
		err = add(&key, fd, name, o, ret);
	pthread_mutex_unlock(&lock);
	return err;
}

const char *ucache_refusal(struct ubtf *u, const struct usym *code, char buf[128])
{
	const char *ret;

	pthread_mutex_lock(&lock);
	ret = ubtf_refusal(u, code, buf);
	pthread_mutex_unlock(&lock);
	return ret;
}
