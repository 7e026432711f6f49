/* SPDX-License-Identifier: BSD-2-Clause */
/* Resource limits: raised for us, as they were for the command we run. */
#ifndef FS_CLI_LIMITS_H
#define FS_CLI_LIMITS_H

/* Descriptors: a function takes one or two. Locked memory: maps and programs before 5.11. What is not
 * allowed stays as it is, and whoever meets the limit says so. */
void limits_raise(void);
void limits_restore(void);

#endif
