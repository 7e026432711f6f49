/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects and the file descriptors that stand for them. Every fd handed out is one end of a socket
 * pair of its own, whose other end stays here: when the last duplicate of the fd is closed, in this
 * process or any other, ours reports it. An fd is recognised by fstat(), never by its number.
 *
 * Objects count their users: fds, pins, other objects, operations in progress. One lock, held with
 * signals blocked and never while anything else is called.
 */
#ifndef FS_SYSCALL_OBJ_H
#define FS_SYSCALL_OBJ_H

#include "util/fd.h"
#include "util/types.h"

enum obj_kind { OBJ_MAP, OBJ_PROG, OBJ_BTF, OBJ_LINK, OBJ_STATS, OBJ_PERF, OBJ_KINDS };

struct obj {
	enum obj_kind kind;
	u32 id;
	u32 users;
	void (*destroy)(struct obj *o);	/* frees it; called without the lock */
	struct obj *next;	/* of its kind, ids ascending */
};

enum obj_mode { OBJ_READ = 1, OBJ_WRITE = 2 };	/* what an fd allows */

/* Gives @o an id and makes the caller its first user. 0. */
int obj_add(struct obj *o, enum obj_kind kind, void (*destroy)(struct obj *o));
void obj_get(struct obj *o);
void obj_put(struct obj *o);	/* NULL: nothing */

/* A new fd; keeps @o alive by itself. Return: fd, or -errno as of socketpair(). */
int obj_new_fd(struct obj *o, u32 mode);
/*
 * The object behind an fd, with a user more; @mode may be NULL.
 * Return: 0, -EBADF (not open), -EINVAL (something else)
 */
int obj_from_fd(int fd, enum obj_kind kind, struct obj **ret, u32 *mode);
/* The same for any kind. */
int obj_any_from_fd(int fd, struct obj **ret, u32 *mode);
/* With a user more; -ENOENT */
int obj_from_id(u32 id, enum obj_kind kind, struct obj **ret);
/* The smallest id above @id; -ENOENT */
int obj_next_id(u32 id, enum obj_kind kind, u32 *ret);

/* Lets go of what fds that were closed since stood for. */
void obj_flush(void);

/* Paths. 0, -EEXIST, -ENOENT, -ENOMEM */
int obj_pin(const char *path, struct obj *o);
int obj_from_path(const char *path, struct obj **ret);
int obj_unpin(const char *path);
/* Is there a pin at @path (1), or below it (-1)? 0: neither. */
int obj_pinned(const char *path);

#endif
