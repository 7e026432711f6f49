/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes that an entered one has forked, and theirs, who forked whom being no matter: they have its memory as it was. */
#ifndef FS_INJECT_FAMILY_H
#define FS_INJECT_FAMILY_H

#include <sys/types.h>

#include "trampoline/target.h"

struct stop_hold;

/*
 * Gives them their own text back: where one has the bytes .old of a patch it gets .new. They are known by memory that is
 * shared since, a file with the inode @shared; @but is left out. @hold: as of struct stop.
 */
void family_restore(ino_t shared, pid_t but, struct stop_hold *hold, const struct tramp_patch *patches, u32 nr);

#endif
