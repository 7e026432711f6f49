/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FS_UTIL_SHA256_H
#define FS_UTIL_SHA256_H

#include "util/types.h"

#define SHA256_BYTES 32

/* FIPS 180-4 */
void sha256(const void *from, u64 bytes, u8 digest[SHA256_BYTES]);

#endif
