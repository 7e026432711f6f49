/* SPDX-License-Identifier: BSD-2-Clause */
/* May a program of this type be judged here, and may it be attached to its target? */
#ifndef FS_VERIFIER_TARGET_H
#define FS_VERIFIER_TARGET_H

#include "verifier/env.h"

/* 0, -EINVAL, -EOPNOTSUPP: told */
int target_check(struct env *env);

#endif
