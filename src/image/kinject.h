/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions of the running kernel that may fail by injection: sleepable and fmod_ret programs attach to few others. */
#ifndef FS_IMAGE_KINJECT_H
#define FS_IMAGE_KINJECT_H

#define KINJECT_LIST "/sys/kernel/debug/error_injection/list"

/* Is @func in the list @path? 1, 0, or -errno: there is no list, or it may not be read. Prints nothing. */
int kinject_find(const char *path, const char *func);

#endif
