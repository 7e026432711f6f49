/* SPDX-License-Identifier: BSD-2-Clause */
#include "inject/selftarget.h"

#include <errno.h>

#include "inject/self.h"
#include "syscall/target.h"

static int self_target_space(void *arg, struct tramp_space **ret)
{
	(void)arg;
	return self_space(ret);
}

static int self_target_btf(void *arg, u32 nr, const char **name, const struct btf **ret)
{
	(void)arg;
	(void)name;
	*ret = NULL;
	return nr ? -ENOENT : 0;
}

static int self_target_func(void *arg, u32 nr, u32 id, const char *name, struct target_func *ret)
{
	(void)arg;
	(void)nr;
	(void)id;
	(void)name;
	(void)ret;
	return -ENOENT;
}

static const struct target_ops ops = {
	.space = self_target_space,
	.btf = self_target_btf,
	.func = self_target_func,
};

static struct target self = { .ops = &ops, .here = true, .lock = PTHREAD_MUTEX_INITIALIZER };

void selftarget_use(void)
{
	target_set(&self);
}
