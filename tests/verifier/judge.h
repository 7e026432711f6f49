/* SPDX-License-Identifier: BSD-2-Clause */
/* A verdict with its log. */
#ifndef FS_TESTS_VERIFIER_JUDGE_H
#define FS_TESTS_VERIFIER_JUDGE_H

#include "verifier/verifier.h"

struct judge_log {
	char *text;
	size_t len, cap;
};

/* For verify_ops.log with a struct judge_log first in *arg. */
void judge_log(void *arg, const char *text, size_t bytes);
/* The types of target.bpf.o. */
const struct btf *judge_target_btf(void);
/* FUNC id there; 0: none */
u32 judge_target(const char *name);

#endif
