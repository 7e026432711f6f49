/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A word in shared memory that says whether this process, which traces another one, is still there. The
 * kernel itself changes it where this process ends, however that comes: it is a robust futex, held
 * by a thread that does nothing else.
 */
#ifndef FS_INJECT_ALIVE_H
#define FS_INJECT_ALIVE_H

struct alive;

/* -ENOMEM, -EMFILE, -EAGAIN (threads) */
int alive_start(struct alive **ret);
/* From here on the word says that nobody is there. NULL: nothing */
void alive_stop(struct alive *a);
/* The memory, a page that begins with the word (arch/guard.h). */
int alive_memfd(const struct alive *a);

#endif
