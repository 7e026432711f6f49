/* SPDX-License-Identifier: BSD-2-Clause */
/* What lives on the stack as a whole: iterators, dynptrs; and locks. */
#ifndef FS_VERIFIER_OBJECTS_H
#define FS_VERIFIER_OBJECTS_H

#include "verifier/protos.h"

struct call_objects {		/* of one call */
	struct frame *frame;	/* where the object is */
	u32 slot;		/* its uppermost slot */
	u8 arg;			/* enum proto_arg; 0: none */
	u32 ref;
	u32 lock;		/* id of what is locked */
	const void *lock_of;
};

int objects_arg(struct env *env, u8 kind, u32 nr, struct call_objects *o);
/* May @p be called while what is held is held? */
int objects_may_call(struct env *env, const struct proto *p);
/* What the call does to the object. */
int objects_call(struct env *env, const struct proto *p, struct call_objects *o);
int objects_iter_next(struct env *env, const struct call_objects *o, struct reg *r0);

#endif
