/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions a session must not be attached to, known by name alone. */
#ifndef FS_IMAGE_KDENY_H
#define FS_IMAGE_KDENY_H

/* Why, in words, or NULL; @hint may be NULL. */
const char *kdeny_reason(const char *func, const char **hint);

#endif
