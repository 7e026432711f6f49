/* SPDX-License-Identifier: BSD-2-Clause */
#include "verifier/objects.h"

#include <errno.h>

int objects_arg(struct env *env, u8 kind, u32 nr, struct call_objects *o)
{
	o->arg = kind;
	return refuse(env, -EOPNOTSUPP, "R%u: arguments of this kind are not supported yet", nr);
}

int objects_may_call(struct env *env, const struct proto *p)
{
	(void)env;
	(void)p;
	return 0;
}

int objects_call(struct env *env, const struct proto *p, struct call_objects *o)
{
	(void)env;
	(void)p;
	(void)o;
	return 0;
}

int objects_iter_next(struct env *env, const struct call_objects *o, struct reg *r0)
{
	(void)o;
	(void)r0;
	return verify_bug(env, "no iterator");
}
