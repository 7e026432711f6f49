/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of addresses: of the kernel, or of the processes that the user engine traces. */
#ifndef FS_CLI_SYMBOLS_H
#define FS_CLI_SYMBOLS_H

#include <stdint.h>
#include <stdio.h>

struct symbols;

/* Reads nothing yet; that is done by symbols_keep(), at the latest when the first name is asked for. NULL = out of memory. */
struct symbols *symbols_new(void);
void symbols_free(struct symbols *s);

/*
 * Reads the symbols of now: a process that executes another program takes its own along, and each process
 * has its own. What it cannot read it leaves out.
 */
void symbols_keep(struct symbols *s);

/* "name", "name+0x10", "name [module]", or "0x..." where the name is not known or hidden. */
void symbols_print(struct symbols *s, uint64_t addr, FILE *f);

#endif
