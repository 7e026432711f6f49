/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel engine's code: the marker helpers become calls of the session kfuncs. */
#ifndef FS_ENGINE_NATIVE_H
#define FS_ENGINE_NATIVE_H

#include "engine/split.h"

/*
 * Calls compiled from the prototypes without parameter (Linux 6.10 to 6.19) are given ctx. Return:
 * 0, or (message printed, naming @name) -EINVAL, -E2BIG, -ENOMEM, -EOPNOTSUPP (there is no place
 * to keep ctx for such a call).
 */
int native_build(const char *name, const struct bpf_insn *insns, size_t cnt,
		 const struct split_info *info, uint32_t is_return_id, uint32_t cookie_id,
		 struct split_code *ret);

#endif
