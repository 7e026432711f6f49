/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions and types of files that several processes run: each file is looked at once. */
#ifndef FS_IMAGE_UCACHE_H
#define FS_IMAGE_UCACHE_H

#include "image/ubtf.h"

/*
 * As ubtf_open_opts(), but what it returns is kept for good, and returned again for the same file, if that is unchanged.
 * Borrowed. The options other than .root are the same in all calls. Any thread
 */
int ucache_open(int fd, const char *name, const struct ubtf_opts *o, struct ubtf **ret);

/* As ubtf_refusal(), which alone changes what is shared. Any thread */
const char *ucache_refusal(struct ubtf *u, const struct usym *code, char buf[128]);

#endif
