/* SPDX-License-Identifier: BSD-2-Clause */
/* From loaded sessions to links. */
#ifndef FS_ENGINE_ATTACH_H
#define FS_ENGINE_ATTACH_H

#include <stddef.h>
#include <stdint.h>

#include "engine/link.h"
#include "engine/session.h"

/* One function, the one it was loaded for. As fsession_attach(). */
int attach_single(struct session *s, uint64_t attach_cookie, struct bpf_link **ret);

/* A transaction for one pair of split halves: exit half first; on error nothing is attached.
 * @step: out, the half that failed, in words. */
int attach_pair(int entry_prog, int exit_prog, uint64_t attach_cookie, struct link_pair *ret,
		const char **step);

/* As fsession_attach_multi(). */
int attach_multi(struct session *s, const char *glob, const struct fsession_multi_opts *opts,
		 struct bpf_link **ret);

/* What an errno of attaching means, and what to do (NULL if nothing). */
const char *attach_errstr(int err, const char **hint);

#endif
