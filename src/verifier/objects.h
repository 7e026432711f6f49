/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lives on the stack as a whole, iterators and dynptrs; and what is held, locks and the like. A
 * slot of an object keeps in its .reg: id, ref; off: an iterator's end was reached; mem_bytes: its rounds;
 * frame: 1 in the slot of an object's first bytes.
 */
#ifndef FS_VERIFIER_OBJECTS_H
#define FS_VERIFIER_OBJECTS_H

#include "verifier/protos.h"

struct call_objects {		/* of one call */
	u8 arg;			/* enum proto_arg; 0: none */
	u8 frame;		/* where the object is */
	u32 top;		/* its uppermost slot */
	u32 slots;
	u32 ref;		/* id of the object; of a dynptr that is copied, too */
	bool is_held;		/* a dynptr: its record must be given up */
	enum ref_kind lock;	/* that is taken or given back; 0: none */
	u32 value_id;		/* lock, timer, work queue: which value it is in, of which map */
	u32 map_uid;
	const struct verify_map *map;
};

int objects_arg(struct env *env, u8 kind, u32 nr, struct call_objects *o);
/* May @p be called while what is held is held? */
int objects_may_call(struct env *env, const struct proto *p);
/* The lock that was taken last; NULL: none. */
const struct ref *objects_held_lock(const struct state *s);
/* Is something held over which nobody may sleep? */
bool objects_no_sleep(const struct state *s);
/* What the call does to the object. */
int objects_call(struct env *env, const struct proto *p, struct call_objects *o);
/* What the next element is; the end is put aside. */
int objects_iter_next(struct env *env, const struct call_objects *o, struct reg *r0);
/* How often the iterator in R1 was asked. */
u32 objects_iter_rounds(const struct state *s);

#endif
