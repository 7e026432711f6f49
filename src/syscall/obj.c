/* SPDX-License-Identifier: BSD-2-Clause */
#include "syscall/obj.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rt/lane.h"

#define HANDLE_CHAINS 1024
#define EVENTS_AT_ONCE 32

struct handle {
	dev_t dev;		/* of the application's end */
	ino_t ino;
	int end;		/* ours */
	u32 mode;
	struct obj *obj;
	struct handle *next;
};

struct pin {
	struct obj *obj;
	struct pin *next;
	char path[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct handle *handles[HANDLE_CHAINS];
static struct obj *objs[OBJ_KINDS];
static u32 last_ids[OBJ_KINDS];
static struct pin *pins;
static int epoll_fd = -1;
static pid_t epoll_pid;		/* whose epoll_fd is; a child makes its own */

static void obj_lock(sigset_t *saved)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, saved);
	pthread_mutex_lock(&lock);
}

static void obj_unlock(const sigset_t *saved)
{
	pthread_mutex_unlock(&lock);
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

/* A child of fork() must not find the lock held by a thread that it does not have. */
static sigset_t fork_mask;

static void before_fork(void)
{
	sigset_t saved;

	obj_lock(&saved);
	fork_mask = saved;
}

static void after_fork(void)
{
	sigset_t saved = fork_mask;

	obj_unlock(&saved);
}

__attribute__((constructor)) static void obj_watch_fork(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
}

/* -- Objects --- */

int obj_add(struct obj *o, enum obj_kind kind, void (*destroy)(struct obj *o))
{
	struct obj **p = &objs[kind];
	sigset_t saved;

	o->kind = kind;
	o->destroy = destroy;
	o->users = 1;
	obj_lock(&saved);
	o->id = ++last_ids[kind];
	while (*p)
		p = &(*p)->next;
	o->next = NULL;
	*p = o;
	obj_unlock(&saved);
	return 0;
}

void obj_get(struct obj *o)
{
	__atomic_fetch_add(&o->users, 1, __ATOMIC_RELAXED);
}

/* -- Graves: freed once no program that may still look at it is running --- */

struct grave {
	struct obj *obj;
	struct grave *next;
	u32 nr;
	u32 tokens[];	/* of the lanes that were busy when it died */
};

static struct grave *graves;

static struct grave *grave_new(struct obj *o)
{
	u32 tokens[RT_LANES], nr = rt_env.lanes ? rt_lanes_busy(tokens) : 0;
	struct grave *g;

	if (!nr)
		return NULL;
	g = malloc(sizeof(*g) + nr * sizeof(tokens[0]));
	if (!g)
		return NULL;
	g->obj = o;
	g->nr = nr;
	memcpy(g->tokens, tokens, nr * sizeof(tokens[0]));
	return g;
}

/* A link detaches at once: what runs may go on without it. */
static void bury(struct obj *o)
{
	struct grave *g = o->kind == OBJ_LINK ? NULL : grave_new(o);
	sigset_t saved;

	if (!g) {
		o->destroy(o);
		return;
	}
	obj_lock(&saved);
	g->next = graves;
	graves = g;
	obj_unlock(&saved);
}

static bool grave_is_quiet(struct grave *g)
{
	while (g->nr && rt_token_is_dead(g->tokens[g->nr - 1]))
		g->nr--;
	return !g->nr;
}

static struct obj *grave_open(void)
{
	struct obj *o = NULL;
	sigset_t saved;

	obj_lock(&saved);
	for (struct grave **p = &graves; *p; p = &(*p)->next) {
		struct grave *g = *p;

		if (!grave_is_quiet(g))
			continue;
		*p = g->next;
		o = g->obj;
		free(g);
		break;
	}
	obj_unlock(&saved);
	return o;
}

/* Unlists an object without users; nobody can find it any more. */
static bool drop_locked(struct obj *o)
{
	struct obj **p = &objs[o->kind];

	if (__atomic_sub_fetch(&o->users, 1, __ATOMIC_ACQ_REL))
		return false;
	while (*p != o)
		p = &(*p)->next;
	*p = o->next;
	return true;
}

void obj_put(struct obj *o)
{
	sigset_t saved;
	bool last;

	if (!o)
		return;
	obj_lock(&saved);
	last = drop_locked(o);
	obj_unlock(&saved);
	if (last)
		bury(o);
}

int obj_from_id(u32 id, enum obj_kind kind, struct obj **ret)
{
	sigset_t saved;
	int err = -ENOENT;

	obj_lock(&saved);
	for (struct obj *o = objs[kind]; o; o = o->next)
		if (o->id == id) {
			obj_get(o);
			*ret = o;
			err = 0;
			break;
		}
	obj_unlock(&saved);
	return err;
}

int obj_next_id(u32 id, enum obj_kind kind, u32 *ret)
{
	sigset_t saved;
	int err = -ENOENT;

	obj_lock(&saved);
	for (struct obj *o = objs[kind]; o; o = o->next)
		if (o->id > id) {
			*ret = o->id;
			err = 0;
			break;
		}
	obj_unlock(&saved);
	return err;
}

/* -- Handles --- */

static struct handle **chain_of(ino_t ino)
{
	return &handles[ino % HANDLE_CHAINS];
}

/* By system call, as what waits below: the wrapped ones would come back here. */
static int watch_locked(struct handle *h)
{
	struct epoll_event ev = { .events = EPOLLRDHUP, .data.ptr = h };

	return syscall(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_ADD, h->end, &ev) ? -errno : 0;
}

/* An epoll instance is shared after fork(), and so would be what is said to it. */
static int epoll_locked(void)
{
	int fd;

	if (epoll_fd >= 0 && epoll_pid == getpid())
		return 0;
	fd = epoll_create1(EPOLL_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (epoll_fd >= 0)
		fd_close(epoll_fd);
	epoll_fd = fd_keep(fd);
	epoll_pid = getpid();
	for (int i = 0; i < HANDLE_CHAINS; i++)
		for (struct handle *h = handles[i]; h; h = h->next)
			watch_locked(h);
	return 0;
}

/* @ends: theirs, ours */
static int handle_add(struct handle *h, int ends[2])
{
	struct handle **chain;
	sigset_t saved;
	struct stat st;
	int err;

	if (fstat(ends[0], &st))
		return -errno;
	h->dev = st.st_dev;
	h->ino = st.st_ino;
	h->end = ends[1];
	chain = chain_of(h->ino);
	obj_lock(&saved);
	err = epoll_locked();
	if (!err)
		err = watch_locked(h);
	if (!err) {
		obj_get(h->obj);
		h->next = *chain;
		*chain = h;
	}
	obj_unlock(&saved);
	return err;
}

int obj_new_fd(struct obj *o, u32 mode)
{
	struct handle *h = calloc(1, sizeof(*h));
	int ends[2], err;

	if (!h)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		err = -errno;
		free(h);
		return err;
	}
	ends[1] = fd_keep(ends[1]);
	h->obj = o;
	h->mode = mode;
	err = handle_add(h, ends);
	if (!err)
		return ends[0];
	fd_close(ends[0]);
	fd_close(ends[1]);
	free(h);
	return err;
}

static struct handle *find_locked(const struct stat *st)
{
	for (struct handle *h = *chain_of(st->st_ino); h; h = h->next)
		if (h->ino == st->st_ino && h->dev == st->st_dev)
			return h;
	return NULL;
}

int obj_any_from_fd(int fd, struct obj **ret, u32 *mode)
{
	struct handle *h;
	sigset_t saved;
	struct stat st;

	if (fstat(fd, &st))
		return -EBADF;
	if (!S_ISSOCK(st.st_mode))
		return -EINVAL;
	obj_lock(&saved);
	h = find_locked(&st);
	if (h) {
		obj_get(h->obj);
		*ret = h->obj;
		if (mode)
			*mode = h->mode;
	}
	obj_unlock(&saved);
	return h ? 0 : -EINVAL;
}

int obj_from_fd(int fd, enum obj_kind kind, struct obj **ret, u32 *mode)
{
	struct obj *o;
	int err = obj_any_from_fd(fd, &o, mode);

	if (err)
		return err;
	if (o->kind != kind) {
		obj_put(o);
		return -EINVAL;
	}
	*ret = o;
	return 0;
}

/* Takes one handle whose application end is closed out of the tables, or returns NULL. */
static struct handle *reap_one(void)
{
	struct epoll_event ev;
	struct handle *h = NULL, **p;
	sigset_t saved;

	obj_lock(&saved);
	if (epoll_fd >= 0 && !epoll_locked() &&
	    syscall(SYS_epoll_pwait, epoll_fd, &ev, 1, 0, NULL, 8) == 1) {
		h = ev.data.ptr;
		p = chain_of(h->ino);
		while (*p != h)
			p = &(*p)->next;
		*p = h->next;
		/* a process that was just forked may still have it open: closing alone would not end the watch */
		syscall(SYS_epoll_ctl, epoll_fd, EPOLL_CTL_DEL, h->end, NULL);
		fd_close(h->end);
	}
	obj_unlock(&saved);
	return h;
}

void obj_flush(void)
{
	struct handle *h;
	struct obj *o;

	while ((h = reap_one())) {
		obj_put(h->obj);
		free(h);
	}
	while (__atomic_load_n(&graves, __ATOMIC_RELAXED) && (o = grave_open()))
		o->destroy(o);
}

/* -- Pins --- */

static struct pin **pin_find_locked(const char *path)
{
	struct pin **p = &pins;

	while (*p && strcmp((*p)->path, path))
		p = &(*p)->next;
	return p;
}

int obj_pin(const char *path, struct obj *o)
{
	struct pin *pin = malloc(sizeof(*pin) + strlen(path) + 1), **p;
	sigset_t saved;

	if (!pin)
		return -ENOMEM;
	strcpy(pin->path, path);
	pin->obj = o;
	pin->next = NULL;
	obj_lock(&saved);
	p = pin_find_locked(path);
	if (!*p) {
		obj_get(o);
		*p = pin;
		pin = NULL;
	}
	obj_unlock(&saved);
	if (!pin)
		return 0;
	free(pin);
	return -EEXIST;
}

int obj_from_path(const char *path, struct obj **ret)
{
	sigset_t saved;
	struct pin *pin;

	obj_lock(&saved);
	pin = *pin_find_locked(path);
	if (pin) {
		obj_get(pin->obj);
		*ret = pin->obj;
	}
	obj_unlock(&saved);
	return pin ? 0 : -ENOENT;
}

int obj_pinned(const char *path)
{
	size_t n = strlen(path);
	sigset_t saved;
	int ret = 0;

	while (n && path[n - 1] == '/')
		n--;
	obj_lock(&saved);
	for (struct pin *p = pins; p && ret != 1; p = p->next)
		if (!strncmp(p->path, path, n) && (!p->path[n] || p->path[n] == '/'))
			ret = p->path[n] ? -1 : 1;
	obj_unlock(&saved);
	return ret;
}

int obj_unpin(const char *path)
{
	struct pin **p, *pin;
	sigset_t saved;

	obj_lock(&saved);
	p = pin_find_locked(path);
	pin = *p;
	if (pin)
		*p = pin->next;
	obj_unlock(&saved);
	if (!pin)
		return -ENOENT;
	obj_put(pin->obj);
	free(pin);
	return 0;
}
