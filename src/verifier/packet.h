/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets: what a comparison with data_end proves. */
#ifndef FS_VERIFIER_PACKET_H
#define FS_VERIFIER_PACKET_H

#include "verifier/mem.h"

/* May programs of this type write to packets? */
bool packet_may_write(const struct verify_opts *o);
int packet_access(struct env *env, struct access *a);
int packet_range(struct env *env, u32 nr, u32 size, bool write);
/* @s is where "pkt < end" (or <=) holds of @pkt: all copies learn how much is there. */
void packet_learn(struct state *s, const struct reg *pkt, bool or_equal);
/* A helper may have moved the data. */
void packet_forget(struct env *env);

#endif
