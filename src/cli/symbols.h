/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of kernel addresses. */
#ifndef FS_CLI_SYMBOLS_H
#define FS_CLI_SYMBOLS_H

#include <stdint.h>
#include <stdio.h>

struct symbols;

/* Reads nothing yet; that is done when the first name is asked for. NULL = out of memory. */
struct symbols *symbols_new(void);
void symbols_free(struct symbols *s);

/* "name", "name+0x10", "name [module]", or "0x..." where the name is not known or hidden. */
void symbols_print(struct symbols *s, uint64_t addr, FILE *f);

#endif
