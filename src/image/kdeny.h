/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions a session must not be attached to, known by name alone. */
#ifndef FS_IMAGE_KDENY_H
#define FS_IMAGE_KDENY_H

#include <stdbool.h>

/* Why, in words, or NULL; @hint may be NULL. */
const char *kdeny_reason(const char *func, const char **hint);
/* Then what runs at its entry alone may be attached. */
bool kdeny_never_returns(const char *func);

#endif
