/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File descriptors that are kept back, so that what must not fail for want of them does not: text that gets its own bytes
 * back. Any thread.
 */
#ifndef FS_UTIL_SPARE_H
#define FS_UTIL_SPARE_H

#define SPARE_FDS 12
#define SPARE_ROOM 48	/* that there must be at first: a session with some maps takes so many */

/* From now on there are some, for one more user. 0, or -EMFILE, -ENFILE: put again */
int spare_get(void);
void spare_put(void);

/* Between these, which may be nested, they are for whoever opens files. */
void spare_lend(void);
void spare_take_back(void);

#endif
