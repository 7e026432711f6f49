/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls made in another process by one of its threads, while all of them are stopped. If the
 * caller dies at any point the thread makes the call it was about to make and goes on by itself; what
 * remains then is what the calls made.
 */
#ifndef FS_INJECT_CALL_H
#define FS_INJECT_CALL_H

#include "inject/stop.h"

struct call;

/*
 * Stops the process and borrows a thread. @hold: as of struct stop. @gadget: where arch_host_gadget is there; 0: it is put into
 * unused bytes of the vdso or another mapping until call_end().
 * Return: 0, errors of stop_all(), or
 *   -EOPNOTSUPP	a process of another architecture; no room for the gadget
 */
int call_begin(pid_t pid, int mem, u64 gadget, struct stop_hold *hold, struct call **ret);

/* What the call returned, -errno included; -ESRCH also where the process is gone. */
long call_make(struct call *c, long nr, long a, long b, long c3, long d, long e, long f);

/* Uses another gadget from here on; the borrowed bytes are what they were again. */
int call_set_gadget(struct call *c, u64 gadget);

/* The stopped threads, to be looked at; .pc says where they were. */
struct stop *call_stop(struct call *c);

/* Gives the thread back and lets all go. NULL: nothing */
void call_end(struct call *c);

#endif
