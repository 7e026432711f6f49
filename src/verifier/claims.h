/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything the proof assumed of numbers, to be compared with runs (tests). */
#ifndef FS_VERIFIER_CLAIMS_H
#define FS_VERIFIER_CLAIMS_H

#include "verifier/env.h"

/* Keeps the current state if it was asked for; -ENOMEM. */
int claims_add(struct env *env);
void claims_free(struct verify_claims *c);

#endif
