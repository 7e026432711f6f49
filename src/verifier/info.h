/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of functions and of source lines: whether they fit the program. */
#ifndef FS_VERIFIER_INFO_H
#define FS_VERIFIER_INFO_H

#include "verifier/env.h"

/* Before anything reads them. 0 or -EINVAL, told */
int info_check(struct env *env);
/* When functions are known: one record for each. */
int info_check_subprogs(struct env *env);

#endif
