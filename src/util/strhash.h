/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FS_UTIL_STRHASH_H
#define FS_UTIL_STRHASH_H

#include <stdint.h>

/* FNV-1a, folded: for tables of names, not against adversaries. */
static inline uint32_t strhash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 0x100000001b3;
	return h ^ h >> 32;
}

#endif
